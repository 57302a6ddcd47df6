"""Where a table stands is what its parties say: a new one doesn't stay in « cadrage » for the whole negotiation."""

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlmodel import col

from negotiation.errors import Frozen, InvalidInput, NotAllowed, StaleClause
from negotiation.rules.vocabulary import Phase
from negotiation.services.phasing import move_phase
from negotiation.store import Store
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation
from negotiation.store.record import HistoryEntry
from tests.builders import Person, Table, a_table
from tests.visitors import Visitor


def say(person: Person, phase: str, *, seen: str) -> None:
    with person.table.store.unit_of_work() as uow:
        move_phase(uow, person.actor, phase, seen=seen)


def phase_of(table: Table) -> Phase:
    with table.store.reading() as session:
        return session.get_one(Negotiation, table.id).phase


def told(table: Table) -> list[str]:
    query = select(col(HistoryEntry.circle)).where(col(HistoryEntry.kind) == "phase.changed")
    with table.store.reading() as session:
        return list(session.execute(query).scalars())


def test_each_party_says_where_the_table_stands_and_all_read_it(store: Store) -> None:
    table = a_table(store)
    before = phase_of(table)
    say(table.og.dg, "diagnostic", seen=before)
    say(table.og.dg, "diagnostic", seen=before)
    assert (phase_of(table), told(table)) == (Phase.DIAGNOSTIC, ["shared"]), "said twice, told once"
    with pytest.raises(StaleClause):
        say(table.ars.dg, "signature", seen=before)
    say(table.ars.dg, "negociation", seen="diagnostic")
    assert phase_of(table) is Phase.NEGOTIATION


def test_nobody_says_a_phase_that_only_a_signature_opens_nor_one_of_a_frozen_contract(store: Store) -> None:
    table = a_table(store)
    for phase in ("suivi", "evaluation", "fin", ""):
        with pytest.raises(InvalidInput):
            say(table.og.dg, phase, seen=phase_of(table))
    with pytest.raises(NotAllowed):
        say(table.og.redac, "diagnostic", seen=phase_of(table))
    with store.unit_of_work() as uow:
        uow.session.get_one(Negotiation, table.id).frozen_at = now()
    with pytest.raises(Frozen):
        say(table.og.dg, "diagnostic", seen=phase_of(table))
    with store.reading() as session:
        assert session.execute(select(func.count()).where(col(HistoryEntry.kind) == "phase.changed")).scalar_one() == 0


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_the_phase_is_said_in_the_calendar_and_read_on_the_table(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    director, reader = Visitor(app).enter(table.og.dg.email), Visitor(app).enter(table.cd.lect.email)
    calendar = f"/negociations/{table.id}/calendrier"
    assert "Enregistrer la phase" in director.get(calendar).text
    assert "Enregistrer la phase" not in reader.get(calendar).text
    sent = {"phase": "signature", "seen": str(phase_of(table))}
    assert director.post(f"/negociations/{table.id}/phase", sent).status_code == 302
    assert "Rédaction et signature</a>" in reader.get(f"/negociations/{table.id}").text
    assert "fait passer la négociation à la phase « Rédaction et signature »" in (
        reader.get(f"/negociations/{table.id}/historique").text.replace("\xa0", " ")
    )
