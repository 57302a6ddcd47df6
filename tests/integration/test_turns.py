"""Everybody reads the same clock: whose turn it is, since when, until when."""

import re
from datetime import UTC, date, datetime, time, timedelta
from html import unescape

import pytest
from flask import Flask

from negotiation.rules.paris import PARIS, paris_day
from negotiation.rules.vocabulary import ClauseKind, ValueKind
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Negotiation, Part
from negotiation.store.queries.clauses import ClauseCard, card_of
from negotiation.store.queries.notices import todo_of
from negotiation.store.queries.turns import Convergence, Pace, convergence_of, pace_of, rounds_by_clause
from tests.builders import Table, a_table
from tests.visitors import Visitor

ONCE = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def card(table: Table, name: str) -> ClauseCard:
    with table.store.reading() as session:
        found = card_of(session, table.og.dg.actor, table.clause_id(name))
    assert found is not None
    return found


def days_ago(days: int) -> datetime:
    """At noon of that day in Paris: near midnight, the day of the server or an hour of summer would make it another."""
    return datetime.combine(paris_day(now()) - timedelta(days=days), time(12), PARIS).astimezone(UTC)


def pace(table: Table) -> Pace:
    with table.store.reading() as session:
        return pace_of(session, table.id)


def frame(table: Table, number: object, field: str = "response_delay") -> None:
    """Write the response delay, or another number, in the note de cadrage."""
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        part = uow.session.get_one(Part, table.part_id("methode"))
        clause = Clause(
            negotiation_id=table.id,
            part_id=part.id,
            kind=ClauseKind.TEXT,
            field=field,
            label="Un nombre",
            position=99,
            value_kind=ValueKind.NUMBER,
            working_value=number,
            attributes={},
        )
        uow.session.add(clause)


def test_an_acceptance_gives_the_hand_to_nobody(store: Store) -> None:
    table = a_table(store)
    sent = days_ago(6)
    table.og.dg.propose("en01", value="94", at=sent)
    table.ars.dg.accept("en01", at=days_ago(2))
    held = card(table, "en01")
    assert (held.waits_for, held.held_since) == ({table.cd.id}, sent)


def test_a_request_gives_the_hand_to_those_it_asks(store: Store) -> None:
    table = a_table(store)
    table.agree("en01", value="94")
    assert card(table, "en01").held_since is None
    asked = days_ago(4)
    table.og.dg.reopen("en01", at=asked)
    table.ars.dg.consent("en01", at=days_ago(1))
    held = card(table, "en01")
    assert (held.waits_for, held.held_since) == ({table.cd.id}, asked)


def test_a_party_that_comes_in_later_is_late_for_nothing_and_excuses_nobody(store: Store) -> None:
    table = a_table(store)
    sent = days_ago(40)
    table.og.dg.propose("en02", at=sent)
    table.ars.dg.change_concerned("en02", "og", "ars", "cd")
    held = card(table, "en02").held
    assert held[table.ars.id] == sent, "its own request clears nothing"
    assert now() - held[table.cd.id] < timedelta(minutes=5), "its consent is asked since a moment ago"
    table.og.dg.consent_to_parties("en02")
    table.cd.dg.consent_to_parties("en02")
    held = card(table, "en02").held
    assert held[table.ars.id] == sent
    assert now() - held[table.cd.id] < timedelta(minutes=5)
    table.ars.dg.change_concerned("en02", "og", "ars")
    table.og.dg.consent_to_parties("en02")
    table.cd.dg.consent_to_parties("en02")
    assert card(table, "en02").held == {table.ars.id: sent}


def test_who_is_late_does_not_clear_it_by_asking_something_else(store: Store) -> None:
    table = a_table(store)
    sent = days_ago(40)
    table.og.dg.propose("en02", at=sent)
    table.ars.dg.abandon("en02")
    held = card(table, "en02")
    assert (held.held[table.ars.id], held.held_since) == (sent, sent)
    assert now() - held.held[table.og.id] < timedelta(minutes=5)


@ONCE
def test_a_partial_agreement_says_who_is_missing_and_for_how_many_days(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    table.ars.dg.propose("en01", value="95", at=days_ago(3))
    table.cd.dg.accept("en01", at=days_ago(1))
    for seat in (table.og, table.ars, table.cd):
        page = Visitor(app).enter(seat.lect.email).get(f"/clauses/{table.clause_id('en01')}").text
        assert "Accord partiel : il manque l’Association Test, depuis 3 jours" in plain(page)


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", unescape(page)).split()).replace(" , ", ", ")


@ONCE
def test_each_party_is_shown_its_own_clock(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    table.og.dg.propose("en02", at=days_ago(40))
    table.ars.dg.change_concerned("en02", "og", "ars", "cd")
    table.og.dg.consent_to_parties("en02")
    table.cd.dg.consent_to_parties("en02")
    reader = Visitor(app).enter(table.cd.dg.email)
    page = reader.get(f"/clauses/{table.clause_id('en02')}").text.replace("\xa0", " ")
    assert "depuis 40 jours" in page and "depuis aujourd’hui" in page
    assert "Rien n’est en retard" in reader.get("/").text.replace("\xa0", " ")
    board = reader.get(f"/negociations/{table.id}").text.replace("\xa0", " ")
    assert "Aux autres parties de répondre" in board and "À vous de répondre" not in board
    assert "1 réponse attendue, depuis aujourd’hui" in board and "1 réponse attendue, depuis 40 jours" in board


def test_the_delay_is_that_of_the_note_de_cadrage(store: Store) -> None:
    table = a_table(store)
    assert pace(table).response_days == 10
    frame(table, "15")
    assert pace(table).response_days == 15


def test_mails_keep_the_time_that_the_pages_show(store: Store) -> None:
    """Twenty days are late at ten working days and not at thirty; another party's acceptance gives nobody more."""
    table = a_table(store)
    table.og.dg.propose("en01", value="94", at=days_ago(20))
    table.ars.dg.accept("en01", at=days_ago(1))

    def late() -> int:
        with store.reading() as session:
            return todo_of(session, table.cd.dg.actor, now().date()).late

    assert late() == 1
    frame(table, "30")
    assert late() == 0


def test_the_rounds_are_those_of_the_note_de_cadrage(store: Store) -> None:
    table = a_table(store)
    frame(table, "15")
    assert pace(table) == Pace(response_days=15, rounds=3)
    frame(table, "5", field="copil_rounds")
    assert pace(table) == Pace(response_days=15, rounds=5)


@pytest.mark.parametrize("nonsense", ["0", "-3", "9999", "dix", "2.5"])
def test_a_number_that_is_none_leaves_the_usual_one(store: Store, nonsense: str) -> None:
    table = a_table(store)
    frame(table, nonsense)
    frame(table, nonsense, field="copil_rounds")
    assert pace(table) == Pace(response_days=10, rounds=3)


def test_rounds_are_counted_since_the_last_agreement(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02")
    for number in range(3):
        table.ars.dg.counter("en02", f"Non, {number}.")
        table.og.dg.counter("en02", f"Si, {number}.")
    with store.reading() as session:
        assert rounds_by_clause(session, [card(table, "en02")], Pace()) == {table.clause_id("en02"): 3}
    table.ars.dg.accept("en02")
    table.ars.dg.reopen("en02")
    table.og.dg.consent("en02")
    table.og.dg.propose("en02", "Reprenons.")
    with store.reading() as session:
        assert rounds_by_clause(session, [card(table, "en02")], Pace()) == {table.clause_id("en02"): 0}


def test_each_clause_counts_once_in_what_the_copil_reads(store: Store) -> None:
    table = a_table(store)
    before = convergence(table)
    table.agree("en01", value="94")
    table.og.dg.propose("en02")
    table.ars.dg.reserve("en03")
    after = convergence(table)
    assert (after.agreed, after.discussed, after.reserved) == (before.agreed + 1, before.discussed + 1, 1)
    assert sum(vars(after).values()) == sum(vars(before).values())


def convergence(table: Table) -> Convergence:
    with table.store.reading() as session:
        return convergence_of(session, table.id)


@ONCE
def test_the_table_says_who_is_late_to_everybody_alike(app: Flask) -> None:
    store: Store = app.extensions["store"]
    table = a_table(store)
    table.og.dg.propose("en01", value="94", at=datetime(2026, 6, 1, 12, tzinfo=PARIS))
    table.ars.dg.accept("en01", at=datetime(2026, 6, 2, 12, tzinfo=PARIS))
    with store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.get_one(Negotiation, table.id).situation_on = date(2026, 6, 17)
    for seat in (table.og, table.ars, table.cd):
        page = Visitor(app).enter(seat.lect.email).get(f"/negociations/{table.id}").text.replace("\xa0", " ")
        assert "il manque le Département" in page
        assert "en retard de 2 jours ouvrés" in page


@ONCE
def test_a_clause_that_goes_round_in_circles_is_proposed_to_the_next_copil(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    for number in range(3):
        (table.og.dg.counter if number else table.og.dg.propose)("en02", f"Si, {number}.")
        table.ars.dg.counter("en02", f"Non, {number}.")
    reader = Visitor(app).enter(table.cd.dg.email)

    def read(address: str) -> str:
        return reader.get(address).text.replace("\xa0", " ").replace("\u202f", " ")

    board = read(f"/negociations/{table.id}?etat=a-arbitrer")
    assert "3 tours sans accord" in board
    assert f"/negociations/{table.id}/calendrier" in board
    page = read(f"/clauses/{table.clause_id('en02')}")
    assert "Après 3 tours, la table propose de porter la clause au COPIL" in page
    proposing = f"/negociations/{table.id}/taches?clause={table.clause_id('en02')}"
    assert f'href="{proposing}#nouvelle"' in page
    assert "Porter au COPIL : EN02" in read(proposing)
    assert reader.get(f"/negociations/{table.id}/taches?clause=inconnue").status_code == 404
