"""« Annuler l’envoi »: what somebody has just said is taken back within its delay: a message, a comment, a question, an
answer. Its words go from everywhere; its place stays.

Mails wait for the same delay, so nobody was written to. Source: product R14.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlmodel import col

from negotiation.errors import AnsweredAlready, NotAllowed, NotFound, TooLateToRecall
from negotiation.events import KIND_OF_MOVE, Event, Kind
from negotiation.rules.policy import ACTION_OF_MOVE, Actor, sees
from negotiation.rules.vocabulary import TALK_MOVES, Action, Circle, Move
from negotiation.services.access import require
from negotiation.services.moves import open_clause
from negotiation.store.columns import now
from negotiation.store.exchange import Message, MoveRow
from negotiation.store.record import HistoryEntry
from negotiation.store.talk import Mention, SearchEntry
from negotiation.store.unit_of_work import UnitOfWork

DELAY = timedelta(seconds=30)
"""How long words may be taken back, and how long their mails wait."""


def recall_message(uow: UnitOfWork, actor: Actor, message_id: str) -> None:
    """Take one's own message back; a second time does nothing. Raises NotFound, NotAllowed, TooLateToRecall."""
    uow.lock(actor.negotiation_id)
    message = uow.session.get(Message, message_id)
    if message is None or message.negotiation_id != actor.negotiation_id:
        raise NotFound()
    uow.refresh(message)
    circle = Circle.parse(message.circle)
    _may_take_back(actor, Action.SEND_MESSAGE, circle, member_id=message.member_id)
    if message.recalled_at is not None:
        return
    _in_time(message.recorded_at)
    message.text, message.refs, message.recalled_at = "", [], now()
    _forget(uow, "message", message_id, col(Mention.message_id) == message_id)
    _erase(uow, actor, Kind.MESSAGE_SENT, circle, names=message_id, since=message.recorded_at)
    facts = {"message": message_id}
    uow.record(Event(Kind.WORDS_RECALLED, actor.negotiation_id, circle, actor.key, facts, part_id=message.part_id))


def recall_comment(uow: UnitOfWork, actor: Actor, clause_id: str, move_id: str) -> None:
    """Take one's own comment, question or answer back: its thread and its anchor stay.

    Raises NotFound, NotAllowed, Frozen, TooLateToRecall, AnsweredAlready."""
    clause = open_clause(uow, actor, clause_id)
    move = uow.session.get(MoveRow, move_id)
    if move is None or move.clause_id != clause.id or move.type not in TALK_MOVES:
        raise NotFound()
    uow.refresh(move)
    circle = Circle.parse(move.circle)
    _may_take_back(actor, ACTION_OF_MOVE[move.type], circle, member_id=move.member_id)
    if move.recalled_at is not None:
        return
    _in_time(move.recorded_at)
    _unanswered(uow, move)
    move.text, move.motive, move.recalled_at = "", "", now()
    _forget(uow, "move", move_id, col(Mention.move_id) == move_id)
    _erase(uow, actor, KIND_OF_MOVE[move.type], circle, names=move_id, since=move.recorded_at)
    facts = {"move": move_id, "clause": clause.id}
    uow.record(
        Event(
            Kind.WORDS_RECALLED,
            actor.negotiation_id,
            circle,
            actor.key,
            facts,
            clause_id=clause.id,
            part_id=clause.part_id,
        )
    )


def _may_take_back(actor: Actor, action: Action, circle: Circle, *, member_id: str) -> None:
    """One's own words only. Raises NotFound for what one doesn't read."""
    if not sees(actor, circle):
        raise NotFound()
    require(actor, action, circle=circle)
    if member_id != actor.member_id:
        raise NotAllowed(action=action)


def _in_time(written: datetime) -> None:
    if now() - written > DELAY:
        raise TooLateToRecall()


def _unanswered(uow: UnitOfWork, move: MoveRow) -> None:
    """A comment may be gone beside its replies; an answer to a question that is gone would make no sense.

    Answers of its own circle only: what is said inside about it changes nothing to what its author may do.
    """
    if move.type is Move.COMMENT:
        return
    answered = select(col(MoveRow.id)).where(
        col(MoveRow.clause_id) == move.clause_id,
        col(MoveRow.reply_to_id) == move.id,
        col(MoveRow.circle) == move.circle,
        col(MoveRow.recalled_at).is_(None),
    )
    if uow.session.execute(answered.limit(1)).first():
        raise AnsweredAlready()


def _forget(uow: UnitOfWork, kind: str, row_id: str, named: object) -> None:
    """Nobody is named by it any more, and no search finds it."""
    uow.session.execute(delete(Mention).where(named))  # type: ignore[arg-type]  # a condition
    uow.session.execute(delete(SearchEntry).where(col(SearchEntry.kind) == kind, col(SearchEntry.row_id) == row_id))


def _erase(uow: UnitOfWork, actor: Actor, kind: Kind, circle: Circle, *, names: str, since: datetime) -> None:
    """Empty what the chain holds of the words: the link stays, with a commitment that nothing opens any more.

    `names`: the id of the message or move; `since`: when it was written, so that only the end of the chain is read.
    """
    query = (
        select(col(HistoryEntry.id))
        .where(
            col(HistoryEntry.negotiation_id) == actor.negotiation_id,
            col(HistoryEntry.circle) == str(circle),
            col(HistoryEntry.kind) == str(kind),
            col(HistoryEntry.recorded_at) >= since - DELAY,
            col(HistoryEntry.payload).contains(f'"{names}"', autoescape=True),
        )
        .order_by(col(HistoryEntry.sequence))
        .limit(1)
    )
    uow.session.flush()
    entry_id = uow.session.execute(query).scalar_one()
    erased = update(HistoryEntry).where(col(HistoryEntry.id) == entry_id).values(payload=None, salt="")
    uow.session.execute(erased)
