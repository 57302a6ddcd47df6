"""Discussion channels, of the table and beside each part, paged, for one reader."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Row, ScalarSelect, Select, func, select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.policy import Actor, circles_of
from negotiation.rules.seances import DecisionState
from negotiation.rules.vocabulary import Circle
from negotiation.store.contract import Part
from negotiation.store.exchange import Message, MoveRow
from negotiation.store.queries.references import Reference, references_named
from negotiation.store.queries.tasks import tasks_of_messages
from negotiation.store.queries.visibility import visible
from negotiation.store.seances import Seance, SeanceDecision

PAGE = 60
MOST_AT_ONCE = 600
"""Messages that a page asks for again after a time without connection."""


@dataclass(frozen=True)
class Became:
    """What came of a message: the clauses with a comment or proposal made of it (move id, clause id), its tasks, and
    the séance of each decision that was not cancelled."""

    moves: tuple[tuple[str, str], ...] = ()
    tasks: int = 0
    decisions: tuple[str, ...] = ()


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
    refs: tuple[Reference, ...] = ()
    """What it names that its reader may read."""


@dataclass(frozen=True)
class Channel:
    """A page of a channel, oldest first. `older` is the rank to ask before, or None at the beginning; `seance`, that of
    the message just before these, where it was asked for what came after."""

    messages: tuple[MessageView, ...]
    older: int | None
    before: int | None = None
    seance: str | None = None

    @property
    def since(self) -> int:
        """The rank from which the page asks again."""
        return self.messages[0].rank if self.messages else 0

    @property
    def last(self) -> int:
        return self.messages[-1].rank if self.messages else 0


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
    messages = _views(session, actor, list(reversed(found[:most])))
    has_older = len(found) > most or (since is not None and before is None and _is_before(session, actor, messages))
    return Channel(messages, messages[0].rank if messages and has_older else None, before)


def channel_after(session: Session, actor: Actor, circle: Circle, after: int, *, part_id: str | None = None) -> Channel:
    """What came in a channel after this rank, for a page that shows all that was there until then."""
    here = (col(Message.circle) == str(circle), col(Message.part_id) == part_id, col(Message.rank) >= after)
    query = _messages(actor).where(*here).order_by(col(Message.rank)).limit(MOST_AT_ONCE + 1)
    found = session.execute(query).all()
    known = next((seance for message, seance in found if message.rank == after), None)
    came = [row for row in found if row[0].rank > after]
    return Channel(_views(session, actor, came), None, seance=known)


def message_of(session: Session, actor: Actor, message_id: str) -> MessageView:
    """One message. Raises NotFound."""
    row = session.execute(_messages(actor).where(col(Message.id) == message_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _views(session, actor, [row])[0]


def around_message(session: Session, actor: Actor, message_id: str) -> int | None:
    """The rank to ask before for a page in whose middle this message stands; None when it is on the last one.

    Raises NotFound."""
    message = message_of(session, actor, message_id)
    here = (col(Message.circle) == str(message.circle), col(Message.part_id) == message.part_id)
    later = _messages(actor).where(*here, col(Message.rank) > message.rank).order_by(col(Message.rank))
    ranks = [row[0].rank for row in session.execute(later.limit(PAGE))]
    return ranks[PAGE // 2] if len(ranks) == PAGE else None


def last_ranks(session: Session, actor: Actor, part_id: str | None = None) -> dict[str, int]:
    """How far each channel of this place has come, for those of its circles where something was said."""
    last = {
        str(circle): select(col(Message.rank))
        .where(
            col(Message.negotiation_id) == actor.negotiation_id,
            col(Message.circle) == str(circle),
            col(Message.part_id) == part_id,
            visible(Message.circle, actor),
        )
        .order_by(col(Message.rank).desc())
        .limit(1)
        .scalar_subquery()
        for circle in circles_of(actor)
    }
    ranks = session.execute(select(*last.values())).one()
    return {circle: rank for circle, rank in zip(last, ranks, strict=True) if rank is not None}


def part_channels(session: Session, actor: Actor, circle: Circle) -> tuple[PartChannel, ...]:
    """The parts beside which something was said in this circle, the last one first.

    Each is looked up by its own index: the messages of the table, however many, aren't read.
    """
    here = (
        col(Message.part_id) == Part.id,
        col(Message.circle) == str(circle),
        visible(Message.circle, actor),
    )
    count: ScalarSelect[int] = select(func.count()).select_from(Message).where(*here).scalar_subquery()
    latest = select(col(Message.recorded_at)).where(*here).order_by(col(Message.rank).desc()).limit(1)
    query = select(col(Part.id), col(Part.code), col(Part.title), count, latest.scalar_subquery()).where(
        col(Part.negotiation_id) == actor.negotiation_id, visible(Part.circle, actor)
    )
    found = [PartChannel(*row) for row in session.execute(query) if row[3]]
    return tuple(sorted(found, key=lambda each: each.last_at, reverse=True))


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
    decisions = _decisions(session, actor, message_ids)
    return {
        each: Became(tuple(moves.get(each, ())), tasks.get(each, 0), decisions.get(each, ())) for each in message_ids
    }


def _decisions(session: Session, actor: Actor, message_ids: list[str]) -> dict[str, tuple[str, ...]]:
    """The séances of the decisions that come from these messages, by message; without those that were cancelled."""
    query = (
        select(col(SeanceDecision.message_id), col(SeanceDecision.seance_id))
        .where(
            col(SeanceDecision.negotiation_id) == actor.negotiation_id,
            col(SeanceDecision.message_id).in_(message_ids),
            col(SeanceDecision.state) != DecisionState.CANCELLED,
        )
        .order_by(col(SeanceDecision.rank))
    )
    found: dict[str, list[str]] = {}
    for message_id, seance_id in session.execute(query):
        found.setdefault(message_id, []).append(seance_id)
    return {message_id: tuple(seances) for message_id, seances in found.items()}


def _views(session: Session, actor: Actor, rows: Sequence[Row[Message, str]]) -> tuple[MessageView, ...]:
    messages = [message for message, _ in rows]
    became = _became(session, actor, [message.id for message in messages])
    named = references_named(session, actor, [name for message in messages for name in message.refs])
    return tuple(
        _view(message, seance, became=became, refs=tuple(named[name] for name in message.refs if name in named))
        for message, seance in rows
    )


def _view(
    message: Message, seance: str | None, *, became: dict[str, Became], refs: tuple[Reference, ...]
) -> MessageView:
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
        refs=tuple(dict.fromkeys(refs)),
    )
