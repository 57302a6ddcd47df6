"""Who sits for a party: each party's administrator invites, changes and lets go the members of his own party.

Nobody works for two sides of a table (trust T20). Titles and rights are shared; an address, a date or a successor never
leaves the party.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from negotiation.errors import AlreadyAtTheTable, InvalidInput, LastAdministrator, NotAllowed, NotFound
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.notices import INVITATION_LIFETIME, MailKind
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.seats import free_key, leaves_one_day, rights_of_kind
from negotiation.rules.values import canonical_value
from negotiation.rules.vocabulary import SHARED, Action, Circle, PartyKind, Right, Role, ValueKind
from negotiation.services.access import require, roles_of, sits
from negotiation.services.notifying import queue_mail
from negotiation.services.signing_in import make_carried_link
from negotiation.store.columns import now
from negotiation.store.notifying import Mail
from negotiation.store.people import Member, Party, Person
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_TITLE = 120
LONGEST_EMAIL = 254
_ATOM = r"[^\s@<>\",;:()\[\]\\.]+"
_EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_ATOM}(\.{_ATOM})+")
"""What the header of a mail can bear: nobody would learn that another never left."""


class Carried(StrEnum):
    """How an invitation reaches its person."""

    BY_MAIL = "by_mail"
    BY_HAND = "by_hand"
    """The instance sends no mail: the administrator passes the link on."""


@dataclass(frozen=True)
class Seat:
    """A place at the table as a form asks for it: the job, `vocabulary.Right` values, the last day in any spelling."""

    title: str
    rights: tuple[str, ...]
    ends_on: str = ""


@dataclass(frozen=True)
class CheckedSeat:
    title: str
    rights: tuple[Right, ...]
    ends_on: date | None


@dataclass(frozen=True)
class Invited:
    """`token`: of the link to pass on by hand, kept nowhere; None when a mail will carry one."""

    member_id: str
    token: str | None


def invite(uow: UnitOfWork, actor: Actor, *, email: str, seat: Seat, carried: Carried) -> Invited:
    """Invite somebody into one's own party.

    Raises NotAllowed, InvalidInput (`field`: email, title, rights or ends_on), WrongValue, AlreadyAtTheTable: one
    answer to whoever sits or sat here, for this party or another.
    """
    party = locked_party(uow, actor)
    asked = checked_seat(party.kind, seat)
    member = seat_somebody(uow, party, email=checked_email(email), seat=asked, invited_by=actor.member_id)
    record_member(uow, actor, Kind.MEMBER_INVITED, member)
    return Invited(member.id, send_invitation(uow, member, carried))


def invite_again(uow: UnitOfWork, actor: Actor, member_id: str, *, email: str = "", carried: Carried) -> Invited:
    """Send the invitation of somebody who has not entered once more, to a corrected address when `email` says one.

    Also for the first administrator of a party that one's own party brought to the table, until somebody of it enters.
    Raises NotFound, NotAllowed, InvalidInput(field="email"), AlreadyAtTheTable.
    """
    locked_party(uow, actor)
    member = uow.session.get(Member, member_id)
    if member is None or member.left_at or not _may_be_invited_again(uow.session, actor, member):
        raise NotFound()
    if email.strip():
        person = person_with(uow, checked_email(email))
        if person.id != member.person_id:
            if _seat_of(uow, member.negotiation_id, person.id) is not None:
                raise AlreadyAtTheTable()
            forget_invitation(uow, member)
            member.person_id = person.id
    member.invited_at = now()
    return Invited(member.id, send_invitation(uow, member, carried))


def change(uow: UnitOfWork, actor: Actor, member_id: str, *, seat: Seat) -> None:
    """Change the job, the rights or the last day of a member of one's own party.

    Raises NotFound, NotAllowed, InvalidInput, WrongValue, LastAdministrator. The last day is told inside only.
    """
    party = locked_party(uow, actor)
    member = own_member(uow, actor, member_id)
    asked = checked_seat(party.kind, seat, former=member.ends_on)
    shared_before, day_before = (member.title, list(member.rights)), member.ends_on
    member.title, member.rights, member.ends_on = asked.title, list(asked.rights), asked.ends_on
    keep_an_administrator(uow, party)
    if (member.title, member.rights) != shared_before:
        record_member(uow, actor, Kind.MEMBER_CHANGED, member)
    if member.ends_on != day_before:
        facts = {"member": member.key, "title": member.title, "ends_on": _day(member.ends_on)}
        inside = Circle.inside(party.id)
        uow.record(Event(Kind.MEMBER_CHANGED, actor.negotiation_id, inside, actor.key, facts))


def standings(session: Session, member_ids: Iterable[str]) -> dict[str, frozenset[Role]]:
    """The roles of those of these members who sit today: an open socket lasts as long as what it was opened with."""
    today = paris_day(now())
    query = select(Member).where(col(Member.id).in_(list(member_ids)))
    return {member.id: roles_of(member) for member in session.execute(query).scalars() if sits(member, today)}


# ---------------------------------------------------------------------- shared with joining and leaving


def locked_party(uow: UnitOfWork, actor: Actor) -> Party:
    """The actor's party, its table locked: its administrators act one after the other.

    Raises NotFound when the actor was removed meanwhile, NotAllowed when he may not manage members.
    """
    require(actor, Action.MANAGE_MEMBERS)
    uow.lock(actor.negotiation_id)
    me = uow.session.get_one(Member, actor.member_id)
    uow.refresh(me)
    if not sits(me, paris_day(now())):
        raise NotFound()
    if Role.PARTY_ADMINISTRATOR not in roles_of(me):
        raise NotAllowed(action=Action.MANAGE_MEMBERS)
    return uow.session.get_one(Party, actor.party_id)


def own_member(uow: UnitOfWork, actor: Actor, member_id: str) -> Member:
    """A member of the actor's party who has not left. Raises NotFound: nobody reaches into another party."""
    member = uow.session.get(Member, member_id)
    mine = member is not None and member.party_id == actor.party_id
    if member is None or not mine or member.negotiation_id != actor.negotiation_id or member.left_at is not None:
        raise NotFound()
    uow.refresh(member)
    return member


def checked_seat(kind: PartyKind, seat: Seat, *, former: date | None = None) -> CheckedSeat:
    """The seat as it may be kept. `former`: the last day that stood, which may stay.

    Raises InvalidInput, WrongValue, UnreadableText.
    """
    title = " ".join(readable_text(seat.title).split())
    if not title or len(title) > LONGEST_TITLE:
        raise InvalidInput(field="title", limit=LONGEST_TITLE)
    allowed = rights_of_kind(kind)
    if not seat.rights or not set(seat.rights) <= set(allowed):
        raise InvalidInput(field="rights")
    day = canonical_value(seat.ends_on, ValueKind.DATE)
    ends_on = date.fromisoformat(day) if isinstance(day, str) else None
    if ends_on is None and leaves_one_day(kind):
        raise InvalidInput(field="ends_on", reason="needed")
    if ends_on is not None and ends_on != former and ends_on < paris_day(now()):
        raise InvalidInput(field="ends_on", reason="past")
    return CheckedSeat(title, tuple(right for right in allowed if right in seat.rights), ends_on)


def checked_email(email: str) -> str:
    """In lower case. Raises InvalidInput(field="email")."""
    address = email.strip().lower()
    if len(address) > LONGEST_EMAIL or not address.isprintable() or not _EMAIL.fullmatch(address):
        raise InvalidInput(field="email")
    return address


def seat_somebody(uow: UnitOfWork, party: Party, *, email: str, seat: CheckedSeat, invited_by: str | None) -> Member:
    """The member's row: a new one, or that of somebody who left this very party. Raises AlreadyAtTheTable."""
    person = person_with(uow, email)
    former = _seat_of(uow, party.negotiation_id, person.id)
    if former is not None and (former.party_id != party.id or former.left_at is None):
        raise AlreadyAtTheTable()
    member = former or _new_member(uow, party, person, title=seat.title)
    member.title, member.rights, member.ends_on = seat.title, list(seat.rights), seat.ends_on
    member.invited_at, member.invited_by = now(), invited_by
    member.joined_at = member.left_at = None
    uow.session.add(member)
    uow.session.flush()
    return member


def person_with(uow: UnitOfWork, email: str) -> Person:
    """The account of this address: the one that exists, or a new one that nobody has entered."""
    query = select(Person).where(col(Person.email) == email)
    known: Person | None = uow.session.execute(query).scalar_one_or_none()
    if known is not None:
        return known
    try:
        with uow.session.begin_nested():
            person = Person(email=email)
            uow.session.add(person)
        return person
    except IntegrityError:  # another table invited the same person at this very moment
        found: Person = uow.session.execute(query).scalar_one()
        return found


def send_invitation(uow: UnitOfWork, member: Member, carried: Carried) -> str | None:
    """Queue the mail, whose link is made when it leaves; or the token of a link to pass on by hand."""
    if carried is Carried.BY_HAND:
        return make_carried_link(uow, member, lifetime=INVITATION_LIFETIME)
    _queue_mail(uow, member)
    return None


def forget_invitation(uow: UnitOfWork, member: Member) -> None:
    """The mail that waits doesn't leave."""
    waiting = (
        col(Mail.person_id) == member.person_id,
        col(Mail.negotiation_id) == member.negotiation_id,
        col(Mail.kind) == MailKind.INVITATION,
        col(Mail.sent_at).is_(None),
    )
    uow.session.execute(delete(Mail).where(*waiting))


def keep_an_administrator(uow: UnitOfWork, party: Party) -> None:
    """Raises LastAdministrator unless somebody who has entered, and stays, can still invite for the party."""
    uow.session.flush()
    today = paris_day(now())
    query = select(Member).where(col(Member.party_id) == party.id)
    for member in uow.session.execute(query).scalars():
        stays = sits(member, today) and (member.ends_on is None or leaves_one_day(party.kind))
        if stays and has_entered(member) and Role.PARTY_ADMINISTRATOR in roles_of(member):
            return
    raise LastAdministrator()


def has_entered(member: Member) -> bool:
    """Whether the member was ever there: whom a file names is, whoever was invited once he opened a session."""
    return member.invited_at is None or member.joined_at is not None


def record_member(uow: UnitOfWork, actor: Actor, kind: Kind, member: Member) -> None:
    """The fact as all parties read it: never an address, never a day."""
    party = uow.session.get_one(Party, member.party_id)
    facts = {"party": party.key, "member": member.key, "title": member.title, "rights": list(member.rights)}
    uow.record(Event(kind, actor.negotiation_id, SHARED, actor.key, facts))


def _may_be_invited_again(session: Session, actor: Actor, member: Member) -> bool:
    if member.negotiation_id != actor.negotiation_id or has_entered(member):
        return False
    if member.party_id == actor.party_id:
        return True
    inviter = session.get(Member, member.invited_by) if member.invited_by else None
    others = session.execute(select(Member).where(col(Member.party_id) == member.party_id)).scalars()
    return inviter is not None and inviter.party_id == actor.party_id and not any(has_entered(each) for each in others)


def _seat_of(uow: UnitOfWork, negotiation_id: str, person_id: str) -> Member | None:
    query = select(Member).where(col(Member.negotiation_id) == negotiation_id, col(Member.person_id) == person_id)
    member: Member | None = uow.session.execute(query).scalar_one_or_none()
    return member


def _new_member(uow: UnitOfWork, party: Party, person: Person, *, title: str) -> Member:
    rows = uow.session.execute(
        select(col(Member.key), col(Member.position)).where(col(Member.negotiation_id) == party.negotiation_id)
    ).all()
    return Member(
        negotiation_id=party.negotiation_id,
        party_id=party.id,
        person_id=person.id,
        key=free_key(title, {row.key for row in rows}, within=party.key),
        title=title,
        rights=[],
        position=max((row.position for row in rows), default=-1) + 1,
    )


def _queue_mail(uow: UnitOfWork, member: Member) -> None:
    """One mail for one invitation, however often it is asked for in the same second."""
    moment = member.invited_at or now()
    queue_mail(
        uow,
        person_id=member.person_id,
        negotiation_id=member.negotiation_id,
        kind=MailKind.INVITATION,
        dedupe=f"invitation:{member.id}:{member.person_id}:{int(moment.timestamp())}",
    )


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
