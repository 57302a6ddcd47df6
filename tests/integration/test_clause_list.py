"""A fiche shows what is written; the fields that nobody wrote wait under one line, and are a click away."""

import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.vocabulary import Move, PartKind
from negotiation.services.adding import NewPart, add_part
from negotiation.services.moves import Order, play
from negotiation.store import Announcing
from negotiation.store.contract import Clause
from tests.builders import Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

FOLD = "a-ecrire"


def fields_of(table: Table, part_id: str) -> dict[str, str]:
    with table.store.reading() as session:
        query = select(col(Clause.field), col(Clause.id)).where(col(Clause.part_id) == part_id)
        return {row.field: row.id for row in session.execute(query)}


def order_of(page: str) -> list[str]:
    return re.findall(r'<section class="clause[^"]*" id="clause-([^"]+)"', page)


def test_what_nobody_wrote_is_folded_after_what_is_written_until_one_writes_it(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        new = NewPart(PartKind.INDICATOR, "Taux d’occupation", table.part_id("fa01"))
        part_id = add_part(uow, table.og.dg.actor, new)
    fields = fields_of(table, part_id)
    visitor = Visitor(app).enter(table.og.dg.email)
    address = f"/negociations/{table.id}/texte/{part_id}"
    assert "clause-fold" not in visitor.get(address).text, "where nothing is written, all is there to write"

    with table.store.unit_of_work(Announcing.SILENT) as uow:
        play(uow, table.og.dg.actor, fields["formula"], Order(Move.PROPOSAL, text="Journées sur places."))
    page = visitor.get(address).text
    assert order_of(page)[:2] == [fields["formula"], FOLD]
    assert set(order_of(page)[2:]) == set(fields.values()) - {fields["formula"]}
    assert page.count('clause-empty"') == len(fields) - 1
    said = page.replace("\xa0", " ")
    assert f'<details id="champs-a-ecrire"><summary>{len(fields) - 1} champs à écrire</summary>' in said

    opened = visitor.get(f"/clauses/{fields['source']}").text
    assert order_of(opened).index(fields["source"]) < order_of(opened).index(FOLD), "who opens one sees it"
    assert '<details id="champs-a-ecrire" open>' in opened, "and goes on with the next"
    for shown in (page, opened):
        refresh = re.search(r'data-refresh-url="([^"]*/fragment[^"]*)"', shown)
        listed = re.search(r'data-clauses="([^"]*)"', visitor.get(refresh[1]).text if refresh else "")
        assert listed is not None and listed[1].split() == order_of(shown)
