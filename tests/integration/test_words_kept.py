"""What was refused comes back where it was typed, and nowhere else."""

import re
from html import unescape

import pytest
from flask import Flask

from tests.builders import Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

HIDDEN = "Un mot \u202e caché."
TYPED = "Notre dernier mot est"


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=2)


@pytest.fixture
def og(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.og.dg.email)


def fields_holding(page: str, words: str) -> list[str]:
    return [name for name, text in re.findall(r'<textarea[^>]* id="([^"]+)"[^>]*>([^<]*)', page) if words in text]


def refused(og: Visitor, clause: str, fields: dict[str, str]) -> str:
    answer = og.post(f"/clauses/{clause}/moves", fields)
    assert answer.status_code == 422
    return answer.text


def test_an_internal_comment_that_is_refused_comes_back_to_the_internal_field_alone(table: Table, og: Visitor) -> None:
    page = refused(og, table.clause_id("en01"), {"move": "comment", "readers": "ours", "text": HIDDEN})
    assert fields_holding(page, "caché") == ["commentaire-ours"]
    assert 'id="commentaire-ours-error"' in page


def test_a_reply_that_is_refused_comes_back_in_its_thread(table: Table, og: Visitor) -> None:
    asked = table.og.dg.comment("en01", "Pourquoi ?")
    root = asked.move_id
    fields = {"move": "comment", "readers": "shared", "reply_to": root, "text": HIDDEN}
    page = refused(og, table.clause_id("en01"), fields)
    assert fields_holding(page, "caché") == [f"reponse-{root}"]


def test_a_motive_that_is_refused_never_turns_into_the_motive_of_another_move(table: Table, og: Visitor) -> None:
    table.ars.dg.propose("en01", "Un texte de l’ARS.")
    fields = {"move": "counter_proposal", "text": HIDDEN, "motive": TYPED}
    page = refused(og, table.clause_id("en01"), fields)
    assert fields_holding(page, TYPED) == ["motif-counter_proposal"]


def test_a_private_draft_that_is_refused_is_shown_on_its_private_side(table: Table, og: Visitor) -> None:
    fields = {
        "move": "proposal",
        "draft": "ours",
        "without_script": "1",
        "text": HIDDEN,
        "motive": TYPED,
    }
    page = refused(og, table.clause_id("en01"), fields)
    assert re.search(r'<a href="[^"]*/brouillon[^"]*"[^>]*aria-current="page"', page)
    assert fields_holding(page, TYPED) == ["motif-brouillon"]
    assert "caché" in page


# ---------------------------------------------------------------------- and one is led back to it


def test_the_page_of_a_refusal_opens_on_it_and_leads_to_the_field(table: Table, og: Visitor) -> None:
    """The address ends in « #clause-… »: whatever has this id and takes the focus is what a browser opens on."""
    table.ars.dg.propose("en01", "Un texte de l’ARS.")
    clause = table.clause_id("en01")
    page = refused(og, clause, {"move": "counter_proposal", "text": "Un autre.", "motive": ""})
    assert page.count(f'id="clause-{clause}"') == 1
    summary = re.search(rf'<div[^>]* id="clause-{clause}" role="alert" tabindex="-1".*?</div>', page, re.DOTALL)
    assert summary is not None
    assert '<a href="#motif-counter_proposal">' in summary[0]
    field = re.search(r'<textarea[^>]* id="motif-counter_proposal"[^>]*>', page)
    assert field is not None
    assert summary.start() < field.start()
    assert 'aria-invalid="true"' in field[0]
    assert 'aria-describedby="motif-counter_proposal-error' in field[0]
    assert page.count('aria-invalid="true"') == 1


def test_a_refused_comment_opens_the_margin_on_its_reason(table: Table, og: Visitor) -> None:
    page = refused(og, table.clause_id("en01"), {"move": "comment", "readers": "ours", "text": HIDDEN})
    assert page.count('id="marge"') == 1
    summary = re.search(r'<div[^>]* id="marge" role="alert" tabindex="-1".*?</div>', page, re.DOTALL)
    assert summary is not None
    assert '<a href="#commentaire-ours">' in summary[0]


def test_a_page_without_refusal_opens_on_the_clause(table: Table, og: Visitor) -> None:
    clause = table.clause_id("en01")
    page = og.get(f"/clauses/{clause}").text
    assert f'<section class="clause open" id="clause-{clause}"' in page
    assert page.count('id="marge"') == 1
    assert 'role="alert"' not in page


def after_a_withdrawal(app: Flask, table: Table, fields: dict[str, str]) -> str:
    """The ARS answers version 1 of Orlinde, withdrawn while it read."""
    table.og.dg.propose("en01", "Un texte.")
    seen = table.current("en01")
    assert seen is not None
    table.og.dg.withdraw("en01")
    ars = Visitor(app).enter(table.ars.dg.email)
    ars.choose_password()
    stood = {"seen_number": str(seen.number), "seen_fingerprint": seen.fingerprint}
    answer = ars.post(f"/clauses/{table.clause_id('en01')}/moves", stood | fields)
    assert answer.status_code == 409
    return unescape(re.sub(r"<[^>]+>", "", answer.text.partition('class="notice notice-alert refused"')[2]))


def test_who_accepts_what_was_withdrawn_is_told_that_and_of_no_words_of_his(app: Flask, table: Table) -> None:
    said = after_a_withdrawal(app, table, {"move": "acceptance"})
    assert "a retiré la version 1" in said.replace("\N{NO-BREAK SPACE}", " ")
    assert "Le texte a changé" not in said and "Ce que vous aviez écrit" not in said


def test_the_motive_of_a_refusal_that_came_too_late_is_still_there_to_copy(app: Flask, table: Table) -> None:
    said = after_a_withdrawal(app, table, {"move": "rejection", "motive": TYPED})
    assert "Ce que vous aviez écrit" in said and TYPED in said
