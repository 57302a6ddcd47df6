"""What waits for one person over all their negotiations: visas, tasks, mentions, what the gel, the signatures and an
avenant's end ask. One order each, and one more for each version that they may sign.

Each condition joins a negotiation to the circles that the person reads *there*: who sits at forty tables reads at each
what that seat reads, and nothing else.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor, Decision, Target, decide
from negotiation.rules.signatures import awaited
from negotiation.rules.vocabulary import (
    GESTURE_OF_MOVE,
    LIVE_AFTER_GEL,
    Action,
    Circle,
    Move,
    Role,
    Side,
    TaskState,
    VisaState,
)
from negotiation.store.amendment import Amendment
from negotiation.store.contract import Clause, Negotiation, Part
from negotiation.store.exchange import Message, MoveRow
from negotiation.store.inside import VisaRequest, VisaRule
from negotiation.store.people import Member, Party
from negotiation.store.queries.in_force import is_in_force
from negotiation.store.queries.inside import is_last_refusal
from negotiation.store.queries.signatures import places_of, terms_of
from negotiation.store.queries.visibility import visible
from negotiation.store.record import FreezeRequest, FrozenVersion, Signature, UnfreezeRequest
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
    since: datetime


@dataclass(frozen=True)
class ReopeningDue:
    """`party_id`: who asks, `motive`: why, in its words."""

    negotiation_id: str
    label: str
    party_id: str
    motive: str
    since: datetime


@dataclass(frozen=True)
class FreezeAsked:
    """Others ask for the gel of texts that the reader's party didn't ask for; `requests`: (party id, fingerprint of the
    text, when), oldest first. One for an older text counts for nothing."""

    negotiation_id: str
    requests: tuple[tuple[str, str, datetime], ...]


@dataclass(frozen=True)
class ClosingDue:
    """`party_id`: who asks to close the avenant without follow-up, `motive`: why; `since`: None when nothing says."""

    negotiation_id: str
    number: int
    party_id: str
    motive: str
    since: datetime | None


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
    """Frozen versions that this person may sign now: neither done for their party, nor declined, nor another's turn."""
    seats = {actor.member_id: actor for actor in actors if Role.SIGNATORY in actor.roles}
    query = (
        select(Signature, col(FrozenVersion.label), col(FrozenVersion.terms), col(FrozenVersion.frozen_at))
        .join(FrozenVersion, col(FrozenVersion.id) == Signature.frozen_version_id)
        .join(Negotiation, col(Negotiation.id) == Signature.negotiation_id)
        .where(
            col(Signature.negotiation_id).in_([actor.negotiation_id for actor in seats.values()]),
            col(Negotiation.signed_on).is_(None),
            col(Signature.declared).is_(False),
            is_in_force(),
        )
        .order_by(col(FrozenVersion.frozen_at))
    )
    versions: dict[str, list[Any]] = {}
    for row in session.execute(query):
        versions.setdefault(row[0].frozen_version_id, []).append(row)
    found = []
    for rows in versions.values():
        signature, label, terms, frozen_at = rows[0]
        now_awaited = {
            place.id
            for place in awaited(places_of(row[0] for row in rows), terms_of(session, signature.negotiation_id, terms))
            if not place.is_declined
        }
        if any(row[0].id in now_awaited and row[0].member_id in seats for row in rows):
            found.append(SignatureDue(signature.negotiation_id, label, frozen_at))
    return tuple(found)


def reopenings_due(session: Session, actors: Iterable[Actor]) -> tuple[ReopeningDue, ...]:
    """Requests to reopen a frozen version on which this person's party decides and hasn't answered, oldest first."""
    seats = _seats(actors, Action.REQUEST_FREEZE)
    query = (
        select(UnfreezeRequest, col(FrozenVersion.label))
        .join(FrozenVersion, col(FrozenVersion.id) == UnfreezeRequest.frozen_version_id)
        .where(col(UnfreezeRequest.negotiation_id).in_(seats), is_in_force())
        .order_by(col(UnfreezeRequest.at))
    )
    rows = session.execute(query).all()
    answered = {(row.frozen_version_id, row.party_id) for row, _ in rows}
    return tuple(
        ReopeningDue(row.negotiation_id, label, row.party_id, row.motive, row.at)
        for row, label in rows
        if row.motive and (row.frozen_version_id, seats[row.negotiation_id].party_id) not in answered
    )


def freezes_asked(session: Session, actors: Iterable[Actor]) -> tuple[FreezeAsked, ...]:
    """Of tables not frozen yet, those where this person may ask for the gel too."""
    seats = _seats(actors, Action.REQUEST_FREEZE)
    query = (
        select(FreezeRequest)
        .join(Negotiation, col(Negotiation.id) == FreezeRequest.negotiation_id)
        .where(col(FreezeRequest.negotiation_id).in_(seats), col(Negotiation.frozen_at).is_(None))
        .order_by(col(FreezeRequest.at))
    )
    held: dict[str, list[FreezeRequest]] = {}
    for row in session.execute(query).scalars():
        held.setdefault(row.negotiation_id, []).append(row)
    found = []
    for negotiation_id, rows in held.items():
        mine = {row.content_hash for row in rows if row.party_id == seats[negotiation_id].party_id}
        others = tuple((row.party_id, row.content_hash, row.at) for row in rows if row.content_hash not in mine)
        if others:
            found.append(FreezeAsked(negotiation_id, others))
    return tuple(found)


def closings_due(session: Session, actors: Iterable[Actor]) -> tuple[ClosingDue, ...]:
    """Requests to close an avenant without follow-up to which this person's party hasn't consented."""
    seats = _seats(actors, Action.ABANDON)
    query = (
        select(Amendment, Party)
        .join(Party, col(Party.negotiation_id) == Amendment.negotiation_id)
        .where(col(Amendment.negotiation_id).in_(seats), col(Amendment.settled_at).is_(None))
        .order_by(col(Amendment.opened_at), col(Amendment.id))
    )
    held: dict[str, tuple[Amendment, dict[str, Party]]] = {}
    for row, party in session.execute(query):
        held.setdefault(row.negotiation_id, (row, {}))[1][party.id] = party
    found = []
    for negotiation_id, (row, parties) in held.items():
        mine = parties[seats[negotiation_id].party_id]
        if not row.closing or mine.side is Side.ASSOCIATE or mine.key in row.closing["consents"]:
            continue
        by = next(party.id for party in parties.values() if party.key == row.closing["by"])
        at = row.closing.get("at")
        since = datetime.fromisoformat(at) if at else None
        found.append(ClosingDue(negotiation_id, row.number, by, row.closing["reason"], since))
    return tuple(found)


def _seats(actors: Iterable[Actor], action: Action) -> dict[str, Actor]:
    """By negotiation, those who may: whoever must give the password again first may too."""
    never = (Decision.HIDE, Decision.REFUSE)
    return {
        actor.negotiation_id: actor
        for actor in actors
        if decide(actor, action, Target(actor.negotiation_id)) not in never
    }


def _at_each(actors: Iterable[Actor], row: Any, own: Callable[[Actor], ColumnElement[bool]]) -> ColumnElement[bool]:
    seats = [
        (col(row.negotiation_id) == actor.negotiation_id) & visible(row.circle, actor) & own(actor) for actor in actors
    ]
    return or_(false(), *seats)
