"""The bar of a clause offers what the reader can do, and says why the rest is missing."""

import pytest
from flask import Flask

from negotiation.services.contract_content import contract_as_it_stands
from tests.builders import Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(app: Flask) -> Table:
    table = a_table(app.extensions["store"], parties=2)
    table.og.dg.propose("en01", "Un texte.")
    return table


def page_of(app: Flask, email: str, table: Table, tab: str = "proposition") -> str:
    return Visitor(app).enter(email).get(f"/clauses/{table.clause_id('en01')}/{tab}").text


def test_the_party_that_is_waited_for_answers(app: Flask, table: Table) -> None:
    assert 'value="acceptance"' in page_of(app, table.ars.dg.email, table)


def test_who_may_not_accept_is_told_who_may(app: Flask, table: Table) -> None:
    page = page_of(app, table.ars.redac.email, table)
    assert 'value="acceptance"' not in page
    assert "Accepter revient à une autre personne de votre partie" in page


def test_who_only_reads_sees_no_empty_bar(app: Flask, table: Table) -> None:
    assert "revient à une autre personne de votre partie" in page_of(app, table.ars.lect.email, table)
    assert "votre rôle permet de lire." in page_of(app, table.ars.lect.email, table)


def test_an_agreed_text_offers_its_reopening_and_waits_for_nobody(app: Flask, table: Table) -> None:
    table.ars.dg.accept("en01")
    page = page_of(app, table.og.dg.email, table, tab="accorde")
    assert 'value="reopening"' in page
    assert "attend une réponse" not in page


def test_a_reserve_is_answered_by_the_others_and_the_contract_prints_both(app: Flask, table: Table) -> None:
    reserve = table.ars.dg.reserve("en01", "Les crédits manquent.")
    assert "Y répondre au nom" not in page_of(app, table.ars.dg.email, table)
    assert "Y répondre au nom" not in page_of(app, table.og.lect.email, table)
    og = Visitor(app).enter(table.og.dg.email)
    clause = f"/clauses/{table.clause_id('en01')}"
    assert "Y répondre au nom de l’Association Test" in og.get(f"{clause}/proposition").text
    said = {"move": "answer", "reply_to": reserve.move_id, "readers": "shared", "text": "Ils sont votés en mars."}
    refused = og.post(f"{clause}/commentaires", {**said, "text": "Ils sont votés.\x00"})
    assert refused.status_code == 422 and f'id="reponse-{reserve.move_id}"' in refused.text
    assert og.post(f"{clause}/commentaires", said).status_code == 302
    table.ars.dg.maintain("en01", "Rien n’est voté.")
    with table.store.reading() as session:
        (printed,) = contract_as_it_stands(session, table.id).content["reserves"]
    assert printed["answers"] == [{"party": "G", "text": "Ils sont votés en mars."}]
