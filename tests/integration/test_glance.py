"""« En un coup d’œil »: its figures are those of an independent recount of the scenario files, and nobody's inside."""

import re
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask

from negotiation.rules.glance import glance_of
from negotiation.rules.policy import Actor
from negotiation.services.deriving import derive, is_waiting, keep
from negotiation.store import Announcing, Store
from negotiation.store.queries.glances import summed_up
from tests.builders import Table, a_table
from tests.scenarios import EHPAD, HANDICAP, Json, engagement, sample
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def derived(store: Store) -> None:
    while True:
        with store.reading() as session:
            if not is_waiting(session):
                return
            found = derive(session)
        with store.unit_of_work(Announcing.SILENT) as uow:
            keep(uow, found)


def _reader(table: Table, content: Json) -> Actor:
    """Any member of the file's first party."""
    party = content["parties"][0]
    return getattr(getattr(table, party["id"]), party["members"][0]["id"].partition(".")[2]).actor


@pytest.mark.parametrize("file", [EHPAD, HANDICAP], ids=["ehpad", "handicap"])
def test_the_figures_are_those_of_the_file(store: Store, file: Path) -> None:
    content = sample(file)
    table = a_table(store, content)
    derived(store)
    with store.reading() as session:
        clauses = summed_up(session, _reader(table, content))
    moves = {each["code"]: [m for m in each["moves"] if m["visibility"] == "shared"] for each in content["engagements"]}
    told = {clause.code: clause.summary for clause in clauses if clause.code in moves}
    assert {code: summary.steps for code, summary in told.items()} == {
        code: len(those) for code, those in moves.items()
    }
    tabled = ("proposal", "counter_proposal")
    assert {code: each.versions for code, each in told.items()} == {
        code: sum(m["type"] in tabled for m in those) for code, those in moves.items()
    }
    by_party = Counter(m["party_id"] for those in moves.values() for m in those)
    whole = glance_of(told.values())
    played = Counter({table.party_id(key): count for key, count in by_party.items()})
    assert sum((Counter(by) for by in whole.moves.values()), Counter()) == played


def test_a_step_that_one_party_reads_changes_no_figure(app: Flask) -> None:
    store: Store = app.extensions["store"]
    target = {"type": "clause", "id": "k01"}
    table: Table = a_table(store, engagements=[engagement("en01", target, ["og", "ars", "cd"])])
    table.og.dg.propose("en01", "Un texte.")

    def page() -> str:
        derived(store)
        found = Visitor(app).enter(table.cd.dg.email).get(f"/negociations/{table.id}/apercu")
        assert found.status_code == 200
        return re.sub(r'"I[\w.-]{60,}"', '""', found.text)

    before = page()
    assert re.search("1.étape ", before)
    table.og.dg.note("en01", "Un mot entre nous.")
    assert page() == before
    table.ars.dg.counter("en01", "Un autre texte.")
    assert re.search("2.étapes ", page())
