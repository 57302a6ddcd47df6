"""A text that still holds words of its template is said wherever one answers for it, and may leave all the same."""

import re
from html import unescape

import pytest
from flask import Flask

from negotiation.rules.vocabulary import ClauseState
from tests.builders import Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

CLAUSE = "k01.markdown"
NOTICE = "Ce texte reste à compléter : […], [deux mois]."


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"])


def words_of(visitor: Visitor, address: str) -> str:
    page = visitor.get(address)
    assert page.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).replace("\u00a0", " ").replace("\u202f", " ").split())


def test_brackets_left_in_a_proposal_are_said_and_nobody_is_kept_from_it(app: Flask, table: Table) -> None:
    table.og.dg.propose(CLAUSE, "Le […], avis sous [deux mois], selon [le code](https://www.legifrance.gouv.fr) [1].")
    ars = Visitor(app).enter(table.ars.dg.email)
    clause = f"/clauses/{table.clause_id(CLAUSE)}"
    for address in (clause, f"/negociations/{table.id}/ensemble"):
        assert NOTICE in words_of(ars, address), address
    assert "Il reste à compléter […], [deux mois], dans Texte de l’article." in words_of(
        ars, f"/negociations/{table.id}/vigilance"
    )
    assert "texte à compléter" in words_of(ars, f"/negociations/{table.id}/versions")
    assert "À compléter" in words_of(ars, f"/negociations/{table.id}/texte/{table.part_id('k01')}")
    for party in (table.ars, table.cd):
        party.dg.accept(CLAUSE)
    assert table.state(CLAUSE) is ClauseState.AGREED
    assert NOTICE not in words_of(ars, clause)


def test_a_link_and_a_footnote_are_no_words_to_complete(app: Flask, table: Table) -> None:
    table.og.dg.propose(CLAUSE, "Selon [le code de l’action sociale](https://www.legifrance.gouv.fr) [1].")
    ars = Visitor(app).enter(table.ars.dg.email)
    assert "à compléter" not in words_of(ars, f"/clauses/{table.clause_id(CLAUSE)}").lower()
    assert "à compléter" not in words_of(ars, f"/negociations/{table.id}/vigilance").lower()
