"""Ours and the peers on the same ground: one core for the server, another for the people, like texts to begin with."""

import itertools
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pycrdt import Doc, XmlFragment

from bench.drafting import (
    LOAD_CORE,
    SECRET,
    SERVER_CORE,
    Job,
    alone_on,
    grown_kib,
    holding_connections,
    passes_of,
    resident_kib,
    scripts_of,
)
from bench.drafting_guests import Guest, OwnGuest, YjsGuest
from bench.drafting_hosts import PEERS, Host, Peer, install
from bench.drafting_play import drain
from bench.drafting_typing import Stroke
from bench.live import descendants
from tests.e2e.serving import RunningServer

OURS = "Navette"
_SEEDS = itertools.count(5)
ATTENDED_SECONDS = 15.0
"""Servers ask whether one is still there, and let go of who doesn't answer."""
Text = tuple[bytes, str]
"""A draft's document before anybody types, and the root typed into."""
Scripts = dict[int, list[Stroke]]
"""What each of some people types, by their place."""


@dataclass(frozen=True)
class Contender:
    name: str
    peer: Peer | None = None
    """None: ours."""


@dataclass
class Ground:
    """A server that runs, and the way into it. `enter(place)`: the person of this place, draft after draft."""

    contender: Contender
    host: Host
    folder: Path
    """Where the host keeps what it stores."""
    job: Job
    passes: Sequence[Any]
    texts: dict[int, Text]
    """What the drafts begin with. Ours bring their own: a document knows who wrote its first letter."""

    def enter(self, place: int) -> Guest:
        peer, draft = self.contender.peer, place // self.job.people
        if peer is None:
            own = OwnGuest(self.host.port, self.passes[place])
            self.texts.setdefault(draft, _text_of(own))
            return own
        guest = YjsGuest(self.host.port, peer, f"draft-{draft}", client=place + 1)
        text = self.texts[draft][0]
        if peer.keeps and len(guest.start) < len(text) // 2:
            guest.push([text])
            guest.ask()
        return guest

    def pids(self) -> list[int]:
        return descendants(os.getpid())

    def guests(self) -> tuple[list[Guest], float]:
        """Everybody, and the KiB of memory that each of them takes beside the documents."""
        job = self.job
        people = job.drafts * job.people
        first = {place: self.enter(place) for place in range(0, people, job.people)}
        before, attended = resident_kib(holding_connections()), time.monotonic()
        others: dict[int, Guest] = {}
        for place in range(people):
            if place not in first:
                others[place] = self.enter(place)
            if time.monotonic() - attended > ATTENDED_SECONDS:
                drain([*first.values(), *others.values()])
                attended = time.monotonic()
        memory = grown_kib(before) / max(1, len(others))
        return [(first | others)[place] for place in range(people)], memory


def contenders() -> tuple[list[Contender], dict[str, str]]:
    """Who can be measured here, ours first, and why the others can't."""
    missing = install()
    found = [Contender(OURS)] + [Contender(peer.name, peer) for peer in PEERS if peer.interpreter not in missing]
    return found, {peer.name: missing[peer.interpreter] for peer in PEERS if peer.interpreter in missing}


@contextmanager
def ground(contender: Contender, job: Job, texts: Sequence[Text]) -> Iterator[Ground]:
    """A fresh server on its core, this process on the other."""
    allowed = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder:
        host: Any
        passes: Sequence[Any] = []
        if contender.peer is None:
            host = RunningServer(Path(folder), SECRET_KEY=SECRET, DEMONSTRATIONS="false")
            passes = passes_of(host, job)
        else:
            host = contender.peer.hosted(Path(folder))
        try:
            restart(host)
            os.sched_setaffinity(0, {LOAD_CORE} & allowed or allowed)
            texts_there = {} if contender.peer is None else dict(enumerate(texts))
            yield Ground(contender, host, Path(folder), job, passes, texts_there)
        finally:
            os.sched_setaffinity(0, allowed)
            host.stop()
            if contender.peer is None:
                host.store.engine.dispose()


def restart(host: Host) -> None:
    """Start it, on its core."""
    with alone_on(SERVER_CORE):
        host.start()


def texts_of_ours(job: Job) -> list[Text]:
    """What stands in each draft when the first person opens it: the peers' drafts begin with the same."""
    with ground(Contender(OURS), job, []) as place:
        found = []
        for draft in range(job.drafts):
            place.enter(draft * job.people).link.close()
            found.append(place.texts[draft])
        return found


def _text_of(guest: OwnGuest) -> Text:
    return guest.start, f"clause:{guest.clauses[0]}"


def scripts_for(job: Job, texts: Mapping[int, Text]) -> Scripts:
    return scripts_of(job, [texts[place // job.people] for place in range(job.drafts * job.people)], seed=next(_SEEDS))


def wrong_drafts(place: Ground, scripts: Sequence[Scripts]) -> int:
    """How many drafts don't say, to somebody who comes in now, all that was typed in them."""
    wrong, job = 0, place.job
    for draft in range(job.drafts):
        guest = place.enter(draft * job.people)
        typists = range(draft * job.people, draft * job.people + job.writers)
        written = [each.update for script in scripts for typist in typists for each in script[typist]]
        start, root = place.texts[draft]
        wrong += _said([guest.start], root) != _said([start, *written], root)
        guest.link.close()
    return wrong


def _said(updates: Sequence[bytes], root: str) -> str:
    document: Doc[Any] = Doc()
    for update in updates:
        document.apply_update(update)
    return str(document.get(root, type=XmlFragment))
