"""How long a file takes to become a table, every move played through the service that a click uses."""

from bench.measuring import table, timed
from bench.pages import fresh_database
from negotiation.services.importing import import_bytes
from negotiation.store import Announcing, connect_store
from tests.scenarios import EHPAD, HANDICAP, as_bytes, large

ENGAGEMENTS, MOVES = 300, 6_000


def run() -> None:
    files = {
        f"{ENGAGEMENTS} engagements": as_bytes(large(ENGAGEMENTS, MOVES)),
        "ehpad.json": EHPAD.read_bytes(),
        "handicap.json": HANDICAP.read_bytes(),
    }
    rows = []
    for name, content in files.items():
        with fresh_database() as url:
            store = connect_store(url)
            with timed() as clock, store.unit_of_work(Announcing.SILENT) as uow:
                imported = import_bytes(uow, content)
            rows.append([name, len(content) // 1000, imported.moves, clock.seconds, imported.moves / clock.seconds])
            store.engine.dispose()
    table("Imports", ["file", "kB", "moves", "seconds", "moves a second"], rows, note="Wanted: under 60 seconds.")
