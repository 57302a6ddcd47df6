"""How fast one session may send events. Too fast waits its turn: a live draft gets back-pressure, never a drop."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app

from negotiation.errors import TooManyAttempts

EVENTS_PER_SECOND = 30.0
BURST = 60.0
LONGEST_WAIT = 5.0
"""Seconds. Whoever is further behind is refused: nobody types that fast."""


@dataclass
class Pace:
    """One session's turns. `debt` is how many events lie ahead of the next one's turn, drained with time."""

    debt: float = 0.0
    at: float = 0.0

    def next_turn(self, now: float) -> float:
        """Seconds to wait before this event. Raises TooManyAttempts."""
        self.debt = max(0.0, self.debt - (now - self.at) * EVENTS_PER_SECOND)
        self.at = now
        wait = max(0.0, (self.debt + 1.0 - BURST) / EVENTS_PER_SECOND)
        if wait > LONGEST_WAIT:
            raise TooManyAttempts()
        self.debt += 1.0
        return wait


class Paces:
    """The pace of each session of this process."""

    def __init__(self, sleep: Callable[[float], object]) -> None:
        self._sleep = sleep
        self._paces: dict[str, Pace] = {}

    def keep(self, session_id: str) -> None:
        wait = self._paces.setdefault(session_id, Pace()).next_turn(time.monotonic())
        if wait:
            self._sleep(wait)

    def charge(self, session_id: str, *, events: float) -> None:
        """Count what it did as so many events: its next ones wait the longer."""
        self._paces.setdefault(session_id, Pace()).debt += events

    def forget_all_but(self, session_ids: frozenset[str]) -> None:
        for gone in self._paces.keys() - session_ids:
            del self._paces[gone]


def keep_pace(session_id: str) -> None:
    """Wait for this session's turn. Raises TooManyAttempts."""
    paces: Paces = current_app.extensions["socket_paces"]
    paces.keep(session_id)
