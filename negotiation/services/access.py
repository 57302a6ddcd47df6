"""Who is acting, for which party, and may they: the only door from a person to a negotiation."""

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.errors import NotAllowed, NotFound, RecentSigninRequired
from negotiation.rules.policy import Actor, Authentication, Decision, Target, decide, is_fresh
from negotiation.rules.vocabulary import ROLE_OF_RIGHT, SHARED, Action, Circle, Right
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Part
from negotiation.store.people import Member, Party


def actor_in(session: Session, negotiation_id: str, *, person_id: str, authentication: Authentication) -> Actor:
    """The person, acting in this negotiation. Raises NotFound when they are not a member of it."""
    query = (
        select(Member, Party)
        .join(Party, col(Party.id) == Member.party_id)
        .where(col(Member.negotiation_id) == negotiation_id, col(Member.person_id) == person_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound()
    member, party = found
    return as_actor(member, party, authentication)


def as_actor(member: Member, party: Party, authentication: Authentication) -> Actor:
    roles = frozenset(ROLE_OF_RIGHT[Right(right)] for right in member.rights)
    return Actor(
        person_id=member.person_id,
        member_id=member.id,
        party_id=party.id,
        negotiation_id=member.negotiation_id,
        side=party.side,
        roles=roles,
        key=member.key,
        authentication=authentication,
    )


def actor_on_clause(session: Session, clause_id: str, *, person_id: str, authentication: Authentication) -> Actor:
    """The person, acting in the negotiation of this clause. Raises NotFound."""
    return _actor_on(session, Clause, clause_id, person_id=person_id, authentication=authentication)


def actor_on_part(session: Session, part_id: str, *, person_id: str, authentication: Authentication) -> Actor:
    """The person, acting in the negotiation of this part. Raises NotFound."""
    return _actor_on(session, Part, part_id, person_id=person_id, authentication=authentication)


def _actor_on(
    session: Session, row: type[Clause] | type[Part], row_id: str, *, person_id: str, authentication: Authentication
) -> Actor:
    negotiation_id = session.execute(select(col(row.negotiation_id)).where(col(row.id) == row_id)).scalar_one_or_none()
    if negotiation_id is None:
        raise NotFound()
    return actor_in(session, negotiation_id, person_id=person_id, authentication=authentication)


def require(actor: Actor, action: Action, *, circle: Circle = SHARED) -> None:
    """Raises NotFound (hidden), NotAllowed (refused) or RecentSigninRequired, in that order."""
    decision = decide(actor, action, Target(actor.negotiation_id, circle))
    if decision is Decision.HIDE:
        raise NotFound()
    if decision is Decision.REFUSE:
        raise NotAllowed(action=action)
    if not is_fresh(actor, action, now()):
        raise RecentSigninRequired(action=action)
