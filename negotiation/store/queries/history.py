"""The chains as a reader may read them, paged; heads and entries for the archive."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor, circles_of
from negotiation.rules.vocabulary import Circle
from negotiation.store.queries.visibility import visible
from negotiation.store.record import HistoryEntry

PAGE = 50


@dataclass(frozen=True)
class EntryView:
    """One entry of a chain. `facts` is its payload, None when withheld."""

    id: str
    circle: Circle
    sequence: int
    recorded_at: datetime
    actor: str
    kind: str
    clause_id: str | None
    facts: dict[str, Any] | None
    header_hash: str


@dataclass(frozen=True)
class HistoryPage:
    """Entries of one circle, newest first. `older` is the sequence to ask before; `backward`: the sequences of entries
    dated before the one that they follow (trust T16)."""

    circle: Circle
    entries: tuple[EntryView, ...]
    older: int | None
    backward: frozenset[int] = frozenset()


def history_page(session: Session, actor: Actor, circle: Circle, before: int | None = None) -> HistoryPage:
    """The last entries of a chain, or those before a sequence. Empty when the circle isn't the reader's."""
    query = (
        select(HistoryEntry)
        .where(
            col(HistoryEntry.negotiation_id) == actor.negotiation_id,
            col(HistoryEntry.circle) == str(circle),
            visible(HistoryEntry.circle, actor),
        )
        .order_by(col(HistoryEntry.sequence).desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(col(HistoryEntry.sequence) < before)
    rows = session.execute(query).scalars().all()
    entries = tuple(entry_view(row) for row in rows[:PAGE])
    backward = frozenset(row.sequence for row, before in pairwise(rows) if row.recorded_at < before.recorded_at)
    return HistoryPage(circle, entries, entries[-1].sequence if len(rows) > PAGE else None, backward)


def whole_chains(session: Session, actor: Actor) -> Iterator[tuple[Circle, tuple[HistoryEntry, ...]]]:
    """Every chain that this person reads, whole and in order, for export and verification."""
    for circle in circles_of(actor):
        query = (
            select(HistoryEntry)
            .where(
                col(HistoryEntry.negotiation_id) == actor.negotiation_id,
                col(HistoryEntry.circle) == str(circle),
            )
            .order_by(col(HistoryEntry.sequence))
        )
        yield circle, tuple(session.execute(query).scalars())


def heads_reached(session: Session, actor: Actor) -> str:
    """How far each chain that this person reads has come: what was made at the same heads has missed nothing."""
    longest = func.coalesce(func.max(col(HistoryEntry.sequence)), 0)
    heads = [
        select(longest).where(
            col(HistoryEntry.negotiation_id) == actor.negotiation_id,
            col(HistoryEntry.circle) == str(circle),
        )
        for circle in circles_of(actor)
    ]
    return ".".join(str(head) for head in session.execute(select(*(head.scalar_subquery() for head in heads))).one())


def entry_view(row: HistoryEntry) -> EntryView:
    return EntryView(
        id=row.id,
        circle=Circle.parse(row.circle),
        sequence=row.sequence,
        recorded_at=row.recorded_at,
        actor=row.actor,
        kind=row.kind,
        clause_id=row.clause_id,
        facts=json.loads(row.payload) if row.payload is not None else None,
        header_hash=row.header_hash,
    )
