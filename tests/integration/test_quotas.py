"""Nobody exhausts the others: each person's gestures are counted, and each party's (trust T24)."""

import shutil
from pathlib import Path

import pytest
from flask import Flask
from flask_limiter.util import get_qualified_name
from limits import parse

from app.limits import MOVES_OF_A_PARTY, limiter
from tests.builders import Table, a_table
from tests.visitors import Visitor

FREE = frozenset(
    {
        "signin",  # counted by account and address
        "notices.keep_notices",
        "notices.stop_notices",
        "table.keep_this_view",
        "table.change_view",
        "tasks.post_seen",
        "opening.show_obtained",  # these two show and write nothing
        "whole.show_chosen",
    }
)
"""What isn't counted with the others: it touches nothing that another reads."""


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """SQLite only: nothing here is asked of the database."""
    shutil.copy(migrated_sqlite, tmp_path / "navette.sqlite")
    return f"sqlite:///{tmp_path / 'navette.sqlite'}"


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=2)


def says_no(visitor: Visitor, table: Table, words: str = "Non, et voici pourquoi."):  # type: ignore[no-untyped-def]
    """A refusal of what isn't on the table: it is counted whatever becomes of it."""
    return visitor.post(f"/clauses/{table.clause_id('en01')}/moves", {"move": "rejection", "motive": words})


def test_who_floods_is_told_to_wait_with_his_words_and_the_others_go_on(app: Flask, table: Table) -> None:
    flooder, colleague, other = (
        Visitor(app).enter(person.email) for person in (table.og.dg, table.og.redac, table.ars.dg)
    )
    answers = [says_no(flooder, table).status_code for _ in range(61)]
    assert 429 not in answers[:60]
    assert answers[60] == 429
    page = flooder.post(f"/negociations/{table.id}/ajouter", {"genre": "article", "title": "Un titre à garder"})
    assert page.status_code == 429, "one count for every kind of gesture"
    assert "Rien n’a été modifié" in page.text and "Un titre à garder" in page.text
    assert says_no(colleague, table).status_code != 429, "his party is not silenced with him"
    assert says_no(other, table).status_code != 429
    assert flooder.get(f"/negociations/{table.id}").status_code == 200


def test_a_party_with_many_accounts_exhausts_itself_alone(app: Flask, table: Table) -> None:
    for _ in range(240):
        limiter.limiter.hit(parse(MOVES_OF_A_PARTY), f"party {table.og.id}", "parties")
    assert says_no(Visitor(app).enter(table.og.dg.email), table).status_code == 429
    assert says_no(Visitor(app).enter(table.ars.dg.email), table).status_code != 429
    elsewhere = a_table(table.store, parties=2)
    assert says_no(Visitor(app).enter(elsewhere.og.dg.email), elsewhere).status_code != 429


def test_every_form_that_writes_is_paced(app: Flask) -> None:
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    free = []
    for endpoint in posts:
        view = app.view_functions[endpoint]
        if not limiter.limit_manager.decorated_limits(get_qualified_name(view)):
            free.append(endpoint)
    assert {name for name in free if name not in FREE and name.partition(".")[0] not in FREE} == set()
