"""Whoever waits for a visa may say so again, once a day, to those who give it; outside, nothing moves."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import AlreadyDone, NotAllowed, NotFound, RemindedToday
from negotiation.rules.vocabulary import SHARED, Gesture, Move, Notice, Role
from negotiation.services import visa_reminders
from negotiation.services.moves import Order
from negotiation.services.visa_reminders import remind_visa
from negotiation.services.visas import give_visa, set_visa_rule, submit
from negotiation.store import Announcing
from negotiation.store.columns import now
from negotiation.store.queries.history import whole_chains
from negotiation.store.queries.notice_facts import facts_of, told_as
from negotiation.store.record import HistoryEntry
from tests.builders import Person, Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(app: Flask) -> Table:
    """The gestionnaire's proposals ask the visa of a negotiator: `redac` asks, `dg` gives it."""
    found = a_table(app.extensions["store"])
    with found.store.unit_of_work(Announcing.SILENT) as uow:
        set_visa_rule(uow, found.og.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
    return found


@pytest.fixture
def request_id(table: Table) -> str:
    order = Order(Move.PROPOSAL, text="Nous visons 94 %.", value="94")
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        found = submit(uow, table.og.redac.actor, table.clause_id("en01"), order).request_id
    assert found
    return found


def remind(person: Person, request_id: str) -> None:
    with person.table.store.unit_of_work(Announcing.SILENT) as uow:
        remind_visa(uow, person.actor, request_id)


def told(person: Person) -> set[Notice]:
    """As what this person is told of the reminder."""
    with person.table.store.reading() as session:
        query = select(col(HistoryEntry.id)).where(col(HistoryEntry.kind) == "visa.reminded")
        (fact,) = facts_of(session, session.execute(query).scalars())
        return set(told_as(fact, person.actor, party_key=person.key.partition(".")[0]))


def test_a_reminder_is_told_to_those_who_give_the_visa_and_to_nobody_else(table: Table, request_id: str) -> None:
    with table.store.reading() as session:
        before = dict(whole_chains(session, table.ars.dg.actor))
    remind(table.og.redac, request_id)
    assert told(table.og.dg) == {Notice.VISA}
    others = (table.og.redac, table.og.sign, table.og.lect, table.ars.dg, table.cd.dg)
    assert [told(person) for person in others] == [set()] * len(others)
    with table.store.reading() as session:
        assert dict(whole_chains(session, table.ars.dg.actor)) == before
        shared = dict(whole_chains(session, table.og.dg.actor))[SHARED]
    assert not any(request_id in json.dumps(entry.payload) for entry in shared)


def test_a_visa_is_called_to_mind_once_a_day(table: Table, request_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    remind(table.og.redac, request_id)
    with pytest.raises(RemindedToday):
        remind(table.og.redac, request_id)
    tomorrow = now() + timedelta(days=1)
    monkeypatch.setattr(visa_reminders, "now", lambda: tomorrow)
    remind(table.og.redac, request_id)


def test_one_reminds_of_ones_own_request_while_it_waits(table: Table, request_id: str) -> None:
    with pytest.raises(NotAllowed):
        remind(table.og.dg, request_id)
    with pytest.raises(NotFound):
        remind(table.ars.dg, request_id)
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        give_visa(uow, table.og.dg.actor, request_id)
    with pytest.raises(AlreadyDone):
        remind(table.og.redac, request_id)


def test_the_button_is_there_once_a_day_for_whoever_asked(app: Flask, table: Table, request_id: str) -> None:
    asker, giver = Visitor(app).enter(table.og.redac.email), Visitor(app).enter(table.og.dg.email)
    inside, clause = f"/negociations/{table.id}/interne", f"/clauses/{table.clause_id('en01')}"
    assert all("Rappeler cette demande" in asker.get(page).text for page in (inside, clause))
    assert "Rappeler cette demande" not in giver.get(inside).text
    assert asker.post(f"{inside}/visas/rappeler", {"visa": request_id}).status_code == 302
    assert "Rappeler cette demande" not in asker.get(inside).text
    assert "rappelé le" in asker.get(clause).text
    again = asker.post(f"{inside}/visas/rappeler", {"visa": request_id})
    assert (again.status_code, "déjà été rappelé" in again.text) == (409, True)
