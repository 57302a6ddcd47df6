"""The server dies in the middle of twenty people's words, again and again: what it acknowledged is there, once."""

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from itsdangerous import URLSafeSerializer
from pycrdt import Doc
from sqlalchemy import select
from sqlmodel import col

from app.serving import PATCHED_START
from negotiation.drafting.markdown_bridge import read_fragment
from negotiation.rules.policy import Method
from negotiation.services.signing_in import open_session
from negotiation.store.exchange import DraftUpdate
from tests.builders import a_table
from tests.e2e.serving import RunningServer
from tests.faults.writers import TirelessWriter, write_together

KILLS = int(os.environ.get("NAVETTE_FAULT_KILLS", "5"))
WRITERS = 20
WORDS = (40, 400)
"""Acknowledged between two deaths, by everybody together."""
SECRET = "for-dying-alone-0123456789abcdefghijklmnop"


class RestartedServer(RunningServer):
    """Its database is migrated already: the server itself, without what goes before."""

    program = PATCHED_START


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    running = RestartedServer(tmp_path, SECRET_KEY=SECRET, DEMONSTRATIONS="false")
    yield running
    running.store.engine.dispose()


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


def test_no_acknowledged_word_is_lost_or_said_twice_when_the_server_is_killed(server: RunningServer) -> None:
    writers, chance = twenty_writers(server), random.Random()
    for _ in range(KILLS):
        server.start()
        for writer in writers:
            writer.enter(server.port)
        write_together(writers, words=chance.randint(*WORDS))
        server.kill()
        for writer in writers:
            writer.link.close()
        assert_all_is_kept_once(server, writers)


def assert_all_is_kept_once(server: RunningServer, writers: list[TirelessWriter]) -> None:
    query = select(col(DraftUpdate.op_id), col(DraftUpdate.sequence), col(DraftUpdate.update)).order_by(
        col(DraftUpdate.sequence)
    )
    with server.store.reading() as session:
        rows = session.execute(query).all()
    kept = {row.op_id: row.sequence for row in rows}
    document: Doc = Doc()
    for row in rows:
        document.apply_update(row.update)
    said = Counter(read_fragment(document, f"clause:{writers[0].clause_id}").split())
    for writer in writers:
        for operation, sequence in writer.acknowledged.values():
            assert kept.get(operation.op_id) == sequence, f"{operation.word} was acknowledged and is not there"
            assert said[operation.word] == 1, f"{operation.word} is there {said[operation.word]} times"
        if writer.sending is not None:
            assert said[writer.sending.word] == (writer.sending.op_id in kept)
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
