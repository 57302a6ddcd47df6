"""What happened reaches open pages after its commit, whatever dies in between."""

import pytest
from flask import Flask
from flask_socketio import SocketIOTestClient

from app.announcing import deliver_waiting
from app.background import do_round
from negotiation.events import Event, Kind
from negotiation.rules.vocabulary import SHARED, Circle
from negotiation.services.announcements import waiting_announcements
from negotiation.store import Announcing
from negotiation.store.columns import now
from tests.builders import Table, a_table
from tests.visitors import Visitor, asks, told


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=3)


@pytest.fixture
def og(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.og.dg.email)


def watching(visitor: Visitor, table: Table) -> SocketIOTestClient:
    socket = visitor.open_socket()
    assert asks(socket, "watch_table", {"negotiation": table.id}) == {"ok": True}
    return socket


def something_happens(table: Table, circle: Circle = SHARED, announcing: Announcing = Announcing.AFTER_COMMIT) -> None:
    facts = {"text": "un mot gardé"}
    with table.store.unit_of_work(announcing) as uow:
        uow.record(Event(Kind.COMMENT_WRITTEN, table.id, circle, "og.dg", facts, clause_id=table.clause_id("en01")))


def waiting(table: Table) -> int:
    with table.store.reading() as session:
        return len(waiting_announcements(session, older_than=now() - now()))


def test_what_was_announced_is_marked_delivered(app: Flask, table: Table) -> None:
    something_happens(table)
    assert waiting(table) == 1
    do_round(app)
    assert waiting(table) == 0


def test_what_a_dead_process_left_is_announced_again(
    app: Flask, og: Visitor, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died after its commit and before it told anybody."""
    socket = watching(og, table)
    monkeypatch.setattr(table.store, "_listeners", [])
    something_happens(table)
    assert told(socket, "page_changed") == []
    monkeypatch.setattr("app.announcing.PATIENCE", now() - now())
    with app.app_context():
        deliver_waiting()
    assert len(told(socket, "page_changed")) == 1
    assert waiting(table) == 0
