"""« Qui a écrit quoi »: whose the words of the contract are, as the page shows them and as the file counts them."""

import csv
import io
import re

import pytest
from flask import Flask

from negotiation.services.deriving import derive as derived
from negotiation.services.deriving import keep
from negotiation.store import Announcing
from negotiation.store.people import Party
from tests.builders import Table, a_table
from tests.scenarios import engagement
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
DECIDING = ["og", "ars", "cd"]


@pytest.fixture
def table(app: Flask) -> Table:
    target = {"type": "clause", "id": "k01"}
    return a_table(app.extensions["store"], engagements=[engagement(key, target, DECIDING) for key in ("en01", "en02")])


def derive(app: Flask) -> None:
    store = app.extensions["store"]
    with store.reading() as session:
        found = derived(session)
    with store.unit_of_work(Announcing.SILENT) as uow:
        keep(uow, found)


def page(app: Flask, table: Table, asked: str = "", *, who: str = "cd") -> str:
    found = Visitor(app).enter(getattr(table, who).dg.email).get(f"/negociations/{table.id}/provenance{asked}")
    assert found.status_code == 200
    return re.sub(r'"I[\w.-]{60,}"', '""', found.text)  # the tokens of its forms


def passages(text: str) -> list[tuple[str, str]]:
    """(words, letter of the party) of each line of the lists."""
    rows = re.findall(r'<tr><th scope="row">([^<]*)</th><td data-label="Proposé d’abord par">(.*?)</td>', text)
    return [(words, re.sub(r"<[^>]+>", "", whose).split()[0]) for words, whose in rows]


def _said(text: str, kind: str) -> list[str]:
    found = re.findall(rf'<span class="{kind}">(.*?)</span>', text, re.S)
    return [re.sub(r"[\s\u00a0\u202f]+", " ", re.sub(r"<[^>]+>", "", each)) for each in found]


def test_each_word_is_shown_with_the_party_that_proposed_it_first(app: Flask, table: Table) -> None:
    table.og.dg.propose("en01", "Le gestionnaire ouvre dix places nouvelles.")
    table.ars.dg.counter("en01", "Le gestionnaire ouvre dix places nouvelles avant septembre 2028.")
    table.og.dg.accept("en01")
    table.cd.dg.accept("en01")
    assert "calcul" in page(app, table)
    derive(app)
    shown = page(app, table)
    assert passages(shown) == [("Le gestionnaire ouvre dix places nouvelles", "G"), ("avant septembre 2028", "A")]
    assert re.search(r'<span class="wrote" data-party="a"> ?avant septembre.2028\.?</span>', shown)
    assert re.search(r"Accepté par .* le .*, .* le ", shown)
    assert "en cours" not in shown
    assert _said(shown, "prov-shares") == ["9 mots : 67 % de l’Association Test, 33 % de l’ARS."]


def test_the_file_counts_the_words_of_the_page(app: Flask, table: Table) -> None:
    table.og.dg.propose("en01", "Le gestionnaire ouvre dix places nouvelles.")
    derive(app)
    file = Visitor(app).enter(table.cd.dg.email).get(f"/negociations/{table.id}/provenance.csv")
    rows = list(csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff")), delimiter=";"))
    names = [name for name in rows[0] if name not in ("Code", "Titre", "Mots")]
    for row in rows:
        assert int(row["Mots"]) == sum(int(row[name]) for name in names)
    assert [sum(int(row[name]) for row in rows) for name in names[:3]] == [6, 0, 0]
    assert sum(int(row["Commun"]) for row in rows) > 0
    file = Visitor(app).enter(table.cd.dg.email).get(f"/negociations/{table.id}/provenance.csv?passages=1")
    (row,) = csv.DictReader(io.StringIO(file.text.removeprefix("\ufeff")), delimiter=";")
    assert (row["Code"], row["Passage"]) == ("EN01", "Le gestionnaire ouvre dix places nouvelles")
    assert row["Proposé d’abord par"] == names[0] and row["Version d’origine"] == "1"


def test_what_is_prepared_inside_is_counted_for_nobody_who_does_not_read_it(app: Flask, table: Table) -> None:
    table.og.dg.propose("en01", "Un texte de tous.")
    derive(app)
    before = page(app, table)
    table.og.dg.note("en01", "Un mot entre nous.")
    derive(app)
    assert page(app, table) == before


def test_a_part_of_another_table_is_not_found(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.cd.dg.email)
    assert reader.get(f"/negociations/{table.id}/provenance?partie=ailleurs").status_code == 404


def test_the_server_derives_by_itself_what_was_tabled(app: Flask, table: Table) -> None:
    from app.crediting import derive_past

    table.og.dg.propose("en01", "Le gestionnaire ouvre dix places nouvelles.")
    with app.app_context():
        derive_past()
    assert passages(page(app, table)) == [("Le gestionnaire ouvre dix places nouvelles", "G")]


def test_a_spreadsheet_computes_no_name_of_a_party(app: Flask, table: Table) -> None:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.get_one(Party, table.party_id("og")).short_name = "=1+1"
    file = Visitor(app).enter(table.cd.dg.email).get(f"/negociations/{table.id}/provenance.csv")
    assert "'=1+1" in file.text.splitlines()[0].split(";")
