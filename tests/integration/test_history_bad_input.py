"""What the history can't show gets a sensible page and a sentence, on each of its screens; never a blank plot."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask

from negotiation.rules.vocabulary import SHARED
from negotiation.services.shaping import rename_part
from negotiation.services.splitting import split_clause
from negotiation.store import Announcing
from negotiation.store.columns import now
from negotiation.store.contract import Clause
from negotiation.store.people import Member
from tests.builders import Person, Table, a_table
from tests.membership import removes
from tests.scenarios import engagement, move
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
ELSEWHERE = "si elle vous est ouverte"
NOWHERE = "0b0b0b0b-0000-4000-8000-000000000000"


@pytest.fixture
def table(app: Flask) -> Table:
    """en01: two values imported without motives; en02: nothing yet; k01.markdown: a text of two paragraphs."""
    moves = [
        move("en01-m01", "og.dg", "proposal", "Nous visons 93 %.", value=93) | {"rationale": None},
        move("en01-m02", "ars.dg", "counter_proposal", "Nous visons 96 %.", value=96) | {"rationale": None},
    ]
    target = {"type": "indicator", "id": "i01", "field": "targets.2028"}
    written = [engagement("en01", target, ["og", "ars", "cd"], moves)]
    written.append(engagement("en02", {"type": "clause", "id": "k01"}, ["og", "ars", "cd"]))
    return a_table(app.extensions["store"], engagements=written)


@pytest.fixture
def reader(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.cd.dg.email)


def screens(table: Table, clause: str = "en01") -> dict[str, str]:
    """Every screen of the history, on one clause where it has one."""
    at_table, of_clause = f"/negociations/{table.id}", f"/clauses/{table.clause_id(clause)}"
    return {
        "list": f"{at_table}/navettes",
        "navette": f"{of_clause}/navette",
        "at a date": f"{at_table}/au",
        "compared": f"{at_table}/comparer?de=v1&a=maintenant",
        "glance": f"{at_table}/apercu",
        "provenance": f"{at_table}/provenance",
        "chain": f"{at_table}/historique",
        "file": f"{of_clause}/dossier.pdf",
        "values": f"{of_clause}/trajectoire.csv",
        "drawing": f"{of_clause}/trajectoire.svg",
        "sheet": f"{at_table}/historique.xlsx",
    }


def words(html: str) -> str:
    seen = re.sub(r"<(script|style|head)\b.*?</\1>", "", html, flags=re.S)
    return re.sub(r"[\s\u00a0\u202f]+", " ", unescape(re.sub(r"<[^>]+>", " ", seen)))


def drawn(html: str) -> list[int]:
    """How many lines and marks of parties each plot of the page holds."""
    return [plot.count("<g data-party=") for plot in re.findall(r'<svg [^>]*class="plot".*?</svg>', html, re.S)]


def test_what_no_address_holds_is_said(table: Table, reader: Visitor) -> None:
    at_table, navette = f"/negociations/{table.id}", f"/clauses/{table.clause_id('en01')}/navette"
    for address, status, said in (
        (f"{at_table}/au/1999-01-01", 200, "n’était pas ouverte à cette date"),
        (f"{at_table}/au/2150-01-01", 200, "est à venir"),
        (f"{at_table}/au/hier", 404, "ne se lit pas"),
        (f"{at_table}/au?jour=1999-01-01", 200, "n’était pas ouverte à cette date"),
        (f"{at_table}/comparer?de=1999-01-01&a=maintenant", 200, "Rien à comparer"),
        (f"{at_table}/comparer?de=partie-{NOWHERE}&a=maintenant", 200, "Rien à comparer"),
        (f"{at_table}/comparer?de=v99&a=maintenant", 200, "Rien ne diffère"),
        (f"{at_table}/comparer?de=v1&a=maintenant&partie={NOWHERE}", 200, "clause"),
        (f"{navette}?etape={NOWHERE}", 404, "Cette étape n’existe pas"),
        (f"{navette}?etape=version-9", 404, "Cette étape n’existe pas"),
        (f"{navette}?partie={NOWHERE}", 200, "Ce filtre ne désigne rien"),
        (f"{navette}?seance={NOWHERE}", 200, "Ce filtre ne désigne rien"),
        (f"{navette}?page=99", 200, "Il n’y a pas d’étape aussi ancienne"),
        (f"{at_table}/navettes?qui={NOWHERE}", 200, "Aucune clause ne répond à ces filtres"),
        (f"{at_table}/navettes?page=99", 200, "Il n’y a rien à cette page"),
        (f"{at_table}/provenance?partie={NOWHERE}", 404, ELSEWHERE),
        (f"/clauses/{NOWHERE}/navette", 404, ELSEWHERE),
        (f"/clauses/{NOWHERE}/dossier.pdf", 404, ELSEWHERE),
        (f"/clauses/{NOWHERE}/trajectoire.csv", 404, ELSEWHERE),
    ):
        found = reader.get(address, follow_redirects=True)
        assert (found.status_code, said in words(found.text)) == (status, True), (address, words(found.text)[:500])
        assert 0 not in drawn(found.text), address


def _nothing_yet(table: Table) -> str:
    return "en02"


def _a_party_left(table: Table) -> str:
    """It wrote and answered, then the clause was no longer its business, and those who had written left."""
    table.og.dg.propose("en02", "Un texte.")
    table.ars.redac.note("en02", "Un mot.", SHARED)
    table.ars.dg.counter("en02", "Un autre.")
    table.og.dg.change_concerned("en02", "og", "cd")
    for party in (table.ars, table.cd):
        party.dg.consent_to_parties("en02")
    removes(_administrator(table), table.ars.redac.member.id)
    return "en02"


def _administrator(table: Table) -> Person:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        member = uow.session.get_one(Member, table.ars.dg.member.id)
        member.rights = [*member.rights, "administrateur"]
    return Person(table, "ars.dg")


def _renamed(table: Table) -> str:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        rename_part(uow, table.og.dg.actor, table.part_id("k01"), "Le nom d’après")
    table.og.dg.propose("en02", "Un texte.")
    return "en02"


def _split(table: Table) -> str:
    clause_id = table.clause_id("k01.markdown")
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.get_one(Clause, clause_id).working_text = "Un.\n\nDeux."
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        split_clause(uow, table.og.dg.actor, clause_id, after=1)
    return "k01.markdown"


def _without_motives(table: Table) -> str:
    return "en01"


@pytest.mark.parametrize(
    ("makes", "said"),
    [
        (_nothing_yet, "Aucun échange encore"),
        (_a_party_left, "ARS"),
        (_renamed, "s’appelait «"),
        (_split, "est devenue une clause à part"),
        (_without_motives, "ne donne pas les motifs"),
    ],
)
def test_every_screen_stands_whatever_became_of_the_clause(
    table: Table, reader: Visitor, makes: Callable[[Table], str], said: str
) -> None:
    clause = makes(table)
    for name, address in screens(table, clause).items():
        found = reader.get(address, follow_redirects=True)
        if clause != "en01" and (name == "drawing" or (name, clause) == ("values", "k01.markdown")):
            assert found.status_code == 404, name
            continue
        assert found.status_code == 200, name
        if found.mimetype == "text/html":
            assert 0 not in drawn(found.text), name
            assert len(words(found.text)) > 300, name
        if name == "navette":
            assert said in words(found.text)
            assert len(drawn(found.text)) == {"en01": 2}.get(clause, "Qui a joué" in found.text)


def test_a_fact_that_a_clock_put_back_dates_before_the_one_before_is_said(
    table: Table, reader: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "date antérieure au fait précédent"
    address = f"/negociations/{table.id}/historique"
    assert said not in reader.get(address).text
    monkeypatch.setattr("negotiation.store.unit_of_work.now", lambda: now() - timedelta(days=1))
    table.og.dg.propose("en02", "Un texte daté d’hier.")
    monkeypatch.undo()
    table.ars.dg.comment("en02")
    facts = re.findall(r'<li id="fait-\d+">.*?</li>', reader.get(address).text, re.DOTALL)
    assert [said in fact for fact in facts[:3]] == [False, True, False]
