"""One's voice lent to a colleague while away, from a day to a day. Nobody outside the party learns of it.

The delegate acts under his own name; inside, the party reads for whom. What is borrowed can't be lent again: only a
member's own rights are (`access.actor_in`). It ends by itself after its last day.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from negotiation.errors import AlreadyDone, InvalidInput, NotAllowed, NotFound
from negotiation.events import Event, Kind
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import ROLES, Actor
from negotiation.rules.values import canonical_value
from negotiation.rules.vocabulary import Action, Circle, Role, Side, ValueKind
from negotiation.services.access import NEVER_LENT, require, roles_of, sits
from negotiation.store.columns import new_id, now
from negotiation.store.people import Delegation, Member
from negotiation.store.unit_of_work import UnitOfWork

LONGEST = timedelta(days=366)


def lendable(roles: frozenset[Role]) -> frozenset[Role]:
    """Of a member's own roles, those that a colleague may hold for him: to read is everybody's already."""
    return roles - NEVER_LENT - {Role.READER}


def set_delegation(uow: UnitOfWork, actor: Actor, *, to_member_id: str, starts_on: str, ends_on: str) -> str:
    """Lend one's voice to a colleague; the delegation's id. Days in any spelling of a form.

    Raises NotAllowed when one has nothing to lend; WrongValue; InvalidInput: field "to" (not a colleague who sits),
    "starts_on" (past), "ends_on" (before the start, or after a year), "starts_on" with reason "overlap".
    """
    inside = Circle.inside(actor.party_id)
    require(actor, Action.DELEGATE, circle=inside)
    uow.lock(actor.negotiation_id)
    me = uow.session.get_one(Member, actor.member_id)
    uow.refresh(me)
    if not sits(me, paris_day(now())):
        raise NotFound()
    if actor.side is Side.ASSOCIATE or not lendable(roles_of(me)):
        raise NotAllowed(action=Action.DELEGATE)
    first, last = _checked_days(starts_on, ends_on)
    delegate = _colleague(uow, actor, to_member_id)
    if uow.session.execute(select(Delegation).where(*_alive(me.id, first, last))).first() is not None:
        raise InvalidInput(field="starts_on", reason="overlap")
    return lend(uow, actor, lender_id=me.id, delegate=delegate, starts_on=first, ends_on=last).id


def end_delegation(uow: UnitOfWork, actor: Actor, delegation_id: str) -> None:
    """End it now: whoever lent his voice may, and the party's administrator.

    Raises NotFound, NotAllowed, AlreadyDone when it has ended.
    """
    uow.lock(actor.negotiation_id)
    row = uow.session.get(Delegation, delegation_id)
    if row is None or row.party_id != actor.party_id or row.negotiation_id != actor.negotiation_id:
        raise NotFound()
    if actor.member_id != row.from_member_id and Role.PARTY_ADMINISTRATOR not in actor.roles:
        raise NotAllowed(action=Action.DELEGATE)
    uow.refresh(row)
    if row.ended_at is not None or row.ends_on < paris_day(now()):
        raise AlreadyDone()
    end_row(uow, actor, row)


def note_delegate(
    uow: UnitOfWork, actor: Actor, action: Action, *, facts: Mapping[str, object], clause_id: str | None = None
) -> None:
    """Write inside the party for whom a shared act was done, when the actor's own rights wouldn't have allowed it."""
    allowed = ROLES[action]
    if actor.is_declared or allowed & roles_of(uow.session.get_one(Member, actor.member_id)):
        return
    lenders = sorted({lender.key for lender in lenders_to(uow.session, actor.member_id) if allowed & roles_of(lender)})
    told = {**facts, "action": str(action), "for": lenders}
    inside = Circle.inside(actor.party_id)
    uow.record(Event(Kind.DELEGATION_USED, actor.negotiation_id, inside, actor.key, told, clause_id=clause_id))


def lenders_to(session: Session, member_id: str) -> tuple[Member, ...]:
    """The colleagues whose voice this member holds today."""
    today = paris_day(now())
    query = (
        select(Member)
        .join(Delegation, col(Delegation.from_member_id) == Member.id)
        .where(
            col(Delegation.to_member_id) == member_id,
            col(Delegation.starts_on) <= today,
            col(Delegation.ends_on) >= today,
            col(Delegation.ended_at).is_(None),
        )
    )
    return tuple(lender for lender in session.execute(query).scalars() if sits(lender, today))


# ---------------------------------------------------------------------- shared with leaving


def lend(
    uow: UnitOfWork, actor: Actor, *, lender_id: str, delegate: Member, starts_on: date, ends_on: date
) -> Delegation:
    """The row and its fact, inside the party."""
    inside = Circle.inside(actor.party_id)
    row = Delegation(
        id=new_id(),
        negotiation_id=actor.negotiation_id,
        party_id=actor.party_id,
        circle=str(inside),
        from_member_id=lender_id,
        to_member_id=delegate.id,
        starts_on=starts_on,
        ends_on=ends_on,
        set_by=actor.member_id,
    )
    uow.session.add(row)
    uow.record(Event(Kind.DELEGATION_SET, actor.negotiation_id, inside, actor.key, _facts(uow, row)))
    return row


def end_row(uow: UnitOfWork, actor: Actor, row: Delegation) -> None:
    row.ended_at = now()
    circle = Circle.parse(row.circle)
    uow.record(Event(Kind.DELEGATION_ENDED, actor.negotiation_id, circle, actor.key, _facts(uow, row)))


def _facts(uow: UnitOfWork, row: Delegation) -> dict[str, object]:
    return {
        "delegation": row.id,
        "from": uow.session.get_one(Member, row.from_member_id).key,
        "to": uow.session.get_one(Member, row.to_member_id).key,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
    }


def _checked_days(starts_on: str, ends_on: str) -> tuple[date, date]:
    first, last = _day(starts_on, field="starts_on"), _day(ends_on, field="ends_on")
    if first < paris_day(now()):
        raise InvalidInput(field="starts_on", reason="past")
    if last < first or last - first > LONGEST:
        raise InvalidInput(field="ends_on", reason="order")
    return first, last


def _day(given: str, *, field: str) -> date:
    day = canonical_value(given, ValueKind.DATE)
    if not isinstance(day, str):
        raise InvalidInput(field=field)
    return date.fromisoformat(day)


def _colleague(uow: UnitOfWork, actor: Actor, member_id: str) -> Member:
    found = uow.session.get(Member, member_id) if member_id else None
    if found is None or found.party_id != actor.party_id or found.id == actor.member_id:
        raise InvalidInput(field="to")
    awaited = found.invited_at is not None and found.joined_at is None
    if awaited or not sits(found, paris_day(now())):
        raise InvalidInput(field="to")
    return found


def _alive(lender_id: str, first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    """Delegations of this lender that share a day with these."""
    return (
        col(Delegation.from_member_id) == lender_id,
        col(Delegation.ended_at).is_(None),
        col(Delegation.starts_on) <= last,
        col(Delegation.ends_on) >= first,
    )
