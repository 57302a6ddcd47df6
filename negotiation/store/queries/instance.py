"""What the operator of an instance sees of it: which tables there are, never what is said at them."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import NegotiationStatus, Phase, Right, Side
from negotiation.store.amendment import Amendment
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation
from negotiation.store.people import Member, Party, Person
from negotiation.store.queries.people import sitting


@dataclass(frozen=True)
class TableView:
    """A negotiation of the instance. `parties` are short names in the order of the table."""

    id: str
    key: str
    title: str
    status: NegotiationStatus
    phase: Phase
    situation_on: date | None
    frozen_at: datetime | None
    is_closed_avenant: bool
    """Without follow-up: nothing is written any more, and nothing was frozen."""
    parties: tuple[str, ...]
    members: int


@dataclass(frozen=True)
class SpokespersonView:
    """Who commits a party at a table."""

    email: str
    title: str
    party: str


def tables_of_instance(session: Session) -> tuple[TableView, ...]:
    """Every table, oldest first: three questions however many there are."""
    ended = col(Amendment.negotiation_id) == col(Negotiation.id)
    query = select(Negotiation, col(Amendment.closed_reason)).outerjoin(Amendment, ended)
    query = query.order_by(col(Negotiation.created_at), col(Negotiation.key))
    parties, members = _parties(session), _members(session)
    return tuple(
        TableView(
            id=row.id,
            key=row.key,
            title=row.title,
            status=row.status,
            phase=row.phase,
            situation_on=row.situation_on,
            frozen_at=row.frozen_at,
            is_closed_avenant=closed_reason is not None,
            parties=parties.get(row.id, ()),
            members=members.get(row.id, 0),
        )
        for row, closed_reason in session.execute(query)
    )


def find_table(session: Session, name: str) -> str | None:
    """The id of the negotiation with this id or key."""
    query = select(col(Negotiation.id)).where(or_(col(Negotiation.id) == name, col(Negotiation.key) == name))
    found: str | None = session.execute(query).scalars().first()
    return found


def person_with(session: Session, email: str) -> str | None:
    """The id of the person with this address."""
    query = select(col(Person.id)).where(col(Person.email) == email.strip().lower())
    found: str | None = session.execute(query).scalar_one_or_none()
    return found


def spokespersons_of(session: Session, negotiation_id: str) -> tuple[SpokespersonView, ...]:
    """For each party that decides, its contact who may commit it, else another who may."""
    query = (
        select(Member, Party, col(Person.email))
        .join(Party, col(Party.id) == Member.party_id)
        .join(Person, col(Person.id) == Member.person_id)
        .where(
            col(Member.negotiation_id) == negotiation_id,
            col(Party.side) != Side.ASSOCIATE,
            sitting(paris_day(now())),
        )
        .order_by(col(Party.position), col(Member.position))
    )
    found: dict[str, tuple[bool, SpokespersonView]] = {}
    for member, party, email in session.execute(query):
        is_contact = Right.REFERENT in member.rights
        known = found.get(party.id)
        if Right.VALIDEUR in member.rights and (known is None or (is_contact and not known[0])):
            found[party.id] = is_contact, SpokespersonView(email, member.title, party.short_name)
    return tuple(view for _, view in found.values())


def _parties(session: Session) -> dict[str, tuple[str, ...]]:
    """Short names by negotiation, in the order of each table."""
    query = select(col(Party.negotiation_id), col(Party.short_name)).order_by(col(Party.position))
    found: dict[str, list[str]] = {}
    for negotiation_id, name in session.execute(query):
        found.setdefault(negotiation_id, []).append(name)
    return {negotiation_id: tuple(names) for negotiation_id, names in found.items()}


def _members(session: Session) -> dict[str, int]:
    """How many people sit at each table."""
    query = select(col(Member.negotiation_id), func.count()).where(sitting(paris_day(now())))
    query = query.group_by(col(Member.negotiation_id))
    return dict(session.execute(query).all())
