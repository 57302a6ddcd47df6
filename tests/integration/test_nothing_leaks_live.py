"""Confidentiality through sockets (trust T2, T4): while one side works inside, the others' open pages hear nothing.

Recorders keep every event that reaches somebody of each other party: members of each, watching the table, with the
draft of the table commune open, after having tried every door that isn't theirs.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.sockets.registry import EVENTS
from negotiation.drafting.schema import SCHEMA_VERSION
from negotiation.store.columns import new_id
from tests.opened_bytes import words_met
from tests.secrets_table import (
    AMONG_AUTHORITIES,
    ENGAGEMENT,
    PARTIES,
    READERS,
    SIDE,
    TEXT,
    SecretsTable,
    Typist,
    secrets_of,
    speaker,
)
from tests.visitors import asks

UNKNOWN = "99999999-9999-4999-8999-999999999999"
HASH = "0" * 64
ONCE = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
"""For what asks nothing more of the database than the rest."""
UPDATE = "AAA="
"""The update that changes nothing."""


@pytest.fixture
def found(app: Flask) -> SecretsTable:
    return secrets_of(app)


class Recorder:
    """Somebody's open page, which keeps all that it hears."""

    def __init__(self, app: Flask, found: SecretsTable, party: str) -> None:
        self.party = party
        self.page = Typist(app, speaker(found.table, party)).open("commune")
        assert asks(self.page.socket, "watch_table", {"negotiation": found.table.id})["ok"]
        self._knock_everywhere(found)
        self.page.socket.get_received()

    def _knock_everywhere(self, found: SecretsTable) -> None:
        """What a curious page might send: private drafts, and rooms by name."""
        for draft in found.drafts.values():
            for event, message in about_a_draft(draft, found).items():
                asks(self.page.socket, event, message)
        for party in PARTIES:
            room = f"table:{found.table.id}:party:{found.table.party_id(party)}"
            asks(self.page.socket, "watch_table", {"negotiation": room, "circle": f"party:{party}"})
            asks(self.page.socket, "join", {"room": room})

    def heard(self) -> list[dict[str, Any]]:
        received: list[dict[str, Any]] = self.page.socket.get_received()
        return received


@pytest.fixture
def recorders(app: Flask, found: SecretsTable) -> Iterator[dict[str, Recorder]]:
    pages = {party: Recorder(app, found, party) for party in PARTIES}
    for page in pages.values():
        page.heard()  # the others' arrival in the table commune
    yield pages


def about_a_draft(draft: str, found: SecretsTable) -> dict[str, dict[str, Any]]:
    """Every event that names a draft, well formed."""
    named = {"draft": draft, "epoch": 1}
    return {
        "push_update": {**named, "op": new_id(), "update": UPDATE},
        "pull_updates": {**named, "after": 0},
        "check_draft": {**named, "seq": 1, "hash": HASH},
        "move_cursor": {**named, "clause": found.table.clause_id(TEXT), "selection": None},
        "close_draft": named,
    }


def work_inside(app: Flask, found: SecretsTable, inside: str) -> None:
    """A busy while, through the doors that people use: comments, answers, messages, a draft typed, pointed at, left."""
    table, word = found.table, found.words.new(inside, "live work")
    readers = "authorities" if inside == AMONG_AUTHORITIES else "ours"
    visitor = Typist(app, speaker(table, inside))
    for clause in (ENGAGEMENT, TEXT):
        for move in ("comment", "question"):
            form = {"move": move, "text": f"Entre nous : {word}.", "readers": readers, "confirmed": "yes"}
            if not (inside == "asso" and move == "question"):
                assert visitor.post(f"/clauses/{table.clause_id(clause)}/moves", form).status_code == 302
    said = {"text": f"Un message : {word}.", "readers": readers, "confirmed": "yes"}
    assert visitor.post(f"/negociations/{table.id}/discussion", said).status_code == 302
    asks(visitor.socket, "watch_table", {"negotiation": table.id})
    visitor.open(SIDE.get(inside, "ours"))
    if inside != "asso":
        for number in range(5):
            visitor.type(f"{word} {number}")
            visitor.point()
    asks(visitor.socket, "close_draft", visitor.draft)
    visitor.get("/negociations/" + table.id)


@pytest.mark.parametrize("inside", list(READERS))
def test_what_happens_inside_makes_no_sound_outside(
    app: Flask, found: SecretsTable, recorders: dict[str, Recorder], inside: str
) -> None:
    work_inside(app, found, inside)
    heard = {party: page.heard() for party, page in recorders.items()}
    assert {party for party, events in heard.items() if events} == set(READERS[inside])
    for party, events in heard.items():
        assert words_met(repr(events).encode(), found.words.kept_from(party)) == set()


@ONCE
def test_what_those_inside_hear_is_a_type_and_ids(
    app: Flask, found: SecretsTable, recorders: dict[str, Recorder]
) -> None:
    work_inside(app, found, "og")
    told = recorders["og"].heard()
    assert {event["name"] for event in told} == {"page_changed"}, "his page has the private draft closed"
    assert all(set(event["args"][0]) == {"type", "negotiation", "part", "clause", "seance"} for event in told)
    assert words_met(repr(told).encode(), found.words.told) == set()


@ONCE
def test_what_is_shared_is_heard_by_all(app: Flask, found: SecretsTable, recorders: dict[str, Recorder]) -> None:
    """Or the silence above would prove nothing."""
    visitor = Typist(app, speaker(found.table, "og"))
    form = {"move": "comment", "text": "Devant tous.", "readers": "shared", "confirmed": "yes"}
    visitor.post(f"/clauses/{found.table.clause_id(TEXT)}/moves", form)
    visitor.open("commune").type("Devant tous.")
    for page in recorders.values():
        assert [event["name"] for event in page.heard()] == ["page_changed", "draft_updated"]


# ---------------------------------------------------------------------- nothing to guess


def answered(page: Typist, found: SecretsTable, draft: str) -> dict[str, dict[str, Any]]:
    return {event: asks(page.socket, event, message) for event, message in about_a_draft(draft, found).items()}


def test_a_private_draft_answers_every_event_like_one_that_does_not_exist(app: Flask, found: SecretsTable) -> None:
    page = Typist(app, speaker(found.table, "ars"))
    unknown = answered(page, found, UNKNOWN)
    for event in ("push_update", "pull_updates", "check_draft", "move_cursor"):
        assert unknown[event]["error"]["code"] == "not_found"
    for private in (*found.private_ids("og"), *found.private_ids("cd")):
        assert answered(page, found, private) == unknown


@ONCE
@pytest.mark.parametrize("side", ["authorities", "og", "party:og", "shared", ""])
def test_no_side_opens_another_partys_draft(app: Flask, found: SecretsTable, side: str) -> None:
    page = Typist(app, speaker(found.table, "og"))

    def opening(part_id: str) -> dict[str, Any]:
        message = {"part": part_id, "side": side, "schema": SCHEMA_VERSION, "state_vector": ""}
        return asks(page.socket, "open_draft", message)

    assert opening(found.table.part_id("fa01"))["error"]["code"] in ("not_found", "invalid_input")
    for private in found.private_ids("ars"):
        assert opening(private) == opening(UNKNOWN)


@ONCE
def test_ours_is_ones_own(app: Flask, found: SecretsTable) -> None:
    page = Typist(app, speaker(found.table, "cd")).open("ours")
    assert page.draft["draft"] == found.drafts["cd"]
    pulled = asks(page.socket, "pull_updates", {**page.draft, "after": 0})
    met = words_met(repr(pulled).encode(), found.words.told)
    assert {found.words.told[word] for word in met} == {("cd", "live draft")}


@ONCE
@pytest.mark.parametrize("table_id", [UNKNOWN, "", "x" * 100, "\0"])
def test_nobody_watches_a_table_that_isnt_his(app: Flask, found: SecretsTable, table_id: str) -> None:
    page = Typist(app, speaker(found.table, "cd"))
    assert asks(page.socket, "watch_table", {"negotiation": table_id})["ok"] is False


@pytest.mark.parametrize("message", [None, [], "x", 3, {}, {"draft": 3}, {"draft": "\0", "epoch": 1}, {"epoch": -1}])
def test_every_event_answers_nonsense_with_a_sentence(app: Flask, found: SecretsTable, message: object) -> None:
    page = Typist(app, speaker(found.table, "cd"))
    for event in EVENTS:
        answer = asks(page.socket, event, message)
        nothing_to_leave = event == "close_draft" and answer == {"ok": True}
        assert nothing_to_leave or answer["error"]["message"].endswith("."), event
        assert nothing_to_leave or answer["error"]["code"] != "unexpected", event
