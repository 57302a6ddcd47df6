"""What a séance decided, as everybody at the table reads it: whole, the last ones, or page by page.

An open séance shows its last decisions and those that still wait: what a screen is sent at each click costs the same
however much was noted before. Nothing here is private, so readers differ by their negotiation only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.seances import OPEN, DecisionKind, DecisionState, Unbound
from negotiation.rules.vocabulary import ClauseKind
from negotiation.store.contract import Clause, Part
from negotiation.store.queries.visibility import on_the_table
from negotiation.store.seances import Seance, SeanceDecision

OF_A_FILE = "key"
"""Attribute of a clause: its id in the file that it came from."""
PAGE = 50
"""Decisions shown at once."""


class Extent(StrEnum):
    """How many of a séance's decisions are read."""

    WHOLE = "whole"
    LAST = "last"
    """The last fifty, and the last fifty that still wait for their party or their minute."""


@dataclass(frozen=True)
class DecisionView:
    """Something decided. `kind` None: a file says words only, all of them bound. `is_current`: the version that was
    seen is still the one on the clause."""

    id: str
    rank: int
    kind: DecisionKind | None
    state: DecisionState
    text: str
    party_id: str | None = None
    clause_id: str | None = None
    code: str = ""
    label: str = ""
    point_id: str | None = None
    version_id: str | None = None
    version_number: int | None = None
    fingerprint: str | None = None
    before_version_id: str | None = None
    is_current: bool = True
    owner_id: str | None = None
    due_on: date | None = None
    recorded_by: str | None = None
    recorded_at: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    binds_at: datetime | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    reason: Unbound | None = None
    move_id: str | None = None
    task_id: str | None = None

    def seconds_left(self, moment: datetime) -> int:
        """Before it binds; 0 once its time came, or when nothing waits."""
        if self.state is not DecisionState.WAITING or self.binds_at is None:
            return 0
        return max(0, int((self.binds_at - moment).total_seconds()))


@dataclass(frozen=True)
class Decided:
    """Decisions in order. `noted`: how many there are in all; `kept`: those that weren't cancelled."""

    decisions: tuple[DecisionView, ...]
    noted: int
    kept: int


@dataclass(frozen=True)
class DecisionsPage:
    """Fifty decisions in order. `before`: the rank from which the page before goes on; None when there is none."""

    decisions: tuple[DecisionView, ...]
    noted: int
    before: int | None


def decisions_of(session: Session, seance: Seance, *, extent: Extent = Extent.WHOLE) -> Decided:
    """What was decided in a séance held here, or what a file tells of one."""
    if seance.decisions:
        told = tuple(_told(session, seance))
        return Decided(told, len(told), len(told))
    of_seance = _query().where(col(SeanceDecision.seance_id) == seance.id)
    if extent is Extent.WHOLE:
        decisions = _read(session, of_seance.order_by(col(SeanceDecision.rank)))
    else:
        latest = of_seance.order_by(col(SeanceDecision.rank).desc()).limit(PAGE)
        waiting = latest.where(col(SeanceDecision.state).in_(OPEN))
        found = {each.rank: each for query in (latest, waiting) for each in _read(session, query)}
        decisions = tuple(found[rank] for rank in sorted(found))
    noted = session.execute(_counts([seance.id])).all()
    return Decided(
        decisions,
        noted=sum(row.number for row in noted),
        kept=sum(row.number for row in noted if row.state is not DecisionState.CANCELLED),
    )


def decisions_page(session: Session, actor: Actor, seance_id: str, *, before: int | None = None) -> DecisionsPage:
    """The decisions noted before this rank, the last ones otherwise; what a file tells is one page. Raises NotFound."""
    seance = seance_of(session, actor, seance_id)
    if seance.decisions:
        told = tuple(_told(session, seance))
        return DecisionsPage(told, len(told), None)
    query = _query().where(col(SeanceDecision.seance_id) == seance.id).order_by(col(SeanceDecision.rank).desc())
    if before is not None:
        query = query.where(col(SeanceDecision.rank) < before)
    found = _read(session, query.limit(PAGE + 1))
    noted = sum(row.number for row in session.execute(_counts([seance.id])))
    shown = found[:PAGE][::-1]
    return DecisionsPage(shown, noted, shown[0].rank if len(found) > PAGE else None)


def decision_view(session: Session, actor: Actor, decision_id: str) -> tuple[str, DecisionView]:
    """(séance id, decision). Raises NotFound."""
    here = col(SeanceDecision.id) == decision_id, col(SeanceDecision.negotiation_id) == actor.negotiation_id
    found = session.execute(_query().where(*here)).one_or_none()
    if found is None:
        raise NotFound()
    return found[0].seance_id, _decision(*found)


def due_decisions(session: Session, moment: datetime, *, seance_id: str | None = None) -> tuple[str, ...]:
    """Ids of the decisions whose minute is over, everywhere or in one séance, the oldest first."""
    query = select(col(SeanceDecision.id)).where(
        col(SeanceDecision.state) == DecisionState.WAITING, col(SeanceDecision.binds_at) <= moment
    )
    if seance_id is not None:
        query = query.where(col(SeanceDecision.seance_id) == seance_id)
    return tuple(session.execute(query.order_by(col(SeanceDecision.binds_at), col(SeanceDecision.rank))).scalars())


def counts_kept(session: Session, seance_ids: Sequence[str]) -> dict[str, int]:
    """How many decisions weren't cancelled, by séance."""
    counts: dict[str, int] = {}
    for row in session.execute(_counts(seance_ids)):
        if row.state is not DecisionState.CANCELLED:
            counts[row.seance_id] = counts.get(row.seance_id, 0) + row.number
    return counts


def seance_of(session: Session, actor: Actor, seance_id: str) -> Seance:
    """Raises NotFound."""
    row = session.get(Seance, seance_id)
    if row is None or row.negotiation_id != actor.negotiation_id:
        raise NotFound()
    return row


def named(clause: Clause | None, part: Part | None) -> tuple[str, str]:
    """(code, label) of a clause, else of a part: « EN03 », « Indicateurs d’activité ». A clause without a code of its
    own goes by that of its part."""
    if clause is not None:
        return clause.code or (part.code if part else ""), clause.label
    return (part.code, part.title) if part else ("", "")


def _query() -> Select[SeanceDecision, Clause, Part]:
    return (
        select(SeanceDecision, Clause, Part)
        .outerjoin(Clause, col(Clause.id) == SeanceDecision.clause_id)
        .outerjoin(Part, col(Part.id) == Clause.part_id)
    )


def _read(session: Session, query: Select[SeanceDecision, Clause, Part]) -> tuple[DecisionView, ...]:
    return tuple(_decision(*row) for row in session.execute(query))


def _counts(seance_ids: Sequence[str]) -> Select[str, DecisionState, int]:
    """`seance_id`, `state`, `number`."""
    return (
        select(col(SeanceDecision.seance_id), col(SeanceDecision.state), func.count().label("number"))
        .where(col(SeanceDecision.seance_id).in_(seance_ids))
        .group_by(col(SeanceDecision.seance_id), col(SeanceDecision.state))
    )


def _decision(row: SeanceDecision, clause: Clause | None, part: Part | None) -> DecisionView:
    code, label = named(clause, part)
    return DecisionView(
        id=row.id,
        rank=row.rank,
        kind=row.kind,
        state=row.state,
        text=row.text,
        party_id=row.party_id,
        clause_id=row.clause_id,
        code=code,
        label=label,
        point_id=row.point_id,
        version_id=row.version_id,
        version_number=row.version_number,
        fingerprint=row.fingerprint,
        before_version_id=row.before_version_id,
        is_current=clause is None or clause.current_version_id == row.version_id,
        owner_id=row.owner_id,
        due_on=row.due_on,
        recorded_by=row.recorded_by,
        recorded_at=row.recorded_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        binds_at=row.binds_at,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
        reason=row.reason,
        move_id=row.move_id,
        task_id=row.task_id,
    )


def _told(session: Session, seance: Seance) -> Iterable[DecisionView]:
    """The decisions that a file tells: words, on an engagement or on nothing in particular."""
    if not seance.decisions:
        return
    engagements = _engagements(session, seance)
    for rank, told in enumerate(seance.decisions, start=1):
        clause = engagements.get(str(told.get("engagement_id") or ""))
        yield DecisionView(
            id=str(told.get("id", "")),
            rank=rank,
            kind=None,
            state=DecisionState.BOUND,
            text=str(told["text"]),
            clause_id=clause.id if clause else None,
            code=clause.code if clause else "",
            label=clause.label if clause else "",
        )


def _engagements(session: Session, seance: Seance) -> dict[Any, Clause]:
    query = select(Clause).where(
        col(Clause.negotiation_id) == seance.negotiation_id,
        col(Clause.kind) == ClauseKind.ENGAGEMENT,
        on_the_table(Clause.circle),
    )
    return {clause.attributes.get(OF_A_FILE): clause for clause in session.execute(query).scalars()}
