"""What the histories that came with an archive tell, and the rows beside them, ready to be held against each other."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.errors import InvalidArchive
from negotiation.events import KIND_OF_MOVE, Kind
from negotiation.rules.history_chain import canonical_payload
from negotiation.rules.vocabulary import SHARED, TALK_MOVES
from negotiation.store.contract import Negotiation
from negotiation.store.queries.carried import class_of
from negotiation.store.record import HistoryEntry

BY_FILE = "import"
"""Actor of what a file declares."""
IN_ONE_GESTURE = timedelta(minutes=1)
"""Between a row and its fact, which one transaction writes."""
ERASED = frozenset({Kind.MESSAGE_SENT, *(KIND_OF_MOVE[move] for move in TALK_MOVES)})
"""Shared facts whose words may be taken back; of no other may the content be withheld."""


@dataclass(frozen=True)
class Fact:
    circle: str
    sequence: int
    at: datetime
    actor: str
    kind: str
    hash: str
    said: dict[str, Any] | None


@dataclass(frozen=True)
class Told:
    """The rows of one negotiation and its facts. Parties and members by key, as facts name them."""

    session: Session
    negotiation: Negotiation
    facts: tuple[Fact, ...]
    read: dict[str, list[Any]] = field(default_factory=dict)

    def rows(self, table: str) -> list[Any]:
        if table not in self.read:
            kind: Any = class_of(table)
            query = select(kind).where(col(kind.negotiation_id) == self.negotiation.id)
            self.read[table] = list(self.session.execute(query).scalars())
        return self.read[table]

    def of(self, *kinds: Kind, circle: str = str(SHARED)) -> list[Any]:
        """In order; those whose words were taken back are left out."""
        found = [fact for kind in kinds for fact in self._by_kind.get((circle, str(kind)), ())]
        return sorted(found, key=lambda fact: fact.sequence) if len(kinds) > 1 else found

    def some(self, kind: Kind, actor: str, **said: object) -> bool:
        """Whether somebody did just this."""
        same = (all(fact.said.get(name) == it for name, it in said.items()) for fact in self._by(kind, actor))
        return any(same)

    def party(self, party_id: str | None) -> str | None:
        return self._keys("party")[party_id] if party_id else None

    def member(self, member_id: str | None) -> str | None:
        return self._keys("member")[member_id] if member_id else None

    @cached_property
    def opening(self) -> dict[str, Any]:
        """What the first fact says: how it was opened, or what it amends."""
        return next((fact.said for fact in self.of(Kind.NEGOTIATION_OPENED) if fact.sequence == 1), {})

    @cached_property
    def amends(self) -> dict[str, Any]:
        """Empty but for an avenant."""
        return dict(self.opening.get("amends", {}))

    @cached_property
    def is_declared(self) -> bool:
        """Whether a file tells it, and its history says so."""
        return any(fact.actor == BY_FILE for fact in self.of(Kind.NEGOTIATION_IMPORTED))

    def _by(self, kind: Kind, actor: str) -> Iterator[Any]:
        return (fact for fact in self.of(kind) if fact.actor == actor)

    def _keys(self, table: str) -> dict[str, str]:
        return {row.id: row.key for row in self.rows(table)}

    @cached_property
    def _by_kind(self) -> dict[tuple[str, str], list[Fact]]:
        found: dict[tuple[str, str], list[Fact]] = {}
        for fact in self.facts:
            if fact.said is not None:
                found.setdefault((fact.circle, fact.kind), []).append(fact)
        return found


def told_by_history(session: Session, negotiation_id: str) -> Told:
    """Raises InvalidArchive when a shared fact that may not be erased is withheld: what it proves can't be checked."""
    query = select(HistoryEntry).where(col(HistoryEntry.negotiation_id) == negotiation_id)
    rows = session.execute(query.order_by(col(HistoryEntry.circle), col(HistoryEntry.sequence))).scalars()
    facts = tuple(
        Fact(
            row.circle,
            row.sequence,
            row.recorded_at,
            row.actor,
            row.kind,
            row.header_hash,
            json.loads(row.payload) if row.payload is not None else None,
        )
        for row in rows
    )
    for fact in facts:
        if fact.said is None and fact.circle == str(SHARED) and fact.kind not in ERASED:
            raise InvalidArchive(problem=f"le contenu du fait {fact.sequence} ({fact.kind}) y manque")
    return Told(session, session.get_one(Negotiation, negotiation_id), facts)


def pair(table: str, rows: Sequence[object], facts: Sequence[object]) -> None:
    """One row for each fact that says the same, in any order. Raises InvalidArchive."""
    here, told = (sorted(canonical_payload({"all": each}) for each in side) for side in (rows, facts))
    demand(table, here == told)


def demand(table: str, *holds: object) -> None:
    """Raises InvalidArchive."""
    if not all(holds):
        raise InvalidArchive(problem=f"donnees/{table}.json ne dit pas ce que raconte l’historique")


def at_once(one: datetime, other: datetime) -> bool:
    """Whether one gesture wrote both."""
    return abs(one - other) <= IN_ONE_GESTURE
