"""What a gesture takes away with it is said before it is made, after it, and where it is kept."""

import re

import pytest
from flask import Flask
from markupsafe import Markup

from negotiation.rules.vocabulary import Move
from tests.builders import Person, Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", Markup(page).striptags())


def read(app: Flask, person: Person, clause: str, tab: str = "proposition") -> str:
    page = Visitor(app).enter(person.email).get(f"/clauses/{person.table.clause_id(clause)}/{tab}").text
    return words(page)


def send(app: Flask, person: Person, clause: str, move: Move) -> str:
    """Play it as the page does, and read what the page says then."""
    table, visitor = person.table, Visitor(app).enter(person.email)
    address, tabled = f"/clauses/{table.clause_id(clause)}", table.current(clause)
    seen = {"seen_number": str(tabled.number), "seen_fingerprint": tabled.fingerprint} if tabled else {}
    visitor.post(f"{address}/moves", {"move": str(move), "motive": "", **seen})
    return words(visitor.get(f"{address}/proposition").text)


def countered(app: Flask) -> Table:
    """The ARS tabled version 1, which the Département accepted; the OG countered."""
    table = a_table(app.extensions["store"])
    table.ars.dg.propose("en01", "Nous visons 94 %.", value="94")
    table.cd.dg.accept("en01")
    table.og.dg.counter("en01", "Nous visons 95 %.", value="95")
    return table


def test_a_withdrawal_says_what_is_left_before_and_after(app: Flask) -> None:
    table = countered(app)
    table.cd.dg.accept("en01")
    left = "La version 1 de l’ARS reste sa position, que l’ARS pourra proposer de nouveau d’un geste."
    before = read(app, table.og.dg, "en01")
    assert "Rien ne restera sur la table" in before and left in before and "Confirmer le retrait" in before
    assert "L’accord du Département à cette version tombera." in before
    after = send(app, table.og.dg, "en01", Move.WITHDRAWAL)
    assert "La version 2 est retirée : rien n’est plus sur la table" in after and left in after
    assert "L’accord du Département à cette version tombe." in after
    assert "Proposer de nouveau notre version 1" in read(app, table.ars.dg, "en01"), "as was said"
    assert "Proposer de nouveau" not in after


def test_what_was_proposed_once_is_no_text_that_nobody_proposed(app: Flask) -> None:
    table = countered(app)
    table.og.dg.withdraw("en01")
    for tab in ("accorde", "proposition"):
        page = read(app, table.og.dg, "en01", tab)
        assert "que personne n’a encore proposé" not in page and "À écrire le " not in page
        assert "À écrire Rien n’est plus sur la table" in page
    for person, gesture in (
        (table.og.dg, "abandon"),
        (table.ars.dg, "consent_to_abandon"),
        (table.cd.dg, "consent_to_abandon"),
    ):
        getattr(person, gesture)("en01")
    page = read(app, table.og.dg, "en01", "accorde")
    assert "que personne n’a encore proposé" not in page
    assert "Clause retirée. Ceci est le texte de départ ; les 2 versions proposées se lisent dans la navette." in page


def test_a_reserve_that_goes_with_its_party_is_named_before_after_and_in_the_record(app: Flask) -> None:
    table = countered(app)
    table.cd.dg.counter("en01", "Nous visons 96 %.", value="96")
    table.cd.dg.reserve("en01", "Sous réserve du vote.")
    table.og.dg.change_concerned("en01", "og", "ars")
    table.ars.dg.consent_to_parties("en01")
    before = read(app, table.cd.dg, "en01")
    named = "La réserve du Département (« Sous réserve du vote. »)"
    assert before.count(f"{named} tombera.") == 2, "in the notice, and in the form of the consent"
    assert "La version 3 du Département restera sur la table ; l’accord se fera entre" in before
    assert f"{named} est tombée." in send(app, table.cd.dg, "en01", Move.CONCERNED_CONSENT)
    visitor = Visitor(app).enter(table.og.dg.email)
    navette = words(visitor.get(f"/clauses/{table.clause_id('en01')}/navette").text)
    assert "Fait tomber la réserve du Département (« Sous réserve du vote. »)" in navette
    assert "; la réserve du Département tombe." in words(visitor.get(f"/negociations/{table.id}/historique").text)


def test_a_party_that_left_a_clause_is_offered_no_mandate_on_it(app: Flask) -> None:
    table = countered(app)
    offered = "Fixer un mandat interne"
    assert offered in read(app, table.cd.dg, "en01")
    table.og.dg.change_concerned("en01", "og", "ars")
    table.ars.dg.consent_to_parties("en01")
    table.cd.dg.consent_to_parties("en01")
    assert offered not in read(app, table.cd.dg, "en01") and offered in read(app, table.og.dg, "en01")
