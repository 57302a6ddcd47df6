"""Words and marks to Markdown characters.

CommonMark opens and closes `**` only beside the right neighbours, so a letter that stands in the way is written as a
numeric entity. What is written is read again and compared; a mark that still can't be written is dropped, a word never.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby, pairwise

from negotiation.rules.markdown_nodes import (
    Block,
    HardBreak,
    Heading,
    Inlines,
    Mark,
    Paragraph,
    Table,
    Text,
    settled_inlines,
)
from negotiation.rules.markdown_reader import parse


class Place(StrEnum):
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    CELL = "cell"


class Nesting(StrEnum):
    """When marks overlap: keep what is open and cut the newcomer, or close it so that the longer one stays whole."""

    AS_OPENED = "as_opened"
    LONGEST_OUTSIDE = "longest_outside"


_ATTEMPTS = 12
_BREAKS = {Place.PARAGRAPH: "\\\n", Place.HEADING: " ", Place.CELL: "<br>"}
_NEEDS_READING_AGAIN = re.compile(r"[\\*_~\[<&]")
_ALWAYS_SIGNS = re.compile(r"[\\*`\[\]~]|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?[A-Za-z0-9]+;)")
# What would make a block of the first characters of a line.
_BLOCK_STARTS = (
    (re.compile(r"^(\d{1,9})([.)])(?=\s|$)"), r"\1\\\2"),
    (re.compile(r"^([-+])(?=\s|$)"), r"\\\1"),
    (re.compile(r"^(#{1,6})(?=\s|$)"), r"\\\1"),
    (re.compile(r"^(>)"), r"\\\1"),
    (re.compile(r"^(\|)"), r"\\\1"),
    (re.compile(r"^([-:])(?=[-:|\s]*$)"), r"\\\1"),
    (re.compile(r"^(=)(?==*\s*$)"), r"\\\1"),
)
_HEADING_END = re.compile(r"(^|\s)(#+)$")
_WRITTEN = {Mark.BOLD: "**", Mark.ITALIC: "*", Mark.STRIKE: "~~"}
_OPENING_ORDER = (Mark.BOLD, Mark.STRIKE, Mark.ITALIC)


def write_inlines(inlines: Inlines, place: Place) -> str:
    """`inlines` must be settled. What comes back is read as `inlines`, less the marks that could not be written."""
    kept = inlines
    for _ in range(_ATTEMPTS):
        for nesting in Nesting:
            source = _write(kept, place, nesting)
            if not _NEEDS_READING_AGAIN.search(source) or _read(source, place) == kept:
                return source
        kept = _without_first_wrong_mark(kept, _read(_write(kept, place, Nesting.AS_OPENED), place))
    return _BREAKS[place].join(
        "".join(_entity(sign) if not sign.isalnum() and not sign.isspace() else sign for sign in line)
        for line in "".join(inline.text if isinstance(inline, Text) else "\n" for inline in inlines).split("\n")
    )


def _read(source: str, place: Place) -> Inlines | None:
    if not source:
        return ()
    wrapped = {Place.PARAGRAPH: source, Place.HEADING: f"# {source}", Place.CELL: f"| {source} |\n|---|"}[place]
    blocks: tuple[Block, ...] = parse(wrapped)
    match blocks:
        case (Paragraph(inlines),) | (Heading(_, inlines),):
            return inlines
        case (Table(((cell,),)),):
            return cell
    return None


def _without_first_wrong_mark(written: Inlines, read: Inlines | None) -> Inlines:
    wrong = next((n for n, pair in enumerate(zip(written, read or (), strict=False)) if pair[0] != pair[1]), 0)
    for index in [*range(wrong, len(written)), *range(wrong)]:
        inline = written[index]
        if isinstance(inline, Text) and (inline.marks or inline.href):
            return settled_inlines([*written[:index], Text(inline.text), *written[index + 1 :]])
    return written


def _write(inlines: Inlines, place: Place, nesting: Nesting) -> str:
    lines: list[list[Text]] = [[]]
    for inline in inlines:
        if isinstance(inline, HardBreak):
            lines.append([])
        else:
            lines[-1].append(inline)
    return _BREAKS[place].join(_guarded(_write_line(line, nesting), place) for line in lines)


def _guarded(line: str, place: Place) -> str:
    if place is Place.CELL:
        return line.replace("|", "\\|")
    if place is Place.HEADING:
        return _HEADING_END.sub(r"\1\\\2", line)
    for pattern, replacement in _BLOCK_STARTS:
        line = pattern.sub(replacement, line)
    return line


def _write_line(runs: Iterable[Text], nesting: Nesting) -> str:
    """Links outermost: delimiters inside a link never meet those outside."""
    line = ""
    for href, group in groupby(runs, key=lambda run: run.href):
        words = _write_marks(list(group), nesting)
        if href is None:
            line += words
            continue
        if line.endswith("!"):
            line = line[:-1] + "\\!"
        line += f"[{words}]({_address(href)})"
    return line


def _address(href: str) -> str:
    return re.sub(r"([()])", r"\\\1", href).replace("&", "&amp;")


@dataclass(slots=True)
class _Words:
    text: str
    first_as_entity: str = ""
    last_as_entity: str = ""

    def written(self) -> str:
        if len(self.text) == 1 and (self.first_as_entity or self.last_as_entity):
            return self.first_as_entity or self.last_as_entity
        middle = self.text[1 if self.first_as_entity else 0 : -1 if self.last_as_entity else None]
        return self.first_as_entity + _ALWAYS_SIGNS.sub(r"\\\g<0>", middle) + self.last_as_entity


@dataclass(slots=True)
class _Delimiter:
    mark: Mark
    opens: int
    """1 for an opening delimiter, 0 for a closing one."""
    pair: int
    written: str = ""


def _write_marks(runs: Sequence[Text], nesting: Nesting) -> str:
    pieces = _pieces(runs, nesting)
    _choose_italic_signs(pieces)
    for position, piece in enumerate(pieces):
        if isinstance(piece, _Words):
            _free_neighbours(pieces, position)
    return "".join(piece.written() if isinstance(piece, _Words) else piece.written for piece in pieces)


def _pieces(runs: Sequence[Text], nesting: Nesting) -> list[_Words | _Delimiter]:
    pieces: list[_Words | _Delimiter] = []
    stack: list[_Delimiter] = []
    pairs = 0
    for position, run in enumerate(runs):
        longest = 0
        if nesting is Nesting.LONGEST_OUTSIDE:
            coming = run.marks - {opened.mark for opened in stack}
            longest = max((_reach(runs, position, mark) for mark in coming), default=0)
        while any(opened.mark not in run.marks or _reach(runs, position, opened.mark) < longest for opened in stack):
            opened = stack.pop()
            pieces.append(replace(opened, opens=0))
        missing = run.marks - {opened.mark for opened in stack}
        for mark in sorted(missing, key=lambda mark: (-_reach(runs, position, mark), _OPENING_ORDER.index(mark))):
            pairs += 1
            stack.append(_Delimiter(mark, 1, pairs, _WRITTEN[mark]))
            pieces.append(stack[-1])
        pieces.append(_Words(run.text))
    pieces.extend(replace(opened, opens=0) for opened in reversed(stack))
    return pieces


def _reach(runs: Sequence[Text], position: int, mark: Mark) -> int:
    """How many runs the mark spans from here: the longest opens first, so that it closes last."""
    end = position
    while end < len(runs) and mark in runs[end].marks:
        end += 1
    return end - position


def _choose_italic_signs(pieces: Sequence[_Words | _Delimiter]) -> None:
    beside_bold: set[int] = set()
    for left, right in pairwise(pieces):
        if isinstance(left, _Delimiter) and isinstance(right, _Delimiter):
            marks = {left.mark: left.pair, right.mark: right.pair}
            if marks.keys() == {Mark.BOLD, Mark.ITALIC}:
                beside_bold.add(marks[Mark.ITALIC])
    for piece in pieces:
        if isinstance(piece, _Delimiter) and piece.pair in beside_bold:
            piece.written = "_"


def _free_neighbours(pieces: Sequence[_Words | _Delimiter], position: int) -> None:
    """Writes a letter beside a delimiter as an entity where CommonMark would not see the delimiter otherwise."""
    words = pieces[position]
    if not isinstance(words, _Words):
        return
    before = pieces[position - 1] if position else None
    if isinstance(before, _Delimiter) and not before.opens and not _is_sign(words.text[0]):
        inside = pieces[position - 2]
        if before.written == "_" or isinstance(inside, _Delimiter) or _is_sign(inside.text[-1]):
            words.first_as_entity = _entity(words.text[0])
    after = pieces[position + 1] if position + 1 < len(pieces) else None
    if isinstance(after, _Delimiter) and after.opens and not _is_sign(words.text[-1]):
        inside = pieces[position + 2]
        if after.written == "_" or isinstance(inside, _Delimiter) or _is_sign(inside.text[0]):
            words.last_as_entity = _entity(words.text[-1])


def _is_sign(character: str) -> bool:
    """Space, punctuation or symbol: what CommonMark lets stand beside a delimiter."""
    return character.isspace() or unicodedata.category(character)[0] in "PS"


def _entity(character: str) -> str:
    return f"&#{ord(character)};"
