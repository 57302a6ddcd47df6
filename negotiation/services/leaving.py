"""Somebody leaves: access ends at once, what was done stays under the same name, what waits passes to a successor.

The other parties read a title that left. To whom things passed is the party's own business.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, update
from sqlmodel import col

from negotiation.errors import InvalidInput
from negotiation.events import Event, Kind
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import ACTION_OF_MOVE, ROLES, Actor
from negotiation.rules.vocabulary import Action, Circle, TaskState, VisaState
from negotiation.services.access import roles_of, sits
from negotiation.services.delegating import end_row, lend
from negotiation.services.members import (
    forget_invitation,
    has_entered,
    keep_an_administrator,
    locked_party,
    own_member,
    record_member,
)
from negotiation.store.columns import now
from negotiation.store.inside import VisaRequest
from negotiation.store.people import Delegation, Member
from negotiation.store.record import Signature
from negotiation.store.seances import SeanceAttendance
from negotiation.store.talk import Task
from negotiation.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Handover:
    """What waited for somebody. Delegations are those that he had received."""

    tasks: tuple[Task, ...]
    visas: tuple[VisaRequest, ...]
    received: tuple[Delegation, ...]
    signatures: tuple[Signature, ...]

    def __bool__(self) -> bool:
        return bool(self.tasks or self.visas or self.received or self.signatures)


def remove(uow: UnitOfWork, actor: Actor, member_id: str, *, successor_id: str = "") -> None:
    """Let a member of one's own party go; an invitation that nobody used is withdrawn, and leaves no seat behind.

    Raises NotFound, NotAllowed, LastAdministrator; InvalidInput(field="successor") when something waits for whoever
    leaves and no colleague who sits is named, or (`reason` "rights") one who can't do what waits.
    """
    party = locked_party(uow, actor)
    member = own_member(uow, actor, member_id)
    waiting = waiting_for(uow, member)
    successor = _successor(uow, actor, member, successor_id)
    if waiting and successor is None:
        raise InvalidInput(field="successor")
    entered = has_entered(member)
    member.left_at = now()
    keep_an_administrator(uow, party)
    record_member(uow, actor, Kind.MEMBER_LEFT, member)
    if waiting and successor is not None:
        _hand_over(uow, actor, member, successor, waiting)
    _end_lent(uow, actor, member)
    if not entered:
        forget_invitation(uow, member)
        _keep_attendance(uow, member)
        uow.session.flush()
        uow.session.delete(member)


def _keep_attendance(uow: UnitOfWork, member: Member) -> None:
    """Whoever chaired saw this person in the room: that remains true, as of somebody without an account."""
    seen = (col(SeanceAttendance.member_id) == member.id, col(SeanceAttendance.arrived_at).is_not(None))
    uow.session.execute(update(SeanceAttendance).where(*seen).values(member_id=None, name=member.title))


def waiting_for(uow: UnitOfWork, member: Member) -> Handover:
    """Open tasks, visas asked, absences covered, and signatures of a frozen contract that are still expected."""

    def rows(query: Select[Any]) -> tuple[Any, ...]:
        return tuple(uow.session.execute(query).scalars())

    today = paris_day(now())
    return Handover(
        tasks=rows(select(Task).where(col(Task.owner_id) == member.id, col(Task.state) == TaskState.OPEN)),
        visas=rows(
            select(VisaRequest).where(
                col(VisaRequest.member_id) == member.id, col(VisaRequest.state) == VisaState.WAITING
            )
        ),
        received=rows(
            select(Delegation).where(
                col(Delegation.to_member_id) == member.id,
                col(Delegation.ended_at).is_(None),
                col(Delegation.ends_on) >= today,
            )
        ),
        signatures=rows(
            select(Signature).where(
                col(Signature.member_id) == member.id,
                col(Signature.signed_at).is_(None),
                col(Signature.declared).is_(False),
            )
        ),
    )


def _successor(uow: UnitOfWork, actor: Actor, member: Member, successor_id: str) -> Member | None:
    """Raises InvalidInput unless it is somebody else of the party, who sits and has entered."""
    if not successor_id:
        return None
    found = uow.session.get(Member, successor_id)
    if found is None or found.party_id != actor.party_id or found.id == member.id:
        raise InvalidInput(field="successor")
    if not sits(found, paris_day(now())) or not has_entered(found):
        raise InvalidInput(field="successor")
    return found


def _hand_over(uow: UnitOfWork, actor: Actor, member: Member, successor: Member, waiting: Handover) -> None:
    _can_do(successor, waiting)
    inside = Circle.inside(actor.party_id)
    for task in waiting.tasks:
        task.owner_id = successor.id
        _record_task(uow, actor, task, owner=successor.key)
    for visa in waiting.visas:
        visa.member_id = successor.id
    for signature in waiting.signatures:
        signature.member_id = successor.id
    for row in waiting.received:
        end_row(uow, actor, row)
        if row.from_member_id != successor.id:
            starts_on = max(row.starts_on, paris_day(now()))
            lend(uow, actor, lender_id=row.from_member_id, delegate=successor, starts_on=starts_on, ends_on=row.ends_on)
    counts = {
        "tasks": len(waiting.tasks),
        "visas": len(waiting.visas),
        "delegations": len(waiting.received),
        "signatures": len(waiting.signatures),
    }
    told: dict[str, object] = {"member": member.key, "title": member.title, "successor": successor.key, **counts}
    uow.record(Event(Kind.MEMBER_LEFT, actor.negotiation_id, inside, actor.key, told))


def _record_task(uow: UnitOfWork, actor: Actor, task: Task, *, owner: str) -> None:
    """As `services.tasks` tells it, to whoever reads the task."""
    facts: dict[str, object] = {
        "task": task.id,
        "title": task.title,
        "owner": owner,
        "due": task.due_on.isoformat() if task.due_on else None,
        "state": str(task.state),
    }
    circle = Circle.parse(task.circle)
    place = {"clause_id": task.clause_id, "part_id": task.part_id}
    uow.record(Event(Kind.TASK_CHANGED, actor.negotiation_id, circle, actor.key, facts, **place))


def _can_do(successor: Member, waiting: Handover) -> None:
    """Raises InvalidInput when a visa would let a move leave that the successor may not play, or a signature waits."""
    needed = [ROLES[ACTION_OF_MOVE[visa.move]] for visa in waiting.visas]
    needed += [ROLES[Action.SIGN]] if waiting.signatures else []
    if any(not roles & roles_of(successor) for roles in needed):
        raise InvalidInput(field="successor", reason="rights")


def _end_lent(uow: UnitOfWork, actor: Actor, member: Member) -> None:
    """Whoever left has no voice left to lend."""
    query = select(Delegation).where(
        col(Delegation.from_member_id) == member.id,
        col(Delegation.ended_at).is_(None),
        col(Delegation.ends_on) >= paris_day(now()),
    )
    for row in list(uow.session.execute(query).scalars()):
        end_row(uow, actor, row)
