"""Who sits at the table, as the page « Membres » shows it: one's own party whole, the others by title and rights."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Right
from negotiation.store.columns import now
from negotiation.store.people import Delegation, Member, Person
from negotiation.store.queries.people import PartyView, ever_there, parties_of, sitting
from negotiation.store.queries.visibility import visible


@dataclass(frozen=True)
class Line:
    """A member as every party reads him."""

    id: str
    title: str
    rights: tuple[Right, ...]


@dataclass(frozen=True)
class OwnLine(Line):
    """A member as his own party reads him. `entered`: was ever there; `sits`: is at the table today."""

    email: str
    invited_at: datetime | None
    joined_at: datetime | None
    ends_on: date | None
    left_at: datetime | None
    entered: bool
    sits: bool


@dataclass(frozen=True)
class PartyMembers:
    """Another party. `awaited`: the first of its administrators, while nobody of it has entered and the reader's party
    brought it: its invitation can be sent again."""

    party: PartyView
    lines: tuple[Line, ...]
    awaited: str | None


@dataclass(frozen=True)
class DelegationLine:
    """An absence that is covered, now or soon. `lender` and `delegate` are titles."""

    id: str
    lender_id: str
    lender: str
    delegate: str
    starts_on: date
    ends_on: date
    running: bool


def own_members(session: Session, actor: Actor) -> tuple[OwnLine, ...]:
    """The members of the reader's party: those who sit, then those who left."""
    today = paris_day(now())
    query = (
        select(Member, col(Person.email), sitting(today).label("sits"), ever_there().label("entered"))
        .join(Person, col(Person.id) == Member.person_id)
        .where(col(Member.negotiation_id) == actor.negotiation_id, col(Member.party_id) == actor.party_id)
        .order_by(col(Member.position))
    )
    lines = [
        OwnLine(
            id=member.id,
            title=member.title,
            rights=_rights(member.rights),
            email=email,
            invited_at=member.invited_at,
            joined_at=member.joined_at,
            ends_on=member.ends_on,
            left_at=member.left_at,
            entered=bool(entered),
            sits=bool(sits),
        )
        for member, email, sits, entered in session.execute(query)
    ]
    return tuple(sorted(lines, key=lambda line: not line.sits))


def own_member_line(session: Session, actor: Actor, member_id: str) -> OwnLine:
    """One member of the reader's party who has not left. Raises NotFound."""
    for line in own_members(session, actor):
        if line.id == member_id and line.left_at is None:
            return line
    raise NotFound()


def other_members(session: Session, actor: Actor) -> tuple[PartyMembers, ...]:
    """The other parties and who sits for each, in the order of the table: neither address nor date."""
    query = (
        select(Member)
        .where(
            col(Member.negotiation_id) == actor.negotiation_id,
            col(Member.party_id) != actor.party_id,
            sitting(paris_day(now())),
        )
        .order_by(col(Member.position))
    )
    seated: dict[str, list[Member]] = {}
    for member in session.execute(query).scalars():
        seated.setdefault(member.party_id, []).append(member)
    ours = set(session.execute(select(col(Member.id)).where(col(Member.party_id) == actor.party_id)).scalars())
    return tuple(
        PartyMembers(
            party=party,
            lines=tuple(Line(member.id, member.title, _rights(member.rights)) for member in seated.get(party.id, ())),
            awaited=_awaited(seated.get(party.id, ()), party, ours),
        )
        for party in parties_of(session, actor.negotiation_id)
        if party.id != actor.party_id
    )


def delegations_of(session: Session, actor: Actor) -> tuple[DelegationLine, ...]:
    """The absences covered in the reader's party, those that are over left out."""
    today = paris_day(now())
    titles = dict(
        session.execute(select(col(Member.id), col(Member.title)).where(col(Member.party_id) == actor.party_id)).all()
    )
    query = (
        select(Delegation)
        .where(
            col(Delegation.negotiation_id) == actor.negotiation_id,
            visible(Delegation.circle, actor),
            col(Delegation.ended_at).is_(None),
            col(Delegation.ends_on) >= today,
        )
        .order_by(col(Delegation.starts_on), col(Delegation.created_at))
    )
    return tuple(
        DelegationLine(
            id=row.id,
            lender_id=row.from_member_id,
            lender=titles[row.from_member_id],
            delegate=titles[row.to_member_id],
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            running=row.starts_on <= today,
        )
        for row in session.execute(query).scalars()
        if row.from_member_id in titles
    )


def awaits_entry(session: Session, member_id: str) -> bool:
    """Whether this member was invited and has not entered yet."""
    query = select(col(Member.id)).where(col(Member.id) == member_id, ~ever_there())
    return session.execute(query).first() is not None


def _awaited(members: "list[Member] | tuple[Member, ...]", party: PartyView, ours: set[str]) -> str | None:
    if party.entered:
        return None
    return next((member.id for member in members if member.invited_by in ours), None)


def _rights(given: list[str]) -> tuple[Right, ...]:
    """In the order of the vocabulary, so that everybody's read alike."""
    return tuple(right for right in Right if right in given)
