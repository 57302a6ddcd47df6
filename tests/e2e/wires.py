"""What stands between a browser and the server, and doesn't let everything through."""

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from playwright.sync_api import WebSocketRoute

from tests.e2e.people import Somebody

Change = Callable[[str], str | None]
"""What becomes of a frame; None: it is lost."""


class Wire:
    """The WebSocket of one browser. Frames pass unchanged, but for what `sent` and `heard` make of them."""

    def __init__(self, somebody: Somebody) -> None:
        self.sent: Change = str
        self.heard: Change = str
        somebody.page.route_web_socket(re.compile("/socket.io/"), self._join)
        # Else the page goes round by long polling once the wire was cut.
        somebody.page.route(re.compile("/socket.io/.*transport=polling"), lambda route: route.abort())

    def once(self, way: str, event: str, change: Change) -> None:
        """The next frame with these words on this way, of those that `change` makes another of."""

        def changed(frame: str) -> str | None:
            made = change(frame) if event in frame else frame
            if made != frame:
                setattr(self, way, str)
            return made

        setattr(self, way, changed)

    def _join(self, page: WebSocketRoute) -> None:
        server = page.connect_to_server()
        page.on_message(lambda frame: _pass(server, self.sent(str(frame))))
        server.on_message(lambda frame: _pass(page, self.heard(str(frame))))


def _pass(end: WebSocketRoute, frame: str | None) -> None:
    if frame is not None:
        end.send(frame)


class RefusingProxy:
    """As some administrations have one: pages pass, and every WebSocket is refused."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._door = socket.create_server(("127.0.0.1", 0))
        # Chromium goes to its own machine without a proxy, unless told not to.
        self.settings = {"server": f"http://127.0.0.1:{self._door.getsockname()[1]}", "bypass": "<-loopback>"}
        self.refused = 0
        threading.Thread(target=self._welcome, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _welcome(self) -> None:
        with suppress(OSError):
            while True:
                browser, _ = self._door.accept()
                threading.Thread(target=self._serve, args=(browser,), daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        """For a WebSocket a browser asks its proxy for a way through, on a connection of its own."""
        with browser, suppress(OSError):
            head = browser.recv(65_536)
            if head.startswith(b"CONNECT "):
                self.refused += 1
                browser.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with socket.create_connection(self._server) as server:
                server.sendall(head)
                back = threading.Thread(target=_pour, args=(server, browser), daemon=True)
                back.start()
                _pour(browser, server)
                back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65_536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
