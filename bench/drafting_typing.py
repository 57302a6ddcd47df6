"""Typing as people do it: words of a scenario in bursts, with corrections and pauses; each edit a Yjs update made
before the measure begins."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText, merge_updates

from tests.scenarios import HANDICAP, sample

BURST = (4, 14)
"""Edits typed in one breath."""
BREATH = 2.5
"""How much faster than the mean somebody types within a burst; the pause after it makes up for it."""
CORRECTED = 0.06
"""How often an edit takes back the last letters instead."""


@dataclass(frozen=True)
class Stroke:
    """One edit: seconds after the beginning when it is due, and what it does to the document."""

    due: float
    update: bytes


def words_of_scenario() -> str:
    """All that the demonstration says, end to end."""
    found: list[str] = []
    _gather(sample(HANDICAP), found)
    return " ".join(found)


def moments(chance: random.Random, *, per_second: float, seconds: float) -> Iterator[float]:
    """When edits are due: bursts and pauses that make so many a second on the whole."""
    now = chance.uniform(0, 1 / per_second)
    while True:
        count = chance.randint(*BURST)
        ends = now + count / per_second
        for _ in range(count):
            if now >= seconds:
                return
            yield now
            now += chance.uniform(0.5, 1.5) / (per_second * BREATH)
        now = max(now, ends)


def strokes(start: bytes, root: str, words: str, dues: Sequence[float], chance: random.Random) -> list[Stroke]:
    """A paragraph of one's own at the end of `root`, typed letter by letter upon the state `start`."""
    document: Doc[Any] = Doc(client_id=chance.getrandbits(32))  # as wide as Yjs makes them
    if start:
        document.apply_update(start)
    text = XmlText("")
    made: list[Stroke] = []
    updates: list[bytes] = []
    listening = document.observe(lambda event: updates.append(event.update))  # as Yjs tells it: of this change alone
    typed: list[str] = []
    place = chance.randrange(len(words))
    for due in dues:
        updates.clear()
        if not made:
            document.get(root, type=XmlFragment).children.append(XmlElement("paragraph", {}, [text]))
        if len(typed) > 4 and chance.random() < CORRECTED:
            lost = len("".join(typed[-2:]).encode())
            del typed[-2:], text[len(text) - lost : len(text)]
        else:
            typed.append(words[place % len(words)])
            text.insert(len(text), typed[-1])
            place += 1
        made.append(Stroke(due, updates[0] if len(updates) == 1 else merge_updates(*updates)))
    document.unobserve(listening)
    return made


def _gather(written: Any, found: list[str]) -> None:
    if isinstance(written, str):
        if len(written) > 60 and written.isascii() is False:
            found.append("".join(letter for letter in written if ord(letter) < 0x800))
    elif isinstance(written, dict | list):
        for each in written.values() if isinstance(written, dict) else written:
            _gather(each, found)
