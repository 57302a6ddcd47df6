"""The tables that other tests are built on."""

from negotiation.rules.vocabulary import ClauseState
from negotiation.store import Store
from tests.builders import a_table


def test_three_parties_agree_on_a_number_and_the_indicator_shows_it(store: Store) -> None:
    table = a_table(store, parties=3)
    table.og.dg.propose("en01", "Nous visons 94 %.", value=94)
    table.ars.dg.counter("en01", "Nous visons 95 %.", value=95)
    table.og.dg.accept("en01")
    assert table.state("en01") is ClauseState.PARTIALLY_AGREED
    table.cd.dg.accept("en01")
    assert table.state("en01") is ClauseState.AGREED
    assert table.clause("i01.targets.2028").follows_id == table.clause_id("en01")


def test_two_parties_are_enough_for_a_table(store: Store) -> None:
    table = a_table(store, parties=2)
    table.agree("en01", value=94)
    assert table.state("en01") is ClauseState.AGREED
