"""An avenant closed without follow-up is written in no more, though no version of it was ever frozen: every page of it
answers to two parties and to a partner, and says that it is closed, never that it is frozen."""

import pytest
from flask import Flask

from app.commands.instance import _line_of
from negotiation.rules.amendment import AmendmentKind
from negotiation.services.amending_end import ask_to_close
from negotiation.store import Announcing, Store
from negotiation.store.queries.amendments import heading_of
from negotiation.store.queries.instance import tables_of_instance
from negotiation.verifier import verify_archive
from tests.builders import Table, a_table
from tests.closing_table import closing_scenario
from tests.crawling import HEAVY, addresses_of, answer_of, faults_of, ids_of, routes
from tests.databases import is_short_run
from tests.integration.test_amendment_papers import archive_of
from tests.integration.test_amendments import amend, wanted
from tests.integration.test_leaving import brought_in, carried_away
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
FIRST = ("", "/versions", "/historique", "/avenants", "/avenant/changements", "/suivi", "/evaluation")
"""Asked in the ordinary run; all of them otherwise."""


@pytest.fixture
def closed(app: Flask) -> tuple[Table, Table]:
    """The contract and its avenant, closed by who opened it."""
    contract = a_table(app.extensions["store"], closing_scenario(status="signed"))
    end = contract.negotiation().contract_end
    later = end.replace(year=end.year + 1)
    avenant = amend(contract.og.dg, wanted(contract, "en02", kind=AmendmentKind.EXTENSION, term_after=later))
    with avenant.store.unit_of_work(Announcing.SILENT) as uow:
        assert ask_to_close(uow, avenant.og.dg.actor, "La demande est retirée.")
    return contract, avenant


def asked_of(app: Flask, avenant: Table) -> list[str]:
    root = f"/negociations/{avenant.id}"
    if is_short_run():
        return [root + place for place in FIRST]
    ids = ids_of(avenant.store, avenant.id) | {
        "clause_id": [avenant.clause_id("en02"), avenant.clause_id("avenant-1.purpose")],
        "part_id": [avenant.part_id("avenant-1")],
    }
    ids = {name: values[:2] for name, values in ids.items()}
    none = {name: list[str]() for name in ids}
    return [
        address
        for rule in routes(app)
        if rule.arguments & {"negotiation_id", "clause_id", "part_id"} and rule.endpoint not in HEAVY
        for address in addresses_of(app, rule, ids, none)
    ]


def test_the_operators_list_tells_a_closed_avenant_from_a_frozen_contract(closed: tuple[Table, Table]) -> None:
    contract, avenant = closed
    with avenant.store.reading() as session:
        lines = {table.id: _line_of(table) for table in tables_of_instance(session)}
    assert ("figée" in lines[contract.id], "close sans suite" in lines[avenant.id]) == (True, True)


def test_each_page_of_a_closed_avenant_answers_and_none_calls_it_frozen(
    app: Flask, closed: tuple[Table, Table]
) -> None:
    contract, avenant = closed
    addresses = asked_of(app, avenant)
    for person in (contract.og.dg, contract.ars.lect, contract.asso.com):
        if is_short_run() and person is not contract.og.dg:
            addresses = addresses[:5]
        visitor = Visitor(app).enter(person.email)
        assert "Clos sans suite" in visitor.get("/").text
        assert visitor.get(f"/negociations/{avenant.id}/version-consolidee.docx").status_code == 404
        for address in addresses:
            answer = answer_of(visitor.get(address))
            assert not faults_of(answer), (address, faults_of(answer))
            if answer.kind == "text/html":
                assert "Version figée\u00a0:" not in answer.text, address
                assert "contrat est figé" not in answer.text, address


def test_its_archive_is_verified_and_comes_home_closed(
    closed: tuple[Table, Table], store: Store, elsewhere: Store
) -> None:
    contract, avenant = closed
    report = verify_archive(archive_of(avenant.ars.dg))
    assert report.ok, report.first_problem
    left = carried_away(store, avenant.id, contract.og.dg.email)
    home = Table(elsewhere, brought_in(elsewhere, left, contract.og.dg.email))
    assert home.negotiation().frozen_at is not None
    with elsewhere.reading() as session:
        assert heading_of(session, home.id).amends.closed_reason == "La demande est retirée."
