"""A private mandate: set by those who may, read by the party, warning its own people and nobody else."""

from typing import Any

import pytest

from negotiation.errors import NotAllowed, NotFound, OutsideMandate, StaleClause, WrongValue
from negotiation.rules.mandate import Bound, Breach
from negotiation.rules.vocabulary import ClauseState, Gesture, Move, Role
from negotiation.services.bundles import Answer, accept_together
from negotiation.services.mandates import Terms, set_mandate
from negotiation.services.moves import Order, Seen
from negotiation.services.visas import Submitted, set_visa_rule, submit
from negotiation.store import Store
from negotiation.store.queries.inside import mandate_of, mandates_of
from tests.builders import Person, Table, a_table

CLAUSE = "en01"
MARGIN = Terms(floor="93,5", ceiling="95", fallback="Au moins **93,5 %** en 2028.", leeway="Un point, pas plus.")


@pytest.fixture
def table(store: Store) -> Table:
    found = a_table(store)
    mandates(found.og.dg, MARGIN)
    return found


def mandates(person: Person, terms: Terms, clause: str = CLAUSE) -> None:
    with person.table.store.unit_of_work() as uow:
        set_mandate(uow, person.actor, person.table.clause_id(clause), terms)


def submits(person: Person, value: str | None, *, despite_mandate: bool = False, **told: Any) -> Submitted:
    table = person.table
    current = table.current(CLAUSE)
    seen = Seen(current.number, current.fingerprint) if current else Seen()
    given = {"move": Move.COUNTER_PROPOSAL if current else Move.PROPOSAL, "motive": "Il le faut.", "seen": seen}
    order = Order(**({"text": "Notre texte.", "value": value} | given | told))
    with table.store.unit_of_work() as uow:
        return submit(uow, person.actor, table.clause_id(CLAUSE), order, despite_mandate=despite_mandate)


def test_a_mandate_is_entered_as_people_type_and_kept_as_values(table: Table) -> None:
    with table.store.reading() as session:
        found = mandate_of(session, table.og.lect.actor, table.clause_id(CLAUSE))
        assert found is not None
        assert (found.floor, found.ceiling, found.leeway) == ("93.5", "95", "Un point, pas plus.")
        assert set(mandates_of(session, table.og.lect.actor)) == {table.clause_id(CLAUSE)}


def test_no_other_party_reads_it(table: Table) -> None:
    with table.store.reading() as session:
        for person in (table.ars.dg, table.cd.dg):
            assert mandate_of(session, person.actor, table.clause_id(CLAUSE)) is None
            assert mandates_of(session, person.actor) == {}


def test_only_those_who_commit_the_party_set_it(table: Table) -> None:
    mandates(table.og.sign, MARGIN)
    for person in (table.og.redac, table.og.com, table.og.lect):
        with pytest.raises(NotAllowed):
            mandates(person, Terms(floor="90"))


def test_each_party_has_its_own_mandate_on_a_clause(table: Table) -> None:
    mandates(table.ars.dg, Terms(floor="97"))
    with table.store.reading() as session:
        assert mandate_of(session, table.og.dg.actor, table.clause_id(CLAUSE)).floor == "93.5"  # type: ignore[union-attr]


def test_a_floor_above_the_ceiling_is_refused(table: Table) -> None:
    with pytest.raises(WrongValue):
        mandates(table.og.dg, Terms(floor="96", ceiling="95"))
    with pytest.raises(WrongValue):
        mandates(table.og.dg, Terms(floor="assez"))


def test_an_empty_mandate_is_no_mandate(table: Table) -> None:
    mandates(table.og.dg, Terms())
    with table.store.reading() as session:
        assert mandate_of(session, table.og.dg.actor, table.clause_id(CLAUSE)) is None
    assert submits(table.og.redac, "12").played


def test_a_text_without_value_is_left_to_people(table: Table) -> None:
    mandates(table.og.dg, Terms(fallback="Un repli.", leeway="Aucune."), "en02")
    with table.store.unit_of_work() as uow:
        order = Order(Move.PROPOSAL, text="Tout autre chose.")
        assert submit(uow, table.og.redac.actor, table.clause_id("en02"), order).played


def test_outside_the_mandate_nothing_leaves_unless_said_again(table: Table) -> None:
    with pytest.raises(OutsideMandate) as warned:
        submits(table.og.redac, "93")
    assert warned.value.detail["breaches"] == (Breach(Bound.FLOOR, "93.5", "93"),)
    assert table.current(CLAUSE) is None
    assert submits(table.og.redac, "93", despite_mandate=True).played
    assert submits(table.ars.redac, "99").played, "the mandate of one party says nothing to another"


def test_accepting_is_warned_about_too(table: Table) -> None:
    table.ars.dg.propose(CLAUSE, "Nous demandons 97 %.", value="97")
    with pytest.raises(OutsideMandate):
        submits(table.og.dg, None, move=Move.ACCEPTANCE, text="")
    with pytest.raises(OutsideMandate), table.store.unit_of_work() as uow:
        current = table.current(CLAUSE)
        assert current is not None
        listed = [Answer(table.clause_id(CLAUSE), Seen(current.number, current.fingerprint))]
        accept_together(uow, table.og.dg.actor, listed)
    submits(table.og.dg, None, move=Move.ACCEPTANCE, text="", despite_mandate=True)
    assert table.state(CLAUSE) is ClauseState.PARTIALLY_AGREED


def test_who_is_stale_is_told_so_first(table: Table) -> None:
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
    table.ars.dg.propose(CLAUSE, "Nous demandons 97 %.", value="97")
    with pytest.raises(StaleClause):
        submits(table.og.redac, "12", seen=Seen())


def test_with_a_visa_it_is_the_decider_who_takes_it_on(table: Table) -> None:
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
    with pytest.raises(OutsideMandate):
        submits(table.og.redac, "93")
    assert submits(table.og.redac, "93", despite_mandate=True).request_id
    assert table.current(CLAUSE) is None


def test_a_clause_that_isnt_mine_has_no_mandate_of_mine(table: Table, store: Store) -> None:
    other = a_table(store)
    with pytest.raises(NotFound), store.unit_of_work() as uow:
        set_mandate(uow, table.og.dg.actor, other.clause_id(CLAUSE), MARGIN)
