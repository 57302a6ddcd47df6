"""Who wrote what, kept up beside those who write: how long that holds everybody else up.

One clause of fifty thousand characters, and ten thousand edits of three parties in its log that nobody has credited
yet. What counts is the processor's time between two turns of the event loop: nobody is answered meanwhile.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import gevent
from pycrdt import Doc, XmlElement, XmlFragment, XmlText
from sqlalchemy import insert, update
from sqlmodel import col

from app.crediting import Reader
from app.offloading import off_the_loop
from bench.drafting_typing import strokes, words_of_scenario
from bench.measuring import table
from negotiation.drafting.schema import clause_root
from negotiation.services.snapshots import snapshot
from negotiation.store import Announcing, connect_store, migrate
from negotiation.store.columns import now
from negotiation.store.exchange import Draft, DraftUpdate
from tests.builders import Table
from tests.drafting_table import Browser, DraftingTable, set_table

CHARACTERS = 50_000
EDITS = 10_000
A_SECOND = 15
PARTIES = ("og", "ars", "cd")
CLAUSE = "k01.markdown"
WITH_A_LOOP = "from gevent import monkey; monkey.patch_all(); from bench.crediting import measure; measure()"


def run() -> None:
    """In an interpreter that gevent has patched, as the server's is."""
    sys.stdout.flush()
    subprocess.run([sys.executable, "-c", WITH_A_LOOP], check=True)


def measure() -> None:
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder:
        url = f"sqlite:///{folder}/navette.sqlite"
        migrate(url)
        store = connect_store(url)
        store.apart = off_the_loop
        place, reader = set_table(store), Reader(url)
        draft_id = Browser(place, "og.dg").opened.draft_id
        write_much(place, draft_id)
        rows = [
            ["starting the reader", *held_up(lambda: reader.follow([""]))],
            ["crediting them", *held_up(lambda: reader.follow([draft_id]))],
            ["a proposal right then", *held_up(lambda: propose(place))],
        ]
        reader.end()
        store.engine.dispose()
    title = f"{EDITS} edits of a clause of {CHARACTERS} characters, credited beside those who write: ms"
    table(title, ["", "longest without a turn", "in all"], rows)


def held_up(act: Callable[[], object]) -> list[float]:
    """The longest that nobody else had the processor of this thread, and the time on the wall in all; milliseconds."""
    longest, began = 0.0, time.monotonic()

    def turn() -> None:
        nonlocal longest
        while True:
            last = time.thread_time()
            gevent.sleep(0.001)
            longest = max(longest, time.thread_time() - last)

    turning = gevent.spawn(turn)
    gevent.sleep(0.01)
    act()
    gevent.sleep(0.01)
    turning.kill()
    return [longest * 1000, (time.monotonic() - began) * 1000]


def propose(place: DraftingTable) -> None:
    """What a proposal takes from the draft."""
    with place.table.store.unit_of_work(Announcing.SILENT) as uow:
        snapshot(uow, place.person("og.dg").actor, place.clause_id, side="commune")


def write_much(place: DraftingTable, draft_id: str) -> None:
    """Into the log, as it would stand there: a long text by one party, then what three of them type."""
    root, base = clause_root(place.clause_id), Doc[object]()
    base.apply_update(Browser(place, "og.dg").document.get_update())
    known = base.get_state()
    words, paragraphs = words_of_scenario(), base.get(root, type=XmlFragment).children
    for start in range(0, CHARACTERS, 500):
        paragraphs.append(XmlElement("paragraph", {}, [XmlText(words[start : start + 500])]))
    updates = [base.get_update(known), *_typed(base.get_update(), root, words)]
    with place.table.store.appending() as connection:
        connection.execute(insert(DraftUpdate), list(_rows(place.table, draft_id, updates)))
        reached = update(Draft).where(col(Draft.id) == draft_id).values(sequence=len(updates) + 1)
        connection.execute(reached)


def _typed(start: bytes, root: str, words: str) -> list[bytes]:
    dues = [0.0] * (EDITS // len(PARTIES))
    scripts = [strokes(start, root, words, dues, random.Random(seed)) for seed in range(len(PARTIES))]
    return [stroke.update for together in zip(*scripts, strict=True) for stroke in together]


def _rows(place: Table, draft_id: str, updates: list[bytes]) -> Iterator[dict[str, object]]:
    began: datetime = now() - timedelta(hours=1)
    for number, content in enumerate(updates):
        yield {
            "draft_id": draft_id,
            "sequence": number + 2,
            "epoch": 1,
            "op_id": f"bench:{number}",
            "update": content,
            "party_id": place.party_id(PARTIES[number % len(PARTIES)]),
            "recorded_at": began + timedelta(seconds=number // A_SECOND),
        }
