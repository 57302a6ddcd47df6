"""Tasks as one person reads them: mine first, the late ones before the others."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Circle, TaskState
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import Message, MoveRow
from negotiation.store.queries.visibility import visible
from negotiation.store.talk import Task

PAGE = 100


@dataclass(frozen=True)
class TaskView:
    """Something to do. `place`: its clause or part, in words. `comment_id`, `message_id`: what it comes from, None
    when the reader doesn't read that."""

    id: str
    circle: Circle
    title: str
    owner_id: str | None
    due_on: date | None
    state: TaskState
    created_by: str
    created_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    clause_id: str | None
    part_id: str | None
    place: str
    comment_id: str | None
    message_id: str | None

    def is_late(self, today: date) -> bool:
        return self.state is TaskState.OPEN and self.due_on is not None and self.due_on < today


@dataclass(frozen=True)
class TasksPage:
    """Tasks, and the page number of the next ones."""

    tasks: tuple[TaskView, ...]
    next: int | None


def tasks_page(
    session: Session,
    actor: Actor,
    *,
    states: frozenset[TaskState] = frozenset(TaskState),
    circle: Circle | None = None,
    page: int = 0,
) -> TasksPage:
    """The tasks that this person reads: mine first, then by day, without a day last."""
    query = _tasks(actor).where(col(Task.state).in_(states))
    if circle is not None:
        query = query.where(col(Task.circle) == str(circle))
    rows = session.execute(query.offset(page * PAGE).limit(PAGE + 1)).all()
    return TasksPage(tuple(_view(*row) for row in rows[:PAGE]), page + 1 if len(rows) > PAGE else None)


def tasks_for(session: Session, actor: Actor) -> tuple[TaskView, ...]:
    """My open tasks in this negotiation, the late ones first."""
    query = _tasks(actor).where(col(Task.owner_id) == actor.member_id, col(Task.state) == TaskState.OPEN).limit(PAGE)
    return tuple(_view(*row) for row in session.execute(query))


def task_of(session: Session, actor: Actor, task_id: str) -> TaskView:
    """One task. Raises NotFound."""
    row = session.execute(_tasks(actor).where(col(Task.id) == task_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _view(*row)


def tasks_of_messages(session: Session, actor: Actor, message_ids: list[str]) -> dict[str, int]:
    """How many tasks came of each message, those that this person reads."""
    if not message_ids:
        return {}
    query = (
        select(col(Task.message_id), func.count())
        .where(col(Task.message_id).in_(message_ids), visible(Task.circle, actor))
        .group_by(col(Task.message_id))
    )
    return {message_id: count for message_id, count in session.execute(query) if message_id}


def _tasks(actor: Actor) -> Select[Task, Any, str, str, str | None]:
    mine: ColumnElement[int] = case((col(Task.owner_id) == actor.member_id, 0), else_=1)
    no_day: ColumnElement[int] = case((col(Task.due_on).is_(None), 1), else_=0)
    place = func.coalesce(func.nullif(col(Clause.code), ""), col(Clause.label), col(Part.title))
    moves = visible(MoveRow.circle, actor) & col(MoveRow.recalled_at).is_(None)
    messages = visible(Message.circle, actor)
    return (
        select(Task, place, col(MoveRow.id), col(Message.id), col(Message.part_id))
        .outerjoin(Clause, (col(Clause.id) == Task.clause_id) & visible(Clause.circle, actor))
        .outerjoin(Part, (col(Part.id) == Task.part_id) & visible(Part.circle, actor))
        .outerjoin(MoveRow, (col(MoveRow.id) == Task.move_id) & moves)
        .outerjoin(Message, (col(Message.id) == Task.message_id) & messages)
        .where(col(Task.negotiation_id) == actor.negotiation_id, visible(Task.circle, actor))
        .order_by(mine, no_day, col(Task.due_on), col(Task.created_at), col(Task.id))
    )


def _view(
    task: Task, place: str | None, comment_id: str | None, message_id: str | None, message_part: str | None
) -> TaskView:
    return TaskView(
        id=task.id,
        circle=Circle.parse(task.circle),
        title=task.title,
        owner_id=task.owner_id,
        due_on=task.due_on,
        state=task.state,
        created_by=task.created_by,
        created_at=task.created_at,
        settled_at=task.settled_at,
        settled_by=task.settled_by,
        clause_id=task.clause_id if place else None,
        part_id=(task.part_id or message_part) if place or message_part else None,
        place=place or "",
        comment_id=comment_id,
        message_id=message_id,
    )
