"""People in live drafts, without their browsers: some type, everybody listens, and what reaches whom when is noted.

Open loop: an edit is due at its moment whatever the server does, and its latency is counted from there. As in the
editor, one push of a writer is on its way at a time, and the next carries what gathered meanwhile.
"""

import base64
import json
import select
import time
import uuid
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pycrdt import merge_updates

from bench.drafting_typing import Stroke
from bench.drafting_wire import Link
from negotiation.drafting.schema import SCHEMA_VERSION

PATIENCE_SECONDS = 20.0
"""How long after the last edit its arrival is waited for."""


@dataclass
class Deliveries:
    """What came of the edits of one run. An edit is its due moment; a push is the edits it carried, known to the server
    under a sequence of its draft."""

    latencies: list[float] = field(default_factory=list)
    """Milliseconds from due to seen: one for each edit and each other member who got it."""
    expected: int = 0
    _stored: dict[tuple[str, int], tuple[object, list[float]]] = field(default_factory=dict)
    _early: defaultdict[tuple[str, int], list[tuple[object, float]]] = field(default_factory=lambda: defaultdict(list))

    def stored(self, draft: str, sequence: int, writer: object, dues: list[float]) -> None:
        self._stored[draft, sequence] = (writer, dues)
        for reader, moment in self._early.pop((draft, sequence), ()):
            self.arrived(draft, sequence, reader, moment)

    def arrived(self, draft: str, sequence: int, reader: object, moment: float) -> None:
        """Often before the writer is told the sequence. One's own words come back to nobody's count."""
        if (draft, sequence) not in self._stored:
            self._early[draft, sequence].append((reader, moment))
            return
        writer, dues = self._stored[draft, sequence]
        if reader is not writer:
            self.latencies.extend((moment - due) * 1000 for due in dues)


class Guest(Protocol):
    """Somebody in a draft of some server, as the load drives them."""

    link: Link
    draft: str

    def push(self, updates: list[bytes], dues: list[float]) -> None: ...

    def point(self) -> None:
        """Send a caret."""

    def is_free(self) -> bool:
        """Whether another push may leave."""

    def heard(self, message: bytes, now: float) -> None: ...


def run_load(
    guests: Sequence[Guest], scripts: dict[int, list[Stroke]], deliveries: Deliveries, *, cursors: int
) -> None:
    """Type the scripts (by place of the guest) and listen until all has arrived, or patience ends.

    `cursors`: how many carets each edit sends.
    """
    poller, by_fd = select.epoll(), {guest.link.fileno(): guest for guest in guests}
    people = Counter(guest.draft for guest in guests)
    for guest in guests:
        guest.link.settle()
        poller.register(guest.link.fileno(), select.EPOLLIN)
    began = time.monotonic() + 0.2
    due = sorted((began + stroke.due, place, stroke.update) for place, script in scripts.items() for stroke in script)
    deliveries.expected = sum(people[guests[place].draft] - 1 for _, place, _ in due)
    ends, queue = due[-1][0] + PATIENCE_SECONDS, deque(due)
    waiting: defaultdict[int, list[tuple[bytes, float]]] = defaultdict(list)
    while len(deliveries.latencies) < deliveries.expected and time.monotonic() < ends:
        while queue and queue[0][0] <= time.monotonic():
            at, place, update = queue.popleft()
            waiting[place].append((update, at))
            for _ in range(cursors):
                guests[place].point()
        for place in [place for place in waiting if guests[place].is_free()]:
            updates, dues = zip(*waiting.pop(place), strict=True)
            guests[place].push(list(updates), list(dues))
        pause = max(0.0, min(0.05, queue[0][0] - time.monotonic())) if queue else 0.05
        for fd, _ in poller.poll(pause):
            for message in by_fd[fd].link.read():
                by_fd[fd].heard(message, time.monotonic())
    poller.close()


# ---------------------------------------------------------------------- ours


@dataclass(frozen=True)
class Pass:
    """What lets a page in: its cookie, the token of its sockets, and the draft it opens."""

    cookie: str
    token: str
    part_id: str


class Navettist:
    """Socket.IO in text frames, as the editor speaks it."""

    def __init__(self, port: int, entry: Pass, deliveries: Deliveries) -> None:
        headers = {"Cookie": f"navette={entry.cookie}", "Origin": f"http://127.0.0.1:{port}"}
        self.link = Link(port, "/socket.io/?EIO=4&transport=websocket", headers)
        self.link.wait()
        self._deliveries = deliveries
        self._pushed: list[float] = []
        self._number = 1
        self._say("40", {"token": entry.token})
        self._await(b"40")
        order = {"part": entry.part_id, "side": "commune", "schema": SCHEMA_VERSION, "state_vector": ""}
        began = time.monotonic()
        self._say("420", ["open_draft", order])
        answer = self._await(b"430")
        self.opening_ms = (time.monotonic() - began) * 1000
        opened: dict[str, Any] = json.loads(answer[3:])[0]
        if not opened["ok"]:
            raise RuntimeError(f"the draft doesn't open: {opened}")
        self.draft, self._epoch = opened["draft"], opened["epoch"]
        self.start = base64.b64decode(opened["update"])
        self.clauses = [clause_id for clause_id, lock in opened["clauses"].items() if lock == "open"]

    def is_free(self) -> bool:
        return not self._pushed

    def push(self, updates: list[bytes], dues: list[float]) -> None:
        self._pushed = dues
        update = base64.b64encode(updates[0] if len(updates) == 1 else merge_updates(*updates)).decode()
        order = {"draft": self.draft, "epoch": self._epoch, "op": str(uuid.uuid4()), "update": update}
        self._number += 1
        self._say(f"42{self._number}", ["push_update", order])

    def point(self) -> None:
        place = json.dumps({"type": None, "tname": None, "item": {"client": 4294967295, "clock": 1234}, "assoc": 0})
        selection = {"anchor": place, "head": place}
        self._say("42", ["move_cursor", {"draft": self.draft, "clause": self.clauses[0], "selection": selection}])

    def heard(self, message: bytes, now: float) -> None:
        if message[:17] == b'42["draft_updated':
            told = json.loads(message[2:])[1]
            for sequence in range(told.get("first", told["seq"]), told["seq"] + 1):
                self._deliveries.arrived(self.draft, sequence, self, now)
        elif message[:2] == b"43":
            answer = json.loads(message[message.index(b"[") :])[0]
            if not answer["ok"]:
                raise RuntimeError(f"a push was refused: {answer}")
            self._deliveries.stored(self.draft, answer["seq"], self, self._pushed)
            self._pushed = []
        elif message == b"2":
            self.link.send(b"3")

    def _say(self, kind: str, content: object) -> None:
        self.link.send((kind + json.dumps(content, separators=(",", ":"))).encode())

    def _await(self, kind: bytes) -> bytes:
        while True:
            for message in self.link.wait():
                if message.startswith(kind):
                    return message
                if message.startswith(b"44"):
                    raise RuntimeError(f"the socket is refused: {message!r}")
