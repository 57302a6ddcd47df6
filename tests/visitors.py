"""People in front of the web: they enter by the real door, click with the form's token, and open sockets.

og = Visitor(app).enter(table.og.dg.email)
page = og.get(f"/negociations/{table.id}")
og.post("/deconnexion")
with_socket = og.open_socket()
"""

import re
from typing import Any

from flask import Flask
from flask_socketio import SocketIOTestClient
from werkzeug.test import TestResponse

from negotiation.services.signing_in import make_signin_link
from negotiation.store import Announcing, Store

PASSWORD = "une phrase assez longue"


class Visitor:
    """One browser. Everything goes through the application, headers and cookies included."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()
        self._token = ("", "")

    @property
    def store(self) -> Store:
        store: Store = self.app.extensions["store"]
        return store

    def link_for(self, email: str) -> str:
        with self.store.unit_of_work(Announcing.SILENT) as uow:
            return f"/connexion/lien/{make_signin_link(uow, email)}"

    def enter(self, email: str) -> "Visitor":
        """Sign in by a single-use link."""
        assert self.post(self.link_for(email)).status_code == 302
        return self

    def choose_password(self, password: str = PASSWORD) -> "Visitor":
        """Set the account's first password, as its first confirmation does."""
        sent = self.post("/connexion/confirmer", {"password": password, "again": password})
        assert sent.status_code == 302
        return self

    def get(self, path: str, **rest: Any) -> TestResponse:
        return self.client.get(path, **rest)

    def post(self, path: str, fields: dict[str, Any] | None = None, **rest: Any) -> TestResponse:
        """Send a form with the token that our own pages carry."""
        return self.client.post(path, data={"csrf_token": self.form_token()} | (fields or {}), **rest)

    def form_token(self) -> str:
        """As a page of ours carries it; good for as long as the browser keeps the cookie that came with it."""
        if not self._token[0] or self._token[0] != self._form_cookie():
            page = self.client.get("/connexion/confirmer", follow_redirects=True).text
            found = re.search(r'name="csrf_token" value="([^"]+)"', page)
            assert found, page
            self._token = (self._form_cookie(), found[1])
        return self._token[1]

    def _form_cookie(self) -> str:
        cookie = self.client.get_cookie(self.app.config["SESSION_COOKIE_NAME"])
        return cookie.value if cookie else ""

    def socket_token(self) -> str:
        page = self.client.get("/connexion/confirmer").text
        found = re.search(r'name="socket-token" content="([^"]+)"', page)
        return found[1] if found else ""

    def open_socket(self, **rest: Any) -> SocketIOTestClient:
        """A socket as a page opens it; `auth` and `headers` may say otherwise."""
        given = {"auth": {"token": self.socket_token()}, "headers": {"Origin": "http://localhost:8000"}} | rest
        sockets = self.app.extensions["socketio"]
        return sockets.test_client(self.app, flask_test_client=self.client, **given)


def asks(socket: SocketIOTestClient, event: str, *sent: Any) -> dict[str, Any]:
    """The acknowledgement of one event."""
    answer: dict[str, Any] = socket.emit(event, *sent, callback=True)
    return answer


def told(socket: SocketIOTestClient, event: str) -> list[dict[str, Any]]:
    """What the server said under this name since the last time."""
    received = socket.get_received() if socket.is_connected() else socket.queue
    return [packet["args"][0] for packet in received if packet["name"] == event]
