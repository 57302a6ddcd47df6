"""Fixtures and rules of every run.

- `database_url`: a fresh, migrated database for one test, once on SQLite and once on PostgreSQL.
- `store`: the same, opened.
- `chromium`: the distribution's Chromium, driven by Playwright.
- What this machine lacks is left out and named in one closing line; see `tests/requirements.py`.
"""

import fcntl
import gc
import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import is_hypothesis_test, settings

from tests.databases import is_other_run, is_short_run, left_to_the_other, told_twice
from tests.postgresql import PostgresqlServer
from tests.requirements import absence_is_a_failure, absent_requirements, closing_line, find_chromium

# The store and Playwright are imported by the fixtures that need them: a test of the rules loads neither.
if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from negotiation.store import Store

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
IN_MEMORY = Path("/dev/shm")
EXAMPLES = 100
LONG = frozenset({"test_nothing_leaks", "test_random_negotiations", "test_overload", "test_killed_server"})
"""Modules that begin the ordinary run: while one process ends them, the other has short tests to take over."""
YOUNG_OBJECTS = 20_000
"""New ones between two searches for garbage."""
RUN_FOLDER = pytest.StashKey[Path]()
LEFT_OUT = pytest.StashKey[Counter[str]]()

# A slow machine isn't a bug; a failure in continuous integration must come back when run again.
settings.register_profile("navette", deadline=None, derandomize=absence_is_a_failure(), print_blob=True)
settings.load_profile("navette")


# ---------------------------------------------------------------------- databases


@contextmanager
def _one_worker_at_a_time(run_folder: Path) -> Iterator[None]:
    with (run_folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def run_folder(pytestconfig: pytest.Config) -> Path:
    """One folder for the whole run, the same in every xdist worker."""
    return pytestconfig.stash[RUN_FOLDER]


@pytest.fixture(scope="session")
def migrated_sqlite(run_folder: Path) -> Path:
    """An empty SQLite database at the newest migration, made once a run."""
    from negotiation.store import migrate

    template = run_folder / "template.sqlite"
    with _one_worker_at_a_time(run_folder):
        if not template.exists():
            draft = run_folder / "migrating.sqlite"
            migrate(f"sqlite:///{draft}")
            with sqlite3.connect(draft) as connection:  # all of it in the one file that gets copied
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            draft.rename(template)
    return template


@pytest.fixture(scope="session")
def postgresql(run_folder: Path) -> PostgresqlServer:
    """The run's PostgreSQL server with its migrated template."""
    from negotiation.store import migrate

    server = PostgresqlServer(run_folder)
    with _one_worker_at_a_time(run_folder):
        server.start(migrate)
    return server


@pytest.fixture
def elsewhere(migrated_sqlite: Path, tmp_path: Path) -> "Store":
    """Another instance, where nobody is yet."""
    from negotiation.store import connect_store

    file = tmp_path / "elsewhere.sqlite"
    shutil.copy(migrated_sqlite, file)
    return connect_store(f"sqlite:///{file}")


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    """The address of a fresh, migrated database that only this test knows."""
    if request.param == "SQLite":
        file = tmp_path / "navette.sqlite"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), file)
        yield f"sqlite:///{file}"
    else:
        server: PostgresqlServer = request.getfixturevalue("postgresql")
        url = server.create_database()
        yield url
        server.drop_database(url)


@pytest.fixture
def store(database_url: str) -> "Generator[Store]":
    """That database, opened as the application opens it."""
    from negotiation.store import connect_store

    opened = connect_store(database_url)
    yield opened
    opened.engine.dispose()


# ---------------------------------------------------------------------- the browser


@pytest.fixture(scope="session")
def chromium() -> "Generator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


# ---------------------------------------------------------------------- what isn't here isn't collected


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = Counter()
    given = getattr(config, "workerinput", {}).get("run_folder")
    if IN_MEMORY.is_dir():
        # Databases of a test live for a second: no test cuts the power, so nothing waits for a disk.
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))
        tempfile.tempdir = os.environ["PYTEST_DEBUG_TEMPROOT"]
    config.stash[RUN_FOLDER] = Path(given or tempfile.mkdtemp(prefix="navette-tests-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """xdist: tell a new worker the folder of the run."""
    node.workerinput["run_folder"] = str(node.config.stash[RUN_FOLDER])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """xdist: every worker collects everything, so the largest count is the count."""
    node.config.stash[LEFT_OUT] |= Counter(getattr(node, "workeroutput", {}).get("left_out", {}))


def pytest_sessionstart() -> None:
    absent = absent_requirements()
    if absent and absence_is_a_failure():
        reasons = " ; ".join(f"{requirement.name} : {requirement.absence}" for requirement in absent)
        pytest.exit(f"CI=true et il manque ce que les tests demandent. {reasons}", returncode=1)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for requirement in absent_requirements():
        concerned = [item for item in items if requirement.concerns(item)]
        if concerned:
            config.stash[LEFT_OUT][requirement.name] = len(concerned)
            config.hook.pytest_deselected(items=concerned)
            items[:] = [item for item in items if item not in set(concerned)]
    if is_short_run() or is_other_run():
        elsewhere = left_to_the_other(items)
        if is_other_run():
            elsewhere = told_twice(items) - elsewhere
        config.hook.pytest_deselected(items=list(elsewhere))
        items[:] = [item for item in items if item not in elsewhere]
    if is_short_run():
        _try_fewer_examples(items)
        items.sort(key=lambda item: item.path.stem not in LONG)


def _try_fewer_examples(items: list[pytest.Item]) -> None:
    """A hundred of each property, or a quarter where that is more: `make faults` tries them all, and others each time,
    where continuous integration tries the same ones again."""
    for tried in {item.obj for item in items if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj)}:
        wanted = tried._hypothesis_internal_use_settings
        fewer = min(wanted.max_examples, max(EXAMPLES, wanted.max_examples // 4))
        tried._hypothesis_internal_use_settings = settings(parent=wanted, max_examples=fewer)


def pytest_collection_finish() -> None:
    """As a server does once it has started: what lives as long as the process isn't looked through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    left_out = session.config.stash[LEFT_OUT]
    if output := getattr(session.config, "workeroutput", None):
        output["left_out"] = dict(left_out)
    if left_out and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left_out := config.stash[LEFT_OUT]:
        terminalreporter.write_line(closing_line(left_out), yellow=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return  # the main process cleans up, after the last worker
    folder = config.stash[RUN_FOLDER]
    PostgresqlServer(folder).stop()
    shutil.rmtree(folder, ignore_errors=True)
