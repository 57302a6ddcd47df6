"""How soon a move is on every screen: sixty people at one table of the real server, one of whom plays.

Each of them has a page open, as a browser has it: a socket that hears `page_changed`, then, once 150 ms have passed
without another change, the fragments that concern this page, fetched over HTTP. They live in one process of their own,
a thread each, on the same machine: what they cost is told too, since real ones bring their own processors.
"""

import html
import http.client
import json
import multiprocessing
import os
import queue
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

import requests
import websocket
from sqlalchemy import select
from sqlmodel import col

from bench.measuring import table
from negotiation.rules.vocabulary import ClauseKind, ClauseState, ValueKind
from negotiation.services.importing import import_bytes
from negotiation.store import Announcing, Store
from negotiation.store.contract import Clause, ClauseParty
from negotiation.store.exchange import Version
from negotiation.store.people import Member, Party, Person
from tests.e2e.serving import RunningServer
from tests.scenarios import HANDICAP, Json, as_bytes, sample

PEOPLE = 60
MOVES = 20
"""Played in each setting: with sixty people, 1 200 screens refreshed."""
UNTIL = date(2026, 7, 10)
"""The demonstration that is still being negotiated, as a first start loads it."""
GATHER_SECONDS = 0.15
"""What `static/src/page/refresh.ts` waits for other changes of the same move."""
PAUSE_SECONDS = 0.5
"""Between two moves, once every screen shows the first."""
PATIENCE_SECONDS = 60.0
TARGET_SECONDS = 1.0
SHARES = {"all on the clause": 1.0, "all on the board": 0.0, "half on each": 0.5}
"""How many of the sixty look at the clause that moves; the others look at the board."""


@dataclass(frozen=True)
class Seat:
    """Somebody's page: the single-use link they enter by, and the address they look at."""

    link: str
    page: str


@dataclass(frozen=True)
class Sample:
    """When one page heard of a move, and when it showed it: seconds on the clock that the processes share."""

    told: float
    shown: float


@dataclass(frozen=True)
class Stage:
    """The table played on: the clause that moves, who plays, and everybody's address."""

    server: RunningServer
    negotiation_id: str
    clause_id: str
    player: str
    emails: Sequence[str]

    def seats(self, share: float) -> list[Seat]:
        pages = (f"/clauses/{self.clause_id}/proposition", f"/negociations/{self.negotiation_id}")
        on_clause = round(len(self.emails) * share)
        return self.seated([pages[0] if place < on_clause else pages[1] for place in range(len(self.emails))])

    def seated(self, pages: Sequence[str]) -> list[Seat]:
        """Everybody before the page of the same place in the list."""
        return [Seat(self.server.link_for(email), page) for email, page in zip(self.emails, pages, strict=True)]


def run() -> None:
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder:
        server = RunningServer(Path(folder))
        stage = set_stage(server)
        server.start()
        try:
            rows = [measured(setting, Player(stage), stage.seats(share), Page) for setting, share in SHARES.items()]
        finally:
            server.stop()
            server.store.engine.dispose()
    table(
        f"A move with {PEOPLE} people connected, {MOVES} moves: milliseconds from POST to `page_changed`, and to the "
        "fragments shown.",
        COLUMNS,
        rows,
        note=f"{GATHER_SECONDS * 1000:.0f} ms of what is shown are the page's own pause. Wanted: shown on every screen "
        f"in at most {TARGET_SECONDS * 1000:.0f} ms at the 99th percentile.",
    )


COLUMNS = [
    "",
    *(f"{what} p{rank}" for what in ("told", "shown") for rank in (50, 95, 99)),
    "slowest",
    "server ms a gesture",
    "pages ms a gesture",
]
"""The last two are processor time."""


# ---------------------------------------------------------------------- the table


def set_stage(server: RunningServer) -> Stage:
    """The demonstration with sixty people, imported before the server starts."""
    content = _crowded(sample(HANDICAP))
    with server.store.unit_of_work(Announcing.SILENT) as uow:
        negotiation_id = import_bytes(uow, as_bytes(content), until=UNTIL).negotiation_id
    clause_id, player = _played(server.store, negotiation_id)
    with server.store.reading() as session:
        query = select(col(Person.email)).join(Member, col(Member.person_id) == Person.id)
        emails = session.execute(query.where(col(Member.negotiation_id) == negotiation_id)).scalars().all()
    others = [email for email in emails if email != player][: PEOPLE - 1]
    return Stage(server, negotiation_id, clause_id, player, [player, *others])


def _crowded(content: Json) -> Json:
    """With enough members that sixty may come, shared among the parties."""
    parties = content["parties"]
    for number in range(PEOPLE):
        party = parties[number % len(parties)]
        member = {"id": f"{party['id']}.p{number:02}", "party_id": party["id"], "role": "Équipe", "rights": ["lecteur"]}
        party["members"].append(member)
    return content


def _played(store: Store, negotiation_id: str) -> tuple[str, str]:
    """A text still discussed that holds no number, and somebody of a concerned party who may negotiate it."""
    query = (
        select(col(Clause.id), col(Person.email), col(Member.rights))
        .join(ClauseParty, col(ClauseParty.clause_id) == Clause.id)
        .join(Party, col(Party.id) == ClauseParty.party_id)
        .join(Member, col(Member.party_id) == Party.id)
        .join(Person, col(Person.id) == Member.person_id)
        .where(
            col(Clause.negotiation_id) == negotiation_id,
            col(Clause.kind) != ClauseKind.ENGAGEMENT,
            col(Clause.value_kind) == ValueKind.NONE,
            col(Clause.state).in_([ClauseState.PROPOSED, ClauseState.COUNTERED, ClauseState.TO_WRITE]),
        )
        .order_by(col(Clause.position), col(Member.key))
    )
    with store.reading() as session:
        return next((row.id, row.email) for row in session.execute(query) if "valideur" in row.rights)


# ---------------------------------------------------------------------- one setting


class Playing(Protocol):
    """Somebody who does something that the others see."""

    stage: Stage

    def play(self, number: int) -> float:
        """Do it for the n-th time; when it was sent."""


def measured(setting: str, player: Playing, seats: Sequence[Seat], page: type["Page"]) -> list[object]:
    """A row of the table: how soon the pages at these seats heard of what is played and showed it."""
    servers = descendants(os.getpid())
    with _audience(player.stage, seats, page) as (samples, audience):
        player.play(0)  # the first of all finds everything cold
        _collected(samples)
        before = [processor_seconds(pids) for pids in (servers, [audience])]
        told, shown = [], []
        for number in range(1, MOVES + 1):
            time.sleep(PAUSE_SECONDS)
            began = player.play(number)
            for found in _collected(samples):
                told.append((found.told - began) * 1000)
                shown.append((found.shown - began) * 1000)
        costs = [
            (processor_seconds(pids) - then) * 1000 / MOVES
            for pids, then in zip((servers, [audience]), before, strict=True)
        ]
    return [setting, *_ranks(told), *_ranks(shown), max(shown), *costs]


def _ranks(found: list[float]) -> list[float]:
    hundredths = statistics.quantiles(found, n=100, method="inclusive")
    return [hundredths[rank - 1] for rank in (50, 95, 99)]


def _collected(samples: Any) -> list[Sample]:
    """One sample of each page. Raises RuntimeError when a page never showed the move."""
    try:
        return [samples.get(timeout=PATIENCE_SECONDS) for _ in range(PEOPLE)]
    except queue.Empty:
        raise RuntimeError("a page never showed the move") from None


class Player:
    """Who plays: a browser of its own, which follows the redirect to the clause as browsers do."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.browser = entered(stage.server.link_for(stage.player), stage.server.address)
        page = self.browser.get(f"{stage.server.address}/clauses/{stage.clause_id}").text
        self.form_token = found_in(r'name="csrf_token" value="([^"]+)"', page)

    def play(self, number: int) -> float:
        """Table another text; when it was sent. The answer is read by another thread: the pages don't wait for it."""
        fields = self._seen() | {
            "csrf_token": self.form_token,
            "move": "proposal",
            "text": f"Les parties se retrouvent {number + 2} fois l’an, et rendent compte de ce qui fut fait.",
            "motive": "Le calendrier a changé.",
        }
        began = time.monotonic()
        sent = self.browser.post(
            f"{self.stage.server.address}/clauses/{self.stage.clause_id}/moves",
            data=fields,
            headers={"Origin": self.stage.server.address},
        )
        if sent.status_code != 200:
            raise RuntimeError(f"the move was refused: {sent.status_code}")
        return began

    def _seen(self) -> dict[str, str]:
        query = select(Version).join(Clause, col(Clause.current_version_id) == Version.id)
        with self.stage.server.store.reading() as session:
            tabled = session.execute(query.where(col(Clause.id) == self.stage.clause_id)).scalar_one_or_none()
            return {"seen_number": str(tabled.number), "seen_fingerprint": tabled.fingerprint} if tabled else {}


# ---------------------------------------------------------------------- sixty pages


@contextmanager
def _audience(stage: Stage, seats: Sequence[Seat], page: type["Page"]) -> Iterator[tuple[Any, int]]:
    """The queue of samples and the id of the process in which sixty pages are open."""
    spawning = multiprocessing.get_context("spawn")
    samples, ready, over = spawning.Queue(), spawning.Semaphore(0), spawning.Event()
    given = (page, stage.server.address, stage.negotiation_id, seats, samples, ready, over)
    process = spawning.Process(target=watch_together, args=given, daemon=True)
    process.start()
    try:
        for _ in range(PEOPLE):
            if not ready.acquire(timeout=PATIENCE_SECONDS):
                raise RuntimeError("a page never opened")
        yield samples, process.pid or 0
    finally:
        over.set()
        process.join(10)
        process.kill()


def watch_together(
    page: type["Page"], address: str, negotiation_id: str, seats: Sequence[Seat], samples: Any, ready: Any, over: Any
) -> None:
    """Open a page for each seat, in this process, until it is over."""
    for seat in seats:
        opened = page(address, negotiation_id, seat)
        threading.Thread(target=opened.live, args=(samples,), daemon=True).start()
        ready.release()
    over.wait()


class Page:
    """One open page, without its pixels."""

    gather_seconds = GATHER_SECONDS
    """How long it waits for other changes to come with one."""

    def __init__(self, address: str, negotiation_id: str, seat: Seat) -> None:
        self.host = urlsplit(address).netloc
        browser = entered(seat.link, address)
        self.cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
        self.source = browser.get(address + seat.page).text
        self.socket = websocket.create_connection(
            f"ws://{self.host}/socket.io/?EIO=4&transport=websocket", cookie=self.cookies, origin=address
        )
        self.socket.recv()  # the handshake of Engine.IO
        self._send("40", {"token": found_in(r'name="socket-token" content="([^"]+)"', self.source)})
        self.await_packet("40")
        reached = found_in(r'name="reached" content="([^"]+)"', self.source)
        self._send("420", ["watch_table", {"negotiation": negotiation_id, "reached": html.unescape(reached)}])
        answer = self.await_packet("430")
        if '"ok":true' not in answer:
            raise RuntimeError(f"the table isn't watched: {answer}")

    def live(self, samples: Any) -> None:
        """Until the process ends: hear of changes, wait a little for others, fetch what they concern."""
        while True:
            changes = [self.await_packet("42")]
            told = time.monotonic()
            self.socket.settimeout(self.gather_seconds)
            try:
                while True:
                    changes.append(self.await_packet("42"))
            except websocket.WebSocketTimeoutException:
                self.socket.settimeout(None)
            self._fetch(changes)
            samples.put(Sample(told, time.monotonic()))

    def _fetch(self, changes: Sequence[str]) -> None:
        """One piece is asked for by its address, several together, as `static/src/page/refresh.ts` does."""
        concerned = self._concerned(changes)
        asked = concerned if len(concerned) == 1 else [f"/morceaux?{urlencode([('de', one) for one in concerned])}"]
        with closing(http.client.HTTPConnection(self.host)) as connection:
            for address in asked:
                connection.request("GET", address, headers={"Cookie": self.cookies, "HX-Request": "true"})
                answer = connection.getresponse()
                content = answer.read()
                refused = address not in concerned and content.count(b'<template data-status="200">') != len(concerned)
                if answer.status != 200 or refused:
                    raise RuntimeError(f"{address}: {answer.status}")

    def _concerned(self, changes: Sequence[str]) -> list[str]:
        keys = {"table"}
        for change in changes:
            facts = json.loads(change.removeprefix("42"))[1]
            keys |= {f"part:{facts['part']}", f"clause:{facts['clause']}"}
        fragments = re.findall(r'data-refresh-on="([^"]+)" data-refresh-url="([^"]+)"', self.source)
        return [html.unescape(address) for key, address in fragments if keys & set(key.split())]

    def _send(self, kind: str, content: object) -> None:
        self.socket.send(kind + json.dumps(content))

    def await_packet(self, kind: str) -> str:
        """The next packet of this kind; the server's heartbeats are answered meanwhile."""
        while True:
            packet = str(self.socket.recv())
            if packet == "2":
                self.socket.send("3")
            elif packet.startswith(kind):
                return packet


def entered(link: str, address: str) -> requests.Session:
    """A browser in which the person of this link has signed in."""
    browser = requests.Session()
    token = found_in(r'name="csrf_token" value="([^"]+)"', browser.get(link).text)
    browser.post(link, data={"csrf_token": token}, headers={"Origin": address}, allow_redirects=False)
    return browser


def found_in(pattern: str, page: str) -> str:
    found = re.search(pattern, page)
    if found is None:
        raise RuntimeError(f"nothing in the page is like {pattern}")
    return found[1]


# ---------------------------------------------------------------------- processor time, as Linux counts it


def children(pid: int) -> list[int]:
    return [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]


def descendants(pid: int) -> list[int]:
    direct = children(pid)
    return direct + [each for child in direct for each in descendants(child)]


def processor_seconds(pids: Sequence[int]) -> float:
    """User and system time of those of these processes that are still there."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")
