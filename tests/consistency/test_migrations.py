"""Migrations make what the rows say, go down and up again, and lose nothing of a database that holds negotiations."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text
from sqlmodel import SQLModel, col

from negotiation.rules.history_chain import Link, Opening, verify
from negotiation.services.importing import import_file
from negotiation.store import Announcing, Store, connect_store, migrate
from negotiation.store.columns import new_id
from negotiation.store.metadata import METADATA
from negotiation.store.migrating import alembic_config
from negotiation.store.record import HistoryEntry
from negotiation.store.unit_of_work import as_link
from tests.scenarios import EHPAD, HANDICAP

FIRST_RELEASE = "0002"
"""The schema of the first day that held a negotiation."""
NOT_KEPT = {"signin_session"}
"""Whoever is signed in when the method of a sign-in is added signs in again (migration 0003)."""
OF_ALEMBIC = {"alembic_version"}


@contextmanager
def opened(url: str) -> Iterator[Store]:
    store = connect_store(url)
    yield store
    store.engine.dispose()


def tables(url: str) -> set[str]:
    with opened(url) as store:
        return set(inspect(store.engine).get_table_names()) - OF_ALEMBIC


def guards(url: str) -> list[str]:
    """What the database itself refuses: its triggers, in words."""
    with opened(url) as store, store.engine.connect() as connection:
        return sorted(_triggers(connection, on_sqlite=store.on_sqlite))


def _triggers(connection: Connection, *, on_sqlite: bool) -> list[str]:
    if on_sqlite:
        return list(connection.execute(text("SELECT sql FROM sqlite_master WHERE type = 'trigger'")).scalars())
    query = "SELECT tgname || ' ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
    return list(connection.execute(text(query)).scalars())


def rows(url: str) -> dict[str, list[str]]:
    """Every row of every table, as text, in order."""
    with opened(url) as store, store.reading() as session:
        return {
            table.name: sorted(repr(tuple(row)) for row in session.execute(select(table)))
            for table in METADATA.sorted_tables
            if table.name not in NOT_KEPT
        }


def chains(url: str) -> dict[str, list[tuple[Link, Opening]]]:
    """Every chain with what opens its entries, by name."""
    found: dict[str, list[tuple[Link, Opening]]] = {}
    with opened(url) as store, store.reading() as session:
        for entry in session.execute(select(HistoryEntry).order_by(col(HistoryEntry.sequence))).scalars():
            opening = Opening(json.loads(entry.payload or "{}"), bytes.fromhex(entry.salt))
            found.setdefault(f"{entry.negotiation_id} {entry.circle}", []).append((as_link(entry), opening))
    return found


def is_whole(chain: list[tuple[Link, Opening]]) -> bool:
    return verify([link for link, _ in chain], [opening for _, opening in chain]).fault is None


def load_demonstrations(url: str) -> None:
    with opened(url) as store:
        with store.unit_of_work(Announcing.SILENT) as uow:
            import_file(uow, EHPAD)
        with store.unit_of_work(Announcing.SILENT) as uow:
            import_file(uow, HANDICAP, until=date(2026, 7, 10))


def test_the_newest_migration_makes_every_table_and_none_besides(database_url: str) -> None:
    assert tables(database_url) == {table.name for table in SQLModel.metadata.sorted_tables}


def test_migrations_and_rows_agree(database_url: str) -> None:
    """`alembic check`: nobody changed a row without its migration."""
    command.check(alembic_config(database_url))


def test_migrations_form_one_line() -> None:
    script = ScriptDirectory.from_config(alembic_config("sqlite://"))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
    assert all(not revision.is_merge_point for revision in script.walk_revisions())


def test_what_goes_up_comes_down_and_goes_up_again(database_url: str) -> None:
    before = guards(database_url)
    command.downgrade(alembic_config(database_url), "base")
    assert tables(database_url) == set()
    assert guards(database_url) == []
    migrate(database_url)
    assert guards(database_url) == before
    command.check(alembic_config(database_url))


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    before = guards(database_url)
    migrate(database_url)
    assert guards(database_url) == before


def test_a_database_of_the_first_release_keeps_every_row_and_every_hash(database_url: str) -> None:
    """The two demonstrations, the frozen one included, brought back to the first release's schema and up again."""
    expected_guards = guards(database_url)
    load_demonstrations(database_url)
    before, linked = rows(database_url), chains(database_url)

    command.downgrade(alembic_config(database_url), FIRST_RELEASE)
    migrate(database_url)

    assert chains(database_url) == linked
    assert all(is_whole(chain) for chain in chains(database_url).values())
    assert rows(database_url) == before
    assert guards(database_url) == expected_guards, "a table was made anew without its triggers"


def test_migrated_history_is_still_append_only(database_url: str) -> None:
    load_demonstrations(database_url)
    command.downgrade(alembic_config(database_url), FIRST_RELEASE)
    migrate(database_url)
    with opened(database_url) as store:
        for order in (
            "UPDATE history_entry SET actor = 'somebody'",
            "DELETE FROM history_entry",
            "UPDATE version SET text = 'another'",
            "UPDATE clause SET working_text = 'another' WHERE negotiation_id IN "
            "(SELECT id FROM negotiation WHERE frozen_at IS NOT NULL)",
        ):
            with pytest.raises(Exception, match=r"immutable|frozen"), store.unit_of_work() as uow:
                uow.session.execute(text(order))


def test_an_id_of_the_store_tells_no_time() -> None:
    """UUIDv4: a time-ordered one would tell when something private was first written."""
    assert {new_id()[14] for _ in range(50)} == {"4"}
