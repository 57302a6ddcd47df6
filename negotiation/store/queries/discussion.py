"""Discussion channels, paged, for one reader."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Circle
from negotiation.store.exchange import Message
from negotiation.store.preparation import Seance
from negotiation.store.queries.visibility import visible

PAGE = 60


@dataclass(frozen=True)
class MessageView:
    """A message. `seance` is the title of the imported séance in which it was said."""

    id: str
    rank: int
    party_id: str
    member_id: str
    text: str
    at: datetime
    seance: str | None


@dataclass(frozen=True)
class Channel:
    """A page of a channel, oldest first. `older` is the rank to ask before, or None at the beginning."""

    messages: tuple[MessageView, ...]
    older: int | None


def channel(session: Session, actor: Actor, circle: Circle, before: int | None = None) -> Channel:
    """The last messages of a channel, or those before a rank. Empty when the circle isn't the reader's."""
    query = (
        select(Message, col(Seance.title))
        .outerjoin(Seance, col(Seance.id) == Message.session_id)
        .where(
            col(Message.negotiation_id) == actor.negotiation_id,
            col(Message.circle) == str(circle),
            visible(Message.circle, actor),
        )
        .order_by(col(Message.rank).desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(col(Message.rank) < before)
    found = session.execute(query).all()
    kept = list(reversed(found[:PAGE]))
    messages = tuple(
        MessageView(row.id, row.rank, row.party_id, row.member_id, row.text, row.at, seance) for row, seance in kept
    )
    return Channel(messages, messages[0].rank if len(found) > PAGE else None)
