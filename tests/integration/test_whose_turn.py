"""What waits for an answer is counted alike on the accueil, in the plan and on the card."""

from negotiation.store import Store
from negotiation.store.queries.clauses import card_of
from negotiation.store.queries.negotiations import counts_of, plan_of
from tests.builders import Seat, Table, a_table


def mine(table: Table, seat: Seat) -> int:
    with table.store.reading() as session:
        return counts_of(session, table.id, seat.id).mine


def waiting(table: Table) -> int:
    with table.store.reading() as session:
        return sum(entry.waiting for entry in plan_of(session, table.og.dg.actor))


def test_a_version_waits_for_those_who_have_not_answered_it(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en01", "Nous visons 94 %.", value="94")
    table.ars.dg.accept("en01")
    assert (mine(table, table.og), mine(table, table.ars), mine(table, table.cd), waiting(table)) == (0, 0, 1, 1)


def test_a_version_that_does_not_concern_a_party_does_not_wait_for_it(store: Store) -> None:
    table = a_table(store)
    table.og.dg.propose("en02")
    assert (mine(table, table.ars), mine(table, table.cd)) == (1, 0)


def test_a_reopening_waits_for_those_who_have_not_consented(store: Store) -> None:
    table = a_table(store)
    table.agree("en01", value="94")
    assert (mine(table, table.cd), waiting(table)) == (0, 0)
    table.og.dg.reopen("en01")
    table.ars.dg.consent("en01")
    with store.reading() as session:
        card = card_of(session, table.og.dg.actor, table.clause_id("en01"))
    assert card is not None
    assert card.waits_for == {table.cd.id}
    assert (mine(table, table.og), mine(table, table.ars), mine(table, table.cd), waiting(table)) == (0, 0, 1, 1)
