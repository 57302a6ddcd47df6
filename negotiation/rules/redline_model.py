"""What a redline is made of. Every character of both texts is in it once: either text can be read back from it."""

from dataclasses import dataclass, field
from enum import StrEnum


class Op(StrEnum):
    EQUAL = "equal"
    INSERT = "insert"
    DELETE = "delete"


class Change(StrEnum):
    SAME = "same"
    INSERTED = "inserted"
    DELETED = "deleted"
    CHANGED = "changed"


class UnitKind(StrEnum):
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    BULLET = "bullet"
    NUMBERED = "numbered"
    TABLE_HEADER = "table_header"
    TABLE_ROW = "table_row"
    RULE = "rule"
    START = "start"
    """The blank lines that a text may begin with: no words, only a gap."""


TABLE_KINDS = frozenset({UnitKind.TABLE_HEADER, UnitKind.TABLE_ROW})
LIST_KINDS = frozenset({UnitKind.BULLET, UnitKind.NUMBERED})


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece that can be taken or left whole; the text is prefix + body + gap of each unit in turn."""

    kind: UnitKind
    prefix: str
    """Indentation, quote signs, bullet or number, heading signs."""
    body: str
    gap: str
    """What stands before the next unit: blank lines, and the line under a table's header."""


@dataclass(frozen=True, slots=True)
class Run:
    op: Op
    text: str
    notice: str = ""
    """In French, what the eye would miss in this run."""


@dataclass(frozen=True, slots=True)
class RedlineBlock:
    change: Change
    before: Unit | None
    after: Unit | None
    runs: tuple[Run, ...]
    """The bodies, word by word."""
    notices: tuple[str, ...] = ()
    """In French, what changed around the words: level, number, blank lines, place."""

    @property
    def shown(self) -> Unit:
        """The unit whose kind and place the reader sees: the new one, or the deleted one."""
        unit = self.after or self.before
        if unit is None:
            raise ValueError("a block stands in one text at least")
        return unit


@dataclass(frozen=True, slots=True)
class ValueChange:
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Redline:
    blocks: tuple[RedlineBlock, ...]
    value: ValueChange | None = field(default=None)
    """None when the value is the same on both sides."""
