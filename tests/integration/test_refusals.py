"""A refusal is a page in French, a notice, or a step to take; what was typed comes back."""

import json

import pytest
from flask import Flask
from flask.typing import ResponseReturnValue

from app.errors import TABLE
from negotiation.errors import NotAllowed, NotFound, RecentSigninRequired, Refusal, SessionEnded, StaleClause
from tests.builders import Table, a_table
from tests.visitors import PASSWORD, Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

TYPED = "Nous préférons une autre formulation, plus simple."


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=2)


@pytest.fixture
def og(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.og.dg.email)


def refuse_with(app: Flask, monkeypatch: pytest.MonkeyPatch, refusal: Refusal) -> None:
    """Let the sign-out refuse instead."""

    def refused() -> ResponseReturnValue:
        raise refusal

    monkeypatch.setitem(app.view_functions, "home.show_home", refused)
    monkeypatch.setitem(app.view_functions, "signin.leave", refused)


@pytest.mark.parametrize("refusal", [NotFound(), NotAllowed(), StaleClause(), SessionEnded()])
def test_a_refused_form_gives_back_what_was_typed(
    app: Flask, og: Visitor, refusal: Refusal, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_with(app, monkeypatch, refusal)
    sent = og.post("/deconnexion", {"text": TYPED})
    assert sent.status_code == TABLE[refusal.code].status
    if refusal.code in ("stale_clause", "session_ended"):
        assert TYPED in sent.text


def test_htmx_gets_a_notice_and_not_a_page(app: Flask, og: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_with(app, monkeypatch, NotAllowed())
    answer = og.get("/", headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert "<html" not in answer.text
    assert "ne permet pas ce geste" in answer.text


def test_a_fragment_asked_after_the_session_leads_nobody_away_from_what_they_type(visitor: Visitor) -> None:
    answer = visitor.get("/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert "Location" not in answer.headers and "HX-Redirect" not in answer.headers


def test_an_act_that_asks_for_the_password_goes_on_after_it_with_every_field(
    app: Flask, og: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    og.choose_password()
    refuse_with(app, monkeypatch, RecentSigninRequired())
    asked = og.post("/deconnexion", {"text": TYPED, "clause": ["a", "b"]})
    assert asked.status_code == 403
    assert "Confirmer que c’est vous" in asked.text
    kept = f'[["clause", "a"], ["clause", "b"], ["text", {json.dumps(TYPED)}]]'
    wrong = og.post("/connexion/confirmer", {"password": "non", "next": "/deconnexion", "kept": kept, "back": "/"})
    assert wrong.status_code == 422
    assert 'name="kept"' in wrong.text
    right = og.post("/connexion/confirmer", {"password": PASSWORD, "next": "/deconnexion", "kept": kept, "back": "/"})
    assert right.status_code == 200
    assert 'action="/deconnexion"' in right.text
    assert 'name="clause" value="b"' in right.text
    assert TYPED in right.text
    assert PASSWORD not in right.text


def test_a_page_that_asks_for_the_password_comes_back_after_it(
    app: Flask, og: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    og.choose_password()
    refuse_with(app, monkeypatch, RecentSigninRequired())
    assert og.get("/?vue=1").location == "/connexion/confirmer?next=/?vue%3D1"
    sent = og.post("/connexion/confirmer", {"password": PASSWORD, "next": "/?vue=1"})
    assert sent.location == "/?vue=1"


@pytest.mark.parametrize("kept", ["{", "7", '["a"]', "[[1, 2, 3]]"])
def test_a_spoilt_act_is_refused_in_words(og: Visitor, kept: str) -> None:
    og.choose_password()
    sent = og.post("/connexion/confirmer", {"password": PASSWORD, "next": "/", "kept": kept})
    assert sent.status_code == 422


def test_a_form_too_heavy_is_refused_before_it_is_read(visitor: Visitor) -> None:
    sent = visitor.client.post("/connexion", data={"email": "x" * 2_100_000})
    assert sent.status_code == 413
    assert "taille" in sent.text


def test_an_address_read_the_wrong_way_says_so(visitor: Visitor) -> None:
    assert visitor.client.get("/deconnexion").status_code == 405


def test_what_is_denied_leaves_a_line_with_who_asked_and_what_is_granted_does_not(
    app: Flask, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, object]] = []

    class Log:
        def info(self, event: str, **facts: object) -> None:
            told.append(facts)

    monkeypatch.setattr("app.observability.structlog.get_logger", Log)
    reader = Visitor(app).enter(table.ars.lect.email)
    told.clear()
    reader.get(f"/negociations/{table.id}")
    reader.post(f"/negociations/{table.id}/phase", {"phase": "diagnostic", "seen": "cadrage"})
    lines = [(line["rule"], line["status"], line.get("person")) for line in told]
    assert ("/negociations/<negotiation_id>", 200, None) in lines
    assert ("/negociations/<negotiation_id>/phase", 403, table.ars.lect.person_id) in lines

    told.clear()
    reader.get("/morceaux?de=/negociations/inconnue/fragment/tableau")
    assert [(line["rule"], line["status"], line.get("person")) for line in told] == [
        ("/negociations/<negotiation_id>/fragment/tableau", 404, table.ars.lect.person_id),
        ("/morceaux", 200, None),
    ]
    assert len({line["request_id"] for line in told}) == 1
