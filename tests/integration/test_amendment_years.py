"""A prorogation adds years: each indicator and each funding line gets an empty cell for them, negotiated like the rest;
the years that were signed stay agreed."""

from datetime import date

import pytest
from flask import Flask

from negotiation.documents.amendment_print import amendment_tree, consolidated_notes
from negotiation.rules.amendment import AmendmentKind, added_years
from negotiation.rules.reviews import Field
from negotiation.rules.vocabulary import ClauseState
from negotiation.store.queries.evaluated import evaluated_of
from negotiation.store.queries.gate import open_points
from negotiation.store.queries.reviews import subjects_of
from tests.builders import Table, a_table
from tests.closing_table import closing_scenario, freeze, put_signature
from tests.integration.test_amendments import amend, content, facts, wanted
from tests.visitors import Visitor

on_sqlite = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
YEAR = 2030
DATED = {"date": "2029-06-01"}
TARGET, AMOUNT = f"i01.targets.{YEAR}", f"m01.amounts.{YEAR}"


def extended(contract: Table) -> Table:
    later = date(YEAR, 12, 31)
    return amend(contract.og.dg, wanted(contract, kind=AmendmentKind.EXTENSION, term_after=later))


@pytest.fixture
def contract(app: Flask) -> Table:
    return a_table(app.extensions["store"], closing_scenario(status="signed"))


def test_only_a_later_financial_year_is_added() -> None:
    assert list(added_years(date(2029, 12, 31), date(2031, 6, 30))) == [2030, 2031]
    assert not added_years(date(2029, 6, 30), date(2029, 12, 31))
    assert not added_years(date(2029, 12, 31), None)


@on_sqlite
def test_a_prorogation_adds_its_year_to_each_indicator_and_line_and_the_others_stay_agreed(contract: Table) -> None:
    avenant = extended(contract)
    assert facts(avenant, "negotiation.opened")[0]["years"] == [YEAR]
    for added, signed in ((TARGET, "i01.targets.2029"), (AMOUNT, "m01.amounts.2029")):
        cell, sibling = avenant.clause(added), avenant.clause(signed)
        assert cell.state is ClauseState.TO_WRITE
        assert (cell.value_kind, cell.unit) == (sibling.value_kind, sibling.unit)
        assert cell.position == sibling.position + 1
        assert avenant.situation(added).concerned == avenant.situation(signed).concerned
        assert avenant.state(signed) is ClauseState.AGREED
    positions = [avenant.clause(name).position for name in avenant._clauses if name.startswith("i01.")]
    assert len(positions) == len(set(positions))
    assert TARGET not in contract._clauses


@on_sqlite
def test_an_added_year_without_a_value_is_said_everywhere_and_blocks_nothing(app: Flask, contract: Table) -> None:
    avenant = extended(contract)
    held = content(avenant)
    tree = amendment_tree(held | DATED, fingerprint="0" * 64, label="A1", kind="draft")
    assert len(tree["unset"]) == 2
    assert all(words.endswith(f": {YEAR}") for words in tree["unset"])
    (note,) = consolidated_notes(held)
    assert note == f"Rien n’est convenu en {YEAR} pour 1 indicateur et 1 ligne financière : l’avenant les nomme."
    assert str(YEAR) in held["tables"]["indicators"]["years"]
    assert str(YEAR) in held["tables"]["finance"]["years"]
    with avenant.store.reading() as session:
        assert avenant.clause_id(TARGET) not in {point.clause_id for point in open_points(session, avenant.id)}
    page = Visitor(app).enter(contract.ars.dg.email).get(f"/negociations/{avenant.id}/avenant/changements").text
    assert "Années ajoutées, sans valeur" in page
    assert "le gel ne les attend pas" in page
    assert f'href="/clauses/{avenant.clause_id(TARGET)}"' in page


@on_sqlite
def test_its_value_is_negotiated_then_read_in_the_follow_up_and_the_evaluation(app: Flask, contract: Table) -> None:
    avenant = extended(contract)
    avenant.agree(TARGET, "", "96")
    avenant.agree(AMOUNT, "", "12000")
    for name in [name for name in avenant._clauses if name.startswith("avenant-1.")]:
        avenant.agree(name)
    page = Visitor(app).enter(contract.ars.dg.email).get(f"/negociations/{avenant.id}/avenant/changements").text
    assert "année ajoutée" in page
    assert "Le contrat prenait fin plus tôt." in page
    assert "Années ajoutées, sans valeur" not in page
    changes = amendment_tree(content(avenant) | DATED, fingerprint="0" * 64, label="A1", kind="frozen")["changes"]
    assert [clause["is_year"] for part in changes for clause in part["clauses"]] == [True, True]
    version = freeze(avenant)
    for person in (avenant.og.sign, avenant.ars.sign, avenant.cd.sign):
        put_signature(person, version)
    with contract.store.reading() as session:
        actor = contract.og.dg.actor
        spoken = {about.field for about in subjects_of(session, actor, YEAR)}
        by_code = {each.card.attributes["key"]: each for each in evaluated_of(session, actor)}
    assert Field.REALISED in spoken
    assert by_code["en01"].promised[YEAR] == "96"
    assert by_code["en03"].promised[YEAR] == 1_200_000
    page = Visitor(app).enter(contract.ars.dg.email).get(f"/negociations/{contract.id}/indicateurs").text
    assert "avenant n° 1" in page.replace("\u00a0", " ")
    second = amend(contract.ars.dg, wanted(contract))
    assert second.state(TARGET) is ClauseState.AGREED
