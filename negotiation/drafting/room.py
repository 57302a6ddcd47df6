"""A room is a cache of one draft: a document and the sequence of the log it has reached.

The log is the truth. A document about which there is any doubt is thrown away and rebuilt, and the log refuses what was
vetted on less than it holds, so correctness never depends on which worker serves a draft.

An update is vetted on the document as it stands, words included that are still on their way to the disk; it is seen by
nobody before it is there. When one of those words is refused after all, what was vetted after it is vetted again.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from pycrdt import Doc

from negotiation.drafting import markdown_bridge, schema
from negotiation.drafting.committing import GroupCommit
from negotiation.drafting.guard import UpdateFacts, inspect, inspect_state_vector
from negotiation.drafting.updates import (
    Answer,
    Batch,
    DocumentState,
    Kept,
    LogMovedOn,
    NewUpdate,
    Stored,
    Teller,
    UpdateLog,
    Writer,
)
from negotiation.drafting.vet import LibraryFailed, WatchedDocument, lacks_dependencies, library_failures_named
from negotiation.drafting.vet import writing_clients as clients_that_write
from negotiation.drafting.wire import Reason
from negotiation.errors import ResyncNeeded, UpdateRefused

MAX_DOCUMENT_SIZE: Final = 8 * 1024 * 1024
REMEMBER_EVERY: Final = 200
_OVERDUE: Final = 5 * REMEMBER_EVERY
_TRIES: Final = 60
_NOTHING: Final = b"\x00\x00"

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class _Vetted:
    """An update that is in the document and not yet in the log."""

    room: "Room"
    new: NewUpdate
    size: int
    generation: int


Lane = GroupCommit[_Vetted, Answer]


@dataclass(eq=False)
class Room:
    """One draft in one epoch."""

    draft_id: str
    epoch: int
    log: UpdateLog
    lane: Lane | None = None
    sequence: int = 0
    used_at: float = 0.0
    _turn: threading.Condition = field(default_factory=lambda: threading.Condition(threading.Lock()))
    _watched: WatchedDocument | None = None
    _remembered: DocumentState = field(default_factory=DocumentState)
    _kept: int = 0
    """The sequence of the state that stands beside the log."""
    _size: int = 0
    _ahead: list[_Vetted] = field(default_factory=list)
    _generation: int = 0
    _readers: int = 0
    _waiting: int = 0
    _clients: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Whose a Yjs client is, as far as this room stored something of it."""

    def accept(self, update: bytes, *, op_id: str, writer: Writer, clause_ids: Collection[str]) -> Stored:
        """Guard, vet, append. When it returns, the update is committed.

        `clause_ids` are all the clauses of the part; a mapping says the kind of their values besides. Raises
        UpdateRefused, ResyncNeeded, ClaimLapsed, and what the log refuses with.
        """
        facts = inspect(update)
        for name in facts.root_names:  # nearly always none: who types stands beside a letter
            if name != schema.VALUES_ROOT and schema.clause_of_root(name) not in clause_ids:
                raise UpdateRefused(reason=Reason.UNKNOWN_ROOT)
        if self.lane is None:
            self.lane = one_lane(self.log)
        for tried in range(_TRIES):
            vetted = self._vet(update, facts, op_id=op_id, writer=writer, allowed=clause_ids)
            try:
                # Another server wrote meanwhile: it would again, while this one waits for company.
                answer = self.lane.put(vetted, hurries=tried > 0)
            except BaseException:
                with self._turn:
                    self._start_over()
                raise
            if isinstance(answer, Stored):
                return answer
            if not isinstance(answer, LogMovedOn):
                raise answer
        raise ResyncNeeded()

    def _vet(self, update: bytes, facts: UpdateFacts, *, op_id: str, writer: Writer, allowed: Iterable[str]) -> _Vetted:
        with self._turn:
            while self._readers or self._is_overdue():
                self._wait()
            watched = self._watched or self._rebuild()
            watched.watch(allowed)
            known = watched.clocks()
            if lacks_dependencies(facts, known):
                known = self._catch_up(watched)
                if lacks_dependencies(facts, known):
                    raise ResyncNeeded()
            self._make_room(watched, facts.size)
            clients = self._clients_to_bind(facts, known, writer)
            try:
                touched = watched.vet(update, facts, known=known)
            except BaseException:
                self._watched = None
                raise
            new = NewUpdate(op_id, update, writer, clause_ids=touched, client_ids=clients)
            vetted = _Vetted(self, new, facts.size, self._generation)
            self._ahead.append(vetted)
            return vetted

    def _wait(self) -> None:
        self._waiting += 1
        try:
            self._turn.wait()
        finally:
            self._waiting -= 1

    def _wake(self) -> None:
        """Whoever waits for a change; nearly never anybody, and asking the condition itself takes ten times longer."""
        if self._waiting:
            self._turn.notify_all()

    def _clients_to_bind(self, facts: UpdateFacts, known: Mapping[int, int], writer: Writer) -> frozenset[int]:
        owner = (writer.person_id, writer.party_id)
        clients = clients_that_write(facts, known)
        if any(self._clients.get(client, owner) != owner for client in clients):
            raise UpdateRefused(reason=Reason.SOMEBODY_ELSES_CLIENT)
        return clients - self._clients.keys()

    def settle(self, vetted: Sequence[_Vetted], answers: Sequence[Answer]) -> None:
        """What became of updates: those that are stored count, and after a refusal the document is doubtful."""
        with self._turn:
            for each, answer in zip(vetted, answers, strict=True):
                if each in self._ahead:
                    self._ahead.remove(each)
                if isinstance(answer, Stored):
                    self._count(each, answer)
            if any(not isinstance(answer, Stored) for answer in answers):
                self._start_over()
            self._remember_sometimes()
            self._wake()

    def is_of_now(self, vetted: _Vetted) -> bool:
        return vetted.generation == self._generation

    def _count(self, vetted: _Vetted, stored: Stored) -> None:
        owner = (vetted.new.writer.person_id, vetted.new.writer.party_id)
        self._clients.update(dict.fromkeys(vetted.new.client_ids, owner))
        if not stored.repeated:
            self.sequence = max(self.sequence, stored.sequence)
            self._size += vetted.size

    def _start_over(self) -> None:
        """Nothing that isn't in the log counts any more; whoever waits for it vets again."""
        self._watched, self._ahead = None, []
        self._generation += 1
        self._wake()

    def state_since(self, state_vector: bytes, *, reached: int | None = None) -> tuple[int, bytes]:
        """(sequence, what someone with this state vector lacks: empty when nothing). Raises UpdateRefused.

        `reached`: a sequence of the log that was read a moment ago; the log is not asked again by whom is as far.
        """
        inspect_state_vector(state_vector or b"\x00")
        with self._still():
            if not state_vector:
                whole = self._read(lambda _: self._whole(), reached=reached)
                return self.sequence, whole
            lacking = self._read(lambda document: document.get_update(state_vector), reached=reached)
            return self.sequence, b"" if lacking == _NOTHING else lacking

    def _whole(self) -> bytes:
        """All of it, written once for all who open the draft between two edits."""
        self._remember(least=1)
        return b"" if self._remembered.content == _NOTHING else self._remembered.content

    def snapshot(self, clause_id: str) -> str:
        """The clause's text now, in canonical Markdown."""
        name = schema.clause_root(clause_id)
        with self._still():
            return self._read(lambda document: markdown_bridge.read_fragment(document, name))

    def text_hash(self, clause_ids: Iterable[str]) -> tuple[int, str]:
        """(sequence, hash of the plain text): what every browser computes and compares."""
        names = [schema.clause_root(clause_id) for clause_id in clause_ids]
        with self._still():
            found = self._read(lambda document: markdown_bridge.plain_text_hash(document, names))
            return self.sequence, found

    @contextmanager
    def _still(self) -> Iterator[None]:
        """While nothing is in the document that isn't in the log: what is on its way arrives first, and nothing is
        added meanwhile."""
        with self._turn:
            self._readers += 1
            try:
                while self._ahead:
                    self._wait()
                yield
            finally:
                self._readers -= 1
                self._wake()

    def keep_state(self, *, least: int) -> None:
        """Put what is remembered beside the log, once it is so many updates ahead of what stands there."""
        state = self._remembered
        if state.sequence - self._kept >= least:
            self.log.keep_state(self.draft_id, epoch=self.epoch, state=state)
            self._kept = state.sequence

    def _read(self, question: Callable[[Doc[Any]], T], *, reached: int | None = None) -> T:
        watched = self._watched or self._rebuild()
        if reached is None or self.sequence < reached:
            self._catch_up(watched)
        self._remember_sometimes()
        try:
            with library_failures_named():
                return question(watched.document)
        except LibraryFailed:
            self._watched = None
            raise

    def _catch_up(self, watched: WatchedDocument) -> Mapping[int, int]:
        """The clocks, once all that is in the log is in the document."""
        try:
            for logged in self.log.since(self.draft_id, epoch=self.epoch, after=self.sequence):
                watched.apply_vetted(logged.update)
                self.sequence = logged.sequence
                self._size += len(logged.update)
            return watched.clocks()
        except LibraryFailed:
            self._watched = None
            raise

    def _rebuild(self) -> WatchedDocument:
        """From the log; then what was vetted and is on its way, which says the same on any document that holds it."""
        watched = self._restored()
        self._catch_up(watched)
        if not self._ahead:  # where another server writes too, it is thrown away again before there is a rest
            self._watched = watched
            self._remember_sometimes()
        for vetted in self._ahead:
            watched.apply_vetted(vetted.new.update)
        self._watched = watched
        return watched

    def _restored(self) -> WatchedDocument:
        """From what is remembered here, or kept beside the log; a state that can't be read costs time, nothing else."""
        if not self._remembered.content:
            self._remembered = self.log.state(self.draft_id, epoch=self.epoch) or DocumentState()
            self._kept = self._remembered.sequence
        watched, state = WatchedDocument(), self._remembered
        try:
            if state.content:
                watched.restore(state.content, half_characters=state.half_characters)
        except LibraryFailed:
            watched, state = WatchedDocument(), DocumentState()
        self.sequence, self._size = state.sequence, len(state.content)
        return watched

    def _is_overdue(self) -> bool:
        """In a draft that never rests, a short rest is made, so that the state can be kept."""
        return bool(self._ahead) and self.sequence - self._remembered.sequence >= _OVERDUE

    def _remember_sometimes(self) -> None:
        """Keep the state as bytes, so that a document thrown away costs a few hundred updates and not the whole log."""
        self._remember(least=REMEMBER_EVERY)

    def _remember(self, *, least: int) -> None:
        """Only while nothing uncommitted is in the document."""
        if self._watched is None or self._ahead or self.sequence - self._remembered.sequence < least:
            return
        with library_failures_named():
            content = self._watched.document.get_update()
        self._remembered = DocumentState(self.sequence, content, frozenset(self._watched.half_characters))
        self._size = len(content)

    def _make_room(self, watched: WatchedDocument, size: int) -> None:
        """Refuse what would swell the draft out of bounds; the running size only overestimates, so measure first."""
        if self._size + size <= MAX_DOCUMENT_SIZE:
            return
        with library_failures_named():
            self._size = len(watched.document.get_update())
        if self._size + size > MAX_DOCUMENT_SIZE:
            raise UpdateRefused(reason=Reason.DOCUMENT_FULL)


def one_lane(log: UpdateLog, *, tell: Callable[[], Teller | None] = lambda: None, gather_seconds: float = 0.0) -> Lane:
    """Where the rooms of a lane have their updates stored together."""

    def store(waiting: Sequence[_Vetted]) -> list[Answer]:
        answers: dict[_Vetted, Answer] = {each: LogMovedOn() for each in waiting}
        by_room: dict[Room, list[_Vetted]] = {}
        for each in waiting:
            if each.room.is_of_now(each):
                by_room.setdefault(each.room, []).append(each)
        try:
            found = log.append([_batch(room, vetted) for room, vetted in by_room.items()]) if by_room else []
        except BaseException:
            for room, vetted in by_room.items():
                room.settle(vetted, [LogMovedOn() for _ in vetted])
            raise
        for (room, vetted), given in zip(by_room.items(), found, strict=True):
            answers.update(zip(vetted, given, strict=True))
            room.settle(vetted, given)
        _tell(tell(), by_room, answers)
        return [answers[each] for each in waiting]

    return GroupCommit(store, gather_seconds=gather_seconds)


def _batch(room: Room, vetted: Sequence[_Vetted]) -> Batch:
    return Batch(room.draft_id, room.epoch, room.sequence, tuple(each.new for each in vetted))


def _tell(teller: Teller | None, by_room: dict[Room, list[_Vetted]], answers: dict[_Vetted, Answer]) -> None:
    if teller is None:
        return
    for room, vetted in by_room.items():
        kept = {
            answer.sequence: each.new
            for each in vetted
            if isinstance(answer := answers[each], Stored) and not answer.repeated
        }
        if kept:
            teller(Kept(room.draft_id, room.epoch, min(kept), tuple(kept.values())))
