"""A place in a live draft: who somebody is and what they may, resolved once as they enter.

It is not trusted for long: the transaction that stores an update looks whether the session is still open and the member
still sits with the same rights (trust S2, T17). When not, everything is read again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.drafting.updates import Claim, Stored, Writer
from negotiation.rules.policy import Actor, Decision, Target, decide
from negotiation.rules.vocabulary import Action, Circle, ValueKind
from negotiation.services.access import roles_of
from negotiation.services.draft_log import claims_that_hold
from negotiation.services.drafting import LiveDrafts
from negotiation.store.contract import Clause
from negotiation.store.exchange import Draft
from negotiation.store.people import Member


@dataclass(frozen=True)
class DraftSeat:
    """What an open draft is written from without asking everything anew."""

    draft_id: str
    epoch: int
    writer: Writer
    claim: Claim
    may_write: bool
    clauses: Mapping[str, ValueKind]
    """Those of the part, with the kind of their value."""


def seat_in_draft(session: Session, actor: Actor, *, draft_id: str, session_id: str, origin: str) -> DraftSeat | None:
    """The place of somebody who may read this draft; None for who reads it by a colleague's rights, lent for a time."""
    draft, member = session.get_one(Draft, draft_id), session.get_one(Member, actor.member_id)
    circle, own = Circle.parse(draft.circle), replace(actor, roles=roles_of(member))
    target = Target(draft.negotiation_id, circle)
    if decide(own, Action.READ_DRAFT, target) is not Decision.ALLOW:
        return None
    claim = Claim(session_id, member.id, tuple(member.rights))
    query = select(col(Clause.id), col(Clause.value_kind)).where(col(Clause.part_id) == draft.part_id)
    return DraftSeat(
        draft_id=draft.id,
        epoch=draft.epoch,
        writer=Writer(actor.person_id, actor.party_id, claim, origin),
        claim=claim,
        may_write=decide(own, Action.WRITE_DRAFT, target) is Decision.ALLOW,
        clauses={row.id: row.value_kind for row in session.execute(query)},
    )


def push_from_seat(live: LiveDrafts, seat: DraftSeat, *, op_id: str, update: bytes) -> Stored:
    """Vet and keep one update, as `drafting.push_update` does; raises ClaimLapsed besides."""
    room = live.rooms.room(seat.draft_id, epoch=seat.epoch)
    return room.accept(update, op_id=op_id, writer=seat.writer, clause_ids=seat.clauses)


def still_seated(live: LiveDrafts, claims: Iterable[Claim]) -> set[Claim]:
    """Those of the claims that hold at this moment."""
    with live.store.reading() as session:
        return claims_that_hold(session.connection(), set(claims))
