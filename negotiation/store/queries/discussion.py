"""Discussion channels, of the table and beside each part, paged, for one reader."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Row, Select, func, select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Circle
from negotiation.store.contract import Part
from negotiation.store.exchange import Message, MoveRow
from negotiation.store.queries.tasks import tasks_of_messages
from negotiation.store.queries.visibility import visible
from negotiation.store.seances import Seance

PAGE = 60
MOST_AT_ONCE = 600
"""Messages that a page asks for again after a time without connection."""


@dataclass(frozen=True)
class Became:
    """What came of a message: the clauses with a comment or proposal made of it (move id, clause id), and its tasks."""

    moves: tuple[tuple[str, str], ...] = ()
    tasks: int = 0


@dataclass(frozen=True)
class MessageView:
    """A message. `seance` is the title of the imported séance in which it was said; `recalled_at`: « message retiré »,
    there is nothing left to read."""

    id: str
    rank: int
    party_id: str
    member_id: str
    text: str
    at: datetime
    recorded_at: datetime
    circle: Circle
    part_id: str | None = None
    seance: str | None = None
    recalled_at: datetime | None = None
    became: Became = field(default=Became())


@dataclass(frozen=True)
class Channel:
    """A page of a channel, oldest first. `older` is the rank to ask before, or None at the beginning; `newer` says
    whether later messages are on another page; `since` is the rank from which the page asks again."""

    messages: tuple[MessageView, ...]
    older: int | None
    before: int | None = None

    @property
    def since(self) -> int:
        return self.messages[0].rank if self.messages else 0


@dataclass(frozen=True)
class PartChannel:
    """A part that is discussed, how much and until when, in one circle."""

    part_id: str
    code: str
    title: str
    count: int
    last_at: datetime


def channel(
    session: Session,
    actor: Actor,
    circle: Circle,
    before: int | None = None,
    *,
    part_id: str | None = None,
    since: int | None = None,
    size: int = PAGE,
) -> Channel:
    """The last messages of a channel, those before a rank, or all those since one: whatever came while nobody was
    connected then stands in its place. Empty when the circle isn't the reader's."""
    query = _messages(actor).where(col(Message.circle) == str(circle), col(Message.part_id) == part_id)
    most = size
    if before is not None:
        query = query.where(col(Message.rank) < before)
    elif since is not None:
        query, most = query.where(col(Message.rank) >= since), MOST_AT_ONCE
    found = session.execute(query.order_by(col(Message.rank).desc()).limit(most + 1)).all()
    kept = list(reversed(found[:most]))
    became = _became(session, actor, [row[0].id for row in kept])
    messages = tuple(_view(row, became) for row in kept)
    has_older = len(found) > most or (since is not None and before is None and _is_before(session, actor, messages))
    return Channel(messages, messages[0].rank if messages and has_older else None, before)


def message_of(session: Session, actor: Actor, message_id: str) -> MessageView:
    """One message. Raises NotFound."""
    row = session.execute(_messages(actor).where(col(Message.id) == message_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _view(row, _became(session, actor, [message_id]))


def part_channels(session: Session, actor: Actor, circle: Circle) -> tuple[PartChannel, ...]:
    """The parts beside which something was said in this circle, the last one first."""
    last = func.max(col(Message.recorded_at))
    query = (
        select(col(Part.id), col(Part.code), col(Part.title), func.count(), last)
        .join(Message, col(Message.part_id) == Part.id)
        .where(
            col(Message.negotiation_id) == actor.negotiation_id,
            col(Message.circle) == str(circle),
            visible(Message.circle, actor),
            visible(Part.circle, actor),
        )
        .group_by(col(Part.id), col(Part.code), col(Part.title))
        .order_by(last.desc())
    )
    return tuple(PartChannel(*row) for row in session.execute(query))


def _messages(actor: Actor) -> Select[Message, str]:
    return (
        select(Message, col(Seance.title))
        .outerjoin(Seance, col(Seance.id) == Message.session_id)
        .where(col(Message.negotiation_id) == actor.negotiation_id, visible(Message.circle, actor))
    )


def _is_before(session: Session, actor: Actor, messages: tuple[MessageView, ...]) -> bool:
    if not messages:
        return False
    first = messages[0]
    query = _messages(actor).where(
        col(Message.circle) == str(first.circle),
        col(Message.part_id) == first.part_id,
        col(Message.rank) < first.rank,
    )
    return session.execute(query.limit(1)).first() is not None


def _became(session: Session, actor: Actor, message_ids: list[str]) -> dict[str, Became]:
    if not message_ids:
        return {}
    query = (
        select(col(MoveRow.message_id), col(MoveRow.id), col(MoveRow.clause_id))
        .where(
            col(MoveRow.message_id).in_(message_ids),
            col(MoveRow.negotiation_id) == actor.negotiation_id,
            visible(MoveRow.circle, actor),
        )
        .order_by(col(MoveRow.recorded_at))
    )
    moves: dict[str, list[tuple[str, str]]] = {}
    for message_id, move_id, clause_id in session.execute(query):
        moves.setdefault(message_id, []).append((move_id, clause_id))
    tasks = tasks_of_messages(session, actor, message_ids)
    return {each: Became(tuple(moves.get(each, ())), tasks.get(each, 0)) for each in message_ids}


def _view(row: Row[Message, str], became: dict[str, Became]) -> MessageView:
    message, seance = row
    return MessageView(
        id=message.id,
        rank=message.rank,
        party_id=message.party_id,
        member_id=message.member_id,
        text=message.text,
        at=message.at,
        recorded_at=message.recorded_at,
        circle=Circle.parse(message.circle),
        part_id=message.part_id,
        seance=seance,
        recalled_at=message.recalled_at,
        became=became.get(message.id, Became()),
    )
