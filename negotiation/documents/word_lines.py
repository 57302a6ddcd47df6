"""A text as Word sees it, a row of paragraphs and table rows, and what several hands changed in it.

Word has no tree: an item of a list is a paragraph with a level, a quotation a paragraph with a style. So a text is laid
flat here, and two texts are put side by side by the redline's own engine (`rules.redline_units`, `redline_words`): what
Word tracks is what the screen marks. A change of kind, of level or of list replaces the paragraph whole, since Word
and LibreOffice don't agree on how to take such a change back.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from negotiation.rules.markdown_tree import (
    Block,
    Blockquote,
    BulletList,
    Heading,
    Inlines,
    ListItem,
    Mark,
    OrderedList,
    Paragraph,
    Table,
    Text,
    parse,
)
from negotiation.rules.redline_model import TABLE_KINDS, Unit, UnitKind
from negotiation.rules.redline_units import LIKENESS, paired
from negotiation.rules.redline_words import compared

LIST_KINDS = frozenset({UnitKind.BULLET, UnitKind.NUMBERED})


@dataclass(frozen=True, slots=True)
class Hand:
    """Who made a change, as Word's margin names it (« Partie – Fonction »), and when; None where no date is known."""

    author: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters that share marks, link and hands; « \\n » is a line break."""

    text: str
    marks: frozenset[Mark] = frozenset()
    href: str | None = None
    inserted: Hand | None = None
    deleted: Hand | None = None

    @property
    def look(self) -> tuple[frozenset[Mark], str | None]:
        return self.marks, self.href


Cell = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph (one cell) or a table row. `level`: of a heading, or depth in lists from 0; `holder`: its list or
    table, 0 for none; `start`: first number of that list; `quote`: how many quotations it stands in."""

    kind: UnitKind
    cells: tuple[Cell, ...]
    level: int = 0
    quote: int = 0
    holder: int = 0
    start: int = 1
    inserted: Hand | None = None
    deleted: Hand | None = None

    @property
    def shape(self) -> tuple[object, ...]:
        return self.kind, self.level, self.quote, self.start, len(self.cells)


@dataclass(frozen=True, slots=True)
class Step:
    """What the text became, by whose hand."""

    text: str
    hand: Hand


@dataclass
class _Twins:
    """Which list or table of the new text goes on which of the old: one for one, the first pair of lines says so."""

    of_new: dict[int, int] = field(default_factory=dict)
    of_old: dict[int, int] = field(default_factory=dict)

    def join(self, old: int, new: int) -> bool:
        """Whether a line of the one may be a line of the other."""
        if bool(old) != bool(new):
            return False
        if self.of_old.get(old, new) != new or self.of_new.get(new, old) != old:
            return False
        self.of_old[old], self.of_new[new] = new, old
        return True


def lines_of(markdown: str) -> tuple[Line, ...]:
    """Raises UnreadableText as `markdown_tree.parse` does."""
    return tuple(_flat(parse(markdown), _Place(), count(1)))


def tracked(base: str, steps: Sequence[Step]) -> tuple[Line, ...]:
    """The base with each step's changes in turn, by its hand: all rejected it is the base, all accepted the last step.

    Words that one step brought and a later one took away are shown in the last step only, where the one answers the
    other: before it they belong to neither position.
    """
    numbers = count(1)
    lines: tuple[Line, ...] = tuple(_flat(parse(base), _Place(), numbers))
    for place, step in enumerate(steps):
        new = tuple(_flat(parse(step.text), _Place(), numbers))
        lines = tuple(_rewritten(lines, new, step.hand, keeps=place == len(steps) - 1))
    return _with_whole_tables(lines)


def accepted(lines: Iterable[Line]) -> tuple[Line, ...]:
    """What stands when every change is accepted."""
    return tuple(
        replace(line, inserted=None, cells=tuple(_standing(cell) for cell in line.cells))
        for line in lines
        if not line.deleted
    )


def visible(line: Line) -> str:
    """What anchors count in (`rules.anchoring.plain_text`): a tab between cells; nothing of what is deleted."""
    return "\t".join("".join(piece.text for piece in cell if not piece.deleted) for cell in line.cells)


# ---------------------------------------------------------------------- laid flat


@dataclass(frozen=True)
class _Place:
    depth: int = 0
    quote: int = 0


def _flat(blocks: Iterable[Block], place: _Place, numbers: Iterator[int]) -> Iterator[Line]:
    for block in blocks:
        match block:
            case Paragraph(inlines):
                yield Line(UnitKind.PARAGRAPH, (_cell(inlines),), place.depth, place.quote)
            case Heading(level, inlines):
                yield Line(UnitKind.HEADING, (_cell(inlines),), level, place.quote)
            case BulletList(items):
                yield from _items(items, UnitKind.BULLET, 1, place=place, numbers=numbers)
            case OrderedList(items, start):
                yield from _items(items, UnitKind.NUMBERED, start, place=place, numbers=numbers)
            case Blockquote(inside):
                yield from _flat(inside, replace(place, quote=place.quote + 1), numbers)
            case Table(rows):
                table = next(numbers)
                for number, row in enumerate(rows):
                    kind = UnitKind.TABLE_ROW if number else UnitKind.TABLE_HEADER
                    yield Line(kind, tuple(_cell(cell) for cell in row), holder=table)
            case _:
                yield Line(UnitKind.RULE, ((),), place.depth, place.quote)


def _items(
    items: Iterable[ListItem], kind: UnitKind, start: int, *, place: _Place, numbers: Iterator[int]
) -> Iterator[Line]:
    holder = next(numbers)
    for item in items:
        first, rest = (
            (item.blocks[0], item.blocks[1:]) if isinstance(item.blocks[0], Paragraph) else (None, item.blocks)
        )
        words = _cell(first.inlines) if isinstance(first, Paragraph) else ()
        yield Line(kind, (words,), place.depth, place.quote, holder, start)
        yield from _flat(rest, replace(place, depth=place.depth + 1), numbers)


def _cell(inlines: Inlines) -> Cell:
    return tuple(
        Piece(inline.text, inline.marks, inline.href) if isinstance(inline, Text) else Piece("\n") for inline in inlines
    )


# ---------------------------------------------------------------------- side by side


def _rewritten(lines: Sequence[Line], new: Sequence[Line], hand: Hand, *, keeps: bool) -> Iterator[Line]:
    """`keeps`: what an earlier hand brought and this one takes away stays to be seen. Not so items and rows, nor words
    of a row that is new: LibreOffice leaves something of them when all is rejected."""
    live = [_unit(line, place) for place, line in enumerate(lines) if not line.deleted]
    fresh = [_unit(line, place) for place, line in enumerate(new)]
    twins, reached = _Twins(), 0
    out: list[Line] = []
    for before, after in paired(live, fresh):
        if before is not None:
            place = int(before.gap)
            out += lines[reached:place]  # deleted by an earlier step
            reached = place + 1
        old = lines[int(before.gap)] if before else None
        now = new[int(after.gap)] if after else None
        if old and now and old.shape == now.shape and twins.join(old.holder, now.holder):
            both, shows = zip(old.cells, now.cells, strict=True), keeps and not _is_new_row(old)
            out.append(replace(old, cells=tuple(_words(one, other, hand, keeps=shows) for one, other in both)))
            continue
        shows = keeps and old is not None and old.kind is UnitKind.PARAGRAPH
        out += [_taken(old, hand)] if old and _is_seen(old.inserted, hand, keeps=shows) else []
        out += [_brought(now, hand)] if now else []
    out += lines[reached:]
    # Every pair is known by now: what was brought into a list or a table that goes on takes its number.
    yield from (
        replace(line, holder=twins.of_new.get(line.holder, line.holder)) if line.inserted is hand else line
        for line in out
    )


def _is_new_row(line: Line) -> bool:
    return line.kind in TABLE_KINDS and line.inserted is not None


def _unit(line: Line, place: int) -> Unit:
    """As the redline's engine reads it; its gap tells the line's place."""
    words = [visible(replace(line, cells=(cell,))) for cell in line.cells]
    indent = "  " * line.level if line.kind in LIST_KINDS else ""
    if line.kind in TABLE_KINDS:
        return Unit(line.kind, "", "|" + "|".join(cell.replace("|", "\\|") for cell in words) + "|", str(place))
    return Unit(line.kind, indent, words[0], str(place))


def _is_seen(inserted: Hand | None, hand: Hand, *, keeps: bool) -> bool:
    """Whether what is taken away stays to be seen: it was there before, or another party brought it just before."""
    return inserted is None or (keeps and inserted.author != hand.author)


def _taken(line: Line, hand: Hand) -> Line:
    cells = tuple(
        tuple(piece if piece.deleted else replace(piece, deleted=hand) for piece in cell) for cell in line.cells
    )
    return replace(line, cells=cells, deleted=hand)


def _brought(line: Line, hand: Hand) -> Line:
    cells = tuple(tuple(replace(piece, inserted=hand) for piece in cell) for cell in line.cells)
    return replace(line, cells=cells, inserted=hand)


def _words(old: Cell, new: Cell, hand: Hand, *, keeps: bool) -> Cell:
    before = "".join(piece.text for piece in old if not piece.deleted)
    after = "".join(piece.text for piece in new)
    olds, news = _Reel(old), _Reel(new)
    out: list[Piece] = []
    for segment in compared(before, after, LIKENESS):
        if segment.kept:
            left = sum(map(len, segment.kept))
            while left:
                run = min(left, olds.same_look(), news.same_look())
                one, other = olds.take(run), news.take(run)
                live = next(piece for piece in one if not piece.deleted)
                if live.look == other[0].look:
                    out += one
                else:
                    out += _gone(one, hand, keeps=keeps) + [replace(piece, inserted=hand) for piece in other]
                left -= run
            continue
        out += _gone(olds.take(sum(map(len, segment.deleted))), hand, keeps=keeps)
        out += [replace(piece, inserted=hand) for piece in news.take(sum(map(len, segment.inserted)))]
    return _merged(out + olds.rest())


def _gone(pieces: Iterable[Piece], hand: Hand, *, keeps: bool) -> list[Piece]:
    found = (piece if piece.deleted else replace(piece, deleted=hand) for piece in pieces)
    return [piece for piece in found if piece.deleted is not hand or _is_seen(piece.inserted, hand, keeps=keeps)]


class _Reel:
    """Pieces given out by so many living characters; deleted ones come along at their place."""

    def __init__(self, pieces: Cell) -> None:
        self._left = list(pieces)[::-1]

    def same_look(self) -> int:
        """How many living characters come in one look."""
        return next(len(piece.text) for piece in reversed(self._left) if not piece.deleted)

    def take(self, characters: int) -> list[Piece]:
        out: list[Piece] = []
        while characters:
            piece = self._left.pop()
            if not piece.deleted and len(piece.text) > characters:
                self._left.append(replace(piece, text=piece.text[characters:]))
                piece = replace(piece, text=piece.text[:characters])
            characters -= 0 if piece.deleted else len(piece.text)
            out.append(piece)
        return out

    def rest(self) -> list[Piece]:
        return self._left[::-1]


def _merged(pieces: Iterable[Piece]) -> Cell:
    """Neighbours alike in one piece; what is taken away stands before what takes its place, as on screen."""
    out: list[Piece] = []
    for piece in pieces:
        if out and replace(out[-1], text="") == replace(piece, text=""):
            out[-1] = replace(piece, text=out[-1].text + piece.text)
        else:
            out.append(piece)
    return tuple(out)


def _standing(cell: Cell) -> Cell:
    return _merged(replace(piece, inserted=None) for piece in cell if not piece.deleted)


def _with_whole_tables(lines: Sequence[Line]) -> tuple[Line, ...]:
    """What stands between two rows of one table is in one of the two texts only: it goes before or after the table,
    where it reads the same."""
    out = list(lines)
    for table in dict.fromkeys(line.holder for line in lines if line.kind in TABLE_KINDS):
        rows = [place for place, line in enumerate(out) if line.kind in TABLE_KINDS and line.holder == table]
        span = out[rows[0] : rows[-1] + 1]
        shared = [place for place in rows if not (out[place].inserted or out[place].deleted)]
        first = shared[0] if shared else rows[0]
        within = [(rows[0] + place, line) for place, line in enumerate(span) if rows[0] + place not in set(rows)]
        before = [line for place, line in within if place < first]
        after = [line for place, line in within if place > first]
        out[rows[0] : rows[-1] + 1] = [*before, *(out[place] for place in rows), *after]
    return tuple(out)
