"""Words that were about to reach more people than those before them: they wait for a confirmation.

A slip costs a negotiation more than a click. Source: product R14.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from negotiation.errors import NotFound, NotShared, WiderAudience
from negotiation.rules.policy import Actor, sees
from negotiation.rules.vocabulary import TALK_MOVES, Audience, Circle
from negotiation.store.contract import Clause
from negotiation.store.exchange import Message, MoveRow
from negotiation.store.unit_of_work import UnitOfWork


class Sending(StrEnum):
    """Whether the author knows that these words reach more people than those he wrote before."""

    AS_BEFORE = "as_before"
    KNOWINGLY = "knowingly"


_WIDTH = {Audience.PARTY: 0, Audience.AUTHORITIES: 1, Audience.SHARED: 2}


@dataclass(frozen=True)
class Place:
    """The screen on which something is said: a part with its clauses, or the table itself."""

    part_id: str | None = None


def is_wider(circle: Circle, than: Circle) -> bool:
    return _WIDTH[circle.audience] > _WIDTH[than.audience]


def keep_within(around: Circle, circle: Circle) -> None:
    """Whatever is said of a part that is still prepared inside stays inside. Raises NotShared."""
    if is_wider(circle, around):
        raise NotShared()


def ask_before_widening(before: Circle | None, circle: Circle, sending: Sending) -> None:
    """`before`: the circle of what this person wrote last on this screen. Raises WiderAudience when fewer read it."""
    if before is not None and sending is not Sending.KNOWINGLY and is_wider(circle, before):
        raise WiderAudience(reason=str(circle.audience))


def last_circle(session: Session, actor: Actor, place: Place) -> Circle | None:
    """The circle of the last message or comment that this person wrote on that screen; None before the first."""
    messages = _last(session, Message, actor, col(Message.part_id) == place.part_id)
    spoken = [messages]
    if place.part_id is not None:
        on_its_clauses = col(MoveRow.clause_id).in_(
            select(col(Clause.id)).where(col(Clause.part_id) == place.part_id)
        ) & col(MoveRow.type).in_(TALK_MOVES)
        spoken.append(_last(session, MoveRow, actor, on_its_clauses))
    said = [one for one in spoken if one is not None]
    return Circle.parse(max(said)[1]) if said else None


def source_message(session: Session, actor: Actor, message_id: str, *, circle: Circle, sending: Sending) -> Message:
    """The message that becomes something else, to be read in `circle`.

    Raises NotFound, and WiderAudience when fewer people have read it so far.
    """
    message = session.get(Message, message_id)
    if (
        message is None
        or message.negotiation_id != actor.negotiation_id
        or message.recalled_at is not None
        or not sees(actor, Circle.parse(message.circle))
    ):
        raise NotFound()
    ask_before_widening(Circle.parse(message.circle), circle, sending)
    return message


def source_comment(session: Session, actor: Actor, move_id: str, *, circle: Circle, sending: Sending) -> MoveRow:
    """The same for a comment, a question or an answer."""
    move = session.get(MoveRow, move_id)
    if (
        move is None
        or move.negotiation_id != actor.negotiation_id
        or move.recalled_at is not None
        or move.type not in TALK_MOVES
        or not sees(actor, Circle.parse(move.circle))
    ):
        raise NotFound()
    ask_before_widening(Circle.parse(move.circle), circle, sending)
    return move


def asked_of_move(uow: UnitOfWork, actor: Actor, message_id: str, *, circle: Circle, sending: Sending) -> str | None:
    """The message that a move comes from, once its author may and means to take it there; None when it names none."""
    if not message_id:
        return None
    return source_message(uow.session, actor, message_id, circle=circle, sending=sending).id


def _last(
    session: Session, row: type[Message] | type[MoveRow], actor: Actor, here: ColumnElement[bool]
) -> tuple[datetime, str] | None:
    # Within one second: the order of the clause; of messages, the one that fewer people read.
    tie = (col(MoveRow.rank).desc(),) if row is MoveRow else (col(Message.circle),)
    query = (
        select(col(row.recorded_at), col(row.circle))
        .where(col(row.negotiation_id) == actor.negotiation_id, col(row.member_id) == actor.member_id, here)
        .order_by(col(row.recorded_at).desc(), *tie)
        .limit(1)
    )
    found: Any = session.execute(query).one_or_none()
    return (found.recorded_at, found.circle) if found else None
