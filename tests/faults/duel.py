"""Two processes that act on one database at the same moment, each through a store of its own, as two servers would.

    pair = Pair(url)
    answers = pair.fight([(first_act, second_act), ...])
    pair.close()

An act is called with its process's store. Before each round the two wait for each other, then each some milliseconds
left to chance: now one is ahead, now the other, now both are inside at once.
"""

import multiprocessing
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from negotiation.errors import Refusal
from negotiation.rules.policy import Authentication, Method
from negotiation.services.access import actor_in, actor_on_clause
from negotiation.services.freezing import Rendered, request_freeze
from negotiation.services.moves import Order, play
from negotiation.store import Store, connect_store
from negotiation.store.columns import now

LONGEST_DELAY = 0.005
"""Seconds."""
PATIENCE = 120.0
"""Seconds that one process waits for the other before it gives up: SQLite alone may take ten to get its turn."""
DONE = "done"

Act = Callable[[Store], object]
Round = tuple[Act, Act]


@dataclass(frozen=True)
class Answer:
    """What came of one act: `done`, the refusal's code and reason, or `crash` and what nobody had foreseen.

    `began`, `ended`: seconds on the clock that both processes share.
    """

    outcome: str
    began: float
    ended: float


@dataclass(frozen=True)
class PlayMove:
    """A move by somebody who signed in a moment ago, as the page that takes the form plays it."""

    person_id: str
    clause_id: str
    order: Order

    def __call__(self, store: Store) -> None:
        with store.unit_of_work() as uow:
            actor = actor_on_clause(uow.session, self.clause_id, person_id=self.person_id, authentication=_recognised())
            play(uow, actor, self.clause_id, self.order)


@dataclass(frozen=True)
class AskFreeze:
    """A request for the gel of a contract printed before."""

    person_id: str
    negotiation_id: str
    rendered: Rendered

    def __call__(self, store: Store) -> None:
        with store.unit_of_work() as uow:
            actor = actor_in(uow.session, self.negotiation_id, person_id=self.person_id, authentication=_recognised())
            seen_hash = self.rendered.contract.content_hash
            request_freeze(uow, actor, seen_hash=seen_hash, rendered=self.rendered)


def overlap(answers: tuple[Answer, Answer]) -> bool:
    """Whether both acts were under way at the same moment."""
    first, second = answers
    return max(first.began, second.began) < min(first.ended, second.ended)


class Pair:
    """The two processes, started once and used for many rounds."""

    def __init__(self, url: str) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._barrier = spawning.Barrier(2)  # kept: a semaphore nobody holds is gone before the child finds it
        self._ends: list[Any] = []
        self._processes: list[Any] = []
        for _ in range(2):
            ours, theirs = spawning.Pipe()
            process = spawning.Process(target=_obey, args=(url, theirs, self._barrier), daemon=True)
            process.start()
            theirs.close()  # else nobody would notice that the process died
            self._ends.append(ours)
            self._processes.append(process)

    def fight(self, rounds: Sequence[Round]) -> list[tuple[Answer, Answer]]:
        """Both acts of each round, at once. Raises EOFError when a process died. Afterwards neither is connected."""
        for place, end in enumerate(self._ends):
            end.send([acts[place] for acts in rounds])
        first, second = (end.recv() for end in self._ends)
        return list(zip(first, second, strict=True))

    def close(self) -> None:
        for end in self._ends:
            end.close()
        for process in self._processes:
            process.join(10)
            process.kill()
            process.join()


def _obey(url: str, end: Any, barrier: Any) -> None:
    store = connect_store(url)
    while True:
        try:
            acts = end.recv()
        except EOFError:
            break
        with store.reading() as session:  # connecting is not part of the first round
            session.connection()
        answers = [_answer(store, act, barrier) for act in acts]
        store.engine.dispose()  # between fights nobody holds the database: it may be put back as it was
        end.send(answers)


def _answer(store: Store, act: Act, barrier: Any) -> Answer:
    barrier.wait(PATIENCE)
    time.sleep(random.uniform(0, LONGEST_DELAY))
    began = time.monotonic()
    outcome = DONE
    try:
        act(store)
    except Refusal as refusal:
        outcome = " ".join(str(word) for word in (refusal.code, refusal.detail.get("reason")) if word)
    except Exception as error:  # the other process must not wait for ever; the test reads it
        outcome = f"crash {type(error).__name__}: {error}"
    return Answer(outcome, began, time.monotonic())


def _recognised() -> Authentication:
    return Authentication(Method.PASSWORD, now())
