"""Séances as everybody at the table reads them: those held here and those that a file told, in the same views.

Nothing in them is private, so readers differ by their negotiation only. A clause that left the contract, or whose part
did, keeps its place in what was said of it.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, func, select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.rules.seances import SeanceState
from negotiation.store.contract import Clause, Part
from negotiation.store.people import Member
from negotiation.store.prepared import Question
from negotiation.store.queries.decided import DecisionView, Extent, counts_kept, decisions_of, named, seance_of
from negotiation.store.seances import Seance, SeanceAttendance, SeancePoint


@dataclass(frozen=True)
class SeanceCard:
    """A séance in a list. `start`, `end`: hours of Paris, planned or declared, « 09:00 »; `end` may be empty.
    `chair_id`: who chairs now, or did when it closed; `facilitator_id`: who should, or did in a file."""

    id: str
    calendar_key: str
    title: str
    on: date
    start: str
    end: str
    place: str
    state: SeanceState
    is_imported: bool
    opened_at: datetime | None
    closed_at: datetime | None
    chair_id: str | None
    facilitator_id: str | None
    note_taker_id: str | None
    points: int
    decisions: int
    """Those that weren't cancelled."""


@dataclass(frozen=True)
class PointView:
    """A point of the agenda. `code`, `label`: those of its clause or part; `title`: words of its own, or the only ones.
    `seconds`: spent on it until `since`, from when it is under discussion. `is_dropped`: no longer in the contract. A
    file's points have an empty id and their title only."""

    id: str
    title: str
    clause_id: str | None = None
    part_id: str | None = None
    code: str = ""
    label: str = ""
    is_dropped: bool = False
    planned_minutes: int | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    seconds: int = 0
    since: datetime | None = None

    @property
    def is_current(self) -> bool:
        return self.since is not None

    def spent(self, moment: datetime) -> timedelta:
        running = moment - self.since if self.since else timedelta()
        return timedelta(seconds=self.seconds) + max(running, timedelta())


@dataclass(frozen=True)
class AttendeeView:
    """Somebody expected or present: a member, or the name of somebody in the room without an account. `noted_by`: the
    member who wrote them down as present; None for whoever signed in, or in a file."""

    id: str
    party_id: str
    member_id: str | None
    name: str
    is_expected: bool
    is_present: bool
    arrived_at: datetime | None = None
    noted_by: str | None = None


@dataclass(frozen=True)
class SeanceView:
    """A séance whole. `point_id`, `clause_id`: where the screens of those who follow are."""

    card: SeanceCard
    point_id: str | None
    clause_id: str | None
    points: tuple[PointView, ...]
    attendance: tuple[AttendeeView, ...]
    decisions: tuple[DecisionView, ...]
    noted: int
    """Everything that was noted, cancelled or not: more than `decisions` where only the last ones were asked for."""


def seances_of(session: Session, actor: Actor, *states: SeanceState) -> tuple[SeanceCard, ...]:
    """The séances of the table, in these states or all, by day and hour."""
    query = select(Seance).where(col(Seance.negotiation_id) == actor.negotiation_id)
    if states:
        query = query.where(col(Seance.state).in_(states))
    rows = session.execute(query.order_by(col(Seance.on), col(Seance.start), col(Seance.position))).scalars().all()
    ids = [row.id for row in rows]
    points, decisions = _counted(session, ids), counts_kept(session, ids)
    members = _members_by_key(session, actor)
    return tuple(_card(row, members, points=points.get(row.id, 0), decisions=decisions.get(row.id, 0)) for row in rows)


def seance_view(session: Session, actor: Actor, seance_id: str, *, decisions: Extent = Extent.WHOLE) -> SeanceView:
    """Raises NotFound."""
    row = seance_of(session, actor, seance_id)
    members = _members_by_key(session, actor)
    points, decided = _points(session, row), decisions_of(session, row, extent=decisions)
    return SeanceView(
        card=_card(row, members, points=len(points), decisions=decided.kept),
        point_id=row.point_id,
        clause_id=row.clause_id,
        points=points,
        attendance=_attendance(session, row, members),
        decisions=decided.decisions,
        noted=decided.noted,
    )


@dataclass(frozen=True)
class Untold:
    """All of a séance that no history tells: where it is, its agenda, who came. Two with an equal `said` are of the
    same séance at the same point, whatever was decided. `arrived`: the members whose arrival somebody wrote down."""

    said: Hashable
    arrived: frozenset[str]


def untold_of(session: Session, actor: Actor, seance_id: str) -> Untold:
    """Every open page of a séance asks it at each move of the pointer. Raises NotFound."""
    row = seance_of(session, actor, seance_id)
    connection, asked = session.connection(), {"seance": seance_id}
    points, people = tuple(_AGENDA.ask(connection, asked)), tuple(_PEOPLE.ask(connection, asked))
    said = (row.state, row.chair_id, row.point_id, row.clause_id, row.pointed_at, points, people)
    return Untold(said, frozenset(each.member_id for each in people if each.member_id and each.arrived_at))


_AGENDA, _PEOPLE = (
    Question(select(*table.c).where(table.c.seance_id == bindparam("seance")).order_by(table.c.id))
    for table in (SeancePoint.__table__, SeanceAttendance.__table__)  # type: ignore[attr-defined]
)


def _members_by_key(session: Session, actor: Actor) -> dict[str, Member]:
    query = select(Member).where(col(Member.negotiation_id) == actor.negotiation_id)
    return {member.key: member for member in session.execute(query).scalars()}


def _counted(session: Session, seance_ids: list[str]) -> dict[str, int]:
    query = select(col(SeancePoint.seance_id), func.count()).where(col(SeancePoint.seance_id).in_(seance_ids))
    return {row[0]: row[1] for row in session.execute(query.group_by(col(SeancePoint.seance_id)))}


def _card(row: Seance, members: Mapping[str, Member], *, points: int, decisions: int) -> SeanceCard:
    def member(key: str) -> str | None:
        return members[key].id if key in members else None

    return SeanceCard(
        id=row.id,
        calendar_key=row.calendar_key,
        title=row.title,
        on=row.on,
        start=row.start,
        end=row.end,
        place=row.place,
        state=row.state,
        is_imported=row.planned_by is None,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        chair_id=row.chair_id,
        facilitator_id=member(row.facilitator),
        note_taker_id=member(row.note_taker),
        points=points or len(row.agenda),
        decisions=decisions or len(row.decisions),
    )


def _points(session: Session, seance: Seance) -> tuple[PointView, ...]:
    query = (
        select(SeancePoint, Clause, Part)
        .outerjoin(Clause, col(Clause.id) == SeancePoint.clause_id)
        .outerjoin(Part, col(Part.id) == SeancePoint.part_id)
        .where(col(SeancePoint.seance_id) == seance.id)
        .order_by(col(SeancePoint.position))
    )
    held = [_point(seance, *row) for row in session.execute(query)]
    return tuple(held or [PointView("", title) for title in seance.agenda])


def _point(seance: Seance, row: SeancePoint, clause: Clause | None, part: Part | None) -> PointView:
    code, label = named(clause, part)
    return PointView(
        id=row.id,
        title=row.title,
        clause_id=row.clause_id,
        part_id=row.part_id,
        code=code,
        label=label,
        is_dropped=part is not None and part.dropped_at is not None,
        planned_minutes=row.planned_minutes,
        began_at=row.began_at,
        ended_at=row.ended_at,
        seconds=row.seconds,
        since=seance.pointed_at if seance.point_id == row.id else None,
    )


def _attendance(session: Session, seance: Seance, members: Mapping[str, Member]) -> tuple[AttendeeView, ...]:
    query = select(SeanceAttendance).where(col(SeanceAttendance.seance_id) == seance.id)
    places = {member.id: (member.position, member.title) for member in members.values()}
    rows = sorted(
        session.execute(query).scalars(),
        key=lambda row: (row.member_id is None, places.get(row.member_id or "", (0, row.name))),
    )
    held = [
        AttendeeView(
            id=row.id,
            party_id=row.party_id,
            member_id=row.member_id,
            name=row.name,
            is_expected=row.expected,
            is_present=row.arrived_at is not None,
            arrived_at=row.arrived_at,
            noted_by=row.noted_by,
        )
        for row in rows
    ]
    told = [members[key] for key in seance.attendees if key in members]
    return tuple(
        held or [AttendeeView("", member.party_id, member.id, "", is_expected=True, is_present=True) for member in told]
    )
