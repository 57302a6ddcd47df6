"""What an administrator does to the members of his party, through the services, and what can be read of it after."""

import json
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import SQLModel, col

from negotiation.events import Kind
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor, Authentication, Method
from negotiation.rules.vocabulary import SHARED
from negotiation.services.access import actor_in
from negotiation.services.joining import Joining, add_party
from negotiation.services.leaving import remove
from negotiation.services.members import Carried, Invited, Seat, change, invite
from negotiation.services.signing_in import make_signin_link, open_link
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.people import Member
from negotiation.store.people import Person as Account
from negotiation.store.queries.instance import person_with
from negotiation.store.queries.people import parties_of
from negotiation.store.record import HistoryEntry
from tests.builders import Person, Table

NEW = "nouvelle@ailleurs.example"
DRAFTS = Seat("Directrice financière", ("redacteur", "financier"))


def invites(who: Person, email: str = NEW, seat: Seat = DRAFTS, *, carried: Carried = Carried.BY_MAIL) -> Invited:
    with who.table.store.unit_of_work(Announcing.SILENT) as uow:
        return invite(uow, who.actor, email=email, seat=seat, carried=carried)


def removes(who: Person, member_id: str, successor: Person | None = None) -> None:
    with who.table.store.unit_of_work(Announcing.SILENT) as uow:
        remove(uow, who.actor, member_id, successor_id=successor.member.id if successor else "")


def changes(who: Person, member_id: str, seat: Seat) -> None:
    with who.table.store.unit_of_work(Announcing.SILENT) as uow:
        change(uow, who.actor, member_id, seat=seat)


def adds(who: Person, kind: str = "PARTENAIRE", *, email: str = NEW, **rest: str) -> Invited:
    given = {"name": "Maison départementale", "short_name": "MDPH", "title": "Directrice", "ends_on": ""} | rest
    with who.table.store.unit_of_work(Announcing.SILENT) as uow:
        return add_party(uow, who.actor, Joining(kind=kind, email=email, **given), carried=Carried.BY_MAIL)


def enters(table: Table, email: str = NEW) -> None:
    """Sign in, by whatever link."""
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        token = make_signin_link(uow, email)
    opens(table, token)


def opens(table: Table, token: str) -> str:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        return open_link(uow, token).person_id


def member(table: Table, email: str = NEW) -> Member | None:
    with table.store.reading() as session:
        query = select(Member).join(Account, col(Account.id) == Member.person_id)
        where = (col(Account.email) == email, col(Member.negotiation_id) == table.id)
        return session.execute(query.where(*where)).scalar_one_or_none()


def facts(table: Table, kind: Kind, circle: str = str(SHARED)) -> list[dict[str, object]]:
    with table.store.reading() as session:
        query = select(HistoryEntry.payload).where(
            col(HistoryEntry.negotiation_id) == table.id,
            col(HistoryEntry.kind) == str(kind),
            col(HistoryEntry.circle) == circle,
        )
        return [json.loads(payload) for payload in session.execute(query.order_by("sequence")).scalars()]


def count(table: Table, row: type[SQLModel]) -> int:
    with table.store.reading() as session:
        return len(session.execute(select(row)).all())


def in_days(days: int) -> str:
    return (paris_day(now()) + timedelta(days=days)).isoformat()


def heads(table: Table) -> dict[str, tuple[int, int]]:
    with table.store.reading() as session:
        return {party.key: (party.entered, party.members) for party in parties_of(session, table.id)}


def reader(store: Store, negotiation_id: str, email: str) -> Actor:
    """Whoever has this address, at a table that a file brought."""
    with store.reading() as session:
        who = person_with(session, email)
        assert who is not None
        return actor_in(session, negotiation_id, person_id=who, authentication=Authentication(Method.DECLARED, now()))
