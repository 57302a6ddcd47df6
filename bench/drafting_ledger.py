"""What was typed and who has seen it.

A delivery is one edit in the hands of one other member. Servers may send an edit on as it came, or several merged: what
reached a reader is told from the bytes alone, the same way for all servers.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bench.drafting_typing import Stroke
from negotiation.drafting.guard import inspect

_LARGEST = 1 << 26


@dataclass
class _Script:
    """One writer's edits in order. Servers keep that order, so who has the last of some has them all."""

    place: int
    ends: list[int]
    """One past the highest clock once each edit is there: an edit that only deletes adds nothing."""
    deleted: list[int]
    """One past the highest clock that an edit which only deletes takes away; 0 for the others."""
    dues: list[float]


class Ledger:
    """Of one run. `people[draft]`: how many are in each."""

    def __init__(self, scripts: dict[int, list[Stroke]], drafts: Sequence[str]) -> None:
        self.latencies: list[float] = []
        """Milliseconds from due to seen."""
        people: defaultdict[str, int] = defaultdict(int)
        for draft in drafts:
            people[draft] += 1
        self.expected = sum(len(script) * (people[drafts[place]] - 1) for place, script in scripts.items())
        self._drafts = drafts
        self._script_of: dict[int, _Script] = {}
        self._known: dict[bytes, tuple[tuple[_Script, int], ...]] = {}
        self._seen: defaultdict[tuple[int, int], int] = defaultdict(int)
        for place, script in scripts.items():
            self._write(place, script)

    def begin(self, moment: float) -> None:
        """Strokes are due from here on."""
        for script in self._script_of.values():
            script.dues = [moment + due for due in script.dues]

    def arrived(self, reader: int, update: bytes, moment: float) -> None:
        held = self._known.get(update)
        if held is None:
            held = self._known[update] = tuple(self._parts(update))
        for script, count in held:
            done = self._seen[reader, script.place]
            if script.place != reader and count > done:
                self._seen[reader, script.place] = count
                self.latencies.extend((moment - due) * 1000 for due in script.dues[done:count])

    def is_complete(self) -> bool:
        return len(self.latencies) >= self.expected

    def _write(self, place: int, strokes: list[Stroke]) -> None:
        script = _Script(place, [], [], [stroke.due for stroke in strokes])
        end = 0
        for number, stroke in enumerate(strokes, start=1):
            facts = inspect(stroke.update)
            for client, (_, reached) in facts.written.items():
                self._script_of[client], end = script, reached
            script.ends.append(end)
            script.deleted.append(0 if facts.written else max(facts.deleted_up_to.values()))
            self._known[stroke.update] = ((script, number),)

    def _parts(self, update: bytes) -> list[tuple[_Script, int]]:
        """How far into which scripts an update that no writer sent as such reaches."""
        facts = inspect(update, max_size=_LARGEST)
        found = []
        for client in facts.written.keys() | facts.deleted_up_to.keys():
            if script := self._script_of.get(client):
                found.append((script, _reached(script, facts.written, facts.deleted_up_to, client)))
        return found


def _reached(script: _Script, written: dict[int, tuple[int, int]], deleted: dict[int, int], client: int) -> int:
    """Everything up to the last insertion, and the deletions right after it that the update holds too."""
    gone = deleted.get(client, 0)
    if client in written:
        end = written[client][1]
        count = bisect_right(script.ends, end)
        while count and script.deleted[count - 1]:
            count -= 1  # deletions add nothing to the clock: they are looked for one by one
    else:
        count = next((place for place, end in enumerate(script.deleted) if end == gone), 0)
    while count < len(script.deleted) and 0 < script.deleted[count] <= gone:
        count += 1
    return count
