"""A log in a list, as rooms are tested on it, and what is written there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from negotiation.drafting.room import Room
from negotiation.drafting.updates import (
    Answer,
    Batch,
    DocumentState,
    LoggedUpdate,
    LogMovedOn,
    NewUpdate,
    Stored,
    Writer,
)
from negotiation.errors import Frozen
from tests import drafting_bytes as yjs

ALICE = Writer("alice", "gestionnaire")
BRUNO = Writer("bruno", "ars")
CLAUSES = frozenset({yjs.CLAUSE, yjs.OTHER_CLAUSE})
SEEDER = 7


@dataclass
class MemoryLog:
    """What the services do with SQL, in a list."""

    rows: list[tuple[str, bytes]] = field(default_factory=list)
    appended: list[NewUpdate] = field(default_factory=list)
    locked: frozenset[str] = frozenset()
    broken: bool = False
    before_append: list[bytes] = field(default_factory=list)
    transactions: int = 0
    kept: DocumentState | None = None
    reads: int = 0

    def since(self, draft_id: str, *, epoch: int, after: int) -> Sequence[LoggedUpdate]:
        found = [LoggedUpdate(number, row[1]) for number, row in enumerate(self.rows, start=1) if number > after]
        self.reads += len(found)
        return found

    def state(self, draft_id: str, *, epoch: int) -> DocumentState | None:
        return self.kept

    def keep_state(self, draft_id: str, *, epoch: int, state: DocumentState) -> None:
        self.kept = state

    def lane(self, draft_id: str) -> str:
        return ""

    def append(self, batches: Sequence[Batch]) -> Sequence[Sequence[Answer]]:
        while self.before_append:
            self.rows.append(("other worker", self.before_append.pop()))
        if self.broken:
            raise OSError("disk full")
        self.transactions += 1
        return [self._keep(batch) for batch in batches]

    def _keep(self, batch: Batch) -> list[Answer]:
        answers: list[Answer] = []
        after = batch.after
        for new in batch.updates:
            answer = self._answer(new, after) if all(isinstance(each, Stored) for each in answers) else LogMovedOn()
            after = answer.sequence if isinstance(answer, Stored) and not answer.repeated else after
            answers.append(answer)
        return answers

    def _answer(self, new: NewUpdate, after: int) -> Answer:
        for number, (op_id, _) in enumerate(self.rows, start=1):
            if op_id == new.op_id:
                return Stored(number, repeated=True)
        if new.clause_ids & self.locked:
            return Frozen()
        if after != len(self.rows):
            return LogMovedOn()
        self.rows.append((new.op_id, new.update))
        self.appended.append(new)
        return Stored(len(self.rows))


def typed(letter: str, *, client: int = 9, clock: int = 0, after: tuple[int, int] = (SEEDER, 4)) -> bytes:
    return yjs.update((client, clock, [yjs.characters(letter, after=after)]))


def accept(room: Room, update: bytes, op_id: str = "op", writer: Writer = ALICE) -> Stored:
    return room.accept(update, op_id=op_id, writer=writer, clause_ids=CLAUSES)
