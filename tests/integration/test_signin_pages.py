"""Coming in, confirming, leaving: nothing opens twice, nothing says who exists, no other site has a hand in it."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlmodel import col

from negotiation.store import Store
from negotiation.store.columns import now
from negotiation.store.people import Person, SigninSession
from tests.visitors import PASSWORD, Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

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


def test_opening_the_page_of_a_link_doesnt_use_it_up(visitor: Visitor, person_id: str) -> None:
    link = visitor.link_for(EMAIL)
    assert visitor.get(link).status_code == 200
    assert visitor.get(link).status_code == 200
    assert visitor.post(link).status_code == 302
    assert visitor.get("/connexion/confirmer").status_code == 200
    assert visitor.get(link).status_code == 410
    assert visitor.post(link).status_code == 410


def test_the_first_confirmation_sets_the_password_that_opens_the_next_time(app: Flask, entered: Visitor) -> None:
    assert "Choisir un mot de passe" in entered.get("/connexion/confirmer").text
    entered.choose_password()
    later = Visitor(app)
    sent = later.post("/connexion", {"email": EMAIL.title(), "password": PASSWORD, "next": "/verifier"})
    assert (sent.status_code, sent.location) == (302, "/verifier")


def test_a_password_said_twice_differently_is_not_kept(entered: Visitor, store: Store) -> None:
    sent = entered.post("/connexion/confirmer", {"password": PASSWORD, "again": PASSWORD + "!"})
    assert sent.status_code == 422
    assert "ne sont pas les mêmes" in sent.text
    with store.reading() as session:
        assert session.execute(select(col(Person.password_hash))).scalar_one() is None


def test_a_wrong_password_keeps_the_address_and_never_says_which_was_wrong(visitor: Visitor, person_id: str) -> None:
    pages = []
    for email in (EMAIL, "personne@exemple.example"):
        sent = visitor.post("/connexion", {"email": email, "password": "ce n’est pas elle"})
        assert sent.status_code == 422
        assert f'value="{email}"' in sent.text
        pages.append(re.sub(r'value="[^"]*"', "", sent.text))
    assert pages[0] == pages[1]


def test_the_cookie_changes_at_sign_in_and_at_each_confirmation(entered: Visitor, store: Store) -> None:
    first = entered.client.get_cookie("navette")
    entered.choose_password()
    second = entered.client.get_cookie("navette")
    assert first is not None and second is not None
    assert first.value != second.value
    assert second.http_only and second.same_site == "Lax"
    assert len(session_rows(store)) == 1


def test_a_cookie_planted_before_the_sign_in_opens_nothing(visitor: Visitor, person_id: str, app: Flask) -> None:
    visitor.client.set_cookie("navette", "planted")
    visitor.enter(EMAIL)
    thief = Visitor(app)
    thief.client.set_cookie("navette", "planted")
    assert thief.get("/connexion/confirmer").status_code == 302


def test_leaving_ends_the_session_for_every_holder_of_its_cookie(app: Flask, entered: Visitor) -> None:
    stolen = entered.client.get_cookie("navette")
    assert stolen is not None
    left = entered.post("/deconnexion")
    assert left.location == "/connexion"
    assert left.headers["Clear-Site-Data"] == '"cache"'
    thief = Visitor(app)
    thief.client.set_cookie("navette", stolen.value)
    assert thief.get("/connexion/confirmer").status_code == 302


def test_signing_in_as_somebody_else_ends_the_session_before(entered: Visitor, store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.session.add(Person(email="autre@exemple.example"))
    entered.enter("autre@exemple.example")
    assert sum(row.ended_at is None for row in session_rows(store)) == 1


def test_an_expired_session_opens_nothing(entered: Visitor, store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.session.execute(update(SigninSession).values(expires_at=now() - timedelta(seconds=1)))
    assert entered.get("/connexion/confirmer").status_code == 302


def test_a_stranger_is_sent_to_the_door_and_back_to_the_page_he_wanted(visitor: Visitor, person_id: str) -> None:
    asked = visitor.get("/negociations/x/texte?etat=y")
    assert (asked.status_code, asked.location) == (302, "/connexion?next=/negociations/x/texte?etat%3Dy")


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"])
def test_the_door_leads_nowhere_else(entered: Visitor, elsewhere: str) -> None:
    assert entered.get("/connexion", query_string={"next": elsewhere}).location == "/"


def test_the_sixth_wrong_password_in_a_minute_waits_even_the_right_one(entered: Visitor, app: Flask) -> None:
    entered.choose_password()
    guesser = Visitor(app)
    for _ in range(5):
        assert guesser.post("/connexion", {"email": EMAIL, "password": "encore une"}).status_code == 422
    sixth = guesser.post("/connexion", {"email": EMAIL, "password": PASSWORD})
    assert sixth.status_code == 429
    assert "Attendez une minute" in sixth.text


def test_colleagues_behind_one_address_dont_block_each_other(app: Flask, entered: Visitor) -> None:
    entered.choose_password()
    for _ in range(21):
        assert Visitor(app).post("/connexion", {"email": EMAIL, "password": PASSWORD}).status_code == 302


def test_guessing_many_accounts_from_one_address_waits_too(visitor: Visitor, person_id: str) -> None:
    for number in range(20):
        sent = visitor.post("/connexion", {"email": f"n{number}@exemple.example", "password": "au hasard encore"})
        assert sent.status_code == 422
    assert visitor.post("/connexion", {"email": "n21@exemple.example", "password": "x"}).status_code == 429


def test_a_form_without_its_token_does_nothing(entered: Visitor, store: Store) -> None:
    assert entered.client.post("/deconnexion").status_code == 400
    assert session_rows(store)[0].ended_at is None


def test_a_form_token_of_before_the_sign_in_is_void_after_it(visitor: Visitor, person_id: str) -> None:
    before = visitor.form_token()
    visitor.enter(EMAIL)
    assert visitor.client.post("/deconnexion", data={"csrf_token": before}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "https://localhost:8000"},
        {"Origin": "http://localhost:8000.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_cannot_write(entered: Visitor, headers: dict[str, str], store: Store) -> None:
    sent = entered.post("/deconnexion", headers=headers)
    assert sent.status_code == 403
    assert session_rows(store)[0].ended_at is None


def test_another_host_name_is_not_answered(visitor: Visitor) -> None:
    assert visitor.get("/connexion", base_url="http://evil.example").status_code == 400
