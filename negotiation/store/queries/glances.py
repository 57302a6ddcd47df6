"""What was summed up of each clause of a contract, and what is still to be: of shared steps, the same for all."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from negotiation.events import Kind
from negotiation.rules.glance import RULE, ClauseSummary, Distance, Wait
from negotiation.rules.navette import Step
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import OUTSIDE_CONTRACT, SHARED, ClauseState, ValueKind
from negotiation.store.contract import Clause, Document, Part
from negotiation.store.derived import ClauseGlance
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.queries.visibility import on_the_table, visible
from negotiation.store.record import HistoryEntry


@dataclass(frozen=True)
class SummedUp:
    """A clause of the contract. `summary` None: not summed up since something happened on it."""

    id: str
    code: str
    label: str
    part_code: str
    part_title: str
    state: ClauseState
    value_kind: ValueKind
    unit: str
    is_agreed: bool
    says_something: bool
    summary: ClauseSummary | None


@dataclass(frozen=True)
class Shown:
    """What a clause is summed up from, beside its steps. `standing`: number of the version that stands, its text and
    value; `first`: the first text."""

    revision: int
    kind: ValueKind
    standing: int | None
    text: str
    value: Any
    first: str


def summed_up(session: Session, actor: Actor) -> tuple[SummedUp, ...]:
    """Every clause of the contract that is on the table, in its order."""
    query = (
        select(Clause, Part, ClauseGlance)
        .join(Part, col(Part.id) == Clause.part_id)
        .join(Document, col(Document.id) == Part.document_id)
        .outerjoin(ClauseGlance, _is_of_now())
        .where(
            col(Clause.negotiation_id) == actor.negotiation_id,
            visible(Clause.circle, actor),
            on_the_table(Clause.circle),
            col(Part.dropped_at).is_(None),
            col(Part.kind).not_in(OUTSIDE_CONTRACT),
        )
        .order_by(col(Document.kind), col(Part.position), col(Clause.position), col(Clause.id))
    )
    return tuple(_summed_up(*row) for row in session.execute(query))


def _is_of_now() -> ColumnElement[bool]:
    return (
        (col(ClauseGlance.clause_id) == Clause.id)
        & (col(ClauseGlance.revision) == Clause.revision)
        & (col(ClauseGlance.rule) == RULE)
    )


def _summed_up(clause: Clause, part: Part, row: ClauseGlance | None) -> SummedUp:
    moved = bool(clause.revision or clause.versions)
    return SummedUp(
        id=clause.id,
        code=clause.code,
        label=clause.label,
        part_code=part.code,
        part_title=part.title,
        state=clause.state,
        value_kind=clause.value_kind,
        unit=clause.unit,
        is_agreed=clause.agreed_version_id is not None,
        says_something=bool(clause.working_text or clause.versions or clause.working_value is not None),
        summary=_summary(row.facts) if row else None if moved else ClauseSummary(),
    )


def not_summed_up(session: Session, limit: int, but: Collection[str] = ()) -> list[str]:
    """Ids of clauses of any table on which something happened since they were summed up; some left out."""
    query = (
        select(col(Clause.id))
        .outerjoin(ClauseGlance, _is_of_now())
        .where(
            on_the_table(Clause.circle),
            col(ClauseGlance.clause_id).is_(None),
            (col(Clause.revision) > 0) | (col(Clause.versions) > 0),
            col(Clause.id).not_in(sorted(but)),
        )
        .order_by(col(Clause.id))
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def shared_steps(session: Session, clause_id: str) -> tuple[Step, ...]:
    """What everybody reads of a clause, in order, whoever asks: for figures that are the same for all."""
    query = (
        select(MoveRow, col(Version.number), col(Version.value), col(Version.author_party_id))
        .outerjoin(Version, col(Version.id) == MoveRow.version_id)
        .where(col(MoveRow.clause_id) == clause_id, on_the_table(MoveRow.circle))
        .order_by(col(MoveRow.rank))
    )
    return tuple(
        Step(
            row.id, row.type, row.party_id, row.at, SHARED, number, value, author, row.reply_to_id, row.key is not None
        )
        for row, number, value, author in session.execute(query)
    )


def agreeing_steps(session: Session, clause_id: str) -> frozenset[str]:
    """Ids of the moves that completed an agreement."""
    query = select(col(HistoryEntry.payload)).where(
        col(HistoryEntry.clause_id) == clause_id,
        on_the_table(HistoryEntry.circle),
        col(HistoryEntry.kind) == Kind.CLAUSE_AGREED,
    )
    return frozenset(json.loads(payload or "{}").get("move", "") for payload in session.execute(query).scalars())


def shown_of(session: Session, clause_id: str) -> Shown:
    clause = session.get_one(Clause, clause_id)
    standing = session.get(Version, clause.agreed_version_id or clause.current_version_id or "")
    first = select(col(Version.text)).where(col(Version.clause_id) == clause_id, col(Version.number) == 1)
    return Shown(
        revision=clause.revision,
        kind=clause.value_kind,
        standing=standing.number if standing else None,
        text=standing.text if standing else "",
        value=standing.value if standing and clause.agreed_version_id else None,
        first=session.execute(first).scalar_one_or_none() or "",
    )


def facts_of(summary: ClauseSummary) -> dict[str, Any]:
    """As JSON keeps it; `_summary` reads it."""
    wait, distance = summary.wait, summary.distance
    return {
        "moves": summary.moves,
        "versions": summary.versions,
        "changed": summary.changed,
        "days": {party: {str(days): count for days, count in by.items()} for party, by in summary.days.items()},
        "wait": [wait.since_step, wait.since.isoformat(), str(wait.until), wait.days] if wait else None,
        "last": [summary.last[0], summary.last[1].isoformat()] if summary.last else None,
        "distance": [
            _said(distance.first),
            _said(distance.last),
            None if distance.agreed is None else str(distance.agreed),
        ]
        if distance
        else None,
        "words": {party: list(both) for party, both in summary.words.items()},
    }


def _said(numbers: Mapping[str, Decimal]) -> dict[str, str]:
    return {party: str(number) for party, number in numbers.items()}


def _summary(facts: Mapping[str, Any]) -> ClauseSummary:
    wait, last, distance = facts["wait"], facts["last"], facts["distance"]
    return ClauseSummary(
        moves=facts["moves"],
        versions=facts["versions"],
        changed=facts["changed"],
        days={party: {int(days): count for days, count in by.items()} for party, by in facts["days"].items()},
        wait=Wait(wait[0], date.fromisoformat(wait[1]), date.fromisoformat(wait[2]), wait[3]) if wait else None,
        last=(last[0], date.fromisoformat(last[1])) if last else None,
        distance=_distance(*distance) if distance else None,
        words={party: (told, kept) for party, (told, kept) in facts["words"].items()},
    )


def _distance(first: Mapping[str, str], last: Mapping[str, str], agreed: str | None) -> Distance:
    return Distance(_read(first.items()), _read(last.items()), None if agreed is None else Decimal(agreed))


def _read(numbers: Iterable[tuple[str, str]]) -> dict[str, Decimal]:
    return {party: Decimal(number) for party, number in numbers}
