"""The WebSocket under engine.io: what is emitted leaves at once, in frames made once for all who get them.

engine.io puts each packet of each recipient in a queue that a greenlet of its own empties, and another greenlet waits
for the next ping: a fifth of the time of a live draft and half of a connection's memory went there (measured:
docs/adr/0014). Here one greenlet reads; whoever emits writes. Its queue still carries what long polling asks for.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import gevent
import structlog
from engineio.exceptions import SocketIsClosedError, UnknownPacketError
from engineio.packet import MESSAGE, NOOP, PING, PONG, UPGRADE, Packet
from engineio.socket import Socket
from flask_socketio import SocketIO
from gevent.queue import Empty

from app.sockets.frames import ConnectionOver, FramedSocket, Goodbye, Kind, accepted, frame

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = structlog.get_logger()

MOST_QUEUED = 4_000_000
"""Bytes that wait for one reader (trust P6)."""
LOOKS_IN_A_SILENCE = 4
_PACKETS = frozenset("0123456")
"""How a packet of engine.io begins."""
as_json = json.JSONEncoder(separators=(",", ":")).encode


class Told(NamedTuple):
    """An event for a room, and the socket that needn't hear it."""

    event: str
    content: dict[str, Any]
    but: str | None = None


Hearing = Callable[[str, str, Callable[[str], None]], bool]
"""Given a connection's id, a message as it came and how to answer: whether it was dealt with at once."""


class DirectTransport:
    """Speak WebSocket ourselves: a message is refused while it grows beyond the limit, not after (trust S4), and a peer
    that neither reads nor answers for `silence` seconds is let go (S5). Versions of engine.io are pinned."""

    def __init__(self, sockets: SocketIO, *, silence: float) -> None:
        self._server: Any = sockets.server
        self._engine: Any = sockets.server.eio
        self._start: Callable[..., Any] = self._engine.start_background_task
        self.silence = silence
        self._attended: set[FramedSocket] = set()
        self.hear: Hearing = lambda connection_id, message, answer: False
        self._engine.start_background_task = self._started
        self._engine._async = {**self._engine._async, "websocket": self._websocket}

    def tell(self, room: str, told: Sequence[Told]) -> None:
        """Events to everybody in a room, in one write each."""
        members = self._server.manager.rooms.get("/", {}).get(room)
        if not members:
            return
        made = [(each.but, "2" + as_json([each.event, each.content])) for each in told]
        framed = [(but, frame(b"4" + text.encode(), Kind.TEXT)) for but, text in made]
        whole, excepted = b"".join(each for _, each in framed), {but for but, _ in framed}
        for sid, connection_id in list(members.items()):
            connection = self._engine.sockets.get(connection_id)
            websocket: DirectWebSocket | None = getattr(connection, "websocket", None)
            if websocket is not None:
                websocket.write(whole if sid not in excepted else b"".join(f for but, f in framed if but != sid))
                continue
            for text in [text for but, text in made if but != sid]:
                self._server._send_eio_packet(connection_id, Packet(MESSAGE, text))

    @contextmanager
    def attending(self, frames: FramedSocket) -> Iterator[None]:
        """Let go of it when nothing is heard for too long; one timer looks after all of them."""
        if not self._attended:
            gevent.spawn_later(self.silence / LOOKS_IN_A_SILENCE, self._look_round)
        self._attended.add(frames)
        try:
            yield
        finally:
            self._attended.discard(frames)

    def _look_round(self) -> None:
        limit = time.monotonic() - self.silence
        for frames in [each for each in self._attended if each.heard_at < limit]:
            self._attended.discard(frames)
            frames.abort()
        if self._attended:
            gevent.spawn_later(self.silence / LOOKS_IN_A_SILENCE, self._look_round)

    def _websocket(self, handler: Callable[[Any], Any], server: Any) -> "DirectWebSocket":
        return DirectWebSocket(handler.__self__, self)  # type: ignore[attr-defined]

    def _started(self, target: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """What engine.io runs beside: a ping to come is a timer, not a greenlet that sleeps."""
        if getattr(target, "__func__", None) is Socket._send_ping:
            return gevent.spawn_later(self._engine.ping_interval, _ping, target.__self__)  # type: ignore[attr-defined]
        return self._start(target, *given, **named)


class DirectWebSocket:
    """One WebSocket of one connection of engine.io: a WSGI application that lasts as long as the connection."""

    def __init__(self, connection: Any, transport: DirectTransport) -> None:
        self._connection = connection
        self._transport = transport

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        key, sock = environ.get("HTTP_SEC_WEBSOCKET_KEY", ""), environ.get("gunicorn.socket")
        if sock is None or not key or environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
            start_response("400 BAD REQUEST", [("Content-Type", "text/plain"), ("Sec-WebSocket-Version", "13")])
            return [b"no WebSocket"]
        sock.settimeout(self._transport.silence)
        lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
        sock.sendall("\r\n".join([*lines, f"Sec-WebSocket-Accept: {accepted(key)}", "", ""]).encode())
        largest = self._connection.server.max_http_buffer_size
        self._frames = FramedSocket(sock, largest_message=largest, most_queued=MOST_QUEUED)
        try:
            with self._transport.attending(self._frames):
                if self._took_over():
                    self._serve()
        finally:
            self._frames.abort()
        raise StopIteration  # how gunicorn is told that the connection was taken over

    def write(self, frames: bytes) -> None:
        """Whole frames, now. A connection that is over takes none: the greenlet that reads learns it, and ends it."""
        if not frames or self._connection.closed:
            return
        try:
            self._frames.send_frame(frames)
        except ConnectionOver:
            return

    def answer(self, text: str) -> None:
        """A message of engine.io."""
        self.write(frame(text.encode(), Kind.TEXT))

    # ------------------------------------------------------------------ in place of engine.io's own handler

    def _took_over(self) -> bool:
        """Whether the connection is now this WebSocket; one that long polls asks first whether it gets through."""
        connection = self._connection
        if connection.connected:
            connection.upgrading = True  # what is sent meanwhile waits in the queue
            try:
                if not self._probed():
                    return False
            finally:
                connection.upgrading = False
        connection.connected = connection.upgraded = True
        connection.websocket, connection.send, self._close_engine = self, self._send, connection.close
        connection.close = self._close
        with suppress(Empty):
            while (waiting := connection.queue.get_nowait()) is not None:
                connection.queue.task_done()
                self._send(waiting)
        return True

    def _probed(self) -> bool:
        probe = _packet(self._frames.read_message())
        if probe.packet_type != PING or probe.data != "probe":
            return False
        self._frames.send_frame(_framed(Packet(PONG, "probe")))
        self._connection.queue.put(Packet(NOOP))  # ends the poll that waits
        return bool(_packet(self._frames.read_message()).packet_type == UPGRADE)

    def _serve(self) -> None:
        """Read until it is over."""
        connection, hear = self._connection, self._transport.hear
        try:
            while (message := self._frames.read_message()) is not None:
                if not isinstance(message, str) or message[:1] not in _PACKETS:
                    self._frames.close(Goodbye.NOT_HERE)  # nothing is sent here in binary
                elif not hear(connection.sid, message, self.answer):
                    with suppress(UnknownPacketError):
                        connection.receive(_packet(message))
        except SocketIsClosedError:
            pass
        except Exception as error:
            log.error("socket.broken", exc_info=error)
        self._close_engine(wait=False, abort=True, reason=connection.server.reason.TRANSPORT_CLOSE)

    def _send(self, packet: Packet) -> None:
        """The frame is kept on the packet: everybody in a room gets the same."""
        made: bytes | None = packet.__dict__.get("navette_frame")
        if made is None:
            made = packet.navette_frame = _framed(packet)
        self.write(made)

    def _close(self, **how: Any) -> None:
        """As engine.io calls it; nobody empties the queue here, so nobody waits for it."""
        self._close_engine(**(how | {"wait": False}))
        self._frames.close()


def _packet(message: str | bytes | None) -> Packet:
    return Packet(encoded_packet=message)


def _framed(packet: Packet) -> bytes:
    encoded = packet.encode()
    return frame(encoded.encode(), Kind.TEXT) if isinstance(encoded, str) else frame(encoded, Kind.BINARY)


def _ping(connection: Any) -> None:
    """As engine.io does it, after the same time."""
    if not connection.closing and not connection.closed:
        connection.last_ping = time.time()
        connection.send(Packet(PING))
