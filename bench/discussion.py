"""The discussion: what 5 000 messages add to opening a channel, and how soon a message is on sixty screens.

A page that hears of a message asks at once for what came after the last it shows (`static/src/page/said.ts`). People
and machine are those of `bench.live`.
"""

import json
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import col

from app import create_app
from app.config import Settings
from app.observability import configure_logging
from app.pages import remembering
from bench.live import (
    COLUMNS,
    MOVES,
    PEOPLE,
    TARGET_SECONDS,
    Page,
    Sample,
    Stage,
    entered,
    found_in,
    measured,
    set_stage,
)
from bench.measuring import counted, median_ms, table
from bench.pages import fresh_database
from bench.tables import file_of, import_table
from negotiation.rules.vocabulary import SHARED
from negotiation.store import Store
from negotiation.store.columns import new_id, now
from negotiation.store.exchange import Message
from negotiation.store.people import Member, Person
from tests.e2e.serving import RunningServer
from tests.visitors import Visitor

MESSAGES = 5_000
TARGET = 1.2
WORDS = "Nous relisons le tableau des surcoûts : la ligne #M02 passe à 90 000 euros, le reste ne bouge pas."


def run() -> None:
    _opening()
    _on_sixty_screens()


# ---------------------------------------------------------------------- opening


def _opening() -> None:
    with fresh_database() as url:
        settings = Settings(data_dir=Path(tempfile.gettempdir()), database_url=url, secret_key=None, log_level="error")
        configure_logging(settings)
        app = create_app(settings)
        store: Store = app.extensions["store"]
        table_id = import_table(store, file_of())
        visitor = Visitor(app).enter(_reader(store, table_id))
        here = f"/negociations/{table_id}/discussion"
        pages = {
            "discussion": here,
            "beside a séance (htmx)": f"{here}/panneau",
            "what came after a message (htmx)": f"{here}/messages?cercle=shared&apres={{last}}",
            "the page before (htmx)": f"{here}/messages?cercle=shared&avant={{last}}",
        }
        found: dict[str, list[object]] = {name: [name] for name in pages}
        # As many as a page shows, then all of them: what is shown is the same.
        for last in _talked(store, table_id, (60, MESSAGES)):
            for name, address in pages.items():
                found[name] += _cost(visitor, store, address.format(last=last))
        store.engine.dispose()
    for row in found.values():
        row.append(float(str(row[3])) / float(str(row[1])))
    table(
        f"Opening a channel of 60 messages, then of {MESSAGES}. Median of 20, through the whole application.",
        ["page", "ms", "queries", f"ms, {MESSAGES} messages", "queries", "growth"],
        list(found.values()),
        note=f"Growth wanted: at most {TARGET}.",
    )


def _cost(visitor: Visitor, store: Store, address: str) -> tuple[float, int]:
    """Milliseconds, orders to the database, when nobody has asked for the same a moment ago."""

    def opened() -> None:
        remembering.install(visitor.app)
        if visitor.get(address).status_code != 200:
            raise RuntimeError(f"{address} isn't answered")

    with counted(store.engine) as counter:
        opened()
    orders = [order for order in counter.orders if not re.match(r"BEGIN|COMMIT|ROLLBACK", order)]
    return median_ms(opened), len(orders)


def _talked(store: Store, table_id: str, lengths: tuple[int, ...]) -> Iterator[int]:
    """The rank of the last message, once the channel has each of these lengths."""
    with store.reading() as session:
        query = select(col(Member.id), col(Member.party_id)).where(col(Member.negotiation_id) == table_id)
        member_id, party_id = session.execute(query.limit(1)).one()
        start = session.execute(select(col(Message.rank)).order_by(col(Message.rank).desc()).limit(1)).scalar() or 0
    written = 0
    for length in lengths:
        ranks = range(start + written + 1, start + length + 1)
        rows: list[dict[str, Any]] = [
            {
                "id": new_id(),
                "negotiation_id": table_id,
                "circle": str(SHARED),
                "rank": rank,
                "party_id": party_id,
                "member_id": member_id,
                "text": WORDS,
                "kind": "message",
                "refs": [],
                "at": now(),
                "recorded_at": now(),
            }
            for rank in ranks
        ]
        with store.engine.begin() as connection:
            connection.execute(insert(Message), rows)
        written = length
        yield start + length


def _reader(store: Store, table_id: str) -> str:
    query = select(col(Person.email)).join(Member, col(Member.person_id) == Person.id)
    with store.reading() as session:
        return str(session.execute(query.where(col(Member.negotiation_id) == table_id).limit(1)).scalar_one())


# ---------------------------------------------------------------------- sixty screens


def _on_sixty_screens() -> None:
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder:
        server = RunningServer(Path(folder))
        stage = set_stage(server)
        server.start()
        try:
            pages = [f"/negociations/{stage.negotiation_id}/discussion"] * len(stage.emails)
            row = measured("all on the discussion", Speaker(stage), stage.seated(pages), DiscussionPage)
        finally:
            server.stop()
            server.store.engine.dispose()
    table(
        f"A message with {PEOPLE} people connected, {MOVES} messages: milliseconds from POST to `page_changed`, and to "
        "the message shown.",
        COLUMNS,
        [row],
        note=f"Wanted: on every screen in at most {TARGET_SECONDS * 1000:.0f} ms at the 99th percentile.",
    )


class Speaker:
    """Who speaks: as a composer sends it, without leaving its page."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.place: dict[str, str] = {}
        """Where it is said, when not on the discussion's own page."""
        self.address = f"{stage.server.address}/negociations/{stage.negotiation_id}/discussion"
        self.browser = entered(stage.server.link_for(stage.player), stage.server.address)
        self.form_token = found_in(r'name="csrf_token" value="([^"]+)"', self.browser.get(self.address).text)

    def play(self, number: int) -> float:
        """Say something; when it was sent."""
        fields = {
            "csrf_token": self.form_token,
            "request_key": new_id(),
            "readers": "shared",
            "text": f"{number} : {WORDS}",
        } | self.place
        headers = {"Origin": self.stage.server.address, "HX-Request": "true"}
        began = time.monotonic()
        sent = self.browser.post(self.address, data=fields, headers=headers)
        if sent.status_code != 204:
            raise RuntimeError(f"the message was refused: {sent.status_code}")
        return began


class DiscussionPage(Page):
    """The discussion, open: it asks for what came after the last message it shows."""

    def live(self, samples: Any) -> None:
        more = found_in(r'data-more="([^"]+)" role="log"', self.source)
        last = max(map(int, re.findall(r'data-rank="(\d+)"', self.source)), default=0)
        while True:
            change = json.loads(self.await_packet("42").removeprefix("42"))[1]
            if change["type"] != "message.sent":
                continue
            told = time.monotonic()
            with closing(HTTPConnection(self.host)) as connection:
                headers = {"Cookie": self.cookies, "HX-Request": "true"}
                connection.request("GET", f"{more}&apres={last}", headers=headers)
                content = connection.getresponse().read().decode()
            came = [int(rank) for rank in re.findall(r'data-rank="(\d+)"', content)]
            if came != [last + 1]:
                raise RuntimeError(f"after message {last} came {came}")
            last += 1
            samples.put(Sample(told, time.monotonic()))
