"""The accueil says what waits for me, and costs no more for ten tables than for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlmodel import col

from negotiation.rules.paris import PARIS
from negotiation.rules.vocabulary import SHARED, Gesture, Role
from negotiation.services.tasks import Wish, open_task
from negotiation.services.visa_rules import set_visa_rule
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation
from negotiation.store.people import Member, Person
from tests.builders import Table, a_table
from tests.scenarios import scenario
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@contextmanager
def orders_sent(store: Store) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        sent.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    yield sent
    event.remove(store.engine, "before_cursor_execute", note)


def seat_everywhere(store: Store, tables: list[Table]) -> str:
    """One person sits for the ARS at every table; returns their address."""
    first = tables[0].ars.dg
    with store.unit_of_work(Announcing.SILENT) as uow:
        for table in tables[1:]:
            seats = select(Member).where(col(Member.negotiation_id) == table.id, col(Member.key) == "ars.dg")
            uow.session.execute(seats).scalar_one().person_id = first.person_id
        return uow.session.get_one(Person, first.person_id).email


def test_ten_tables_cost_no_more_orders_than_one(app: Flask) -> None:
    store: Store = app.extensions["store"]
    counts = []
    for number in (1, 10):
        tables = [a_table(store) for _ in range(number)]
        for table in tables:
            table.og.dg.propose("en02")
        visitor = Visitor(app).enter(seat_everywhere(store, tables))
        with orders_sent(store) as sent:
            assert visitor.get("/").status_code == 200
            counts.append(len(sent))
    assert counts[0] == counts[1] <= 21


def test_what_is_late_comes_first(app: Flask) -> None:
    store: Store = app.extensions["store"]
    table = a_table(store)
    table.og.dg.propose("en01", value="94", at=datetime(2026, 6, 12, 12, tzinfo=PARIS))
    table.og.dg.propose("en02", at=datetime(2026, 6, 1, 12, tzinfo=PARIS))
    with store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.get_one(Negotiation, table.id).situation_on = date(2026, 6, 17)
    page = Visitor(app).enter(table.ars.dg.email).get("/").text
    assert page.index("Engagement en02") < page.index("Engagement en01")
    assert "en retard" in page


@pytest.mark.parametrize("asked", ["reopen", "abandon"])
def test_a_request_is_answered_by_whoever_may_and_read_by_the_others(app: Flask, asked: str) -> None:
    table = a_table(app.extensions["store"])
    table.agree("en02", "Le texte convenu.")
    getattr(table.og.dg, asked)("en02")
    for person, heading in ((table.ars.dg, "Répondre à une proposition"), (table.ars.lect, "En attente d’une réponse")):
        assert heading in Visitor(app).enter(person.email).get("/").text


def test_nothing_to_do_names_the_next_meeting(app: Flask) -> None:
    store: Store = app.extensions["store"]
    content = scenario()
    content["calendar"] = [
        {
            "id": "c1",
            "phase": "negociation",
            "kind": "copil",
            "date": (now().date() + timedelta(days=9)).isoformat(),
            "time": "14:00",
            "place": "Siège",
            "title": "COPIL 2",
            "party_ids": ["og"],
            "produces": "",
            "status": "planned",
        }
    ]
    table = a_table(store, content)
    page = Visitor(app).enter(table.og.dg.email).get("/").text.replace("\xa0", " ")
    assert "Rien à faire aujourd’hui." in page
    assert "COPIL 2" in page


def test_my_tasks_are_on_the_accueil_and_nobody_elses(app: Flask) -> None:
    store: Store = app.extensions["store"]
    table = a_table(store)
    with store.unit_of_work(Announcing.SILENT) as uow:
        actor, owner = table.og.dg.actor, table.og.redac.member.id
        open_task(uow, actor, Wish(table.og.inside, "Relire le préambule", owner=owner))
        open_task(uow, actor, Wish(SHARED, "Compter les places", owner=table.og.dg.member.id))
    page = Visitor(app).enter(table.og.redac.email).get("/").text
    assert "Relire le préambule" in page
    assert "Compter les places" not in page
    assert "préambule" not in Visitor(app).enter(table.ars.dg.email).get("/").text


def test_who_asks_a_visa_puts_it_on_the_accueil_of_who_gives_it(app: Flask) -> None:
    store: Store = app.extensions["store"]
    table = a_table(store)
    ask_visas_of_signatories(table)
    visitor = Visitor(app).enter(table.og.dg.email)
    sent = {"move": "proposal", "text": "Un texte.", "words": "À viser."}
    assert visitor.post(f"/clauses/{table.clause_id('en02')}/moves", sent).status_code == 302
    asked = Visitor(app).enter(table.og.sign.email).get("/").text.replace("\xa0", " ")
    assert "Donner un visa" in asked
    assert "vous avez 1 visa à donner" in asked and "Aucune réponse" not in asked, "the head says what the list says"
    for other in (table.og.dg, table.og.redac, table.ars.dg, table.ars.sign):
        assert "Donner un visa" not in Visitor(app).enter(other.email).get("/").text


def ask_visas_of_signatories(table: Table) -> None:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.SIGNATORY)
