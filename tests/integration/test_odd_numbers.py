"""A version number that no clause will ever reach is an old screen, not an error of ours."""

import pytest
from flask import Flask

from tests.builders import Table, a_table
from tests.reviews_table import a_dialogue, a_signed_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
ENDLESS = "9" * 5000


@pytest.fixture
def table(app: Flask) -> Table:
    table = a_table(app.extensions["store"])
    table.og.dg.propose("en02", "Un texte.")
    return table


def test_an_endless_number_on_one_clause_is_an_old_screen(app: Flask, table: Table) -> None:
    visitor = Visitor(app).enter(table.ars.dg.email)
    fields = {"move": "rejection", "motive": "Non.", "seen_number": ENDLESS, "seen_fingerprint": "0" * 64}
    assert visitor.post(f"/clauses/{table.clause_id('en02')}/moves", fields).status_code == 409


def test_an_endless_number_in_a_list_is_not_read(app: Flask, table: Table) -> None:
    visitor = Visitor(app).enter(table.ars.dg.email)
    line = f"{table.clause_id('en02')} {ENDLESS} {'0' * 64}"
    answer = visitor.post(f"/negociations/{table.id}/ensemble/accords", {"clause": line})
    assert answer.status_code in (403, 409, 422)


def test_an_endless_percentage_is_told_to_whoever_typed_it(app: Flask) -> None:
    table = a_signed_table(app.extensions["store"])
    dialogue = a_dialogue(table, table.og.dg)
    line = f"{dialogue.cards()['progress.fa01'].id} 0 "
    fields = {"move": "proposal", "clause": line, "state": "en retard", "percent": ENDLESS}
    visitor = Visitor(app).enter(table.og.dg.email)
    assert visitor.post(f"/negociations/{table.id}/suivi/2024/gestes", fields).status_code == 422
