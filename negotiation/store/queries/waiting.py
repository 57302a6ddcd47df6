"""What waits for one person over all their negotiations: visas, tasks, mentions, signatures. One order each.

Each condition joins a negotiation to the circles that the person reads *there*: who sits at forty tables reads at each
what that seat reads, and nothing else.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlmodel import Session, col

from negotiation.rules.policy import DECIDERS, Actor
from negotiation.rules.vocabulary import GESTURE_OF_MOVE, LIVE_AFTER_GEL, Circle, Move, Role, TaskState, VisaState
from negotiation.store.contract import Clause, Negotiation, Part
from negotiation.store.exchange import Message, MoveRow
from negotiation.store.inside import VisaRequest, VisaRule
from negotiation.store.people import Member
from negotiation.store.queries.in_force import is_in_force
from negotiation.store.queries.inside import is_last_refusal
from negotiation.store.queries.visibility import visible
from negotiation.store.record import FrozenVersion, Signature, UnfreezeRequest
from negotiation.store.talk import Mention, Task

MOST = 50
"""Of each kind: the page shows fewer."""


@dataclass(frozen=True)
class VisaDue:
    negotiation_id: str
    clause_id: str
    name: str
    move: Move
    asked_by: str
    asked_at: datetime


@dataclass(frozen=True)
class VisaRefused:
    """`by`: who refused, in his party's words."""

    negotiation_id: str
    clause_id: str
    name: str
    move: Move
    by: str
    answer: str
    at: datetime


@dataclass(frozen=True)
class TaskDue:
    id: str
    negotiation_id: str
    circle: Circle
    title: str
    due_on: date | None
    place: str


@dataclass(frozen=True)
class Named:
    """A mention not seen yet. `place`: the clause or part, in words, empty for the table."""

    negotiation_id: str
    circle: Circle
    by: str
    at: datetime
    clause_id: str | None
    thread_id: str | None
    part_id: str | None
    message_id: str | None
    place: str


@dataclass(frozen=True)
class SignatureDue:
    negotiation_id: str
    label: str


@dataclass(frozen=True)
class ReopeningDue:
    """`party_id`: who asks, `motive`: why, in its words."""

    negotiation_id: str
    label: str
    party_id: str
    motive: str


def visas_due(session: Session, actors: Iterable[Actor]) -> tuple[VisaDue, ...]:
    """The requests of colleagues on which this person may decide, oldest first."""
    seats = {actor.negotiation_id: actor for actor in actors}
    mine = [
        (col(VisaRequest.party_id) == actor.party_id)
        & visible(VisaRequest.circle, actor)
        & (col(VisaRequest.member_id) != actor.member_id)
        for actor in seats.values()
    ]
    query = (
        select(VisaRequest, col(Clause.code), col(Clause.label), col(Member.title))
        .join(Clause, col(Clause.id) == VisaRequest.clause_id)
        .join(Member, col(Member.id) == VisaRequest.member_id)
        .where(or_(false(), *mine), col(VisaRequest.state) == VisaState.WAITING)
        .order_by(col(VisaRequest.asked_at), col(VisaRequest.id))
    )
    rules = _rules(session, seats.values())
    found = []
    for row, code, label, title in session.execute(query):
        role = rules.get((row.party_id, GESTURE_OF_MOVE[row.move]), row.role)
        if role in seats[row.negotiation_id].roles:
            name = f"{code} {label}".strip()
            found.append(VisaDue(row.negotiation_id, row.clause_id, name, row.move, title, row.asked_at))
    return tuple(found[:MOST])


def visas_refused(session: Session, actors: Iterable[Actor]) -> tuple[VisaRefused, ...]:
    """What this person asked and was refused, while that is his party's last word on the clause; newest first."""
    query = (
        select(VisaRequest, col(Clause.code), col(Clause.label), func.coalesce(Member.title, ""))
        .join(Clause, col(Clause.id) == VisaRequest.clause_id)
        .join(Negotiation, col(Negotiation.id) == VisaRequest.negotiation_id)
        .outerjoin(Member, col(Member.id) == VisaRequest.settled_by)
        .where(_at_each(actors, VisaRequest, lambda actor: col(VisaRequest.member_id) == actor.member_id))
        .join(Part, col(Part.id) == Clause.part_id)
        .where(is_last_refusal(), col(Negotiation.frozen_at).is_(None) | col(Part.kind).in_(LIVE_AFTER_GEL))
        .order_by(col(VisaRequest.settled_at).desc(), col(VisaRequest.id))
        .limit(MOST)
    )
    return tuple(
        VisaRefused(
            row.negotiation_id, row.clause_id, f"{code} {label}".strip(), row.move, by, row.answer, row.settled_at
        )
        for row, code, label, by in session.execute(query)
    )


def _rules(session: Session, actors: Iterable[Actor]) -> dict[tuple[str, Any], Role]:
    """Whose visa each party asks today, by party and gesture."""
    mine = [(col(VisaRule.party_id) == actor.party_id) & visible(VisaRule.circle, actor) for actor in actors]
    query = select(col(VisaRule.party_id), col(VisaRule.gesture), col(VisaRule.role)).where(or_(false(), *mine))
    return {(row.party_id, row.gesture): row.role for row in session.execute(query)}


def tasks_due(session: Session, actors: Iterable[Actor]) -> tuple[TaskDue, ...]:
    """One's own open tasks: by day, those without a day last."""
    place = func.coalesce(func.nullif(col(Clause.code), ""), col(Clause.label), col(Part.title), "")
    query = (
        select(Task, place)
        .outerjoin(Clause, col(Clause.id) == Task.clause_id)
        .outerjoin(Part, col(Part.id) == Task.part_id)
        .where(_at_each(actors, Task, lambda actor: col(Task.owner_id) == actor.member_id))
        .where(col(Task.state) == TaskState.OPEN)
        .order_by(col(Task.due_on).is_(None), col(Task.due_on), col(Task.created_at), col(Task.id))
        .limit(MOST)
    )
    return tuple(
        TaskDue(task.id, task.negotiation_id, Circle.parse(task.circle), task.title, task.due_on, where)
        for task, where in session.execute(query)
    )


def mentions_due(session: Session, actors: Iterable[Actor]) -> tuple[Named, ...]:
    """Where somebody named this person and they haven't looked, newest first; words taken back name nobody."""
    place = func.coalesce(func.nullif(col(Clause.code), ""), col(Clause.label), col(Part.title), "")
    query = (
        select(Mention, col(Member.title), col(MoveRow.reply_to_id), col(Message.part_id), place)
        .join(Member, col(Member.id) == Mention.by_member_id)
        .outerjoin(MoveRow, col(MoveRow.id) == Mention.move_id)
        .outerjoin(Message, col(Message.id) == Mention.message_id)
        .outerjoin(Clause, col(Clause.id) == Mention.clause_id)
        .outerjoin(Part, col(Part.id) == Message.part_id)
        .where(_at_each(actors, Mention, lambda actor: col(Mention.member_id) == actor.member_id))
        .where(col(Mention.seen_at).is_(None))
        .order_by(col(Mention.at).desc(), col(Mention.id))
        .limit(MOST)
    )
    return tuple(
        Named(
            negotiation_id=row.negotiation_id,
            circle=Circle.parse(row.circle),
            by=title,
            at=row.at,
            clause_id=row.clause_id,
            thread_id=thread or row.move_id,
            part_id=part_id,
            message_id=row.message_id,
            place=where,
        )
        for row, title, thread, part_id, where in session.execute(query)
    )


def signatures_due(session: Session, actors: Iterable[Actor]) -> tuple[SignatureDue, ...]:
    """Frozen versions that this person may sign and that nobody signed for their party."""
    seats = {actor.member_id: actor for actor in actors if Role.SIGNATORY in actor.roles}
    query = (
        select(Signature, col(FrozenVersion.label))
        .join(FrozenVersion, col(FrozenVersion.id) == Signature.frozen_version_id)
        .join(Negotiation, col(Negotiation.id) == Signature.negotiation_id)
        .where(
            col(Signature.party_id).in_([actor.party_id for actor in seats.values()]),
            col(Negotiation.signed_on).is_(None),
            col(Signature.declared).is_(False),
            is_in_force(),
        )
        .order_by(col(FrozenVersion.frozen_at))
    )
    rows = session.execute(query).all()
    done = {(row.frozen_version_id, row.party_id) for row, _ in rows if row.signed_on is not None}
    return tuple(
        SignatureDue(row.negotiation_id, label)
        for row, label in rows
        if row.member_id in seats and (row.frozen_version_id, row.party_id) not in done
    )


def reopenings_due(session: Session, actors: Iterable[Actor]) -> tuple[ReopeningDue, ...]:
    """Requests to reopen a frozen version on which this person's party decides and hasn't answered, oldest first."""
    seats = {actor.negotiation_id: actor for actor in actors if actor.roles & DECIDERS}
    query = (
        select(UnfreezeRequest, col(FrozenVersion.label))
        .join(FrozenVersion, col(FrozenVersion.id) == UnfreezeRequest.frozen_version_id)
        .where(col(UnfreezeRequest.negotiation_id).in_(seats), is_in_force())
        .order_by(col(UnfreezeRequest.at))
    )
    rows = session.execute(query).all()
    answered = {(row.frozen_version_id, row.party_id) for row, _ in rows}
    return tuple(
        ReopeningDue(row.negotiation_id, label, row.party_id, row.motive)
        for row, label in rows
        if row.motive and (row.frozen_version_id, seats[row.negotiation_id].party_id) not in answered
    )


def _at_each(actors: Iterable[Actor], row: Any, own: Callable[[Actor], ColumnElement[bool]]) -> ColumnElement[bool]:
    seats = [
        (col(row.negotiation_id) == actor.negotiation_id) & visible(row.circle, actor) & own(actor) for actor in actors
    ]
    return or_(false(), *seats)
