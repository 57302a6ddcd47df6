"""What many people ask at the same moment is read once for those who read the same.

When a move is played, every open page of the table asks for the same fragments: sixty people are three parties, and a
party's members with the same roles read the same facts. What is remembered is what the filtered queries gave *one* of
them, under a key that says everything on which their answer depends: the negotiation, the reader's circles (party and
side), his roles and which of them are lent, how far the history of those circles had come, and the day. Nothing of one
person alone goes in here, no live draft, no form token. What no chain tells is not for here: who entered for the first
time is read anew by the pages that say it. Measured by `python -m bench live`.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from flask import Flask, current_app

from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.store.columns import now

MOST = 512
"""Answers kept; the oldest goes first. A history that moves on leaves its answers behind, and they go too."""
BURST = 3.0
"""Seconds: the time that open pages take to ask again after a move."""

LASTING = 600.0
"""Seconds, for what follows from the history alone and takes long to find."""

Read = TypeVar("Read")


class Remembered:
    """Answers by key, the least recently asked forgotten first."""

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._answers: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._answers)

    def answer(self, key: Hashable, read: Callable[[], Read], *, seconds: float) -> Read:
        """What `read()` gave less than `seconds` ago, or gives now."""
        with self._lock:
            found = self._answers.get(key)
            if found and self._clock() - found[0] < seconds:
                self._answers.move_to_end(key)
                return cast(Read, found[1])
        fresh = read()
        with self._lock:
            self._answers[key] = (self._clock(), fresh)
            self._answers.move_to_end(key)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return fresh


def install(app: Flask) -> None:
    app.extensions["remembered"] = Remembered()


def remembered(
    actor: Actor, reached: str, what: str, *about: Hashable, read: Callable[[], Read], seconds: float = BURST
) -> Read:
    """`read()`, or what it gave a moment ago to somebody with the same circles, roles and history.

    `reached`: how far that history had come, read before anything else. `what` and `about` name the question. `read`
    must depend on nothing else than those, and what it gives must never be changed.
    """
    return _answer((actor.roles, actor.lent, *_party(actor, reached), what, *about), read, seconds)


def remembered_by_party(
    actor: Actor, reached: str, what: str, *about: Hashable, read: Callable[[], Read], seconds: float = BURST
) -> Read:
    """As `remembered`, for what doesn't depend on roles either: one reading for a whole party."""
    return _answer(("party", *_party(actor, reached), what, *about), read, seconds)


def _party(actor: Actor, reached: str) -> tuple[Hashable, ...]:
    return (actor.negotiation_id, actor.party_id, actor.side, reached, paris_day(now()))


def _answer(key: Hashable, read: Callable[[], Read], seconds: float) -> Read:
    kept: Remembered = current_app.extensions["remembered"]
    return kept.answer(key, read, seconds=seconds)
