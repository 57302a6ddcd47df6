"""The history years later: the screens that read it, and what ten times the events add to their first content.

A contract of 500 clauses in twenty articles, 2 000 events, then 20 000. One clause in ten has known a reserve: it is
told from its first move, where the others are told from their last text. Who builds a screen of the history adds a
line.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir

from flask import Flask
from sqlalchemy import select, update
from sqlmodel import col

from app import create_app
from app.config import Settings
from app.observability import configure_logging
from app.pages import remembering
from bench.measuring import counted, median_ms, table, timed
from bench.pages import counts_of, fresh_database, reader_of
from bench.tables import PARTIES, file_of, import_table, lengthen
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import Move
from negotiation.services import deriving
from negotiation.store import Announcing, Store
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import MoveRow
from negotiation.store.people import Party
from tests.scenarios import Json
from tests.visitors import Visitor

CLAUSES, ARTICLES = 500, 20
MOVES, COMMENTS = 1_380, 500
"""Texts and acceptances, and what is said about them: with the longest thread, 2 000 events."""
TIMES = 10
TARGET, WITHIN_MS = 1.2, 1000
DAY = "2026-04-02"
"""In the middle of the longer history, and at the end of the shorter one."""

SCREENS = (
    ("by engagement", "{table}/navettes"),
    ("navette of the longest", "/clauses/{clause}/navette"),
    ("at a date", "{table}/au/{day}"),
    ("at a date, one article", "{table}/au/{day}?partie={part}"),
    ("today", "{table}/au/{today}"),
    ("two dates", "{table}/comparer?de={day}&a=maintenant"),
    ("two dates, one article", "{table}/comparer?de={day}&a=maintenant&partie={part}"),
    ("first version, agreed", "{table}/comparer?de=v1&a=accord"),
    ("two parties", "{table}/comparer?de=partie-{og}&a=partie-{ars}"),
    ("who wrote what", "{table}/provenance"),
    ("at a glance", "{table}/apercu"),
    ("evaluation", "{table}/evaluation"),
    ("chain", "{table}/historique"),
)
"""Name and address; a screen that isn't there yet is left out of the table."""


@dataclass(frozen=True)
class Measure:
    """A screen: milliseconds of server time, orders to the database."""

    ms: float
    orders: int


def run() -> None:
    with fresh_database() as url:
        settings = Settings(data_dir=Path(gettempdir()), database_url=url, secret_key=None, log_level="error")
        configure_logging(settings)
        app = create_app(settings)
        store: Store = app.extensions["store"]
        with timed() as importing:
            negotiation_id = import_table(store, contract())
            _state_reserves(store, negotiation_id)
            _derive(store)
        counts = [counts_of(store)]
        before = _measured(app, negotiation_id)
        lengthen(store, negotiation_id, moves=(TIMES - 1) * (MOVES + COMMENTS))
        with timed() as working_out:
            _derive(store)
        counts.append(counts_of(store))
        after = _measured(app, negotiation_id)
        store.engine.dispose()
    rows = [
        [name, base.ms, base.orders, after[name].ms, after[name].orders, after[name].ms / base.ms]
        for name, base in before.items()
    ]
    table(
        f"Years: {CLAUSES} clauses; {counts[0]}; then {counts[1]}. Median of 20, through the whole application.",
        ["screen", "ms", "queries", f"ms, history × {TIMES}", "queries", "growth"],
        rows,
        note=f"Imported and worked out in {importing.seconds:.0f} s, worked out again in {working_out.seconds:.0f} s. "
        f"Wanted: growth of {TARGET} at most, and {WITHIN_MS} ms.",
    )


def contract() -> Json:
    """The engagements of `bench.tables`, shared among the articles."""
    content = file_of(clauses=CLAUSES, moves=MOVES, comments=COMMENTS)
    first = content["clauses"][0]
    content["clauses"] = [
        first | {"id": f"k{number:02}", "number": str(number), "title": f"Article {number}"}
        for number in range(1, ARTICLES + 1)
    ]
    for place, engagement in enumerate(content["engagements"]):
        engagement["target"] = {"type": "clause", "id": f"k{place * ARTICLES // CLAUSES + 1:02}"}
    return content


def _state_reserves(store: Store, negotiation_id: str) -> None:
    """The first remark on one clause in ten becomes a reserve."""
    with store.engine.begin() as connection:
        clauses = select(col(MoveRow.clause_id)).where(
            col(MoveRow.negotiation_id) == negotiation_id, col(MoveRow.rank) == 2, col(MoveRow.type) == Move.COMMENT
        )
        tenth = sorted(connection.execute(clauses).scalars())[::10]
        second = (col(MoveRow.clause_id).in_(tenth)) & (col(MoveRow.rank) == 2)
        connection.execute(update(MoveRow).where(second).values(type=Move.RESERVE))


def _derive(store: Store) -> None:
    """Who wrote what, and what happened on each clause: what the server works out beside its pages."""
    while True:
        with store.reading() as session:
            if not deriving.is_waiting(session):
                return
            found = deriving.derive(session)
        with store.unit_of_work(Announcing.SILENT) as uow:
            deriving.keep(uow, found)


def _measured(app: Flask, negotiation_id: str) -> dict[str, Measure]:
    store: Store = app.extensions["store"]
    with store.reading() as session:
        parts = select(col(Part.key), col(Part.id)).where(col(Part.negotiation_id) == negotiation_id)
        clauses = select(col(Clause.code), col(Clause.id)).where(col(Clause.negotiation_id) == negotiation_id)
        parties = select(col(Party.key), col(Party.id)).where(col(Party.negotiation_id) == negotiation_id)
        part, clause = dict(session.execute(parts).all())["k02"], dict(session.execute(clauses).all())["X0001"]
        ids = {key: found for key, found in session.execute(parties).all() if key in PARTIES}
    named = {"table": f"/negociations/{negotiation_id}", "part": part, "clause": clause, "day": DAY, **ids}
    named["today"] = paris_day(now()).isoformat()
    visitor = Visitor(app).enter(reader_of(store, negotiation_id))
    found: dict[str, Measure] = {}
    for name, address in SCREENS:
        measure = _measure(app, visitor, address.format(**named))
        if measure is not None:
            found[name] = measure
    return found


def _measure(app: Flask, visitor: Visitor, address: str) -> Measure | None:
    store: Store = app.extensions["store"]

    def ask() -> int:
        remembering.install(app)  # nothing that was read a moment ago
        return visitor.get(address).status_code

    if ask() == 404:
        return None
    with counted(store.engine) as counter:
        status = ask()
    if status != 200:
        raise RuntimeError(f"{address}: {status}")
    orders = [order for order in counter.orders if not re.match(r"BEGIN|COMMIT|ROLLBACK", order)]
    return Measure(median_ms(ask), len(orders))
