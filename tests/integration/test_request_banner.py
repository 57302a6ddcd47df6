"""Where consent is asked, one reads why; and the answer to a request stands apart from the answer to a text."""

import re
from html import unescape

import pytest
from flask import Flask

from tests.builders import Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=2)


def banner_for(app: Flask, table: Table, tab: str = "proposition") -> tuple[str, str]:
    """The banner of the request on « en01 » as the ARS sees it, and what follows it."""
    page = Visitor(app).enter(table.ars.dg.email).get(f"/clauses/{table.clause_id('en01')}/{tab}").text
    found, _, rest = page.partition('class="notice request-asked"')[2].partition('class="tabbar"')
    return unescape(found), rest


def test_consent_is_asked_with_its_motive(app: Flask, table: Table) -> None:
    table.og.dg.propose("en01", "Un texte.")
    table.og.dg.abandon("en01", motive="Le site ferme en juin.")
    assert "Le site ferme en juin." in banner_for(app, table)[0]


def test_a_reopening_says_why_whatever_was_asked_before(app: Flask, table: Table) -> None:
    table.agree("en01")
    table.og.dg.reopen("en01", motive="Première raison.")
    table.ars.dg.refuse_request("en01", motive="Pas encore.")
    table.og.dg.reopen("en01", motive="Les crédits ont changé.")
    banner, _ = banner_for(app, table, "accorde")
    assert "Les crédits ont changé." in banner and "Première raison." not in banner


def test_refusing_a_request_is_not_beside_accepting_a_version(app: Flask, table: Table) -> None:
    table.og.dg.propose("en01", "Un texte.")
    table.og.dg.abandon("en01", motive="Le site ferme en juin.")
    banner, rest = banner_for(app, table)
    requests, versions = ("abandonment_consent", "request_refusal"), ("acceptance", "rejection")
    said = [re.findall(r'name="move" value="(\w+)"', piece) for piece in (banner, rest)]
    assert sorted(said[0]) == sorted(requests)
    assert set(versions) <= set(said[1]) and not set(requests) & set(said[1])
