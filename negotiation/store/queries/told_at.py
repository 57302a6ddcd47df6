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

from sqlalchemy import ColumnElement, case, func, select, union_all
from sqlmodel import Session, col

from negotiation.events import Kind
from negotiation.rules.lifecycle import Approval, Situation, Tabled
from negotiation.rules.paris import paris_day
from negotiation.rules.replaying import ANSWERS, LASTING, RESERVES, Step, Told, told_by
from negotiation.rules.vocabulary import TEXT_MOVES, ClauseState, DocumentKind
from negotiation.store.contract import Clause, ClauseParty, Document, Negotiation, Part
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.people import Party
from negotiation.store.queries.situations import APPROVAL, SIGNED
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
    begun = _signed_before(session, [clause.id for clause in clauses if SIGNED in clause.attributes])
    return {
        clause.id: _then(
            clause,
            facts.first.get(clause.id, concerned[clause.id]),
            steps[clause.id],
            begun=begun.get(clause.id),
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
    begun: Any,
    is_declared: bool,
    is_signed: bool,
) -> Then:
    """`is_signed`: what the file declares of this clause is reached. `begun`: the signed text that it starts from."""
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
    if begun is not None:
        start = _from_signed(start, begun, is_open=bool(clause.attributes[SIGNED].get("opened")))
    told = told_by(start, [step for step, _ in steps], agreed=begun.id if begun else None)
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


def _from_signed(start: Situation, begun: Any, *, is_open: bool) -> Situation:
    """A clause of an avenant before anybody moved it: agreed with the signed text, or opened with the avenant."""
    known = replace(start, was_agreed=True, versions=max(start.versions, 1))
    if is_open:
        return replace(known, state=ClauseState.REOPENED)
    current = Tabled(number=1, fingerprint=begun.fingerprint, author=None)
    return replace(known, state=ClauseState.AGREED, current=current, behind=start.concerned)


def _signed_before(session: Session, clause_ids: Collection[str]) -> dict[str, Any]:
    """The signed version with which each clause of an avenant began, by clause."""
    if not clause_ids:
        return {}
    query = select(col(Version.clause_id), col(Version.id), col(Version.fingerprint)).where(
        col(Version.clause_id).in_(sorted(clause_ids)), col(Version.number) == 1
    )
    return {row.clause_id: row for row in session.execute(query)}


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

    What is read doesn't grow with the history: of each clause its last text and its answers, found from the end of an
    index; the few moves that outlive a text are found by their type. Talk is read nowhere.
    """
    outliving = session.execute(_outliving(negotiation_id)).all()
    ranks = dict(session.execute(_reached(negotiation_id, moment, only={row.clause_id for row in outliving})).all())
    lasting = {row.clause_id for row in outliving if row.type in LASTING}
    texts = session.execute(_texts_and_answers(negotiation_id, moment, only=only, whole=lasting)).all()
    others = [row for row in outliving if row.rank <= (ranks[row.clause_id] or 0)]
    found: dict[str, list[tuple[Step, int | None]]] = defaultdict(list)
    declared: dict[str, bool] = {}
    for row in sorted([*others, *texts], key=lambda row: row.rank):
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


def _reached(negotiation_id: str, moment: datetime, *, only: Collection[str] | None) -> Any:
    """Of each clause, the rank of its last move until then; None where it has none."""
    wanted = (col(Clause.negotiation_id) == negotiation_id) & on_the_table(Clause.circle)
    if only is not None:
        wanted &= col(Clause.id).in_(sorted(only))
    moves = _shared(negotiation_id) & (col(MoveRow.clause_id) == col(Clause.id)) & (col(MoveRow.at) <= moment)
    return select(col(Clause.id), _last_rank(moves, Clause).label("rank")).where(wanted)


def _last_rank(moves: ColumnElement[bool], of: Any) -> Any:
    """Asked for its greatest, SQLite would read all the ranks."""
    rank = col(MoveRow.rank)
    return select(rank).where(moves).order_by(rank.desc()).limit(1).correlate(of).scalar_subquery()


def _texts_and_answers(
    negotiation_id: str, moment: datetime, *, only: Collection[str] | None, whole: Collection[str]
) -> Any:
    """Of each clause its last text until then and what answered it; all its texts and answers where it is in `whole`.

    Steps that are told apart (`MATERIALIZED`) are worked out once for a clause, and not once for a move.
    """
    shared, rank = _shared(negotiation_id), col(MoveRow.rank)
    reached = _reached(negotiation_id, moment, only=only).cte("reached").prefix_with("MATERIALIZED")
    until = shared & (col(MoveRow.clause_id) == reached.c.id) & (rank <= reached.c.rank)
    texts = [
        func.coalesce(_last_rank(until & (col(MoveRow.type) == move), reached), 0).label(move)
        for move in sorted(TEXT_MOVES)
    ]
    stood = select(reached.c.id, reached.c.rank, *texts).cte("stood").prefix_with("MATERIALIZED")
    first, second = (stood.c[move] for move in sorted(TEXT_MOVES))
    begins = case((stood.c.id.in_(sorted(whole)), 0), (first > second, first), else_=second)
    span = select(stood.c.id, stood.c.rank, begins.label("begins")).cte("span").prefix_with("MATERIALIZED")
    tabled = (MoveRow.version_id, Version.number, Version.author_party_id, Version.fingerprint)
    return union_all(
        *(
            select(*(col(column) for column in _OF_A_STEP + tabled))
            .select_from(span)
            .join(MoveRow, (col(MoveRow.clause_id) == span.c.id) & (rank >= span.c.begins) & (rank <= span.c.rank))
            .outerjoin(Version, col(Version.id) == MoveRow.version_id)
            .where(shared, col(MoveRow.type) == move)
            for move in sorted(TEXT_MOVES | ANSWERS)
        )
    )
