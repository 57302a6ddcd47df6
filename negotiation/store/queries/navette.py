"""The navette of a clause for one reader: every step without its words, then the words of the few that are shown."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from negotiation.events import Kind
from negotiation.rules.navette import PhaseClock, Step
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, Circle, Phase
from negotiation.store.contract import Clause, Negotiation
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.preparation import CalendarItem
from negotiation.store.queries.exchanges import MoveView, VersionView, move_view, version_of
from negotiation.store.queries.visibility import on_the_table, visible
from negotiation.store.record import HistoryEntry

BECAME = (Kind.CLAUSE_AGREED, Kind.CLAUSE_REOPENED, Kind.CLAUSE_ABANDONED, Kind.CONCERNED_CHANGED)
"""What a move may have made of its clause, beyond itself."""
_PHASES: dict[str, Phase] = {**{str(phase): phase for phase in Phase}, "redaction": Phase.SIGNATURE}


@dataclass(frozen=True)
class Shaped:
    """What happened to the clause or its part besides moves. `other_id`: the clause at the other end of a cut, if this
    person reads it; `words`: the former title."""

    kind: Kind
    on: date
    other_id: str | None = None
    words: str = ""


def steps_of(session: Session, actor: Actor, clause_id: str) -> tuple[Step, ...]:
    """Every step of a clause that this person may read, oldest first. Light rows: words are read by `words_of`."""
    mine = (col(MoveRow.clause_id) == clause_id) & _readable(actor)
    return tuple(step for _, step in _steps(session, mine))


def steps_of_clauses(
    session: Session, actor: Actor, clause_ids: Iterable[str] | None = None
) -> dict[str, tuple[Step, ...]]:
    """The same for several clauses, by clause; None asks for all of the table that this person reads."""
    condition = _readable(actor)
    if clause_ids is not None:
        condition &= col(MoveRow.clause_id).in_(sorted(set(clause_ids)))
    found: dict[str, list[Step]] = {}
    for clause_id, step in _steps(session, condition):
        found.setdefault(clause_id, []).append(step)
    return {clause_id: tuple(steps) for clause_id, steps in found.items()}


def clause_reached(session: Session, actor: Actor, clause_id: str) -> str:
    """How far the steps that this person may read of a clause have come; what steps bring about is dated by them."""
    mine = (col(MoveRow.clause_id) == clause_id) & _readable(actor)
    count, rank = session.execute(select(func.count(), func.max(col(MoveRow.rank))).where(mine)).one()
    return f"{count}/{rank or 0}"


def _readable(actor: Actor) -> ColumnElement[bool]:
    return (col(MoveRow.negotiation_id) == actor.negotiation_id) & visible(MoveRow.circle, actor)


def _steps(session: Session, condition: ColumnElement[bool]) -> Iterable[tuple[str, Step]]:
    query = (
        select(
            col(MoveRow.clause_id),
            col(MoveRow.id),
            col(MoveRow.type),
            col(MoveRow.party_id),
            col(MoveRow.at),
            col(MoveRow.circle),
            col(Version.number),
            col(Version.value),
            col(Version.author_party_id),
            col(MoveRow.reply_to_id),
            col(MoveRow.key),
        )
        .outerjoin(Version, col(Version.id) == MoveRow.version_id)
        .where(condition)
        .order_by(col(MoveRow.clause_id), col(MoveRow.rank))
    )
    circles = {str(SHARED): SHARED}
    for clause_id, id_, move, party, at, circle, number, value, author, reply, key in session.execute(query):
        seen_by = circles.get(circle) or circles.setdefault(circle, Circle.parse(circle))
        yield clause_id, Step(id_, move, party, at, seen_by, number, value, author, reply, key is not None)


def words_of(session: Session, actor: Actor, steps: Collection[Step]) -> tuple[MoveView, ...]:
    """The moves behind these steps, words and motives with them, in the order of the steps."""
    numbers = {step.id: step.version for step in steps}
    # By their ids alone: told the negotiation too, SQLite reads the whole of it.
    query = select(MoveRow).where(visible(MoveRow.circle, actor), col(MoveRow.id).in_(list(numbers)))
    rows = (row for row in session.execute(query).scalars() if row.negotiation_id == actor.negotiation_id)
    found = {row.id: move_view(row, numbers[row.id]) for row in rows}
    return tuple(found[step.id] for step in steps if step.id in found)


def became_of(session: Session, actor: Actor, clause_id: str) -> dict[str, frozenset[Kind]]:
    """What shared moves of a clause made of it, by move id: agreed by all, reopened, abandoned, other parties."""
    query = select(col(HistoryEntry.kind), col(HistoryEntry.payload)).where(
        col(HistoryEntry.clause_id) == clause_id,
        col(HistoryEntry.negotiation_id) == actor.negotiation_id,
        on_the_table(HistoryEntry.circle),
        col(HistoryEntry.kind).in_(BECAME),
    )
    found: dict[str, set[Kind]] = {}
    for kind, payload in session.execute(query):
        move_id = json.loads(payload or "{}").get("move", "")
        found.setdefault(move_id, set()).add(Kind(kind))
    return {move_id: frozenset(kinds) for move_id, kinds in found.items()}


def agreed_version_of(session: Session, actor: Actor, clause_id: str) -> VersionView | None:
    """The version that stands agreed; None where none does."""
    query = (
        select(Version)
        .join(Clause, col(Clause.agreed_version_id) == Version.id)
        .where(
            col(Clause.id) == clause_id,
            col(Clause.negotiation_id) == actor.negotiation_id,
            visible(Clause.circle, actor),
        )
    )
    row = session.execute(query).scalar_one_or_none()
    return version_of(row) if row else None


def phase_clock_of(session: Session, negotiation_id: str) -> PhaseClock:
    """What tells in which phase each step of a table was played."""
    negotiation = session.get_one(Negotiation, negotiation_id)
    said = (
        select(col(HistoryEntry.recorded_at), col(HistoryEntry.payload))
        .where(
            col(HistoryEntry.negotiation_id) == negotiation_id,
            col(HistoryEntry.circle) == str(SHARED),
            col(HistoryEntry.kind) == Kind.PHASE_CHANGED,
        )
        .order_by(col(HistoryEntry.sequence))
    )
    changes = []
    for at, payload in session.execute(said):
        facts = json.loads(payload or "{}")
        changes.append((at, Phase(facts["before"]), Phase(facts["phase"])))
    planned = select(col(CalendarItem.on), col(CalendarItem.phase)).where(
        col(CalendarItem.negotiation_id) == negotiation_id
    )
    days = sorted((on, _PHASES[name]) for on, name in session.execute(planned) if name in _PHASES)
    return PhaseClock(negotiation.phase, tuple(changes), tuple(days), negotiation.signed_on)


def shaped_of(session: Session, actor: Actor, clause_id: str) -> tuple[Shaped, ...]:
    """How the clause was cut in two, or came from a cut, and how its part was called before; oldest first."""
    clause = session.get(Clause, clause_id)
    if clause is None or clause.negotiation_id != actor.negotiation_id:
        return ()
    found: list[Shaped] = []
    for day, facts in _facts(session, actor, Kind.CLAUSE_SPLIT):
        first, second = facts.get("clause"), facts.get("into")
        if clause_id == first:
            found.append(Shaped(Kind.CLAUSE_SPLIT, day, second))
        elif clause_id == second:
            found.append(Shaped(Kind.CLAUSE_ADDED, day, first))
    for day, facts in _facts(session, actor, Kind.PART_CHANGED):
        if facts.get("part") == clause.part_id and facts.get("before"):
            found.append(Shaped(Kind.PART_CHANGED, day, words=str(facts["before"])))
    return tuple(sorted(found, key=lambda each: each.on))


def _facts(session: Session, actor: Actor, kind: Kind) -> Iterator[tuple[date, Any]]:
    """In no order: another would be read by another index, through the whole history."""
    query = select(col(HistoryEntry.recorded_at), col(HistoryEntry.payload)).where(
        col(HistoryEntry.negotiation_id) == actor.negotiation_id,
        col(HistoryEntry.kind) == kind,
        visible(HistoryEntry.circle, actor),
    )
    for at, payload in session.execute(query):
        yield paris_day(at), json.loads(payload or "{}")
