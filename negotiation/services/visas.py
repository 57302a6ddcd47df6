"""Visas: a person's move leaves at once, or waits inside the party until somebody of the asked role lets it go.

Nothing here is seen outside. The request lives in the party's circle; what leaves is played at the moment of the visa,
under the name of whoever asked, and with no id that the request had before: a time, a number or a common bundle would
tell that something waited. Source: product R16, trust T1, T8.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlmodel import col

from negotiation.errors import (
    AlreadyDone,
    IllegalMove,
    MessageTooLong,
    MissingMotive,
    NotAllowed,
    NotFound,
    OutsideMandate,
    VisaPending,
)
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.lifecycle import Origin, Play
from negotiation.rules.policy import ACTION_OF_MOVE, Actor, Authentication
from negotiation.rules.values import as_entered
from negotiation.rules.visa import Standing, place_of
from negotiation.rules.vocabulary import (
    GESTURE_OF_MOVE,
    SHARED,
    Action,
    Circle,
    Gesture,
    Move,
    Role,
    VisaState,
)
from negotiation.services.access import actor_in, require, roles_of
from negotiation.services.delegating import lenders_to
from negotiation.services.discussing import LONGEST_MESSAGE
from negotiation.services.draft_starts import follow_tabled
from negotiation.services.mandates import breaches_of
from negotiation.services.moves import checked, needs_visa, open_clause, play, rehearse, situation_of
from negotiation.services.orders import Order, Played, Seen
from negotiation.services.placing import put_on_table
from negotiation.services.visa_rules import deciders, set_visa_rule
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Clause
from negotiation.store.inside import VisaRequest
from negotiation.store.people import Member
from negotiation.store.queries.inside import visa_rules
from negotiation.store.queries.visibility import visible
from negotiation.store.unit_of_work import UnitOfWork

__all__ = [
    "Submitted",
    "ask_for_part",
    "cancel_visa",
    "cancel_visas",
    "deciders",
    "give_visa",
    "give_visas",
    "refuse_visa",
    "refuse_visas",
    "set_visa_rule",
    "submit",
    "submit_together",
]


@dataclass(frozen=True)
class Submitted:
    """What became of a person's move: it was `played`, or it waits as the visa request `request_id`."""

    played: Played | None = None
    request_id: str | None = None


def submit(
    uow: UnitOfWork, actor: Actor, clause_id: str, order: Order, *, words: str = "", despite_mandate: bool = False
) -> Submitted:
    """Play a person's move, or keep it until its visa. What every page calls.

    `words`: what the asker tells whoever gives the visa. `despite_mandate`: the person was warned and goes on.
    Raises what `moves.play` raises but VisaRequired, and OutsideMandate (`breaches`), VisaPending. The same request
    again is the same request.
    """
    if order.move not in GESTURE_OF_MOVE or order.circle != SHARED or actor.is_declared:
        return Submitted(played=play(uow, actor, clause_id, order))
    open_clause(uow, actor, clause_id)
    require(actor, ACTION_OF_MOVE[order.move])
    role = needs_visa(uow.session, actor, order.move)
    rehearsed = rehearse(uow, actor, clause_id, order) if role else order
    if not despite_mandate and (breaches := breaches_of(uow, actor, clause_id, order)):
        rehearse(uow, actor, clause_id, order)  # first whatever else stands in its way
        raise OutsideMandate(breaches=breaches)
    if role is None:
        return Submitted(played=play(uow, actor, clause_id, order))
    return Submitted(request_id=_keep(uow, actor, clause_id, rehearsed, role=role, words=words))


def submit_together(
    uow: UnitOfWork,
    actor: Actor,
    orders: Iterable[tuple[str, Order]],
    *,
    words: str = "",
    despite_mandate: bool = False,
) -> tuple[Submitted, ...]:
    """Several moves of one gesture, by clause id: all leave or wait, or none. Those that wait already are left alone.

    Raises what `submit` raises; OutsideMandate names every clause outside (`clauses`).
    """
    listed = list(orders)
    waiting = _waiting_places(uow, actor)
    free = [each for each in listed if (each[0], GESTURE_OF_MOVE[each[1].move]) not in waiting]
    if listed and not free:
        raise VisaPending()
    outside = [clause_id for clause_id, order in free if breaches_of(uow, actor, clause_id, order)]
    if outside and not despite_mandate:
        raise OutsideMandate(clauses=tuple(outside))
    return tuple(submit(uow, actor, clause_id, order, words=words, despite_mandate=True) for clause_id, order in free)


def ask_for_part(
    uow: UnitOfWork,
    actor: Actor,
    orders: Iterable[tuple[str, Order]],
    *,
    role: Role,
    words: str = "",
    despite_mandate: bool = False,
) -> None:
    """Keep every proposal of a part that is still inside: their visa puts the part on the table, whole or not at all.

    The orders share a bundle. Raises OutsideMandate, VisaPending, MissingText, UnreadableText, WrongValue.
    """
    listed = list(orders)
    outside = [clause_id for clause_id, order in listed if breaches_of(uow, actor, clause_id, order)]
    if outside and not despite_mandate:
        raise OutsideMandate(clauses=tuple(outside))
    for clause_id, order in listed:
        clause = open_clause(uow, actor, clause_id)
        _keep(uow, actor, clause_id, checked(actor, clause, order), role=role, words=words)


def give_visa(uow: UnitOfWork, actor: Actor, request_id: str) -> Played:
    """Let one move go. Raises like `give_visas`."""
    return give_visas(uow, actor, [request_id])[0]


def give_visas(uow: UnitOfWork, actor: Actor, request_ids: Iterable[str]) -> tuple[Played, ...]:
    """Let moves go, all of them or none, in the name of those who asked, while whoever clicks was recognised recently.

    Each names its author, and how he was recognised when he asked, as any other: the party's own chain says who let it
    go, and how he was recognised.

    Raises NotFound, NotAllowed, RecentSigninRequired, AlreadyDone; IllegalMove or Frozen when a clause no longer takes
    its move; StaleClause when another text stands: the requests then still wait, « à reprendre ». And what `play` does.
    """
    listed = [_deciding(uow, actor, request_id) for request_id in _together(uow, actor, request_ids)]
    bundle = new_id() if len(listed) > 1 else None
    return tuple(_let_go(uow, actor, request, bundle=bundle) for request in listed)


def refuse_visas(uow: UnitOfWork, actor: Actor, request_ids: Iterable[str], *, answer: str) -> None:
    """Say no, and why: the text stays at home. Raises NotFound, NotAllowed, RecentSigninRequired, AlreadyDone,
    IllegalMove, Frozen, MissingMotive, MessageTooLong, UnreadableText."""
    said = _words(answer)
    if not said:
        raise MissingMotive()
    for request_id in _together(uow, actor, request_ids):
        request = _deciding(uow, actor, request_id)
        _still_taken(uow, actor, request)
        request.answer = said
        _become(request, actor, VisaState.REFUSED)
        facts = {"answer": said} | _for_whom(uow, actor, request)
        _record(uow, actor, request, kind=Kind.VISA_REFUSED, facts=facts)


def refuse_visa(uow: UnitOfWork, actor: Actor, request_id: str, *, answer: str) -> None:
    refuse_visas(uow, actor, [request_id], answer=answer)


def cancel_visas(uow: UnitOfWork, actor: Actor, request_ids: Iterable[str]) -> None:
    """Take requests back: who asked, or the party's administrator, even when the clause no longer takes the move.
    Who asked also puts away a refusal that he has read: it keeps its answer, its author and its hour.

    Raises NotFound, NotAllowed, AlreadyDone.
    """
    for request_id in _together(uow, actor, request_ids):
        request = _own(uow, actor, request_id)
        is_mine = request.member_id == actor.member_id
        if request.state is VisaState.REFUSED and is_mine:
            request.state = VisaState.CANCELLED
        elif request.state is not VisaState.WAITING:
            raise AlreadyDone()
        elif not is_mine and Role.PARTY_ADMINISTRATOR not in actor.roles:
            raise NotAllowed(action=Action.MOVE)
        else:
            _become(request, actor, VisaState.CANCELLED)
        _record(uow, actor, request, kind=Kind.VISA_CANCELLED, facts={})


def tell_deleted(uow: UnitOfWork, actor: Actor, clauses: Iterable[Clause]) -> None:
    """Another authority's member deletes what a party prepared with him: the requests that go with it are announced to
    that party, in its own circle. To whoever deletes nothing is told: that a visa is asked is not his to know."""
    query = select(VisaRequest).where(
        col(VisaRequest.clause_id).in_([clause.id for clause in clauses]),
        col(VisaRequest.state) == VisaState.WAITING,
        col(VisaRequest.party_id) != actor.party_id,
    )
    for request in uow.session.execute(query).scalars():
        _record(uow, actor, request, kind=Kind.VISA_CANCELLED, facts={"deleted": True, "asked_by": request.member_id})


def cancel_visa(uow: UnitOfWork, actor: Actor, request_id: str) -> None:
    cancel_visas(uow, actor, [request_id])


def _together(uow: UnitOfWork, actor: Actor, request_ids: Iterable[str]) -> list[str]:
    """The requests, and those that wait with them for a part that is still inside: its texts leave or stay together."""
    waiting = list(uow.session.execute(select(VisaRequest).where(_own_waiting(actor))).scalars())
    asked = list(dict.fromkeys(request_ids))
    inside = {row.bundle for row in waiting if row.id in asked and row.bundle and not _is_on_table(uow, row.clause_id)}
    return list(dict.fromkeys([*asked, *(row.id for row in waiting if row.bundle in inside)]))


def _is_on_table(uow: UnitOfWork, clause_id: str) -> bool:
    return uow.session.get_one(Clause, clause_id).circle == str(SHARED)


def _keep(uow: UnitOfWork, actor: Actor, clause_id: str, order: Order, *, role: Role, words: str) -> str:
    """The request's id; this very one may wait already. Raises VisaPending, MessageTooLong, UnreadableText."""
    if waiting := _same_gesture(uow, actor, clause_id, order.move):
        if not _is_the_same(waiting, actor, order):
            raise VisaPending()
        return waiting.id
    clause = uow.session.get_one(Clause, clause_id)
    request = VisaRequest(
        id=new_id(),
        negotiation_id=actor.negotiation_id,
        party_id=actor.party_id,
        circle=str(Circle.inside(actor.party_id)),
        clause_id=clause_id,
        member_id=actor.member_id,
        role=role,
        move=order.move,
        text=order.text,
        motive=order.motive,
        value=order.value,
        origin=str(order.origin),
        seen_number=order.seen.number,
        seen_fingerprint=order.seen.fingerprint,
        base_version_id=clause.current_version_id or clause.agreed_version_id,
        bundle=order.bundle,
        message_id=order.message,
        draft=str(order.draft or ""),
        written=[list(run) for run in order.written] or None,
        words=_words(words),
        method=actor.authentication.method,
    )
    uow.session.add(request)
    uow.session.flush()
    said = {"text": request.text, "motive": request.motive, "value": request.value, "words": request.words}
    _record(uow, actor, request, kind=Kind.VISA_ASKED, facts=said)
    return request.id


def _same_gesture(uow: UnitOfWork, actor: Actor, clause_id: str, move: Move) -> VisaRequest | None:
    query = select(VisaRequest).where(_own_waiting(actor), col(VisaRequest.clause_id) == clause_id)
    gesture = GESTURE_OF_MOVE[move]
    return next((row for row in uow.session.execute(query).scalars() if GESTURE_OF_MOVE[row.move] is gesture), None)


def _is_the_same(waiting: VisaRequest, actor: Actor, order: Order) -> bool:
    kept = (waiting.member_id, waiting.move, waiting.text, waiting.motive, waiting.value, waiting.seen_fingerprint)
    return kept == (actor.member_id, order.move, order.text, order.motive, order.value, order.seen.fingerprint)


def _waiting_places(uow: UnitOfWork, actor: Actor) -> set[tuple[str, Gesture]]:
    query = select(col(VisaRequest.clause_id), col(VisaRequest.move)).where(_own_waiting(actor))
    return {(row.clause_id, GESTURE_OF_MOVE[row.move]) for row in uow.session.execute(query)}


def _own_waiting(actor: Actor) -> ColumnElement[bool]:
    own = (col(VisaRequest.party_id) == actor.party_id) & visible(VisaRequest.circle, actor)
    return own & (col(VisaRequest.state) == VisaState.WAITING)


def _own(uow: UnitOfWork, actor: Actor, request_id: str) -> VisaRequest:
    """A request of the party, locked with its negotiation. Raises NotFound."""
    request = uow.session.get(VisaRequest, request_id)
    if request is None or request.party_id != actor.party_id:
        raise NotFound()
    require(actor, Action.READ_INSIDE, circle=Circle.parse(request.circle))
    uow.lock(request.negotiation_id)
    uow.refresh(request)
    return request


def _waiting(uow: UnitOfWork, actor: Actor, request_id: str) -> VisaRequest:
    """The same while it waits. Raises NotFound, AlreadyDone."""
    request = _own(uow, actor, request_id)
    if request.state is not VisaState.WAITING:
        raise AlreadyDone()
    return request


def _deciding(uow: UnitOfWork, actor: Actor, request_id: str) -> VisaRequest:
    """The request, for somebody whose visa is asked: never whoever asked it. Raises also NotAllowed."""
    request = _waiting(uow, actor, request_id)
    asked = visa_rules(uow.session, actor).get(GESTURE_OF_MOVE[request.move], request.role)
    if asked not in actor.roles or request.member_id == actor.member_id:
        raise NotAllowed(action=Action.GIVE_VISA)
    require(actor, Action.GIVE_VISA, circle=Circle.parse(request.circle))
    return request


def _let_go(uow: UnitOfWork, actor: Actor, request: VisaRequest, *, bundle: str | None) -> Played:
    clause = _still_taken(uow, actor, request)
    order = Order(
        request.move,
        text=request.text,
        motive=request.motive,
        value=as_entered(request.value, clause.value_kind),
        seen=Seen(request.seen_number, request.seen_fingerprint),
        origin=Origin(request.origin),
        bundle=bundle,
        visa=request.id,
        message=request.message_id,
        written=tuple((party_id, words) for party_id, words in request.written or ()),
    )
    _become(request, actor, VisaState.GIVEN)
    asker = _in_whose_name(uow, actor, request)
    put_on_table(uow, asker, clause)
    played = play(uow, asker, request.clause_id, order)
    follow_tabled(uow, clause, request.draft)
    how = {"authentication": str(actor.authentication.method), "left_as": played.move_id}
    _record(uow, actor, request, kind=Kind.VISA_GIVEN, facts=how | _for_whom(uow, actor, request))
    return played


def _in_whose_name(uow: UnitOfWork, actor: Actor, request: VisaRequest) -> Actor:
    """Whoever asked; once gone, whoever lets it go answers for it. Recent is what happens now: the giver's sign-in."""
    asker = uow.session.get_one(Member, request.member_id)
    how = Authentication(request.method or actor.authentication.method, actor.authentication.at)
    try:
        return actor_in(uow.session, request.negotiation_id, person_id=asker.person_id, authentication=how)
    except NotFound:
        return actor


def _still_taken(uow: UnitOfWork, actor: Actor, request: VisaRequest) -> Clause:
    """The clause, while it takes the move. Raises Frozen, IllegalMove."""
    clause = open_clause(uow, actor, request.clause_id)
    asked = Play(request.move, request.party_id, request.seen_number, request.seen_fingerprint)
    place = place_of(situation_of(uow, clause), asked)
    if place.standing is Standing.CLOSED:
        raise IllegalMove(reason=place.reason, move=request.move)
    return clause


def _become(request: VisaRequest, actor: Actor, state: VisaState) -> None:
    request.state, request.settled_at, request.settled_by = state, now(), actor.member_id


def _for_whom(uow: UnitOfWork, actor: Actor, request: VisaRequest) -> dict[str, object]:
    """The absent colleagues in whose place a visa is decided; nothing when it is one's own to decide."""
    role = visa_rules(uow.session, actor).get(GESTURE_OF_MOVE[request.move], request.role)
    if role in roles_of(uow.session.get_one(Member, actor.member_id)):
        return {}
    lenders = lenders_to(uow.session, actor.member_id)
    return {"for": sorted(lender.key for lender in lenders if role in roles_of(lender))}


def _record(uow: UnitOfWork, actor: Actor, request: VisaRequest, *, kind: Kind, facts: dict[str, object]) -> None:
    part_id = uow.session.get_one(Clause, request.clause_id).part_id
    named = {"visa": request.id, "clause": request.clause_id, "move": str(request.move), **facts}
    uow.record(
        Event(
            kind,
            request.negotiation_id,
            Circle.parse(request.circle),
            actor.key,
            named,
            clause_id=request.clause_id,
            part_id=part_id,
        )
    )


def _words(text: str) -> str:
    if len(text) > LONGEST_MESSAGE:
        raise MessageTooLong(limit=LONGEST_MESSAGE, length=len(text))
    return readable_text(text)
