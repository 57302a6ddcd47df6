"""Socket.IO: who may open a socket, which events there are, what ends it.

Whatever WebSocket engine.io finds installed, ours takes its place: with `gevent-websocket` one 100 MB frame froze
everybody for 39 s.
"""

from typing import Any

from engineio.payload import Payload
from flask import Flask, request
from flask_socketio import ConnectionRefusedError, SocketIO
from gevent import monkey

from app.config import Settings
from app.errors import acknowledgement_of
from app.offloading import off_the_loop
from app.security import origin_is_ours
from app.signin.session import person_or_none, session_of_socket_token
from app.sockets import draft_events, plain_json, presence
from app.sockets import page_events as page_events  # registers its events
from app.sockets import reference_events as reference_events  # the same
from app.sockets.gate import SocketGate
from app.sockets.hot_events import HotEvents
from app.sockets.live import LiveSockets, live_sockets
from app.sockets.malformed import end_what_is_malformed
from app.sockets.pace import Paces
from app.sockets.registry import receive
from app.sockets.transport import DirectTransport

LARGEST_MESSAGE = 400_000
"""Bytes: an update of 256 kB in base64, and its envelope."""
PACKETS_A_PAYLOAD = 256
"""Long polling sends what gathered while its last request was on the way; engine.io would refuse more than 16."""
PING_SECONDS = 15
SILENCE_SECONDS = 15
GATHER_SECONDS = 0.006
"""How long what is typed waits for what others type, to share one transaction (measured: docs/adr/0014)."""


def install(app: Flask, settings: Settings) -> None:
    """Put the sockets in front of the pages."""
    Payload.max_decode_packets = PACKETS_A_PAYLOAD
    sockets = SocketIO(
        app,
        async_mode="gevent",
        json=plain_json,
        async_handlers=False,  # each socket's events in turn: no greenlet for each, and back-pressure to the sender
        manage_session=False,
        cors_allowed_origins=sorted(settings.origins),
        cors_credentials=False,
        max_http_buffer_size=LARGEST_MESSAGE,
        ping_interval=PING_SECONDS,
        ping_timeout=SILENCE_SECONDS,
    )
    transport = DirectTransport(sockets, silence=PING_SECONDS + SILENCE_SECONDS)
    end_what_is_malformed(sockets)
    app.extensions["live_sockets"] = LiveSockets()
    app.extensions["socket_paces"] = Paces(sockets.sleep)
    turns = monkey.is_module_patched("threading")
    if turns:  # an event loop, which must not wait for the disk; of a connection that nobody else holds
        app.extensions["store"].apart = off_the_loop
    draft_events.install(app, gather_seconds=GATHER_SECONDS if turns else 0.0)
    app.wsgi_app = SocketGate(app, sockets, settings)  # type: ignore[method-assign]
    sockets.on_event("connect", lambda auth=None: _connect(auth, settings))
    sockets.on_event("disconnect", _disconnect)
    sockets.on_event("*", lambda event, *sent: receive(str(event), sent, request.sid))  # type: ignore[attr-defined]
    hot = HotEvents(app, transport, gather_seconds=GATHER_SECONDS if turns else 0.0)
    hot.install()
    app.extensions["live_drafts"].rooms.tell = hot.tell


def _connect(auth: Any, settings: Settings) -> None:
    """A session cookie, the page's own token for that session, and our origin; else the page is told why not."""
    person = person_or_none()
    token = auth.get("token") if isinstance(auth, dict) else None
    if not origin_is_ours(request.environ, settings):
        raise _refused("foreign_origin")
    if person is None:
        raise _refused("session_ended")
    if session_of_socket_token(token) != person.session_id:
        raise _refused("not_allowed")
    live_sockets().add(request.sid, person.session_id)  # type: ignore[attr-defined]


def _disconnect(*reason: object) -> None:
    presence.forget_socket(request.sid)  # type: ignore[attr-defined]
    live_sockets().remove(request.sid)  # type: ignore[attr-defined]


def _refused(code: str) -> ConnectionRefusedError:
    return ConnectionRefusedError(code, acknowledgement_of(code)["error"])
