"""The agenda of a séance and its pointer: what is discussed, in which order, for how long, and where the screens are.

Everybody who plans séances arranges the agenda beforehand; once open, whoever chairs. The pointer is no history: it is
a row that changes, and a signal to the pages that follow.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import AgendaFull, InvalidInput, NotFound, PointDiscussed
from negotiation.events import Signal
from negotiation.rules.clause_text import readable_text
from negotiation.rules.policy import Actor
from negotiation.rules.seances import LONGEST_PLAN, LONGEST_TITLE, MOST_POINTS, SeanceState
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.seance_rows import (
    ALIVE,
    chaired,
    clause_on_table,
    locked,
    part_on_table,
    require_chair,
    signal,
)
from negotiation.store.columns import new_id, now
from negotiation.store.seances import Seance, SeancePoint
from negotiation.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Item:
    """A point to put on the agenda: a clause, a part, or words; and the minutes that it should take."""

    title: str = ""
    clause_id: str | None = None
    part_id: str | None = None
    minutes: int | None = None


def add_points(uow: UnitOfWork, actor: Actor, seance_id: str, items: Iterable[Item]) -> tuple[str, ...]:
    """Put points at the end of the agenda, all of them or none; returns their ids. A clause or part that is there
    already keeps its place.

    Raises NotAllowed, NotFound, SeanceInState, NotChair, AgendaFull (`limit`), InvalidInput, UnreadableText.
    """
    seance = _arranged(uow, actor, seance_id)
    points = _points(uow, seance)
    added = []
    for item in items:
        point = _same_subject(points, item)
        if point is None:
            if len(points) >= MOST_POINTS:
                raise AgendaFull(limit=MOST_POINTS)
            point = _new_point(uow, actor, seance, item)
            points.append(point)
        added.append(point.id)
    _number(points)
    uow.session.flush()
    signal(uow, actor, seance, Signal.SEANCE_AGENDA)
    return tuple(added)


def add_point(uow: UnitOfWork, actor: Actor, seance_id: str, item: Item) -> str:
    """One point; returns its id. Raises like the above."""
    return add_points(uow, actor, seance_id, [item])[0]


def change_point(
    uow: UnitOfWork, actor: Actor, seance_id: str, point_id: str, *, title: str, minutes: int | None
) -> None:
    """Other words beside it, another time. A point of words keeps some. Raises like the above."""
    seance = _arranged(uow, actor, seance_id)
    point = _point(uow, seance, point_id)
    said = _title(title)
    if not said and point.part_id is None:
        raise InvalidInput(field="title")
    point.title, point.planned_minutes = said, _minutes(minutes)
    signal(uow, actor, seance, Signal.SEANCE_AGENDA)


def move_point(uow: UnitOfWork, actor: Actor, seance_id: str, point_id: str, *, place: int) -> None:
    """To this place, the first being 0; beyond the end it is the last. Raises like the above."""
    seance = _arranged(uow, actor, seance_id)
    point = _point(uow, seance, point_id)
    points = [each for each in _points(uow, seance) if each.id != point.id]
    points.insert(max(0, min(place, len(points))), point)
    _number(points)
    signal(uow, actor, seance, Signal.SEANCE_AGENDA)


def remove_point(uow: UnitOfWork, actor: Actor, seance_id: str, point_id: str) -> None:
    """Take a point off the agenda. What was discussed stays on it: raises PointDiscussed; else like the above."""
    seance = _arranged(uow, actor, seance_id)
    point = _point(uow, seance, point_id)
    if point.began_at is not None:
        raise PointDiscussed()
    uow.session.delete(point)
    uow.session.flush()
    _number(_points(uow, seance))
    signal(uow, actor, seance, Signal.SEANCE_AGENDA)


def point_at(
    uow: UnitOfWork, actor: Actor, seance_id: str, point_id: str | None, *, clause_id: str | None = None
) -> None:
    """Take up a point, on one clause of it; None: a pause. Whoever follows sees the same.

    `clause_id`: any clause on the table, by default the point's own. Raises NotFound, SeanceInState, NotChair.
    """
    seance = chaired(uow, actor, seance_id)
    point = _point(uow, seance, point_id) if point_id else None
    shown = clause_id or (point.clause_id if point else None)
    if shown is not None and clause_id is not None:
        clause_on_table(uow, actor, shown)
    if (seance.point_id, seance.clause_id) == (point_id, shown):
        return
    if seance.point_id != point_id:
        moment = now()
        stop_the_clock(uow, seance, moment)
        if point is not None:
            point.began_at = point.began_at or moment
            seance.point_id, seance.pointed_at = point.id, moment
    seance.clause_id = shown
    signal(uow, actor, seance, Signal.SEANCE_POINTED)


def stop_the_clock(uow: UnitOfWork, seance: Seance, moment: datetime) -> None:
    """The point under discussion is left: the time that it took is counted."""
    point = uow.session.get(SeancePoint, seance.point_id) if seance.point_id else None
    if point is not None and seance.pointed_at is not None:
        uow.refresh(point)
        point.seconds += max(0, int((moment - seance.pointed_at).total_seconds()))
        point.ended_at = moment
    seance.point_id = seance.clause_id = seance.pointed_at = None


def _arranged(uow: UnitOfWork, actor: Actor, seance_id: str) -> Seance:
    """The séance, for whoever may arrange its agenda now."""
    require(actor, Action.PLAN_SEANCE)
    seance = locked(uow, actor, seance_id, *ALIVE)
    if seance.state is SeanceState.OPEN:
        require_chair(actor, seance)
    return seance


def _points(uow: UnitOfWork, seance: Seance) -> list[SeancePoint]:
    query = select(SeancePoint).where(col(SeancePoint.seance_id) == seance.id).order_by(col(SeancePoint.position))
    return list(uow.session.execute(query.execution_options(populate_existing=True)).scalars())


def _point(uow: UnitOfWork, seance: Seance, point_id: str) -> SeancePoint:
    point = uow.session.get(SeancePoint, point_id)
    if point is None or point.seance_id != seance.id:
        raise NotFound()
    uow.refresh(point)
    return point


def _number(points: list[SeancePoint]) -> None:
    for position, point in enumerate(points):
        if point.position != position:
            point.position = position


def _same_subject(points: list[SeancePoint], item: Item) -> SeancePoint | None:
    """The point that is on the same clause, or on the same whole part."""
    if item.clause_id:
        return next((each for each in points if each.clause_id == item.clause_id), None)
    if item.part_id:
        return next((each for each in points if each.part_id == item.part_id and each.clause_id is None), None)
    return None


def _new_point(uow: UnitOfWork, actor: Actor, seance: Seance, item: Item) -> SeancePoint:
    title = _title(item.title)
    part_id = None
    if item.clause_id:
        part_id = clause_on_table(uow, actor, item.clause_id).part_id
    elif item.part_id:
        part_id = part_on_table(uow, actor, item.part_id).id
    elif not title:
        raise InvalidInput(field="title")
    point = SeancePoint(
        id=new_id(),
        negotiation_id=seance.negotiation_id,
        seance_id=seance.id,
        position=MOST_POINTS,
        title=title,
        clause_id=item.clause_id or None,
        part_id=part_id,
        planned_minutes=_minutes(item.minutes),
    )
    uow.session.add(point)
    return point


def _title(text: str) -> str:
    title = " ".join(readable_text(text).split())
    if len(title) > LONGEST_TITLE:
        raise InvalidInput(field="title")
    return title


def _minutes(minutes: int | None) -> int | None:
    if minutes is not None and not 0 < minutes <= LONGEST_PLAN:
        raise InvalidInput(field="minutes")
    return minutes
