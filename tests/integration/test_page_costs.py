"""What a page costs doesn't grow with what it tells: the same number of orders to the database, whatever the length."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event, insert, select, text
from sqlmodel import col

from app.pages import remembering
from negotiation.rules.paris import paris_day
from negotiation.rules.seances import DecisionKind, DecisionState
from negotiation.services import deriving
from negotiation.store import Announcing, Store
from negotiation.store.columns import new_id, now
from negotiation.store.exchange import MoveRow
from negotiation.store.queries.instance import tables_of_instance
from negotiation.store.seances import SeanceDecision
from tests.builders import Table, a_table
from tests.scenarios import Json, engagement, move
from tests.seance_table import Meeting, an_open_seance
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
    "/negociations/{table}/evaluation",
)

PARTIES = ("og", "ars", "cd")
PAST = (
    "/negociations/{table}/au/{between}",
    "/negociations/{table}/au/{today}",
    "/negociations/{table}/comparer?de={between}&a=maintenant",
    "/negociations/{table}/comparer?de={between}&a=maintenant&partie={part}",
    "/negociations/{table}/comparer?de=v1&a=accord",
    "/negociations/{table}/comparer?de=partie-{og}&a=partie-{ars}",
    "/negociations/{table}/provenance",
    "/negociations/{table}/apercu",
    "/negociations/{table}/historique",
)
"""What is read of a history, whatever its length. (« Par engagement » counts every step, in an index.)"""
MOST_ORDERS = 60
MOST_GROWTH = 1.2


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


def test_ten_times_the_history_makes_the_database_work_a_fifth_more_at_most(app: Flask) -> None:
    """Counted in the steps of SQLite's own machine, that read what is read: they are the same on any computer."""
    short, long = (_works_for(app, _moving(app.extensions["store"], moves=moves)) for moves in (4, 40))
    assert [orders for orders, _ in long.values()] == [orders for orders, _ in short.values()]
    grew = {page: round(long[page][1] / work, 2) for page, (_, work) in short.items()}
    assert {page: growth for page, growth in grew.items() if growth > MOST_GROWTH} == {}


def _moving(store: Store, *, moves: int) -> Table:
    """Clauses that are countered again and again, one of them under a reserve, worked out as the server does."""
    target, written = {"type": "clause", "id": "k01"}, []
    for key in (f"en{number:02}" for number in range(1, 7)):
        texts = [
            move(f"{key}-m{at:02}", f"{PARTIES[at % 3]}.dg", "counter_proposal", f"Le texte numéro {at}.", value=at)
            for at in range(3, moves + 1)
        ]
        first = move(f"{key}-m01", "og.dg", "proposal", "Un texte.", value=93)
        reserve = move(f"{key}-m02", "ars.dg", "reserve" if key == "en01" else "comment", "Sous réserve.")
        written.append(engagement(key, target, list(PARTIES), [first, reserve, *texts]))
    table = a_table(store, engagements=written)
    with store.reading() as session:
        while deriving.is_waiting(session):
            found = deriving.derive(session)
            with store.unit_of_work(Announcing.SILENT) as uow:
                deriving.keep(uow, found)
            session.rollback()
    return table


def _works_for(app: Flask, table: Table) -> dict[str, tuple[int, int]]:
    """Of each page, its orders to the database and the hundreds of steps that these take there."""
    visitor, found, steps = Visitor(app).enter(table.cd.dg.email), {}, []
    with table.store.reading() as session:
        moments = sorted(
            session.execute(select(col(MoveRow.at)).where(col(MoveRow.negotiation_id) == table.id)).scalars()
        )
    named = {"table": table.id, "part": table.part_id("k01"), "og": table.og.id, "ars": table.ars.id}
    named |= {"between": f"{moments[len(moments) // 2]:%Y-%m-%dT%H:%M}", "today": paris_day(now()).isoformat()}

    def watch(connection: sqlite3.Connection, *rest: object) -> None:
        connection.set_progress_handler(lambda: steps.append(1), 100)

    event.listen(table.store.engine, "checkout", watch)
    with orders_sent(table.store) as sent:
        for page in PAST:
            visitor.get(page.format(**named))  # what is compiled once is compiled
            remembering.install(app)
            sent.clear()
            steps.clear()
            assert visitor.get(page.format(**named)).status_code == 200, page
            found[page] = (len(sent), len(steps))
    event.remove(table.store.engine, "checkout", watch)
    return found


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
    assert plan[-1].startswith("SEARCH")
    assert "clause_id=?" in plan[-1]


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


def test_a_screen_is_sent_the_last_decisions_whatever_was_noted_before(app: Flask, store: Store) -> None:
    """At each click everybody's screen asks for the decisions again."""
    table = a_table(store)
    meeting = an_open_seance(table, table.og.dg)
    reader = Visitor(app).enter(table.ars.dg.email)
    here = f"/negociations/{table.id}/seances/{meeting.id}"
    found = []
    for noted in (60, 240):
        _note(meeting, until=noted)
        remembering.install(app)
        with orders_sent(store) as sent:
            html = reader.get(f"{here}/fragment/decisions").text
        found.append((len(sent), len(html) // 1000, html.count('<li id="decision-')))
        assert f"Toutes les décisions ({noted})" in html and "La première" in html
    assert found[0] == found[1] and found[0][2] == 51, "the last fifty, and the one that still waits for its party"
    everything = ""
    page = reader.get(f"{here}/decisions").text
    while page:
        everything += page
        older = re.search(r"/decisions\?avant=\d+", page)
        page = reader.get(f"/negociations/{table.id}/seances/{meeting.id}{older[0]}").text if older else ""
    assert len(set(re.findall(r'<li id="decision-([^"]+)"', everything))) == 240


def _note(meeting: Meeting, *, until: int) -> None:
    """Decisions that bind nobody, after one that waits for the ARS."""
    table = meeting.table
    if not meeting.seen_by(table.og.dg).decisions:
        table.og.dg.propose("en01", "Un texte.", value=93)
        meeting.agree(table.og.dg, "en01", party_id=table.ars.id, text="La première.")
    rows = [
        {
            "id": new_id(),
            "negotiation_id": table.id,
            "seance_id": meeting.id,
            "rank": rank,
            "kind": DecisionKind.SENT_TO_COPIL,
            "text": f"Le point {rank:04}, qui demande l’avis du comité.",
            "state": DecisionState.BOUND,
            "recorded_by": table.og.dg.member.id,
            "recorded_at": now(),
        }
        for rank in range(meeting.seen_by(table.og.dg).noted + 1, until + 1)
    ]
    with table.store.engine.begin() as connection:
        connection.execute(insert(SeanceDecision), rows)
