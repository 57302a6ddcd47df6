"""Whoever enters a draft is found by a statement of its own: it knows the same people as every other door."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, update

from negotiation.errors import NotFound
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Circle, Role
from negotiation.services.access import Seated, actor_in, seated_on_part
from negotiation.services.delegating import set_delegation
from negotiation.store import Announcing, Store, UnitOfWork
from negotiation.store.columns import now
from negotiation.store.contract import Part
from negotiation.store.people import Delegation, Member
from negotiation.store.people import Person as Account
from tests.builders import Person, Table, a_table

TODAY = paris_day(now())
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def table(store: Store) -> Table:
    return a_table(store, parties=["og", "ars"])


def lends(uow: UnitOfWork, table: Table) -> None:
    days = {"starts_on": TODAY.isoformat(), "ends_on": TODAY.isoformat()}
    set_delegation(uow, table.og.dg.actor, to_member_id=table.og.redac.member.id, **days)


def of_redac(uow: UnitOfWork, table: Table, **fields: object) -> None:
    uow.session.execute(update(Member).where(col(Member.id) == table.og.redac.member.id).values(**fields))


def lent_until_yesterday(uow: UnitOfWork, table: Table) -> None:
    lends(uow, table)
    uow.session.execute(update(Delegation).values(starts_on=YESTERDAY, ends_on=YESTERDAY))


def lent_and_ended(uow: UnitOfWork, table: Table) -> None:
    lends(uow, table)
    uow.session.execute(update(Delegation).values(ended_at=now()))


def lent_by_whom_left(uow: UnitOfWork, table: Table) -> None:
    lends(uow, table)
    uow.session.execute(update(Member).where(col(Member.id) == table.og.dg.member.id).values(ends_on=YESTERDAY))


def confined(uow: UnitOfWork, table: Table, **fields: object) -> None:
    uow.session.execute(update(Account).where(col(Account.id) == table.og.redac.person_id).values(confined=True))
    of_redac(uow, table, invited_at=now(), **fields)


SITUATIONS: dict[str, tuple[bool, Callable[[UnitOfWork, Table], None]]] = {
    "a member": (True, lambda uow, table: None),
    "his last day": (True, lambda uow, table: of_redac(uow, table, ends_on=TODAY)),
    "the day after": (False, lambda uow, table: of_redac(uow, table, ends_on=YESTERDAY)),
    "left": (False, lambda uow, table: of_redac(uow, table, left_at=now())),
    "no rights": (True, lambda uow, table: of_redac(uow, table, rights=[])),
    "a voice is lent": (True, lends),
    "a voice was lent": (True, lent_until_yesterday),
    "a voice was taken back": (True, lent_and_ended),
    "lent by whom left": (True, lent_by_whom_left),
    "confined, not entered": (False, confined),
    "confined, entered": (True, lambda uow, table: confined(uow, table, joined_at=now())),
}


def at_the_table(table: Table, who: Person) -> Actor | None:
    with table.store.reading() as session:
        try:
            return actor_in(session, table.id, person_id=who.person_id, authentication=who.authentication)
        except NotFound:
            return None


def at_the_part(table: Table, who: Person) -> Actor | None:
    try:
        return seated(table, who).actor
    except NotFound:
        return None


def seated(table: Table, who: Person) -> Seated:
    part_id, authentication = table.part_id("fa01"), who.authentication
    with table.store.asking() as connection:
        return seated_on_part(connection, part_id, person_id=who.person_id, authentication=authentication)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_one_door_knows_who_the_other_knows(table: Table, situation: str) -> None:
    sits, happens = SITUATIONS[situation]
    redac = table.og.redac
    before = at_the_part(table, redac)
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        happens(uow, table)
    found = at_the_part(table, redac)
    assert found == at_the_table(table, redac)
    assert (found is not None) == sits
    assert before is not None
    assert bool(found and found.lent) == (situation == "a voice is lent")


def test_a_part_that_is_still_inside_is_not_there_for_others(table: Table) -> None:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.get_one(Part, table.part_id("fa01")).circle = str(table.og.inside)
    assert at_the_part(table, table.og.dg) is not None
    assert at_the_part(table, table.ars.dg) is None


def test_what_a_seat_says_is_as_its_row_says_it(table: Table) -> None:
    """Times, days and lists come back as from everywhere else."""
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        of_redac(uow, table, invited_at=now(), ends_on=TODAY)
    who = table.og.redac
    found = seated(table, who)
    assert (found.title, found.letter, found.is_awaited) == (who.member.title, "G", True)
    assert list(found.rights) == who.member.rights
    assert found.actor.roles >= {Role.DRAFTER}
    assert Circle.inside(found.actor.party_id) == table.og.inside
