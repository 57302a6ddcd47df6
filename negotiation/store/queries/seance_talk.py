"""What everybody said during a séance, for the page that remembers it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.store.exchange import Message
from negotiation.store.queries.visibility import on_the_table

MOST = 200
"""Messages on one page; search finds the others."""


@dataclass(frozen=True)
class SaidThere:
    """A shared message of a séance."""

    id: str
    party_id: str
    member_id: str
    text: str
    at: datetime


def said_during(session: Session, actor: Actor, seance_id: str) -> tuple[SaidThere, ...]:
    """The first `MOST` messages, in their order, without those that were taken back. Nobody's aparté is among them."""
    query = (
        select(Message)
        .where(
            col(Message.negotiation_id) == actor.negotiation_id,
            col(Message.session_id) == seance_id,
            col(Message.recalled_at).is_(None),
            on_the_table(Message.circle),
        )
        .order_by(col(Message.rank))
        .limit(MOST)
    )
    return tuple(
        SaidThere(row.id, row.party_id, row.member_id, row.text, row.at) for row in session.execute(query).scalars()
    )
