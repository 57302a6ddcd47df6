"""A table that this process imported once is copied into every further empty database, instead of imported again.

What the importer does is told by the tests that call it themselves; the others want a table to sit at. Rows, ids and
moments of a copy are those of the one import that was made.
"""

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from typing import Any

from sqlmodel import SQLModel

from negotiation.services.importing import import_bytes
from negotiation.store import Announcing, Store
from tests.scenarios import Json, as_bytes

FRESH = 10 * 60
"""Seconds. What is older is imported again: what a test takes for « a moment ago » stays true."""
MADE_UP = re.compile(r"table\d+")
_ROWS = [table.name for table in SQLModel.metadata.sorted_tables]
_ANY_ROW = " UNION ALL ".join(f'SELECT 1 FROM "{name}"' for name in _ROWS) + " LIMIT 1"
_kept: "dict[tuple[str, str], tuple[float, str, str, Callable[[Store], None]]]" = {}
"""{(database, content): (when, id and key of the table, what puts its rows in another database)}"""


def imported_once(store: Store, content: Json, until: date | None = None) -> str:
    """The id of the table that this content makes; in a database that holds something already, by importing it.

    The key that `tests.scenarios` makes up only tells tables apart: `content` is given the key of the copy.
    """
    if not _is_empty(store):
        return _import(store, content, until)
    key = "" if MADE_UP.fullmatch(content["key"]) else content["key"]
    asked = (store.engine.dialect.name, json.dumps([content | {"key": key}, str(until)], sort_keys=True))
    if asked in _kept and time.monotonic() - _kept[asked][0] < FRESH:
        _, negotiation_id, content["key"], put_back = _kept[asked]
        put_back(store)
        return negotiation_id
    negotiation_id = _import(store, content, until)
    if put_back := _taken(store):
        _kept[asked] = (time.monotonic(), negotiation_id, content["key"], put_back)
    return negotiation_id


def _import(store: Store, content: Json, until: date | None) -> str:
    with store.unit_of_work(Announcing.SILENT) as uow:
        return import_bytes(uow, as_bytes(content), until=until).negotiation_id


def _is_empty(store: Store) -> bool:
    with _driver(store) as driver:
        return driver.execute(_ANY_ROW).fetchone() is None


# ---------------------------------------------------------------------- all rows, as each database hands them over


def _taken(store: Store) -> "Callable[[Store], None] | None":
    with _driver(store) as driver:
        return _taken_from_sqlite(driver) if store.on_sqlite else _taken_from_postgresql(driver)


def _taken_from_sqlite(driver: sqlite3.Connection) -> "Callable[[Store], None]":
    aside = sqlite3.connect(":memory:", check_same_thread=False)
    driver.backup(aside)

    def put_back(store: Store) -> None:
        with _driver(store) as other:
            aside.backup(other)

    return put_back


def _taken_from_postgresql(driver: Any) -> "Callable[[Store], None] | None":
    """None where this user may not put rows back without their triggers and in any order."""
    if driver.execute("SHOW is_superuser").fetchone() != ("on",):
        return None
    rows = {}
    for name in _ROWS:
        if driver.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone():
            with driver.cursor().copy(f'COPY "{name}" TO STDOUT (FORMAT binary)') as copy:
                rows[name] = b"".join(copy)

    def put_back(store: Store) -> None:
        with _driver(store) as other:
            other.execute("SET LOCAL session_replication_role = replica")
            for name, written in rows.items():
                with other.cursor().copy(f'COPY "{name}" FROM STDIN (FORMAT binary)') as copy:
                    copy.write(written)
            other.commit()

    return put_back


@contextmanager
def _driver(store: Store) -> Iterator[Any]:
    """The driver's own connection, outside SQLAlchemy's transactions. What isn't committed is given up."""
    with closing(store.engine.raw_connection()) as connection:
        yield connection.driver_connection
