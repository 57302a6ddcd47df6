"""The shape of the contract at a moment: its parts, their titles and order, which clauses were there, the phase.

Rows hold today's shape; what the shared chain recorded since is undone, newest first. A file dates none of it: before
the day to which it was imported, its parts stand with the titles that it gives them, and `known_from` says so.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.events import Kind
from negotiation.rules.paris import PARIS, paris_day
from negotiation.rules.vocabulary import NEGOTIATED, DocumentKind, PartKind, Phase
from negotiation.store.contract import Document, Negotiation, Part
from negotiation.store.exchange import MoveRow
from negotiation.store.preparation import CalendarItem
from negotiation.store.queries.visibility import on_the_table
from negotiation.store.record import HistoryEntry, ImportRecord

SHAPING = (
    Kind.PART_ADDED,
    Kind.PART_CHANGED,
    Kind.PART_MOVED,
    Kind.PART_DROPPED,
    Kind.PART_RESTORED,
    Kind.CLAUSE_ADDED,
    Kind.CLAUSE_SPLIT,
    Kind.PHASE_CHANGED,
)
_PHASES = {**{str(phase): phase for phase in Phase}, "redaction": Phase.SIGNATURE}
_ORDER = list(Phase)


@dataclass(frozen=True)
class PartAt:
    """A part as it was called then."""

    id: str
    parent_id: str | None
    document: DocumentKind
    kind: PartKind
    key: str
    code: str
    title: str


@dataclass(frozen=True)
class Split:
    """A clause of which the end became another one. `before`: fingerprint of what it said whole."""

    clause_id: str
    into: str
    before: str


@dataclass(frozen=True)
class Shape:
    """`parts`: those of the contract then, in order. `later`: ids of clauses added since; `splits`: what was cut in two
    since, oldest first; `orders`: of clauses that were moved since, the ids of each row of siblings as they stood.
    `known_from`: the first moment of which the working texts and titles are known; `is_declared`: they come from a
    file. `later_parts`, `dropped`: how many parts came since, or were out of the contract then."""

    parts: tuple[PartAt, ...]
    known_from: datetime
    is_declared: bool
    phase: Phase
    later: frozenset[str] = frozenset()
    splits: tuple[Split, ...] = ()
    orders: tuple[tuple[str, ...], ...] = ()
    later_parts: int = 0
    dropped: int = 0

    def in_order(self, clause_ids: list[str]) -> list[str]:
        """The clauses of one part, given in today's order, as they stood."""
        for before in self.orders:
            clause_ids = _put_back(clause_ids, before)
        return clause_ids


def shape_at(session: Session, negotiation_id: str, moment: datetime) -> Shape:
    """For callers that know who reads: all of it is what every party reads."""
    row = session.get_one(Negotiation, negotiation_id)
    since = _Since(moment)
    for entry in sorted(session.execute(_entries(negotiation_id)), key=lambda row: row.sequence):
        since.take(entry.kind, json.loads(entry.payload), is_later=entry.recorded_at > moment)
    parts = [part for part in _rows(session, negotiation_id) if part.id not in since.later_parts]
    standing = [part for part in parts if part.id not in since.dropped]
    ordered = [replace(part, title=since.titles.get(part.id, part.title)) for part in since.in_order(standing)]
    known_from, is_declared = _known_from(session, row)
    return Shape(
        parts=tuple(ordered),
        known_from=known_from,
        is_declared=is_declared,
        phase=since.phase or _phase(session, row, moment, known_from),
        later=frozenset(since.later),
        splits=tuple(since.splits),
        orders=tuple(since.clause_orders[::-1]),
        later_parts=len(since.later_parts),
        dropped=len(parts) - len(standing),
    )


def days_around(session: Session, negotiation_id: str, moment: datetime) -> tuple[date | None, date | None]:
    """The last day before that of `moment` on which a shared move was made, and the first one after it."""
    day = paris_day(moment)
    begins = datetime.combine(day, time.min, PARIS)
    ends = datetime.combine(day, time.max, PARIS).replace(microsecond=0)
    shared = (col(MoveRow.negotiation_id) == negotiation_id) & on_the_table(MoveRow.circle)
    before = session.execute(select(func.max(col(MoveRow.at))).where(shared, col(MoveRow.at) < begins)).scalar()
    after = session.execute(select(func.min(col(MoveRow.at))).where(shared, col(MoveRow.at) > ends)).scalar()
    return (paris_day(before) if before else None, paris_day(after) if after else None)


@dataclass
class _Since:
    """What the chain says, read forwards: what was so until then, and what changed since."""

    moment: datetime
    later: set[str] = field(default_factory=set)
    splits: list[Split] = field(default_factory=list)
    later_parts: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)
    """Parts out of the contract then."""
    titles: dict[str, str] = field(default_factory=dict)
    part_orders: list[tuple[str, ...]] = field(default_factory=list)
    clause_orders: list[tuple[str, ...]] = field(default_factory=list)
    phase: Phase | None = None

    def take(self, kind: str, facts: Mapping[str, Any], *, is_later: bool) -> None:
        if kind == Kind.PART_DROPPED:
            self.dropped |= set() if is_later else set(facts["parts"])
        elif kind == Kind.PART_RESTORED:
            self.dropped -= set() if is_later else set(facts["parts"])
        elif kind == Kind.PHASE_CHANGED:
            if not is_later:
                self.phase = Phase(facts["phase"])
            elif self.phase is None:
                self.phase = Phase(facts["before"])
        elif is_later:
            self._undo(kind, facts)

    def _undo(self, kind: str, facts: Mapping[str, Any]) -> None:
        match Kind(kind):
            case Kind.PART_ADDED:
                self.later_parts.add(facts["part"])
                self.later |= {told["clause"] for told in facts["clauses"]}
            case Kind.CLAUSE_ADDED:
                self.later.add(facts["clause"])
            case Kind.CLAUSE_SPLIT:
                self.splits.append(Split(facts["clause"], facts["into"], facts["before"]))
                self.later.add(facts["into"])
            case Kind.PART_CHANGED:
                self.titles.setdefault(facts["part"], facts["before"])
            case Kind.PART_MOVED:
                orders = self.clause_orders if "clause" in facts else self.part_orders
                orders.append(tuple(facts["before"]))

    def in_order(self, parts: list[PartAt]) -> list[PartAt]:
        """A part before what hangs below it, siblings as they stood."""
        known = {part.id: part for part in parts}
        children: dict[str | None, list[str]] = {}
        for part in parts:
            children.setdefault(part.parent_id if part.parent_id in known else None, []).append(part.id)
        for before in reversed(self.part_orders):
            children = {above: _put_back(ids, before) for above, ids in children.items()}

        def walk(above: str | None) -> Iterable[PartAt]:
            for part_id in children.get(above, ()):
                yield known[part_id]
                yield from walk(part_id)

        return list(walk(None))


def _put_back(ids: list[str], before: tuple[str, ...]) -> list[str]:
    """The same ids, those that `before` names in its order and in the places they hold."""
    named = iter([each for each in before if each in ids])
    return [next(named) if each in before else each for each in ids]


def _entries(negotiation_id: str) -> Any:
    """In no order: asked for one, SQLite would read the whole chain."""
    columns = (HistoryEntry.sequence, HistoryEntry.kind, HistoryEntry.payload, HistoryEntry.recorded_at)
    return select(*(col(column) for column in columns)).where(
        col(HistoryEntry.negotiation_id) == negotiation_id,
        on_the_table(HistoryEntry.circle),
        col(HistoryEntry.kind).in_(SHAPING),
    )


def _rows(session: Session, negotiation_id: str) -> list[PartAt]:
    query = (
        select(Part, col(Document.kind))
        .join(Document, col(Document.id) == Part.document_id)
        .where(
            col(Part.negotiation_id) == negotiation_id,
            on_the_table(Part.circle),
            col(Document.kind).in_(NEGOTIATED),
        )
        .order_by(col(Document.kind).desc(), col(Part.position), col(Part.id))
    )
    return [
        PartAt(part.id, part.parent_id, kind, part.kind, part.key, part.code, part.title)
        for part, kind in session.execute(query)
    ]


def _known_from(session: Session, row: Negotiation) -> tuple[datetime, bool]:
    """Of an import, the end of the day to which it was cut, else when it was made; else when the table was opened."""
    query = select(col(ImportRecord.at)).where(col(ImportRecord.negotiation_id) == row.id)
    imported: datetime | None = session.execute(query.order_by(col(ImportRecord.at)).limit(1)).scalar_one_or_none()
    if imported is None:
        return row.created_at, False
    if row.situation_on is None:
        return imported, True
    return datetime.combine(row.situation_on, time(23, 59, 59), PARIS).astimezone(UTC), True


def _phase(session: Session, row: Negotiation, moment: datetime, known_from: datetime) -> Phase:
    """Where nobody said it: today's from the moment of which the table is known; before, as the importer tells it: the
    latest of the calendar, held between what the moves and the signature say."""
    if moment >= known_from:
        return row.phase
    day = paris_day(moment)
    query = select(col(CalendarItem.phase)).where(
        col(CalendarItem.negotiation_id) == row.id, col(CalendarItem.on) <= day
    )
    past = [_PHASES[phase] for phase in session.execute(query).scalars() if phase in _PHASES]
    moved = select(col(MoveRow.id)).where(
        col(MoveRow.negotiation_id) == row.id, on_the_table(MoveRow.circle), col(MoveRow.at) <= moment
    )
    has_moved = session.execute(moved.limit(1)).first() is not None
    is_signed = row.signed_on is not None and row.signed_on <= day
    lowest = Phase.SIGNATURE if is_signed else Phase.NEGOTIATION if has_moved else Phase.CADRAGE
    highest = Phase.EVALUATION if is_signed else Phase.SIGNATURE
    latest = max(past, key=_ORDER.index, default=Phase.CADRAGE)
    return max(lowest, min(latest, highest, key=_ORDER.index), key=_ORDER.index)
