"""Who is acting, for which party, and may they: the only door from a person to a negotiation."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import ColumnElement, or_, select
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
    query = (
        select(Member, Party)
        .join(Party, col(Party.id) == Member.party_id)
        .where(col(Member.negotiation_id) == negotiation_id, col(Member.person_id) == person_id, _is_entered())
    )
    found = session.execute(query).one_or_none()
    if found is None or not sits(found[0], paris_day(now())):
        raise NotFound()
    member, party = found
    return as_actor(member, party, authentication, lent=_lent(session, [member.id])[member.id])


def actors_of(session: Session, *, person_id: str, authentication: Authentication) -> tuple[Actor, ...]:
    """The person, acting in each negotiation of which they are a member today."""
    query = (
        select(Member, Party)
        .join(Party, col(Party.id) == Member.party_id)
        .where(col(Member.person_id) == person_id, _is_entered())
        .order_by(col(Member.id))
    )
    today = paris_day(now())
    seats = [(member, party) for member, party in session.execute(query) if sits(member, today)]
    lent = _lent(session, [member.id for member, _ in seats])
    return tuple(as_actor(member, party, authentication, lent=lent[member.id]) for member, party in seats)


def is_invited(session: Session, negotiation_id: str, person_id: str) -> bool:
    """Whether a seat is kept for this person, entered or not."""
    query = select(Member).where(col(Member.negotiation_id) == negotiation_id, col(Member.person_id) == person_id)
    member: Member | None = session.execute(query).scalar_one_or_none()
    return member is not None and sits(member, paris_day(now()))


def _is_entered() -> ColumnElement[bool]:
    """A confined account has the seats that it entered, no other: see `signing_in.make_carried_link`."""
    confined = select(col(Person.id)).where(col(Person.id) == col(Member.person_id), col(Person.confined).is_(True))
    return or_(col(Member.joined_at).is_not(None), ~confined.exists())


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
    query = (
        select(col(Delegation.to_member_id), Member)
        .join(Member, col(Delegation.from_member_id) == Member.id)
        .where(
            col(Delegation.to_member_id).in_(member_ids),
            col(Delegation.starts_on) <= today,
            col(Delegation.ends_on) >= today,
            col(Delegation.ended_at).is_(None),
        )
    )
    lent: dict[str, set[Role]] = {member_id: set() for member_id in member_ids}
    for member_id, absent in session.execute(query):
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


def actor_on_part(session: Session, part_id: str, *, person_id: str, authentication: Authentication) -> Actor:
    """The person, acting in the negotiation of this part. Raises NotFound."""
    return _acting_on(
        session,
        Part,
        part_id,
        who=lambda found: actor_in(session, found, person_id=person_id, authentication=authentication),
    )


def on_clause(session: Session, clause_id: str, *, who: Callable[[str], Actor]) -> Actor:
    """The actor that `who` gives for the negotiation of this clause. Raises NotFound."""
    return _acting_on(session, Clause, clause_id, who=who)


def _acting_on(session: Session, row: type[Clause] | type[Part], row_id: str, *, who: Callable[[str], Actor]) -> Actor:
    """Raises NotFound also for what is still inside another party."""
    query = select(col(row.negotiation_id), col(row.circle)).where(col(row.id) == row_id)
    found = session.execute(query).one_or_none()
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
