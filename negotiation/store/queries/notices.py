"""What a mail may say to one reader: what waits for him, what changed since, both without a word of anybody's.

A clause is named by its code, or by that of its part, when it is shared: a title may say what is negotiated, and a
private part doesn't exist for others. What is inside the reader's own circles is counted, never named (trust T5).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import Session, col

from negotiation.rules.notices import DEFAULT_RHYTHMS, NOTICE_OF_FACT, Pace
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import DRAFTERS, Actor
from negotiation.rules.turn import Turn, turn_of, urgency
from negotiation.rules.vocabulary import Notice, PartKind, Rhythm, Side, TaskState, VisaState
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import Message, MoveRow
from negotiation.store.inside import VisaRequest
from negotiation.store.notifying import NoticeChoice, NoticeReader
from negotiation.store.people import Party
from negotiation.store.queries import turns
from negotiation.store.queries.clauses import (
    cards_awaited_after_gel,
    engagements_without_trails,
    touched_cards,
)
from negotiation.store.queries.visibility import on_the_table, visible
from negotiation.store.record import HistoryEntry
from negotiation.store.talk import Mention, Task

NOTHING: Mapping[tuple[str, str | None], int] = {}
LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Name:
    """What a mail calls a clause. `code` may be empty: then its part's kind says what it is."""

    code: str
    kind: PartKind


@dataclass(frozen=True)
class Awaited:
    """A clause that waits for an answer of the reader's party."""

    clause_id: str
    turn: Turn
    since: datetime | None


@dataclass(frozen=True)
class Todo:
    """What one reader has before him: the latest first. `tasks`: days on which his open tasks are due, if any is."""

    clauses: tuple[Awaited, ...] = ()
    visas: tuple[datetime, ...] = ()
    """When each visa that he may give was asked."""
    tasks: tuple[tuple[datetime, date | None], ...] = ()
    """When each open task of his was created, and its day."""
    last: tuple[datetime | None, ...] = ()
    """When each gesture of the end that waits for him was asked: the gel, a signature, a reopening, a closing."""

    @property
    def late(self) -> int:
        return sum(awaited.turn.late_by > 0 for awaited in self.clauses)

    @property
    def deadline(self) -> date | None:
        """The first day by which something is to be done."""
        days = [awaited.turn.due_on for awaited in self.clauses] + [due_on for _, due_on in self.tasks]
        return min((day for day in days if day is not None), default=None)


@dataclass(frozen=True)
class Change:
    """How often one kind of thing happened since, and the shared clauses where it did."""

    notice: Notice
    count: int
    clause_ids: tuple[str, ...]


def rhythms_of(session: Session, person_id: str, negotiation_id: str) -> dict[Notice, Rhythm]:
    """The rhythm of every notice: the one chosen, else the default."""
    query = select(col(NoticeChoice.notice), col(NoticeChoice.rhythm)).where(
        col(NoticeChoice.person_id) == person_id, col(NoticeChoice.negotiation_id) == negotiation_id
    )
    return DEFAULT_RHYTHMS | dict(session.execute(query).all())


def pace_of(session: Session, person_id: str, negotiation_id: str) -> Pace:
    row = session.get(NoticeReader, (person_id, negotiation_id))
    return Pace(row.working_days_only, row.last_digest_on, row.last_weekly_on) if row else Pace()


def last_visit(session: Session, actor: Actor) -> datetime | None:
    """When the reader last came before the visit that lasts now; None at the first one."""
    row = session.get(NoticeReader, (actor.person_id, actor.negotiation_id))
    return row.visited_before_at if row else None


def todo_of(session: Session, actor: Actor, today: date) -> Todo:
    """What waits for this very person: what another member of the party alone may answer is left out."""
    return Todo(
        clauses=_awaited(session, actor, today), visas=_visas(session, actor), tasks=tuple(_tasks(session, actor))
    )


def changes_between(
    session: Session,
    actor: Actor,
    notices: frozenset[Notice],
    *,
    since: datetime,
    until: datetime,
    told: Mapping[tuple[str, str | None], int] = NOTHING,
) -> tuple[Change, ...]:
    """What others did in the circles that the reader reads, after `since`, up to `until`, by notice.

    `told`: how many facts of a kind on a clause are told otherwise, by receipts, and not counted.
    """
    found: dict[Notice, tuple[int, list[str]]] = {}

    def add(notice: Notice, count: int, clause_id: str | None) -> None:
        total, clauses = found.get(notice, (0, []))
        found[notice] = total + count, [*clauses, clause_id] if clause_id else clauses

    period = (col(HistoryEntry.recorded_at) > since, col(HistoryEntry.recorded_at) <= until)
    query: Select[str, str | None, int] = (
        select(col(HistoryEntry.kind), col(HistoryEntry.clause_id), func.count())
        .where(*_by_others(actor), *period)
        .group_by(col(HistoryEntry.kind), col(HistoryEntry.clause_id))
        .order_by(col(HistoryEntry.clause_id), col(HistoryEntry.kind))
    )
    for kind, clause_id, count in session.execute(query):
        notice, left = NOTICE_OF_FACT.get(kind), count - told.get((kind, clause_id), 0)
        if notice in notices and left > 0:
            add(notice, left, clause_id)
    if Notice.MENTION in notices:
        for mention in session.execute(_unseen_mentions(actor, since, until)).scalars():
            add(Notice.MENTION, 1, mention.clause_id)
    if Notice.VOIDED in notices:
        for clause_id in _voided(session, actor, period):
            add(Notice.VOIDED, 1, clause_id)
    order = list(Notice)
    return tuple(
        Change(notice, count, tuple(dict.fromkeys(clauses)))
        for notice, (count, clauses) in sorted(found.items(), key=lambda item: order.index(item[0]))
    )


def names_of(session: Session, actor: Actor, clause_ids: Iterable[str]) -> dict[str, Name]:
    """Names by clause id; what isn't shared has none."""
    query: Select[str, str, str, PartKind] = (
        select(col(Clause.id), col(Clause.code), col(Part.code).label("part_code"), col(Part.kind))
        .join(Part, col(Part.id) == Clause.part_id)
        .where(
            col(Clause.id).in_(list(clause_ids)),
            col(Clause.negotiation_id) == actor.negotiation_id,
            on_the_table(Clause.circle),
            on_the_table(Part.circle),
        )
    )
    return {row.id: Name(row.code or row.part_code, row.kind) for row in session.execute(query)}


def imported_at(session: Session, actor: Actor) -> datetime:
    """When the negotiation came from a file; the beginning of time when it was opened here."""
    query = select(func.max(col(HistoryEntry.recorded_at))).where(
        col(HistoryEntry.negotiation_id) == actor.negotiation_id,
        on_the_table(HistoryEntry.circle),
        col(HistoryEntry.kind) == "negotiation.imported",
    )
    found: datetime | None = session.execute(query).scalar_one()
    return found or LONG_AGO


def may_answer(actor: Actor) -> bool:
    """Whether this person can answer for the party: others read that it is awaited, nothing waits for them."""
    return actor.side is not Side.ASSOCIATE and bool(actor.roles & DRAFTERS)


def _awaited(session: Session, actor: Actor, today: date) -> tuple[Awaited, ...]:
    if not may_answer(actor):
        return ()
    cards = engagements_without_trails(session, actor) + touched_cards(session, actor)
    cards += cards_awaited_after_gel(session, [actor.negotiation_id])
    delay = turns.pace_of(session, actor.negotiation_id).response_days
    found = [
        Awaited(
            card.id,
            turn_of(
                card.situation,
                since=paris_day(held) if (held := card.held.get(actor.party_id)) else None,
                today=today,
                response_days=delay,
            ),
            card.held.get(actor.party_id),
        )
        for card in cards
        if card.waits_for_party(actor.party_id)
    ]
    return tuple(sorted(found, key=lambda awaited: urgency(awaited.turn)))


def _visas(session: Session, actor: Actor) -> tuple[datetime, ...]:
    query = select(col(VisaRequest.asked_at)).where(
        col(VisaRequest.negotiation_id) == actor.negotiation_id,
        col(VisaRequest.party_id) == actor.party_id,
        visible(VisaRequest.circle, actor),
        col(VisaRequest.state) == VisaState.WAITING,
        col(VisaRequest.role).in_(list(actor.roles)),
    )
    return tuple(session.execute(query.order_by(col(VisaRequest.asked_at))).scalars())


def _tasks(session: Session, actor: Actor) -> Iterable[tuple[datetime, date | None]]:
    query = select(col(Task.created_at), col(Task.due_on)).where(
        col(Task.negotiation_id) == actor.negotiation_id,
        visible(Task.circle, actor),
        col(Task.owner_id) == actor.member_id,
        col(Task.state) == TaskState.OPEN,
    )
    return ((created_at, due_on) for created_at, due_on in session.execute(query))


def _by_others(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Facts that the reader may read and didn't make; words taken back are none."""
    return (
        col(HistoryEntry.negotiation_id) == actor.negotiation_id,
        visible(HistoryEntry.circle, actor),
        col(HistoryEntry.actor) != actor.key,
        col(HistoryEntry.payload).is_not(None),
    )


def _unseen_mentions(actor: Actor, since: datetime, until: datetime) -> Select[Mention]:
    return (
        select(Mention)
        .outerjoin(MoveRow, col(MoveRow.id) == Mention.move_id)
        .outerjoin(Message, col(Message.id) == Mention.message_id)
        .where(
            col(Mention.negotiation_id) == actor.negotiation_id,
            col(Mention.member_id) == actor.member_id,
            visible(Mention.circle, actor),
            col(Mention.at) > since,
            col(Mention.at) <= until,
            col(Mention.seen_at).is_(None),
            col(MoveRow.recalled_at).is_(None),
            col(Message.recalled_at).is_(None),
        )
    )


def _voided(session: Session, actor: Actor, period: tuple[ColumnElement[bool], ...]) -> list[str]:
    """Clauses on which an acceptance of the reader's party fell. Only entries that say so are opened."""
    key = session.execute(select(col(Party.key)).where(col(Party.id) == actor.party_id)).scalar_one()
    query = select(col(HistoryEntry.clause_id), col(HistoryEntry.payload)).where(
        *_by_others(actor), *period, col(HistoryEntry.payload).like('%"voided":[%')
    )
    return [
        clause_id
        for clause_id, payload in session.execute(query)
        if clause_id and key in json.loads(payload).get("voided", ())
    ]
