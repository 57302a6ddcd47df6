"""What each move made fall, as the navette tells it at its step: acceptances, by the shared chain, and reserves."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import ReserveState
from negotiation.store.exchange import Reserve
from negotiation.store.queries.visibility import on_the_table
from negotiation.store.record import HistoryEntry


@dataclass(frozen=True)
class Felled:
    """`acceptances`: keys of the parties whose acceptance fell; `reserves`: party id and words of each that did."""

    acceptances: tuple[str, ...] = ()
    reserves: tuple[tuple[str, str], ...] = ()


def felled_by(session: Session, actor: Actor, clause_id: str, move_ids: Iterable[str]) -> dict[str, Felled]:
    """By move, among these shared moves of a clause that the person reads; those that felled nothing are left out."""
    ids = sorted(set(move_ids))
    # By the clause alone: told the negotiation too, SQLite reads the whole of its chain.
    said = select(col(HistoryEntry.negotiation_id), col(HistoryEntry.payload)).where(
        col(HistoryEntry.clause_id) == clause_id,
        on_the_table(HistoryEntry.circle),
        col(HistoryEntry.payload).like('%"voided":[%'),
    )
    acceptances: dict[str, tuple[str, ...]] = {}
    for negotiation_id, payload in session.execute(said):
        if negotiation_id != actor.negotiation_id:
            continue
        facts = json.loads(payload or "{}")
        others = (key for key in facts.get("voided", ()) if key != facts.get("party"))
        acceptances[facts.get("move", "")] = tuple(others)  # who writes anew doesn't lose an agreement: it changes it
    dropped = select(Reserve).where(
        col(Reserve.clause_id) == clause_id,
        col(Reserve.state) == ReserveState.MOOT,
        col(Reserve.settled_by_move_id).in_(ids),
    )
    reserves: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for reserve in session.execute(dropped).scalars():
        reserves[reserve.settled_by_move_id or ""].append((reserve.party_id, reserve.text))
    found = {each: Felled(acceptances.get(each, ()), tuple(reserves.get(each, ()))) for each in ids}
    return {each: felled for each, felled in found.items() if felled.acceptances or felled.reserves}
