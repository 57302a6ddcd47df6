"""WebSockets under engine.io without its queues and greenlets: the same conversation, in the same order."""

from types import SimpleNamespace
from typing import Any

import gevent
import pytest
import socketio
from engineio.packet import MESSAGE, Packet
from engineio.socket import Socket
from gevent import socket

from app.sockets.frames import Goodbye, Kind, frame
from app.sockets.transport import DirectTransport, DirectWebSocket, Told
from tests.unit.test_transport import masked, read_from

PATIENCE = 20


class Visitor:
    """A connection of engine.io, and the other end of its socket."""

    def __init__(self, table: "Table", name: str) -> None:
        self.name, self.connection = name, Socket(table.server.eio, name)
        table.server.eio.sockets[name] = self.connection
        ours, self.theirs = socket.socketpair()
        self.theirs.settimeout(PATIENCE)
        asked = {"HTTP_SEC_WEBSOCKET_KEY": "x", "HTTP_SEC_WEBSOCKET_VERSION": "13", "gunicorn.socket": ours}
        websocket: Any = DirectWebSocket(self.connection, table.transport)
        self._taken_over = lambda: websocket(asked, None)

    def enter(self) -> "Visitor":
        self.serving = gevent.spawn(self._serve)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self.theirs.recv(1)
        return self

    def _serve(self) -> None:
        with pytest.raises(StopIteration):
            self._taken_over()

    def hears(self, *messages: str) -> bool:
        expected = b"".join(frame(message.encode(), Kind.TEXT) for message in messages)
        return read_from(self.theirs, len(expected)) == expected

    def says(self, message: str) -> None:
        self.theirs.sendall(masked(message.encode()))


class Table:
    """A Socket.IO server that nobody serves, with our transport."""

    def __init__(self) -> None:
        self.server = socketio.Server(async_mode="gevent", async_handlers=False)
        self.heard: list[str] = []
        self.server.eio.on("message", lambda sid, message: self.heard.append(message))
        self.transport = DirectTransport(SimpleNamespace(server=self.server), silence=PATIENCE)  # type: ignore[arg-type]

    def seat(self, name: str) -> Visitor:
        visitor = Visitor(self, name).enter()
        self.server.manager.connect(name, "/")
        sid = self.server.manager.sid_from_eio_sid(name, "/")
        self.server.manager.basic_enter_room(sid, "/", "draft")
        return visitor


@pytest.fixture
def table() -> Table:
    gevent.get_hub().loop.update_now()
    return Table()


def test_what_was_said_before_the_websocket_was_there_comes_first(table: Table) -> None:
    visitor = Visitor(table, "a")
    visitor.connection.send(Packet(MESSAGE, "first"))
    visitor.enter()
    visitor.connection.send(Packet(MESSAGE, "second"))
    assert visitor.hears("4first", "4second")


def test_who_polled_passes_over_and_misses_nothing(table: Table) -> None:
    visitor = Visitor(table, "a")
    visitor.connection.connected = True
    visitor.enter()
    visitor.says("2probe")
    assert visitor.hears("3probe")
    table.transport.tell("draft", [])
    visitor.connection.send(Packet(MESSAGE, "meanwhile"))
    assert [packet.encode() for packet in visitor.connection.poll()] == ["6", "4meanwhile"]  # the poll that waited
    visitor.connection.send(Packet(MESSAGE, "since"))
    visitor.says("5")
    assert visitor.hears("4since")


def test_who_does_not_get_through_goes_on_polling(table: Table) -> None:
    visitor = Visitor(table, "a")
    visitor.connection.connected = True
    visitor.enter()
    visitor.says("2no probe")
    visitor.serving.join(PATIENCE)
    assert not visitor.connection.closed
    visitor.connection.send(Packet(MESSAGE, "still here"))
    assert [packet.encode() for packet in visitor.connection.poll()] == ["4still here"]


def test_a_room_is_told_several_things_in_one_write_and_nobody_his_own(table: Table) -> None:
    writer, reader = table.seat("writer"), table.seat("reader")
    by = table.server.manager.sid_from_eio_sid("writer", "/")
    table.transport.tell("draft", [Told("moved", {"to": 1}), Told("caret", {"at": 2}, but=by)])
    assert writer.hears('42["moved",{"to":1}]')
    assert reader.hears('42["moved",{"to":1}]', '42["caret",{"at":2}]')


def test_what_is_heard_at_once_is_answered_and_the_rest_goes_the_common_way(table: Table) -> None:
    def hear(connection_id: str, message: str, answer: Any) -> bool:
        if message.startswith("4hot"):
            answer(f"4{connection_id}")
        return message.startswith("4hot")

    table.transport.hear = hear
    visitor = table.seat("a")
    visitor.says("4cold")
    visitor.says("4hot")
    assert visitor.hears("4a")
    assert table.heard == ["cold"]


def test_who_is_sent_away_hears_goodbye_and_whoever_sends_him_away_waits_for_nobody(table: Table) -> None:
    visitor = table.seat("a")
    table.server.eio.disconnect("a")
    goodbye = frame(b"1", Kind.TEXT) + frame(Goodbye.NORMAL.to_bytes(2), Kind.CLOSE)
    assert read_from(visitor.theirs, len(goodbye)) == goodbye
    visitor.serving.join(PATIENCE)
    assert visitor.connection.closed


def test_a_broken_line_ends_the_connection(table: Table) -> None:
    visitor = table.seat("a")
    visitor.theirs.close()
    visitor.serving.join(PATIENCE)
    assert visitor.connection.closed


def test_who_is_not_heard_for_too_long_is_let_go(table: Table) -> None:
    table.transport.silence = 1.0
    silent, talker = table.seat("silent"), table.seat("talker")
    for _ in range(10):
        talker.says("4still here")
        gevent.sleep(0.2)
    assert silent.connection.closed
    assert not talker.connection.closed
