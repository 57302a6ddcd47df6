"""The live draft through Socket.IO: who hears what, and what the others never learn."""

import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from app import create_app
from app.background import do_round
from app.config import Settings
from app.signin.session import socket_token
from app.sockets.presence import BURST
from negotiation.drafting.markdown_bridge import plain_text_hash, read_fragment
from negotiation.drafting.schema import SCHEMA_VERSION
from negotiation.rules.policy import Method
from negotiation.rules.vocabulary import Move
from negotiation.services.drafting import LiveDrafts
from negotiation.services.moves import Order, Seen, play
from negotiation.services.signing_in import open_session, sign_out
from negotiation.store import Store
from negotiation.store.columns import new_id
from tests.closing_table import an_agreed_table
from tests.drafting_table import START, DraftingTable, set_table
from tests.integration.test_reopening_the_gel import frozen, reopened

UNKNOWN = "99999999-9999-4999-8999-999999999999"
NOT_FOUND = {
    "code": "not_found",
    "message": "Ce document est introuvable ou ne vous est pas ouvert.",
}
CARET = {"anchor": "a", "head": "h"}


class Page:
    """One browser page: signed in, connected, with a Y document once a draft is open."""

    def __init__(self, app: Flask, table: DraftingTable, name: str) -> None:
        self.table = table
        with table.table.store.unit_of_work() as uow:
            self.session = open_session(uow, table.person(name).person_id, method=Method.PASSWORD)
        browser = app.test_client()
        browser.set_cookie("navette", self.session.token)
        with app.app_context():
            token = socket_token(self.session.session_id)
        self.socket = app.extensions["socketio"].test_client(app, flask_test_client=browser, auth={"token": token})
        self.document: Doc = Doc()
        self.opened: dict[str, Any] = {}

    def ask(self, event: str, **message: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.socket.emit(event, message, callback=True)
        return answer

    def refusal(self, event: str, **message: Any) -> dict[str, Any]:
        answer = self.ask(event, **message)
        assert answer["ok"] is False
        error: dict[str, Any] = answer["error"]
        return error

    def open(self, side: str = "commune") -> "Page":
        known = base64.b64encode(self.document.get_state()).decode()
        place = {"part": self.table.part_id, "side": side}
        self.opened = self.ask("open_draft", **place, schema=SCHEMA_VERSION, state_vector=known)
        assert self.opened["ok"], self.opened
        self.apply(self.opened["update"])
        return self

    def apply(self, update: str) -> None:
        if update:
            self.document.apply_update(base64.b64decode(update))

    @property
    def draft(self) -> dict[str, Any]:
        return {"draft": self.opened["draft"], "epoch": self.opened["epoch"]}

    def type(self, words: str) -> str:
        known = self.document.get_state()
        fragment = self.document.get(f"clause:{self.table.clause_id}", type=XmlFragment)
        fragment.children.append(XmlElement("paragraph", {}, [XmlText(words)]))
        return base64.b64encode(self.document.get_update(known)).decode()

    def push(self, words: str) -> dict[str, Any]:
        return self.ask("push_update", **self.draft, op=new_id(), update=self.type(words))

    def heard(self, event: str) -> list[dict[str, Any]]:
        """What this page was told since it last looked."""
        return [told["args"][0] for told in self.socket.get_received() if told["name"] == event]

    def text(self) -> str:
        return read_fragment(self.document, f"clause:{self.table.clause_id}")


@pytest.fixture
def table(store: Store) -> DraftingTable:
    return set_table(store)


@pytest.fixture
def app(table: DraftingTable, database_url: str, tmp_path: Path) -> Flask:
    return create_app(Settings(database_url=database_url, data_dir=tmp_path / "data"))


@pytest.fixture
def page(app: Flask, table: DraftingTable) -> Callable[[str], Page]:
    return lambda name: Page(app, table, name)


def test_a_page_learns_who_it_is_and_what_it_may_write(page: Callable[[str], Page]) -> None:
    alice = page("og.dg").open()
    assert alice.text() == START
    assert set(alice.opened) == {"ok", "draft", "epoch", "schema", "seq", "update", "clauses", "me"}
    assert (alice.opened["epoch"], alice.opened["seq"]) == (1, 1)
    assert set(alice.opened["clauses"].values()) == {"open"}
    assert alice.opened["me"]["letter"]


def test_a_draft_is_compared_with_what_was_agreed_and_what_is_tabled(page: Callable[[str], Page]) -> None:
    alice, bruno = page("og.dg").open(), page("ars.dg").open()
    alice.push("bonjour")
    asked = {"draft": alice.opened["draft"], "clause": alice.table.clause_id}
    assert references(bruno.ask("read_references", **asked)) == {"start": (None, START)}
    alice.table.agree("Texte accordé")
    alice.table.reopen()
    assert references(bruno.ask("read_references", **asked)) == {"agreed": (1, "Texte accordé")}
    alice.table.person("og.dg").propose("k01.markdown", "Autre texte")
    told = bruno.open().ask("read_references", **asked)
    assert references(told) == {"agreed": (1, "Texte accordé"), "tabled": (2, "Autre texte")}
    assert told["writers"] == {}, "the reopening began another document"
    bruno.push("Et encore")
    assert list(bruno.ask("read_references", **asked)["writers"].values()) == ["A"]
    assert bruno.refusal("read_references", **asked | {"clause": UNKNOWN}) == NOT_FOUND


def references(told: dict[str, Any]) -> dict[str, tuple[int | None, str]]:
    """Each text of reference: the number of its version, its Markdown."""
    found = {}
    for name, sent in told["references"].items():
        document: Doc = Doc()
        document.apply_update(base64.b64decode(sent["update"]))
        (root,) = document.keys()
        found[name] = (sent["number"], read_fragment(document, root))
    return found


def test_the_other_party_sees_the_commune_move_while_its_author_hears_no_echo(page: Callable[[str], Page]) -> None:
    alice, bruno = page("og.dg").open(), page("ars.dg").open()
    assert alice.push("bonjour") == {"ok": True, "seq": 2}
    told = bruno.heard("draft_updated")
    assert [(each["seq"], each["epoch"]) for each in told] == [(2, 1)]
    bruno.apply(told[0]["update"])
    assert bruno.text() == f"{START}\n\nbonjour"
    assert alice.heard("draft_updated") == []


def test_a_private_draft_answers_the_others_exactly_like_an_unknown_one(page: Callable[[str], Page]) -> None:
    alice, bruno = page("og.dg").open("ours"), page("ars.dg")
    alice.push("confidentiel")
    for draft in (alice.opened["draft"], UNKNOWN):
        asked = {
            "push_update": {"epoch": 1, "op": new_id(), "update": "AAA="},
            "pull_updates": {"epoch": 1, "after": 0},
            "check_draft": {"epoch": 1, "seq": 1, "hash": ""},
            "move_cursor": {"clause": alice.table.clause_id, "selection": CARET},
            "read_references": {"clause": alice.table.clause_id},
        }
        for event, message in asked.items():
            assert bruno.refusal(event, draft=draft, **message) == NOT_FOUND
        assert bruno.ask("close_draft", draft=draft) == {"ok": True}
    bruno.open("ours")
    assert bruno.text() == START


def test_the_authorities_draft_and_an_unknown_part_are_the_same_to_the_gestionnaire(
    page: Callable[[str], Page],
) -> None:
    page("ars.dg").open("authorities").push("entre nous")
    alice = page("og.dg")
    asked = {"schema": SCHEMA_VERSION, "state_vector": ""}
    assert alice.refusal("open_draft", part=alice.table.part_id, side="authorities", **asked) == NOT_FOUND
    assert alice.refusal("open_draft", part=UNKNOWN, side="commune", **asked) == NOT_FOUND


def test_nothing_of_a_private_draft_is_heard_outside(page: Callable[[str], Page]) -> None:
    alice, colleague, bruno = page("og.dg").open("ours"), page("og.redac").open("ours"), page("ars.dg").open()
    bruno.open("ours")
    page("cd.dg").open("authorities")
    alice.push("confidentiel")
    alice.ask("move_cursor", **alice.draft, clause=alice.table.clause_id, selection=CARET)
    alice.ask("close_draft", draft=alice.opened["draft"])
    told = [each["name"] for each in colleague.socket.get_received()]
    assert told == ["draft_updated", "draft_cursor", "draft_cursor"]
    assert bruno.socket.get_received() == []


def test_an_agreed_clause_is_frozen_in_words(page: Callable[[str], Page]) -> None:
    alice = page("og.dg").open()
    alice.table.agree()
    answer = alice.push("trop tard")
    assert answer["error"]["code"] == "frozen"
    assert "accordée" in answer["error"]["message"]
    assert page("og.dg").open().opened["clauses"][alice.table.clause_id] == "locked"


def test_a_reopening_sends_those_who_are_in_the_draft_to_its_new_start(page: Callable[[str], Page], app: Flask) -> None:
    alice, private = page("og.dg").open(), page("og.redac").open("ours")
    table = alice.table
    table.agree()
    table.table.og.dg.reopen("k01.markdown")
    table.table.ars.dg.consent("k01.markdown")
    agreed = table.table.current("k01.markdown")
    assert agreed is not None
    consent = Order(Move.REOPENING_CONSENT, seen=Seen(agreed.number, agreed.fingerprint))
    with app.extensions["store"].unit_of_work() as uow:
        play(uow, table.table.cd.dg.actor, table.clause_id, consent)
    assert alice.heard("draft_closed") == [{"draft": alice.opened["draft"], "reason": "epoch_changed"}]
    assert private.heard("draft_closed") == []
    assert alice.push("d’avant")["error"]["code"] == "epoch_changed"
    again = page("og.dg").open()
    assert (again.opened["epoch"], again.text()) == (2, "Texte accordé")


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_a_gel_that_the_parties_undo_opens_the_draft_again_to_who_shows_it(app: Flask) -> None:
    table = an_agreed_table(app.extensions["store"])
    alice = Page(app, DraftingTable(table), "og.dg").open()
    version = frozen(table)
    assert [told["draft"] for told in alice.heard("draft_closed")] == [alice.opened["draft"]]
    reopened(table, version)
    assert alice.heard("draft_reopened") == [{"draft": alice.opened["draft"]}]
    assert alice.open().opened["ok"]


def test_the_same_op_sent_again_is_stored_and_told_once(page: Callable[[str], Page]) -> None:
    alice, bruno = page("og.dg").open(), page("ars.dg").open()
    order = alice.draft | {"op": new_id(), "update": alice.type("une fois")}
    assert alice.ask("push_update", **order) == alice.ask("push_update", **order) == {"ok": True, "seq": 2}
    assert len(bruno.heard("draft_updated")) == 1
    pulled = bruno.ask("pull_updates", **bruno.draft, after=1)
    assert pulled == {"ok": True, "seq": 2, "updates": [{"seq": 2, "update": order["update"]}]}


def test_a_killed_process_comes_back_with_the_same_words(page: Callable[[str], Page], app: Flask) -> None:
    alice = page("og.dg").open()
    for number in range(5):
        alice.push(f"ligne {number}")
    app.extensions["live_drafts"] = LiveDrafts.of(alice.table.table.store)
    names = [f"clause:{clause_id}" for clause_id in alice.opened["clauses"]]
    text_hash = plain_text_hash(alice.document, names)
    assert alice.ask("check_draft", **alice.draft, seq=6, hash=text_hash) == {"ok": True, "same": True, "seq": 6}
    assert alice.ask("check_draft", **alice.draft, seq=6, hash="0" * 64)["same"] is False
    assert plain_text_hash(page("ars.dg").open().document, names) == text_hash


def test_a_draft_is_unloaded_once_its_last_reader_left(page: Callable[[str], Page], app: Flask) -> None:
    rooms = app.extensions["live_drafts"].rooms
    alice, bruno = page("og.dg").open(), page("ars.dg").open()
    alice.push("bonjour")
    alice.socket.disconnect()
    bruno.socket.disconnect()
    do_round(app)
    assert len(rooms) == 1, "somebody may come back at once"
    rooms.clock = lambda: time.monotonic() + rooms.idle_seconds
    do_round(app)
    assert len(rooms) == 0
    assert page("cd.dg").open().text() == f"{START}\n\nbonjour"


def test_a_caret_is_told_to_the_draft_with_the_servers_name(page: Callable[[str], Page]) -> None:
    alice, bruno = page("og.dg").open(), page("ars.dg").open()
    caret = {"clause": alice.table.clause_id, "selection": CARET}
    alice.ask("move_cursor", **alice.draft, **caret, name="Le Préfet", party=UNKNOWN)
    told = bruno.heard("draft_cursor")[0]
    assert told["name"] == alice.opened["me"]["name"]
    assert told["party"] == alice.opened["me"]["party"]
    assert (told["clause"], told["selection"]) == (alice.table.clause_id, CARET)
    assert alice.heard("draft_cursor") == []
    alice.socket.disconnect()
    assert [(each["peer"], each["selection"]) for each in bruno.heard("draft_cursor")] == [(told["peer"], None)]


def test_carets_are_dropped_when_there_are_too_many(page: Callable[[str], Page]) -> None:
    alice, bruno = page("og.dg").open(), page("ars.dg").open()
    caret = {"clause": alice.table.clause_id, "selection": CARET}
    for _ in range(40):
        assert alice.ask("move_cursor", **alice.draft, **caret) == {"ok": True}
    assert BURST <= len(bruno.heard("draft_cursor")) < 40


def test_a_caret_without_opening_the_draft_is_not_told(page: Callable[[str], Page]) -> None:
    alice, bruno = page("og.dg").open(), page("ars.dg")
    where = {"draft": alice.opened["draft"], "clause": alice.table.clause_id, "selection": CARET}
    assert bruno.refusal("move_cursor", **where) == NOT_FOUND
    assert alice.socket.get_received() == []


WRONG_CARETS: list[object] = [
    1,
    "x",
    [],
    {},
    {"anchor": "a"},
    {"anchor": 1, "head": "h"},
    CARET | {"name": "x"},
    {"anchor": "a" * 600, "head": ""},
]


def test_a_caret_holds_two_places_and_nothing_else(page: Callable[[str], Page]) -> None:
    alice = page("og.dg").open()
    for selection in WRONG_CARETS:
        caret = {"clause": alice.table.clause_id, "selection": selection}
        assert alice.refusal("move_cursor", **alice.draft, **caret)["code"] == "invalid_input", selection


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("open_draft", {"schema": SCHEMA_VERSION - 1}, "schema_outdated"),
    ("open_draft", {"side": "ailleurs"}, "invalid_input"),
    ("open_draft", {"part": 3}, "invalid_input"),
    ("open_draft", {"state_vector": "é"}, "invalid_input"),
    ("open_draft", {"state_vector": "////"}, "update_refused"),
    ("push_update", {"update": "pas du base64 !"}, "invalid_input"),
    ("push_update", {"update": "A" * 350_004}, "invalid_input"),
    ("push_update", {"update": "/////w=="}, "update_refused"),
    ("push_update", {"op": "seed:2"}, "invalid_input"),
    ("push_update", {"epoch": 7}, "epoch_changed"),
    ("push_update", {"epoch": "1"}, "invalid_input"),
    ("push_update", {"draft": None}, "invalid_input"),
    ("pull_updates", {"after": -1}, "invalid_input"),
    ("pull_updates", {"epoch": 2}, "epoch_changed"),
    ("check_draft", {"hash": "a" * 65}, "invalid_input"),
    ("close_draft", {"draft": []}, "invalid_input"),
    ("move_cursor", {"clause": "là"}, "invalid_input"),
]


def test_wrong_input_is_answered_in_french_and_breaks_nothing(page: Callable[[str], Page]) -> None:
    alice = page("og.dg").open()
    right = {
        **alice.draft,
        "part": alice.table.part_id,
        "side": "commune",
        "schema": SCHEMA_VERSION,
        "state_vector": "",
        "op": new_id(),
        "update": "AAA=",
        "after": 0,
        "seq": 1,
        "hash": "",
        "clause": alice.table.clause_id,
        "selection": None,
    }
    for event, change, code in WRONG:
        refusal = alice.refusal(event, **right | change)
        assert refusal["code"] == code, (event, change)
        assert refusal["message"].endswith("."), refusal
    assert alice.push("et la suite")["ok"]


def test_who_sends_what_is_refused_waits_longer_and_longer(
    page: Callable[[str], Page], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(app.extensions["socket_paces"], "_sleep", waited.append)
    alice, bruno = page("og.dg").open(), page("ars.dg").open()
    for _ in range(8):
        assert not alice.ask("push_update", **alice.draft, op=new_id(), update="AAAA")["ok"]
    assert waited
    waited.clear()
    assert bruno.push("sans attendre")["ok"]
    assert not waited


def test_a_reader_may_look_and_not_write(page: Callable[[str], Page]) -> None:
    reader = page("og.lect").open()
    assert reader.push("en douce")["error"]["code"] == "not_allowed"


def test_after_signing_out_the_open_socket_is_worth_nothing(page: Callable[[str], Page]) -> None:
    alice, bruno = page("og.dg").open(), page("ars.dg").open()
    with alice.table.table.store.unit_of_work() as uow:
        sign_out(uow, alice.session.session_id)
    assert alice.push("encore moi")["error"]["code"] == "session_ended"
    assert bruno.heard("draft_updated") == []
    assert not alice.socket.is_connected()
