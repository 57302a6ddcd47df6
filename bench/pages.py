"""Server time of the pages that a long negotiation makes heavy, and what ten times the history adds to it."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select
from sqlmodel import col

from app import create_app
from app.config import Settings
from app.observability import configure_logging
from bench.measuring import counted, median_ms, table, timed
from bench.tables import CLAUSES, COMMENTS, MOVES, TIMES, file_of, import_table, lengthen
from negotiation.rules.vocabulary import ClauseState, Move
from negotiation.store import Store, migrate
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow
from negotiation.store.people import Member, Person
from negotiation.store.record import HistoryEntry
from tests.visitors import Visitor

TARGET = 1.2


@dataclass(frozen=True)
class Measure:
    """A page: milliseconds, orders to the database, bytes."""

    ms: float
    orders: int
    size: int


def run() -> None:
    with fresh_database() as url:
        settings = Settings(data_dir=Path(tempfile.gettempdir()), database_url=url, secret_key=None, log_level="error")
        configure_logging(settings)
        app = create_app(settings)
        store: Store = app.extensions["store"]
        with timed() as importing:
            negotiation_id = import_table(store, file_of())
        before = measured(app, negotiation_id)
        counts = [counts_of(store)]
        with timed() as lengthening:
            lengthen(store, negotiation_id, moves=(TIMES - 1) * (MOVES + COMMENTS))
        counts.append(counts_of(store))
        after = measured(app, negotiation_id)
        _print(before, after, counts=counts, seconds=(importing.seconds, lengthening.seconds))
        store.engine.dispose()


@contextmanager
def fresh_database() -> Iterator[str]:
    """SQLite in a folder of its own, or an empty database named by `BENCH_DATABASE_URL`."""
    given = os.environ.get("BENCH_DATABASE_URL")
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder:
        url = given or f"sqlite:///{folder}/navette.sqlite"
        migrate(url)
        yield url


def counts_of(store: Store) -> str:
    """How long the history is, in words."""
    with store.reading() as session:
        talk = col(MoveRow.type) == Move.COMMENT
        moves, comments = (session.execute(select(func.count()).where(which)).scalar_one() for which in (~talk, talk))
        facts = session.execute(select(func.count()).select_from(HistoryEntry)).scalar_one()
    return f"{moves} moves, {comments} comments, {facts} facts"


def measured(app: Flask, negotiation_id: str) -> dict[str, Measure]:
    """Each page, read by the gestionnaire's negotiator."""
    store: Store = app.extensions["store"]
    visitor = Visitor(app).enter(reader_of(store, negotiation_id))
    clause = _open_clause(store, negotiation_id)
    table_page = f"/negociations/{negotiation_id}"
    pages = {
        "home": "/",
        "table": table_page,
        "table, one filter": f"{table_page}?etat=a-moi",
        "board alone (htmx)": f"{table_page}/fragment/tableau",
        f"part of {CLAUSES} clauses, one open": f"/clauses/{clause}/proposition",
        "card alone (htmx)": f"/clauses/{clause}/fragment/carte",
        "margin alone (htmx)": f"/clauses/{clause}/fragment/marge",
        "navette of a clause": f"/clauses/{clause}/navette",
        "history": f"{table_page}/historique",
        "discussion": f"{table_page}/discussion",
        "versions": f"{table_page}/versions",
    }
    return {name: _measure(visitor, store, address) for name, address in pages.items()}


def _measure(visitor: Visitor, store: Store, address: str) -> Measure:
    answer = visitor.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")
    with counted(store.engine) as counter:
        visitor.get(address)
    orders = [order for order in counter.orders if not re.match(r"BEGIN|COMMIT|ROLLBACK", order)]
    return Measure(median_ms(lambda: visitor.get(address)), len(orders), len(answer.data))


def reader_of(store: Store, negotiation_id: str) -> str:
    """The address of the gestionnaire's negotiator."""
    query = (
        select(col(Person.email))
        .join(Member, col(Member.person_id) == Person.id)
        .where(col(Member.negotiation_id) == negotiation_id, col(Member.key) == "og.dg")
    )
    with store.reading() as session:
        return str(session.execute(query).scalar_one())


def _open_clause(store: Store, negotiation_id: str) -> str:
    """The first clause still waiting for an answer."""
    query = (
        select(col(Clause.id))
        .where(
            col(Clause.negotiation_id) == negotiation_id,
            col(Clause.versions) > 0,
            col(Clause.state) != ClauseState.AGREED,
        )
        .order_by(col(Clause.position))
        .limit(1)
    )
    with store.reading() as session:
        return str(session.execute(query).scalar_one())


def _print(
    before: dict[str, Measure], after: dict[str, Measure], *, counts: list[str], seconds: tuple[float, float]
) -> None:
    rows = [
        [name, base.ms, base.orders, base.size // 1000, long.ms, long.orders, long.size // 1000, long.ms / base.ms]
        for (name, base), long in zip(before.items(), after.values(), strict=True)
    ]
    table(
        f"Pages: {CLAUSES} clauses; {counts[0]}; then {counts[1]}. Median of 20, through the whole application.",
        ["page", "ms", "queries", "kB", f"ms, history × {TIMES}", "queries", "kB", "growth"],
        rows,
        note=f"Imported in {seconds[0]:.1f} s through the services; the rest written as rows in {seconds[1]:.1f} s. "
        f"Growth wanted: at most {TARGET}.",
    )
