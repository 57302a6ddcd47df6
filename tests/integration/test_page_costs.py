"""What a page costs doesn't grow with what it tells: the same number of orders to the database, whatever the length."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, text

from app.pages import remembering
from negotiation.store import Store
from negotiation.store.queries.instance import tables_of_instance
from tests.builders import Table, a_table
from tests.scenarios import Json, engagement, move
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

PAGES = (
    "/",
    "/negociations/{table}",
    "/negociations/{table}/texte/{part}",
    "/clauses/{clause}/proposition",
    "/clauses/{clause}/fragment/carte",
    "/clauses/{clause}/fragment/marge",
    "/clauses/{clause}/navette",
    "/negociations/{table}/historique",
    "/negociations/{table}/discussion",
    "/negociations/{table}/indicateurs",
    "/negociations/{table}/finances",
    "/negociations/{table}/suivi",
)


MOST_ORDERS = 60


def long_thread(key: str, length: int) -> list[Json]:
    """A text, then remarks on it."""
    opening = move(f"{key}-m01", "og.dg", "proposal", "Un texte.", value=93)
    talk = [move(f"{key}-m{number:02}", "ars.dg", "comment", "Une remarque.") for number in range(2, length + 1)]
    return [opening, *talk]


def a_table_of(store: Store, *, clauses: int, moves: int) -> Table:
    keys = [f"en{number:02}" for number in range(1, clauses + 1)]
    target = {"type": "clause", "id": "k01"}
    written = [engagement(key, target, ["og", "ars", "cd"], long_thread(key, moves)) for key in keys]
    return a_table(store, engagements=written)


@contextmanager
def orders_sent(store: Store) -> Iterator[list[str]]:
    """The orders to the database, as they go."""
    sent: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        sent.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    yield sent
    event.remove(store.engine, "before_cursor_execute", note)


def orders_for(app: Flask, table: Table) -> dict[str, int]:
    """How many orders each page sends to the database."""
    visitor, found = Visitor(app).enter(table.cd.dg.email), {}
    named = {"table": table.id, "part": table.part_id("k01"), "clause": table.clause_id("en01")}
    with orders_sent(table.store) as sent:
        for page in PAGES:
            sent.clear()
            remembering.install(app)  # nothing that somebody else asked a moment ago
            assert visitor.get(page.format(**named)).status_code == 200, page
            found[page] = len(sent)
    return found


def test_a_page_asks_no_more_where_there_is_more_to_show(app: Flask) -> None:
    store: Store = app.extensions["store"]
    little = orders_for(app, a_table_of(store, clauses=2, moves=3))
    assert orders_for(app, a_table_of(store, clauses=30, moves=30)) == little
    assert max(little.values()) <= MOST_ORDERS


def test_what_a_colleague_read_a_moment_ago_is_not_read_again(app: Flask) -> None:
    """After a move every open page asks for the same fragment: sixty people are three parties."""
    table = a_table_of(app.extensions["store"], clauses=2, moves=3)
    address = f"/clauses/{table.clause_id('en01')}/fragment/carte"
    first, second = (Visitor(app).enter(person.email) for person in (table.cd.lect, table.cd.lect))
    with orders_sent(table.store) as sent:
        assert first.get(address).status_code == 200
        alone = len(sent)
        sent.clear()
        assert second.get(address).status_code == 200
    assert len(sent) < alone / 3


def test_the_moves_of_a_clause_are_found_without_reading_those_of_the_others(app: Flask) -> None:
    """SQLite has no statistics here: it once chose to read a whole negotiation for each count."""
    store: Store = app.extensions["store"]
    question = (
        "EXPLAIN QUERY PLAN SELECT count(*) FROM move WHERE clause_id = 'c' AND negotiation_id = 'n' "
        "AND circle IN ('a', 'b') AND type IN ('comment', 'question', 'answer')"
    )
    with store.reading() as session:
        (plan,) = session.execute(text(question)).all()
    assert "negotiation_id=? AND clause_id=?" in plan[-1]


def test_the_operator_lists_two_tables_for_the_price_of_one(store: Store) -> None:
    a_table(store, parties=["og", "ars", "cd"])
    with orders_sent(store) as sent, store.reading() as session:
        (first,) = tables_of_instance(session)
    a_table(store, parties=["og", "ars"])
    with orders_sent(store) as sent_for_two, store.reading() as session:
        tables = tables_of_instance(session)
    assert len(sent_for_two) == len(sent)
    assert tables[0] == first
    assert tables[1].parties == first.parties[:2]
    assert 0 < tables[1].members < first.members
