"""Who wrote it, read from the log of a draft: which update each party sent is known, and that alone decides.

Updates of one party are taken together, so that a text is derived once for many keystrokes: those of two parties that
write at the same time commute, unless one builds on the other's, which the bytes tell. A second without a keystroke
ends what is taken together. Nothing here is truth: the same log gives it again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from negotiation.drafting import schema
from negotiation.drafting.authorship import Author, Credited, Provenance, Step, carried, changed, started
from negotiation.drafting.guard import UpdateFacts, inspect
from negotiation.drafting.vet import MAX_LOGGED_SIZE, ROOM_CLIENT, library_failures_named

CALM: Final = timedelta(seconds=2)
"""The log dates in whole seconds: two apart are more than one."""
MOST_TOGETHER: Final = 400
"""Updates between two derivations of a text."""
_TEXT_BLOCKS: Final = frozenset({"paragraph", "heading"})


@dataclass(frozen=True, slots=True)
class Entry:
    """An update as the log has it. `party_id` None: the platform wrote it."""

    sequence: int
    epoch: int
    update: bytes
    party_id: str | None
    at: datetime


@dataclass
class Ledger:
    """One draft: its document as far as it was read, and who wrote each of its clauses."""

    clause_ids: Sequence[str]
    epoch: int = 0
    sequence: int = 0
    provenances: dict[str, Provenance] = field(default_factory=dict)
    _document: Doc[Any] = field(default_factory=lambda: Doc(client_id=ROOM_CLIENT))
    _roots: dict[str, XmlFragment] = field(default_factory=dict)
    _touched: set[str] = field(default_factory=set)

    def read_again(self, updates: Iterable[bytes]) -> None:
        """Updates that were credited already, of the present epoch, or a state of it: they only make the document."""
        with library_failures_named(), self._document.transaction():
            for update in updates:
                self._document.apply_update(update)
        self._watch()
        self._touched = set()

    def read_on(self, entries: Sequence[Entry]) -> None:
        """Credit further updates, in order."""
        window = _Window()
        for entry in entries:
            if entry.epoch != self.epoch:
                self._credit(window)
                window = _Window()
                self._begin(entry.epoch)
            facts = inspect(entry.update, max_size=MAX_LOGGED_SIZE)
            if not window.takes(entry, facts):
                self._credit(window)
                window = _Window()
            window.take(entry, facts)
        self._credit(window)

    def know(self, clause_ids: Iterable[str]) -> None:
        """The clauses of the part now: one may have been added since."""
        self.clause_ids = list(clause_ids)
        self._watch()

    def credited(self, clause_id: str) -> Credited:
        """The clause's visible text, line by line, and who wrote it."""
        return self.provenances.get(clause_id, Provenance()).credited

    def _begin(self, epoch: int) -> None:
        self.epoch = epoch
        self._document = Doc(client_id=ROOM_CLIENT)
        self._roots = {}
        self._watch()

    def _watch(self) -> None:
        for clause_id in self.clause_ids:
            if clause_id not in self._roots:
                root = self._document.get(schema.clause_root(clause_id), type=XmlFragment)
                root.observe_deep(partial(self._see, clause_id))
                self._roots[clause_id] = root

    def _see(self, clause_id: str, _events: object) -> None:
        self._touched.add(clause_id)

    def _credit(self, window: "_Window") -> None:
        for party_id, entries in window.parties.items():
            with library_failures_named(), self._document.transaction():
                for entry in entries:
                    self._document.apply_update(entry.update)
            touched, self._touched = sorted(self._touched), set()
            for clause_id in touched:
                self._credit_clause(clause_id, party_id, entries[-1])
        self.sequence = max(self.sequence, window.last)

    def _credit_clause(self, clause_id: str, party_id: Author, entry: Entry) -> None:
        with library_failures_named(), self._document.transaction():
            text = "\n".join(lines_of(self._roots[clause_id]))
        before = self.provenances.get(clause_id)
        if before is None:
            self.provenances[clause_id] = started(text) if party_id is None else _typed(text, party_id, entry)
        elif party_id is None:
            self.provenances[clause_id] = Provenance(carried(before.credited, text), before.deletions)
        else:
            others = [each for key, each in self.provenances.items() if key != clause_id]
            elsewhere = tuple(deletion for each in others for deletion in each.deletions)
            self.provenances[clause_id] = changed(before, text, Step(party_id, entry.at, elsewhere))


def _typed(text: str, party_id: str, entry: Entry) -> Provenance:
    return changed(started(""), text, Step(party_id, entry.at))


@dataclass
class _Window:
    """Updates that can be taken party by party, whatever order they came in."""

    parties: dict[str | None, list[Entry]] = field(default_factory=dict)
    count: int = 0
    last: int = 0
    _at: datetime | None = None
    _written: dict[int, tuple[int, str | None]] = field(default_factory=dict)
    """Client → (first clock written here, its party)."""

    def takes(self, entry: Entry, facts: UpdateFacts) -> bool:
        if self._at is None:
            return True
        if self.count >= MOST_TOGETHER or entry.at - self._at >= CALM:
            return False
        return not any(
            self._is_anothers(client, clock, entry.party_id)
            for referred in (facts.needed_up_to, facts.deleted_up_to, _ends(facts.written))
            for client, clock in referred.items()
        )

    def take(self, entry: Entry, facts: UpdateFacts) -> None:
        self.parties.setdefault(entry.party_id, []).append(entry)
        for client, (first, _) in facts.written.items():
            self._written.setdefault(client, (first, entry.party_id))
        self.count, self.last, self._at = self.count + 1, entry.sequence, entry.at

    def _is_anothers(self, client: int, clock: int, party_id: str | None) -> bool:
        """Whether it speaks of what another party wrote in this window."""
        first, author = self._written.get(client, (clock, party_id))
        return author != party_id and clock > first


def _ends(written: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    return {client: end for client, (_, end) in written.items()}


def lines_of(parent: XmlFragment | XmlElement, depth: int = 1) -> Iterator[str]:
    """A line for each paragraph, heading and cell, as a reader sees them; a break inside one is a space."""
    if depth > schema.MAX_NESTING + 1:
        return
    line: list[str] = []
    for child in parent.children:
        if isinstance(child, XmlText):
            line += [content for content, _ in child.diff() if isinstance(content, str)]
        elif isinstance(child, XmlElement) and child.tag == "hardBreak":
            line.append(" ")
        elif isinstance(child, XmlElement):
            yield from lines_of(child, depth + 1)
    if line or (isinstance(parent, XmlElement) and parent.tag in _TEXT_BLOCKS):
        yield "".join(line).replace("\n", " ")
