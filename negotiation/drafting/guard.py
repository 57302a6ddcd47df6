"""Read a Yjs update (v1, lib0 encoding) byte by byte before pycrdt sees it.

A 60 kB update nested 30 000 deep kills the process with SIGSEGV inside the library (measured), so nothing reaches it
that this walk has not followed to the last byte. What the bytes alone can't tell — what an origin in the document
already is — is left to `vet`.

Layout: count of client sections; per section: count of structs, client, clock, structs; then the deletions.
A struct starts with an info byte: 5 bits of content kind, then « has a key », « has a right origin », « an origin ».
"""

import json
import re
from typing import Final, NamedTuple

from negotiation.drafting import nesting, schema
from negotiation.drafting.nesting import Parent, Shape
from negotiation.drafting.wire import MAX_CLOCK, Reader, Reason
from negotiation.errors import UpdateRefused

MAX_SIZE: Final = 256 * 1024
MAX_STRUCTS: Final = 15_000
"""In one update from outside; a table without a word, in 256 kB, has 12 500. The library needs the square of their
number in time (measured: 2.3 s for 43 000 letters apart, 1 s for 20 000 attributes)."""
MOST_AT_ONE_PLACE: Final = 4
"""Structs of one update from outside between the same two neighbours. Once something stands there, an editor that knows
it writes on one side of it; the library looks at all of them for each (measured: twice 15 000 took 18 s)."""
MAX_STATE_VECTOR_SIZE: Final = 64 * 1024
_MAX_JSON: Final = 8 * 1024

_HAS_ORIGIN, _HAS_RIGHT_ORIGIN, _HAS_KEY, _KIND = 0x80, 0x40, 0x20, 0x1F
_GC, _DELETED, _STRING, _FORMAT, _TYPE, _ANY, _SKIP = 0, 1, 4, 6, 7, 8, 10
_XML_ELEMENT, _XML_TEXT = 3, 6
_ANY_STRING, _ANY_INTEGER, _ANY_FLOAT32, _ANY_FLOAT64 = 119, 125, 124, 123
_ANY_CONSTANTS: Final = frozenset({120, 121, 126, 127})  # true, false, null, undefined
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")


class UpdateFacts(NamedTuple):
    """What an update says about itself.

    `written[client]` = (first clock, one past the last), after the last gap if there is one: all before `first` must
    already be in the document. `needed_up_to` and `deleted_up_to` are one past the highest clock referred to.
    """

    size: int
    written: dict[int, tuple[int, int]]
    deleted_up_to: dict[int, int]
    needed_up_to: dict[int, int]
    root_names: frozenset[str]
    entries_beside_others: int
    cuts: frozenset[tuple[int, int]]
    """Places (client, clock) before which the update parts what stood together."""
    half_characters: frozenset[tuple[int, int]]
    """Clocks of second halves: a character outside the BMP counts for two, and must never be cut (measured: the
    library then says different things before and after a reload)."""

    @property
    def client_ids(self) -> frozenset[int]:
        return frozenset(self.written)


def inspect(update: bytes, *, max_size: int = MAX_SIZE) -> UpdateFacts:
    """Follow the update to its last byte. Raises `UpdateRefused(reason=…)`; no bytes make it raise anything else."""
    if len(update) > max_size:
        raise UpdateRefused(reason=Reason.TOO_LARGE)
    try:
        return _Walk(update, is_bounded=max_size <= MAX_SIZE).facts()
    except IndexError:
        raise UpdateRefused(reason=Reason.TRUNCATED) from None


def inspect_state_vector(state_vector: bytes) -> dict[int, int]:
    """Client → one past the last clock known of it. Raises `UpdateRefused(reason=…)` and nothing else."""
    if len(state_vector) > MAX_STATE_VECTOR_SIZE:
        raise UpdateRefused(reason=Reason.TOO_LARGE)
    reader = Reader(state_vector)
    try:
        clocks = {reader.client(): reader.clock() for _ in range(reader.count(2))}
    except IndexError:
        raise UpdateRefused(reason=Reason.TRUNCATED) from None
    if not reader.at_end():
        raise UpdateRefused(reason=Reason.TRAILING_BYTES)
    return clocks


class _Walk(Reader):
    """One pass over the bytes, with the position as its only cursor."""

    __slots__ = (
        "_containers",
        "_count",
        "_cuts",
        "_entries",
        "_halves",
        "_is_bounded",
        "_needed",
        "_places",
        "_roots",
        "_structs",
        "_written",
    )

    def __init__(self, update: bytes, *, is_bounded: bool) -> None:
        super().__init__(update)
        self._is_bounded = is_bounded
        self._count = 0
        self._places: dict[tuple[int, bytes], int] = {}
        """How many stand where, by flags and neighbours as they are written."""
        self._written: dict[int, tuple[int, int]] = {}
        self._needed: dict[int, int] = {}
        self._roots: set[str] = set()
        self._structs: dict[int, list[nesting.Struct]] = {}
        self._entries = 0
        self._cuts: set[tuple[int, int]] = set()
        self._halves: set[tuple[int, int]] = set()
        self._containers = False

    def facts(self) -> UpdateFacts:
        for _ in range(self.count(1)):
            self._section()
        deleted = self._deletions()
        if not self.at_end():
            raise UpdateRefused(reason=Reason.TRAILING_BYTES)
        if self._containers:
            try:
                nesting.check(self._structs, limit=schema.MAX_NESTING)
            except nesting.TooDeep:
                raise UpdateRefused(reason=Reason.TOO_DEEP) from None
            except nesting.WrongPlace:
                raise UpdateRefused(reason=Reason.WRONG_PLACE) from None
        return UpdateFacts(
            size=len(self.content),
            written=self._written,
            deleted_up_to=deleted,
            needed_up_to=self._needed,
            root_names=frozenset(self._roots),
            entries_beside_others=self._entries,
            cuts=frozenset(self._cuts),
            half_characters=frozenset(self._halves),
        )

    def _section(self) -> None:
        count = self.count(2)
        client, clock = self.client(), self.clock()
        if not count or client in self._written:
            raise UpdateRefused(reason=Reason.WRONG_COUNT)
        self._count += count
        if self._is_bounded and self._count > MAX_STRUCTS:
            raise UpdateRefused(reason=Reason.TOO_LARGE)
        first, structs = clock, []
        for _ in range(count):
            struct = self._struct(client, clock)
            structs.append(struct)
            clock = struct[1]
            first = clock if struct[2] is Shape.GAP else first
            if clock >= MAX_CLOCK:
                raise UpdateRefused(reason=Reason.CLOCK_OVERFLOW)
        self._written[client] = (first, clock)
        self._structs[client] = structs

    def _struct(self, client: int, clock: int) -> nesting.Struct:
        info = self.byte()
        kind = info & _KIND
        if kind in (_GC, _SKIP):
            if info != kind:
                raise UpdateRefused(reason=Reason.UNKNOWN_CONTENT)
            return clock, clock + self.length(), Shape.GAP if kind == _SKIP else Shape.VOID, None
        parent = self._parent(info)
        keyed = parent.key is not None
        if keyed and kind not in (_ANY, _DELETED):
            raise UpdateRefused(reason=Reason.WRONG_PLACE)
        length, shape = self._content(kind, client, clock)
        if shape is Shape.ENTRY:
            self._check_entry(info, parent)
        self._containers = self._containers or shape in (Shape.TEXT, Shape.ELEMENT)
        return clock, clock + length, shape, parent

    def _parent(self, info: int) -> Parent:
        start = self.position
        beside: Parent | None = None
        if info & _HAS_ORIGIN:
            beside = Parent(self.client(), self.clock(), beside=True)
            self._need(beside)
            self._cuts.add((beside.client, beside.clock + 1))
        if info & _HAS_RIGHT_ORIGIN:
            right = Parent(self.client(), self.clock(), beside=True)
            self._need(right)
            self._cuts.add((right.client, right.clock))
            beside = beside or right
        found = beside or self._around(keyed=bool(info & _HAS_KEY))
        place = (info & ~_KIND, self.content[start : self.position])
        self._places[place] = self._places.get(place, 0) + 1
        if self._is_bounded and self._places[place] > MOST_AT_ONE_PLACE:
            raise UpdateRefused(reason=Reason.CROWDED)
        return found

    def _around(self, *, keyed: bool) -> Parent:
        if self.number() == 1:
            return self._root(keyed=keyed)
        client, clock = self.client(), self.clock()
        key = self.text() if keyed else None
        if key is not None and not schema.known_attribute(key):
            raise UpdateRefused(reason=Reason.UNKNOWN_ATTRIBUTE)
        inside = Parent(client, clock, key=key)
        self._need(inside)
        return inside

    def _root(self, *, keyed: bool) -> Parent:
        name = self.text()
        key = self.text() if keyed else None
        if name == schema.VALUES_ROOT:
            if key is None or not schema.UUID.match(key):
                raise UpdateRefused(reason=Reason.WRONG_PLACE)
        elif schema.clause_of_root(name) is None:
            raise UpdateRefused(reason=Reason.UNKNOWN_ROOT)
        elif key is not None:
            raise UpdateRefused(reason=Reason.WRONG_PLACE)
        self._roots.add(name)
        return Parent(root=name, key=key)

    def _need(self, parent: Parent) -> None:
        if parent.clock >= self._needed.get(parent.client, 0):
            self._needed[parent.client] = parent.clock + 1

    def _content(self, kind: int, client: int, clock: int) -> tuple[int, Shape]:
        if kind == _STRING:
            return self._characters(client, clock), Shape.RUN
        if kind == _FORMAT:
            self._mark()
            return 1, Shape.RUN
        if kind == _ANY:
            self._scalar()
            return 1, Shape.ENTRY
        if kind == _TYPE:
            return 1, self._node()
        if kind == _DELETED:
            return self.length(), Shape.VOID
        raise UpdateRefused(reason=Reason.UNKNOWN_CONTENT)

    def _characters(self, client: int, clock: int) -> int:
        """The length as Yjs counts it: UTF-16 units."""
        text = self.text()
        if not text:
            raise UpdateRefused(reason=Reason.WRONG_COUNT)
        if text.isascii():
            return len(text)
        pairs = [match.start() for match in _ASTRAL.finditer(text)]
        self._halves.update((client, clock + start + number + 1) for number, start in enumerate(pairs))
        return len(text) + len(pairs)

    def _check_entry(self, info: int, parent: Parent | None) -> None:
        """A value stands under a key. One that follows another inherits its key, so the bytes don't show which."""
        if info & (_HAS_ORIGIN | _HAS_RIGHT_ORIGIN):
            self._entries += 1
        elif parent is None or parent.key is None:
            raise UpdateRefused(reason=Reason.WRONG_PLACE)

    def _mark(self) -> None:
        name, written = self.text(), self.text()
        if name not in schema.MARKS or len(written) > _MAX_JSON:
            raise UpdateRefused(reason=Reason.UNKNOWN_MARK)
        if written == "null" or (written == "{}" and name != "link"):
            return
        try:
            value = json.loads(written)
        except (ValueError, RecursionError):
            raise UpdateRefused(reason=Reason.UNKNOWN_MARK) from None
        if not schema.mark_allowed(name, value):
            raise UpdateRefused(reason=Reason.UNKNOWN_MARK)

    def _node(self) -> Shape:
        kind = self.number()
        if kind == _XML_TEXT:
            return Shape.TEXT
        if kind != _XML_ELEMENT or self.text() not in schema.NODES:
            raise UpdateRefused(reason=Reason.UNKNOWN_NODE)
        return Shape.ELEMENT

    def _scalar(self) -> None:
        if self.number() != 1:
            raise UpdateRefused(reason=Reason.UNKNOWN_CONTENT)
        tag = self.byte()
        if tag == _ANY_STRING:
            if len(self.text()) > schema.MAX_VALUE_LENGTH:
                raise UpdateRefused(reason=Reason.TOO_LARGE)
        elif tag == _ANY_INTEGER:
            self.skip_signed_number()
        elif tag == _ANY_FLOAT32:
            self.skip(4)
        elif tag == _ANY_FLOAT64:
            self.skip(8)
        elif tag not in _ANY_CONSTANTS:
            raise UpdateRefused(reason=Reason.UNKNOWN_CONTENT)

    def _deletions(self) -> dict[int, int]:
        deleted: dict[int, int] = {}
        for _ in range(self.count(2)):
            client, last = self.client(), 0
            if client in deleted:
                raise UpdateRefused(reason=Reason.WRONG_COUNT)
            for _ in range(self.count(2)):
                clock = self.clock()
                end = clock + self.length()
                self._cuts.update(((client, clock), (client, end)))
                last = max(last, end)
            if last >= MAX_CLOCK:
                raise UpdateRefused(reason=Reason.CLOCK_OVERFLOW)
            deleted[client] = last
        return deleted
