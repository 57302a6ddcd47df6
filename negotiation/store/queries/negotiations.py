"""The negotiation as a whole: its head line, its plan, its cards on the accueil."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.lifecycle import Situation, Tabled
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import (
    SHARED,
    Circle,
    ClauseKind,
    ClauseState,
    DocumentKind,
    NegotiationStatus,
    PartKind,
    Phase,
)
from negotiation.store.contract import Clause, ClauseParty, Document, Negotiation, Part
from negotiation.store.preparation import CalendarItem
from negotiation.store.queries.clauses import in_the_contract
from negotiation.store.queries.situations import as_situation
from negotiation.store.queries.visibility import on_the_table, visible


@dataclass(frozen=True)
class NegotiationView:
    """What every page of a negotiation shows at its head."""

    id: str
    title: str
    reference: str
    sector: str
    contract_type: str
    legal_basis: tuple[str, ...]
    territory: str
    status: NegotiationStatus
    phase: Phase
    opened_on: date
    signed_on: date | None
    contract_start: date
    contract_end: date
    summary: str
    situation_on: date | None
    frozen_at: datetime | None

    @property
    def as_of(self) -> date | None:
        """The day at which a demonstration is shown."""
        return self.situation_on


@dataclass(frozen=True)
class Counts:
    """Engagements by state; withdrawn ones are left out of `total`. `mine` waits for the reader's party."""

    total: int = 0
    agreed: int = 0
    mine: int = 0


@dataclass(frozen=True)
class MeetingView:
    title: str
    on: date
    time: str | None
    place: str | None
    kind: str


@dataclass(frozen=True)
class PlanEntry:
    """A part in the plan on the left: its clauses, those agreed, those that wait for an answer, those written that
    nobody tabled. `waiting_below` and `all_agreed` also look at the parts that hang below it."""

    id: str
    parent_id: str | None
    kind: PartKind
    code: str
    title: str
    clauses: int
    agreed: int
    waiting: int
    untabled: int
    circle: Circle = SHARED
    """Shared, or still the inside of who prepares it."""
    waiting_below: int = 0
    all_agreed: bool = False


MEETINGS = ("reunion", "copil", "cotech", "seance", "dialogue_gestion", "signature", "evaluation")


def negotiation_view(session: Session, negotiation_id: str) -> NegotiationView:
    """Raises NotFound."""
    row = session.get(Negotiation, negotiation_id)
    if row is None:
        raise NotFound()
    return _view(row)


def _view(row: Negotiation) -> NegotiationView:
    return NegotiationView(
        id=row.id,
        title=row.title,
        reference=row.reference,
        sector=row.sector,
        contract_type=row.contract_type,
        legal_basis=tuple(row.legal_basis),
        territory=row.territory,
        status=row.status,
        phase=row.phase,
        opened_on=row.opened_on,
        signed_on=row.signed_on,
        contract_start=row.contract_start,
        contract_end=row.contract_end,
        summary=row.summary,
        situation_on=row.situation_on,
        frozen_at=row.frozen_at,
    )


def negotiation_views(session: Session, negotiation_ids: Iterable[str]) -> tuple[NegotiationView, ...]:
    """Several negotiations: open ones first, the last opened before the others."""
    query = (
        select(Negotiation)
        .where(col(Negotiation.id).in_(list(negotiation_ids)))
        .order_by(
            case((col(Negotiation.frozen_at).is_(None), 0), else_=1), col(Negotiation.opened_on).desc(), Negotiation.id
        )
    )
    return tuple(_view(row) for row in session.execute(query).scalars())


def counts_of(session: Session, negotiation_id: str, party_id: str) -> Counts:
    """Engagements agreed, and those whose answer this party owes."""
    concerned = select(col(ClauseParty.clause_id)).where(col(ClauseParty.party_id) == party_id).scalar_subquery()
    query = select(Clause, col(Clause.id).in_(concerned).label("ours")).where(
        col(Clause.negotiation_id) == negotiation_id,
        on_the_table(Clause.circle),
        in_the_contract(negotiation_id),
        col(Clause.kind) == ClauseKind.ENGAGEMENT,
        col(Clause.state) != ClauseState.WITHDRAWN,
    )
    rows = session.execute(query).all()
    agreed = sum(clause.state is ClauseState.AGREED for clause, _ in rows)
    mine = sum(bool(_as_seen_by(clause, party_id).waiting_for()) for clause, ours in rows if ours)
    return Counts(total=len(rows), agreed=agreed, mine=mine)


def _as_seen_by(clause: Clause, party_id: str) -> Situation:
    """The clause as if it concerned this party alone: enough to tell whether it is awaited."""
    tabled = Tabled(clause.versions, "", None) if clause.current_version_id else None
    return as_situation(clause, frozenset({party_id}), tabled)


def next_meeting(session: Session, negotiation_id: str, today: date) -> MeetingView | None:
    """The first meeting still planned, on that day or after."""
    return next_meetings(session, {negotiation_id: today}).get(negotiation_id)


def next_meetings(session: Session, days: Mapping[str, date]) -> dict[str, MeetingView]:
    """The same for several negotiations; `days`: what day it is in each, by id. Those without a meeting are absent."""
    if not days:
        return {}
    query = (
        select(CalendarItem)
        .where(
            col(CalendarItem.negotiation_id).in_(list(days)),
            col(CalendarItem.on) >= min(days.values()),
            col(CalendarItem.status) == "planned",
            col(CalendarItem.kind).in_(MEETINGS),
        )
        .order_by(col(CalendarItem.on), col(CalendarItem.time), col(CalendarItem.position))
    )
    found: dict[str, MeetingView] = {}
    for item in session.execute(query).scalars():
        if item.on >= days[item.negotiation_id]:
            view = MeetingView(item.title, item.on, item.time, item.place, item.kind)
            found.setdefault(item.negotiation_id, view)
    return found


def plan_of(session: Session, actor: Actor, kind: DocumentKind = DocumentKind.CONTRACT) -> tuple[PlanEntry, ...]:
    """The parts of a document in order, with how many of their clauses are agreed, wait for an answer, or for a first
    proposal."""
    answered = col(Clause.current_version_id).is_(None) | (col(Clause.state) == ClauseState.AGREED)
    waiting = case((~answered | col(Clause.request_by).is_not(None), 1), else_=0)
    agreed = case((col(Clause.state) == ClauseState.AGREED, 1), else_=0)
    written = (col(Clause.working_text) != "") | col(Clause.working_value).is_not(None)
    never_tabled = (col(Clause.state) == ClauseState.TO_WRITE) & (col(Clause.versions) == 0)
    untabled = case(
        (never_tabled & written & col(Clause.follows_id).is_(None) & on_the_table(Clause.circle), 1), else_=0
    )
    tallies = (
        select(
            col(Clause.part_id),
            func.count().label("clauses"),
            func.sum(agreed).label("agreed"),
            func.sum(waiting).label("waiting"),
            func.sum(untabled).label("untabled"),
        )
        .where(col(Clause.negotiation_id) == actor.negotiation_id, visible(Clause.circle, actor))
        .group_by(col(Clause.part_id))
        .subquery()
    )
    query = (
        select(Part, tallies.c.clauses, tallies.c.agreed, tallies.c.waiting, tallies.c.untabled)
        .join(Document, col(Document.id) == Part.document_id)
        .outerjoin(tallies, tallies.c.part_id == Part.id)
        .where(
            col(Part.negotiation_id) == actor.negotiation_id,
            visible(Part.circle, actor),
            col(Part.dropped_at).is_(None),
            col(Document.kind) == kind,
        )
        .order_by(col(Part.position))
    )
    entries = [
        PlanEntry(
            id=part.id,
            parent_id=part.parent_id,
            kind=part.kind,
            code=part.code,
            title=part.title,
            clauses=clauses or 0,
            agreed=agreed_ones or 0,
            waiting=waiting_ones or 0,
            untabled=untabled_ones or 0,
            circle=Circle.parse(part.circle),
        )
        for part, clauses, agreed_ones, waiting_ones, untabled_ones in session.execute(query)
    ]
    return _with_what_hangs_below(entries)


def _with_what_hangs_below(entries: list[PlanEntry]) -> tuple[PlanEntry, ...]:
    """A fiche whose indicator waits for an answer waits too: the plan shows the fiche, rarely its indicators."""
    children: dict[str | None, list[PlanEntry]] = {}
    for entry in entries:
        children.setdefault(entry.parent_id, []).append(entry)

    def family(entry: PlanEntry) -> list[PlanEntry]:
        return [entry, *(each for child in children.get(entry.id, ()) for each in family(child))]

    def counted(entry: PlanEntry) -> PlanEntry:
        whole = family(entry)
        clauses = sum(each.clauses for each in whole)
        settled = clauses > 0 and clauses == sum(each.agreed for each in whole)
        return replace(entry, waiting_below=sum(each.waiting for each in whole), all_agreed=settled)

    return tuple(counted(entry) for entry in entries)
