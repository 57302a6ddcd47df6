"""A place in a live draft: who somebody is and what they may, resolved once as they enter.

It is not trusted for long: the transaction that stores an update looks whether the session is still open and the member
still sits with the same rights (trust S2, T17). When not, everything is read again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select
from sqlmodel import Session, col

from negotiation.drafting.updates import Claim, Stored, Writer
from negotiation.rules.policy import Actor, Decision, Target, decide
from negotiation.rules.vocabulary import Action, Circle, Role, ValueKind
from negotiation.services.access import Seated, roles_by
from negotiation.services.drafting import FoundDraft, LiveDrafts, find_draft
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


@dataclass(frozen=True)
class Entrant:
    """Who comes into a draft: what stands beside their caret, what their socket listens with, and their place in it."""

    title: str
    letter: str
    roles: frozenset[Role]
    is_awaited: bool
    """Invited, and never entered yet."""
    found: FoundDraft
    seat: DraftSeat | None
    """None too when nobody ever opened this draft."""


def enter(connection: Connection, seated: Seated, *, part_id: str, side: str, session_id: str, origin: str) -> Entrant:
    """`seated`: as just read, in the same transaction. Raises what `find_draft` raises."""
    found = find_draft(connection, seated.actor, part_id=part_id, side=side)
    seat = None
    if found.draft_id is not None:
        place = (found.draft_id, found.epoch, found.circle)
        seat = _seat(seated.actor, seated.rights, *place, kinds=found.kinds, session_id=session_id, origin=origin)
    return Entrant(seated.title, seated.letter, roles_by(seated.rights), seated.is_awaited, found, seat)


def seat_in_draft(session: Session, actor: Actor, *, draft_id: str, session_id: str, origin: str) -> DraftSeat | None:
    """The place of somebody who may read this draft; None for who reads it by a colleague's rights, lent for a time."""
    draft, member = session.get_one(Draft, draft_id), session.get_one(Member, actor.member_id)
    query = select(col(Clause.id), col(Clause.value_kind)).where(col(Clause.part_id) == draft.part_id)
    kinds = {row.id: row.value_kind for row in session.execute(query)}
    place = (draft.id, draft.epoch, Circle.parse(draft.circle))
    return _seat(actor, member.rights, *place, kinds=kinds, session_id=session_id, origin=origin)


def _seat(
    actor: Actor,
    rights: Sequence[str],
    draft_id: str,
    epoch: int,
    circle: Circle,
    *,
    kinds: Mapping[str, ValueKind],
    session_id: str,
    origin: str,
) -> DraftSeat | None:
    own, target = replace(actor, roles=roles_by(rights)), Target(actor.negotiation_id, circle)
    if decide(own, Action.READ_DRAFT, target) is not Decision.ALLOW:
        return None
    claim = Claim(session_id, actor.member_id, tuple(rights))
    return DraftSeat(
        draft_id=draft_id,
        epoch=epoch,
        writer=Writer(actor.person_id, actor.party_id, claim, origin),
        claim=claim,
        may_write=decide(own, Action.WRITE_DRAFT, target) is Decision.ALLOW,
        clauses=kinds,
    )


def push_from_seat(live: LiveDrafts, seat: DraftSeat, *, op_id: str, update: bytes) -> Stored:
    """Vet and keep one update, as `drafting.push_update` does; raises ClaimLapsed besides."""
    room = live.rooms.room(seat.draft_id, epoch=seat.epoch)
    return room.accept(update, op_id=op_id, writer=seat.writer, clause_ids=seat.clauses)


def still_seated(live: LiveDrafts, claims: Iterable[Claim]) -> set[Claim]:
    """Those of the claims that hold at this moment."""
    return live.log.holding(claims)
