"""Links, passwords and sessions: nothing opens twice, and nothing kept opens anything."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import NotAllowed, NotFound, SessionEnded, SigninLinkDead, WeakPassword, WrongPassword
from negotiation.rules.policy import Method
from negotiation.services import signing_in
from negotiation.store import Store
from negotiation.store.people import Person, SigninLink, SigninSession
from tests.visitors import PASSWORD, Visitor

EMAIL = "og.dg@exemple.example"


@pytest.fixture
def person_id(store: Store) -> str:
    with store.unit_of_work() as uow:
        person = Person(email=EMAIL)
        uow.session.add(person)
    return person.id


@pytest.fixture
def entered(visitor: Visitor, person_id: str) -> Visitor:
    return visitor.enter(EMAIL)


def session_rows(store: Store) -> list[SigninSession]:
    with store.reading() as session:
        return list(session.execute(select(SigninSession).order_by(col(SigninSession.created_at))).scalars())


def test_a_link_opens_once(store: Store, person_id: str) -> None:
    with store.unit_of_work() as uow:
        token = signing_in.make_signin_link(uow, EMAIL.upper())
    with store.unit_of_work() as uow:
        assert signing_in.open_link(uow, token).person_id == person_id
    with pytest.raises(SigninLinkDead), store.unit_of_work() as uow:
        signing_in.open_link(uow, token)


def test_a_link_lasts_its_time(store: Store, person_id: str) -> None:
    with store.unit_of_work() as uow:
        token = signing_in.make_signin_link(uow, EMAIL, lifetime=timedelta(seconds=-1))
    with pytest.raises(SigninLinkDead), store.unit_of_work() as uow:
        signing_in.open_link(uow, token)


def test_no_link_is_made_for_an_address_nobody_has(store: Store) -> None:
    with pytest.raises(NotFound), store.unit_of_work() as uow:
        signing_in.make_signin_link(uow, "personne@exemple.example")


def test_the_database_keeps_no_token(store: Store, person_id: str) -> None:
    with store.unit_of_work() as uow:
        link = signing_in.make_signin_link(uow, EMAIL)
    with store.unit_of_work() as uow:
        opened = signing_in.open_link(uow, link)
    with store.reading() as session:
        kept = session.execute(select(col(SigninLink.token_hash))).scalar_one()
    assert link != kept
    assert opened.token != session_rows(store)[0].token_hash


def test_an_unknown_address_and_a_wrong_password_are_told_alike(store: Store, person_id: str) -> None:
    with store.reading() as session:
        accounts = [signing_in.account_of(session, email) for email in ("personne@x.example", EMAIL)]
    for account in accounts:
        with pytest.raises(WrongPassword):
            signing_in.check_password(account, PASSWORD)


@pytest.mark.parametrize("weak", ["court", "aaaaaaaaaaaaaaaa", "é" * 201, "x" * 5000])
def test_a_weak_password_is_refused(weak: str) -> None:
    with pytest.raises(WeakPassword):
        signing_in.hash_of(weak)


def test_accents_spelled_otherwise_are_the_same_password(store: Store, person_id: str) -> None:
    account = signing_in.Account(person_id, signing_in.hash_of("une forêt près d’ici"))
    assert signing_in.check_password(account, "une fore\u0302t pre\u0300s d’ici") == person_id


def test_a_session_keeps_how_its_person_was_recognised(store: Store, person_id: str) -> None:
    with store.unit_of_work() as uow:
        opened = signing_in.open_session(uow, person_id, method=Method.LINK)
    with store.unit_of_work() as uow:
        confirmed = signing_in.set_first_password(uow, opened.session_id, signing_in.hash_of(PASSWORD))
    with store.reading() as session:
        assert signing_in.read_session(session.connection(), opened.token) is None
        read = signing_in.read_session(session.connection(), confirmed.token)
    assert read is not None
    assert (read.session_id, read.authentication.method) == (opened.session_id, Method.PASSWORD)


def test_a_first_password_is_set_once(store: Store, person_id: str) -> None:
    with store.unit_of_work() as uow:
        opened = signing_in.open_session(uow, person_id, method=Method.LINK)
    with store.unit_of_work() as uow:
        signing_in.set_first_password(uow, opened.session_id, signing_in.hash_of(PASSWORD))
    with pytest.raises(NotAllowed), store.unit_of_work() as uow:
        signing_in.set_first_password(uow, opened.session_id, signing_in.hash_of("une autre phrase longue"))


def test_a_session_that_ended_confirms_nothing(store: Store, person_id: str) -> None:
    with store.unit_of_work() as uow:
        opened = signing_in.open_session(uow, person_id, method=Method.LINK)
        uow.session.flush()
        signing_in.sign_out(uow, opened.session_id)
    with pytest.raises(SessionEnded), store.unit_of_work() as uow:
        signing_in.confirm_session(uow, opened.session_id)
    with store.reading() as session:
        assert signing_in.read_session_by_id(session.connection(), opened.session_id) is None
        assert not signing_in.still_open(session, [opened.session_id])
