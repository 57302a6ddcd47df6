"""The moves: propose, counter-propose, accept, reject, withdraw, reserve, reopen, ask, answer, comment.

Every move, clicked or imported, goes through `play`: lock, policy, what was seen, lifecycle, rows, history, in one
transaction. A file's moves are `declared`: their date is the file's, and the motive that the interface asks may lack.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import col

from negotiation.errors import (
    Frozen,
    IllegalMove,
    MessageTooLong,
    MissingMotive,
    MissingText,
    NotFound,
    NothingChanged,
    StaleClause,
)
from negotiation.events import KIND_OF_MOVE, Event, Kind
from negotiation.rules import lifecycle
from negotiation.rules.clause_text import canonical_markdown, readable_text, version_fingerprint
from negotiation.rules.lifecycle import Origin, Outcome, Play, Reason, Situation, Tabled
from negotiation.rules.policy import Actor, sees
from negotiation.rules.values import canonical_value
from negotiation.rules.vocabulary import (
    ACTION_OF_MOVE,
    SHARED,
    TALK_MOVES,
    TEXT_MOVES,
    Circle,
    ClauseState,
    Move,
    ReserveState,
)
from negotiation.services.access import require
from negotiation.services.discussing import LONGEST_MESSAGE
from negotiation.services.drafting import restart_drafts
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Clause, ClauseParty
from negotiation.store.exchange import MoveRow, Reserve, Version
from negotiation.store.people import Party
from negotiation.store.queries.clauses import as_situation
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_NUMBER = 9
"""Digits of a version number."""


@dataclass(frozen=True)
class Seen:
    """The version that was on the screen: its number and fingerprint, or nothing when nothing was tabled."""

    number: int | None = None
    fingerprint: str | None = None

    @classmethod
    def told(cls, number: str, fingerprint: str) -> "Seen":
        """As a form says it. A number that no version will ever bear was on no screen."""
        readable = number.isdecimal() and len(number) <= LONGEST_NUMBER
        return cls(int(number) if readable else None, fingerprint or None)


@dataclass(frozen=True)
class Order:
    """A move as asked. `text` is the tabled text, or what is said; `value` is what the form or file holds, raw.

    `at` and `key` come from a file: the declared date and the move's id there.
    """

    move: Move
    text: str = ""
    motive: str = ""
    value: object = None
    seen: Seen = field(default=Seen())
    origin: Origin = Origin.PARTY
    circle: Circle = SHARED
    reply_to: str | None = None
    bundle: str | None = None
    at: datetime | None = None
    key: str | None = None


@dataclass(frozen=True)
class Played:
    """What became of it."""

    move_id: str
    state: ClauseState
    version_number: int | None


MOTIVE_ASKED = frozenset({Move.REJECTION, Move.REOPENING, Move.RESERVE, Move.RESERVE_MAINTAINED, Move.COUNTER_PROPOSAL})
"""The interface asks for a motive; « Some old moves have no motive » (FORMAT.md), so a file may lack it."""
TEXT_ASKED = TALK_MOVES
NEEDS_SEEN = frozenset(Move) - TALK_MOVES
"""Whatever changes something was decided on a screen: it must have shown the text that stands (trust T12)."""


def play(uow: UnitOfWork, actor: Actor, clause_id: str, order: Order) -> Played:
    """Play one move on one clause.

    Raises NotFound, NotAllowed, RecentSigninRequired, Frozen, StaleClause, IllegalMove, MissingText, MissingMotive,
    NothingChanged, WrongValue, UnreadableText, MessageTooLong. Nothing is written when it raises.
    """
    clause = open_clause(uow, actor, clause_id)
    require(actor, ACTION_OF_MOVE[order.move], circle=order.circle)
    order = _checked(actor, clause, order)
    _answers_something_readable(uow, actor, clause, order)
    if order.circle != SHARED:
        return _note_inside(uow, actor, clause, order)
    at = situation_of(uow, clause)
    if order.move in NEEDS_SEEN and not (actor.is_declared and order.move is not Move.ACCEPTANCE):
        lifecycle.same_text_seen(at, Play(order.move, actor.party_id, order.seen.number, order.seen.fingerprint))
    outcome = lifecycle.play(at, _as_play(actor, at, order))
    move = _write(uow, actor, clause, order=order, outcome=outcome)
    return Played(move.id, outcome.situation.state, _number(outcome))


def open_clause(uow: UnitOfWork, actor: Actor, clause_id: str) -> Clause:
    """The clause, with its negotiation locked. Raises NotFound, Frozen."""
    clause = uow.session.get(Clause, clause_id)
    if clause is None or clause.negotiation_id != actor.negotiation_id:
        raise NotFound()
    if uow.lock(clause.negotiation_id).frozen_at is not None:
        raise Frozen()
    uow.refresh(clause)
    return clause


def situation_of(uow: UnitOfWork, clause: Clause) -> Situation:
    """Where the clause stands, read in this transaction."""
    concerned = uow.session.execute(
        select(col(ClauseParty.party_id)).where(col(ClauseParty.clause_id) == clause.id)
    ).scalars()
    current = uow.session.get(Version, clause.current_version_id) if clause.current_version_id else None
    tabled = Tabled(current.number, current.fingerprint, current.author_party_id) if current else None
    return as_situation(clause, frozenset(concerned), tabled)


def _checked(actor: Actor, clause: Clause, order: Order) -> Order:
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
        if not text and value is None:
            raise MissingText(move=order.move)
        return replace(order, text=text, value=value, motive=motive)
    if order.move in TEXT_ASKED and not said:
        raise MissingText(move=order.move)
    return replace(order, text=said, motive=motive, value=None)


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


def _as_play(actor: Actor, at: Situation, order: Order) -> Play:
    if order.move not in TEXT_MOVES:
        seen = order.seen
        if actor.is_declared and order.move is not Move.ACCEPTANCE and at.current:
            seen = Seen(at.current.number, at.current.fingerprint)
        return Play(order.move, actor.party_id, seen.number, seen.fingerprint)
    fingerprint = version_fingerprint(order.text, order.value)
    if at.current and at.current.fingerprint == fingerprint and not actor.is_declared:
        raise NothingChanged()
    return Play(order.move, actor.party_id, fingerprint=fingerprint, origin=order.origin)


def _write(uow: UnitOfWork, actor: Actor, clause: Clause, *, order: Order, outcome: Outcome) -> MoveRow:
    """The rows of a shared move and its entries in the shared chain."""
    moment = order.at or now()
    answered = clause.current_version_id
    version = None
    if order.move in TEXT_MOVES:
        version = _table_version(uow, actor, clause, order=order, outcome=outcome)
    move = _move_row(uow, actor, clause, order=order, version_id=version.id if version else answered)
    _settle_reserves(uow, clause, move, after=outcome.situation)
    _update_clause(clause, outcome, version=version, moment=moment, move=order.move)
    _compare_and_set(uow)
    if outcome.became_reopened:
        restart_drafts(uow, clause)
    _record(uow, actor, clause, order=order, move=move, outcome=outcome)
    return move


def _table_version(uow: UnitOfWork, actor: Actor, clause: Clause, *, order: Order, outcome: Outcome) -> Version:
    tabled = outcome.situation.current
    if tabled is None:
        raise IllegalMove(reason=Reason.NOTHING_TABLED, move=order.move)
    version = Version(
        negotiation_id=clause.negotiation_id,
        clause_id=clause.id,
        number=tabled.number,
        author_party_id=tabled.author,
        member_id=actor.member_id,
        text=order.text,
        value=order.value,
        fingerprint=tabled.fingerprint,
        base_version_id=clause.current_version_id or clause.agreed_version_id,
        motive=order.motive,
        tabled_at=order.at or now(),
    )
    uow.session.add(version)
    return version


def _move_row(uow: UnitOfWork, actor: Actor, clause: Clause, *, order: Order, version_id: str | None) -> MoveRow:
    last = uow.session.execute(select(func.max(MoveRow.rank)).where(col(MoveRow.clause_id) == clause.id)).scalar()
    move = MoveRow(
        id=new_id(),
        negotiation_id=clause.negotiation_id,
        clause_id=clause.id,
        circle=str(order.circle),
        key=order.key,
        rank=(last or 0) + 1,
        type=order.move,
        party_id=actor.party_id,
        member_id=actor.member_id,
        text=order.text,
        motive=order.motive,
        value=order.value,
        version_id=None if order.move in TALK_MOVES else version_id,
        reply_to_id=order.reply_to,
        bundle=order.bundle,
        at=order.at or now(),
    )
    uow.session.add(move)
    return move


def _settle_reserves(uow: UnitOfWork, clause: Clause, move: MoveRow, *, after: Situation) -> None:
    if move.type is Move.RESERVE:
        uow.session.add(
            Reserve(
                negotiation_id=clause.negotiation_id,
                clause_id=clause.id,
                party_id=move.party_id,
                move_id=move.id,
                text=move.text or move.motive,
                state=ReserveState.OPEN,
            )
        )
        return
    states = {Move.RESERVE_LIFTED: ReserveState.LIFTED, Move.RESERVE_MAINTAINED: ReserveState.MAINTAINED}
    settled = states.get(move.type, ReserveState.MOOT if after.state is ClauseState.WITHDRAWN else None)
    if settled is None:
        return
    open_ones = select(Reserve).where(col(Reserve.clause_id) == clause.id, col(Reserve.state) == ReserveState.OPEN)
    if settled is not ReserveState.MOOT:
        open_ones = open_ones.where(col(Reserve.party_id) == move.party_id)
    for reserve in uow.session.execute(open_ones).scalars():
        reserve.state, reserve.settled_by_move_id = settled, move.id


def _update_clause(clause: Clause, outcome: Outcome, *, version: Version | None, moment: datetime, move: Move) -> None:
    after = outcome.situation
    if version is not None:
        clause.current_version_id = version.id
    elif after.current is None:
        clause.current_version_id = None
    if outcome.became_agreed:
        clause.agreed_version_id = clause.current_version_id
        clause.attributes = {key: fact for key, fact in clause.attributes.items() if key != "declared"}
    clause.state = after.state
    clause.versions = after.versions
    clause.behind = sorted(after.behind)
    clause.open_reserves = sorted(after.open_reserves)
    clause.reopening = sorted(after.reopening)
    clause.reopening_by = after.reopening_by
    clause.revision += 1
    if move not in TALK_MOVES:
        clause.moved_on = moment


def _compare_and_set(uow: UnitOfWork) -> None:
    """Write the clause where its revision is still the one that was read. Raises StaleClause."""
    try:
        uow.session.flush()
    except StaleDataError as error:
        raise StaleClause() from error


def _record(uow: UnitOfWork, actor: Actor, clause: Clause, *, order: Order, move: MoveRow, outcome: Outcome) -> None:
    happening = _event(uow, actor, clause, order=order, move=move, kind=KIND_OF_MOVE[order.move])
    became = _what_became(uow, outcome) if order.move not in TALK_MOVES else {}
    uow.record(replace(happening, payload={**happening.payload, **became}))
    for kind, happened in (
        (Kind.CLAUSE_AGREED, outcome.became_agreed),
        (Kind.CLAUSE_REOPENED, outcome.became_reopened),
    ):
        if happened:
            facts = {
                "clause": clause.id,
                "version": outcome.situation.versions,
                "move": move.id,
                "parties": _keys(uow, outcome.situation.concerned),
            }
            uow.record(
                Event(
                    kind, clause.negotiation_id, SHARED, actor.key, facts, clause_id=clause.id, part_id=clause.part_id
                )
            )


def _event(uow: UnitOfWork, actor: Actor, clause: Clause, *, order: Order, move: MoveRow, kind: Kind) -> Event:
    party = uow.session.get_one(Party, actor.party_id)
    facts: dict[str, Any] = {
        "clause": clause.id,
        "move": move.id,
        "party": party.key,
        "text": order.text,
        "motive": order.motive,
        "authentication": str(actor.authentication.method),
    }
    if order.circle == SHARED and move.version_id:
        version = uow.session.get_one(Version, move.version_id)
        facts |= {"version": version.number, "fingerprint": version.fingerprint}
    if order.move in TEXT_MOVES:
        facts |= {"value": order.value, "origin": str(order.origin)}
    if order.reply_to:
        facts["reply_to"] = order.reply_to
    if order.bundle:
        facts["bundle"] = order.bundle
    if order.at:
        facts["declared_at"] = order.at.isoformat()
    return Event(
        kind, clause.negotiation_id, order.circle, actor.key, facts, clause_id=clause.id, part_id=clause.part_id
    )


def _what_became(uow: UnitOfWork, outcome: Outcome) -> dict[str, Any]:
    """The state that the move left, and whose acceptances fell."""
    voided = {"voided": _keys(uow, outcome.voided)} if outcome.voided else {}
    return {"state": str(outcome.situation.state), **voided}


def _keys(uow: UnitOfWork, party_ids: Iterable[str]) -> list[str]:
    return sorted(uow.session.get_one(Party, party_id).key for party_id in party_ids)


def _note_inside(uow: UnitOfWork, actor: Actor, clause: Clause, order: Order) -> Played:
    """Something said or drafted inside a circle: it changes nothing that the others can see."""
    move = _move_row(uow, actor, clause, order=order, version_id=None)
    kind = Kind.DRAFT_NOTED if order.move in TEXT_MOVES else KIND_OF_MOVE[order.move]
    uow.record(_event(uow, actor, clause, order=order, move=move, kind=kind))
    return Played(move.id, clause.state, None)


def _number(outcome: Outcome) -> int | None:
    return outcome.situation.current.number if outcome.situation.current else None
