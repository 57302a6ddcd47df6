"""The WebSocket under engine.io: what is emitted leaves at once, in frames made once for all who get them.

engine.io puts each packet of each recipient in a queue that a greenlet of its own empties; a fifth of the time of a
live draft went there (measured: docs/adr/0014). Its queue still carries what isn't a message: pings, goodbyes, the
change from long polling.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from engineio.packet import MESSAGE, Packet
from flask_socketio import SocketIO

from app.sockets.frames import ConnectionOver, FramedSocket, Kind, accepted, frame

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MOST_QUEUED = 4_000_000
"""Bytes that wait for one reader (trust P6)."""


def bound_websocket(sockets: SocketIO, *, silence: float) -> None:
    """Speak WebSocket ourselves: a message is refused while it grows beyond the limit, not after (trust S4), and a peer
    that neither reads nor answers for `silence` seconds is let go (S5). Versions of engine.io are pinned."""
    engine = sockets.server.eio

    def websocket(handler: Callable[[Any], Any], server: Any) -> DirectWebSocket:
        return DirectWebSocket(handler, largest_message=server.max_http_buffer_size, silence=silence)

    engine._async = {**engine._async, "websocket": websocket}


class DirectWebSocket:
    """What engine.io asks of a WebSocket: to be called as a WSGI application, then `wait`, `send`, `close`."""

    def __init__(self, handler: Callable[[Any], Any], *, largest_message: int, silence: float) -> None:
        self._handler = handler
        self._largest_message = largest_message
        self._silence = silence

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        key, sock = environ.get("HTTP_SEC_WEBSOCKET_KEY", ""), environ.get("gunicorn.socket")
        if sock is None or not key or environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
            start_response("400 BAD REQUEST", [("Content-Type", "text/plain"), ("Sec-WebSocket-Version", "13")])
            return [b"no WebSocket"]
        sock.settimeout(self._silence)
        lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
        sock.sendall("\r\n".join([*lines, f"Sec-WebSocket-Accept: {accepted(key)}", "", ""]).encode())
        self._frames = FramedSocket(sock, largest_message=self._largest_message, most_queued=MOST_QUEUED)
        _send_directly(self._handler.__self__, self)  # type: ignore[attr-defined]
        try:
            self._handler(self)
        finally:
            self._frames.abort()
        raise StopIteration  # how gunicorn is told that the connection was taken over

    def wait(self) -> str | bytes | None:
        return self._frames.read_message()

    def send(self, message: str | bytes) -> None:
        content, kind = (message.encode(), Kind.TEXT) if isinstance(message, str) else (message, Kind.BINARY)
        self._frames.send_frame(frame(content, kind))

    def send_packet(self, packet: Packet) -> None:
        """The frame is kept on the packet: everybody in a room gets the same."""
        made: bytes | None = packet.__dict__.get("navette_frame")
        if made is None:
            encoded = packet.encode()
            made = frame(encoded.encode(), Kind.TEXT) if isinstance(encoded, str) else frame(encoded, Kind.BINARY)
            packet.navette_frame = made
        self._frames.send_frame(made)

    def close(self) -> None:
        self._frames.close()


def _send_directly(connection: Any, websocket: DirectWebSocket) -> None:
    """Let this connection of engine.io write its messages itself once it is a WebSocket and nothing waits before."""
    queue_up = connection.send

    def send(packet: Packet) -> None:
        is_direct = packet.packet_type == MESSAGE and connection.upgraded and not connection.upgrading
        if not is_direct or not connection.queue.empty():
            queue_up(packet)
        elif connection.check_ping_timeout():
            with suppress(ConnectionOver):  # the greenlet that reads learns it, and ends the connection
                websocket.send_packet(packet)

    connection.send = send
