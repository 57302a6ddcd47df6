"""« À faire »: something to do, with its owner and its day, in a circle; out of a comment, a message, or by itself."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from negotiation.errors import InvalidInput, MissingText, NotFound
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.policy import Actor, sees
from negotiation.rules.vocabulary import Action, Circle, TaskState
from negotiation.services.access import require
from negotiation.services.mentioning import readers_of
from negotiation.services.widening import Sending, keep_within, source_comment, source_message
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Clause, Part
from negotiation.store.people import Member
from negotiation.store.talk import Task
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_TITLE = 300
"""Characters."""


@dataclass(frozen=True)
class Wish:
    """What is to be done. `owner`: a member's id; `message`, `comment`: ids of what it comes from; `clause_id`,
    `part_id`: what it is about, where that says nothing of it."""

    circle: Circle
    title: str
    owner: str | None = None
    due_on: date | None = None
    clause_id: str | None = None
    part_id: str | None = None
    message: str | None = None
    comment: str | None = None
    sending: Sending = Sending.AS_BEFORE


def open_task(uow: UnitOfWork, actor: Actor, wish: Wish) -> str:
    """Write a task down; returns its id. Its owner reads its circle.

    Raises NotFound, NotAllowed, NotShared, MissingText, InvalidInput, UnreadableText, WiderAudience.
    """
    require(actor, Action.WRITE_TASK, circle=wish.circle)
    title = _title(wish.title)
    uow.lock(actor.negotiation_id)
    _reads(uow, actor, wish.circle, wish.owner)
    clause_id, part_id = _place(uow, actor, wish)
    task = Task(
        id=new_id(),
        negotiation_id=actor.negotiation_id,
        circle=str(wish.circle),
        title=title,
        owner_id=wish.owner,
        due_on=wish.due_on,
        clause_id=clause_id,
        part_id=part_id,
        move_id=wish.comment,
        message_id=wish.message,
        created_by=actor.member_id,
    )
    uow.session.add(task)
    _record(uow, actor, task, Kind.TASK_OPENED)
    return task.id


def change_task(uow: UnitOfWork, actor: Actor, task_id: str, *, owner: str | None, due_on: date | None) -> None:
    """Give it to somebody else, or another day. Raises NotFound, NotAllowed, InvalidInput."""
    task = _task(uow, actor, task_id)
    _reads(uow, actor, Circle.parse(task.circle), owner)
    if (task.owner_id, task.due_on) == (owner, due_on):
        return
    task.owner_id, task.due_on = owner, due_on
    _record(uow, actor, task, Kind.TASK_CHANGED)


def settle_task(uow: UnitOfWork, actor: Actor, task_id: str, state: TaskState) -> None:
    """Done, dropped, or open again; said twice it is said once. Raises NotFound, NotAllowed."""
    task = _task(uow, actor, task_id)
    if task.state is state:
        return
    task.state = state
    is_open = state is TaskState.OPEN
    task.settled_at, task.settled_by = (None, None) if is_open else (now(), actor.member_id)
    _record(uow, actor, task, Kind.TASK_CHANGED if is_open else Kind.TASK_SETTLED)


def _task(uow: UnitOfWork, actor: Actor, task_id: str) -> Task:
    task = uow.session.get(Task, task_id)
    if task is None or task.negotiation_id != actor.negotiation_id or not sees(actor, Circle.parse(task.circle)):
        raise NotFound()
    require(actor, Action.WRITE_TASK, circle=Circle.parse(task.circle))
    uow.lock(actor.negotiation_id)
    uow.refresh(task)
    return task


def _title(text: str) -> str:
    title = " ".join(readable_text(text).split())
    if not title:
        raise MissingText()
    if len(title) > LONGEST_TITLE:
        raise InvalidInput(field="title")
    return title


def _reads(uow: UnitOfWork, actor: Actor, circle: Circle, owner: str | None) -> None:
    """Raises NotFound when the owner isn't at the table, or doesn't read this."""
    if owner is not None and owner not in readers_of(uow, actor, circle):
        raise NotFound()


def _place(uow: UnitOfWork, actor: Actor, wish: Wish) -> tuple[str | None, str | None]:
    """(clause id, part id) that the task is about, those of what it comes from first."""
    clause_id, part_id = None, wish.part_id
    if wish.comment:
        move = source_comment(uow.session, actor, wish.comment, circle=wish.circle, sending=wish.sending)
        clause = uow.session.get_one(Clause, move.clause_id)
        clause_id, part_id = clause.id, clause.part_id
    elif wish.message:
        message = source_message(uow.session, actor, wish.message, circle=wish.circle, sending=wish.sending)
        clause_id, part_id = message.clause_id, message.part_id
    elif wish.clause_id:
        about = uow.session.get(Clause, wish.clause_id)
        if about is None:
            raise NotFound()
        clause_id, part_id = about.id, about.part_id
    if part_id is not None:
        part = uow.session.get(Part, part_id)
        if part is None or part.negotiation_id != actor.negotiation_id or not sees(actor, Circle.parse(part.circle)):
            raise NotFound()
        keep_within(Circle.parse(part.circle), wish.circle)
    return clause_id, part_id


def _record(uow: UnitOfWork, actor: Actor, task: Task, kind: Kind) -> None:
    owner = uow.session.get(Member, task.owner_id) if task.owner_id else None
    facts: dict[str, Any] = {
        "task": task.id,
        "title": task.title,
        "owner": owner.key if owner else None,
        "due": task.due_on.isoformat() if task.due_on else None,
        "state": str(task.state),
    }
    circle = Circle.parse(task.circle)
    place = {"clause_id": task.clause_id, "part_id": task.part_id}
    uow.record(Event(kind, actor.negotiation_id, circle, actor.key, facts, **place))
