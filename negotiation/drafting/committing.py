"""Group commit: updates that arrive together share one transaction, whoever sent them and whatever draft they are for.

Nobody runs in the background: the first who waits leads. He lets the others gather for a moment, stores what has come,
tells everybody what became of it, and hands the lead to whoever came meanwhile.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

W = TypeVar("W")
R = TypeVar("R")


@dataclass(eq=False, slots=True)
class _Ticket(Generic[W]):
    work: W
    hurries: bool
    result: Any = None
    failure: BaseException | None = None
    leads: bool = False
    turn: "threading.Lock | None" = None
    """Of who waits: held until there is a result, or the lead to take."""


class GroupCommit(Generic[W, R]):
    """`store` takes what gathered, in the order of arrival, and answers for each; what it raises, everybody gets."""

    def __init__(self, store: Callable[[Sequence[W]], Sequence[R]], *, gather_seconds: float) -> None:
        self._store = store
        self._gather_seconds = gather_seconds
        self._guard = threading.Lock()
        self._waiting: list[_Ticket[W]] = []
        self._is_led = False

    def put(self, work: W, *, hurries: bool = False) -> R:
        """The answer to this work, stored with what came at the same time; what `hurries` waits for nobody to come."""
        ticket = _Ticket(work, hurries)
        with self._guard:
            self._waiting.append(ticket)
            ticket.leads, self._is_led = not self._is_led, True
            if not ticket.leads:
                ticket.turn = threading.Lock()
                ticket.turn.acquire()
        if ticket.turn is not None:
            ticket.turn.acquire()
        if ticket.leads:
            self._lead(ticket)
        if ticket.failure is not None:
            raise ticket.failure
        found: R = ticket.result
        return found

    def _lead(self, own: _Ticket[W]) -> None:
        with self._handing_over(own):
            if self._gather_seconds and not any(ticket.hurries for ticket in self._waiting):
                time.sleep(self._gather_seconds)
            with self._guard:
                taken, self._waiting = self._waiting, []
            try:
                results = self._store([ticket.work for ticket in taken])
                for ticket, result in zip(taken, results, strict=True):
                    ticket.result = result
            except BaseException as failure:
                for ticket in taken:
                    ticket.failure = failure
            for ticket in taken:
                if ticket is not own and ticket.turn is not None:
                    ticket.turn.release()

    @contextmanager
    def _handing_over(self, own: _Ticket[W]) -> Iterator[None]:
        """Whatever happens to the leader, those who wait have one."""
        try:
            yield
        finally:
            with self._guard:
                self._waiting = [ticket for ticket in self._waiting if ticket is not own]
                if self._waiting and (turn := self._waiting[0].turn) is not None:
                    self._waiting[0].leads = True
                    turn.release()
                else:
                    self._is_led = False
