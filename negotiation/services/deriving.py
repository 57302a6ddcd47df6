"""What pages about the past need to have been worked out before: who wrote what, and what happened on each clause.

Working it out of a long history takes longer than anybody's keystroke may wait: the server has it done by a process of
its own (`PROGRAM`), which reads and writes nothing; the server keeps what it found. One clause that can't be worked out
keeps no other waiting: it is reported, and tried again later.
"""

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sqlmodel import Session

from negotiation.services.glancing import Summaries, keep_summaries, sum_up
from negotiation.services.provenance import Derived, derive_clause, keep_derived
from negotiation.store import connect_store
from negotiation.store.queries.glances import not_summed_up
from negotiation.store.queries.origins import underived
from negotiation.store.unit_of_work import UnitOfWork

PROGRAM: Final = "from negotiation.services.deriving import main; main()"
"""For an interpreter of its own: it is told on its standard input where the database is and what to leave out, and says
on its standard output, a line of JSON each, what it begins and what it found."""
NICENESS: Final = 10
_AT_ONCE: Final = 50
"""Clauses."""
SECONDS_BETWEEN_TRIES: Final = 60.0
"""After the first failure; twice as long after each that follows, at most that many below."""
SECONDS_AT_MOST: Final = 3600.0
DIED: Final = "the process died"

Told = Mapping[str, Any]
"""A line of the program: {"begins": [what, clause id]}, then {"found": …} or {"failed": "…"}."""


class What(StrEnum):
    ORIGINS = "origins"
    SUMMARY = "summary"


@dataclass(frozen=True)
class Failure:
    """`error`: the kind of the error and where it happened, without the words of the clause."""

    what: What
    clause_id: str
    error: str


@dataclass(frozen=True)
class Found:
    origins: Derived
    summaries: Summaries
    failures: tuple[Failure, ...] = ()


LeftOut = Mapping[What, Collection[str]]
"""Ids of clauses that aren't to be tried now."""


def is_waiting(session: Session, but: LeftOut | None = None) -> bool:
    """Whether there is anything to work out."""
    left = but or {}
    return bool(
        underived(session, limit=1, but=left.get(What.ORIGINS, ()))
        or not_summed_up(session, limit=1, but=left.get(What.SUMMARY, ()))
    )


def derive(session: Session, but: LeftOut | None = None) -> Found:
    return gathered(_told(session, but or {}))


def gathered(told: Iterable[Told]) -> Found:
    """What the program said. What it began and neither found nor gave up is what it died of."""
    origins: dict[str, Any] = {}
    summaries: dict[str, Any] = {}
    failures: list[Failure] = []
    begun: tuple[What, str] | None = None
    for line in told:
        if "begins" in line:
            begun = (What(line["begins"][0]), line["begins"][1])
            continue
        assert begun is not None
        what, clause_id = begun
        begun = None
        if "failed" in line:
            failures.append(Failure(what, clause_id, line["failed"]))
        elif what is What.ORIGINS:
            origins.update(line["found"])
        else:
            summaries[clause_id] = line["found"]
    if begun is not None:
        failures.append(Failure(*begun, DIED))
    return Found(origins, summaries, tuple(failures))


def keep(uow: UnitOfWork, found: Found) -> None:
    keep_derived(uow, found.origins)
    keep_summaries(uow, found.summaries)


@dataclass
class Failing:
    """What could not be worked out, and when it may be tried again: forgotten with the process, whose next version may
    do better."""

    clock: Callable[[], float] = time.monotonic
    _tries: dict[tuple[What, str], tuple[int, float]] = field(default_factory=dict)
    """How often in a row, and not before when."""

    def left_out(self) -> dict[What, list[str]]:
        """Whose time hasn't come yet."""
        now = self.clock()
        late = [key for key, (_, due) in self._tries.items() if due > now]
        return {each: sorted(clause_id for what, clause_id in late if what is each) for each in What}

    def learn(self, found: Found) -> None:
        for failure in found.failures:
            key = (failure.what, failure.clause_id)
            times = self._tries.get(key, (0, 0.0))[0] + 1
            wait = min(SECONDS_BETWEEN_TRIES * 2 ** min(times - 1, 10), SECONDS_AT_MOST)
            self._tries[key] = (times, self.clock() + wait)
        failed = {(failure.what, failure.clause_id) for failure in found.failures}
        now = self.clock()
        # What was due and didn't fail again was found, or is no more to be worked out.
        self._tries = {key: each for key, each in self._tries.items() if key in failed or each[1] > now}

    def clauses(self, what: What) -> frozenset[str]:
        return frozenset(clause_id for kind, clause_id in tuple(self._tries) if kind is what)


def main() -> None:
    os.nice(NICENESS)
    said = sys.stdin.read()
    if not said:  # the server stopped between starting this process and asking
        return
    asked = json.loads(said)
    but = {What(what): ids for what, ids in asked["but"].items()}
    # Whoever asked may be gone: the next one asks again.
    with suppress(BrokenPipeError), connect_store(asked["database"]).reading() as session:
        for told in _told(session, but):
            sys.stdout.write(f"{json.dumps(told)}\n")
            sys.stdout.flush()


def _told(session: Session, but: LeftOut) -> Iterator[Told]:
    for what, waiting, work in _WORK:
        for clause_id in waiting(session, limit=_AT_ONCE, but=but.get(what, ())):
            yield {"begins": [what, clause_id]}
            try:
                yield {"found": work(session, clause_id)}
            except Exception as error:  # the other clauses are worked out all the same
                session.rollback()
                yield {"failed": _where(error)}


_WORK: Final[tuple[tuple[What, Callable[..., list[str]], Callable[[Session, str], Any]], ...]] = (
    (What.ORIGINS, underived, derive_clause),
    (What.SUMMARY, not_summed_up, sum_up),
)


def _where(error: Exception) -> str:
    """« KeyError at glance.py:41 »: a message may hold words of the clause."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
