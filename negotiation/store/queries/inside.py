"""What a party keeps to itself about the exchanges: visas, mandates. Nobody else's page ever calls for these rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import GESTURE_OF_MOVE, SHARED, TALK_MOVES, Gesture, Move, Role, VisaState
from negotiation.store.exchange import MoveRow
from negotiation.store.inside import Mandate, VisaRequest, VisaRule
from negotiation.store.queries.visibility import visible

SETTLED_SHOWN = 20


@dataclass(frozen=True)
class RequestView:
    """A move that waits for its visa, or waited. `role`: whose visa is asked now."""

    id: str
    clause_id: str
    member_id: str
    role: Role
    move: Move
    text: str
    motive: str
    value: Any
    seen_number: int | None
    seen_fingerprint: str | None
    bundle: str | None
    words: str
    state: VisaState
    answer: str
    asked_at: datetime
    settled_at: datetime | None
    settled_by: str | None


@dataclass(frozen=True)
class MandateView:
    clause_id: str
    floor: Any
    ceiling: Any
    fallback: str
    leeway: str
    member_id: str
    set_at: datetime


def waiting_requests(session: Session, actor: Actor, clause_id: str | None = None) -> tuple[RequestView, ...]:
    """What waits for a visa in the actor's party, oldest first; on one clause when it is named."""
    state = col(VisaRequest.state) == VisaState.WAITING
    asked = state if clause_id is None else state & (col(VisaRequest.clause_id) == clause_id)
    query = select(VisaRequest).where(_own_requests(actor), asked).order_by(col(VisaRequest.asked_at), VisaRequest.id)
    rules = visa_rules(session, actor)
    return tuple(_request(row, rules) for row in session.execute(query).scalars())


def settled_requests(session: Session, actor: Actor, most: int = SETTLED_SHOWN) -> tuple[RequestView, ...]:
    """The last visas given, refused or cancelled, newest first."""
    settled = col(VisaRequest.state) != VisaState.WAITING
    query = select(VisaRequest).where(_own_requests(actor), settled)
    newest = query.order_by(col(VisaRequest.settled_at).desc(), VisaRequest.id).limit(most)
    return tuple(_request(row, {}) for row in session.execute(newest).scalars())


def refused_requests(session: Session, actor: Actor, clause_id: str) -> tuple[RequestView, ...]:
    """What the actor's party refused to let go on a clause, as long as that is its last word there; oldest first."""
    query = select(VisaRequest).where(_own_requests(actor), is_last_refusal(), col(VisaRequest.clause_id) == clause_id)
    return tuple(_request(row, {}) for row in session.execute(query.order_by(col(VisaRequest.settled_at))).scalars())


def is_last_refusal() -> ColumnElement[bool]:
    """Refused, and since then neither did the party ask anything more on the clause, nor anybody make a move there.
    Hours are kept to the second."""
    newer = aliased(VisaRequest)
    same = (col(newer.clause_id) == VisaRequest.clause_id) & (col(newer.party_id) == VisaRequest.party_id)
    asked = exists().where(same, col(newer.id) != VisaRequest.id, col(newer.asked_at) >= VisaRequest.settled_at)
    moved = exists().where(
        col(MoveRow.clause_id) == VisaRequest.clause_id,
        col(MoveRow.circle) == str(SHARED),
        col(MoveRow.type).not_in(TALK_MOVES),
        col(MoveRow.at) >= VisaRequest.settled_at,
    )
    return (col(VisaRequest.state) == VisaState.REFUSED) & ~asked & ~moved


def visas_waiting_for(session: Session, actor: Actor) -> tuple[RequestView, ...]:
    """« Visa attendu de vous »: the requests of others on which this person may decide, oldest first."""
    return tuple(
        request
        for request in waiting_requests(session, actor)
        if request.role in actor.roles and request.member_id != actor.member_id
    )


def request_view(session: Session, actor: Actor, request_id: str) -> RequestView:
    """Raises NotFound, also for those of other parties."""
    row = session.execute(select(VisaRequest).where(_own_requests(actor), col(VisaRequest.id) == request_id))
    found = row.scalar_one_or_none()
    if found is None:
        raise NotFound()
    return _request(found, visa_rules(session, actor))


def visa_rules(session: Session, actor: Actor) -> dict[Gesture, Role]:
    """The role whose visa the actor's party asks, by gesture; a gesture that asks none is absent."""
    query = select(col(VisaRule.gesture), col(VisaRule.role)).where(
        col(VisaRule.party_id) == actor.party_id, visible(VisaRule.circle, actor)
    )
    return {row.gesture: row.role for row in session.execute(query)}


def mandate_of(session: Session, actor: Actor, clause_id: str) -> MandateView | None:
    query = select(Mandate).where(_own_mandates(actor), col(Mandate.clause_id) == clause_id)
    row = session.execute(query).scalar_one_or_none()
    return _mandate(row) if row else None


def mandates_of(session: Session, actor: Actor) -> dict[str, MandateView]:
    """Every mandate of the actor's party, by clause id, the last set first."""
    query = select(Mandate).where(_own_mandates(actor)).order_by(col(Mandate.set_at).desc(), Mandate.id)
    return {row.clause_id: _mandate(row) for row in session.execute(query).scalars()}


def _own_requests(actor: Actor) -> ColumnElement[bool]:
    return (col(VisaRequest.party_id) == actor.party_id) & visible(VisaRequest.circle, actor)


def _own_mandates(actor: Actor) -> ColumnElement[bool]:
    return (col(Mandate.party_id) == actor.party_id) & visible(Mandate.circle, actor)


def _request(row: VisaRequest, rules: dict[Gesture, Role]) -> RequestView:
    """The party's rule of today says who decides; the one of the day of asking, once it asks nothing more."""
    return RequestView(
        id=row.id,
        clause_id=row.clause_id,
        member_id=row.member_id,
        role=rules.get(GESTURE_OF_MOVE[row.move], row.role),
        move=row.move,
        text=row.text,
        motive=row.motive,
        value=row.value,
        seen_number=row.seen_number,
        seen_fingerprint=row.seen_fingerprint,
        bundle=row.bundle,
        words=row.words,
        state=row.state,
        answer=row.answer,
        asked_at=row.asked_at,
        settled_at=row.settled_at,
        settled_by=row.settled_by,
    )


def _mandate(row: Mandate) -> MandateView:
    return MandateView(
        row.clause_id, row.floor, row.ceiling, row.fallback, row.leeway, member_id=row.member_id, set_at=row.set_at
    )
