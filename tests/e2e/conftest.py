"""Journeys through the real server with a real browser.

- `served`: the two demonstrations as a first start loads them, on a server of this module's own;
- `enter`: opens a browser in which somebody has signed in; whatever its console complained of fails the test.
"""

import shutil
from collections.abc import Callable, Generator, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.people import Somebody, a_browser
from tests.e2e.serving import RestartedServer, RunningServer

expect.set_options(timeout=8_000)
NO_GRACE = 1.0
"""Seconds for a server at the end: it would wait ten for what browsers left open."""
Enter = Callable[..., Somebody]
SECRET = "for-journeys-alone-0123456789abcdefghijklmnop"
"""Who is signed in stays so when the server of a module dies and starts again."""


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """An empty folder, as `make run` finds it on a new machine."""
    server = RunningServer(tmp_path_factory.mktemp("first-start")).start()
    yield server
    server.tell_to_stop()
    server.wait_until_stopped(patience=NO_GRACE)


@pytest.fixture(scope="session")
def stopping() -> Iterator[list[RunningServer]]:
    """Servers that were told to stop: nobody waits for their grace, the next tests go on, and the run ends."""
    told: list[RunningServer] = []
    yield told
    for server in told:
        server.wait_until_stopped(patience=NO_GRACE)
    assert [failure for server in told for failure in server.failures()] == []


@pytest.fixture(scope="module")
def served(
    first_start: RunningServer, stopping: list[RunningServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A copy of the demonstrations that only this module changes."""
    folder = tmp_path_factory.mktemp("served")
    with first_start.store.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(first_start.folder / "navette.sqlite", folder)
    server = RestartedServer(folder, SECRET_KEY=SECRET).start()
    yield server
    server.tell_to_stop()
    stopping.append(server)
    assert server.failures() == []


@pytest.fixture
def enter(chromium: Browser, request: pytest.FixtureRequest) -> Generator[Enter]:
    """`enter("og.dg@handicap.example")`: that person, signed in on `served` or on another server; `""`: a passer-by."""
    opened: list[Somebody] = []

    def enter(email: str = "", *, server: RunningServer | None = None, **browser: object) -> Somebody:
        chosen: RunningServer = server or request.getfixturevalue("served")
        somebody = Somebody(a_browser(chromium, chosen, **browser), chosen)
        opened.append(somebody)
        if email:
            somebody.arrive(email)
        return somebody

    yield enter
    complaints = [complaint for somebody in opened for complaint in somebody.complaints]
    for somebody in opened:
        somebody.page.context.close()
    assert complaints == []
