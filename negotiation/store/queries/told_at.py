"""Where clauses stood at a moment: one question to the database for as many clauses as one wants, and a fold.

A clause is told by its reserves, its last text at that moment and what followed; whole only where something lasting
came before (`rules.replaying`). Moves count by their own date, declared when they were imported, in the order of their
clause.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import Session, col

from negotiation.events import Kind
from negotiation.rules.lifecycle import Approval, Situation
from negotiation.rules.paris import paris_day
from negotiation.rules.replaying import LASTING, RESERVES, Step, Told, told_by
from negotiation.rules.vocabulary import TALK_MOVES, TEXT_MOVES, ClauseState, DocumentKind
from negotiation.store.contract import Clause, ClauseParty, Document, Negotiation, Part
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.people import Party
from negotiation.store.queries.situations import APPROVAL
from negotiation.store.queries.visibility import on_the_table
from negotiation.store.record import HistoryEntry

DECLARED = "declared"
"""Attribute of a clause whose outcome a file's signature declares, without the moves that would have made it."""


@dataclass(frozen=True)
class Then:
    """A clause at a moment. `is_declared`: its last move, or its outcome, is what a file says."""

    told: Told
    is_declared: bool = False

    @property
    def situation(self) -> Situation:
        return self.told.situation


def told_at(
    session: Session, negotiation_id: str, moment: datetime, *, only: Collection[str] | None = None
) -> dict[str, Then]:
    """Shared clauses of the table by id, all of them unless told which; for callers that know who reads.

    A clause that nothing had moved yet stands as it began.
    """
    wanted = (col(Clause.negotiation_id) == negotiation_id) & on_the_table(Clause.circle)
    if only is not None:
        wanted &= col(Clause.id).in_(sorted(only))
    columns = (
        Clause.id, Clause.kind, Clause.follows_id, Clause.attributes, Clause.state, Clause.agreed_version_id,
    )  # fmt: skip
    clauses = session.execute(select(*(col(column) for column in columns)).where(wanted)).all()
    facts = _Facts.of(session, negotiation_id)
    concerned = _concerned(session, wanted)
    steps, declared = _steps(session, negotiation_id, moment, only=only, named=facts.named)
    return {
        clause.id: _then(
            clause,
            facts.first.get(clause.id, concerned[clause.id]),
            steps[clause.id],
            is_declared=declared.get(clause.id, False),
            is_signed=paris_day(moment) >= facts.declared_on(clause.id) if DECLARED in clause.attributes else False,
        )
        for clause in clauses
    }


def _then(
    clause: Any,
    concerned: frozenset[str],
    steps: list[tuple[Step, int | None]],
    *,
    is_declared: bool,
    is_signed: bool,
) -> Then:
    """`is_signed`: what the file declares of this clause is reached."""
    number = next((number for step, number in steps if step.move in TEXT_MOVES), None)
    start = Situation(
        concerned=concerned,
        kind=clause.kind,
        follows=clause.follows_id,
        versions=(number or 1) - 1,
        approval=Approval(clause.attributes[APPROVAL]) if APPROVAL in clause.attributes else None,
    )
    if is_signed and clause.agreed_version_id is None and clause.state is not ClauseState.WITHDRAWN:
        start = replace(start, state=ClauseState.AGREED, was_agreed=True)
    told = told_by(start, [step for step, _ in steps])
    if not is_signed:
        return Then(told, is_declared)
    situation = told.situation
    if clause.state is ClauseState.WITHDRAWN:
        gone = replace(
            situation, state=ClauseState.WITHDRAWN, current=None, behind=frozenset(), open_reserves=frozenset()
        )
        return Then(replace(told, situation=gone, tabled=None, reserves={}), is_declared=True)
    if clause.agreed_version_id is not None and situation.current is not None:
        agreed = replace(situation, state=ClauseState.AGREED, was_agreed=True)
        return Then(replace(told, situation=agreed, agreed=told.tabled), is_declared=True)
    return Then(told, is_declared=True)


@dataclass(frozen=True)
class _Facts:
    """What the chain and the file say beside the moves. `first`: who was concerned before the first change, by clause;
    `named`: who would be, by the move that asks; `declared_on`: see `declared_days`."""

    first: Mapping[str, frozenset[str]]
    named: Mapping[str, frozenset[str]]
    declared_on: Callable[[str], date]

    @classmethod
    def of(cls, session: Session, negotiation_id: str) -> "_Facts":
        ids = _ids_by_key(session, negotiation_id)
        columns = (HistoryEntry.sequence, HistoryEntry.kind, HistoryEntry.clause_id, HistoryEntry.payload)
        query = select(*(col(column) for column in columns)).where(
            col(HistoryEntry.negotiation_id) == negotiation_id,
            on_the_table(HistoryEntry.circle),
            col(HistoryEntry.kind).in_([Kind.CONCERNED_REQUESTED, Kind.CONCERNED_CHANGED]),
        )
        first: dict[str, frozenset[str]] = {}
        named: dict[str, frozenset[str]] = {}
        # Sorted here: asked for an order, SQLite would read the whole chain.
        for _, kind, clause_id, payload in sorted(session.execute(query), key=lambda row: row.sequence):
            told = json.loads(payload)
            if kind == Kind.CONCERNED_REQUESTED:
                named[told["move"]] = frozenset(ids[key] for key in told["parties"])
            elif "before" in told:
                first.setdefault(clause_id, frozenset(ids[key] for key in told["before"]))
        return cls(first, named, declared_days(session, negotiation_id))


def declared_days(session: Session, negotiation_id: str) -> Callable[[str], date]:
    """From which day what a file declares of a clause counts, by its id: that of the signature; the note de cadrage
    bears its own date."""
    signed_on = session.get_one(Negotiation, negotiation_id).signed_on or date.min
    framing = _framing_days(session, negotiation_id)
    return lambda clause_id: framing.get(clause_id, signed_on)


def _framing_days(session: Session, negotiation_id: str) -> dict[str, date]:
    query = (
        select(col(Clause.id), col(Document.attributes))
        .join(Part, col(Part.id) == Clause.part_id)
        .join(Document, col(Document.id) == Part.document_id)
        .where(col(Document.negotiation_id) == negotiation_id, col(Document.kind) == DocumentKind.CADRAGE)
    )
    return {
        clause_id: date.fromisoformat(attributes["date"])
        for clause_id, attributes in session.execute(query)
        if attributes.get("date")
    }


def _ids_by_key(session: Session, negotiation_id: str) -> dict[str, str]:
    query = select(col(Party.key), col(Party.id)).where(col(Party.negotiation_id) == negotiation_id)
    return dict(session.execute(query).all())


def _concerned(session: Session, wanted: ColumnElement[bool]) -> dict[str, frozenset[str]]:
    query = select(col(ClauseParty.clause_id), col(ClauseParty.party_id)).join(
        Clause, col(Clause.id) == ClauseParty.clause_id
    )
    found: dict[str, set[str]] = defaultdict(set)
    for clause_id, party_id in session.execute(query.where(wanted)):
        found[clause_id].add(party_id)
    return defaultdict(frozenset, {clause_id: frozenset(parties) for clause_id, parties in found.items()})


def _steps(
    session: Session,
    negotiation_id: str,
    moment: datetime,
    *,
    only: Iterable[str] | None,
    named: Mapping[str, frozenset[str]],
) -> tuple[dict[str, list[tuple[Step, int | None]]], dict[str, bool]]:
    """By clause: what counts of its moves, each with the number of the version that it tables; and whether the last was
    declared."""
    found: dict[str, list[tuple[Step, int | None]]] = defaultdict(list)
    declared: dict[str, bool] = {}
    for row in session.execute(_what_counts(negotiation_id, moment, only)):
        is_text = row.type in TEXT_MOVES
        step = Step(
            row.id,
            row.type,
            row.party_id,
            row.at,
            version=row.version_id if is_text else None,
            author=row.author_party_id if is_text else row.party_id,
            fingerprint=row.fingerprint if is_text else "",
            parties=named.get(row.id, frozenset()),
        )
        found[row.clause_id].append((step, row.number if is_text else None))
        declared[row.clause_id] = row.key is not None
    return found, declared


def _what_counts(negotiation_id: str, moment: datetime, only: Iterable[str] | None) -> Any:
    shared = (col(MoveRow.negotiation_id) == negotiation_id) & on_the_table(MoveRow.circle)
    if only is not None:
        shared &= col(MoveRow.clause_id).in_(sorted(only))
    rank, clause_id = col(MoveRow.rank), col(MoveRow.clause_id)
    reached = (
        select(clause_id, func.max(rank).label("rank"))
        .where(shared, col(MoveRow.at) <= moment)
        .group_by(clause_id)
        .subquery()
    )
    span = (
        select(
            clause_id,
            reached.c.rank,
            func.max(case((col(MoveRow.type).in_(TEXT_MOVES), rank))).label("text"),
            func.min(case((col(MoveRow.type).in_(LASTING), rank))).label("lasting"),
        )
        .join(reached, (reached.c.clause_id == clause_id) & (reached.c.rank >= rank))
        .where(shared)
        .group_by(clause_id, reached.c.rank)
        .subquery()
    )
    begins = case((span.c.lasting < span.c.text, 0), else_=func.coalesce(span.c.text, 0))
    told = (MoveRow.id, MoveRow.clause_id, MoveRow.type, MoveRow.party_id, MoveRow.at, MoveRow.key, MoveRow.version_id)
    tabled = (Version.number, Version.author_party_id, Version.fingerprint)
    return (
        select(*(col(column) for column in told + tabled))
        .join(span, (span.c.clause_id == clause_id) & (rank <= span.c.rank))
        .outerjoin(Version, col(Version.id) == MoveRow.version_id)
        .where(shared, col(MoveRow.type).in_(RESERVES) | ((rank >= begins) & col(MoveRow.type).not_in(TALK_MOVES)))
        .order_by(clause_id, rank)
    )
