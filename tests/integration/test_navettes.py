"""« Par engagement »: what moved, its steps, its last one; what one party does inside changes it for nobody else."""

import re

import pytest
from flask import Flask

from tests.builders import Table, a_table
from tests.scenarios import engagement
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
DECIDING = ["og", "ars", "cd"]
TOKEN = re.compile(r'"[\w-]{20,}\.[\w-]{6}\.[\w-]{20,}"')


@pytest.fixture
def table(app: Flask) -> Table:
    """en01: two texts; en02: agreed; en03: nothing."""
    target = {"type": "clause", "id": "k01"}
    written = [engagement(key, target, DECIDING) for key in ("en01", "en02", "en03")]
    found = a_table(app.extensions["store"], engagements=written)
    found.og.dg.propose("en01", "Un texte.")
    found.ars.dg.counter("en01", "Un autre.")
    found.agree("en02")
    return found


def listed(app: Flask, table: Table, asked: str = "", *, who: str = "cd") -> dict[str, str]:
    """The words of each row, by code."""
    page = Visitor(app).enter(getattr(table, who).dg.email).get(f"/negociations/{table.id}/navettes{asked}")
    assert page.status_code == 200
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", page.text, re.S)
    words = [" ".join(re.sub(r"<[^>]+>", " ", row).split()).replace("\xa0", " ") for row in rows]
    return {row.partition(" ")[0]: row for row in words}


def test_what_moved_is_listed_with_its_last_step(app: Flask, table: Table) -> None:
    rows = listed(app, table)
    assert list(rows) == ["EN01", "EN02"]
    assert "Contre-proposée 2" in rows["EN01"] and "Contre-proposition" in rows["EN01"]
    assert "Accord 3" in rows["EN02"]
    assert list(listed(app, table, "?etat=agreed")) == list(listed(app, table, "?mots=en02")) == ["EN02"]
    assert listed(app, table, "?mots=introuvable") == listed(app, table, "?page=7") == {}


def test_an_inside_step_counts_for_its_own_party_only(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.cd.dg.email)

    def read() -> str:
        """But for the token of its forms."""
        return TOKEN.sub("", reader.get(f"/negociations/{table.id}/navettes").text)

    before = read()
    table.og.dg.note("en01", "Entre nous.")
    table.og.dg.note("en03", "Entre nous.")
    assert read() == before
    assert "Contre-proposée 3" in listed(app, table, who="og")["EN01"]
