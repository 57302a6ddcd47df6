"""The server is told to stop while pages are open: it doesn't wait for those that come back at once, as browsers do."""

import shutil
import threading
import time
from pathlib import Path

from app.serving import GRACE_SECONDS
from bench.drafting_wire import Link
from tests.e2e.serving import RunningServer
from tests.faults.test_killed_server import SECRET, RestartedServer

PAGES = 6
WAY = "/socket.io/?EIO=4&transport=websocket"


def stay_connected(server: RunningServer) -> None:
    """A page that connects again half a second after each end, until nobody listens."""
    origin = {"Origin": server.address}
    try:
        while True:
            link = Link(server.port, WAY, origin)
            try:
                while True:
                    link.wait()
            except ConnectionError:
                time.sleep(0.5)
    except ConnectionError:
        return


def test_a_server_that_stops_waits_for_no_page_that_comes_back(tmp_path: Path, migrated_sqlite: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "navette.sqlite")
    server = RestartedServer(tmp_path, SECRET_KEY=SECRET, DEMONSTRATIONS="false").start()
    pages = [threading.Thread(target=stay_connected, args=[server], daemon=True) for _ in range(PAGES)]
    for page in pages:
        page.start()
    time.sleep(1)
    told = time.monotonic()
    server.stop()
    assert time.monotonic() - told < GRACE_SECONDS
    for page in pages:
        page.join(timeout=5)
        assert not page.is_alive()
