"""What both databases hold of an avenant themselves, whoever writes: what it amends, its one end, one at a time."""

from threading import Barrier, Thread

import pytest

from negotiation.errors import AmendmentPending
from negotiation.services.amending_end import ask_to_close
from negotiation.store import Announcing, Store
from negotiation.store.queries.amendments import amendments_to
from tests.builders import Person, Table, a_table
from tests.integration.test_amendments import amend, wanted
from tests.integration.test_reopening_the_gel import refused_by_the_database
from tests.scenarios import scenario

PATIENCE = 60.0
"""Seconds, on a machine that does many other things."""


@pytest.fixture
def contract(store: Store) -> Table:
    """As a file declares it signed."""
    return a_table(store, scenario(status="signed"))


def test_what_an_avenant_amends_never_changes_and_it_ends_once(contract: Table) -> None:
    avenant = amend(contract.og.dg, wanted(contract, "en01"))
    row = f"WHERE negotiation_id = '{avenant.id}'"
    for change in ("amended_content_hash = 'x'", "term_after = '2031-12-31'", "number = 2", "requested_by = 'ars'"):
        assert "immutable: amendment" in refused_by_the_database(avenant, f"UPDATE amendment SET {change} {row}")
    reason = f"UPDATE amendment SET closed_reason = 'x' {row}"
    assert "not settled: amendment" in refused_by_the_database(avenant, reason)
    with avenant.store.unit_of_work(Announcing.SILENT) as uow:
        assert ask_to_close(uow, avenant.og.dg.actor, "La demande est retirée.")
    for change in ("settled_at = NULL", "closed_reason = NULL", "closing = '{}'"):
        assert "settled: amendment" in refused_by_the_database(avenant, f"UPDATE amendment SET {change} {row}")


def test_of_two_that_open_an_avenant_at_one_moment_one_wins_and_the_other_is_told(contract: Table) -> None:
    together, told = Barrier(2, timeout=PATIENCE), list[str]()

    def attempt(person: Person, asked: str) -> None:
        wish = wanted(contract, asked)
        together.wait()
        try:
            amend(person, wish)
        except AmendmentPending as refusal:
            told.append(refusal.code)

    both = [Thread(target=attempt, args=each) for each in ((contract.og.dg, "en01"), (contract.ars.dg, "en02"))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(PATIENCE)
    assert told == [AmendmentPending.code]
    with contract.store.reading() as session:
        (opened,) = amendments_to(session, contract.og.dg.actor)
    assert opened.number == 1
