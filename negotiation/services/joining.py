"""A party that comes to a table already open: a partner, a facilitator, an evaluator, a further authority.

It is concerned by no clause that exists: that changes by consent of the parties concerned, clause by clause.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import Frozen, InvalidInput, NotAllowed, NotFound
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.notices import NOBODY
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.seats import MAY_JOIN, decides, first_rights, free_key, free_letter, leaves_one_day
from negotiation.rules.vocabulary import SHARED, SIDE_OF_KIND, Action, PartyKind, Side
from negotiation.services.members import (
    Carried,
    Invited,
    Seat,
    checked_email,
    checked_seat,
    locked_party,
    record_member,
    seat_somebody,
    send_invitation,
)
from negotiation.store.columns import now
from negotiation.store.people import Member, Party, Person
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_NAME = 160
LONGEST_SHORT_NAME = 40
MOST_PARTIES = 20
FIRST_TITLE = "Référent de sa partie"
OPERATOR = "operator"


@dataclass(frozen=True)
class Joining:
    """The party as a form describes it, and the first of its administrators: he invites the others."""

    kind: str
    name: str
    short_name: str
    title: str
    email: str
    ends_on: str = ""


def add_party(uow: UnitOfWork, actor: Actor, joining: Joining, *, carried: Carried) -> Invited:
    """Bring a party to the table; any administrator of a deciding party may.

    Raises NotAllowed, InvalidInput (`field`: kind, name, short_name, title, email, ends_on), WrongValue,
    AlreadyAtTheTable; Frozen when another authority would come to a contract that is frozen.
    """
    locked_party(uow, actor)
    if actor.side is Side.ASSOCIATE:
        raise NotAllowed(action=Action.MANAGE_MEMBERS)
    kind = _checked_kind(joining.kind)
    if decides(kind) and uow.lock(actor.negotiation_id).frozen_at is not None:
        raise Frozen()
    party = _new_party(uow, actor, kind, joining)
    wanted = Seat(joining.title, tuple(str(right) for right in first_rights(kind)), joining.ends_on)
    seat, email = checked_seat(kind, wanted), checked_email(joining.email)
    uow.session.add(party)
    uow.session.flush()
    facts = {"party": party.key, "name": party.name, "kind": str(kind), "letter": party.letter}
    uow.record(Event(Kind.PARTY_JOINED, actor.negotiation_id, SHARED, actor.key, facts))
    member = seat_somebody(uow, party, email=email, seat=seat, invited_by=actor.member_id)
    record_member(uow, actor, Kind.MEMBER_INVITED, member)
    return Invited(member.id, send_invitation(uow, member, carried))


def seat_first(uow: UnitOfWork, negotiation_id: str, *, party_key: str, email: str, carried: Carried) -> Invited:
    """Invite somebody to answer for a party whose people are but names, since an archive brought it here.

    The operator's gesture: nobody of that party can enter to make it. Every party reads it in the history. Raises
    NotFound (no such party, or one whose people enter by themselves), InvalidInput(field="email"), AlreadyAtTheTable.
    """
    uow.lock(negotiation_id)
    here = (col(Party.negotiation_id) == negotiation_id, col(Party.key) == party_key)
    party: Party | None = uow.session.execute(select(Party).where(*here)).scalar_one_or_none()
    if party is None or _somebody_is_real(uow, party):
        raise NotFound()
    rights = tuple(str(right) for right in first_rights(party.kind))
    seat = checked_seat(party.kind, Seat(FIRST_TITLE, rights, _last_day(party.kind)))
    member = seat_somebody(uow, party, email=checked_email(email), seat=seat, invited_by=None)
    facts = {"party": party.key, "member": member.key, "title": member.title, "rights": list(member.rights)}
    uow.record(Event(Kind.MEMBER_INVITED, negotiation_id, SHARED, OPERATOR, facts))
    return Invited(member.id, send_invitation(uow, member, carried))


def _somebody_is_real(uow: UnitOfWork, party: Party) -> bool:
    query = select(col(Person.email)).join(Member, col(Member.person_id) == Person.id)
    emails = uow.session.execute(query.where(col(Member.party_id) == party.id)).scalars()
    return any(not email.endswith(f"@{NOBODY}") for email in emails)


def _last_day(kind: PartyKind) -> str:
    """An evaluator never sits without a last day: here a year, until his administrator says another."""
    return (paris_day(now()) + timedelta(days=365)).isoformat() if leaves_one_day(kind) else ""


def _checked_kind(given: str) -> PartyKind:
    if given not in MAY_JOIN:
        raise InvalidInput(field="kind")
    return PartyKind(given)


def _new_party(uow: UnitOfWork, actor: Actor, kind: PartyKind, joining: Joining) -> Party:
    query = select(Party).where(col(Party.negotiation_id) == actor.negotiation_id)
    seated = list(uow.session.execute(query).scalars())
    if len(seated) >= MOST_PARTIES:
        raise InvalidInput(field="kind", reason="too_many")
    name = _checked_name(joining.name, field="name", longest=LONGEST_NAME)
    short_name = _checked_name(joining.short_name or name, field="short_name", longest=LONGEST_SHORT_NAME)
    if short_name.casefold() in {party.short_name.casefold() for party in seated}:
        raise InvalidInput(field="short_name", reason="taken")
    return Party(
        negotiation_id=actor.negotiation_id,
        key=free_key(short_name, {party.key for party in seated}),
        kind=kind,
        side=SIDE_OF_KIND[kind],
        name=name,
        short_name=short_name,
        letter=free_letter(kind, {party.letter for party in seated}),
        position=max((party.position for party in seated), default=-1) + 1,
    )


def _checked_name(given: str, *, field: str, longest: int) -> str:
    name = " ".join(readable_text(given).split())
    if not name or len(name) > longest:
        raise InvalidInput(field=field, limit=longest)
    return name
