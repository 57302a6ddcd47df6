"""Séances: planned in the calendar, opened by whoever will chair, chaired by one person at a time, closed.

All of it is rows: a chair who leaves or a server that stops ends nothing. Source: issue 5, product R11.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlmodel import col

from negotiation.errors import ChairTaken, InvalidInput, NotFound
from negotiation.events import Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.seances import LONGEST_TITLE, SeanceState
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require, sits
from negotiation.services.seance_agenda import stop_the_clock
from negotiation.services.seance_attendance import note_arrival
from negotiation.services.seance_binding import settle_all
from negotiation.services.seance_rows import chaired, locked, record, seated
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Negotiation
from negotiation.store.people import Member, Party
from negotiation.store.preparation import CalendarItem
from negotiation.store.seances import Seance
from negotiation.store.unit_of_work import UnitOfWork

HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
CALENDAR_KIND, PRODUCES = "seance", "Relevé de décisions"
PLANNED, DONE, CANCELLED = "planned", "done", "cancelled"
"""Statuses of a calendar item."""


@dataclass(frozen=True)
class Plan:
    """A séance as planned. `start`, `end`: hours of Paris, « 09:00 »; `end` may be empty. `chair`, `note_taker`: ids of
    members; `calendar_item`: the id of the calendar's item that it is, None makes one."""

    title: str
    on: date
    start: str
    end: str = ""
    place: str = ""
    chair: str | None = None
    note_taker: str | None = None
    calendar_item: str | None = None


def plan_seance(uow: UnitOfWork, actor: Actor, plan: Plan) -> str:
    """Plan a séance; returns its id. Raises NotAllowed, NotFound (a member, the calendar item), InvalidInput,
    UnreadableText."""
    require(actor, Action.PLAN_SEANCE)
    negotiation = uow.lock(actor.negotiation_id)
    title, place = _checked(plan)
    last = uow.session.execute(
        select(func.max(Seance.position)).where(col(Seance.negotiation_id) == negotiation.id)
    ).scalar()
    seance = Seance(
        id=new_id(),
        negotiation_id=negotiation.id,
        key=new_id(),
        calendar_key="",
        title=title,
        on=plan.on,
        start=plan.start,
        end=plan.end,
        place=place,
        facilitator="",
        note_taker="",
        position=0 if last is None else last + 1,
        state=SeanceState.PLANNED,
        planned_by=actor.member_id,
    )
    item = _own_item(uow, negotiation, plan)
    seance.calendar_key = item.key
    _write(uow, seance, plan, item=item)
    uow.session.add(seance)
    uow.session.flush()
    record(uow, actor, seance, Kind.SEANCE_PLANNED, on=plan.on.isoformat(), start=plan.start)
    return seance.id


def change_plan(uow: UnitOfWork, actor: Actor, seance_id: str, plan: Plan) -> None:
    """Another day, hour, place, title or chair, while it isn't open; its calendar item follows.

    Raises NotAllowed, NotFound, SeanceInState, InvalidInput, UnreadableText.
    """
    require(actor, Action.PLAN_SEANCE)
    seance = locked(uow, actor, seance_id, SeanceState.PLANNED)
    seance.title, seance.place = _checked(plan)
    seance.on, seance.start, seance.end = plan.on, plan.start, plan.end
    _write(uow, seance, plan, item=_item(uow, seance))
    record(uow, actor, seance, Kind.SEANCE_CHANGED, on=plan.on.isoformat(), start=plan.start)


def cancel_seance(uow: UnitOfWork, actor: Actor, seance_id: str) -> None:
    """It won't be held; said twice, it is said once. Raises NotAllowed, NotFound, SeanceInState."""
    require(actor, Action.PLAN_SEANCE)
    seance = locked(uow, actor, seance_id, SeanceState.PLANNED, SeanceState.CANCELLED)
    if seance.state is SeanceState.CANCELLED:
        return
    seance.state = SeanceState.CANCELLED
    _mark_item(uow, seance, CANCELLED)
    record(uow, actor, seance, Kind.SEANCE_CANCELLED)


def open_seance(uow: UnitOfWork, actor: Actor, seance_id: str) -> None:
    """Open it and chair it; whoever opened it already opens nothing more.

    Raises NotAllowed, NotFound, SeanceInState, ChairTaken (`chair`) when another opened it meanwhile.
    """
    require(actor, Action.CHAIR_SEANCE)
    seance = locked(uow, actor, seance_id, SeanceState.PLANNED, SeanceState.OPEN)
    if seance.state is SeanceState.OPEN:
        _sit_in_chair(uow, actor, seance, instead_of=None)
        return
    seance.state, seance.opened_at, seance.chair_id = SeanceState.OPEN, now(), actor.member_id
    record(uow, actor, seance, Kind.SEANCE_OPENED)
    note_arrival(uow, actor, seance)


def take_chair(uow: UnitOfWork, actor: Actor, seance_id: str, *, instead_of: str | None = None) -> None:
    """Chair from now on. `instead_of`: the member who chairs on the screen and hands over; without that name, only an
    empty chair is taken.

    Raises NotAllowed, NotFound, SeanceInState, ChairTaken (`chair`).
    """
    require(actor, Action.CHAIR_SEANCE)
    seance = locked(uow, actor, seance_id, SeanceState.OPEN)
    _sit_in_chair(uow, actor, seance, instead_of=instead_of)


def leave_chair(uow: UnitOfWork, actor: Actor, seance_id: str) -> None:
    """The chair is empty, the séance goes on: the point under discussion and what waits stay as they are.

    Raises NotFound, SeanceInState, NotChair.
    """
    seance = chaired(uow, actor, seance_id)
    seance.chair_id = None
    record(uow, actor, seance, Kind.SEANCE_CHAIRED, left=True)


def close_seance(uow: UnitOfWork, actor: Actor, seance_id: str) -> None:
    """Close it: what was due binds first, and what nobody confirmed for its party says so. What was decided last keeps
    its minute: until then nobody closes. Closed twice, it is closed once.

    Raises NotFound, NotChair, SeanceInState, DecisionsWaiting (`count`, `seconds`).
    """
    seance = locked(uow, actor, seance_id, SeanceState.OPEN, SeanceState.CLOSED)
    if seance.state is SeanceState.CLOSED and seance.chair_id == actor.member_id:
        return
    seance = chaired(uow, actor, seance_id)
    moment = now()
    became = settle_all(uow, seance, moment)
    stop_the_clock(uow, seance, moment)
    seance.state, seance.closed_at = SeanceState.CLOSED, moment
    _mark_item(uow, seance, DONE)
    record(uow, actor, seance, Kind.SEANCE_CLOSED, opened_at=_iso(seance.opened_at), decisions=became)


def _sit_in_chair(uow: UnitOfWork, actor: Actor, seance: Seance, *, instead_of: str | None) -> None:
    if seance.chair_id == actor.member_id:
        return
    if seance.chair_id not in (None, instead_of) and _still_sits(uow, seance.chair_id):
        raise ChairTaken(chair=seance.chair_id)
    before = uow.session.get(Member, seance.chair_id) if seance.chair_id else None
    seance.chair_id = actor.member_id
    record(uow, actor, seance, Kind.SEANCE_CHAIRED, after=before.key if before else None)
    note_arrival(uow, actor, seance)


def _still_sits(uow: UnitOfWork, member_id: str | None) -> bool:
    member = uow.session.get(Member, member_id) if member_id else None
    return member is not None and sits(member, paris_day(now()))


def _checked(plan: Plan) -> tuple[str, str]:
    """(title, place), readable and on one line. Raises InvalidInput (`field`), UnreadableText."""
    title, place = (" ".join(readable_text(words).split()) for words in (plan.title, plan.place))
    if not title or len(title) > LONGEST_TITLE:
        raise InvalidInput(field="title")
    if len(place) > LONGEST_TITLE:
        raise InvalidInput(field="place")
    if not HOUR.fullmatch(plan.start):
        raise InvalidInput(field="start")
    if plan.end and not (HOUR.fullmatch(plan.end) and plan.end > plan.start):
        raise InvalidInput(field="end")
    return title, place


def _write(uow: UnitOfWork, seance: Seance, plan: Plan, *, item: CalendarItem | None) -> None:
    """Who should chair and write, and the same day, hour and place in the calendar. Raises NotFound."""
    named = seated(uow, seance.negotiation_id, {each for each in (plan.chair, plan.note_taker) if each})
    seance.facilitator = named[plan.chair].key if plan.chair else ""
    seance.note_taker = named[plan.note_taker].key if plan.note_taker else ""
    if item is not None:
        item.on, item.time, item.place, item.title = seance.on, seance.start, seance.place, seance.title


def _own_item(uow: UnitOfWork, negotiation: Negotiation, plan: Plan) -> CalendarItem:
    """The calendar item that the séance is: the named one, which no other séance is, or a new one. Raises NotFound,
    InvalidInput."""
    if plan.calendar_item is None:
        return _new_item(uow, negotiation, plan)
    item = uow.session.get(CalendarItem, plan.calendar_item)
    if item is None or item.negotiation_id != negotiation.id:
        raise NotFound()
    taken = select(col(Seance.id)).where(
        col(Seance.negotiation_id) == negotiation.id,
        col(Seance.calendar_key) == item.key,
        col(Seance.state) != SeanceState.CANCELLED,
    )
    if uow.session.execute(taken.limit(1)).scalar() is not None:
        raise InvalidInput(field="calendar_item")
    item.status = PLANNED
    return item


def _new_item(uow: UnitOfWork, negotiation: Negotiation, plan: Plan) -> CalendarItem:
    keys = select(col(Party.key)).where(col(Party.negotiation_id) == negotiation.id).order_by(col(Party.position))
    last = uow.session.execute(
        select(func.max(CalendarItem.position)).where(col(CalendarItem.negotiation_id) == negotiation.id)
    ).scalar()
    item = CalendarItem(
        negotiation_id=negotiation.id,
        key=new_id(),
        phase=negotiation.phase,
        kind=CALENDAR_KIND,
        on=plan.on,
        title=plan.title,
        party_keys=list(uow.session.execute(keys).scalars()),
        produces=PRODUCES,
        status=PLANNED,
        position=0 if last is None else last + 1,
    )
    uow.session.add(item)
    return item


def _item(uow: UnitOfWork, seance: Seance) -> CalendarItem | None:
    query = select(CalendarItem).where(
        col(CalendarItem.negotiation_id) == seance.negotiation_id, col(CalendarItem.key) == seance.calendar_key
    )
    item: CalendarItem | None = uow.session.execute(query).scalar_one_or_none()
    return item


def _mark_item(uow: UnitOfWork, seance: Seance, status: str) -> None:
    if item := _item(uow, seance):
        item.status = status


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
