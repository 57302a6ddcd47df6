"""WSGI: what may speak to Socket.IO at all, checked before it reads anything (trust S1, S7, T18)."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from flask import Flask
from flask_socketio import SocketIO

from app.config import Settings
from app.security import origin_is_ours

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = "/socket.io/"
MOST_UNKNOWN = 200
"""Connections that have not said who they are; the watch closes them after some seconds."""


class SocketGate:
    """In front of Socket.IO and of the pages behind it; lets everything else through."""

    def __init__(self, app: Flask, sockets: SocketIO, settings: Settings) -> None:
        self.application = app.wsgi_app
        self.sockets = sockets
        self.live = app.extensions["live_sockets"]
        self.settings = settings

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(PATH):
            refusal = self._refusal(environ)
            if refusal:
                start_response(refusal, [("Content-Type", "application/json"), ("Retry-After", "5")])
                return [json.dumps({"message": refusal}).encode()]
        return self.application(environ, start_response)

    def _refusal(self, environ: "WSGIEnvironment") -> str:
        asked = parse_qs(environ.get("QUERY_STRING", ""))
        upgrades = environ.get("HTTP_UPGRADE", "").lower() == "websocket"
        writes = environ["REQUEST_METHOD"] != "GET"
        if not origin_is_ours(environ, self.settings) or ((upgrades or writes) and "HTTP_ORIGIN" not in environ):
            return "403 FORBIDDEN"
        if "j" in asked:  # a script of another site could read the answer
            return "403 FORBIDDEN"
        if "sid" not in asked and self._unknown() >= MOST_UNKNOWN:
            return "503 SERVICE UNAVAILABLE"
        return ""

    def _unknown(self) -> int:
        """engine.io forgets who left in its own time: a crowd that was cut off would find the door shut."""
        engine: Any = self.sockets.server.eio
        return sum(not connection.closed for connection in engine.sockets.values()) - len(self.live)
