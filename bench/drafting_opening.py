"""How long a draft takes to open once a hundred thousand edits stand in its log."""

import itertools
import random
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, update
from sqlmodel import col

from bench.drafting import SECRET, SERVER_CORE, Job, alone_on, passes_of
from bench.drafting_load import Deliveries, Navettist, Pass
from bench.drafting_typing import strokes, words_of_scenario
from bench.measuring import table
from negotiation.services.drafting import LiveDrafts
from negotiation.store import Store
from negotiation.store.columns import now
from negotiation.store.exchange import Draft, DraftUpdate
from tests.e2e.serving import RunningServer

EDITS = 100_000
WRITERS = 3
ROUNDS = 5


@dataclass(frozen=True)
class Openings:
    """Milliseconds from the question to the whole answer."""

    whole_log: float
    cold: float
    warm: float


def run() -> None:
    found = measured()
    table(
        f"Opening a draft after {EDITS:,} edits: milliseconds from the question to the whole answer.".replace(",", " "),
        ["", "from the log alone", "cold, from its state", "warm"],
        [["one page", found.whole_log, found.cold, found.warm]],
    )


def measured() -> Openings:
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder, alone_on(SERVER_CORE):
        server = RunningServer(Path(folder), SECRET_KEY=SECRET, DEMONSTRATIONS="false")
        (entry,) = passes_of(server, Job(drafts=1, people=1))
        first = _opened(server, entry, rounds=1)[0]
        _write_much(server.store, first)
        whole = _opened(server, entry, rounds=1)[0].opening_ms
        rooms = LiveDrafts.of(server.store).rooms
        rooms.idle_seconds = 0
        rooms.room(first.draft, epoch=1).state_since(b"")
        rooms.drop_idle()  # as it happens a minute after its last reader left
        cold, *warm = (each.opening_ms for each in _opened(server, entry, rounds=1 + ROUNDS))
        server.store.engine.dispose()
    return Openings(whole, cold, statistics.median(warm))


def much_typed(start: bytes, root: str) -> list[bytes]:
    """What three people typed for days, in order."""
    words, chance = words_of_scenario(), random.Random(5)
    each = [0.0] * (EDITS // WRITERS)
    scripts = [strokes(start, root, words, each, chance) for _ in range(WRITERS)]
    return [stroke.update for together in zip(*scripts, strict=True) for stroke in together]


def _opened(server: RunningServer, entry: Pass, *, rounds: int) -> list[Navettist]:
    """Each opening after the other, by a server that was just started."""
    server.start()
    try:
        guests = []
        for _ in range(rounds):
            guests.append(Navettist(server.port, entry, Deliveries()))
            guests[-1].link.close()
        return guests
    finally:
        server.stop()


def _write_much(store: Store, guest: Navettist) -> None:
    """All of it written into the log as it would stand there."""
    mixed = much_typed(guest.start, f"clause:{guest.clauses[0]}")
    rows = (
        {
            "draft_id": guest.draft,
            "sequence": number,
            "epoch": 1,
            "op_id": f"bench:{number}",
            "update": content,
            "recorded_at": now(),
        }
        for number, content in enumerate(mixed, start=2)
    )
    with store.appending() as connection:
        while some := list(itertools.islice(rows, 1_000)):
            connection.execute(insert(DraftUpdate), some)
        reached = update(Draft).where(col(Draft.id) == guest.draft).values(sequence=len(mixed) + 1)
        connection.execute(reached)
