"""An engagement that a file says given up, whatever its moves: nothing of it waits for anybody."""

import json

from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.vocabulary import SHARED, ClauseState, ReserveState
from negotiation.store import Store
from negotiation.store.exchange import Reserve
from negotiation.store.queries.clauses import card_of
from negotiation.store.queries.history import history_page
from negotiation.store.queries.negotiations import counts_of, plan_of
from tests.builders import Table, a_table
from tests.scenarios import engagement, move


def given_up(store: Store) -> Table:
    moves = [
        move("en01-m01", "og.dg", "proposal", "Nous visons 94 %.", value=94, version=1),
        move("en01-m02", "ars.dg", "reserve", "Sous réserve des crédits."),
    ]
    target = {"type": "indicator", "id": "i01", "field": "targets.2028"}
    dropped = engagement("en01", target, ["og", "ars", "cd"], moves, status="withdrawn")
    return a_table(store, engagements=[dropped])


def test_nothing_of_what_was_given_up_waits_for_anybody(store: Store) -> None:
    table = given_up(store)
    with store.reading() as session:
        card = card_of(session, table.og.dg.actor, table.clause_id("en01"))
        waiting = sum(entry.waiting for entry in plan_of(session, table.og.dg.actor))
        counts = counts_of(session, table.id, table.ars.id)
    assert card is not None
    assert card.state is ClauseState.WITHDRAWN
    assert (card.waits_for, card.situation.current, card.reserves) == (frozenset(), None, ())
    assert (waiting, counts.total, counts.mine) == (0, 0, 0)


def test_its_reserve_is_moot(store: Store) -> None:
    table = given_up(store)
    with store.reading() as session:
        [reserve] = session.execute(select(Reserve).where(col(Reserve.negotiation_id) == table.id)).scalars()
    assert reserve.state is ReserveState.MOOT


def test_the_shared_history_says_so_in_the_name_of_the_import(store: Store) -> None:
    table = given_up(store)
    with store.reading() as session:
        last = history_page(session, table.og.dg.actor, SHARED).entries[0]
    assert (last.kind, last.actor, last.clause_id) == ("clause.withdrawn", "import", table.clause_id("en01"))
    assert json.dumps(last.facts)
    assert last.facts is not None
    assert last.facts["state"] == "withdrawn"
