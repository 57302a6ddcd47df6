"""The rooms of one process, made when somebody comes in and dropped when nobody does."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from negotiation.drafting.room import REMEMBER_EVERY, Lane, Room, one_lane
from negotiation.drafting.updates import Teller, UpdateLog

_KEEP_EVERY: Final = 2_000
"""Updates."""


@dataclass
class Rooms:
    """The rooms of this process. One that nobody used for a while is dropped: it is only a cache."""

    log: UpdateLog
    idle_seconds: float = 60.0
    clock: Callable[[], float] = time.monotonic
    gather_seconds: float = 0.0
    """How long what arrives waits for company on its way to the disk."""
    tell: Teller | None = None
    """Called with what was just committed, before its writers are answered."""
    _rooms: dict[tuple[str, int], Room] = field(default_factory=dict)
    _lanes: dict[str, Lane] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=lambda: threading.Lock())

    def room(self, draft_id: str, *, epoch: int) -> Room:
        with self._lock:
            now = self.clock()
            found = self._rooms.get((draft_id, epoch))
            if found is None:
                found = Room(draft_id, epoch, self.log, self._lane(draft_id))
                self._rooms[draft_id, epoch] = found
            found.used_at = now
            return found

    def drop_idle(self) -> None:
        """Unload what nobody uses; keep the state of what was written much, or left, so that it opens at once again."""
        with self._lock:
            dropped = self._sweep(self.clock())
            used = list(self._rooms.values())
        for room in dropped:
            room.keep_state(least=REMEMBER_EVERY)
        for room in used:
            room.keep_state(least=_KEEP_EVERY)

    def __len__(self) -> int:
        return len(self._rooms)

    def draft_ids(self) -> tuple[str, ...]:
        """The drafts that somebody used lately."""
        return tuple(dict.fromkeys(draft_id for draft_id, _ in self._rooms.copy()))

    def _lane(self, draft_id: str) -> Lane:
        name = self.log.lane(draft_id)
        if name not in self._lanes:
            self._lanes[name] = one_lane(self.log, tell=lambda: self.tell, gather_seconds=self.gather_seconds)
        return self._lanes[name]

    def _sweep(self, now: float) -> list[Room]:
        idle = [key for key, room in self._rooms.items() if now - room.used_at >= self.idle_seconds]
        dropped = [self._rooms.pop(key) for key in idle]
        kept = {self.log.lane(draft_id) for draft_id, _ in self._rooms}
        self._lanes = {name: lane for name, lane in self._lanes.items() if name in kept}
        return dropped
