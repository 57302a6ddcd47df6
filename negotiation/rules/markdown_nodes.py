"""The neutral tree that stands between Markdown text, live documents and printed pages.

It holds what a clause may hold and nothing else; `settled` gives the one form in which two trees that read the same
are equal, so that a text survives any number of trips between its representations.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from markdown_it.common.normalize_url import normalizeLink

MAX_HEADING_LEVEL = 4
MAX_LIST_START = 999_999
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>]+", re.IGNORECASE)
_SEPARATORS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_WHITESPACE_EDGES = re.compile(r"^(\s*)(.*?)(\s*)$", re.DOTALL)


class Mark(StrEnum):
    BOLD = "bold"
    ITALIC = "italic"
    STRIKE = "strike"


@dataclass(frozen=True, slots=True)
class Text:
    """A run of characters that share marks and link."""

    text: str
    marks: frozenset[Mark] = field(default_factory=frozenset)
    href: str | None = None


@dataclass(frozen=True, slots=True)
class HardBreak:
    pass


Inline = Text | HardBreak
Inlines = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    inlines: Inlines


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    inlines: Inlines


@dataclass(frozen=True, slots=True)
class ListItem:
    blocks: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True)
class BulletList:
    items: tuple[ListItem, ...]


@dataclass(frozen=True, slots=True)
class OrderedList:
    items: tuple[ListItem, ...]
    start: int = 1


@dataclass(frozen=True, slots=True)
class Blockquote:
    blocks: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; a cell is one run of inlines, the first row is the header. No spans, no alignment."""

    rows: tuple[tuple[Inlines, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    pass


Block = Paragraph | Heading | BulletList | OrderedList | Blockquote | Table | Rule


def accepted_link(href: str | None) -> str | None:
    """The address in its normal form, or None when it isn't http, https or mailto."""
    if not href or not _LINK.match(href):
        return None
    normal = normalizeLink(_SURROGATES.sub("\ufffd", href))
    return normal if _LINK.fullmatch(normal) and normalizeLink(normal) == normal else None


def settled(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The tree without what Markdown can't hold: empty blocks, spaces at edges, ragged rows, foreign links."""
    found = (_settled_block(block) for block in blocks)
    return tuple(block for block in found if block is not None)


def settled_inlines(inlines: Iterable[Inline]) -> Inlines:
    """One line or several: spaces out of line edges and mark edges, neighbours alike merged, NFC."""
    lines: list[list[Text]] = [[]]
    for inline in inlines:
        if isinstance(inline, Text):
            lines[-1].append(inline)
        else:
            lines.append([])
    written = [_settled_line(line) for line in lines]
    while written and not written[0]:
        written.pop(0)
    while written and not written[-1]:
        written.pop()
    result: list[Inline] = []
    for number, line in enumerate(written):
        if number:
            result.append(HardBreak())
        result.extend(line)
    return tuple(result)


def plain_text(inlines: Iterable[Inline]) -> str:
    return "".join(inline.text if isinstance(inline, Text) else "\n" for inline in inlines)


def _settled_block(block: Block) -> Block | None:
    match block:
        case Paragraph(inlines):
            kept = settled_inlines(inlines)
            return Paragraph(kept) if kept else None
        case Heading(level, inlines):
            kept = settled_inlines(Text(" ") if isinstance(inline, HardBreak) else inline for inline in inlines)
            return Heading(min(max(level, 1), MAX_HEADING_LEVEL), kept) if kept else None
        case Blockquote(blocks):
            inside = settled(blocks)
            return Blockquote(inside) if inside else None
        case Table(rows):
            return _settled_table(rows)
        case BulletList(items):
            kept_items = _settled_items(items)
            return BulletList(kept_items) if kept_items else None
        case OrderedList(items, start):
            kept_items = _settled_items(items)
            return OrderedList(kept_items, min(max(start, 0), MAX_LIST_START)) if kept_items else None
        case _:
            return block


def _settled_items(items: Sequence[ListItem]) -> tuple[ListItem, ...]:
    found = (ListItem(settled(item.blocks)) for item in items)
    return tuple(item for item in found if item.blocks)


def _settled_table(rows: Sequence[Sequence[Inlines]]) -> Table | None:
    width = max((len(row) for row in rows), default=0)
    if not width:
        return None
    return Table(tuple(tuple(settled_inlines(cell) for cell in row) + ((),) * (width - len(row)) for row in rows))


def _settled_line(runs: Sequence[Text]) -> list[Text]:
    pieces = [piece for run in runs for piece in _pieces(run)]
    while pieces and pieces[0].text.isspace():
        pieces.pop(0)
    while pieces and pieces[-1].text.isspace():
        pieces.pop()
    _free_spaces_of_marks(pieces)
    merged: list[Text] = []
    for piece in pieces:
        if merged and (merged[-1].marks, merged[-1].href) == (piece.marks, piece.href):
            merged[-1] = replace(merged[-1], text=merged[-1].text + piece.text)
        else:
            merged.append(piece)
    return [replace(run, text=unicodedata.normalize("NFC", run.text)) for run in merged]


def _pieces(run: Text) -> list[Text]:
    """The run cut into space, words, space, so that marks can leave the spaces at their edges."""
    clean = _SURROGATES.sub("\ufffd", _SEPARATORS.sub(" ", run.text))
    edges = _WHITESPACE_EDGES.match(unicodedata.normalize("NFC", clean))
    href = accepted_link(run.href)
    return [Text(part, run.marks, href) for part in edges.groups() if part] if edges else []


def _free_spaces_of_marks(pieces: list[Text]) -> None:
    """A space keeps a mark only when the words on both sides of it have it: no delimiter ever touches a space."""
    position = 0
    while position < len(pieces):
        if not pieces[position].text.isspace():
            position += 1
            continue
        end = position
        while pieces[end].text.isspace():
            end += 1
        around = [pieces[position - 1], *pieces[position:end], pieces[end]]
        # Marks are written inside links, so they don't cross the edge of one over a space.
        same_link = len({piece.href for piece in around}) == 1
        marks = frozenset.intersection(*(piece.marks for piece in around)) if same_link else frozenset()
        href = around[0].href if same_link else None
        for index in range(position, end):
            pieces[index] = Text(pieces[index].text, marks, href)
        position = end
