"""Who is acting, for which party, and may they: the only door from a person to a negotiation."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, or_, select
from sqlmodel import Session, col

from negotiation.errors import NotAllowed, NotFound, RecentSigninRequired
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor, Authentication, Decision, Target, decide, is_fresh, sees
from negotiation.rules.vocabulary import ROLES_OF_RIGHT, SHARED, Action, Circle, Right, Role, Side
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import Draft
from negotiation.store.people import Delegation, Member, Party, Person
from negotiation.store.prepared import Question


def actor_in(session: Session, negotiation_id: str, *, person_id: str, authentication: Authentication) -> Actor:
    """The person, acting in this negotiation.

    Raises NotFound when they are not a member of it: never were, left, were invited until a day that is past, or have
    an unproved account that did not open this seat's own link.
    """
    row = session.execute(_SEAT, {"negotiation": negotiation_id, "person": person_id}).one_or_none()
    if row is None or not sits(row, paris_day(now())):
        raise NotFound()
    return _of_row(row, authentication, lent=_lent(session, [row.id])[row.id])


def with_voices_lent(session: Session, actor: Actor, moment: datetime) -> Actor:
    """The actor, with the voices that colleagues had lent him at that moment, and may have taken back since."""
    asked = {"members": [actor.member_id], "today": paris_day(moment), "moment": moment}
    lent, own = _roles_lent(session.execute(_LENT_THEN, asked).all(), paris_day(moment)), actor.roles - actor.lent
    return replace(actor, roles=actor.roles | lent, lent=(actor.lent | lent) - own)


def actors_of(session: Session, *, person_id: str, authentication: Authentication) -> tuple[Actor, ...]:
    """The person, acting in each negotiation of which they are a member today."""
    today = paris_day(now())
    seats = [row for row in session.execute(_SEATS, {"person": person_id}) if sits(row, today)]
    lent = _lent(session, [row.id for row in seats])
    return tuple(_of_row(row, authentication, lent=lent[row.id]) for row in seats)


@dataclass(frozen=True)
class Seated:
    """Somebody at a table, as just read: what he may, and what his seat says of him."""

    actor: Actor
    title: str
    letter: str
    rights: Sequence[str]
    is_awaited: bool
    """Invited, and never entered yet."""


def seated_on_part(connection: Connection, part_id: str, *, person_id: str, authentication: Authentication) -> Seated:
    """The person, at the table of this part: what `actor_in` finds, for whom many wait at once.

    Raises NotFound as it does, and for a part that is still inside another party.
    """
    row, seated = _seated(connection, _SEAT_ON_PART, part_id, person_id=person_id, authentication=authentication)
    if not sees(seated.actor, Circle.parse(row.circle)):
        raise NotFound()
    return seated


def seated_at_draft(connection: Connection, draft_id: str, *, person_id: str, authentication: Authentication) -> Seated:
    """The same for the table of this draft, whoever reads the draft itself. Raises NotFound."""
    return _seated(connection, _SEAT_AT_DRAFT, draft_id, person_id=person_id, authentication=authentication)[1]


def _seated(
    connection: Connection, seat: Question, place: str, *, person_id: str, authentication: Authentication
) -> tuple[Any, Seated]:
    today = paris_day(now())
    found = seat.ask(connection, {"place": place, "person": person_id})
    if not found or not sits(found[0], today):
        raise NotFound()
    row = found[0]
    lenders = _LENT_TO_ONE.ask(connection, {"member": row.id, "today": today})
    actor = _of_row(row, authentication, lent=_roles_lent(lenders, today))
    is_awaited = row.invited_at is not None and row.joined_at is None
    return row, Seated(actor, row.title, row.letter, row.rights, is_awaited)


def is_invited(session: Session, negotiation_id: str, person_id: str) -> bool:
    """Whether a seat is kept for this person, entered or not."""
    query = select(Member).where(col(Member.negotiation_id) == negotiation_id, col(Member.person_id) == person_id)
    member: Member | None = session.execute(query).scalar_one_or_none()
    return member is not None and sits(member, paris_day(now()))


def sits(member: "Sitting", today: date) -> bool:
    """Whether the member is at the table that day."""
    return member.left_at is None and (member.ends_on is None or today <= member.ends_on)


def roles_of(member: "Sitting") -> frozenset[Role]:
    """The roles that the member's own rights give."""
    return roles_by(member.rights)


def roles_by(rights: Iterable[str]) -> frozenset[Role]:
    return frozenset(role for right in rights for role in ROLES_OF_RIGHT[Right(right)])


class Sitting(Protocol):
    """A member's row, or what a statement takes of it."""

    @property
    def rights(self) -> list[str]: ...
    @property
    def ends_on(self) -> date | None: ...
    @property
    def left_at(self) -> datetime | None: ...


def as_actor(member: Member, party: Party, authentication: Authentication) -> Actor:
    """The member, by his own rights alone."""
    return _acting(member, party.id, side=party.side, authentication=authentication)


def _of_row(row: Any, authentication: Authentication, *, lent: frozenset[Role]) -> Actor:
    """`row` of `_SEATS`; `lent`: the roles that absent colleagues delegate to this member today."""
    return _acting(row, row.party_id, side=row.side, authentication=authentication, lent=lent)


def _acting(
    member: Any, party_id: str, *, side: Side, authentication: Authentication, lent: frozenset[Role] = frozenset()
) -> Actor:
    own = roles_of(member)
    return Actor(
        person_id=member.person_id,
        member_id=member.id,
        party_id=party_id,
        negotiation_id=member.negotiation_id,
        side=side,
        roles=own | lent,
        key=member.key,
        authentication=authentication,
        lent=lent - own,
    )


NEVER_LENT = frozenset({Role.SIGNATORY, Role.PARTY_ADMINISTRATOR})
"""A signature takes a mandate of its own, and who sits at the table is not lent with a voice."""


def _lent(session: Session, member_ids: list[str]) -> dict[str, frozenset[Role]]:
    """The roles that absent colleagues delegate to each of these members today."""
    today = paris_day(now())
    found = session.execute(_LENT, {"members": member_ids, "today": today}).all()
    return {
        member_id: _roles_lent([row for row in found if row.to_member_id == member_id], today)
        for member_id in member_ids
    }


def _roles_lent(lenders: Iterable[Sitting], today: date) -> frozenset[Role]:
    return frozenset(role for absent in lenders if sits(absent, today) for role in roles_of(absent)) - NEVER_LENT


def actor_on_clause(session: Session, clause_id: str, *, person_id: str, authentication: Authentication) -> Actor:
    """The person, acting in the negotiation of this clause. Raises NotFound."""
    return on_clause(
        session,
        clause_id,
        who=lambda found: actor_in(session, found, person_id=person_id, authentication=authentication),
    )


def on_clause(session: Session, clause_id: str, *, who: Callable[[str], Actor]) -> Actor:
    """The actor that `who` gives for the negotiation of this clause. Raises NotFound, also for what is still inside
    another party."""
    found = session.execute(_PLACE_OF_CLAUSE, {"clause": clause_id}).one_or_none()
    if found is None:
        raise NotFound()
    actor = who(found.negotiation_id)
    if not sees(actor, Circle.parse(found.circle)):
        raise NotFound()
    return actor


def require(actor: Actor, action: Action, *, circle: Circle = SHARED) -> None:
    """Raises NotFound (hidden), NotAllowed (refused) or RecentSigninRequired, in that order."""
    decision = decide(actor, action, Target(actor.negotiation_id, circle))
    if decision is Decision.HIDE:
        raise NotFound()
    if decision is Decision.REFUSE:
        raise NotAllowed(action=action)
    if not is_fresh(actor, action, now()):
        raise RecentSigninRequired(action=action)


# --------------------------------------------------------------------- statements, made once: they run at every request

_CONFINED = select(col(Person.id)).where(col(Person.id) == col(Member.person_id), col(Person.confined).is_(True))
_SEATS: Any = (
    select(
        col(Member.id),
        col(Member.person_id),
        col(Member.party_id),
        col(Member.negotiation_id),
        col(Member.key),
        col(Member.title),
        col(Member.rights),
        col(Member.invited_at),
        col(Member.joined_at),
        col(Member.ends_on),
        col(Member.left_at),
        col(Party.side),
        col(Party.letter),
    )
    .join(Party, col(Party.id) == col(Member.party_id))
    .where(
        col(Member.person_id) == bindparam("person"),
        # A confined account has the seats that it entered, no other: see `signing_in.make_carried_link`.
        or_(col(Member.joined_at).is_not(None), ~_CONFINED.exists()),
    )
    .order_by(col(Member.id))
)
_SEAT = _SEATS.where(col(Member.negotiation_id) == bindparam("negotiation"))
_SEAT_ON_PART = Question(
    _SEATS.join(Part, col(Part.negotiation_id) == col(Member.negotiation_id))
    .where(col(Part.id) == bindparam("place"))
    .add_columns(col(Part.circle))
)
_SEAT_AT_DRAFT = Question(
    _SEATS.join(Draft, col(Draft.negotiation_id) == col(Member.negotiation_id)).where(
        col(Draft.id) == bindparam("place")
    )
)
_PLACE_OF_CLAUSE = select(col(Clause.negotiation_id), col(Clause.circle)).where(col(Clause.id) == bindparam("clause"))
_LENDERS: Any = (
    select(col(Delegation.to_member_id), col(Member.rights), col(Member.ends_on), col(Member.left_at))
    .join(Member, col(Delegation.from_member_id) == col(Member.id))
    .where(
        col(Delegation.starts_on) <= bindparam("today"),
        col(Delegation.ends_on) >= bindparam("today"),
    )
)
_THEN = _LENDERS.where(or_(col(Delegation.ended_at).is_(None), col(Delegation.ended_at) >= bindparam("moment")))
_LENDERS = _LENDERS.where(col(Delegation.ended_at).is_(None))
_LENT = _LENDERS.where(col(Delegation.to_member_id).in_(bindparam("members", expanding=True)))
_LENT_THEN = _THEN.where(col(Delegation.to_member_id).in_(bindparam("members", expanding=True)))
_LENT_TO_ONE = Question(_LENDERS.where(col(Delegation.to_member_id) == bindparam("member")))
