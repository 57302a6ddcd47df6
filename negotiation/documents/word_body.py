"""The body of a Word file, paragraph by paragraph: styles, tables, tracked changes, comments on their words, bookmarks.

Written directly, not by pandoc's writer: every change of a paragraph's mark or of a row, every thread and every id is
then said once, in its place (ADR 21).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, groupby

from negotiation.documents.word_lines import LIST_KINDS, Cell, Hand, Line, Piece, visible
from negotiation.documents.word_markup import (
    WIDE,
    WIDTH,
    Element,
    after_properties,
    drawn_rule,
    element,
    indent_of,
    name_of,
    paragraph,
    row_of,
    run_of,
    style_of,
    table_of,
    word_date,
)
from negotiation.rules.markdown_tree import Mark
from negotiation.rules.redline_model import TABLE_KINDS, UnitKind


@dataclass(frozen=True)
class Remark:
    """A comment or an answer to one. `is_done`: somebody settled its thread."""

    hand: Hand
    text: str
    is_done: bool = False


@dataclass(frozen=True)
class Note:
    """A thread: its opening and its answers, on characters [start, end) of what is visible of a passage; on the whole
    paragraph where they are None."""

    remarks: tuple[Remark, ...]
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True)
class Words:
    """A paragraph of the file's own: a heading, a label. `style` is an id of templates/word/styles.xml."""

    style: str
    text: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Passage:
    """The text of a clause. `bookmark` names what surrounds it, nothing else."""

    lines: tuple[Line, ...]
    bookmark: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class FieldRow:
    """A short value beside its name: a row of `Fields`, or a paragraph of its own."""

    label: str
    value: Cell
    bookmark: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Fields:
    rows: tuple[FieldRow, ...]


@dataclass(frozen=True)
class Grid:
    """A table of the file's own. `words`: widths of its first columns, which are words, 0 for one that takes what is
    left; the rest are figures. The last `totals` rows add up the others."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[int, ...]
    totals: int = 0


@dataclass(frozen=True)
class Wide:
    """What stands on pages that lie: tables of many columns."""

    contents: tuple[Words | Grid, ...]


_BOLD = frozenset({Mark.BOLD})
_FIGURE, _LEAST = 1350, 2200
"""Widths of a column of figures, « 12 400 000 », and of the words that take what is left, at the least."""
Content = Words | Passage | FieldRow | Fields | Grid | Wide


@dataclass
class Written:
    """What the body asks of the other files of the package."""

    body: Element
    comments: list[tuple[int, Remark, int | None]] = field(default_factory=list)
    """(id, remark, id of the comment that it answers)"""
    links: dict[str, str] = field(default_factory=dict)
    """Relationship id by address."""
    lists: list[tuple[UnitKind, int, int]] = field(default_factory=list)
    """(kind, depth, first number) of list 1, 2…"""


def write_body(contents: Iterable[Content], section: Callable[..., Element]) -> Written:
    """`w:body` with its paragraphs and tables, and what they need elsewhere. `section`: the `w:sectPr` of pages that
    lie (`is_wide`) or stand."""
    writer, is_wide = _Writer(), False
    for content in contents:
        if isinstance(content, Wide) is not is_wide:
            writer.end_section(section(is_wide=is_wide))
            is_wide = not is_wide
        writer.add(content)
    writer.written.body.append(section(is_wide=is_wide))
    return writer.written


class _Writer:
    def __init__(self) -> None:
        self.written = Written(element("w:body"))
        self._ids = count(1)
        self._numbers: dict[int, int] = {}

    def add(self, content: Content) -> None:
        body = self.written.body
        match content:
            case Words(style, text, notes):
                body.append(paragraph(style, self._runs((Piece(text),), self._anchors(notes, len(text)))))
            case Passage():
                self._passage(content)
            case FieldRow():
                body.append(self._value("Valeur", content, [run_of(Piece(f"{content.label} : ", _BOLD))]))
            case Fields(rows):
                self._separate()
                body.append(table_of((WIDTH // 3, WIDTH - WIDTH // 3), [self._field(row) for row in rows]))
            case Grid():
                self._separate()
                body.append(_grid(content))
            case Wide(contents):
                for each in contents:
                    self.add(each)

    def end_section(self, section: Element) -> None:
        """In a paragraph of its own, that belongs to no text."""
        end = paragraph("Separation")
        end[0].append(section)
        self.written.body.append(end)

    def _passage(self, passage: Passage) -> None:
        """The bookmark begins and ends in paragraphs that no acceptance or rejection takes away."""
        lines, body = passage.lines, self.written.body
        self._numbers = {}  # of lists, within one text
        anchors = self._anchors(passage.notes, sum(len(visible(line)) + 1 for line in lines if _counts(line)) - 1)
        first = len(body)
        if lines and passage.bookmark and not _stays(lines[0]):
            body.append(paragraph("Separation"))
        for table, held in groupby(lines, key=lambda line: line.holder if line.kind in TABLE_KINDS else 0):
            if table:
                self._separate()
                body.append(self._rows(list(held), anchors))
            else:
                body.extend([self._line(line, anchors) for line in held])
        if not lines:
            body.append(paragraph(""))
        elif passage.bookmark and not _stays(lines[-1]):
            body.append(paragraph("Separation"))
        if passage.bookmark:
            start, end = self._bookmark(passage.bookmark)
            after_properties(body[first], start)
            body[-1].append(end)

    def _separate(self) -> None:
        """Two tables that touch are one for Word."""
        body = self.written.body
        if len(body) and body[-1].tag == name_of("w:tbl"):
            body.append(paragraph("Separation"))

    def _bookmark(self, name: str) -> tuple[Element, Element]:
        number = next(self._ids)
        return element("w:bookmarkStart", {"w:id": number, "w:name": name}), element("w:bookmarkEnd", {"w:id": number})

    # ------------------------------------------------------------------ paragraphs and rows

    def _line(self, line: Line, anchors: "_Anchors") -> Element:
        if line.kind is UnitKind.RULE:
            runs = [self._by_hands(drawn_rule(), line.inserted, line.deleted)]
        else:
            runs = self._runs(line.cells[0], anchors)
        anchors.at += 1 if _counts(line) else 0
        return paragraph(
            style_of(line),
            runs,
            number=self._number(line) if line.kind in LIST_KINDS else None,
            indent=indent_of(line),
            mark=self._changes(line.inserted, line.deleted),
        )

    def _rows(self, lines: Sequence[Line], anchors: "_Anchors") -> Element:
        columns = len(lines[0].cells)
        return table_of([WIDTH // columns] * columns, [self._row(line, anchors) for line in lines])

    def _row(self, line: Line, anchors: "_Anchors") -> Element:
        """A change of the row stands on the row and on each of its words, as Word itself writes it."""
        is_head = line.kind is UnitKind.TABLE_HEADER
        cells = []
        for cell in line.cells:
            mark = self._changes(line.inserted, line.deleted)
            cells.append([paragraph("Entetecellule" if is_head else "Cellule", self._runs(cell, anchors), mark=mark)])
            anchors.at += 1 if _counts(line) else 0
        return row_of(cells, is_head=is_head, changes=self._changes(line.inserted, line.deleted))

    def _field(self, row: FieldRow) -> Element:
        return row_of([[paragraph("Entetecellule", [run_of(Piece(row.label))])], [self._value("Cellule", row)]])

    def _value(self, style: str, row: FieldRow, before: Sequence[Element] = ()) -> Element:
        runs = self._runs(row.value, self._anchors(row.notes, _length(row.value)))
        if row.bookmark:
            start, end = self._bookmark(row.bookmark)
            runs = [start, *runs, end]
        return paragraph(style, [*before, *runs])

    def _number(self, line: Line) -> tuple[int, int]:
        """(depth, number of the list)"""
        if line.holder not in self._numbers:
            self.written.lists.append((line.kind, line.level, line.start))
            self._numbers[line.holder] = len(self.written.lists)
        return line.level, self._numbers[line.holder]

    # ------------------------------------------------------------------ words

    def _runs(self, cell: Cell, anchors: "_Anchors") -> list[Element]:
        runs: list[Element] = []
        for piece in cell:
            if piece.deleted:
                runs.append(self._piece(piece))
                continue
            rest = piece.text
            while rest:
                runs += anchors.due()
                taken = min(len(rest), anchors.room())
                runs.append(self._piece(replace(piece, text=rest[:taken])))
                anchors.at, rest = anchors.at + taken, rest[taken:]
        return runs + anchors.due()

    def _piece(self, piece: Piece) -> Element:
        run = self._by_hands(run_of(piece), piece.inserted, piece.deleted)
        if piece.href is None:
            return run
        link = self.written.links.setdefault(piece.href, f"link{len(self.written.links) + 1}")
        return element("w:hyperlink", {"r:id": link, "w:history": 1}, run)

    def _by_hands(self, run: Element, inserted: Hand | None, deleted: Hand | None) -> Element:
        """What one party brought and another takes away stands in both changes."""
        for tag, hand in (("w:del", deleted), ("w:ins", inserted)):
            if hand:
                run = element(tag, self._change(hand), run)
        return run

    def _changes(self, inserted: Hand | None, deleted: Hand | None) -> list[Element]:
        """Of a paragraph's mark or a row, in the order of the schema."""
        hands = (("w:ins", inserted), ("w:del", deleted))
        return [element(tag, self._change(hand)) for tag, hand in hands if hand]

    def _change(self, hand: Hand) -> dict[str, object]:
        return {"w:id": next(self._ids), "w:author": hand.author, "w:date": word_date(hand.at)}

    # ------------------------------------------------------------------ comments

    def _anchors(self, notes: Iterable[Note], length: int) -> "_Anchors":
        """The comments of these threads get their numbers, answers after what they answer."""
        length = max(length, 0)
        spans = []
        for note in notes:
            ids = []
            for remark in note.remarks:
                ids.append(len(self.written.comments))
                self.written.comments.append((ids[-1], remark, ids[0] if len(ids) > 1 else None))
            start = min(note.start or 0, length)
            spans.append((start, max(start, min(length if note.end is None else note.end, length)), ids))
        return _Anchors(spans)


class _Anchors:
    """Where comments begin and end, in visible characters; `at` is how far the writer has come."""

    def __init__(self, spans: Iterable[tuple[int, int, list[int]]]) -> None:
        self.at = 0
        self._starts: list[tuple[int, int]] = []
        self._ends: list[tuple[int, int]] = []
        for start, end, ids in spans:
            self._starts += [(start, each) for each in ids]
            self._ends += [(end, each) for each in ids]
        self._starts.sort()
        self._ends.sort()
        self._begun: set[int] = set()

    def room(self) -> int:
        """How many characters may come before something begins or ends."""
        nexts = [place - self.at for place, _ in (*self._starts[:1], *self._ends[:1]) if place > self.at]
        return min(nexts, default=2**31)

    def due(self) -> list[Element]:
        """What begins or ends here. What ends was always begun."""
        made: list[Element] = []
        while self._ends and self._ends[0][0] <= self.at and self._ends[0][1] in self._begun:
            made += _end_of_comment(self._ends.pop(0)[1])
        while self._starts and self._starts[0][0] <= self.at:
            number = self._starts.pop(0)[1]
            self._begun.add(number)
            made.append(element("w:commentRangeStart", {"w:id": number}))
        while self._ends and self._ends[0][0] <= self.at and self._ends[0][1] in self._begun:
            made += _end_of_comment(self._ends.pop(0)[1])
        return made


def _end_of_comment(number: int) -> list[Element]:
    style = element("w:rPr", {}, element("w:rStyle", {"w:val": "Marquedecommentaire"}))
    reference = element("w:r", {}, style, element("w:commentReference", {"w:id": number}))
    return [element("w:commentRangeEnd", {"w:id": number}), reference]


def _counts(line: Line) -> bool:
    """Whether `rules.anchoring.plain_text` has a line for it."""
    is_bare = line.kind in LIST_KINDS and not line.cells[0]
    return not line.deleted and line.kind is not UnitKind.RULE and not is_bare


def _stays(line: Line) -> bool:
    """A paragraph that is there whatever is accepted or rejected."""
    return line.kind not in TABLE_KINDS and not line.inserted and not line.deleted


def _length(cell: Cell) -> int:
    return sum(len(piece.text) for piece in cell if not piece.deleted)


def _grid(grid: Grid) -> Element:
    """Figures narrow and to the right, words share the rest."""
    figures = len(grid.head) - len(grid.words)
    given = sum(grid.words)
    narrow = min(_FIGURE, (WIDE - given - _LEAST) // max(figures, 1))
    widths = [each or WIDE - given - narrow * figures for each in grid.words] + [narrow] * figures
    first_total = len(grid.rows) - grid.totals
    head = row_of(_cells(grid, grid.head, is_strong=True), is_head=True)
    rows = [row_of(_cells(grid, row, is_strong=place >= first_total)) for place, row in enumerate(grid.rows)]
    return table_of(widths, [head, *rows])


def _cells(grid: Grid, row: Sequence[str], *, is_strong: bool) -> list[list[Element]]:
    style = "Entetecellule" if is_strong else "Cellule"
    return [
        [paragraph(style, [run_of(Piece(each))], is_to_the_right=place >= len(grid.words))]
        for place, each in enumerate(row)
    ]
