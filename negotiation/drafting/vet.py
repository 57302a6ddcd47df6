"""Apply an update to a room's own document, look at the nodes that changed, and say which clauses it touched.

The guard has read the bytes; what they can't tell is what they land on. Any refusal here leaves the document in an
unknown state: the room throws it away and rebuilds it from the log.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, Final

from pycrdt import Doc, Map, XmlElement, XmlFragment, XmlText

from negotiation.drafting import schema
from negotiation.drafting.guard import UpdateFacts, inspect, inspect_state_vector
from negotiation.drafting.wire import Reason
from negotiation.errors import ResyncNeeded, UpdateRefused
from negotiation.rules.vocabulary import ValueKind

ROOM_CLIENT: Final = 1
"""The client id of documents that only listen: nothing is ever written under it."""

MAX_LOGGED_SIZE: Final = 16 * 1024 * 1024
"""The platform's own seeds may be larger than what a browser may send."""

_MAYBE_ASTRAL: Final = re.compile(rb"[\xf0-\xf4][\x80-\xbf]{3}")
"""How a character outside the BMP is written; numbers may look so too. A log of a hundred thousand keystrokes is read
without being walked through where it can't hold any."""


class LibraryFailed(UpdateRefused):
    """pycrdt refused or panicked (its panics are BaseException): the document it happened to can't be trusted."""


class _LibraryFailuresNamed:
    """A class, not a generator: it stands around every keystroke four times."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, failure: BaseException | None, trace: object) -> None:
        if failure is not None and not isinstance(failure, UpdateRefused | KeyboardInterrupt | SystemExit):
            raise LibraryFailed(reason=Reason.LIBRARY_FAILED) from failure


def library_failures_named() -> AbstractContextManager[None]:
    """Whatever pycrdt raises inside becomes `LibraryFailed`; put nothing else inside."""
    return _NAMED


_NAMED: Final = _LibraryFailuresNamed()


class WatchedDocument:
    """A document that reports what changes under the clauses it was told to watch."""

    def __init__(self) -> None:
        self.document: Doc[Any] = Doc(client_id=ROOM_CLIENT)
        # pycrdt drops a subscription with the Python object it was made on, so these must be kept (measured).
        self._roots: dict[str, XmlFragment | Map[Any]] = {}
        self._kinds: dict[str, ValueKind] = {}
        self._touched: set[str] = set()
        self._fault: Reason | None = None
        self._exact = False
        self._clocks: Mapping[int, int] | None = None
        self.half_characters: set[tuple[int, int]] = set()

    def clocks(self) -> Mapping[int, int]:
        """Client → one past its last clock in the document. Asked once between two updates: a long draft has many."""
        if self._clocks is None:
            with library_failures_named():
                self._clocks = inspect_state_vector(self.document.get_state())
        return self._clocks

    def watch(self, clause_ids: Iterable[str] | Mapping[str, ValueKind]) -> None:
        """With the kind of their values, a value must look like one; without, only be a text."""
        if isinstance(clause_ids, Mapping):
            self._kinds.update(clause_ids)
        for clause_id in set(clause_ids) - self._roots.keys():
            root = self.document.get(schema.clause_root(clause_id), type=XmlFragment)
            root.observe_deep(partial(self._see_nodes, clause_id))
            self._roots[clause_id] = root
        if schema.VALUES_ROOT not in self._roots:
            values = self.document.get(schema.VALUES_ROOT, type=Map)
            values.observe_deep(self._see_values)
            self._roots[schema.VALUES_ROOT] = values

    def apply_vetted(self, update: bytes) -> None:
        """An update that stands in the log: it was vetted when it came."""
        if _MAYBE_ASTRAL.search(update):
            self.half_characters |= inspect(update, max_size=MAX_LOGGED_SIZE).half_characters
        self.restore(update, half_characters=())

    def restore(self, state: bytes, *, half_characters: Iterable[tuple[int, int]]) -> None:
        """A state that this process wrote itself, with what `half_characters` was then."""
        self.half_characters |= set(half_characters)
        self._apply(state)

    def _apply(self, update: bytes) -> None:
        self._clocks = None
        with library_failures_named():
            self.document.apply_update(update)

    def vet(self, update: bytes, facts: UpdateFacts, *, known: Mapping[int, int]) -> frozenset[str]:
        """The clauses touched. Raises UpdateRefused; ResyncNeeded when part of the update can't be placed yet.

        `known` are the clocks before; every clause of the part must be watched.
        """
        self._touched, self._fault, self._exact = set(), None, facts.entries_beside_others > 0
        if not facts.cuts.isdisjoint(self.half_characters) or not facts.cuts.isdisjoint(facts.half_characters):
            raise UpdateRefused(reason=Reason.CUT_CHARACTER)
        self._apply(update)
        if self._fault is not None:
            raise UpdateRefused(reason=self._fault)
        after = self.clocks()
        if any(after.get(client, 0) < end for client, (_, end) in facts.written.items()):
            raise ResyncNeeded()
        self.half_characters |= facts.half_characters
        return frozenset(self._touched)

    def _see_nodes(self, clause_id: str, events: list[Any]) -> None:
        self._touched.add(clause_id)
        for event in events:
            self._fault = self._fault or fault_in_event(event, exact=self._exact)

    def _see_values(self, events: list[Any]) -> None:
        for event in events:
            for key, change in event.keys.items():
                self._touched.add(key)
                value = change.get("newValue")
                if key not in self._roots or not schema.value_allowed(self._kinds.get(key), value):
                    self._fault = self._fault or Reason.WRONG_PLACE


def lacks_dependencies(facts: UpdateFacts, known: Mapping[int, int]) -> bool:
    """Whether the update builds on something the document hasn't got: pycrdt would keep it pending, invisibly."""
    if any(first > known.get(client, 0) for client, (first, _) in facts.written.items()):
        return True
    referred = (*facts.needed_up_to.items(), *facts.deleted_up_to.items())
    return any(
        clock > known.get(client, 0) and clock > facts.written.get(client, (0, 0))[1] for client, clock in referred
    )


def writing_clients(facts: UpdateFacts, known: Mapping[int, int]) -> frozenset[int]:
    """The clients under which something new is written. What is only sent again counts for nobody."""
    return frozenset(client for client, (_, end) in facts.written.items() if end > known.get(client, 0))


def fault_in_event(event: Any, *, exact: bool) -> Reason | None:
    """What the schema forbids in one change. `exact` also compares lengths, to find values hidden among characters."""
    target, depth = event.target, len(event.path)
    if isinstance(target, XmlText):
        return _fault_in_text(event, exact=exact)
    if not isinstance(target, XmlElement | XmlFragment):
        return Reason.WRONG_PLACE
    kind = (target.tag or "") if isinstance(target, XmlElement) else schema.DOCUMENT
    for name, change in event.keys.items():
        if not schema.attribute_allowed(kind, name, change.get("newValue")):
            return Reason.UNKNOWN_ATTRIBUTE
    for change in event.delta:
        nodes = change.get("insert")
        if nodes is None:
            continue
        if not nodes:  # something uncounted was put among the children: the edge of a mark has no business there
            return Reason.WRONG_PLACE
        for node in nodes:
            fault = fault_in_node(kind, node, depth=depth + 1)
            if fault is not None:
                return fault
    return None


def fault_in_node(parent: str, node: object, *, depth: int) -> Reason | None:
    """What the schema forbids in a node that was just inserted, and in all it holds."""
    if depth > schema.MAX_NESTING:
        return Reason.TOO_DEEP
    if isinstance(node, XmlText):
        allowed = schema.may_contain(parent, schema.TEXT) and not len(node.attributes)
        return None if allowed else Reason.WRONG_PLACE
    if not isinstance(node, XmlElement) or not schema.may_contain(parent, node.tag or ""):
        return Reason.WRONG_PLACE
    kind = node.tag or ""
    attributes: Any = node.attributes
    if not all(schema.attribute_allowed(kind, name, value) for name, value in attributes):
        return Reason.UNKNOWN_ATTRIBUTE
    children = list(node.children)
    if not children and kind in schema.HOLDS_SOMETHING:
        return Reason.HOLLOW_NODE
    for child in children:
        fault = fault_in_node(kind, child, depth=depth + 1)
        if fault is not None:
            return fault
    return None


def _fault_in_text(event: Any, *, exact: bool) -> Reason | None:
    if event.keys or any(not isinstance(change.get("insert", ""), str) for change in event.delta):
        return Reason.WRONG_PLACE
    if exact:
        written = sum(len(content.encode()) for content, _ in event.target.diff() if isinstance(content, str))
        if written != len(event.target):
            return Reason.WRONG_PLACE
    return None
