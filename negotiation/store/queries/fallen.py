"""Acceptances that no longer stand because another version is on the table, for the party that had given them (issue 3,
point 3).

Nothing is kept for it: a party's last answer, shared by nature, names the version that it accepted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from negotiation.rules.vocabulary import TEXT_MOVES, Move
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.visibility import on_the_table

ANSWERS = TEXT_MOVES | {Move.ACCEPTANCE, Move.REJECTION, Move.WITHDRAWAL}
"""What says where a party stands: after another of these, it knows."""


@dataclass(frozen=True)
class Fallen:
    """`accepted`: number of the version that the party had accepted; `current`: number of the one now on the table, the
    only one that it may answer, whatever came between; `author_id` (None = table commune) and `at` are of that one.
    """

    accepted: int
    current: int
    author_id: str | None
    at: datetime


def fallen_acceptances(session: Session, cards: Iterable[ClauseCard], *, party_ids: Iterable[str]) -> dict[str, Fallen]:
    """By clause, among those that now wait for one of these parties: one party of each negotiation, the reader's own.

    What was agreed and then reopened fell with everybody's consent: it isn't there.
    """
    mine = sorted(set(party_ids))
    waiting = [card.id for card in cards if card.situation.current is not None and card.waits_for.intersection(mine)]
    if not waiting:
        return {}
    last = (
        select(col(MoveRow.clause_id), func.max(col(MoveRow.rank)).label("rank"))
        .where(
            col(MoveRow.clause_id).in_(waiting),
            col(MoveRow.party_id).in_(mine),
            on_the_table(MoveRow.circle),
            col(MoveRow.type).in_(list(ANSWERS)),
        )
        .group_by(col(MoveRow.clause_id))
        .subquery()
    )
    accepted, current = aliased(Version), aliased(Version)
    query = (
        select(
            col(MoveRow.clause_id),
            col(accepted.number),
            col(current.number),
            col(current.author_party_id),
            col(current.tabled_at),
        )
        .join(last, (last.c.clause_id == MoveRow.clause_id) & (last.c.rank == MoveRow.rank))
        .join(Clause, col(Clause.id) == MoveRow.clause_id)
        .join(accepted, col(accepted.id) == MoveRow.version_id)
        .join(current, (col(current.id) == Clause.current_version_id) & (col(current.number) > col(accepted.number)))
        .where(
            col(MoveRow.type) == Move.ACCEPTANCE,
            col(Clause.agreed_version_id).is_(None) | (col(Clause.agreed_version_id) != accepted.id),
        )
    )
    return {clause_id: Fallen(*told) for clause_id, *told in session.execute(query)}
