"""The scripts typed at their moments into any server, and when each edit reached whom.

Open loop: an edit is due at its moment whatever the server does. What readers receive is put aside with its moment and
read afterwards, so that on its one core this side costs less than the servers measured.
"""

import gc
import select
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from bench.drafting_guests import Guest, tell
from bench.drafting_ledger import Ledger
from bench.drafting_typing import Stroke
from bench.live import processor_seconds

QUIET_SECONDS = 0.15
"""Nothing more came for so long: whether all is there is worth a look."""


@dataclass(frozen=True)
class Played:
    latencies: Sequence[float]
    expected: int
    cpu_ms: float
    """Of the server, per 1 000 delivered edits."""
    busy: float
    """Share of its core that this side took."""

    def p99(self) -> float:
        """An edit that never came counts as infinitely late."""
        late = sorted(self.latencies) + [float("inf")] * (self.expected - len(self.latencies))
        return late[max(0, -(-len(late) * 99 // 100) - 1)]


class _Desk:
    """The sockets of one run, and what has come through them."""

    def __init__(self, guests: Sequence[Guest], writers: set[int], ledger: Ledger) -> None:
        self._guests, self._writers, self._ledger = guests, writers, ledger
        self._poller = select.epoll()
        self._place = {guest.link.fileno(): place for place, guest in enumerate(guests)}
        self._owing = {place for place, guest in enumerate(guests) if guest.link.owes}
        for fd in self._place:
            self._poller.register(fd, select.EPOLLIN)
        self._chunks: list[tuple[int, float, bytes]] = []
        self._messages: list[tuple[int, float, bytes]] = []
        self.heard = time.monotonic()

    def push(self, place: int, updates: list[bytes]) -> None:
        self._guests[place].push(updates)
        if self._guests[place].link.owes:
            self._owing.add(place)

    def point(self, place: int) -> None:
        self._guests[place].point()
        if self._guests[place].link.owes:
            self._owing.add(place)

    def listen(self, pause: float) -> None:
        for place in [place for place in self._owing if self._guests[place].link.pay()]:
            self._owing.discard(place)
        for fd, _ in self._poller.poll(0.001 if self._owing else pause):
            place = self._place[fd]
            link = self._guests[place].link
            chunk = link.receive()
            self.heard = time.monotonic()
            if place in self._writers:
                for message in link.unpack(chunk):
                    if not self._guests[place].answers(message):
                        self._messages.append((place, self.heard, message))
            else:
                self._chunks.append((place, self.heard, chunk))

    def read_up(self) -> None:
        """Tell the ledger all that was put aside."""
        for place, moment, chunk in self._chunks:
            for message in self._guests[place].link.unpack(chunk):
                tell(self._ledger, self._guests[place], place, message=message, moment=moment)
        for place, moment, message in self._messages:
            tell(self._ledger, self._guests[place], place, message=message, moment=moment)
        self._chunks, self._messages = [], []

    def owes(self) -> bool:
        """Whether something of what was said has not left yet."""
        return bool(self._owing)

    def close(self) -> None:
        self._poller.close()


def play(
    guests: Sequence[Guest],
    scripts: dict[int, list[Stroke]],
    pids: Sequence[int],
    *,
    cursors: int = 0,
    patience: float = 20.0,
    quiet: float = QUIET_SECONDS,
) -> Played:
    """Type the scripts (by place of the guest), listen until all has come or patience ends.

    `cursors`: carets sent with each edit. `pids`: the server's processes. `quiet`: seconds without anything new before
    it is looked whether all is there.
    """
    ledger = Ledger(scripts, [guest.draft for guest in guests])
    for guest in guests:
        guest.link.settle()
    desk = _Desk(guests, set(scripts), ledger)
    gc.collect()
    gc.disable()
    cpu_now = cpu = processor_seconds(pids)
    own = time.process_time()
    try:
        began = time.monotonic() + 0.1
        ledger.begin(began)
        due = sorted((began + each.due, place, each.update) for place, script in scripts.items() for each in script)
        _type(desk, guests, deque(due), cursors)
        busy = (time.process_time() - own) / (time.monotonic() - began)
        ends = time.monotonic() + patience
        while time.monotonic() < ends and not ledger.is_complete():
            while time.monotonic() - desk.heard < quiet and time.monotonic() < ends:
                desk.listen(quiet / 3)
            cpu_now = processor_seconds(pids)
            desk.read_up()
            if not ledger.is_complete():
                desk.listen(quiet)
        desk.read_up()
    finally:
        gc.enable()
        desk.close()
    return Played(ledger.latencies, ledger.expected, (cpu_now - cpu) * 1e6 / max(1, len(ledger.latencies)), busy)


def drain(guests: Sequence[Guest], *, patience: float = 10.0) -> None:
    """Take in what is still on its way to them, and answer what the server asks."""
    ends = time.monotonic() + patience
    for guest in guests:
        guest.link.settle()
    desk = _Desk(guests, set(range(len(guests))), Ledger({}, []))
    while time.monotonic() < min(ends, desk.heard + QUIET_SECONDS) or desk.owes():
        desk.listen(QUIET_SECONDS / 3)
        if time.monotonic() > ends:
            raise ConnectionError("the server doesn't catch up")
    desk.close()


def _type(desk: _Desk, guests: Sequence[Guest], due: deque[tuple[float, int, bytes]], cursors: int) -> None:
    """Until the last edit has left."""
    waiting: defaultdict[int, list[bytes]] = defaultdict(list)
    while due or waiting:
        while due and due[0][0] <= time.monotonic():
            _, place, update = due.popleft()
            waiting[place].append(update)
            for _ in range(cursors):
                desk.point(place)
        for place in [place for place in waiting if guests[place].is_free()]:
            desk.push(place, waiting.pop(place))
        desk.listen(max(0.0, min(0.05, due[0][0] - time.monotonic())) if due else 0.01)
