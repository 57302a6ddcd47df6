"""One's voice lent while away: inside the party, for a time, and never further."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import AlreadyDone, InvalidInput, NotAllowed, NotFound, WrongValue
from negotiation.events import Kind
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import ClauseState, Role
from negotiation.services.delegating import end_delegation, set_delegation
from negotiation.services.leaving import remove
from negotiation.services.members import Seat, change
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.exchange import MoveRow
from negotiation.store.people import Delegation
from negotiation.store.record import HistoryEntry
from tests.builders import Person, Table, a_table


@pytest.fixture
def table(store: Store) -> Table:
    return a_table(store, parties=["og", "ars", "cd", "asso"])


def in_days(days: int) -> str:
    return (paris_day(now()) + timedelta(days=days)).isoformat()


def lends(who: Person, to: Person, first: int = 0, last: int = 5) -> str:
    with who.table.store.unit_of_work(Announcing.SILENT) as uow:
        ends = in_days(last)
        return set_delegation(uow, who.actor, to_member_id=to.member.id, starts_on=in_days(first), ends_on=ends)


def ends(who: Person, delegation_id: str) -> None:
    with who.table.store.unit_of_work(Announcing.SILENT) as uow:
        end_delegation(uow, who.actor, delegation_id)


def entries(table: Table, circle: str) -> list[tuple[str, dict[str, object]]]:
    with table.store.reading() as session:
        query = select(HistoryEntry).where(
            col(HistoryEntry.negotiation_id) == table.id, col(HistoryEntry.circle) == circle
        )
        rows = session.execute(query.order_by(col(HistoryEntry.sequence))).scalars()
        told = [(row.kind, json.loads(row.payload or "{}")) for row in rows]
    return [(kind, facts) for kind, facts in told if kind != Kind.NEGOTIATION_IMPORTED]


def test_a_delegate_engages_the_party_under_his_own_name(table: Table) -> None:
    table.ars.dg.propose("en02", "Un texte.")
    lends(table.og.dg, table.og.redac)
    assert table.og.redac.accept("en02").state is ClauseState.AGREED
    with table.store.reading() as session:
        last = session.execute(select(MoveRow).order_by(col(MoveRow.rank).desc())).scalars().first()
    assert last is not None and last.member_id == table.og.redac.member.id


def test_the_party_alone_reads_for_whom_its_delegate_acted(table: Table) -> None:
    table.ars.dg.propose("en02", "Un texte.")
    lends(table.og.dg, table.og.redac)
    shared_before = len(entries(table, "shared"))
    table.og.redac.accept("en02")
    kind, facts = entries(table, str(table.og.inside))[-1]
    assert (kind, facts["for"]) == (Kind.DELEGATION_USED, ["og.dg"])
    shared = entries(table, "shared")[shared_before:]
    assert [kind for kind, _ in shared] == [Kind.CLAUSE_ACCEPTED, Kind.CLAUSE_AGREED]
    assert "og.dg" not in json.dumps(shared)


def test_what_the_delegate_may_do_by_himself_is_not_done_for_anybody(table: Table) -> None:
    lends(table.og.dg, table.og.redac)
    table.og.redac.propose("en02", "Un texte.")
    assert [kind for kind, _ in entries(table, str(table.og.inside))] == [Kind.DELEGATION_SET]


def test_a_voice_is_lent_for_its_days_and_no_other(table: Table) -> None:
    table.ars.dg.propose("en02", "Un texte.")
    delegation_id = lends(table.og.dg, table.og.redac, first=1)
    with pytest.raises(NotAllowed):
        table.og.redac.accept("en02")
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        row = uow.session.get_one(Delegation, delegation_id)
        row.starts_on, row.ends_on = row.starts_on - timedelta(days=9), paris_day(now()) - timedelta(days=1)
    with pytest.raises(NotAllowed):
        table.og.redac.accept("en02")


def test_a_delegation_ended_is_over_at_once(table: Table) -> None:
    delegation_id = lends(table.og.dg, table.og.redac)
    assert Role.NEGOTIATOR in table.og.redac.actor.roles
    with pytest.raises(NotAllowed):
        ends(table.og.com, delegation_id)
    with pytest.raises(NotFound):
        ends(table.ars.dg, delegation_id)
    ends(table.og.dg, delegation_id)
    assert Role.NEGOTIATOR not in table.og.redac.actor.roles
    with pytest.raises(AlreadyDone):
        ends(table.og.dg, delegation_id)


def test_what_is_borrowed_is_not_lent_again(table: Table) -> None:
    lends(table.og.dg, table.og.redac)
    lends(table.og.redac, table.og.com)
    assert Role.DRAFTER in table.og.com.actor.roles
    assert Role.NEGOTIATOR not in table.og.com.actor.roles


def test_neither_signature_nor_administration_is_lent(table: Table) -> None:
    lends(table.og.dg, table.og.redac)
    assert Role.PARTY_ADMINISTRATOR not in table.og.redac.actor.roles
    with pytest.raises(NotAllowed):
        lends(table.og.sign, table.og.redac)  # a signatory has nothing else to lend
    with pytest.raises(NotAllowed):
        lends(table.og.lect, table.og.redac)


def test_a_delegation_doesnt_overlap_another_of_the_same_person(table: Table) -> None:
    lends(table.og.dg, table.og.redac, 2, 5)
    with pytest.raises(InvalidInput) as refused:
        lends(table.og.dg, table.og.com, 5, 9)
    assert refused.value.detail["reason"] == "overlap"
    lends(table.og.dg, table.og.com, 6, 9)


@pytest.mark.parametrize(("first", "last", "field"), [(-1, 3, "starts_on"), (3, 2, "ends_on"), (0, 500, "ends_on")])
def test_days_are_in_order_and_to_come(table: Table, first: int, last: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        lends(table.og.dg, table.og.redac, first, last)
    assert refused.value.detail["field"] == field


def test_one_lends_to_a_colleague_who_is_there(table: Table) -> None:
    for stranger in (table.og.dg, table.ars.redac):
        with pytest.raises(InvalidInput):
            lends(table.og.dg, stranger)
    with pytest.raises(WrongValue), table.store.unit_of_work(Announcing.SILENT) as uow:
        actor, to = table.og.dg.actor, table.og.redac.member.id
        set_delegation(uow, actor, to_member_id=to, starts_on="demain", ends_on="")


def test_a_partner_has_no_voice_to_lend(table: Table) -> None:
    with pytest.raises(NotAllowed):
        lends(table.asso.dg, table.asso.redac)


def test_a_successor_takes_over_the_absences_that_whoever_leaves_was_covering(table: Table) -> None:
    lends(table.og.dg, table.og.redac)
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        remove(uow, table.og.dg.actor, table.og.redac.member.id, successor_id=table.og.com.member.id)
    assert Role.NEGOTIATOR in table.og.com.actor.roles
    kinds = [kind for kind, _ in entries(table, str(table.og.inside))]
    assert kinds[1:] == [Kind.DELEGATION_ENDED, Kind.DELEGATION_SET, Kind.MEMBER_LEFT]


def test_whoever_leaves_has_no_voice_left_to_lend(table: Table) -> None:
    lends(table.og.redac, table.og.com)
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        remove(uow, table.og.dg.actor, table.og.redac.member.id)
    assert Role.DRAFTER not in table.og.com.actor.roles


def test_a_right_lost_is_lost_to_the_delegate_too(table: Table) -> None:
    lends(table.og.redac, table.og.com)
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        change(uow, table.og.dg.actor, table.og.redac.member.id, seat=Seat("Membre redac", ("lecteur",)))
    assert Role.DRAFTER not in table.og.com.actor.roles
