"""Parties and members as pages name them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlmodel import Session, col

from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Audience, Circle, PartyKind, Side
from negotiation.store.columns import now
from negotiation.store.people import Member, Party


@dataclass(frozen=True)
class PartyView:
    """A party and its sign. `sign` is the value of `data-party` (g, a, d, e, p…). `members` counts who sits today,
    `entered` those of them who were ever there: who is invited may read from the day he is."""

    id: str
    key: str
    letter: str
    kind: PartyKind
    side: Side
    name: str
    short_name: str
    signatory_title: str
    members: int
    entered: int = 0

    @property
    def sign(self) -> str:
        return self.letter[0].lower()


@dataclass(frozen=True)
class MemberView:
    """A member, whether he still sits or not: what he did keeps his name."""

    id: str
    key: str
    title: str
    party: PartyView
    sits: bool = True


@dataclass(frozen=True)
class AudienceView:
    """Who will read: the circle and how many people that is."""

    circle: str
    audience: Audience
    count: int
    party: PartyView | None = None
    parties: tuple[PartyView, ...] = ()


def sitting(today: date) -> ColumnElement[bool]:
    """Members at the table that day, as `access.sits` says it."""
    stays = or_(col(Member.ends_on).is_(None), col(Member.ends_on) >= today)
    return col(Member.left_at).is_(None) & stays


def ever_there() -> ColumnElement[bool]:
    """Members whom a file or the opening named, and those invited who entered."""
    return or_(col(Member.invited_at).is_(None), col(Member.joined_at).is_not(None))


def parties_of(session: Session, negotiation_id: str) -> tuple[PartyView, ...]:
    """All parties at the table, in their order."""
    return parties_of_tables(session, [negotiation_id])[negotiation_id]


def parties_of_tables(session: Session, negotiation_ids: Iterable[str]) -> dict[str, tuple[PartyView, ...]]:
    """The same for several negotiations, by id."""
    ids = sorted(set(negotiation_ids))
    heads = (
        select(
            col(Member.party_id),
            func.count().label("people"),
            func.sum(case((ever_there(), 1), else_=0)).label("entered"),
        )
        .where(col(Member.negotiation_id).in_(ids), sitting(paris_day(now())))
        .group_by(col(Member.party_id))
        .subquery()
    )
    query = (
        select(Party, heads.c.people, heads.c.entered)
        .outerjoin(heads, heads.c.party_id == Party.id)
        .where(col(Party.negotiation_id).in_(ids))
        .order_by(col(Party.position))
    )
    found: dict[str, list[PartyView]] = {negotiation_id: [] for negotiation_id in ids}
    for party, people, entered in session.execute(query):
        found[party.negotiation_id].append(_party(party, people or 0, entered or 0))
    return {negotiation_id: tuple(parties) for negotiation_id, parties in found.items()}


def _party(party: Party, people: int, entered: int) -> PartyView:
    return PartyView(
        id=party.id,
        key=party.key,
        letter=party.letter,
        kind=party.kind,
        side=party.side,
        name=party.name,
        short_name=party.short_name,
        signatory_title=party.signatory_title,
        members=people,
        entered=entered,
    )


def titles_of_members(session: Session, member_ids: Iterable[str]) -> dict[str, str]:
    """The job of each of these members, by id."""
    query = select(col(Member.id), col(Member.title)).where(col(Member.id).in_(list(member_ids)))
    return dict(session.execute(query).all())


def members_of(
    session: Session, negotiation_id: str, *, at_table: Iterable[PartyView] | None = None
) -> dict[str, MemberView]:
    """Members by id, those who left among them. `at_table`: the parties, when they were read already."""
    today = paris_day(now())
    parties = {party.id: party for party in at_table or parties_of(session, negotiation_id)}
    query = select(
        col(Member.id), col(Member.key), col(Member.title), col(Member.party_id), sitting(today).label("sits")
    ).where(col(Member.negotiation_id) == negotiation_id)
    return {
        row.id: MemberView(id=row.id, key=row.key, title=row.title, party=parties[row.party_id], sits=bool(row.sits))
        for row in session.execute(query)
    }


def member_of(session: Session, member_id: str) -> MemberView:
    """One member. The id comes from an actor: it exists."""
    member = session.get_one(Member, member_id)
    parties = {party.id: party for party in parties_of(session, member.negotiation_id)}
    return MemberView(id=member.id, key=member.key, title=member.title, party=parties[member.party_id])


def audiences_of(
    session: Session, actor: Actor, *, at_table: Iterable[PartyView] | None = None
) -> dict[str, AudienceView]:
    """The circles this person reads and writes to, by name: `shared`, `ours`, and `authorities` when among them."""
    parties = tuple(at_table or parties_of(session, actor.negotiation_id))
    mine = next(party for party in parties if party.id == actor.party_id)
    found = {
        "shared": AudienceView(str(SHARED), Audience.SHARED, sum(party.members for party in parties)),
        "ours": AudienceView(str(Circle.inside(mine.id)), Audience.PARTY, mine.members, mine),
    }
    authorities = [party for party in parties if party.side is Side.AUTHORITY]
    if actor.side is Side.AUTHORITY and len(authorities) > 1:
        people = sum(party.members for party in authorities)
        found["authorities"] = AudienceView(str(AUTHORITIES), Audience.AUTHORITIES, people, parties=tuple(authorities))
    return found
