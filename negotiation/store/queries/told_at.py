"""Where clauses stood at a moment: one question to the database for as many clauses as one wants, and a fold.

A clause is told by its reserves, its last text at that moment and what followed; whole only where something lasting
came before (`rules.replaying`). Moves count by their own date, declared when they were imported, in the order of their
clause.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
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
    only: Collection[str] | None,
    named: Mapping[str, frozenset[str]],
) -> tuple[dict[str, list[tuple[Step, int | None]]], dict[str, bool]]:
    """By clause: what counts of its moves, each with the number of the version that it tables; and whether the last was
    declared.

    What is read doesn't grow with the history: of each clause the moves since its last text, found from the end of an
    index; the few that outlive a text are found by their type.
    """
    outliving = session.execute(_outliving(negotiation_id)).all()
    whole = {row.clause_id for row in outliving if row.type in LASTING}
    rows = session.execute(_since_last_text(negotiation_id, moment, only=only, whole=whole)).all()
    begins = {row.clause_id: row.begins for row in rows}
    reserves = [row for row in outliving if row.type in RESERVES and row.rank < begins.get(row.clause_id, 0)]
    found: dict[str, list[tuple[Step, int | None]]] = defaultdict(list)
    declared: dict[str, bool] = {}
    for row in sorted([*reserves, *rows], key=lambda row: row.rank):
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


_OF_A_STEP = (
    MoveRow.rank, MoveRow.id, MoveRow.clause_id, MoveRow.type, MoveRow.party_id, MoveRow.at, MoveRow.key,
)  # fmt: skip


def _shared(negotiation_id: str) -> ColumnElement[bool]:
    return (col(MoveRow.negotiation_id) == negotiation_id) & on_the_table(MoveRow.circle)


def _outliving(negotiation_id: str) -> Any:
    """The moves of a table that outlive the text on which they were made, in no order: asked for one, or for some
    clauses, SQLite would read all the moves."""
    return select(*(col(column) for column in _OF_A_STEP)).where(
        _shared(negotiation_id), col(MoveRow.type).in_(LASTING | RESERVES)
    )


def _since_last_text(
    negotiation_id: str, moment: datetime, *, only: Collection[str] | None, whole: Collection[str]
) -> Any:
    """Of each clause its moves until then, from its last text on, talk left out; all of them where the clause is in
    `whole`. `begins`: the rank of the first that counts."""
    wanted = (col(Clause.negotiation_id) == negotiation_id) & on_the_table(Clause.circle)
    if only is not None:
        wanted &= col(Clause.id).in_(sorted(only))
    shared, rank, of_clause = _shared(negotiation_id), col(MoveRow.rank), col(MoveRow.clause_id)
    last = (
        select(rank)
        .where(shared, of_clause == col(Clause.id), col(MoveRow.at) <= moment)
        .order_by(rank.desc())
        .limit(1)
        .correlate(Clause)
    )
    # Each is worked out once for a clause, and not once for a move.
    reached = select(col(Clause.id), last.scalar_subquery().label("rank")).where(wanted).cte("reached")
    reached = reached.prefix_with("MATERIALIZED")
    text = (
        select(rank)
        .where(shared, of_clause == reached.c.id, rank <= reached.c.rank, col(MoveRow.type).in_(TEXT_MOVES))
        .order_by(rank.desc())
        .limit(1)
        .correlate(reached)
    )
    begins = case((reached.c.id.in_(sorted(whole)), 0), else_=func.coalesce(text.scalar_subquery(), 0))
    span = select(reached.c.id, reached.c.rank, begins.label("begins")).cte("span").prefix_with("MATERIALIZED")
    tabled = (MoveRow.version_id, Version.number, Version.author_party_id, Version.fingerprint)
    return (
        select(span.c.begins, *(col(column) for column in _OF_A_STEP + tabled))
        .select_from(span)
        .join(MoveRow, (of_clause == span.c.id) & (rank >= span.c.begins) & (rank <= span.c.rank))
        .outerjoin(Version, col(Version.id) == MoveRow.version_id)
        .where(shared, col(MoveRow.type).not_in(TALK_MOVES))
    )
