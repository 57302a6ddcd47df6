"""A process of its own in which rooms are given whatever bytes: a panic of the library may kill it, and nothing else.

Each line of its input is a JSON list of updates, given one by one to a room that begins anew with the line: an update
in hexadecimal, or [structs, deletions] of Alice's, in hexadecimal too, from her next clock on. Each answer is a list
of [verdict, what is amiss now] for each update, the latter empty when all held, and last ["end", what is amiss of it].
"""

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from pycrdt import Doc, Map, XmlFragment

from negotiation.drafting import markdown_bridge
from negotiation.drafting.guard import inspect_state_vector
from negotiation.drafting.room import Room
from negotiation.drafting.schema import VALUES_ROOT
from negotiation.drafting.updates import DocumentState
from negotiation.errors import Refusal
from negotiation.rules.vocabulary import ValueKind
from tests import drafting_bytes as yjs
from tests.room_log import ALICE, BRUNO, SEEDER, MemoryLog

MARKDOWN = "# Titre 😀\n\nUn **gras** été\n\n- a\n  - b\n\n> c\n\n| a | b |\n|---|---|\n| c | d |"
BRUNOS, ALICES = 8, 9
"""Their Yjs clients."""
LONGEST_SECONDS = 1.0
"""Of processor time, for one update (issue 4)."""
KINDS = {yjs.CLAUSE: ValueKind.NONE, yjs.OTHER_CLAUSE: ValueKind.NUMBER}


def seed() -> bytes:
    """What the fuzzed room holds before anything comes."""
    document: Doc[Any] = Doc(client_id=SEEDER)
    markdown_bridge.write_fragment(document, yjs.ROOT, markdown=MARKDOWN)
    document.get(VALUES_ROOT, type=Map)[yjs.OTHER_CLAUSE] = "12"
    return document.get_update()


def brunos_edit() -> bytes:
    """What Bruno wrote there, under his own client."""
    document: Doc[Any] = Doc(client_id=BRUNOS)
    document.apply_update(seed())
    known = document.get_state()
    words = document.get(yjs.ROOT, type=XmlFragment).children[1].children[0]
    words.insert(3, "très ")
    return document.get_update(known)


class Fuzzed:
    """A room, and another that has nothing to do with it."""

    def __init__(self) -> None:
        self.log, other_log = MemoryLog(), MemoryLog()
        for log in (self.log, other_log):
            log.rows.append(("seed", seed()))
        self.room, self.other = Room("draft", 1, self.log), Room("other", 1, other_log)
        self.room.accept(brunos_edit(), op_id="bruno", writer=BRUNO, clause_ids=KINDS)
        self.elsewhere = told_by(self.other)
        self.told = told_by(self.room)

    def numbered(self, given: str | list[Any]) -> bytes:
        if isinstance(given, str):
            return bytes.fromhex(given)
        structs, deletions = given
        document: Doc[Any] = Doc()
        document.apply_update(self.room.state_since(b"")[1])
        clock = inspect_state_vector(document.get_state()).get(ALICES, 0)
        written = (ALICES, clock, [bytes.fromhex(struct) for struct in structs])
        return yjs.update(written, deletions=bytes.fromhex(deletions))

    def amiss(self, update: bytes, number: int) -> tuple[str, str]:
        """(verdict, what is wrong now or nothing)."""
        before, kept = self.told, list(self.log.rows)
        began = time.process_time()
        try:
            self.room.accept(update, op_id=f"op-{number}", writer=ALICE, clause_ids=KINDS)
            verdict = "stored"
        except Refusal as refusal:
            verdict = str(refusal.detail.get("reason", refusal.code))
        took = time.process_time() - began
        wrong = self._wrong(verdict, took, before, kept)
        return verdict, wrong and f"{verdict}, {wrong}: {update.hex()}"

    def _wrong(self, verdict: str, took: float, before: object, kept: Sequence[object]) -> str:
        now = self.told = told_by(self.room)
        if took > LONGEST_SECONDS:
            return f"took {took:.1f} s"
        if verdict != "stored":
            same = now == before and self.log.rows == kept
            return "" if same else f"refused, and yet {now} instead of {before}"
        return self.astray()

    def astray(self) -> str:
        """What would be otherwise if the rooms were opened anew; nothing when all holds."""
        reloaded = told_by(Room("draft", 1, MemoryLog(rows=self.log.rows)))
        if self.told != reloaded:
            return f"live {self.told}, reloaded {reloaded}"
        if self.told != told_by(self._kept_room()):
            return "another text from the state kept beside the log"
        if told_by(self.other) != self.elsewhere:
            return "the other room was touched"
        return ""

    def _kept_room(self) -> Room:
        """As it opens after it was left: from its state, written by the room that lived."""
        sequence, content = self.room.state_since(b"")
        return Room("draft", 1, MemoryLog(rows=self.log.rows, kept=DocumentState(sequence, content)))


def told_by(room: Room) -> tuple[object, ...]:
    """Everything that people and machines read of a room."""
    _, content = room.state_since(b"")
    document: Doc[Any] = Doc()
    document.apply_update(content)
    value = document.get(VALUES_ROOT, type=Map).get(yjs.OTHER_CLAUSE)
    return room.snapshot(yjs.CLAUSE), room.snapshot(yjs.OTHER_CLAUSE), *room.text_hash(KINDS), value


def main() -> None:
    for line in sys.stdin:
        fuzzed = Fuzzed()
        updates = json.loads(line)
        answers = [fuzzed.amiss(fuzzed.numbered(update), number) for number, update in enumerate(updates)]
        answers.append(("end", (wrong := fuzzed.astray()) and f"{wrong} after {updates}"))
        sys.stdout.write(json.dumps(answers) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
