"""A page's socket: who may open it, what it is told, and what ends it."""

import re
from collections.abc import Iterator

import pytest
from engineio.payload import Payload
from flask import Flask
from flask_socketio import SocketIOTestClient

from app.background import do_round
from app.sockets import PACKETS_A_PAYLOAD, registry
from app.sockets.registry import Caller, Message
from negotiation.events import Event, Kind
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Action, Circle
from negotiation.services.signing_in import sign_out
from negotiation.store import Announcing
from tests.builders import Table, a_table
from tests.visitors import Visitor, asks, told

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

UNKNOWN = "99999999-9999-4999-8999-999999999999"
HERE = {"Origin": "http://localhost:8000"}
EVIL = "https://evil.example"


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=3)


@pytest.fixture
def og(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.og.dg.email)


@pytest.fixture
def ars(app: Flask, table: Table) -> Visitor:
    return Visitor(app).enter(table.ars.dg.email)


def watching(visitor: Visitor, table: Table) -> SocketIOTestClient:
    socket = visitor.open_socket()
    assert asks(socket, "watch_table", {"negotiation": table.id}) == {"ok": True}
    return socket


def something_happens(table: Table, circle: Circle = SHARED, announcing: Announcing = Announcing.AFTER_COMMIT) -> None:
    facts = {"text": "un mot gardé"}
    with table.store.unit_of_work(announcing) as uow:
        uow.record(Event(Kind.COMMENT_WRITTEN, table.id, circle, "og.dg", facts, clause_id=table.clause_id("en01")))


# ---------------------------------------------------------------------- who may open one


def test_what_gathers_between_two_polls_comes_in_one_payload_of_any_honest_size(app: Flask) -> None:
    def gathered(count: int) -> Payload:
        return Payload(encoded_payload="\x1e".join(f"4{number}" for number in range(count)))

    assert len(gathered(PACKETS_A_PAYLOAD).packets) == PACKETS_A_PAYLOAD > 16, "engine.io would take no more than 16"
    with pytest.raises(ValueError, match="Too many packets"):
        gathered(PACKETS_A_PAYLOAD + 1)


def test_a_page_of_ours_opens_a_socket(og: Visitor) -> None:
    assert og.open_socket().is_connected()


def test_no_cookie_no_socket(app: Flask, og: Visitor) -> None:
    assert not Visitor(app).open_socket(auth={"token": og.socket_token()}).is_connected()


@pytest.mark.parametrize("auth", [None, {}, {"token": ""}, {"token": 7}, {"token": "forged.token"}, "token", ["token"]])
def test_a_cookie_alone_opens_no_socket(og: Visitor, auth: object) -> None:
    assert not og.open_socket(auth=auth).is_connected()


def test_the_token_of_another_session_opens_no_socket(og: Visitor, ars: Visitor) -> None:
    assert not og.open_socket(auth={"token": ars.socket_token()}).is_connected()


@pytest.mark.parametrize(
    "origin", [EVIL, "null", "http://localhost:9999", "https://localhost:8000", "http://localhost:8000.evil.example"]
)
def test_another_origin_opens_no_socket(og: Visitor, origin: str) -> None:
    assert not og.open_socket(headers={"Origin": origin}).is_connected()


def test_forged_forwarding_headers_dont_make_an_origin_ours(og: Visitor) -> None:
    forged = {"Origin": EVIL, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert not og.open_socket(headers=forged).is_connected()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (HERE, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 200),
        ({"Origin": EVIL}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": EVIL, "Host": "localhost:8000"}, 403),
        ({"Origin": EVIL, "Host": "evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Upgrade": "websocket", "Connection": "Upgrade"}, 403),
    ],
)
def test_the_gate_reads_where_a_connection_comes_from(visitor: Visitor, headers: dict[str, str], status: int) -> None:
    """A WebSocket always names its origin; a page's polling at least says that it is near."""
    assert visitor.get("/socket.io/?EIO=4&transport=polling", headers=headers).status_code == status


def test_the_gate_writes_no_script(visitor: Visitor) -> None:
    assert visitor.get("/socket.io/?EIO=4&transport=polling&j=0", headers=HERE).status_code == 403


def test_polling_that_writes_names_its_origin(visitor: Visitor) -> None:
    assert visitor.client.post("/socket.io/?EIO=4&transport=polling&sid=x", data="40").status_code == 403


def test_strangers_at_the_gate_are_counted(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.sockets.gate.MOST_UNKNOWN", 2)
    statuses = [visitor.get("/socket.io/?EIO=4&transport=polling").status_code for _ in range(3)]
    assert statuses == [200, 200, 503]


def test_who_never_says_who_he_is_is_sent_away(app: Flask, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor.get("/socket.io/?EIO=4&transport=polling")
    connections = app.extensions["socketio"].server.eio.sockets
    do_round(app)
    assert [each.closed for each in connections.values()] == [False]
    monkeypatch.setattr("app.sockets.watch.SECONDS_TO_SAY_WHO", 0.0)
    do_round(app)
    assert all(each.closed for each in connections.values())


# ---------------------------------------------------------------------- what it is told


def test_everybody_at_the_table_learns_that_something_changed_and_nothing_more(
    og: Visitor, ars: Visitor, table: Table
) -> None:
    sockets = [watching(visitor, table) for visitor in (og, ars)]
    something_happens(table)
    change = {"type": "comment.written", "negotiation": table.id, "part": None, "seance": None}
    change |= {"clause": table.clause_id("en01")}
    assert [told(socket, "page_changed") for socket in sockets] == [[change], [change]]


def test_the_other_side_hears_nothing_of_an_inside(og: Visitor, ars: Visitor, table: Table) -> None:
    sockets = [watching(visitor, table) for visitor in (og, ars)]
    something_happens(table, table.ars.inside)
    something_happens(table, AUTHORITIES)
    assert [len(told(socket, "page_changed")) for socket in sockets] == [0, 2]


def test_who_doesnt_watch_hears_nothing(og: Visitor, table: Table) -> None:
    socket = og.open_socket()
    something_happens(table)
    assert told(socket, "page_changed") == []


def test_a_page_learns_what_happened_while_it_was_connecting(og: Visitor, table: Table) -> None:
    page = og.get(f"/negociations/{table.id}").text
    reached = re.search(r'name="reached" content="([^"]+)"', page)[1]  # type: ignore[index]
    watched = {"negotiation": table.id, "reached": reached}
    something_happens(table, table.ars.inside)
    assert asks(og.open_socket(), "watch_table", watched) == {"ok": True}, "another's inside shows in nothing"
    something_happens(table)
    assert asks(og.open_socket(), "watch_table", watched) == {"ok": True, "missed": True}


def test_another_table_answers_exactly_like_one_that_doesnt_exist(og: Visitor, table: Table, app: Flask) -> None:
    elsewhere = a_table(app.extensions["store"], parties=2)
    socket = og.open_socket()
    answers = [asks(socket, "watch_table", {"negotiation": asked}) for asked in (elsewhere.id, UNKNOWN, "", "x" * 36)]
    assert answers[0]["error"]["code"] == "not_found"
    assert all(answer == answers[0] for answer in answers)
    something_happens(elsewhere)
    assert told(socket, "page_changed") == []


@pytest.mark.parametrize("sent", [(), ("texte",), (None,), ([],), ({},), ({"negotiation": 7},), ({}, {})])
def test_wrong_input_is_answered_in_french(og: Visitor, sent: tuple[object, ...]) -> None:
    answer = asks(og.open_socket(), "watch_table", *sent)
    assert answer["error"]["code"] == "invalid_input"
    assert answer["error"]["message"].startswith("Il manque un champ")


def test_an_unknown_event_is_answered_too(og: Visitor) -> None:
    assert asks(og.open_socket(), "join_room", {"room": "table"})["error"]["code"] == "unknown_event"


@pytest.fixture
def broken_event(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    def broken(caller: Caller, message: Message) -> None:
        raise RuntimeError("un secret")

    monkeypatch.setitem(registry.EVENTS, "broken", registry.Registered(Action.WATCH, broken))
    yield "broken"


def test_what_nobody_foresaw_is_acknowledged_without_its_details(og: Visitor, broken_event: str) -> None:
    answer = asks(og.open_socket(), broken_event, {})
    assert answer["error"]["code"] == "unexpected"
    assert "secret" not in str(answer)


# ---------------------------------------------------------------------- what ends it


def test_signing_out_ends_the_sockets_of_that_session_only(og: Visitor, ars: Visitor) -> None:
    mine, other_tab, theirs = og.open_socket(), og.open_socket(), ars.open_socket()
    og.post("/deconnexion")
    for socket in (mine, other_tab):
        assert told(socket, "session_ended") == [{}]
        assert not socket.is_connected()
    assert theirs.is_connected()


def test_a_sign_out_made_elsewhere_ends_them_at_the_next_round(app: Flask, og: Visitor) -> None:
    socket = og.open_socket()
    (session_id,) = app.extensions["live_sockets"].sessions()
    with app.extensions["store"].unit_of_work() as uow:
        sign_out(uow, session_id)
    do_round(app)
    assert told(socket, "session_ended") == [{}]
    assert not socket.is_connected()
    assert len(app.extensions["live_sockets"]) == 0


def test_an_event_after_the_end_of_its_session_is_refused(app: Flask, og: Visitor, table: Table) -> None:
    socket = og.open_socket()
    (session_id,) = app.extensions["live_sockets"].sessions()
    with app.extensions["store"].unit_of_work() as uow:
        sign_out(uow, session_id)
    assert asks(socket, "watch_table", {"negotiation": table.id})["error"]["code"] == "session_ended"
    assert not socket.is_connected()


def test_a_confirmed_password_leaves_the_other_tabs_open(og: Visitor, table: Table) -> None:
    socket, token = og.open_socket(), og.socket_token()
    og.choose_password()
    assert asks(socket, "watch_table", {"negotiation": table.id}) == {"ok": True}
    assert og.open_socket(auth={"token": token}).is_connected()
