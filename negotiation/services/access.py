"""Who is acting, for which party, and may they: the only door from a person to a negotiation."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, or_, select
from sqlmodel import Session, col

from negotiation.errors import NotAllowed, NotFound, RecentSigninRequired
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor, Authentication, Decision, Target, decide, is_fresh, sees
from negotiation.rules.vocabulary import ROLES_OF_RIGHT, SHARED, Action, Circle, Right, Role
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Part
from negotiation.store.people import Delegation, Member, Party, Person


def actor_in(session: Session, negotiation_id: str, *, person_id: str, authentication: Authentication) -> Actor:
    """The person, acting in this negotiation.

    Raises NotFound when they are not a member of it: never were, left, were invited until a day that is past, or have
    an unproved account that did not open this seat's own link.
    """
    found = session.execute(_SEAT, {"negotiation": negotiation_id, "person": person_id}).one_or_none()
    if found is None:
        raise NotFound()
    return _seated(session, *found, authentication=authentication).actor


@dataclass(frozen=True)
class Seated:
    """Somebody at a table, as just read: what he may, and whose rows say so."""

    actor: Actor
    member: Member
    party: Party


def _seated(session: Session, member: Member, party: Party, *, authentication: Authentication) -> Seated:
    if not sits(member, paris_day(now())):
        raise NotFound()
    lent = _lent(session, [member.id])[member.id]
    return Seated(as_actor(member, party, authentication, lent=lent), member, party)


def actors_of(session: Session, *, person_id: str, authentication: Authentication) -> tuple[Actor, ...]:
    """The person, acting in each negotiation of which they are a member today."""
    today = paris_day(now())
    seats = [(member, party) for member, party in session.execute(_SEATS, {"person": person_id}) if sits(member, today)]
    lent = _lent(session, [member.id for member, _ in seats])
    return tuple(as_actor(member, party, authentication, lent=lent[member.id]) for member, party in seats)


def is_invited(session: Session, negotiation_id: str, person_id: str) -> bool:
    """Whether a seat is kept for this person, entered or not."""
    query = select(Member).where(col(Member.negotiation_id) == negotiation_id, col(Member.person_id) == person_id)
    member: Member | None = session.execute(query).scalar_one_or_none()
    return member is not None and sits(member, paris_day(now()))


def sits(member: Member, today: date) -> bool:
    """Whether the member is at the table that day."""
    return member.left_at is None and (member.ends_on is None or today <= member.ends_on)


def as_actor(
    member: Member, party: Party, authentication: Authentication, *, lent: frozenset[Role] = frozenset()
) -> Actor:
    """`lent`: the roles that absent colleagues delegate to this member today."""
    own = roles_of(member)
    return Actor(
        person_id=member.person_id,
        member_id=member.id,
        party_id=party.id,
        negotiation_id=member.negotiation_id,
        side=party.side,
        roles=own | lent,
        key=member.key,
        authentication=authentication,
        lent=lent - own,
    )


def roles_of(member: Member) -> frozenset[Role]:
    """The roles that the member's own rights give."""
    return frozenset(role for right in member.rights for role in ROLES_OF_RIGHT[Right(right)])


NEVER_LENT = frozenset({Role.SIGNATORY, Role.PARTY_ADMINISTRATOR})
"""A signature takes a mandate of its own, and who sits at the table is not lent with a voice."""


def _lent(session: Session, member_ids: list[str]) -> dict[str, frozenset[Role]]:
    """The roles that absent colleagues delegate to each of these members today."""
    today = paris_day(now())
    lent: dict[str, set[Role]] = {member_id: set() for member_id in member_ids}
    for member_id, absent in session.execute(_LENT, {"members": member_ids, "today": today}):
        if sits(absent, today):
            lent[member_id] |= roles_of(absent) - NEVER_LENT
    return {member_id: frozenset(roles) for member_id, roles in lent.items()}


def actor_on_clause(session: Session, clause_id: str, *, person_id: str, authentication: Authentication) -> Actor:
    """The person, acting in the negotiation of this clause. Raises NotFound."""
    return on_clause(
        session,
        clause_id,
        who=lambda found: actor_in(session, found, person_id=person_id, authentication=authentication),
    )


def seated_on_part(session: Session, part_id: str, *, person_id: str, authentication: Authentication) -> Seated:
    """The person, at the table of this part. Raises NotFound, also for what is still inside another party."""
    row = session.execute(_SEAT_ON_PART, {"part": part_id, "person": person_id}).one_or_none()
    if row is None:
        raise NotFound()
    found = _seated(session, row[0], row[1], authentication=authentication)
    if not sees(found.actor, Circle.parse(row.circle)):
        raise NotFound()
    return found


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
_SEATS = (
    select(Member, Party)
    .join(Party, col(Party.id) == col(Member.party_id))
    .where(
        col(Member.person_id) == bindparam("person"),
        # A confined account has the seats that it entered, no other: see `signing_in.make_carried_link`.
        or_(col(Member.joined_at).is_not(None), ~_CONFINED.exists()),
    )
    .order_by(col(Member.id))
)
_SEAT = _SEATS.where(col(Member.negotiation_id) == bindparam("negotiation"))
_SEAT_ON_PART = (
    _SEATS.join(Part, col(Part.negotiation_id) == col(Member.negotiation_id))
    .where(col(Part.id) == bindparam("part"))
    .add_columns(col(Part.circle))
)
_PLACE_OF_CLAUSE = select(col(Clause.negotiation_id), col(Clause.circle)).where(col(Clause.id) == bindparam("clause"))
_LENT = (
    select(col(Delegation.to_member_id), Member)
    .join(Member, col(Delegation.from_member_id) == col(Member.id))
    .where(
        col(Delegation.to_member_id).in_(bindparam("members", expanding=True)),
        col(Delegation.starts_on) <= bindparam("today"),
        col(Delegation.ends_on) >= bindparam("today"),
        col(Delegation.ended_at).is_(None),
    )
)
