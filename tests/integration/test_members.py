"""Members: invited, changed and let go by their own party."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from negotiation.errors import (
    AlreadyAtTheTable,
    InvalidInput,
    LastAdministrator,
    NotAllowed,
    NotFound,
    SigninLinkDead,
)
from negotiation.events import Kind
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor, Authentication, Method
from negotiation.rules.vocabulary import Circle, Move, TaskState
from negotiation.services.access import actor_in, actors_of, is_invited
from negotiation.services.members import Carried, Seat, invite_again
from negotiation.services.signing_in import (
    account_of,
    open_link,
    open_session,
    set_first_password,
    still_open,
    take_seat,
)
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.inside import VisaRequest
from negotiation.store.notifying import Mail
from negotiation.store.people import Member
from negotiation.store.talk import Task
from tests.builders import Person, Table, a_table
from tests.membership import NEW, changes, count, enters, facts, heads, in_days, invites, member, opens, removes


@pytest.fixture
def table(store: Store) -> Table:
    return a_table(store, parties=["og", "ars", "cd", "asso"])


def seats_of(store: Store, person_id: str) -> tuple[Actor, ...]:
    with store.reading() as session:
        return actors_of(session, person_id=person_id, authentication=Authentication(Method.PASSWORD, now()))


def opens_password(store: Store, person_id: str) -> None:
    with store.unit_of_work(Announcing.SILENT) as uow:
        open_session(uow, person_id, method=Method.PASSWORD)


def letters(store: Store) -> list[Mail]:
    """The invitations that still lead somewhere."""
    with store.reading() as session:
        found = session.execute(select(Mail)).scalars()
        return [mail for mail in found if is_invited(session, mail.negotiation_id or "", mail.person_id)]


# ---------------------------------------------------------------------- inviting


def test_an_administrator_invites_into_his_own_party(table: Table) -> None:
    invited = invites(table.og.dg)
    seated = member(table)
    assert seated is not None and seated.id == invited.member_id
    assert (seated.party_id, seated.rights, seated.joined_at) == (table.og.id, ["redacteur", "financier"], None)
    assert seated.invited_by == table.og.dg.member.id
    assert count(table, Mail) == 1


def test_what_others_read_of_an_invitation_has_no_address(table: Table) -> None:
    invites(table.og.dg)
    (told,) = facts(table, Kind.MEMBER_INVITED)
    assert told == {
        "party": "og",
        "member": "og.directrice-financiere",
        "title": "Directrice financière",
        "rights": ["redacteur", "financier"],
    }


def test_whoever_was_invited_enters_by_signing_in(table: Table) -> None:
    invites(table.og.dg)
    assert heads(table)["og"] == (5, 6)
    enters(table)
    assert heads(table)["og"] == (6, 6)
    seated = member(table)
    assert seated is not None and seated.joined_at is not None


@pytest.mark.parametrize("who", ["redac", "sign", "com", "lect"])
def test_only_an_administrator_invites(table: Table, who: str) -> None:
    with pytest.raises(NotAllowed):
        invites(getattr(table.og, who))
    assert member(table) is None


def test_nobody_works_for_both_sides(table: Table) -> None:
    with pytest.raises(AlreadyAtTheTable) as refused:
        invites(table.og.dg, table.ars.redac.email)
    assert refused.value.detail == {}, "whoever asks learns nothing of why"


def test_nobody_sits_twice_for_the_same_party(table: Table) -> None:
    with pytest.raises(AlreadyAtTheTable):
        invites(table.og.dg, table.og.redac.email.upper())


def test_whoever_left_another_party_stays_out(table: Table) -> None:
    removes(table.ars.dg, table.ars.com.member.id)
    with pytest.raises(AlreadyAtTheTable):
        invites(table.og.dg, table.ars.com.email)


def test_whoever_left_may_come_back_to_the_same_party(table: Table) -> None:
    gone = table.og.com.member
    removes(table.og.dg, gone.id)
    assert invites(table.og.dg, table.og.com.email).member_id == gone.id
    enters(table, table.og.com.email)
    assert table.og.com.actor.member_id == gone.id


@pytest.mark.parametrize("email", ["", "sans-arobase", "a@b", "deux@a.fr, b@c.fr", "x" * 250 + "@a.fr", "a b@c.fr"])
def test_an_address_is_one_address(table: Table, email: str) -> None:
    with pytest.raises(InvalidInput, match="invalid_input") as refused:
        invites(table.og.dg, email)
    assert refused.value.detail["field"] == "email"


@pytest.mark.parametrize(
    ("party", "rights"),
    [
        ("og", ()),
        ("og", ("roi",)),
        ("og", ("evaluateur",)),
        ("og", ("facilitateur",)),
        ("asso", ("valideur",)),
        ("asso", ("signataire",)),
        ("asso", ("redacteur",)),
        ("asso", ("commentateur", "referent")),
    ],
)
def test_a_party_gives_only_the_rights_it_can_have(table: Table, party: str, rights: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        invites(getattr(table, party).dg, seat=Seat("Stagiaire", rights))
    assert refused.value.detail["field"] == "rights"


def test_an_invitation_is_sent_again_to_a_corrected_address(table: Table) -> None:
    invited = invites(table.og.dg, "faute@ailleurs.example")
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        invite_again(uow, table.og.dg.actor, invited.member_id, email=NEW, carried=Carried.BY_MAIL)
    seated = member(table)
    assert seated is not None and seated.id == invited.member_id
    assert member(table, "faute@ailleurs.example") is None
    with table.store.reading() as session:
        assert [mail.person_id for mail in session.execute(select(Mail)).scalars()] == [seated.person_id]


def test_whoever_entered_is_not_invited_again(table: Table) -> None:
    with table.store.unit_of_work(Announcing.SILENT) as uow, pytest.raises(NotFound):
        invite_again(uow, table.og.dg.actor, table.og.redac.member.id, carried=Carried.BY_MAIL)


def test_a_withdrawn_invitation_leaves_no_seat_and_no_mail(table: Table) -> None:
    invited = invites(table.og.dg)
    removes(table.og.dg, invited.member_id)
    assert member(table) is None
    assert count(table, Mail) == 0
    assert heads(table)["og"] == (5, 5)
    invites(table.ars.dg)  # an address typed wrong by one party is not lost to the others


# ---------------------------------------------------------------------- a link passed on by hand


def test_a_link_passed_on_opens_a_new_account_once(table: Table) -> None:
    token = invites(table.og.dg, carried=Carried.BY_HAND).token
    assert token is not None
    seated = member(table)
    assert seated is not None and opens(table, token) == seated.person_id
    with pytest.raises(SigninLinkDead):
        opens(table, token)


def test_a_link_passed_on_never_opens_somebody_elses_account(table: Table, store: Store) -> None:
    """Whoever invites holds the link: it must not let him in where that person sits already."""
    elsewhere = a_table(store, parties=2)
    token = invites(table.og.dg, elsewhere.ars.dg.email, carried=Carried.BY_HAND).token
    assert token is not None
    with pytest.raises(SigninLinkDead):
        opens(table, token)


def test_a_link_passed_on_dies_when_its_person_entered_otherwise(table: Table) -> None:
    token = invites(table.og.dg, carried=Carried.BY_HAND).token
    enters(table)
    assert token is not None
    with pytest.raises(SigninLinkDead):
        opens(table, token)


def test_a_link_passed_on_dies_when_another_table_invites_the_same_person(table: Table, store: Store) -> None:
    token = invites(table.og.dg, carried=Carried.BY_HAND).token
    invites(a_table(store, parties=2).ars.dg)
    assert token is not None
    with pytest.raises(SigninLinkDead):
        opens(table, token)


def test_an_account_entered_by_a_link_passed_on_sits_where_it_was_passed_on_only(table: Table, store: Store) -> None:
    """The gestionnaire invites the address of somebody else's colleague, keeps the link, enters and waits. Later the
    authority invites the same address to a table of its own."""
    token = invites(table.og.dg, carried=Carried.BY_HAND).token or ""
    person_id = opens(table, token)
    theirs = a_table(store, parties=2)
    later = invites(theirs.ars.dg, carried=Carried.BY_HAND).token or ""
    opens_password(store, person_id)
    assert [each.negotiation_id for each in seats_of(store, person_id)] == [table.id]
    with store.reading() as session, pytest.raises(NotFound):
        actor_in(session, theirs.id, person_id=person_id, authentication=Authentication(Method.PASSWORD, now()))
    with pytest.raises(SigninLinkDead):
        opens(theirs, later)
    assert member(theirs).joined_at is None  # type: ignore[union-attr]


def test_the_same_person_opens_each_seat_with_the_link_that_was_passed_on_for_it(table: Table, store: Store) -> None:
    """An instance without mail, two tables, one honest account."""
    person_id = opens(table, invites(table.og.dg, carried=Carried.BY_HAND).token or "")
    other = a_table(store, parties=2)
    later = invites(other.og.dg, carried=Carried.BY_HAND).token or ""
    with store.unit_of_work(Announcing.SILENT) as uow:
        assert not take_seat(uow, later, person_id=other.ars.dg.person_id), "nobody else's"
        assert take_seat(uow, later, person_id=person_id)
        assert not take_seat(uow, later, person_id=person_id), "once"
    assert {each.negotiation_id for each in seats_of(store, person_id)} == {table.id, other.id}


def test_a_link_that_reaches_the_address_puts_out_whoever_had_entered_by_one_passed_on(
    table: Table, store: Store
) -> None:
    token = invites(table.og.dg, carried=Carried.BY_HAND).token or ""
    with store.unit_of_work(Announcing.SILENT) as uow:
        former = open_link(uow, token)
        set_first_password(uow, former.session_id, "a hash")
    theirs = a_table(store, parties=2)
    invites(theirs.ars.dg)
    assert [mail.negotiation_id for mail in letters(store)] == [theirs.id], "the mail leaves, and proves the address"
    enters(theirs)
    with store.reading() as session:
        assert still_open(session, [former.session_id]) == frozenset()
        assert account_of(session, NEW).password_hash is None
    assert {each.negotiation_id for each in seats_of(store, former.person_id)} == {table.id, theirs.id}


# ---------------------------------------------------------------------- changing


def test_rights_changed_are_rights_at_once(table: Table) -> None:
    changes(table.og.dg, table.og.redac.member.id, Seat("Membre redac", ("lecteur",)))
    with pytest.raises(NotAllowed):
        table.og.redac.propose("en01")
    (told,) = facts(table, Kind.MEMBER_CHANGED)
    assert told["rights"] == ["lecteur"]


def test_a_last_day_is_told_inside_only(table: Table) -> None:
    com = table.og.com.member
    changes(table.og.dg, com.id, Seat(com.title, tuple(com.rights), in_days(3)))
    assert facts(table, Kind.MEMBER_CHANGED) == []
    (told,) = facts(table, Kind.MEMBER_CHANGED, str(table.og.inside))
    assert told["ends_on"] == in_days(3)


def test_a_last_day_is_not_in_the_past(table: Table) -> None:
    with pytest.raises(InvalidInput):
        changes(table.og.dg, table.og.com.member.id, Seat("Membre com", ("lecteur",), in_days(-1)))


def test_nobody_reaches_into_another_party(table: Table) -> None:
    theirs = table.ars.redac.member
    with pytest.raises(NotFound):
        changes(table.og.dg, theirs.id, Seat("Lecteur", ("lecteur",)))
    with pytest.raises(NotFound):
        removes(table.og.dg, theirs.id)
    assert table.ars.redac.actor.member_id == theirs.id


def test_a_party_keeps_somebody_who_can_invite(table: Table) -> None:
    me = table.og.dg.member
    with pytest.raises(LastAdministrator):
        removes(table.og.dg, me.id)
    with pytest.raises(LastAdministrator):
        changes(table.og.dg, me.id, Seat(me.title, ("valideur",)))
    with pytest.raises(LastAdministrator):
        changes(table.og.dg, me.id, Seat(me.title, tuple(me.rights), in_days(10)))
    invites(table.og.dg, seat=Seat("Adjoint", ("administrateur",)))
    with pytest.raises(LastAdministrator):
        removes(table.og.dg, me.id)  # the deputy has not entered
    enters(table)
    removes(table.og.dg, me.id)


# ---------------------------------------------------------------------- leaving


def test_whoever_leaves_is_a_stranger_at_once_and_keeps_a_name(table: Table) -> None:
    redac = table.og.redac
    redac.propose("en01")
    person_id = redac.person_id
    removes(table.og.dg, redac.member.id)
    with table.store.reading() as session, pytest.raises(NotFound):
        actor_in(session, table.id, person_id=person_id, authentication=Authentication(Method.LINK, now()))
    assert heads(table)["og"] == (4, 4)
    (told,) = facts(table, Kind.MEMBER_LEFT)
    assert told["title"] == "Membre redac"


def test_a_last_day_that_is_past_is_a_departure(table: Table) -> None:
    com = table.og.com
    changes(table.og.dg, com.member.id, Seat("Membre com", ("commentateur",), in_days(0)))
    assert com.actor
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.get_one(Member, com.member.id).ends_on = paris_day(now()) - timedelta(days=1)
    with pytest.raises(NotFound):
        _ = com.actor
    assert heads(table)["og"] == (4, 4)


def waits_for(who: Person, clause: str) -> str:
    """An open task and a visa asked, as their services leave them; the task's id."""
    member_id, table, inside = who.member.id, who.table, str(Circle.inside(who.member.party_id))
    task = Task(negotiation_id=table.id, circle=inside, title="Chiffrer", owner_id=member_id, created_by=member_id)
    visa = VisaRequest(
        negotiation_id=table.id,
        party_id=who.member.party_id,
        circle=inside,
        clause_id=table.clause_id(clause),
        member_id=member_id,
        role="negotiator",
        move=Move.PROPOSAL,
    )
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.add_all([task, visa])
    return task.id


def test_what_waits_passes_to_a_successor(table: Table) -> None:
    redac = table.og.redac
    task_id, person = waits_for(redac, "en01"), redac.member
    with pytest.raises(InvalidInput) as refused:
        removes(table.og.dg, person.id)
    assert refused.value.detail == {"field": "successor"}
    with pytest.raises(InvalidInput) as refused:
        removes(table.og.dg, person.id, table.og.lect)  # a reader proposes nothing
    assert refused.value.detail["reason"] == "rights"
    with pytest.raises(InvalidInput):
        removes(table.og.dg, person.id, table.ars.redac)
    removes(table.og.dg, person.id, table.og.dg)
    with table.store.reading() as session:
        task = session.get_one(Task, task_id)
        assert (task.owner_id, task.state) == (table.og.dg.member.id, TaskState.OPEN)
        assert session.execute(select(VisaRequest.member_id)).scalar_one() == table.og.dg.member.id
    (shared,) = facts(table, Kind.MEMBER_LEFT)
    assert "successor" not in shared
    (inside,) = facts(table, Kind.MEMBER_LEFT, str(table.og.inside))
    assert (inside["successor"], inside["tasks"], inside["visas"]) == ("og.dg", 1, 1)
    assert facts(table, Kind.TASK_CHANGED) == []
