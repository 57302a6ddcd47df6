"""A later version voids the acceptances of the one before, and tells those who had given them (issue 3, point 3)."""

import re

import pytest
from flask import Flask
from markupsafe import Markup

from negotiation.store import Store
from negotiation.store.queries.clauses import card_of
from negotiation.store.queries.fallen import Fallen, fallen_acceptances
from tests.builders import Person, Table, a_table
from tests.visitors import Visitor

ONCE = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def fallen(person: Person, clause: str = "en01") -> Fallen | None:
    table = person.table
    with table.store.reading() as session:
        card = card_of(session, person.actor, table.clause_id(clause))
        assert card is not None
        found = fallen_acceptances(session, [card], party_ids=[person.actor.party_id])
    return found.get(card.id)


def voided(store: Store) -> Table:
    """The ARS accepted version 1 of the OG; the Département tabled version 2."""
    table = a_table(store)
    table.og.dg.propose("en01", "Nous visons 94 %.", value="94")
    table.ars.dg.accept("en01")
    table.cd.dg.counter("en01", "Nous visons 95 %.", value="95")
    return table


def test_who_had_accepted_is_told_which_version_came_and_from_whom(store: Store) -> None:
    table = voided(store)
    found = fallen(table.ars.dg)
    assert found is not None
    assert (found.accepted, found.current, found.author_id) == (1, 2, table.cd.id)
    assert fallen(table.og.dg) is fallen(table.cd.dg) is None, "who wrote or countered knows it"


def test_who_answers_the_new_version_is_told_no_more(store: Store) -> None:
    table = voided(store)
    table.og.dg.counter("en01", "Nous visons 94,5 %.", value="94.5")
    told = fallen(table.ars.dg)
    assert told is not None and (told.accepted, told.current, told.author_id) == (1, 3, table.og.id), (
        "what it may answer"
    )
    table.ars.dg.reject("en01")
    assert fallen(table.ars.dg) is None


def test_a_version_that_was_withdrawn_is_no_longer_named(store: Store) -> None:
    table = voided(store)
    table.cd.dg.withdraw("en01")
    assert fallen(table.ars.dg) is None, "nothing to answer"
    table.og.dg.propose("en01", "Nous visons 93 %.", value="93")
    told = fallen(table.ars.dg)
    assert told is not None and (told.accepted, told.current, told.author_id) == (1, 3, table.og.id)


def test_what_was_reopened_with_everybodys_consent_fell_by_nobodys_version(store: Store) -> None:
    table = a_table(store)
    table.agree("en02")
    table.og.dg.reopen("en02")
    table.ars.dg.consent("en02")
    table.og.dg.propose("en02", "Un texte nouveau.")
    assert fallen(table.ars.dg, "en02") is None


@ONCE
def test_the_clause_the_accueil_and_the_history_say_it_to_those_whom_it_concerns(app: Flask) -> None:
    table = voided(app.extensions["store"])
    clause = f"/clauses/{table.clause_id('en01')}"
    sentence = "Votre accord à la version 1 est tombé"
    for person, is_told in ((table.ars.lect, True), (table.og.dg, False), (table.cd.dg, False)):
        visitor = Visitor(app).enter(person.email)
        for page in ("/", clause):
            shown = visitor.get(page).text.replace("\xa0", " ")
            assert (sentence in shown) is is_told, (person.key, page)
    assert 'id="version-2"' in Visitor(app).enter(table.ars.dg.email).get(f"{clause}/navette").text
    history = Visitor(app).enter(table.og.dg.email).get(f"/negociations/{table.id}/historique").text
    assert "tombe." in history.replace("\xa0", " ")


@ONCE
def test_the_navette_says_at_its_step_whose_agreement_fell(app: Flask) -> None:
    table = voided(app.extensions["store"])
    page = Visitor(app).enter(table.og.dg.email).get(f"/clauses/{table.clause_id('en01')}/navette").text
    before, _, after = page.replace("\xa0", " ").partition('id="version-2"')
    assert "Fait tomber l’accord de l’ARS." in after and "Fait tomber" not in before
    margin = Visitor(app).enter(table.og.dg.email).get(f"/clauses/{table.clause_id('en01')}").text
    assert "à la version 1, <b>tombé depuis</b>" in margin.replace("\xa0", " ")


@ONCE
def test_the_history_names_an_article_and_a_field_by_where_they_stand(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    table.og.dg.propose("k01.markdown", "Un contrat.")
    table.og.dg.propose("fa01.description", "Une action.")
    history = Visitor(app).enter(table.og.dg.email).get(f"/negociations/{table.id}/historique").text
    words = re.sub(r"\s+", " ", Markup(history).striptags())
    assert re.search(r"propose la version 1 de l’article \S+\.", words)
    assert re.search(r"propose la version 1 de la clause « [^»]+ » de la fiche FA01\.", words)
    assert "Texte de l’article" not in words and "de une" not in words
