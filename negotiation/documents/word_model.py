"""What was found in a file from Word or LibreOffice, and the marks that carry it through pandoc."""

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum

_OPEN, _CLOSE = "\ue000", "\ue001"
CLAUSE_MARK = re.compile(f"{_OPEN}clause:([0-9a-f]{{32}}|){_CLOSE}")
HEADING_MARK = re.compile(f"{_OPEN}level:([1-9]){_CLOSE}")


def clause_mark(clause_id: str) -> str:
    """The text of the paragraph that says whose what follows is; "" for nobody's."""
    return f"{_OPEN}clause:{clause_id}{_CLOSE}"


def heading_mark(level: int) -> str:
    return f"{_OPEN}level:{level}{_CLOSE}"


class ChangeKind(StrEnum):
    INSERTED = "inserted"
    DELETED = "deleted"
    MOVED_HERE = "moved_here"
    MOVED_AWAY = "moved_away"


@dataclass(frozen=True)
class FoundChange:
    """A tracked change. `author` and `at` are what the file declares; `text` is "" for a paragraph mark; `clause_id`:
    32 hex digits, "" outside every clause."""

    kind: ChangeKind
    author: str
    at: str
    text: str
    clause_id: str = ""
    value_of: str = ""
    """The clause in whose value it stands, outside its text."""


@dataclass(frozen=True)
class FoundValue:
    """A value as the file has it, in the words of its reader: with no revision taken, and with all."""

    clause_id: str
    rejected: str
    accepted: str


@dataclass(frozen=True)
class FoundComment:
    """`quote`: the words that it is on, "" for none; `answers`: the key of the comment that it answers."""

    key: str
    author: str
    at: str
    text: str
    quote: str = ""
    clause_id: str = ""
    answers: str = ""

    def answering(self, parent: str, clause_id: str) -> "FoundComment":
        return replace(self, answers=parent, clause_id=clause_id)


@dataclass(frozen=True)
class Outside:
    """What isn't read of a file, counted."""

    formatting: int = 0
    pictures: int = 0
    edges: int = 0
    """Headers and footers."""
    notes: int = 0


@dataclass(frozen=True)
class ClauseTexts:
    """A clause as the file has it: with no revision taken, and with all; Markdown of our schema."""

    clause_id: str
    rejected: str
    accepted: str


@dataclass(frozen=True)
class FoundSection:
    """A heading, and the Markdown under it with every revision taken. The first may have no title."""

    title: str
    text: str


@dataclass(frozen=True)
class Reviewed:
    """What a reviewed file says. `export_id`: the export that it says it comes from, "" for none."""

    export_id: str = ""
    clauses: tuple[ClauseTexts, ...] = ()
    changes: tuple[FoundChange, ...] = ()
    comments: tuple[FoundComment, ...] = ()
    outside: Outside = field(default_factory=Outside)
    values: tuple[FoundValue, ...] = ()
    sections: tuple[FoundSection, ...] = ()
    """The file cut at its headings, in order, where it names no clause: what to match clauses by."""
