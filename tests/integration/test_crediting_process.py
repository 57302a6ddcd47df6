"""Who wrote what is read in a process of its own: what it finds is kept here, it may die, and it outlives nobody."""

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import asdict

import pytest
from sqlalchemy import select
from sqlmodel import col

from app.crediting import Reader, ReaderDied
from negotiation.services.crediting import SECONDS_KEPT, Crediting, Credits, keep
from negotiation.store import Announcing, Store
from negotiation.store.exchange import Draft, DraftCredit
from tests.drafting_table import Browser, DraftingTable, set_table

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(store: Store) -> DraftingTable:
    return set_table(store)


@pytest.fixture
def reader(table: DraftingTable, database_url: str) -> Iterator[Reader]:
    found = Reader(database_url)
    yield found
    found.end()


def written(table: DraftingTable) -> str:
    browser = Browser(table, "og.dg")
    browser.push(browser.type("Cinq mots du gestionnaire ici."))
    return browser.opened.draft_id


def test_nothing_is_started_where_nobody_writes(reader: Reader) -> None:
    assert reader.follow([]).followed == 0
    assert reader.pid is None


def test_a_reader_that_is_killed_is_followed_by_another(table: DraftingTable, reader: Reader) -> None:
    draft_id = written(table)
    assert (reader.follow([draft_id]).followed, reader.follow([draft_id]).failures) == (1, [])
    assert reader.pid is not None
    assert os.getpriority(os.PRIO_PROCESS, reader.pid) > os.getpriority(os.PRIO_PROCESS, 0)
    os.kill(reader.pid, signal.SIGKILL)
    with pytest.raises(ReaderDied):
        reader.follow([draft_id])
    assert reader.follow([draft_id]).followed == 1


def test_a_reader_ends_with_whoever_started_it(table: DraftingTable, reader: Reader) -> None:
    reader.follow([written(table)])
    process = reader._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()  # as the system does it for the dead
    assert process.wait(timeout=10) == 0


def test_what_was_read_there_is_kept_here(table: DraftingTable) -> None:
    draft_id, clock = written(table), iter((0.0, 0.0, 0.0, 1.0, SECONDS_KEPT))
    reading = Crediting(table.table.store, clock=lambda: next(clock))
    assert reading.follow([draft_id]).credits == []
    sent = json.loads(json.dumps(asdict(reading.follow([draft_id]))))
    with table.table.store.unit_of_work(Announcing.SILENT) as uow:
        keep(uow, [Credits(**each) for each in sent["credits"]])
    with table.table.store.reading() as session:
        row = session.execute(select(DraftCredit).where(col(DraftCredit.clause_id) == table.clause_id)).scalar_one()
        draft = session.get_one(Draft, draft_id)
    assert row.text.splitlines()[-1] == "Cinq mots du gestionnaire ici."
    assert row.runs[-1][0] == table.table.party_id("og")
    assert draft.credited == draft.sequence
