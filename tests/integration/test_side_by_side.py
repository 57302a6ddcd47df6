"""« Positions côte à côte »: only where the parties have to choose, and nothing is said of it that isn't so."""

from html import unescape

import pytest
from flask import Flask

from tests.builders import Table, a_table
from tests.scenarios import engagement
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(app: Flask) -> Table:
    written = [engagement("en01", {"type": "clause", "id": "k01"}, ["og", "ars", "cd"])]
    return a_table(app.extensions["store"], engagements=written)


def clause_page(app: Flask, table: Table, query: str = "") -> str:
    page = Visitor(app).enter(table.og.dg.email).get(f"/clauses/{table.clause_id('en01')}/proposition{query}").text
    return unescape(page).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_an_answer_is_no_choice_between_two_texts(app: Flask, table: Table) -> None:
    table.ars.dg.propose("en01", "Un départ.")
    table.og.dg.counter("en01", "Une réponse.")
    assert "Positions côte à côte" not in clause_page(app, table)


def test_two_first_texts_are_compared_with_nothing(app: Flask, table: Table) -> None:
    table.og.dg.propose("en01", "Un texte.")
    table.ars.dg.propose("en01", "Un autre texte.")
    page = clause_page(app, table)
    assert "Positions côte à côte" in page
    assert "texte de départ." not in page.partition("Positions côte à côte")[2].partition("</p>")[0]
    assert "Déposée le <time" in page and "</time>, remplacée depuis" in page


def test_a_text_compared_with_the_first_version_offers_the_version_before(app: Flask, table: Table) -> None:
    table.ars.dg.propose("en01", "Un départ.")
    table.og.dg.counter("en01", "Une réponse.")
    assert "Comparer à la première version" not in clause_page(app, table), "it is compared with it"
    table.ars.dg.counter("en01", "Une réponse à la réponse.")
    assert "Comparer à la première version" in clause_page(app, table)
    page = clause_page(app, table, "?comparer=premiere")
    assert "Comparer à la première version" not in page and "Comparer à la version 2" in page
