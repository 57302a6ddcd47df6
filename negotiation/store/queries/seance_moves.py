"""What moved at the table while a séance was open: the matter of its minutes, beside its decisions.

What came before its opening and what came after is told by the shared chain: times are whole seconds, and two things of
the same second have an order there all the same.
"""

import json
from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.events import KIND_OF_MOVE, Kind
from negotiation.rules.paris import PARIS
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, TALK_MOVES, TEXT_MOVES, Move
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.queries.visibility import on_the_table
from negotiation.store.record import HistoryEntry
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


@dataclass(frozen=True)
class Sitting:
    """A séance that was held on a clause, and its moments; `ended_at` None: it is still open."""

    seance_id: str
    title: str
    began_at: datetime
    ended_at: datetime | None

    def includes(self, moment: datetime) -> bool:
        return self.began_at <= moment and (self.ended_at is None or moment <= self.ended_at)


def sittings_on(session: Session, actor: Actor, clause_id: str) -> tuple[Sitting, ...]:
    """The séances whose agenda or decisions name this clause, and those of a file that name its engagement."""
    clause = session.get(Clause, clause_id)
    if clause is None or clause.negotiation_id != actor.negotiation_id:
        return ()
    on_agenda = exists().where(
        col(SeancePoint.seance_id) == Seance.id,
        or_(
            col(SeancePoint.clause_id) == clause_id,
            and_(col(SeancePoint.clause_id).is_(None), col(SeancePoint.part_id) == clause.part_id),
        ),
    )
    decided = exists().where(col(SeanceDecision.seance_id) == Seance.id, col(SeanceDecision.clause_id) == clause_id)
    query = select(Seance).where(
        col(Seance.negotiation_id) == actor.negotiation_id,
        or_(
            and_(col(Seance.opened_at).is_not(None), or_(on_agenda, decided)),
            col(Seance.planned_by).is_(None),
        ),
    )
    rows = session.execute(query.order_by(col(Seance.on), col(Seance.position))).scalars()
    held = (sitting_of(row) for row in rows if row.opened_at or (clause.code and clause.code in row.engagement_codes))
    return tuple(sitting for sitting in held if sitting is not None)


def sitting_of(row: Seance) -> Sitting | None:
    """With its true moments; or with the day and hours that a file declares, in Paris. None when those can't be read:
    a file may write them in any way."""
    if row.opened_at is not None:
        return Sitting(row.id, row.title, row.opened_at, row.closed_at)
    try:
        hours = time.fromisoformat(row.start), time.fromisoformat(row.end)
    except ValueError:
        return None
    began, ended = (datetime.combine(row.on, hour.replace(tzinfo=PARIS)) for hour in hours)
    return Sitting(row.id, row.title, began, ended)


def standing_at_opening(session: Session, seance: Seance, clause_id: str) -> str | None:
    """The id of the last version tabled on the clause before the séance opened, which it did; None: there was none."""
    tabling = [str(KIND_OF_MOVE[move]) for move in TEXT_MOVES]
    after = (
        select(col(HistoryEntry.payload))
        .where(
            *_in_chain(seance),
            col(HistoryEntry.clause_id) == clause_id,
            col(HistoryEntry.kind).in_(tabling),
            col(HistoryEntry.sequence) > _opening(session, seance),
        )
        .order_by(col(HistoryEntry.sequence))
    )
    first = session.execute(after.limit(1)).scalar()
    before = [col(Version.number) < json.loads(first)["version"]] if first else []
    standing = select(col(Version.id)).where(col(Version.clause_id) == clause_id, *before)
    found: str | None = session.execute(standing.order_by(col(Version.number).desc()).limit(1)).scalar()
    return found


def _in_chain(seance: Seance) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(HistoryEntry.negotiation_id) == seance.negotiation_id, col(HistoryEntry.circle) == str(SHARED)


def _opening(session: Session, seance: Seance) -> int:
    """The place in the shared chain of the fact that it opened."""
    query = select(col(HistoryEntry.sequence)).where(
        *_in_chain(seance),
        col(HistoryEntry.kind) == str(Kind.SEANCE_OPENED),
        col(HistoryEntry.payload).contains(f'"seance":"{seance.id}"'),
    )
    found: int = session.execute(query).scalar_one()
    return found


def _earlier(session: Session, seance: Seance) -> frozenset[str]:
    """The ids of the moves of the second in which the séance opened that were played before it did."""
    query = select(col(HistoryEntry.payload)).where(
        *_in_chain(seance),
        col(HistoryEntry.recorded_at) == seance.opened_at,
        col(HistoryEntry.sequence) < _opening(session, seance),
    )
    return frozenset(json.loads(payload or "{}").get("move", "") for payload in session.execute(query).scalars())


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
    earlier = _earlier(session, row)
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
        if move.id not in earlier
    )
