"""Whose agreement a clause asks: chosen by who prepares it while it is inside, by everybody's consent afterwards."""

import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import CannotShape, NotFound
from negotiation.rules.vocabulary import ClauseState, Move, PartKind
from negotiation.services.adding import NewPart, add_part
from negotiation.services.concerned_inside import choose_parties
from negotiation.services.inside_parts import share_part
from negotiation.services.moves import Order, Seen, play
from negotiation.store import Announcing
from negotiation.store.contract import Clause
from negotiation.store.exchange import Version
from tests.builders import Person, Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=3)


def doing(person: Person, verb, *given, **named):  # type: ignore[no-untyped-def]
    with person.table.store.unit_of_work(Announcing.SILENT) as uow:
        return verb(uow, person.actor, *given, **named)


@pytest.fixture
def part(table: Table) -> str:
    new = NewPart(PartKind.INDICATOR, "Préparé chez nous", table.part_id("fa01"), table.og.inside)
    part_id: str = doing(table.og.dg, add_part, new)
    return part_id


def definition(table: Table, part_id: str) -> Clause:
    with table.store.reading() as session:
        query = select(Clause).where(col(Clause.part_id) == part_id, col(Clause.field) == "definition")
        return session.execute(query).scalar_one()


def test_the_form_of_an_inside_part_says_whose_agreement_each_clause_will_ask(
    app: Flask, table: Table, part: str
) -> None:
    og, clause = Visitor(app).enter(table.og.dg.email), definition(table, part)
    address = f"/negociations/{table.id}/texte/{part}"
    assert "Parties dont l’accord sera demandé" in og.get(address).text
    form = {f"texte-{clause.id}": "Ce qui compte.", "asked": clause.id, f"parties-{clause.id}": table.ars.id}
    assert og.post(f"{address}/textes", form).status_code == 302
    alone = og.post(f"{address}/textes", {"asked": clause.id, f"texte-{clause.id}": "Seuls."})
    assert (alone.status_code, "deux parties au moins" in alone.text) == (409, True)
    doing(table.og.dg, share_part, part)
    with table.store.reading() as session:
        tabled = session.execute(select(Version).where(col(Version.clause_id) == clause.id)).scalar_one()
    accepted = Order(Move.ACCEPTANCE, seen=Seen(tabled.number, tabled.fingerprint))
    doing(table.ars.dg, play, clause.id, accepted)
    assert definition(table, part).state is ClauseState.AGREED


def test_on_the_table_the_parties_of_a_clause_change_by_consent_from_its_page(app: Flask, table: Table) -> None:
    table.og.dg.propose("en01", value="94")
    clause = f"/clauses/{table.clause_id('en01')}"
    with pytest.raises(CannotShape):
        doing(table.og.dg, choose_parties, table.clause_id("en01"), frozenset({table.ars.id}))
    og, ars, cd = (Visitor(app).enter(party.dg.email) for party in (table.og, table.ars, table.cd))
    tabled = table.current("en01")
    assert tabled
    seen = {"seen_number": tabled.number, "seen_fingerprint": tabled.fingerprint}
    asked = {"move": "concerned_change", "parties": [table.og.id, table.ars.id], "motive": "L’ARS seule paie."} | seen
    assert re.search(r'name="move" value="concerned_change"', og.get(clause).text)
    assert og.post(f"{clause}/moves", asked).status_code == 302
    for visitor in (ars, cd):
        assert "demande que l’accord sur cette clause se fasse entre" in visitor.get(clause).text
        assert visitor.post(f"{clause}/moves", {"move": "concerned_consent"} | seen).status_code == 302
    assert table.situation("en01").concerned == {table.og.id, table.ars.id}


def test_nobody_chooses_for_what_he_does_not_read(table: Table, part: str) -> None:
    with pytest.raises(NotFound):
        doing(table.ars.dg, choose_parties, definition(table, part).id, frozenset({table.cd.id}))
