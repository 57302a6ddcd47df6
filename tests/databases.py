"""On which database a story is told: by `make check` on one, by `make faults` on the other, by hand on both.

By the name of its test, so that a story that fails in continuous integration fails there again, and so that every
module has some on PostgreSQL. What asks something of the database itself is told on both by `make check`.
"""

import os
from collections import Counter
from zlib import crc32

import pytest

ON_BOTH = frozenset(
    {
        "test_after_commit",
        "test_announcing",
        "test_destroyed_inside",
        "test_drafting",
        "test_fresh_database",
        "test_freezing",
        "test_locked_rows",
        "test_moves",
        "test_races",
        "test_same_request_twice",
        "test_seance_races",
        "test_search",
    }
)
"""Modules about transactions, locks, constraints, order and what each database compares in its own way."""


def is_short_run() -> bool:
    """Whether the whole suite runs and time counts: so in `make check`. Nothing is left out of a run by hand."""
    return os.environ.get("NAVETTE_SHORT_RUN") == "1"


def is_other_run() -> bool:
    """Whether only what `make check` leaves out of the stories counts: so in `make faults`."""
    return os.environ.get("NAVETTE_SHORT_RUN") == "other"


def told_twice(items: list[pytest.Item]) -> set[pytest.Item]:
    """The tests that come once for each database."""
    told = Counter(_story(item) for item in items)
    return {item for item in items if told[_story(item)] == 2 and _database(item) is not None}


def left_to_the_other(items: list[pytest.Item]) -> set[pytest.Item]:
    """Those among them that are told on the other database when there is little time."""
    return {item for item in told_twice(items) if item.path.stem not in ON_BOTH and _database(item) != _chosen(item)}


def _database(item: pytest.Item) -> str | None:
    called = getattr(item, "callspec", None)
    return called.params.get("database_url") if called else None


def _story(item: pytest.Item) -> tuple[str, str]:
    return str(item.path), item.nodeid.replace(str(_database(item)), "")


def _chosen(item: pytest.Item) -> str:
    return "SQLite" if crc32(getattr(item, "originalname", item.name).encode()) % 2 else "PostgreSQL"
