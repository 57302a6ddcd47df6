"""Relevés once the contract is frozen: drawn up, corrected, reopened, approved; the contract itself takes nothing."""

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from negotiation.errors import Frozen
from negotiation.rules.seances import DecisionKind
from negotiation.rules.vocabulary import ClauseState, Move, PartKind
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.services.drafting import LiveDrafts, drafts_of, open_draft, snapshot_text
from negotiation.services.orders import Order
from negotiation.store import Store
from negotiation.store.contract import Clause, Part
from tests.builders import Table
from tests.closing_table import an_agreed_table, freeze
from tests.drafting_table import Browser, DraftingTable
from tests.minutes_table import a_relevé
from tests.seance_table import an_open_seance

CLAUSE = "en01"


def test_seances_go_on_after_the_gel_with_their_relevés_and_the_contract_does_not_move(store: Store) -> None:
    table = an_agreed_table(store)
    frozen = freeze(table)
    meeting = an_open_seance(table, table.ars.dg, title="Comité de suivi")
    meeting.record(table.cd.dg, DecisionKind.TASK, text="Transmettre l’ERRD.")
    with pytest.raises(Frozen):
        meeting.record(table.og.dg, DecisionKind.QUESTION, CLAUSE, text="Et en 2028 ?")
    meeting.a_minute_passes()
    meeting.close(table.ars.dg)
    relevé = a_relevé(meeting, table.ars.dg)
    corrected = Order(
        Move.COUNTER_PROPOSAL, text="Transmettre l’ERRD et ses annexes.", motive="Deux.", seen=relevé.seen("actions")
    )
    relevé.play(table.og.dg, "actions", corrected)
    for seat in (table.ars, table.cd, table.og):
        relevé.approve(seat.dg)
    assert relevé.view.approved_at and "et ses annexes" in relevé.words
    with store.reading() as session:
        assert contract_as_it_stands(session, table.id).content_hash == frozen.content_hash
    for write in (
        update(Clause).where(col(Clause.id) == table.clause_id(CLAUSE)).values(label="Autre"),
        update(Clause).where(col(Clause.id) == table.clause_id(CLAUSE)).values(part_id=relevé.view.part_id),
        update(Part).where(col(Part.id) == table.part_id("k01")).values(kind=PartKind.MINUTES),
        update(Part).where(col(Part.id) == relevé.view.part_id).values(kind=PartKind.ARTICLE),
        update(Clause).where(col(Clause.part_id) == relevé.view.part_id).values(part_id=table.part_id("k01")),
    ):
        with pytest.raises(DBAPIError, match="frozen"), store.engine.begin() as connection:
            connection.execute(write)


@pytest.mark.parametrize("side", ["commune", "ours"])
def test_passages_are_drafted_together_after_the_gel_and_clauses_are_not(store: Store, side: str) -> None:
    table = an_agreed_table(store)
    freeze(table)
    meeting = an_open_seance(table, table.ars.dg)
    meeting.record(table.cd.dg, DecisionKind.TASK, text="Transmettre l’ERRD.")
    meeting.a_minute_passes()
    meeting.close(table.ars.dg)
    relevé, drafting = a_relevé(meeting, table.ars.dg), DraftingTable(Table(store, table.id))
    passage = relevé.cards["actions"].id
    hand = Browser(drafting, "og.dg", side=side, part=meeting.id)
    hand.push(hand.type("Et ses annexes.", passage))
    assert drafts_of(drafting.live, table.id) == [], "what a gel closes"
    with store.unit_of_work() as uow:
        assert snapshot_text(uow, hand.actor, passage, side=side).endswith("Et ses annexes.")
    relevé.approve(table.og.dg)
    relevé.approve(table.ars.dg)
    relevé.approve(table.cd.dg)
    with pytest.raises(Frozen):
        hand.push(hand.type("Trop tard.", passage))
    with pytest.raises(Frozen):
        open_draft(drafting.live, table.og.dg.actor, part_id=table.part_id("k01"), side=side)


def test_a_passage_drafted_before_the_gel_is_reopened_after_it(store: Store) -> None:
    table = an_agreed_table(store)
    meeting = an_open_seance(table, table.ars.dg)
    meeting.record(table.cd.dg, DecisionKind.TASK, text="Transmettre l’ERRD.")
    meeting.a_minute_passes()
    meeting.close(table.ars.dg)
    relevé = a_relevé(meeting, table.ars.dg)
    open_draft(LiveDrafts.of(store), table.og.dg.actor, part_id=relevé.view.part_id, side="commune")
    freeze(table)
    for seat in (table.og, table.ars, table.cd):
        relevé.play(seat.dg, "actions", Order(Move.ACCEPTANCE, seen=relevé.seen("actions")))
    asked = Order(Move.REOPENING, motive="Il manque une action.", seen=relevé.seen("actions"))
    relevé.play(table.og.dg, "actions", asked)
    for seat in (table.ars, table.cd):
        relevé.play(seat.dg, "actions", Order(Move.REOPENING_CONSENT, seen=relevé.seen("actions")))
    assert relevé.cards["actions"].state is ClauseState.REOPENED
    assert relevé.view.approved_at is None
