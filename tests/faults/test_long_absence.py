"""Two hours in a train: a page comes back with all that was typed there, in as many pieces (trust P8).

`NAVETTE_FAULT_OFFLINE` edits, 200 unless told otherwise; `make faults` asks for 2 000. The same in a browser:
`tests/e2e/test_long_absence.py`.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pycrdt import merge_updates

from negotiation.drafting.markdown_bridge import plain_text_hash, read_fragment
from negotiation.drafting.schema import clause_root
from tests.builders import Table, a_table
from tests.faults.guests import Guest
from tests.faults.test_killed_server import SECRET, RestartedServer

EDITS = int(os.environ.get("NAVETTE_FAULT_OFFLINE", "200"))
MOST_MERGED = 100
"""As static/src/editor/outbox.ts."""
MEANWHILE = 50
"""Edits of those who stayed."""


@pytest.fixture
def served(tmp_path: Path, migrated_sqlite: Path) -> Iterator[tuple[RestartedServer, Table]]:
    shutil.copy(migrated_sqlite, tmp_path / "navette.sqlite")
    server = RestartedServer(tmp_path, SECRET_KEY=SECRET, DEMONSTRATIONS="false")
    table = a_table(server.store)
    yield server.start(), table
    server.kill()
    server.store.engine.dispose()


def test_thousands_of_edits_typed_without_a_network_are_all_there_on_return(
    served: tuple[RestartedServer, Table], record_property: Callable[[str, object], None]
) -> None:
    server, table = served
    away, there = (Guest.enter(server, SECRET, table, name) for name in ("og.dg", "ars.dg"))
    away.link.close()
    queue = [away.written(f"train{number:04}.") for number in range(EDITS)]
    for number in range(MEANWHILE):
        assert there.push(there.written(f"bureau{number:02}."))["ok"]
    back = Guest.enter(server, SECRET, table, "og.dg")
    back.document.apply_update(away.document.get_update())
    for start in range(0, EDITS, MOST_MERGED):
        stored = back.push(merge_updates(*queue[start : start + MOST_MERGED]))
        assert stored["ok"], stored
    there.hear(stored["seq"])
    later = Guest.enter(server, SECRET, table, "cd.dg")
    texts = {plain_text_hash(each.document, [each.clause_id]) for each in (back, there, later)}
    assert len(texts) == 1
    said = read_fragment(later.document, clause_root(later.clause_id))
    for word in (*(f"train{number:04}." for number in range(EDITS)), *(f"bureau{n:02}." for n in range(MEANWHILE))):
        assert said.count(word) == 1, word
    assert server.failures() == []
    record_property("figures", f"{EDITS} edits typed without a network, {MEANWHILE} meanwhile: all there, once")
