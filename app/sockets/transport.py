"""The WebSocket under engine.io, bounded: simple-websocket, with limits that engine.io doesn't hand down."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask_socketio import SocketIO
from gevent.lock import BoundedSemaphore

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class WholeSends:
    """A socket whose `send` sends all of it: a gevent socket sends what fits its buffer, simple-websocket never looks.

    One frame at a time: an answer to a ping must not land in the middle of a long frame.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._frame = BoundedSemaphore(1)

    def send(self, frame: bytes) -> int:
        with self._frame:
            self._sock.sendall(frame)
        return len(frame)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def bound_websocket(sockets: SocketIO, *, silence: float) -> None:
    """Refuse a message while it grows beyond the limit, not after (trust S4), and let go of a peer that neither reads
    nor answers for `silence` seconds (S5)."""
    engine = sockets.server.eio
    engine._async = {**engine._async, "websocket": _bounded(engine._async["websocket"], silence)}


def _bounded(websocket: Any, silence: float) -> type:
    class BoundedWebSocket(websocket):  # type: ignore[misc]
        def __init__(self, handler: Callable[..., Any], server: Any) -> None:
            super().__init__(handler, server)
            self.server_args["max_message_size"] = server.max_http_buffer_size

        def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            sock = environ.get("gunicorn.socket")
            if sock is not None:
                sock.settimeout(silence)
                environ = {**environ, "gunicorn.socket": WholeSends(sock)}
            answer: Iterable[bytes] = super().__call__(environ, start_response)
            return answer

    return BoundedWebSocket
