"""A text leaves a private draft as text: what was written there and taken out stays inside (trust T3, M5)."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.lifecycle import Origin
from negotiation.rules.vocabulary import SHARED, Move
from negotiation.services.moves import Order, play
from negotiation.services.snapshots import snapshot
from negotiation.store import Announcing, Store
from negotiation.store.draft_states import DraftState
from negotiation.store.exchange import Draft, DraftUpdate
from tests.drafting_table import Browser, DraftingTable, set_table

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
CANARY = "Canari: cent mille euros."


@pytest.fixture
def table(store: Store) -> DraftingTable:
    return set_table(store)


def publish(table: DraftingTable) -> None:
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        actor = table.person("og.dg").actor
        taken = snapshot(uow, actor, table.clause_id, side="ours")
        play(uow, actor, table.clause_id, Order(Move.PROPOSAL, text=taken.text, origin=Origin.PARTY))


def shared_bytes(table: DraftingTable) -> bytes:
    """All that the table commune's drafts hold: their logs and their states."""
    of_drafts = select(col(Draft.id)).where(col(Draft.circle) == str(SHARED))
    with table.table.store.reading() as session:
        updates = select(col(DraftUpdate.update)).where(col(DraftUpdate.draft_id).in_(of_drafts))
        states = select(col(DraftState.content)).where(col(DraftState.draft_id).in_(of_drafts))
        return b"".join([*session.execute(updates).scalars(), *session.execute(states).scalars()])


def test_what_was_taken_out_of_a_private_draft_is_in_nothing_that_leaves_it(table: DraftingTable) -> None:
    inside = Browser(table, "og.dg", side="ours")
    inside.push(inside.type(CANARY))
    inside.push(inside.delete_last())
    inside.push(inside.type("Ce que nous proposons."))
    publish(table)
    there = Browser(table, "ars.dg")
    assert there.text().endswith("Ce que nous proposons.")
    whole = there.document.get_update() + shared_bytes(table)
    assert b"Ce que nous proposons." in whole
    assert CANARY.encode() not in whole
