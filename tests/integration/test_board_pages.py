"""The board's counts are those of the database, and nothing is answered in bulk that nobody saw."""

import re
from collections import Counter
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.vocabulary import ClauseState
from negotiation.store.contract import Clause
from tests.builders import Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

FILTERS = {
    "Accord": {ClauseState.AGREED},
    "Accord partiel": {ClauseState.PARTIALLY_AGREED},
    "Proposée": {ClauseState.PROPOSED},
    "Contre-proposée": {ClauseState.COUNTERED},
    "À écrire": {ClauseState.TO_WRITE},
    "Rouverte": {ClauseState.REOPENED},
}


def counts_shown(page: str) -> dict[str, int]:
    found = re.findall(r'<a class="filter" href="[^"]*"[^>]*>([^<]+) <span class="num">(\d+)</span>', page)
    return {unescape(words): int(count) for words, count in found}


def states_stored(table: Table) -> Counter[ClauseState]:
    with table.store.reading() as session:
        query = select(col(Clause.state)).where(
            col(Clause.negotiation_id) == table.id, col(Clause.follows_id).is_(None)
        )
        return Counter(session.execute(query).scalars())


def a_lively_table(app: Flask) -> Table:
    table = a_table(app.extensions["store"])
    table.agree("en01", value="94")
    table.og.dg.propose("en02")
    table.ars.dg.counter("en02")
    table.og.dg.propose("fa01.description", "Une action.")
    table.ars.dg.accept("fa01.description")
    table.og.dg.propose("k01.markdown", "Un contrat.")
    return table


def test_each_state_counts_as_many_clauses_as_the_database(app: Flask) -> None:
    table = a_lively_table(app)
    shown = counts_shown(Visitor(app).enter(table.cd.lect.email).get(f"/negociations/{table.id}").text)
    stored = states_stored(table)
    for words, states in FILTERS.items():
        assert shown.get(words, 0) == sum(stored[state] for state in states), words


def test_the_head_of_the_board_counts_what_its_groups_count(app: Flask) -> None:
    """A clause of an article or a fiche counts there like an engagement."""
    table = a_lively_table(app)
    table.ars.dg.accept("k01.markdown")
    table.cd.dg.accept("k01.markdown")
    page = Visitor(app).enter(table.cd.lect.email).get(f"/negociations/{table.id}").text.replace("\xa0", " ")
    head = re.search(r"<b>(\d+) accords? sur (\d+)</b>", page)
    groups = re.findall(r'<span class="soft">(\d+) accords? sur (\d+)</span>', page)
    assert head is not None
    below = [sum(int(each) for each in column) for column in zip(*groups, strict=True)]
    assert [int(each) for each in head.groups()] == below
    convergence = re.search(r"À écrire</dt><dd class=\"num\">(\d+)<", page)
    assert convergence is not None and int(convergence[1]) == counts_shown(page)["À écrire"]


def test_a_filter_lists_what_it_counts(app: Flask) -> None:
    table = a_lively_table(app)
    visitor = Visitor(app).enter(table.ars.dg.email)
    for key, words in (("accord", "Accord"), ("a-ecrire", "À écrire"), ("a-moi", "À moi de répondre")):
        page = visitor.get(f"/negociations/{table.id}?etat={key}").text
        assert page.count("<tr") - page.count("<thead>") == counts_shown(page)[words], key


def test_a_maintained_reserve_is_not_an_agreement_like_another(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    table.cd.dg.reserve("en01", "Sous réserve du vote du budget.")
    table.agree("en01", "Le taux atteint 95 % en 2028.", "95")
    table.cd.dg.maintain("en01", "Le vote a lieu en décembre.")
    page = Visitor(app).enter(table.og.dg.email).get(f"/negociations/{table.id}?etat=reserve").text
    assert counts_shown(page)["Réserve"] == 1
    assert "maintenue au contrat" in page


def test_the_fragment_asks_for_the_view_that_the_page_shows(app: Flask) -> None:
    table = a_lively_table(app)
    page = Visitor(app).enter(table.ars.dg.email).get(f"/negociations/{table.id}?etat=accord&mots=engagement").text
    refresh = re.search(r'data-refresh-url="([^"]*fragment/tableau[^"]*)"', page)
    assert refresh is not None
    assert unescape(refresh[1]).endswith("?etat=accord&mots=engagement")


def test_what_was_ticked_is_shown_with_its_version_before_anything_leaves(app: Flask) -> None:
    table = a_lively_table(app)
    visitor = Visitor(app).enter(table.ars.dg.email)
    ticked = {"clause": [table.clause_id("k01.markdown"), table.clause_id("en01"), "inconnue"]}
    page = visitor.post(f"/negociations/{table.id}/ensemble/choix", ticked).text
    current = table.current("k01.markdown")
    assert current is not None
    assert f"{table.clause_id('k01.markdown')} 1 {current.fingerprint}" in page
    assert table.clause_id("en01") not in page
    assert table.state("k01.markdown") is ClauseState.PROPOSED


def test_working_texts_are_proposed_for_the_ticked_clauses_alone(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    visitor = Visitor(app).enter(table.og.dg.email)
    ticked = table.clause_id("fa01.context")
    page = visitor.post(f"/negociations/{table.id}/ensemble/choix", {"clause": [ticked]}).text
    assert f'name="only" value="{ticked}"' in page
    sent = {"part": [table.part_id("fa01")], "only": [ticked]}
    assert visitor.post(f"/negociations/{table.id}/ensemble/propositions", sent).status_code == 302
    assert table.state("fa01.context") is ClauseState.PROPOSED
    assert table.state("fa01.description") is ClauseState.TO_WRITE


def test_the_points_of_vigilance_lead_to_what_they_are_about(app: Flask) -> None:
    table = a_lively_table(app)
    visitor = Visitor(app).enter(table.cd.lect.email)
    page = visitor.get(f"/negociations/{table.id}/vigilance")
    assert page.status_code == 200
    assert f"/negociations/{table.id}/texte/" in page.text


def test_a_value_that_its_author_took_back_is_no_step_of_the_path(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    for person, value in ((table.og.dg, "92"), (table.ars.dg, "95"), (table.og.dg, "93")):
        (person.propose if value == "92" else person.counter)("en01", f"Nous visons {value} %.", value=value)
    table.og.dg.withdraw("en01")
    table.og.dg.propose("en01", "Nous visons 93,5 %.", value="93.5")
    page = Visitor(app).enter(table.ars.dg.email).get(f"/negociations/{table.id}").text
    path = re.search(r'<span class="path trail">(.*?)</th>', page, re.DOTALL)
    assert path is not None
    assert re.findall(r"</span> ([\d,]+)", path[1]) == ["92", "95", "93,5"]


def test_who_ticks_nothing_is_asked_to_tick(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    table.og.dg.propose("en01", "Un texte.")
    ars = Visitor(app).enter(table.ars.dg.email)
    assert 'data-needs-tick="Cochez une clause' in ars.get(f"/negociations/{table.id}").text
    page = ars.post(f"/negociations/{table.id}/ensemble/choix", {}).text
    assert "Cochez une clause" in page and "Aucune des clauses cochées" not in page
