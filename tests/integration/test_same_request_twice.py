"""A double click, a replayed request: one outcome, and the same answer (trust T13)."""

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from negotiation.errors import AlreadyDone
from negotiation.rules.vocabulary import Gesture, Move, Role
from negotiation.services.bundles import Answer, accept_together, propose_working_texts
from negotiation.services.moves import Seen
from negotiation.services.visas import set_visa_rule
from negotiation.store import Store
from negotiation.store.columns import new_id
from negotiation.store.exchange import MoveRow
from tests.builders import Table, a_table


def moves_of(table: Table, move: Move) -> int:
    with table.store.reading() as session:
        query = select(func.count()).where(col(MoveRow.negotiation_id) == table.id, col(MoveRow.type) == move)
        return int(session.execute(query).scalar_one())


def test_the_same_comment_sent_twice_is_written_once(store: Store) -> None:
    table, key = a_table(store), new_id()
    first = table.og.dg.comment("en01", "Une remarque.", request_key=key)
    assert table.og.dg.comment("en01", "Une remarque.", request_key=key).move_id == first.move_id
    assert moves_of(table, Move.COMMENT) == 1


def test_an_acceptance_sent_twice_gives_the_same_answer_even_once_the_clause_is_locked(store: Store) -> None:
    table, key = a_table(store, parties=2), new_id()
    table.og.dg.propose("en01", "Un texte.", value=93)
    first = table.ars.dg.accept("en01", request_key=key)
    assert table.ars.dg.accept("en01", request_key=key) == first


def test_a_key_is_good_for_one_gesture_only(store: Store) -> None:
    table, key = a_table(store), new_id()
    table.og.dg.comment("en01", "Une remarque.", request_key=key)
    with pytest.raises(AlreadyDone):
        table.og.dg.comment("en02", "Une autre.", request_key=key)


def test_a_whole_part_proposed_then_accepted_twice_is_so_once(store: Store) -> None:
    table = a_table(store)
    part, key = table.part_id("fa01"), new_id()
    for _ in range(2):
        with store.unit_of_work() as uow:
            proposed = propose_working_texts(uow, table.og.dg.actor, [part], request_key=key)
    assert moves_of(table, Move.PROPOSAL) == len(proposed) > 1
    current, key = table.current("fa01.description"), new_id()
    assert current is not None
    answers = [Answer(table.clause_id("fa01.description"), Seen(current.number, current.fingerprint))]
    for _ in range(2):
        with store.unit_of_work() as uow:
            assert len(accept_together(uow, table.ars.dg.actor, answers, request_key=key)) == 1
    assert moves_of(table, Move.ACCEPTANCE) == 1


def test_a_gesture_that_waits_for_its_visa_is_asked_once(store: Store) -> None:
    table, key = a_table(store), new_id()
    with store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
    asked = []
    for _ in range(2):
        with store.unit_of_work() as uow:
            found = propose_working_texts(uow, table.og.redac.actor, [table.part_id("fa01")], request_key=key)
            asked.append({each.request_id for each in found})
    assert asked[0] == asked[1]
    assert moves_of(table, Move.PROPOSAL) == 0
