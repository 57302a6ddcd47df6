"""Whose visa a party asks before its gestures leave, and who may give it today. Its own business, in its own circle."""

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.errors import NotAllowed
from negotiation.events import Event, Kind
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.visa import DECIDING_ROLES
from negotiation.rules.vocabulary import Action, Circle, Gesture, Role, Side
from negotiation.services.access import NEVER_LENT, require, roles_of, sits
from negotiation.store.columns import now
from negotiation.store.inside import VisaRule
from negotiation.store.people import Delegation, Member
from negotiation.store.queries.inside import visa_rules
from negotiation.store.queries.visibility import visible
from negotiation.store.unit_of_work import UnitOfWork


def set_visa_rule(uow: UnitOfWork, actor: Actor, gesture: Gesture, role: Role | None) -> None:
    """Ask the visa of a role before this gesture leaves the actor's party, or ask none.

    What waits already goes on waiting: for the new role, or for the one that was asked when there is none any more.
    Raises NotAllowed.
    """
    circle = Circle.inside(actor.party_id)
    require(actor, Action.MANAGE_MEMBERS, circle=circle)
    if actor.side is Side.ASSOCIATE or (role is not None and role not in DECIDING_ROLES):
        raise NotAllowed(action=Action.MANAGE_MEMBERS)
    uow.lock(actor.negotiation_id)
    mine = select(VisaRule).where(
        col(VisaRule.party_id) == actor.party_id, col(VisaRule.gesture) == gesture, visible(VisaRule.circle, actor)
    )
    rule: VisaRule | None = uow.session.execute(mine).scalar_one_or_none()
    if (rule.role if rule else None) is role:
        return
    if role is None:
        uow.session.delete(rule)
    elif rule is not None:
        rule.role = role
    else:
        uow.session.add(
            VisaRule(
                negotiation_id=actor.negotiation_id,
                party_id=actor.party_id,
                circle=str(circle),
                gesture=gesture,
                role=role,
            )
        )
    facts = {"gesture": str(gesture), "role": str(role) if role else ""}
    uow.record(Event(Kind.VISA_RULE_SET, actor.negotiation_id, circle, actor.key, facts))


def visas_for(session: Session, actor: Actor) -> dict[Gesture, Role]:
    """The rules of the party that hold this person's gestures back: who has the role himself needs no visa, who has it
    from an absent colleague does."""
    own = actor.roles - actor.lent
    return {gesture: role for gesture, role in visa_rules(session, actor).items() if role not in own}


def deciders(session: Session, actor: Actor) -> dict[Role, tuple[str, ...]]:
    """Whose visa may be awaited today in the actor's party: member ids by role, delegates included."""
    today = paris_day(now())
    party = select(Member).where(col(Member.party_id) == actor.party_id).order_by(col(Member.position))
    seated = {member.id: member for member in session.execute(party).scalars() if sits(member, today)}
    roles = {member_id: set(roles_of(member)) for member_id, member in seated.items()}
    lent = select(col(Delegation.from_member_id), col(Delegation.to_member_id)).where(
        col(Delegation.party_id) == actor.party_id,
        visible(Delegation.circle, actor),
        col(Delegation.starts_on) <= today,
        col(Delegation.ends_on) >= today,
        col(Delegation.ended_at).is_(None),
    )
    for lender, delegate in session.execute(lent):
        if lender in seated and delegate in seated:
            roles[delegate] |= roles_of(seated[lender]) - NEVER_LENT
    return {role: tuple(each for each in seated if role in roles[each]) for role in DECIDING_ROLES}
