"""What moved at the table while a séance was open: the matter of its minutes, beside its decisions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import TALK_MOVES, Move
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow
from negotiation.store.queries.visibility import on_the_table
from negotiation.store.seances import Seance, SeanceDecision, SeancePoint


@dataclass(frozen=True)
class SeanceMove:
    """A shared move played during the séance on a clause of its agenda, or on one that a decision names."""

    id: str
    clause_id: str
    move: Move
    party_id: str
    member_id: str
    version_id: str | None
    text: str
    motive: str
    at: datetime


def moves_during(session: Session, actor: Actor, seance_id: str) -> tuple[SeanceMove, ...]:
    """What was tabled, accepted, refused… while the séance was open, in order; talk aside. Raises NotFound."""
    row = session.get(Seance, seance_id)
    if row is None or row.negotiation_id != actor.negotiation_id:
        raise NotFound()
    if row.opened_at is None:
        return ()
    end = row.closed_at or datetime.max.replace(tzinfo=row.opened_at.tzinfo)
    points = select(SeancePoint).where(col(SeancePoint.seance_id) == row.id)
    found = session.execute(points).scalars().all()
    whole = {point.part_id for point in found if point.part_id and point.clause_id is None}
    clauses = {point.clause_id for point in found if point.clause_id}
    named = select(col(SeanceDecision.clause_id)).where(col(SeanceDecision.seance_id) == row.id)
    clauses |= set(session.execute(named).scalars())
    query = (
        select(MoveRow)
        .join(Clause, col(Clause.id) == MoveRow.clause_id)
        .where(
            col(MoveRow.negotiation_id) == row.negotiation_id,
            on_the_table(MoveRow.circle),
            col(MoveRow.type).not_in(TALK_MOVES),
            col(MoveRow.recorded_at) >= row.opened_at,
            col(MoveRow.recorded_at) <= end,
            col(Clause.id).in_([each for each in clauses if each]) | col(Clause.part_id).in_(list(whole)),
        )
        .order_by(col(MoveRow.recorded_at), col(MoveRow.clause_id), col(MoveRow.rank))
    )
    return tuple(
        SeanceMove(
            id=move.id,
            clause_id=move.clause_id,
            move=move.type,
            party_id=move.party_id,
            member_id=move.member_id,
            version_id=move.version_id,
            text=move.text,
            motive=move.motive,
            at=move.recorded_at,
        )
        for move in session.execute(query).scalars()
    )
