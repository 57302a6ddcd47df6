"""Who is at the table now: seen party by party, told by ids alone, and silent about what is open inside."""

import base64
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_socketio import SocketIOTestClient
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from app import create_app
from app.background import do_round
from app.config import Settings
from negotiation.drafting.schema import SCHEMA_VERSION, clause_root
from negotiation.store import Store
from negotiation.store.columns import new_id
from tests.builders import Table, a_table
from tests.visitors import Visitor, asks

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
CANARY = "Canari jaune du gestionnaire."
CARET = {"anchor": "a", "head": "h"}


@pytest.fixture
def table(store: Store) -> Table:
    return a_table(store)


@pytest.fixture
def app(table: Table, database_url: str, tmp_path: Path) -> Flask:
    return create_app(Settings(database_url=database_url, data_dir=tmp_path / "data"))


def seated(visitor: Visitor, table: Table) -> SocketIOTestClient:
    """The page of the table, as `static/src/page/presence.ts` opens it."""
    socket = visitor.open_socket()
    assert asks(socket, "sit_at_table", {"negotiation": table.id}) == {"ok": True}
    return socket


def shown(visitor: Visitor, table: Table) -> str:
    """The piece of the page, as its reader gets it."""
    answer = visitor.get(f"/negociations/{table.id}/fragment/presents")
    assert answer.status_code == 200
    return answer.text


def heard(app: Flask, socket: SocketIOTestClient) -> list[Any]:
    """All that a page was told since it last looked, a round later."""
    do_round(app)
    return [(told["name"], told["args"]) for told in socket.get_received()]


def opened(socket: SocketIOTestClient, table: Table, side: str) -> dict[str, Any]:
    order = {"part": table.part_id("k01"), "side": side, "schema": SCHEMA_VERSION, "state_vector": ""}
    answer = asks(socket, "open_draft", order)
    assert answer["ok"], answer
    return {"draft": answer["draft"], "epoch": answer["epoch"]}


def write(socket: SocketIOTestClient, table: Table, draft: dict[str, Any]) -> None:
    clause_id, document = table.clause_id("k01.markdown"), Doc[Any]()
    caret = {"draft": draft["draft"], "clause": clause_id, "selection": CARET}
    document.get(clause_root(clause_id), type=XmlFragment).children.append(
        XmlElement("paragraph", {}, [XmlText(CANARY)])
    )
    update = base64.b64encode(document.get_update()).decode()
    assert asks(socket, "move_cursor", caret)["ok"]
    assert asks(socket, "push_update", draft | {"op": new_id(), "update": update})["ok"]


def test_who_comes_and_goes_is_seen_by_the_others_at_the_table(app: Flask, table: Table) -> None:
    og, ars = Visitor(app).enter(table.og.dg.email), Visitor(app).enter(table.ars.dg.email)
    alone = shown(og, table)
    assert alone.count("<li>") == 1
    assert "Vous" in alone
    here = seated(og, table)
    heard(app, here)
    there = seated(ars, table)
    assert heard(app, here) == [("presence_changed", [{"negotiation": table.id}])]
    assert shown(og, table).count("<li>") == 2
    second = seated(ars, table)
    assert heard(app, here) == [], "somebody in two tabs is there once"
    second.disconnect()
    there.disconnect()
    assert heard(app, here) == [("presence_changed", [{"negotiation": table.id}])]
    assert shown(og, table) == alone


def test_a_private_draft_changes_nothing_of_what_the_others_see(app: Flask, table: Table) -> None:
    og, ars = Visitor(app).enter(table.og.dg.email), Visitor(app).enter(table.ars.dg.email)
    socket = seated(ars, table)
    heard(app, socket)
    before = shown(ars, table)
    inside = og.open_socket()
    draft = opened(inside, table, "ours")
    write(inside, table, draft)
    assert heard(app, socket) == []
    assert shown(ars, table) == before
    asks(inside, "close_draft", {"draft": draft["draft"]})
    inside.disconnect()
    assert heard(app, socket) == []
    assert shown(ars, table) == before


def test_whoever_is_in_the_common_text_of_a_clause_is_seen_there(app: Flask, table: Table) -> None:
    og, ars = Visitor(app).enter(table.og.dg.email), Visitor(app).enter(table.ars.dg.email)
    here = seated(og, table)
    heard(app, here)
    editor = ars.open_socket()
    draft = opened(editor, table, "commune")
    write(editor, table, draft)
    assert heard(app, here) == [("presence_changed", [{"negotiation": table.id}])]
    assert "(sur l’article 1)" in shown(og, table)
    asks(editor, "close_draft", {"draft": draft["draft"]})
    assert heard(app, here) == [("presence_changed", [{"negotiation": table.id}])]
    assert "article" not in shown(og, table)
