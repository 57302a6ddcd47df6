"""The discussion of a table: one channel per circle, kept, in order."""

from sqlalchemy import func, select
from sqlmodel import col

from negotiation.errors import MessageTooLong, MissingText
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Action, Circle
from negotiation.services.access import require
from negotiation.store.columns import new_id, now
from negotiation.store.exchange import Message
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_MESSAGE = 10_000
"""Characters."""


def send_message(uow: UnitOfWork, actor: Actor, *, circle: Circle, text: str) -> str:
    """Write to one channel; returns the message's id. Raises NotFound, NotAllowed, MissingText, MessageTooLong,
    UnreadableText."""
    require(actor, Action.SEND_MESSAGE, circle=circle)
    if len(text) > LONGEST_MESSAGE:
        raise MessageTooLong(limit=LONGEST_MESSAGE, length=len(text))
    words = readable_text(text)
    if not words:
        raise MissingText()
    uow.lock(actor.negotiation_id)
    message = Message(
        id=new_id(),
        negotiation_id=actor.negotiation_id,
        circle=str(circle),
        rank=_next_rank(uow, actor.negotiation_id, circle),
        party_id=actor.party_id,
        member_id=actor.member_id,
        text=words,
        at=now(),
    )
    uow.session.add(message)
    facts = {"message": message.id, "text": words}
    uow.record(Event(Kind.MESSAGE_SENT, actor.negotiation_id, circle, actor.key, facts))
    return message.id


def _next_rank(uow: UnitOfWork, negotiation_id: str, circle: Circle) -> int:
    channel = (col(Message.negotiation_id) == negotiation_id, col(Message.circle) == str(circle))
    return (uow.session.execute(select(func.max(Message.rank)).where(*channel)).scalar() or 0) + 1
