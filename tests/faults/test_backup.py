"""A backup taken by the command while people write through the real server, then restored elsewhere: every word that
was acknowledged before it began is there. On PostgreSQL too when `make faults` asks (see `test_killed_server`)."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.services.backing_up import Restored, restore
from negotiation.store import connect_store
from negotiation.store.exchange import DraftUpdate
from tests.e2e.serving import RunningServer
from tests.faults.test_killed_server import DATABASES, SECRET, RestartedServer, twenty_writers
from tests.faults.writers import write_together
from tests.postgresql import PostgresqlServer

BACKUP = "import sys; from app.commands import main; main(['backup', *sys.argv[1:]])"
Place = tuple[RunningServer, str]


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A server, and the address of an empty database of the same kind."""
    settings, elsewhere = {}, f"sqlite:///{tmp_path}/elsewhere/navette.sqlite"
    if request.param == "PostgreSQL":
        cluster: PostgresqlServer = request.getfixturevalue("postgresql")
        settings["DATABASE_URL"], elsewhere = cluster.create_database(), cluster.create_empty_database()
    running = RestartedServer(tmp_path / "served", SECRET_KEY=SECRET, DEMONSTRATIONS="false", **settings)
    yield running, elsewhere
    running.stop()
    running.store.engine.dispose()
    if settings:
        cluster.drop_database(settings["DATABASE_URL"])
        cluster.drop_database(elsewhere)


def test_what_was_acknowledged_before_a_backup_began_is_in_it(place: Place, tmp_path: Path) -> None:
    server, elsewhere = place
    writers, file = twenty_writers(server)[:6], tmp_path / "sauvegarde"
    server.start()
    for writer in writers:
        writer.enter(server.port)
    write_together(writers, words=60)
    before = {op: sequence for writer in writers for op, (_, sequence) in writer.acknowledged.items()}
    environment = {"DATA_DIR": str(server.folder)} | server.settings
    with subprocess.Popen([sys.executable, "-c", BACKUP, str(file)], env=environment) as backing_up:
        while backing_up.poll() is None:
            write_together(writers, words=20)
    for writer in writers:
        writer.link.close()
    assert backing_up.returncode == 0
    found = restore(elsewhere, file)
    assert_sound(found)
    kept = updates_in(elsewhere)
    assert before.items() <= kept.items()
    assert sorted(kept.values()) == list(range(1, len(kept) + 1)), "one moment of the log, without a hole"
    assert len(kept) < len(updates_in(server.store.engine.url.render_as_string(hide_password=False)))


def assert_sound(found: Restored) -> None:
    assert found.faults == []
    assert (found.negotiations, found.migrated_from) == (1, None)
    assert found.facts > 0


def updates_in(url: str) -> dict[str, int]:
    store = connect_store(url)
    with store.reading() as session:
        rows = session.execute(select(col(DraftUpdate.op_id), col(DraftUpdate.sequence))).all()
    store.engine.dispose()
    return {row.op_id: row.sequence for row in rows}
