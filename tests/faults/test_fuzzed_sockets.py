"""Damaged updates through the sockets of the real server, as fast as it answers: it lives, and who writes elsewhere
neither waits nor reads anything else. A third of `NAVETTE_FUZZ_UPDATES` of them: tests/properties/test_update_storm.py.
"""

import random
import secrets
import shutil
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pycrdt import Doc

from app.serving import PATCHED_START
from negotiation.drafting.markdown_bridge import read_fragment
from negotiation.drafting.schema import clause_root
from negotiation.rules.vocabulary import SHARED
from negotiation.services.drafting import drafted_texts
from tests import drafting_bytes as yjs
from tests.builders import Table, a_table
from tests.faults.guests import Guest
from tests.faults.test_killed_server import SECRET, RestartedServer
from tests.properties.test_update_storm import UPDATES
from tests.properties.update_storm import corpus, damaged

SENT = UPDATES // 3
LONGEST_SECONDS = 1.0
"""That the edits of others may take then, but for one in twenty (trust T23)."""
ELSEWHERE = "i01.definition"


class HurriedServer(RestartedServer):
    """Nobody waits for his turn in it, nor pays for what is refused: what comes in an hour comes in a minute."""

    program = PATCHED_START.replace(
        "from app.serving",
        "from app.sockets.pace import Pace; Pace.next_turn = lambda pace, now: 0.0; from app.serving",
    )


@pytest.fixture
def served(tmp_path: Path, migrated_sqlite: Path) -> Iterator[tuple[HurriedServer, Table]]:
    shutil.copy(migrated_sqlite, tmp_path / "navette.sqlite")
    running = HurriedServer(tmp_path, SECRET_KEY=SECRET, DEMONSTRATIONS="false")
    table = a_table(running.store)
    running.start()
    yield running, table
    running.kill()
    running.store.engine.dispose()


@dataclass
class Mallory:
    """Sends what is left of honest updates of her own, of the crash corpus and of others' once bytes were changed."""

    enter: Callable[[], Guest]
    chance: random.Random
    verdicts: Counter[str] = field(default_factory=Counter)

    def rage(self) -> None:
        guest = self.enter()
        here = [each.replace(yjs.CLAUSE.encode(), guest.clause_id.encode()) for each in corpus()]
        for number in range(SENT):
            honest = would_write(guest, f"mot {number}") if number % 5 == 0 else self.chance.choice(here)
            sent = honest if number % 50 == 0 else damaged(self.chance, honest)
            try:
                answer = guest.push(sent)
            except ConnectionError:
                self.verdicts["closed"] += 1
                guest = self.enter()
                continue
            if answer["ok"]:
                guest.document.apply_update(sent)
            self.verdicts["stored" if answer["ok"] else answer["error"]["code"]] += 1


def test_fuzzed_updates_through_the_socket_harm_no_other_room(
    served: tuple[HurriedServer, Table], record_property: Callable[[str, object], None]
) -> None:
    server, table = served
    seed = secrets.token_hex(8)

    def enter(name: str, clause: str = "k01.markdown") -> Guest:
        return Guest.enter(server, SECRET, table, name, clause=clause)

    alice, bruno, witness = enter("og.dg", ELSEWHERE), enter("ars.dg", ELSEWHERE), enter("ars.dg")
    mallory = Mallory(lambda: enter("cd.dg"), random.Random(seed))
    workers = server.workers()
    raging = threading.Thread(target=mallory.rage)
    raging.start()
    took = []
    while raging.is_alive():
        began = time.monotonic()
        answer = alice.push(alice.written(f"mot {len(took)}"))
        assert answer["ok"], (seed, answer)
        bruno.hear(answer["seq"])
        took.append(time.monotonic() - began)
        witness.listen()
        raging.join(0.05)

    assert sum(mallory.verdicts.values()) == SENT, seed
    assert server.workers() == workers, f"seed {seed}: a process died"
    assert server.failures() == [], seed
    slowest = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
    assert slowest < LONGEST_SECONDS, seed
    # On every page, in the server's memory and in its log stands the same text; in the other room, what Alice wrote.
    for somebody, clause in ((bruno, ELSEWHERE), (witness, "k01.markdown")):
        stored = somebody.push(somebody.written("Fin."))
        assert stored["ok"], (seed, stored)
        texts = {text_of(somebody), text_of(enter("ars.dg", clause)), kept_by(server, table, clause)}
        assert len(texts) == 1, seed
    assert text_of(bruno).split("\n\n")[-len(took) - 1 :] == [*(f"mot {number}" for number in range(len(took))), "Fin."]
    figures = (
        f"{SENT} fuzzed updates through a socket ({dict(mallory.verdicts)}): p95 elsewhere {slowest * 1000:.0f} ms"
    )
    record_property("figures", figures)


def would_write(guest: Guest, words: str) -> bytes:
    """A paragraph more, that isn't in the guest's own document: the server may refuse what becomes of it."""
    scratch: Doc[Any] = Doc(client_id=guest.document.client_id)
    scratch.apply_update(guest.document.get_update())
    return replace(guest, document=scratch).written(words)


def text_of(guest: Guest) -> str:
    return read_fragment(guest.document, clause_root(guest.clause_id))


def kept_by(server: HurriedServer, table: Table, clause: str) -> str:
    """As a room opened anew from the log has it."""
    with server.store.reading() as session:
        texts = drafted_texts(session, table.clause(clause).part_id, circle=SHARED)
    return texts[table.clause_id(clause)]
