"""Two states of the contract: what differs, counted and marked; a party's inside is in nobody else's comparison."""

import json
import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

import negotiation
from negotiation.rules.vocabulary import ClauseState
from negotiation.store import Store
from negotiation.store.columns import now
from negotiation.store.queries.at_date import Source, clause_ids_at, clauses_at
from negotiation.store.queries.compared import State, StateKind, said_by
from negotiation.store.queries.shape_at import shape_at
from tests.builders import Table, a_table
from tests.imported_once import imported_once
from tests.scenarios import engagement, sample
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
SCENARIOS = Path(negotiation.__file__).parent / "scenarios"
HANDICAP = SCENARIOS / "handicap.json"


@pytest.fixture
def table(app: Flask) -> Table:
    """en01: three texts; en02: agreed; en03: nothing."""
    target = {"type": "clause", "id": "k01"}
    written = [engagement(key, target, ["og", "ars", "cd"]) for key in ("en01", "en02", "en03")]
    found = a_table(app.extensions["store"], engagements=written)
    found.og.dg.propose("en01", "La MAS ouvre six places.")
    found.ars.dg.counter("en01", "La MAS ouvre deux places.")
    found.og.dg.counter("en01", "La MAS ouvre quatre places.")
    found.agree("en02", "Un texte convenu.")
    return found


def compared(app: Flask, table: Table, asked: str, *, who: str = "cd") -> tuple[str, list[str]]:
    """The sentence that counts, and the code of each clause shown."""
    page = Visitor(app).enter(getattr(table, who).dg.email).get(f"/negociations/{table.id}/comparer?{asked}")
    assert page.status_code == 200
    said = re.search(r'<p class="tally-legend">(.*?)</p>', page.text, re.S)
    words = unescape(re.sub(r"<[^>]+>", "", said[1])).replace("\xa0", " ") if said else ""
    return words, re.findall(r"<h4><a[^>]*>(EN\d+)", page.text)


def test_what_differs_is_counted_and_shown(app: Flask, table: Table) -> None:
    words, shown = compared(app, table, "de=v1&a=maintenant")
    assert words.startswith("1 clause diffère, 1 est la même") and shown == ["EN01"]
    assert compared(app, table, "de=v1&a=maintenant&tout=oui")[1] == ["EN01", "EN02", "EN03"]
    og, ars = (f"partie-{table.party_id(key)}" for key in ("og", "ars"))
    words, shown = compared(app, table, f"de={ars}&a={og}&vue=colonnes")
    assert words.startswith("1 clause diffère, 0 est la même") and shown == ["EN01"]
    assert compared(app, table, "de=accord&a=maintenant")[0].startswith("0 clause diffère")
    assert compared(app, table, f"de={og}&a=maintenant&partie={table.part_id('fa01')}")[1] == []


@pytest.mark.parametrize("name", ["ehpad", "handicap"])
def test_what_is_agreed_today_is_what_the_history_told_again_says_agreed(store: Store, name: str) -> None:
    table = a_table(store, sample(SCENARIOS / f"{name}.json"))
    reader = next(iter(table._parties))
    with store.reading() as session:
        actor = getattr(table, reader).dg.actor
        shape = shape_at(session, table.id, now())
        ids = clause_ids_at(session, actor, shape)
        stood = clauses_at(session, actor, now(), shape=shape, only=ids)
        again = {
            each.id: (each.text, each.value, each.version.number if each.version else None)
            for each in stood.values()
            if each.state is ClauseState.AGREED or each.source is Source.FOLLOWED
        }
        agreed = said_by(session, actor, State(StateKind.AGREED), of=ids)
    assert {key: (said.text, said.value, said.number) for key, said in agreed.items()} == again
    assert again


def test_a_state_that_nobody_can_name_gets_a_sentence(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.cd.dg.email)
    for state in ("fige-inconnue", "partie-x", "v0", "1999-01-01", "demain", "2150-01-01"):
        page = reader.get(f"/negociations/{table.id}/comparer?de={state}&a=maintenant")
        assert page.status_code == 200 and "Rien à comparer" in page.text
    asked = reader.get(f"/negociations/{table.id}/comparer?de=date&de_jour=2026-04-02&a=v2")
    assert asked.location.endswith("?de=2026-04-02&a=v2")


def test_what_a_party_wrote_inside_is_its_own_position_and_nobody_elses(app: Flask) -> None:
    """Handicap `en03`: the ARS has a counter-proposal inside on 8 July, after its last shared text."""
    file = json.loads(HANDICAP.read_text(encoding="utf-8")) | {"key": "handicap"}
    table = Table(app.extensions["store"], imported_once(app.extensions["store"], file, date(2026, 7, 8)))
    thread = next(each for each in file["engagements"] if each["id"] == "en03")
    inside = next(move for move in thread["moves"] if move["visibility"] == "internal" and move["value"] is not None)
    asked = f"de=partie-{table.party_id('ars')}&a=maintenant&vue=colonnes&tout=oui"
    address = f"/negociations/{table.id}/comparer?{asked}&partie={table.clause('en03').part_id}"
    for party in file["parties"]:
        reader = next(member["id"] for member in party["members"] if "referent" in member["rights"])
        page = Visitor(app).enter(f"{reader}@handicap.example").get(address).text
        words = plain(unescape(re.sub(r"<[^>]+>", "", page)))
        assert (plain(inside["text"]) in words) is (party["id"] == "ars"), party["id"]


def plain(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip()
