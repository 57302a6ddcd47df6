"""The real server: gunicorn, gevent, WebSocket and long polling, as `navette serve` starts them."""

import os
import re
import signal
import socket as network
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
import socketio

from app.config import Settings
from negotiation.services.signing_in import make_signin_link
from negotiation.store import Announcing, connect_store, migrate
from negotiation.store.people import Person

START = "from app.config import Settings; from app.serving import run; run(Settings())"
TRANSPORTS = ("websocket", "polling")
EMAIL = "og.dg@exemple.example"


@dataclass
class Server:
    """A running server and one browser signed in to it."""

    address: str
    process: "subprocess.Popen[bytes]"
    browser: requests.Session = field(default_factory=requests.Session)

    def post(self, path: str, form: str | None = None) -> requests.Response:
        page = self.browser.get(self.address + (form or path)).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token is not None
        return self.browser.post(self.address + path, data={"csrf_token": token[1]}, headers={"Origin": self.address})

    def connect(self, transport: str, origin: str | None = None) -> socketio.Client:
        """A socket as a page opens it. engine.io's own client names an origin on WebSocket only."""
        page = self.browser.get(f"{self.address}/connexion/confirmer").text
        token = re.search(r'name="socket-token" content="([^"]+)"', page)
        web = requests.Session()
        web.cookies.update(self.browser.cookies)
        web.headers["Origin"] = origin or self.address
        client = socketio.Client(
            reconnection=False,
            http_session=web if transport == "polling" else self._without_origin(),
            websocket_extra_options={"origin": origin or self.address},
        )
        client.connect(self.address, transports=[transport], auth={"token": token[1] if token else ""})
        return client

    def _without_origin(self) -> requests.Session:
        web = requests.Session()
        web.cookies.update(self.browser.cookies)
        return web


def free_port() -> int:
    with network.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], object], *, seconds: float = 20.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it never happened"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("served")
    settings = Settings(data_dir=folder, port=free_port())
    settings.signing_key()
    migrate(settings.database_url)
    store = connect_store(settings.database_url)
    with store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.add(Person(email=EMAIL))
        uow.session.flush()
        token = make_signin_link(uow, EMAIL)
    store.engine.dispose()
    environment = os.environ | settings.as_environment()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", START], env=environment, stderr=log, cwd=Path.cwd())
    running = Server(settings.base_url, process)
    try:
        wait_until(lambda: answers(running))
        assert running.post(f"/connexion/lien/{token}").ok
        yield running
    finally:
        process.kill()
        process.wait()


def answers(server: Server) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(f"{server.address}/connexion", timeout=5).ok
    return False


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_both_transports_carry_events_and_their_answers(server: Server, transport: str) -> None:
    client = server.connect(transport)
    assert client.transport() == transport
    assert client.call("watch_table", {"negotiation": "x"})["error"]["code"] == "not_found"
    assert client.call("nothing", {})["error"]["code"] == "unknown_event"
    client.disconnect()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_long_message_arrives_whole(server: Server, transport: str) -> None:
    client = server.connect(transport)
    assert client.call("watch_table", {"negotiation": "x" * 380_000})["error"]["code"] == "invalid_input"
    client.disconnect()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_message_too_long_ends_the_connection_that_sent_it(server: Server, transport: str) -> None:
    client, other = server.connect(transport), server.connect(transport)
    client.emit("watch_table", {"negotiation": "x" * 3_000_000})
    wait_until(lambda: not client.connected)
    assert other.call("watch_table", {"negotiation": "x"})["error"]["code"] == "not_found"
    other.disconnect()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_another_origin_is_kept_out(server: Server, transport: str) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        server.connect(transport, origin="https://evil.example")


def test_signing_out_ends_sockets_of_both_transports_within_two_seconds(server: Server) -> None:
    clients = [server.connect(transport) for transport in TRANSPORTS]
    told: list[object] = []
    for client in clients:
        client.on("session_ended", told.append)
    assert server.post("/deconnexion", form="/connexion/confirmer").ok
    wait_until(lambda: len(told) == 2 and not any(client.connected for client in clients), seconds=2)


def test_the_server_stops_when_told_and_lets_pages_come_back(server: Server) -> None:
    server.browser.close()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=15) == 0
