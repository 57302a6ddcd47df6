"""A sample of the authorisation matrix on PostgreSQL: what is denied answers and writes there as on SQLite.

The whole matrix runs on SQLite, where a file is put back in a moment (`test_authorisation_matrix.py`). Here nothing is
put back: only denied cells are asked, of whoever does not sit at the table and of whoever only reads it.
"""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.limits import limiter
from negotiation.rules.policy import OPEN_TO
from negotiation.store import Store
from negotiation.store.metadata import METADATA
from tests.matrix_world import ABROAD, SEATED, UNKNOWN, Keeper, Way, Who, World, an_open_world

pytestmark = pytest.mark.parametrize("database_url", ["PostgreSQL"], indirect=True)
STRANGER = next(who for who in ABROAD if who.name == "stranger")
COMMENTER = next(who for who in SEATED if who.name == "commenter")
READER = next(who for who in SEATED if who.name == "reader")


class Digest(Keeper):
    """Every row of every table as one number: whether anybody wrote. Nothing is put back."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine
        rows = "SELECT md5(coalesce(string_agg(row::text, '|' ORDER BY row::text), '')) AS said FROM"
        tables = " UNION ALL ".join(f'({rows} "{table.name}" row)' for table in METADATA.sorted_tables)
        self._query = f"SELECT md5(string_agg(said, '|')) FROM ({tables}) each_table"

    def keep(self) -> None:
        """Nothing is put back."""

    def version(self) -> int:
        with self._engine.connect() as connection:
            return int(str(connection.exec_driver_sql(self._query).scalar_one()), 16)


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    limiter.enabled = False
    found = an_open_world(app, Digest(app.extensions["store"]))
    with found.plainly():
        yield found
    limiter.enabled = True


def test_what_is_denied_is_absent_and_writes_nothing(world: World) -> None:
    asked = [way for way in world.ways.values() if way.method == "POST" and way.action not in OPEN_TO]
    before = world.keeper.version()
    wrong = [fault for way in asked for who in (STRANGER, READER) for fault in faults_in(world, who, way)]
    assert not wrong, "\n" + "\n".join(wrong)
    assert world.keeper.version() == before
    speaking = world.ways["POST /negociations/<negotiation_id>/discussion"]
    assert world.ask(COMMENTER, speaking, world.own, {"text": "Un mot.", "readers": "shared"}).status == 302
    assert world.keeper.version() != before, "the digest sees what is written"


def faults_in(world: World, who: Who, way: Way) -> Iterator[str]:
    if not who.sits:
        asked = [(world.own, (404,))]
    elif not who.may(way.action):
        asked = [(world.own, (403, 404)), (world.other, (404,))]
    else:
        asked = [({name: [UNKNOWN] for name in way.rule.arguments}, (404,)), (world.other, (404,))]
    for ids, expected in asked:
        if (status := world.ask(who, way, ids).status) not in expected:
            yield f"{way.name}: {status} for {who.name}"
