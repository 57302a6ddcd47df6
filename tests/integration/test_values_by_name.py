"""Lists of people: keys in the contract, names on every screen, and boxes to tick where they are written."""

import re

import pytest
from flask import Flask

from tests.builders import Table, a_table
from tests.visitors import Visitor

COPIL = "gouvernance.governance.copil"


@pytest.fixture
def table(app: Flask) -> Table:
    """The framing note is agreed: its list of people is opened again."""
    found = a_table(app.extensions["store"])
    found.og.dg.reopen(COPIL)
    for seat in (found.ars, found.cd):
        seat.dg.consent(COPIL)
    return found


def boxes(page: str) -> dict[str, bool]:
    """Of the first list to tick: key → ticked."""
    found = re.search(r'<fieldset class="several".*?</fieldset>', page, re.DOTALL)
    assert found
    return {key: bool(ticked) for key, ticked in re.findall(r'name="value" value="([^"]*)"( checked)?', found[0])}


def test_a_list_of_people_is_ticked_and_read_by_their_names(app: Flask, table: Table) -> None:
    og, place = Visitor(app).enter(table.og.dg.email), f"/clauses/{table.clause_id(COPIL)}"
    page = og.get(f"{place}/proposition").text
    assert boxes(page)["og.dg"] is True
    assert boxes(page)["og.redac"] is False
    fields = {"move": "proposal", "text": "", "value": ["ars.dg", "og.dg"]}
    assert og.post(f"{place}/moves", fields).status_code == 302
    version = table.current(COPIL)
    assert version is not None
    assert version.value == ["ars.dg", "og.dg"]
    for tab in ("proposition", "table-commune", "navette"):
        page = Visitor(app).enter(table.ars.dg.email).get(f"{place}/{tab}").text
        shown = re.sub(r"<[^>]+>", " ", page)
        assert "og.dg" not in shown, tab
        assert "(ARS)" in shown, tab
    assert {key for key, ticked in boxes(og.get(f"{place}/table-commune").text).items() if ticked} == {
        "og.dg",
        "ars.dg",
    }


def test_what_was_ticked_comes_back_with_a_refusal(app: Flask, table: Table) -> None:
    table.ars.dg.propose(COPIL, "", value=["ars.dg"])
    og, place = Visitor(app).enter(table.og.dg.email), f"/clauses/{table.clause_id(COPIL)}"
    current = table.current(COPIL)
    assert current
    seen = {"seen_number": str(current.number), "seen_fingerprint": current.fingerprint}
    fields = {"move": "counter_proposal", "text": "", "motive": "", "value": ["og.dg", "ars.redac"]} | seen
    refused = og.post(f"{place}/moves", fields)
    assert refused.status_code == 422
    assert {key for key, ticked in boxes(refused.text).items() if ticked} == {"og.dg", "ars.redac"}
