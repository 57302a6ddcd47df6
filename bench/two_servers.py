"""Two servers on one draft and one PostgreSQL: how often a word is sent back because the other server was always ahead,
with the sixty tries that `negotiation/drafting/room.py` gives it and with the twenty it had before.

The settings take turns on fresh databases, and each shows its median round: what else the machine does concerns both.
"""

import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.measuring import table as print_table
from negotiation.store import migrate
from tests.builders import Table, a_table
from tests.faults.guests import Guest
from tests.faults.test_fuzzed_sockets import HurriedServer
from tests.postgresql import PostgresqlServer, find_postgresql

SECRET = "for-measuring-alone-0123456789abcdef-ghijkl"
TRIES = (20, 60)
ROUNDS = 3
WRITERS = 8
SECONDS = 12.0
"""Of a round: with the starts of two servers, two minutes for all of them."""
LONGEST_PAUSE = 0.05
"""Seconds between two words of one writer: without any, one server leaves the other no turn."""


class TryingServer(HurriedServer):
    """Gives a word so many tries."""

    def __init__(self, folder: Path, tries: int, **settings: str) -> None:
        super().__init__(folder, **settings)
        chosen = f"from negotiation.drafting import room; room._TRIES = {tries}; from app.serving"
        self.program = HurriedServer.program.replace("from app.serving", chosen)


@dataclass
class Round:
    """`took`: milliseconds of each word from its first push until it was stored."""

    took: list[float] = field(default_factory=list)
    sent_back: int = 0

    def figures(self) -> list[float]:
        ranks = statistics.quantiles(self.took, n=100, method="inclusive")
        share = 1000 * self.sent_back / (self.sent_back + len(self.took))
        return [len(self.took), self.sent_back, share, ranks[49], ranks[98], max(self.took)]


def run() -> None:
    if find_postgresql() is None:
        print("Two servers share a draft on PostgreSQL only, and there is none here: postgresql, or TEST_POSTGRES_URL.")
        return
    found: dict[int, list[Round]] = {tries: [] for tries in TRIES}
    with _cluster() as cluster:
        for _ in range(ROUNDS):
            for tries, rounds in found.items():
                rounds.append(_round(cluster, tries))
    rows: list[list[object]] = []
    for tries, rounds in found.items():
        figures = zip(*(each.figures() for each in rounds), strict=True)
        rows.append([f"{tries} tries", *(statistics.median(column) for column in figures)])
    print_table(
        f"{WRITERS} people write for {SECONDS:.0f} s in one draft, half of them through each of two servers.",
        ["", "edits stored", "sent back", "per 1 000 sent", "p50 ms", "p99", "slowest"],
        rows,
        note=f"Medians of {ROUNDS} rounds, interleaved. Sent back: asked of the browser again; nothing is lost by it.",
    )


@contextmanager
def _cluster() -> Iterator[PostgresqlServer]:
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder:
        server = PostgresqlServer(Path(folder))
        server.start(migrate)
        try:
            yield server
        finally:
            server.stop()


def _round(cluster: PostgresqlServer, tries: int) -> Round:
    url = cluster.create_database()
    settings = {"SECRET_KEY": SECRET, "DEMONSTRATIONS": "false", "DATABASE_URL": url}
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder:
        servers = [TryingServer(Path(folder) / name, tries, **settings) for name in ("one", "other")]
        table = a_table(servers[0].store)
        try:
            for server in servers:
                server.start()
            return _played(servers, table)
        finally:
            for server in servers:
                with suppress(AssertionError):  # one that never started
                    server.kill()
                server.store.engine.dispose()
            cluster.drop_database(url)


def _played(servers: Sequence[TryingServer], table: Table) -> Round:
    people = ("og.dg", "ars.dg", "cd.dg")
    guests = [Guest.enter(servers[place % 2], SECRET, table, people[place % len(people)]) for place in range(WRITERS)]
    played, ends = Round(), time.monotonic() + SECONDS
    writing = [threading.Thread(target=_write, args=(guest, ends, played)) for guest in guests]
    for thread in writing:
        thread.start()
    for thread in writing:
        thread.join()
    for guest in guests:
        guest.link.close()
    return played


def _write(guest: Guest, ends: float, played: Round) -> None:
    """Word after word; one that was sent back is pushed again, as a browser does it."""
    while (began := time.monotonic()) < ends:
        update = guest.written("un mot")
        while not (answer := guest.push(update))["ok"]:
            if answer["error"]["code"] != "resync_needed":
                raise RuntimeError(f"a push was refused: {answer}")
            played.sent_back += 1
        played.took.append((time.monotonic() - began) * 1000)
        time.sleep(random.uniform(0, LONGEST_PAUSE))
