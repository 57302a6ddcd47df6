"""People who stop reading: each is cut off, the others wait no longer for it, and the server grows little (trust P6).

`NAVETTE_FAULT_SILENT` of them, 5 unless told otherwise; `make faults` asks for 50.
"""

import os
import shutil
import socket
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import Table, a_table
from tests.faults.guests import Guest
from tests.faults.test_hostile_sockets import memory, narrowly_connected
from tests.faults.test_killed_server import SECRET, RestartedServer

SILENT = int(os.environ.get("NAVETTE_FAULT_SILENT", "5"))
LONGEST_STAY = 30.0
"""Seconds."""
MOST_GROWN = 64 * 1024 * 1024
"""Bytes."""
PAGES = 90
"""Of 100 000 characters, written and taken back: what waits for each of them outgrows what may."""


def test_fifty_who_stop_reading_are_cut_off_and_cost_little(
    tmp_path: Path,
    migrated_sqlite: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "navette.sqlite")
    server = RestartedServer(tmp_path, SECRET_KEY=SECRET, DEMONSTRATIONS="false")
    table = a_table(server.store)
    server.start()
    bruno = Guest.enter(server, SECRET, table, "ars.dg")
    quiet = written(server, table, bruno, pages=10)
    with monkeypatch.context() as patched:
        patched.setattr(socket, "create_connection", narrowly_connected)
        asleep = [Guest.enter(server, SECRET, table, "cd.dg") for _ in range(SILENT)]
    before, began = memory(server), time.monotonic()
    peak: list[int] = []
    found = written(server, table, bruno, pages=PAGES, look=lambda: peak.append(memory(server)))
    cut = sum(is_over(each) for each in asleep)
    grown = max(peak) - before
    later = p95(found) - p95(quiet)
    gone = f"{SILENT} people who stopped reading: {cut} cut off {time.monotonic() - began:.0f} s later at most"
    cost = f"the others wait {later:+.0f} ms at p95 for 100 kB, the server grew by {grown / 2**20:.0f} MiB at most"
    record_property("figures", f"{gone}; {cost}")
    assert cut == SILENT
    assert grown < MOST_GROWN
    assert server.failures() == []
    server.kill()
    server.store.engine.dispose()


def written(
    server: RestartedServer, table: Table, bruno: Guest, *, pages: int, look: Callable[[], None] = lambda: None
) -> list[float]:
    """Milliseconds from one member to another, of each long passage written and taken back."""
    took: list[float] = []
    while len(took) < 2 * pages:
        writer = Guest.enter(server, SECRET, table, "og.dg")  # each writes as much as one may at once
        for _ in range(9):
            for update in (writer.written("a" * 100_000), writer.taken_back()):
                began = time.monotonic()
                stored = writer.push(update)
                assert stored["ok"], stored
                bruno.hear(stored["seq"])
                took.append((time.monotonic() - began) * 1000)
            look()
        writer.link.close()
    return took


def is_over(guest: Guest) -> bool:
    """Whether the server let go: what it had sent is read first."""
    limit = time.monotonic() + LONGEST_STAY
    try:
        while time.monotonic() < limit:
            for message in guest.link.wait():
                guest._note(message)
    except ConnectionError:
        return True
    return False


def p95(found: list[float]) -> float:
    return statistics.quantiles(found, n=20, method="inclusive")[18]
