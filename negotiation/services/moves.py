"""The moves: propose, counter-propose, accept, reject, withdraw, reserve, reopen, ask, answer, comment.

Every move, clicked or imported, goes through `play`: lock, policy, what was seen, lifecycle, rows, history, in one
transaction. A file's moves are `declared`: their date is the file's, and the motive that the interface asks may lack.
"""

from dataclasses import replace

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.errors import (
    AlreadyDone,
    Frozen,
    IllegalMove,
    MessageTooLong,
    MissingMotive,
    MissingText,
    NotFound,
    NothingChanged,
    NotShared,
    VisaRequired,
    WrongValue,
)
from negotiation.events import KIND_OF_MOVE, Kind
from negotiation.rules import lifecycle
from negotiation.rules.clause_text import canonical_markdown, readable_text, version_fingerprint
from negotiation.rules.lifecycle import Outcome, Play, Reason, Situation, Tabled
from negotiation.rules.policy import ACTION_OF_MOVE, Actor, sees
from negotiation.rules.reviews import other_words
from negotiation.rules.seances import DecisionState
from negotiation.rules.values import Canonical, canonical_value
from negotiation.rules.vocabulary import (
    GESTURE_OF_MOVE,
    OUTSIDE_CONTRACT,
    SHARED,
    TALK_MOVES,
    TEXT_MOVES,
    Circle,
    Move,
    Role,
    Side,
    ValueKind,
    VisaState,
)
from negotiation.services.access import require, roles_of
from negotiation.services.approving import approve_minutes
from negotiation.services.delegating import note_delegate
from negotiation.services.discussing import LONGEST_MESSAGE
from negotiation.services.move_rows import event_of, move_row, write_move
from negotiation.services.orders import Order, Played, Seen
from negotiation.services.reviewing import approve_review
from negotiation.services.widening import keep_within
from negotiation.store.contract import Clause, ClauseParty, Part
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.inside import VisaRequest, VisaRule
from negotiation.store.people import Member, Party
from negotiation.store.queries.situations import APPROVAL, as_situation
from negotiation.store.queries.visibility import visible
from negotiation.store.seances import SeanceDecision
from negotiation.store.unit_of_work import UnitOfWork

__all__ = [
    "NEEDS_SEEN",
    "Order",
    "Played",
    "Seen",
    "checked",
    "needs_visa",
    "open_clause",
    "play",
    "rehearse",
    "situation_of",
]

MOTIVE_ASKED = frozenset(
    {
        Move.REJECTION,
        Move.REOPENING,
        Move.ABANDONMENT,
        Move.CONCERNED_CHANGE,
        Move.REQUEST_REFUSAL,
        Move.RESERVE,
        Move.RESERVE_MAINTAINED,
        Move.COUNTER_PROPOSAL,
    }
)
"""The interface asks for a motive; « Some old moves have no motive » (FORMAT.md), so a file may lack it."""
TEXT_ASKED = TALK_MOVES
NEEDS_SEEN = frozenset(Move) - TALK_MOVES
"""Whatever changes something was decided on a screen: it must have shown the text that stands (trust T12)."""


def play(uow: UnitOfWork, actor: Actor, clause_id: str, order: Order) -> Played:
    """Play one move on one clause.

    Raises NotFound, NotAllowed, RecentSigninRequired, Frozen, NotShared, StaleClause, IllegalMove, MissingText,
    MissingMotive, NothingChanged, WrongValue, UnreadableText, MessageTooLong, VisaRequired. Nothing is written when it
    raises. The same request again (same `request_key`) writes nothing and gives the same answer.
    """
    clause = open_clause(uow, actor, clause_id)
    require(actor, ACTION_OF_MOVE[order.move], circle=order.circle)
    if done := _done_already(uow, actor, clause, order):
        return done
    order = checked(actor, clause, order)
    _answers_something_readable(uow, actor, clause, order)
    if order.circle != SHARED:
        keep_within(Circle.parse(clause.circle), order.circle)
        return _note_inside(uow, actor, clause, order)
    if clause.circle != str(SHARED):
        raise NotShared()
    _stands_in_the_contract(uow, clause, order.move)
    _has_its_visa(uow, actor, clause, order)
    outcome = _outcome(uow, actor, clause, order)
    move = write_move(uow, actor, clause, order=order, outcome=outcome)
    approve_minutes(uow, actor, clause)
    approve_review(uow, actor, clause)
    note_delegate(uow, actor, ACTION_OF_MOVE[order.move], facts={"move": move.id}, clause_id=clause.id)
    return Played(move.id, outcome.situation.state, _number(outcome))


def rehearse(uow: UnitOfWork, actor: Actor, clause_id: str, order: Order) -> Order:
    """What `play` would check now, except the visa, before a shared move is kept at home: the order, canonical.

    Raises what `play` raises but VisaRequired; writes nothing.
    """
    clause = open_clause(uow, actor, clause_id)
    require(actor, ACTION_OF_MOVE[order.move])
    order = checked(actor, clause, order)
    _answers_something_readable(uow, actor, clause, order)
    if clause.circle != str(SHARED):
        raise NotShared()
    _outcome(uow, actor, clause, order)
    return order


def _outcome(uow: UnitOfWork, actor: Actor, clause: Clause, order: Order) -> Outcome:
    """What the lifecycle makes of the move. Raises StaleClause, IllegalMove, NothingChanged, NotFound."""
    at = situation_of(uow, clause)
    if order.move in NEEDS_SEEN and not (actor.is_declared and order.move is not Move.ACCEPTANCE):
        lifecycle.same_text_seen(at, Play(order.move, actor.party_id, order.seen.number, order.seen.fingerprint))
    return lifecycle.play(at, _as_play(uow, actor, at, order))


def needs_visa(session: Session, actor: Actor, move: Move) -> Role | None:
    """The role whose visa the party asks before this move leaves, unless the actor has it himself: with a role that an
    absent colleague lent him he lets others' moves go, never his own."""
    gesture = GESTURE_OF_MOVE.get(move)
    if gesture is None or actor.is_declared:
        return None
    query = select(col(VisaRule.role)).where(
        col(VisaRule.party_id) == actor.party_id, col(VisaRule.gesture) == gesture, visible(VisaRule.circle, actor)
    )
    role: Role | None = session.execute(query).scalar_one_or_none()
    if role is None or role in roles_of(session.get_one(Member, actor.member_id)):
        return None
    return role


def _has_its_visa(uow: UnitOfWork, actor: Actor, clause: Clause, order: Order) -> None:
    """The last door: whatever leads here, nothing leaves a party without the visa that it asks. Raises VisaRequired."""
    role = needs_visa(uow.session, actor, order.move)
    if role is None or _left_in_seance(uow, actor, clause, order):
        return
    given = uow.session.get(VisaRequest, order.visa) if order.visa else None
    if given is None or given.party_id != actor.party_id or given.state is not VisaState.GIVEN:
        raise VisaRequired(role=role)


def _left_in_seance(uow: UnitOfWork, actor: Actor, clause: Clause, order: Order) -> bool:
    """Whether this person decided it in a séance, where a visa was asked of him if there was one to ask: a rule made
    during the minute that it waited came after, and nobody outside is to learn of it."""
    taken = uow.session.get(SeanceDecision, order.decision) if order.decision else None
    if taken is None or taken.state is not DecisionState.WAITING:
        return False
    return (taken.decided_by, taken.clause_id) == (actor.member_id, clause.id)


def _done_already(uow: UnitOfWork, actor: Actor, clause: Clause, order: Order) -> Played | None:
    """What this very request did, when it comes a second time (trust T13)."""
    if order.request_key is None:
        return None
    query = select(MoveRow).where(
        col(MoveRow.member_id) == actor.member_id, col(MoveRow.request_key) == order.request_key
    )
    move = uow.session.execute(query).scalar_one_or_none()
    if move is None:
        return None
    if move.clause_id != clause.id or move.type is not order.move:
        raise AlreadyDone()
    version = uow.session.get(Version, move.version_id) if move.version_id else None
    return Played(move.id, clause.state, version.number if version else None)


def open_clause(uow: UnitOfWork, actor: Actor, clause_id: str) -> Clause:
    """The clause, with its negotiation locked. Raises NotFound, Frozen."""
    clause = uow.session.get(Clause, clause_id)
    if clause is None or clause.negotiation_id != actor.negotiation_id or not sees(actor, Circle.parse(clause.circle)):
        raise NotFound()
    frozen = uow.lock(clause.negotiation_id).frozen_at is not None
    if frozen and uow.session.get_one(Part, clause.part_id).kind not in OUTSIDE_CONTRACT:
        raise Frozen()
    uow.refresh(clause)
    return clause


def _stands_in_the_contract(uow: UnitOfWork, clause: Clause, move: Move) -> None:
    """What was left out of the contract is only talked about. Raises IllegalMove."""
    if move not in TALK_MOVES and uow.session.get_one(Part, clause.part_id).dropped_at is not None:
        raise IllegalMove(reason=Reason.WITHDRAWN, move=move)


def situation_of(uow: UnitOfWork, clause: Clause) -> Situation:
    """Where the clause stands, read in this transaction."""
    concerned = uow.session.execute(
        select(col(ClauseParty.party_id)).where(col(ClauseParty.clause_id) == clause.id)
    ).scalars()
    current = uow.session.get(Version, clause.current_version_id) if clause.current_version_id else None
    tabled = Tabled(current.number, current.fingerprint, current.author_party_id) if current else None
    return as_situation(clause, frozenset(concerned), tabled)


def checked(actor: Actor, clause: Clause, order: Order) -> Order:
    """The order with canonical text and value. Raises on what is missing, unreadable or of the wrong kind."""
    if order.circle != SHARED and order.move not in TALK_MOVES and not actor.is_declared:
        raise IllegalMove(reason=Reason.INSIDE, move=order.move)
    _refuse_long_words(actor, order)
    motive, said = readable_text(order.motive), "" if order.move in TEXT_MOVES else readable_text(order.text)
    if order.move in MOTIVE_ASKED and not actor.is_declared and not (motive or said):
        raise MissingMotive(move=order.move)
    if order.move in TEXT_MOVES:
        text = canonical_markdown(order.text)
        value = canonical_value(order.value, clause.value_kind)
        _refuse_other_words(clause, value)
        if not text and value is None:
            raise MissingText(move=order.move)
        return replace(order, text=text, value=value, motive=motive)
    if order.move in TEXT_ASKED and not said:
        raise MissingText(move=order.move)
    return replace(order, text=said, motive=motive, value=None)


def _refuse_other_words(clause: Clause, value: Canonical) -> None:
    """What became of an engagement, or how an action stands, is said in the same few words by everybody. Raises
    WrongValue."""
    if APPROVAL not in clause.attributes or clause.value_kind is ValueKind.NONE:
        return
    if kind := other_words(clause.field, value):
        raise WrongValue(kind=str(kind))


def _refuse_long_words(actor: Actor, order: Order) -> None:
    """What is said, unlike what is tabled, is as long as a message at most. Raises MessageTooLong."""
    said = order.motive if order.move in TEXT_MOVES else max(order.motive, order.text, key=len)
    if len(said) > LONGEST_MESSAGE and not actor.is_declared:
        raise MessageTooLong(limit=LONGEST_MESSAGE, length=len(said))


def _answers_something_readable(uow: UnitOfWork, actor: Actor, clause: Clause, order: Order) -> None:
    """An answer stays on its clause, and never carries an inside into a wider circle. Raises NotFound."""
    if order.reply_to is None:
        return
    parent = uow.session.get(MoveRow, order.reply_to)
    if parent is None or parent.clause_id != clause.id:
        raise NotFound()
    circle = Circle.parse(parent.circle)
    if not sees(actor, circle) or circle not in (SHARED, order.circle):
        raise NotFound()


def _as_play(uow: UnitOfWork, actor: Actor, at: Situation, order: Order) -> Play:
    if order.move not in TEXT_MOVES:
        seen = order.seen
        if actor.is_declared and order.move is not Move.ACCEPTANCE and at.current:
            seen = Seen(at.current.number, at.current.fingerprint)
        parties = _deciding(uow, actor, order.parties)
        return Play(order.move, actor.party_id, seen.number, seen.fingerprint, parties=parties)
    fingerprint = version_fingerprint(order.text, order.value)
    if at.current and at.current.fingerprint == fingerprint and not actor.is_declared:
        raise NothingChanged()
    return Play(order.move, actor.party_id, fingerprint=fingerprint, origin=order.origin)


def _deciding(uow: UnitOfWork, actor: Actor, party_ids: frozenset[str]) -> frozenset[str]:
    """The named parties, all of them at this table and with a say. Raises NotFound."""
    if party_ids:
        query = select(col(Party.id)).where(
            col(Party.negotiation_id) == actor.negotiation_id, col(Party.side) != Side.ASSOCIATE
        )
        if not party_ids <= set(uow.session.execute(query).scalars()):
            raise NotFound()
    return party_ids


def _note_inside(uow: UnitOfWork, actor: Actor, clause: Clause, order: Order) -> Played:
    """Something said or drafted inside a circle: it changes nothing that the others can see."""
    move = move_row(uow, actor, clause, order=order, version_id=None)
    kind = Kind.DRAFT_NOTED if order.move in TEXT_MOVES else KIND_OF_MOVE[order.move]
    uow.record(event_of(uow, actor, clause, order=order, move=move, kind=kind))
    return Played(move.id, clause.state, None)


def _number(outcome: Outcome) -> int | None:
    return outcome.situation.current.number if outcome.situation.current else None
