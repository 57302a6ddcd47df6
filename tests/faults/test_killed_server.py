"""The server dies in the middle of twenty people's words, again and again: what it acknowledged is there, once.

`NAVETTE_FAULT_KILLS` deaths on SQLite, 5 unless told otherwise; `make faults` asks for 50, and for 5 on PostgreSQL.
"""

import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from itsdangerous import URLSafeSerializer

from negotiation.rules.policy import Method
from negotiation.services.signing_in import open_session
from tests.builders import a_table
from tests.e2e.serving import RestartedServer, RunningServer
from tests.faults.kept import assert_all_is_kept_once
from tests.faults.writers import TirelessWriter, write_together
from tests.postgresql import PostgresqlServer

ORDINARY = 5
KILLS = int(os.environ.get("NAVETTE_FAULT_KILLS", str(ORDINARY)))
DATABASES = ["SQLite", *([pytest.param("PostgreSQL", marks=pytest.mark.postgresql)] if KILLS > ORDINARY else [])]
WRITERS = 20
LONGEST_RESTART = 60.0
"""Seconds from the start of the next server to its first acknowledgement, on the slowest of machines: the figure
told at the end is what it took here (trust P1: 5 s)."""
WORDS = (40, 400)
"""Acknowledged between two deaths, by everybody together."""
SECRET = "for-dying-alone-0123456789abcdefghijklmnop"


@pytest.fixture(params=DATABASES)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningServer]:
    database = {}
    if request.param == "PostgreSQL":
        cluster: PostgresqlServer = request.getfixturevalue("postgresql")
        database["DATABASE_URL"] = cluster.create_database()
    running = RestartedServer(tmp_path, SECRET_KEY=SECRET, DEMONSTRATIONS="false", **database)
    yield running
    running.store.engine.dispose()
    for url in database.values():
        cluster.drop_database(url)


def twenty_writers(server: RunningServer) -> list[TirelessWriter]:
    """Ten of each of two parties, in the table commune of one part."""
    table = a_table(server.store)
    signer = URLSafeSerializer(SECRET, salt="socket-token")
    found = []
    with server.store.unit_of_work() as uow:
        for number in range(WRITERS):
            person = (table.og.dg, table.ars.dg)[number % 2]
            session = open_session(uow, person.person_id, method=Method.LINK)
            token = str(signer.dumps(session.session_id))
            place = (table.part_id("k01"), table.clause_id("k01.markdown"))
            found.append(TirelessWriter(f"w{number:02}", session.token, token, *place))
    return found


def test_no_acknowledged_word_is_lost_or_said_twice_when_the_server_is_killed(
    server: RunningServer, record_property: Callable[[str, object], None]
) -> None:
    writers, chance = twenty_writers(server), random.Random()
    kills, restarts = KILLS if server.store.on_sqlite else ORDINARY, []
    for _ in range(kills):
        began = time.monotonic()
        server.start()
        for writer in writers:
            writer.enter(server.port)
        restarts.append(write_together(writers, words=chance.randint(*WORDS)) - began)
        server.kill()
        for writer in writers:
            writer.link.close()
        assert_all_is_kept_once(server.store, writers)
    words = sum(len(writer.acknowledged) for writer in writers)
    assert max(restarts) < LONGEST_RESTART
    told = f"{server.store.engine.dialect.name}: {kills} servers killed under {WRITERS} writers"
    again = (
        f"first edit acknowledged {statistics.median(restarts):.1f} s after a start, {restarts[-1]:.1f} s the last time"
    )
    record_property("figures", f"{told}, {words} acknowledged words: 0 lost, 0 twice; {again}")
