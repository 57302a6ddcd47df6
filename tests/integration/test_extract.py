"""One structure on one page: what concerns it, and nothing of another."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.store.contract import Essms
from tests.builders import Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def structures(table: Table) -> list[str]:
    with table.store.reading() as session:
        query = select(col(Essms.id)).where(col(Essms.negotiation_id) == table.id)
        return list(session.execute(query).scalars())


def test_the_extract_shows_the_engagements_fiches_and_sums_of_a_structure(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    table.og.dg.propose("en01", "Nous visons 94 %.", value="94")
    (structure,) = structures(table)
    page = Visitor(app).enter(table.ars.lect.email).get(f"/negociations/{table.id}/structures/{structure}")
    assert page.status_code == 200
    for words in ("EN01", "Engagements", "Fiches action", "Indicateurs", "Financements", "La main est"):
        assert words in page.text, words


def test_the_board_of_a_structure_and_what_names_it_lead_to_its_extract(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    visitor = Visitor(app).enter(table.ars.lect.email)
    with table.store.reading() as session:
        key = session.execute(select(col(Essms.key)).where(col(Essms.negotiation_id) == table.id)).scalar_one()
    address = f"/negociations/{table.id}/structures/{key}"
    assert visitor.get(address).status_code == 200
    for page in (f"/negociations/{table.id}?essms={key}", f"/clauses/{table.clause_id('fa01.description')}"):
        assert f'href="{address}"' in visitor.get(page).text, page
    for page in (f"/negociations/{table.id}", f"/negociations/{table.id}?essms=inconnue"):
        assert f'href="{address}"' not in visitor.get(page).text, page


def test_a_structure_of_another_table_is_one_that_does_not_exist(app: Flask) -> None:
    table, other = a_table(app.extensions["store"]), a_table(app.extensions["store"])
    visitor = Visitor(app).enter(table.ars.lect.email)
    (foreign,) = structures(other)
    answers = [visitor.get(f"/negociations/{table.id}/structures/{one}") for one in (foreign, "inconnue")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert visitor.get(f"/negociations/{other.id}/structures/{foreign}").status_code == 404
