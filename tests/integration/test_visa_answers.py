"""What a visa answers reaches who asked; what it would put on the table is said to who gives it."""

import re
from html import unescape

import pytest
from flask import Flask

from negotiation.rules.vocabulary import Gesture, Role
from negotiation.services.visas import set_visa_rule
from negotiation.store import Announcing
from tests.builders import Person, Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

CLAUSE, WHY = "en01", "Trop haut pour nous."


@pytest.fixture
def table(app: Flask) -> Table:
    """In the gestionnaire's party a negotiator's visa is asked before anything is proposed."""
    found = a_table(app.extensions["store"])
    with found.store.unit_of_work(Announcing.SILENT) as uow:
        set_visa_rule(uow, found.og.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
    return found


def enter(app: Flask, person: Person) -> Visitor:
    return Visitor(app).enter(person.email)


def asks(visitor: Visitor, table: Table, text: str = "Nous visons 94 %.") -> None:
    fields = {"move": "proposal", "text": text, "value": "94"}
    assert visitor.post(f"/clauses/{table.clause_id(CLAUSE)}/moves", fields).status_code == 302


def waiting(visitor: Visitor, table: Table) -> str:
    found = re.search(r'name="visa" value="([^"]+)"', visitor.get(f"/negociations/{table.id}/interne").text)
    assert found is not None
    return found[1]


def refuses(visitor: Visitor, table: Table) -> None:
    sent = {"visa": waiting(visitor, table), "answer": WHY}
    assert visitor.post(f"/negociations/{table.id}/interne/visas/refuser", sent).status_code == 302


def test_who_asked_reads_the_refusal_where_he_looks_until_he_asks_anew(app: Flask, table: Table) -> None:
    redac, dg, ars = (enter(app, person) for person in (table.og.redac, table.og.dg, table.ars.dg))
    clause = f"/clauses/{table.clause_id(CLAUSE)}/proposition"
    asks(redac, table)
    refuses(dg, table)
    for page in ("/", clause):
        assert WHY in redac.get(page).text, page
        assert WHY not in ars.get(page).text, page
    assert WHY not in dg.get("/").text, "he said it himself"
    asks(redac, table, "Nous visons 93 %.")
    for page in ("/", clause):
        assert WHY not in redac.get(page).text, page


def test_who_asked_takes_the_refused_text_up_again_or_puts_the_refusal_away(app: Flask, table: Table) -> None:
    redac, dg, lect = (enter(app, person) for person in (table.og.redac, table.og.dg, table.og.lect))
    clause = f"/clauses/{table.clause_id(CLAUSE)}"
    asks(redac, table)
    refuses(dg, table)
    assert "Classer ce refus" not in lect.get(clause).text, "only whoever asked"
    again = re.search(rf'href="({clause}/visas/[^"#]+)', redac.get(clause).text)
    assert again is not None
    form = redac.get(again[1]).text
    assert "Nous visons 94 %." in form and 'name="replaces"' not in form
    request_id = again[1].rsplit("/", 1)[1]
    sent, away = {"visa": request_id}, f"/negociations/{table.id}/interne/visas/annuler"
    assert [who.post(away, sent).status_code for who in (dg, redac, redac)] == [409, 302, 409]
    for page in ("/", clause):
        assert WHY not in redac.get(page).text, page
    kept = unescape(redac.get(f"/negociations/{table.id}/interne").text)
    assert WHY in kept and "Visa refusé" in kept, "the party reads it still among what is settled"


def test_a_refusal_is_past_once_the_clause_moved(app: Flask, table: Table) -> None:
    redac, dg = enter(app, table.og.redac), enter(app, table.og.dg)
    asks(redac, table)
    refuses(dg, table)
    table.ars.dg.propose(CLAUSE, "L’ARS propose.")
    assert WHY not in redac.get("/").text


def test_who_may_refuse_a_visa_does_not_cancel_what_another_asked(app: Flask, table: Table) -> None:
    redac, dg = enter(app, table.og.redac), enter(app, table.og.dg)
    asks(redac, table)
    page = f"/negociations/{table.id}/interne"
    assert "Refuser le visa" in dg.get(page).text and "Annuler la demande" not in dg.get(page).text
    assert "Annuler la demande" in redac.get(page).text


def test_a_visa_says_in_which_fiche_it_is_asked(app: Flask, table: Table) -> None:
    asks(enter(app, table.og.redac), table)
    page = enter(app, table.og.dg).get(f"/negociations/{table.id}/interne").text
    card = page.partition('class="clause request"')[2].partition("</article>")[0]
    assert "/texte/" in card.partition("</header>")[0]
    assert "met aussi sur la table" not in card


def test_a_visa_says_what_else_it_puts_on_the_table(app: Flask, table: Table) -> None:
    """A part prepared inside leaves whole: the objective that holds the fiche too, though nothing is written there."""
    redac, dg = enter(app, table.og.redac), enter(app, table.og.dg)
    objective = _added(redac, table, "objectif", title="Un objectif vide")
    below = _added(redac, table, "objectif-operationnel", under=objective, title="Plus précis")
    name = re.search(r'name="texte-([0-9a-f-]+)"', redac.get(below).text)
    assert name is not None
    redac.post(f"{below}/textes", {f"texte-{name[1]}": "Un texte préparé."})
    assert redac.post(f"{objective}/partage", {"motive": "Il le faut."}).status_code == 302
    page = unescape(dg.get(f"/negociations/{table.id}/interne").text)
    said = page.partition("met aussi sur la table")[2].partition("</p>")[0]
    assert "Un objectif vide" in said and "encore sans texte" in said


def _added(visitor: Visitor, table: Table, word: str, *, under: str = "", title: str) -> str:
    fields = {"genre": word, "sous": under.rpartition("/")[2], "title": title, "readers": "ours"}
    answer = visitor.post(f"/negociations/{table.id}/ajouter", fields)
    assert answer.status_code == 302, answer.text
    return str(answer.location).partition("#")[0]
