"""Eight people write through two servers while the last party asks one of them for the gel (trust T10): what is
acknowledged came before it, all the rest is refused in words, and nothing is written after.

`NAVETTE_FAULT_GEL` edits each before it, on both databases, 10 unless told otherwise; `make faults` asks for 200, the
ordinary run leaves it out.
"""

import os
import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from sqlalchemy import func
from sqlmodel import col, select

from app.errors import sentence_of
from bench.live import found_in
from negotiation.errors import Frozen
from negotiation.rules.policy import Method
from negotiation.rules.vocabulary import SHARED
from negotiation.services.drafting import drafted_texts
from negotiation.services.signing_in import open_session
from negotiation.store.exchange import Draft
from tests.builders import Table
from tests.faults.guests import Guest
from tests.faults.test_fuzzed_sockets import HurriedServer, would_write
from tests.faults.test_killed_server import SECRET
from tests.faults.test_races import about_to_be_frozen
from tests.postgresql import PostgresqlServer

EDITS = int(os.environ.get("NAVETTE_FAULT_GEL", "10"))
WRITERS = 8
LATE = 3
"""Words that each goes on to send once he is refused."""
LONGEST_PAUSE = 0.05
"""Seconds between two edits of one writer: without any, one server leaves the other no turn."""
EMPTY = "fa01.description"
"""A clause that the contract does without: it is written in until the gel."""
FROZEN = sentence_of(Frozen())

Servers = tuple[HurriedServer, HurriedServer]


@dataclass
class Writer:
    name: str
    guest: Guest
    kept: dict[str, int] = field(default_factory=dict)
    """Sequences by word."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """Code and sentence, in the order they came."""

    def write(self) -> None:
        while len(self.refused) < LATE:
            word = f"{self.name}n{len(self.kept):04}."
            update = would_write(self.guest, word)
            answer = self.guest.push(update)
            while not answer["ok"] and answer["error"]["code"] == "resync_needed":  # the other server was always ahead
                answer = self.guest.push(update)
            time.sleep(random.uniform(0, LONGEST_PAUSE))
            if answer["ok"]:
                assert not self.refused, f"{word} came in after a refusal"
                self.guest.document.apply_update(update)
                self.kept[word] = answer["seq"]
            else:
                self.refused.append((answer["error"]["code"], answer["error"]["message"]))


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.postgresql)])
def servers(request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path) -> Iterator[Servers]:
    """Two of them on one database."""
    if request.param == "SQLite":
        shutil.copy(migrated_sqlite, tmp_path / "navette.sqlite")
        url = f"sqlite:///{tmp_path}/navette.sqlite"
    else:
        cluster: PostgresqlServer = request.getfixturevalue("postgresql")
        url = cluster.create_database()
    settings = {"SECRET_KEY": SECRET, "DEMONSTRATIONS": "false", "DATABASE_URL": url, "KEYS_DIR": str(tmp_path)}
    one, other = (HurriedServer(tmp_path / name, **settings) for name in ("one", "other"))
    yield one, other
    for server in (one, other):
        server.kill()
        assert server.failures() == []
        server.store.engine.dispose()
    if request.param == "PostgreSQL":
        cluster.drop_database(url)


def test_nothing_is_written_after_the_gel_and_all_that_was_acknowledged_stays(
    servers: Servers, record_property: Callable[[str, object], None]
) -> None:
    table, _ = about_to_be_frozen(servers[0].store)
    for server in servers:
        server.start()

    def enter(number: int) -> Guest:
        return Guest.enter(servers[number % 2], SECRET, table, ("og.dg", "ars.dg", "cd.dg")[number % 3], clause=EMPTY)

    writers = [Writer(f"w{number}", enter(number)) for number in range(WRITERS)]
    readers = [enter(number) for number in range(2)]
    frozen_at = ask_for_gel_while_they_write(servers[0], table, writers)

    # What was acknowledged stands in the text, each word once, and came before the gel; every other word was refused.
    kept = {word: sequence for writer in writers for word, sequence in writer.kept.items()}
    refused = [said for writer in writers for said in writer.refused]
    assert last_sequence(table) == frozen_at == max(kept.values())
    assert set(refused) == {("frozen", FROZEN)}
    with table.store.reading() as session:
        text = drafted_texts(session, table.clause(EMPTY).part_id, circle=SHARED)[table.clause_id(EMPTY)]
    assert sorted(text.split("\n\n")) == sorted(kept)

    # On the server that was asked, who only reads is told at once; on the other, with the first word, of which nothing
    # is kept. On both, who comes back finds the contract closed.
    readers[0].listen()
    assert readers[0].closed == [FROZEN]
    assert all(FROZEN in writer.guest.closed for writer in writers[::2])
    for reader in readers:
        assert reader.push(reader.written("Trop tard."))["error"]["code"] == "frozen"
        assert reader.open()["error"]["code"] == "frozen"
    assert last_sequence(table) == frozen_at
    told = f"{table.store.engine.dialect.name}: gel under {WRITERS} writers on two servers"
    record_property("figures", f"{told}: {len(kept)} edits before it, {len(refused)} refused, 0 after")


def ask_for_gel_while_they_write(server: HurriedServer, table: Table, writers: Sequence[Writer]) -> int:
    """The number of the last edit when the contract was frozen; when it returns, everybody has stopped."""
    page = Signatory(server, table)
    writing = [threading.Thread(target=writer.write) for writer in writers]
    for thread in writing:
        thread.start()
    while any(len(writer.kept) < EDITS for writer in writers):
        assert all(thread.is_alive() for thread in writing)
        time.sleep(0.01)
    page.ask_for_gel()
    frozen_at = last_sequence(table)
    for thread in writing:
        thread.join()
    assert table.negotiation().frozen_at is not None
    return frozen_at


class Signatory:
    """Who asks for the gel last, on the page « Versions et signature »."""

    def __init__(self, server: HurriedServer, table: Table) -> None:
        with server.store.unit_of_work() as uow:
            session = open_session(uow, table.cd.dg.person_id, method=Method.PASSWORD)
        self._browser = requests.Session()
        self._browser.cookies.set("navette", session.token)
        self._browser.headers["Origin"] = server.address
        self._table = f"{server.address}/negociations/{table.id}"
        page = self._browser.get(f"{self._table}/versions").text
        self._fields = {
            name: found_in(rf'name="{name}" value="([^"]+)"', page) for name in ("csrf_token", "content_hash")
        }

    def ask_for_gel(self) -> None:
        sent = self._browser.post(f"{self._table}/gel", self._fields | {"act": "request"}, allow_redirects=False)
        assert sent.status_code == 302, sent.text


def last_sequence(table: Table) -> int:
    with table.store.reading() as session:
        return int(session.execute(select(func.max(col(Draft.sequence)))).scalar_one())
