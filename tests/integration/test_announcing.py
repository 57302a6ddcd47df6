"""What happened reaches open pages after its commit, whatever dies in between."""

from datetime import timedelta

import pytest
from flask import Flask
from flask_socketio import SocketIOTestClient
from sqlalchemy import func, select, update
from sqlmodel import col

from app.announcing import KEPT, deliver_waiting, forget_delivered
from app.background import Round, Task, do_round
from negotiation.events import Event, Kind
from negotiation.rules.vocabulary import SHARED, Circle
from negotiation.services.announcements import waiting_announcements
from negotiation.store import Announcing
from negotiation.store.columns import now
from negotiation.store.record import Outbox
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


# ---------------------------------------------------------------------- what is over


def kept(table: Table) -> int:
    with table.store.reading() as session:
        found: int = session.execute(select(func.count()).select_from(Outbox)).scalar_one()
        return found


def a_day_passes(table: Table) -> None:
    with table.store.unit_of_work() as uow:
        uow.session.execute(update(Outbox).values(created_at=now() - 2 * KEPT))
        delivered = update(Outbox).where(col(Outbox.delivered_at).is_not(None))
        uow.session.execute(delivered.values(delivered_at=now() - KEPT - timedelta(seconds=1)))


def test_what_was_delivered_is_forgotten_after_a_day_and_what_was_not_never(app: Flask, table: Table) -> None:
    something_happens(table)
    do_round(app)
    with app.app_context():
        forget_delivered()
        assert kept(table) == 1, "it was delivered today"
        with table.store.unit_of_work() as uow:
            uow.session.add(Outbox(negotiation_id=table.id, circle="shared", kind="comment.written"))
        a_day_passes(table)
        forget_delivered()
    assert (kept(table), waiting(table)) == (1, 1)


def test_a_long_outbox_is_emptied_a_few_at_a_time(app: Flask, table: Table) -> None:
    with table.store.unit_of_work() as uow:
        for _ in range(501):
            row = Outbox(negotiation_id=table.id, circle="shared", kind="comment.written", delivered_at=now())
            uow.session.add(row)
    a_day_passes(table)
    with app.app_context():
        forget_delivered()
        assert kept(table) == 1
        forget_delivered()
        assert kept(table) == 0


def test_each_task_of_the_round_keeps_its_own_time(app: Flask) -> None:
    done: list[str] = []
    seconds = [100.0]
    often, rarely = Task(lambda: done.append("often")), Task(lambda: done.append("rarely"), every=30)
    going = Round((often, rarely), clock=lambda: seconds[0])
    for passed in (0, 1, 28, 1, 1):
        seconds[0] += passed
        going.go(app)
    assert done == ["often", "rarely", "often", "often", "often", "rarely", "often"]


def test_a_task_that_fails_stops_no_other(app: Flask) -> None:
    done: list[str] = []

    def fails() -> None:
        raise OSError("disk full")

    Round((Task(fails), Task(lambda: done.append("the next")))).go(app)
    assert done == ["the next"]
