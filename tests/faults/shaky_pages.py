"""Pages of a live draft on networks that delay, lose, double and reorder what the server tells, and cut the line.

They speak to the real server as the editor's own page does: one push at a time under one id until it is acknowledged,
a gap in the sequence is asked for, and a cut ends with opening the draft again.
"""

import base64
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from pycrdt import merge_updates

from bench.drafting_wire import Link
from negotiation.drafting.schema import SCHEMA_VERSION
from negotiation.store.columns import new_id
from tests.faults.random_editors import RandomEditor

EDITS_PER_SECOND = 45
MOST_MERGED = 100
LONGEST_DELAY = 0.12
LONGEST_ABSENCE = 0.6
GAP_PATIENCE = 0.15
LOST, DOUBLED, PUSHED_TWICE, CUT, CUT_WHILE_PUSHING = 0.04, 0.04, 0.05, 0.004, 0.02
"""How often, of what is told, of pushes, of turns, of pushes."""


@dataclass
class Reached:
    """Where a page is in the draft's sequence (as static/src/editor/sequence.ts)."""

    last: int = 0
    heard: int = 0
    ahead: set[int] = field(default_factory=set)

    @property
    def has_gap(self) -> bool:
        return self.heard > self.last

    def received(self, first: int, last: int) -> None:
        self.heard = max(self.heard, last)
        self.ahead.update(range(max(first, self.last + 1), last + 1))
        while self.last + 1 in self.ahead:
            self.last += 1
        self.ahead = {number for number in self.ahead if number > self.last}

    def jumped(self, to: int) -> None:
        self.last = max(self.last, to)
        self.received(to, to)


@dataclass
class ShakyPage:
    """One person's page. `counted` is what happened to it."""

    port: int
    cookie: str
    token: str
    part_id: str
    editor: RandomEditor
    chance: random.Random
    counted: Counter[str] = field(default_factory=Counter)
    refusals: list[Any] = field(default_factory=list)
    link: Link | None = None
    draft: dict[str, Any] = field(default_factory=dict)
    reached: Reached = field(default_factory=Reached)
    _waiting: list[bytes] = field(default_factory=list)
    _sending: dict[str, Any] | None = None
    _asked: dict[str, str] = field(default_factory=dict)
    """What was asked under which number."""
    _arriving: list[tuple[float, bytes]] = field(default_factory=list)
    _number: int = 0
    _edits_at: float = 0.0
    _back_at: float = 0.0
    _gap_at: float = 0.0
    _same: bool = False

    @property
    def is_settled(self) -> bool:
        """Everything said is kept, everything told is here, and the server found the texts alike."""
        return self.link is not None and not (self._waiting or self._sending or self._arriving) and self._same

    def edit_when_due(self) -> None:
        """Connected or not, once the draft was opened."""
        now = time.monotonic()
        if self.draft and now >= self._edits_at:
            self._edits_at = now + self.chance.expovariate(EDITS_PER_SECOND)
            self._write(self.editor.edit())
            self.counted["edits"] += 1

    def turn(self, *, calm: bool = False) -> None:
        """A moment of this page's life; in a `calm` one nothing goes wrong, so that it ends."""
        if self.link is None:
            if calm or time.monotonic() >= self._back_at:
                self.enter()
            return
        if not calm and self.chance.random() < CUT:
            self.cut()
            return
        try:
            for message in self.link.read():
                self._hold(message, calm=calm)
        except OSError as failure:
            self.refusals.append(str(failure))
            self.cut()
            return
        self.link.pay()
        self._take_what_arrived(everything=calm)
        self._push(calm=calm)
        self._ask_for_gap()
        if calm and not (self._waiting or self._sending or self.reached.has_gap or self._asked or self._same):
            asked = self.draft | {"seq": self.reached.last, "hash": self.editor.fingerprint()}
            self._ask("check_draft", asked)

    def enter(self) -> None:
        """Connect, open the draft, send again what was never acknowledged."""
        self.link = Link(self.port, *self._address)
        self.link.wait()
        self._say("40", {"token": self.token})
        while not self._is_in():
            pass
        self._ask("open_draft", self._order(self.editor.known() if self.draft else b""))
        while "open_draft" in self._asked.values():
            for message in self.link.wait():
                self._hear(message)
        self.link.settle()

    def server_document(self) -> bytes:
        """All of it as somebody gets it who opens the draft now, from the room that lived through it."""
        with closing(Link(self.port, *self._address)) as link:
            link.wait()
            link.send(f"40{json.dumps({'token': self.token})}".encode())
            link.wait()
            link.send(f"420{json.dumps(['open_draft', self._order(b'')])}".encode())
            (answer,) = (message for message in link.wait() if message.startswith(b"430"))
        return base64.b64decode(json.loads(answer[3:])[0]["update"])

    def cut(self) -> None:
        """Mid-word, with whatever was on its way to here or there."""
        if self.link is not None:
            self.link.close()
        self.link = None
        self._arriving.clear()
        self._asked.clear()
        self._back_at = time.monotonic() + self.chance.uniform(0, LONGEST_ABSENCE)
        self.counted["cuts"] += 1

    @property
    def _address(self) -> tuple[str, dict[str, str]]:
        headers = {"Cookie": f"navette={self.cookie}", "Origin": f"http://127.0.0.1:{self.port}"}
        return "/socket.io/?EIO=4&transport=websocket", headers

    def _order(self, known: bytes) -> dict[str, Any]:
        state_vector = base64.b64encode(known).decode()
        return {"part": self.part_id, "side": "commune", "schema": SCHEMA_VERSION, "state_vector": state_vector}

    # ------------------------------------------------------------------ what comes

    def _is_in(self) -> bool:
        assert self.link is not None
        return any(message.startswith(b"40") for message in self.link.wait())

    def _hold(self, message: bytes, *, calm: bool) -> None:
        """Let a message arrive later than others, twice, or never: only what is told to all can be lost alone."""
        copies = 1
        if message.startswith(b"42") and not calm:
            fate = self.chance.random()
            copies = 0 if fate < LOST else 2 if fate < LOST + DOUBLED else 1
            self.counted["lost"] += copies == 0
            self.counted["doubled"] += copies == 2
        for _ in range(copies):
            self._arriving.append((time.monotonic() + self.chance.uniform(0, LONGEST_DELAY), message))

    def _take_what_arrived(self, *, everything: bool) -> None:
        now = time.monotonic()
        arrived = sorted(each for each in self._arriving if everything or each[0] <= now)
        self._arriving = [each for each in self._arriving if each not in arrived]
        for _, message in arrived:
            self._hear(message)

    def _hear(self, message: bytes) -> None:
        if message == b"2":
            self._say("3", None)
        elif message.startswith(b"42"):
            name, told = json.loads(message[2:])
            assert name == "draft_updated", message
            self._received(told.get("first", told["seq"]), told)
        elif message.startswith(b"43"):
            number, _, answer = message[2:].partition(b"[")
            asked = self._asked.pop(number.decode(), "")
            self._answered(asked, json.loads(b"[" + answer)[0])

    def _received(self, first: int, told: dict[str, Any]) -> None:
        self._write(self.editor.take_in([base64.b64decode(told["update"])]))
        self.reached.received(first, told["seq"])
        self._same = False

    def _answered(self, asked: str, answer: dict[str, Any]) -> None:
        if not answer["ok"]:
            self.refusals.append((asked, answer["error"]))
            return
        if asked == "open_draft":
            self.draft = {"draft": answer["draft"], "epoch": answer["epoch"]}
            self._write(self.editor.take_in([base64.b64decode(answer["update"])] if answer["update"] else []))
            self.reached.jumped(answer["seq"])
            if self._sending is not None:
                self._ask("push_update", self._sending)
        elif asked == "pull_updates":
            for missed in answer["updates"]:
                self._received(missed["seq"], missed)
            self.reached.jumped(answer["seq"])
        elif asked == "check_draft":
            self._compared(answer)
        elif self._sending is not None:
            self._sending = None
            self.reached.received(answer["seq"], answer["seq"])

    def _compared(self, answer: dict[str, Any]) -> None:
        self.reached.heard = max(self.reached.heard, answer["seq"])
        if answer["seq"] == self.reached.last:
            self._same = True
            if not answer["same"]:
                self.refusals.append(("check_draft", "other texts"))

    # ------------------------------------------------------------------ what goes

    def _write(self, updates: list[bytes]) -> None:
        self._waiting.extend(updates)
        self._same = self._same and not updates

    def _push(self, *, calm: bool) -> None:
        if self._sending is not None or not self._waiting or "push_update" in self._asked.values():
            return
        some, self._waiting = self._waiting[:MOST_MERGED], self._waiting[MOST_MERGED:]
        update = some[0] if len(some) == 1 else merge_updates(*some)
        self._sending = self.draft | {"op": new_id(), "update": base64.b64encode(update).decode()}
        self.counted["pushes"] += 1
        twice = not calm and self.chance.random() < PUSHED_TWICE
        self.counted["pushed twice"] += twice
        for _ in range(1 + twice):
            self._ask("push_update", self._sending)
        if not calm and self.chance.random() < CUT_WHILE_PUSHING:
            self.cut()

    def _ask_for_gap(self) -> None:
        now = time.monotonic()
        if not self.reached.has_gap or "pull_updates" in self._asked.values() or self.link is None:
            self._gap_at = now
        elif now - self._gap_at > GAP_PATIENCE:
            self.counted["gaps"] += 1
            self._ask("pull_updates", self.draft | {"after": self.reached.last})

    def _ask(self, event: str, order: object) -> None:
        self._number += 1
        self._asked[str(self._number)] = event
        self._say(f"42{self._number}", [event, order])

    def _say(self, kind: str, content: object) -> None:
        assert self.link is not None
        self.link.send((kind + (json.dumps(content) if content is not None else "")).encode())


def lived(pages: list[ShakyPage], *, edits: int) -> Iterator[None]:
    """Everybody edits until so many edits were made by all together, then all goes well until nothing is missing."""
    while sum(page.counted["edits"] for page in pages) < edits:
        for page in pages:
            page.turn()
            page.edit_when_due()
        yield
        time.sleep(0.001)
    while not all(page.is_settled for page in pages):
        for page in pages:
            page.turn(calm=True)
        yield
        time.sleep(0.002)
