"""« En un coup d’œil »: worked out beside the pages, of shared steps alone; see `test_history_recounts` for figures."""

import re

import pytest
from flask import Flask

from app.crediting import derive_past, failing
from negotiation.services import deriving
from negotiation.services.deriving import What, derive, is_waiting, keep
from negotiation.store import Announcing, Store
from negotiation.store.queries.origins import underived
from tests.builders import Table, a_table
from tests.scenarios import engagement
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


def test_a_clause_that_cannot_be_worked_out_keeps_no_other_waiting(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its error is told without its words; it is left alone for a while, and the pages say so."""
    store: Store = app.extensions["store"]
    target = {"type": "clause", "id": "k01"}
    table: Table = a_table(
        store, engagements=[engagement(key, target, ["og", "ars", "cd"]) for key in ("en01", "en02")]
    )
    for name in ("en01", "en02"):
        table.og.dg.propose(name, f"Dix places pour {name}.")
    broken = sorted([table.clause_id("en01"), table.clause_id("en02")])[0]
    monkeypatch.setattr(deriving, "PROGRAM", _BREAKING.format(clause=broken))
    with app.app_context():
        derive_past()
        derive_past()
        assert failing().clauses(What.ORIGINS) == failing().clauses(What.SUMMARY) == {broken}
        with store.reading() as session:
            assert not is_waiting(session, failing().left_out())
    said = caplog.text
    assert said.count("deriving.failed") == 2
    assert "ValueError at <string>" in said
    assert "Dix places" not in said
    reader = Visitor(app).enter(table.cd.dg.email)
    for page in ("apercu", "provenance"):
        assert re.search(
            "Le calcul de 1.clause (de cette partie )?a échoué", reader.get(f"/negociations/{table.id}/{page}").text
        )


def test_the_clause_that_kills_the_process_is_the_one_it_had_begun(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    store: Store = app.extensions["store"]
    target = {"type": "clause", "id": "k01"}
    table: Table = a_table(
        store, engagements=[engagement(key, target, ["og", "ars", "cd"]) for key in ("en01", "en02")]
    )
    for name in ("en01", "en02"):
        table.og.dg.propose(name, "Dix places.")
    first, last = sorted([table.clause_id("en01"), table.clause_id("en02")])
    monkeypatch.setattr(
        deriving, "PROGRAM", _BREAKING.format(clause=last).replace("raise ValueError(text)", "os._exit(9)")
    )
    with app.app_context():
        derive_past()
        assert failing().clauses(What.ORIGINS) == {last}
        with store.reading() as session:
            assert last in underived(session, 9)
            assert first not in underived(session, 9)


_BREAKING = """
import os
from negotiation.services import deriving
def breaking(work):
    def worked(session, clause_id):
        if clause_id == "{clause}":
            text = "Dix places"
            raise ValueError(text)
        return work(session, clause_id)
    return worked
deriving._WORK = tuple((what, waiting, breaking(work)) for what, waiting, work in deriving._WORK)
deriving.main()
"""
"""The program of `deriving`, to which one clause does what no clause should."""
