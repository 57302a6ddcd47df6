"""A room is a cache of one draft: a document and the sequence of the log it has reached.

The log is the truth. A room catches up from it before it does anything, and a document about which there is any doubt
is thrown away and rebuilt, so correctness never depends on which worker serves a draft.
"""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeVar

from pycrdt import Doc

from negotiation.drafting import markdown_bridge, schema
from negotiation.drafting.guard import inspect, inspect_state_vector
from negotiation.drafting.vet import LibraryFailed, WatchedDocument, lacks_dependencies, library_failures_named
from negotiation.drafting.vet import writing_clients as clients_that_write
from negotiation.drafting.wire import Reason
from negotiation.errors import ResyncNeeded, UpdateRefused

MAX_DOCUMENT_SIZE: Final = 8 * 1024 * 1024
_REMEMBER_EVERY: Final = 200
_TRIES: Final = 5
_NOTHING: Final = b"\x00\x00"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Writer:
    """Who acts, for which party: from the session, never from the document."""

    person_id: str
    party_id: str


@dataclass(frozen=True, slots=True)
class LoggedUpdate:
    sequence: int
    update: bytes


@dataclass(frozen=True, slots=True)
class NewUpdate:
    """What a room asks the log to keep."""

    draft_id: str
    epoch: int
    op_id: str
    update: bytes
    writer: Writer
    after: int
    """The sequence the room had reached when it vetted the update."""
    clause_ids: frozenset[str]
    """Clauses whose text or value it changes."""
    client_ids: frozenset[int]
    """Yjs clients under which it writes something new."""


@dataclass(frozen=True, slots=True)
class Stored:
    sequence: int
    repeated: bool = False


class LogMovedOn(Exception):
    """Another worker appended in between: catch up and ask again."""


class UpdateLog(Protocol):
    def since(self, draft_id: str, *, epoch: int, after: int) -> Sequence[LoggedUpdate]:
        """The updates of this epoch after a sequence, in order."""

    def append(self, new: NewUpdate) -> Stored:
        """Keep it for good, in one transaction; a repeated op id answers its first sequence.

        Raises LogMovedOn, EpochChanged, Frozen, and UpdateRefused for a client id that is somebody else's.
        """


@dataclass(frozen=True, slots=True)
class _State:
    sequence: int = 0
    content: bytes = b""
    half_characters: frozenset[tuple[int, int]] = frozenset()


@dataclass
class Room:
    """One draft in one epoch. Every public method holds the room's lock and starts by catching up."""

    draft_id: str
    epoch: int
    log: UpdateLog
    sequence: int = 0
    used_at: float = 0.0
    _lock: threading.Lock = field(default_factory=lambda: threading.Lock())
    _watched: WatchedDocument | None = None
    _remembered: _State = field(default_factory=_State)
    _size: int = 0

    def accept(self, update: bytes, *, op_id: str, writer: Writer, clause_ids: Iterable[str]) -> Stored:
        """Guard, vet, append. When it returns, the update is committed.

        `clause_ids` are all the clauses of the part. Raises UpdateRefused, ResyncNeeded, and what the log raises.
        """
        facts = inspect(update)
        allowed = frozenset(clause_ids)
        if not facts.root_names <= {schema.VALUES_ROOT, *map(schema.clause_root, allowed)}:
            raise UpdateRefused(reason=Reason.UNKNOWN_ROOT)
        with self._lock:
            watched = self._enter()
            watched.watch(allowed)
            known = watched.clocks()
            if lacks_dependencies(facts, known):
                raise ResyncNeeded()
            self._make_room(watched, facts.size)
            try:
                touched = watched.vet(update, facts, known=known)
                new = NewUpdate(
                    self.draft_id,
                    self.epoch,
                    op_id,
                    update,
                    writer,
                    after=self.sequence,
                    clause_ids=touched,
                    client_ids=clients_that_write(facts, known),
                )
                stored = self._append(new)
            except BaseException:
                self._forget()
                raise
            self._advance(stored, facts.size)
            return stored

    def state_since(self, state_vector: bytes) -> tuple[int, bytes]:
        """(sequence, what someone with this state vector lacks: empty when nothing). Raises UpdateRefused."""
        inspect_state_vector(state_vector or b"\x00")
        with self._lock:
            lacking = self._read(lambda document: document.get_update(state_vector or b"\x00"))
            return self.sequence, b"" if lacking == _NOTHING else lacking

    def snapshot(self, clause_id: str) -> str:
        """The clause's text now, in canonical Markdown."""
        name = schema.clause_root(clause_id)
        with self._lock:
            return self._read(lambda document: markdown_bridge.read_fragment(document, name))

    def text_hash(self, clause_ids: Iterable[str]) -> tuple[int, str]:
        """(sequence, hash of the plain text): what every browser computes and compares."""
        names = [schema.clause_root(clause_id) for clause_id in clause_ids]
        with self._lock:
            found = self._read(lambda document: markdown_bridge.plain_text_hash(document, names))
            return self.sequence, found

    def _read(self, question: Callable[[Doc[Any]], T]) -> T:
        document = self._enter().document
        try:
            with library_failures_named():
                return question(document)
        except LibraryFailed:
            self._forget()
            raise

    def _append(self, new: NewUpdate) -> Stored:
        """The update is in the document already; what others wrote meanwhile commutes with it."""
        for _ in range(_TRIES):
            try:
                return self.log.append(new)
            except LogMovedOn:
                self._catch_up()
                new = replace(new, after=self.sequence)
        raise ResyncNeeded()

    def _advance(self, stored: Stored, size: int) -> None:
        if stored.repeated:
            return
        self.sequence = stored.sequence
        self._size += size
        self._remember_sometimes()

    def _enter(self) -> WatchedDocument:
        watched = self._catch_up()
        self._remember_sometimes()
        return watched

    def _catch_up(self) -> WatchedDocument:
        watched = self._watched or self._rebuild()
        try:
            for logged in self.log.since(self.draft_id, epoch=self.epoch, after=self.sequence):
                watched.apply_vetted(logged.update)
                self.sequence = logged.sequence
                self._size += len(logged.update)
        except LibraryFailed:
            self._forget()
            raise
        return watched

    def _rebuild(self) -> WatchedDocument:
        self._watched = WatchedDocument()
        state = self._remembered
        self.sequence, self._size = state.sequence, len(state.content)
        if state.content:
            self._watched.restore(state.content, half_characters=state.half_characters)
        return self._watched

    def _remember_sometimes(self) -> None:
        """Keep the state as bytes, so that a document thrown away costs a few hundred updates and not the whole log.

        Only while nothing uncommitted is in the document.
        """
        if self._watched is not None and self.sequence - self._remembered.sequence >= _REMEMBER_EVERY:
            with library_failures_named():
                content = self._watched.document.get_update()
            self._remembered = _State(self.sequence, content, frozenset(self._watched.half_characters))
            self._size = len(content)

    def _forget(self) -> None:
        self._watched = None

    def _make_room(self, watched: WatchedDocument, size: int) -> None:
        """Refuse what would swell the draft out of bounds; the running size only overestimates, so measure first."""
        if self._size + size <= MAX_DOCUMENT_SIZE:
            return
        with library_failures_named():
            self._size = len(watched.document.get_update())
        if self._size + size > MAX_DOCUMENT_SIZE:
            raise UpdateRefused(reason=Reason.DOCUMENT_FULL)


@dataclass
class Rooms:
    """The rooms of this process. One that nobody used for a while is dropped: it is only a cache."""

    log: UpdateLog
    idle_seconds: float = 60.0
    clock: Callable[[], float] = time.monotonic
    _rooms: dict[tuple[str, int], Room] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=lambda: threading.Lock())
    _swept_at: float = 0.0

    def room(self, draft_id: str, *, epoch: int) -> Room:
        with self._lock:
            now = self.clock()
            found = self._rooms.setdefault((draft_id, epoch), Room(draft_id, epoch, self.log))
            found.used_at = now
            if now - self._swept_at >= self.idle_seconds / 4:
                self._sweep(now)
            return found

    def drop_idle(self) -> None:
        with self._lock:
            self._sweep(self.clock())

    def __len__(self) -> int:
        return len(self._rooms)

    def _sweep(self, now: float) -> None:
        self._swept_at = now
        for key in [key for key, room in self._rooms.items() if now - room.used_at >= self.idle_seconds]:
            del self._rooms[key]
