"""Eight people write through two servers while the last party asks for the gel (trust T10): what is acknowledged came
before it, all the rest is refused in words, and nothing is written after.

`NAVETTE_FAULT_GEL` edits each, 10 unless told otherwise; `make faults` asks for 200, the ordinary run leaves it out.
"""

import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from negotiation.rules.vocabulary import SHARED
from negotiation.services.drafting import drafted_texts
from negotiation.store.exchange import Draft
from tests.builders import Table
from tests.faults.arenas import seated
from tests.faults.duel import AskFreeze
from tests.faults.guests import Guest
from tests.faults.test_fuzzed_sockets import HurriedServer, would_write
from tests.faults.test_killed_server import SECRET
from tests.faults.test_races import about_to_be_frozen

EDITS = int(os.environ.get("NAVETTE_FAULT_GEL", "10"))
WRITERS = 8
LONGEST_PAUSE = 0.05
"""Seconds between two edits of one writer: without any, one server leaves the other no turn."""
EMPTY = "fa01.description"
"""A clause that the contract does without: it is written in until the gel."""


@dataclass
class Writer:
    name: str
    guest: Guest
    kept: dict[str, int] = field(default_factory=dict)
    """Sequences by word."""
    refused: list[str] = field(default_factory=list)
    """Codes, in the order they came."""
    last: bytes = b""

    def write(self) -> None:
        for number in range(EDITS):
            word = f"{self.name}n{number:03}."
            self.last = would_write(self.guest, word)
            answer = self.guest.push(self.last)
            while not answer["ok"] and answer["error"]["code"] == "resync_needed":  # the other server was always ahead
                answer = self.guest.push(self.last)
            time.sleep(random.uniform(0, LONGEST_PAUSE))
            if answer["ok"]:
                assert not self.refused, f"{word} came in after a refusal"
                self.guest.document.apply_update(self.last)
                self.kept[word] = answer["seq"]
            else:
                self.refused.append(answer["error"]["code"])


@pytest.fixture
def servers(tmp_path: Path, migrated_sqlite: Path) -> Iterator[tuple[HurriedServer, HurriedServer]]:
    """Two of them on one database."""
    shutil.copy(migrated_sqlite, tmp_path / "navette.sqlite")
    url = f"sqlite:///{tmp_path}/navette.sqlite"
    both = [
        HurriedServer(tmp_path / name, SECRET_KEY=SECRET, DEMONSTRATIONS="false", DATABASE_URL=url)
        for name in ("one", "other")
    ]
    yield both[0], both[1]
    for server in both:
        server.kill()
        assert server.failures() == []
        server.store.engine.dispose()


def last_sequence(table: Table) -> int:
    with table.store.reading() as session:
        return int(session.execute(select(func.max(col(Draft.sequence)))).scalar_one())


def test_nothing_is_written_after_the_gel_and_all_that_was_acknowledged_stays(
    servers: tuple[HurriedServer, HurriedServer], record_property: Callable[[str, object], None]
) -> None:
    table, rendered = about_to_be_frozen(servers[0].store)
    for server in servers:
        server.start()

    def enter(number: int) -> Guest:
        return Guest.enter(servers[number % 2], SECRET, table, ("og.dg", "ars.dg", "cd.dg")[number % 3], clause=EMPTY)

    writers = [Writer(f"w{number}", enter(number)) for number in range(WRITERS)]
    writing = [threading.Thread(target=writer.write) for writer in writers]
    for thread in writing:
        thread.start()
    while sum(len(writer.kept) for writer in writers) < WRITERS * EDITS / 4:
        writing[0].join(0.01)
    AskFreeze(seated(table).people["cd.dg"], table.id, rendered)(table.store)
    frozen_at = last_sequence(table)
    for thread in writing:
        thread.join()

    kept = {word: sequence for writer in writers for word, sequence in writer.kept.items()}
    refused = [code for writer in writers for code in writer.refused]
    assert last_sequence(table) == frozen_at == max(kept.values())
    assert set(refused) == {"frozen"}
    assert all(writer.kept for writer in writers), "somebody never had a turn"
    assert len(kept) + len(refused) == WRITERS * EDITS, "somebody gave up"
    with table.store.reading() as session:
        text = drafted_texts(session, table.clause(EMPTY).part_id, circle=SHARED)[table.clause_id(EMPTY)]
    assert sorted(text.split("\n\n")) == sorted(kept)

    # Who sends again what was refused is told again, and nothing of it comes in.
    again = writers[0].guest.push(writers[0].last)
    assert (again["error"]["code"], again["error"]["message"][-1]) == ("frozen", ".")
    assert last_sequence(table) == frozen_at
    record_property(
        "figures", f"gel under {WRITERS} writers: {len(kept)} edits before it, {len(refused)} refused, 0 after"
    )
