"""Every answer carries the headers of trust 3.4: pages, refusals, files, polling."""

import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from app.assets import DIST, URL
from app.config import Settings
from tests.builders import Table, a_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

ANY_ID = "99999999-9999-4999-8999-999999999999"
SECRET = "q8Zr1tXw5kLm0vBn7cYd3fGh6jPs2aEu"
EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
}


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=3)


def addresses(app: Flask, table_id: str) -> list[tuple[str, str]]:
    """(method, path) of every route, with ids that lead nowhere except the table's."""
    found = []
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<negotiation_id>", table_id)
        path = re.sub(r"<any\(([\w'-]+)[^>]*>", lambda choice: choice[1].strip("'"), path)
        path = re.sub(r"<[^>]+>", ANY_ID, path)
        found += [(method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def check(answer: TestResponse, place: object) -> None:
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert {name: answer.headers.get(name) for name in EXPECTED} == EXPECTED, place
    assert {name: policy.get(name) for name in POLICY} == POLICY, place
    assert "unsafe" not in answer.headers["Content-Security-Policy"], place
    assert "camera=()" in answer.headers["Permissions-Policy"], place


def test_every_route_sends_them_to_members_and_strangers(app: Flask, table: Table) -> None:
    app.testing = False  # a failure is a page too
    member, stranger = Visitor(app).enter(table.og.dg.email), Visitor(app)
    places = addresses(app, table.id)
    assert ("GET", f"/negociations/{table.id}") in places
    for method, path in places:
        for visitor in (member, stranger):
            answer = visitor.client.open(path, method=method)
            check(answer, (method, path))
            assert answer.headers["Cache-Control"] == "no-store", (method, path)
            assert answer.status_code < 500, (method, path)


@pytest.mark.parametrize(
    "path", ["/nulle-part", "/socket.io/?EIO=4&transport=polling", "/socket.io/", "/static/dist/x"]
)
def test_what_no_page_answers_sends_them_too(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    check(answer, path)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_failure_sends_them_and_tells_nothing(app: Flask, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> str:
        raise RuntimeError("un secret")

    app.testing = False
    monkeypatch.setitem(app.view_functions, "signin.enter", broken)
    answer = visitor.get("/connexion")
    check(answer, "failure")
    assert answer.status_code == 500
    assert "Navette est en panne" in answer.text
    assert "secret" not in answer.text and "Traceback" not in answer.text


def test_a_file_of_the_front_end_is_cached_for_good_under_its_hashed_name(visitor: Visitor) -> None:
    built: list[Path] = sorted(DIST.glob("main-*.css"))
    assert built, "the front end isn't built: make install"
    answer = visitor.get(URL + built[0].name)
    check(answer, "file")
    assert "immutable" in answer.headers["Cache-Control"]


def test_over_https_cookies_belong_to_this_host_and_browsers_never_come_back_without_it(
    database_url: str, tmp_path: Path
) -> None:
    settings = Settings(
        data_dir=tmp_path, database_url=database_url, base_url="https://navette.example", secret_key=SECRET
    )
    app = create_app(settings)
    table = a_table(app.extensions["store"], parties=2)
    visitor = Visitor(app)
    visitor.client.environ_base.update({"HTTP_HOST": "navette.example", "wsgi.url_scheme": "https"})
    link = visitor.link_for(table.og.dg.email)
    page = visitor.client.get(link, base_url="https://navette.example")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    opened = visitor.client.post(link, data={"csrf_token": token[1]}, base_url="https://navette.example")
    cookie = next(line for line in opened.headers.getlist("Set-Cookie") if line.startswith("__Host-navette="))
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert opened.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "wss://navette.example" in opened.headers["Content-Security-Policy"]
    app.extensions["store"].engine.dispose()
