"""The discussion: one channel per circle for the table, and one beside each part; kept, in order."""

from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlmodel import col

from negotiation.errors import MessageTooLong, MissingText, NotFound
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.policy import Actor, sees
from negotiation.rules.seances import SeanceState
from negotiation.rules.vocabulary import Action, Circle
from negotiation.services.access import require
from negotiation.services.mentioning import Words, mention
from negotiation.services.referencing import named_by
from negotiation.services.widening import Place, Sending, ask_before_widening, keep_within, last_circle
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Part
from negotiation.store.exchange import Message
from negotiation.store.seances import Seance
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_MESSAGE = 10_000
"""Characters."""


@dataclass(frozen=True)
class Writing:
    """How something is said. `mentions`: member ids. `request_key` is made by the form: the same twice is one message.

    `sending` says whether its author has confirmed that more people read it than what he wrote before.
    """

    mentions: frozenset[str] = field(default=frozenset())
    request_key: str | None = None
    sending: Sending = Sending.KNOWINGLY


def send_message(
    uow: UnitOfWork,
    actor: Actor,
    *,
    circle: Circle,
    text: str,
    part_id: str | None = None,
    seance_id: str | None = None,
    writing: Writing = Writing(),
) -> str:
    """Write to one channel, of the table or beside a part; returns the message's id. The same request again (same
    `request_key`) writes nothing and returns the same id. `seance_id`: of the séance on whose screen it was typed; what
    is said elsewhere while one is open carries it too. Raises NotFound, NotAllowed, NotShared, MissingText,
    MessageTooLong, UnreadableText, WiderAudience."""
    require(actor, Action.SEND_MESSAGE, circle=circle)
    words = said(text)
    uow.lock(actor.negotiation_id)
    if done := _sent_already(uow, actor, writing.request_key):
        return done
    if part_id is not None:
        _part_within(uow, actor, part_id, circle)
    ask_before_widening(last_circle(uow.session, actor, Place(part_id)), circle, writing.sending)
    message = Message(
        id=new_id(),
        negotiation_id=actor.negotiation_id,
        circle=str(circle),
        rank=_next_rank(uow, actor.negotiation_id, circle),
        party_id=actor.party_id,
        member_id=actor.member_id,
        text=words,
        refs=named_by(uow.session, actor, circle, words),
        session_id=_seance_of(uow, actor, seance_id),
        part_id=part_id,
        request_key=writing.request_key,
        at=now(),
    )
    uow.session.add(message)
    mention(uow, actor, Words(circle, message_id=message.id), writing.mentions)
    facts = {"message": message.id, "text": words} | ({"part": part_id} if part_id else {})
    uow.record(Event(Kind.MESSAGE_SENT, actor.negotiation_id, circle, actor.key, facts, part_id=part_id))
    return message.id


def said(text: str) -> str:
    """The words as they are kept. Raises MissingText, MessageTooLong, UnreadableText."""
    if len(text) > LONGEST_MESSAGE:
        raise MessageTooLong(limit=LONGEST_MESSAGE, length=len(text))
    words = readable_text(text)
    if not words:
        raise MissingText()
    return words


def _part_within(uow: UnitOfWork, actor: Actor, part_id: str, circle: Circle) -> None:
    """Raises NotFound, and NotShared where the words would tell of a part that others don't know of."""
    part = uow.session.get(Part, part_id)
    if part is None or part.negotiation_id != actor.negotiation_id or not sees(actor, Circle.parse(part.circle)):
        raise NotFound()
    keep_within(Circle.parse(part.circle), circle)


def _seance_of(uow: UnitOfWork, actor: Actor, asked: str | None) -> str | None:
    """The open séance that was asked for, else the only one that is open; None where nothing tells which."""
    query = select(col(Seance.id)).where(
        col(Seance.negotiation_id) == actor.negotiation_id, col(Seance.state) == SeanceState.OPEN
    )
    open_ones = list(uow.session.execute(query).scalars())
    if asked in open_ones:
        return asked
    return open_ones[0] if len(open_ones) == 1 else None


def _sent_already(uow: UnitOfWork, actor: Actor, request_key: str | None) -> str | None:
    """The message of this very request, when it comes a second time (trust T13)."""
    if request_key is None:
        return None
    query = select(col(Message.id)).where(
        col(Message.member_id) == actor.member_id, col(Message.request_key) == request_key
    )
    found: str | None = uow.session.execute(query).scalar_one_or_none()
    return found


def _next_rank(uow: UnitOfWork, negotiation_id: str, circle: Circle) -> int:
    channel = (col(Message.negotiation_id) == negotiation_id, col(Message.circle) == str(circle))
    return (uow.session.execute(select(func.max(Message.rank)).where(*channel)).scalar() or 0) + 1
