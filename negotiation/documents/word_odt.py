"""The same contents as an OpenDocument text, by pandoc: clean only, its writer knows no tracked changes.

Bookmarks name what they stand on as in a Word file: a value by the paragraph that holds it, a text from one end to the
other. Pandoc writes points alone, of which the ends of the texts are made afterwards.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from negotiation.documents.pandoc import convert
from negotiation.documents.word_body import Content, FieldRow, Fields, Grid, Passage, Wide, Words
from negotiation.documents.word_file import WordFile
from negotiation.documents.word_lines import LIST_KINDS, Cell, Line, Piece
from negotiation.documents.word_markup import TEXT_HEADINGS
from negotiation.rules.markdown_tree import Mark
from negotiation.rules.redline_model import TABLE_KINDS, UnitKind

Node = dict[str, Any]

_API = [1, 23, 1]
_NOBODY: list[Any] = ["", [], []]
_DEFAULT, _RIGHT = {"t": "AlignDefault"}, {"t": "AlignRight"}
_MARKS = ((Mark.BOLD, "Strong"), (Mark.ITALIC, "Emph"), (Mark.STRIKE, "Strikeout"))
_BOLD = frozenset({Mark.BOLD})
_END = "end_"
"""Begins the name of the point at which a text ends, until it becomes that end."""
_POINT = re.compile(rb'<text:bookmark text:name="(end_)?(nv_[0-9a-f]{32})" ?/>')


def odt_bytes(file: WordFile) -> bytes:
    """The file as LibreOffice opens it. Raises ConversionFailed."""
    blocks = [block for content in file.contents for block in _blocks(content)]
    notice = [_paragraph((Piece(file.notice, _BOLD),))] if file.notice else []
    meta = {name: {"t": "MetaString", "c": value} for name, value in (file.properties or {}).items()}
    meta |= {name: {"t": "MetaString", "c": value} for name, value in (("title", file.title), ("lang", "fr-FR"))}
    tree = {"pandoc-api-version": _API, "meta": meta, "blocks": notice + blocks}
    return _with_ends(convert(json.dumps(tree).encode(), source="json", target="odt"))


def _with_ends(data: bytes) -> bytes:
    """The same file, each text between a beginning and an end."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(written, "w") as made:
        for each in given.infolist():
            content = given.read(each)
            made.writestr(each, _POINT.sub(_edge, content) if each.filename == "content.xml" else content)
    return written.getvalue()


def _edge(point: re.Match[bytes]) -> bytes:
    return b'<text:bookmark-%s text:name="%s"/>' % (b"end" if point[1] else b"start", point[2])


def _blocks(content: Content) -> list[Node]:
    match content:
        case Words("Titre", _):
            return []  # the title is among the properties, from which pandoc writes it
        case Words(style, text):
            is_heading = style[-1:].isdigit()
            return [_heading(int(style[-1]), (Piece(text),)) if is_heading else _paragraph((Piece(text),))]
        case FieldRow(label, value, bookmark):
            return [_para([*_mark(bookmark), *_inlines((Piece(f"{label} : ", _BOLD), *value))])]
        case Fields(rows):
            return [_table_of([[_inlines((Piece(row.label, _BOLD),)), _value(row)] for row in rows])]
        case Grid():
            return [_grid(content)]
        case Wide(contents):
            return [block for each in contents for block in _blocks(each)]
        case Passage(lines, bookmark):
            return _passage(lines, bookmark)


def _passage(lines: Sequence[Line], bookmark: str) -> list[Node]:
    """Its marks stand in paragraphs, of their own where it begins or ends with something else."""
    blocks = _flow(lines, 0)
    if not bookmark:
        return blocks
    start, end = _mark(bookmark), _mark(_END + bookmark)
    if not blocks:
        return [_para([*start, *end])]
    first, last = blocks[0]["t"] == "Para", blocks[-1]["t"] == "Para"
    marked = [_para([*start, *blocks[0]["c"]]), *blocks[1:]] if first else [_para(start), *blocks]
    return [*marked[:-1], _para([*marked[-1]["c"], *end])] if last else [*marked, _para(end)]


def _mark(bookmark: str) -> list[Node]:
    return [{"t": "Span", "c": [[bookmark, [], []], []]}] if bookmark else []


def _value(row: FieldRow) -> list[Node]:
    return [*_mark(row.bookmark), *_inlines(row.value)]


def _flow(lines: Sequence[Line], depth: int) -> list[Node]:
    """Lists, tables and quotations are built again from the lines that follow each other."""
    found: list[Node] = []
    for (kind, _), held in groupby(lines, key=lambda line: _group(line, depth)):
        together = list(held)
        match kind:
            case "list":
                found += [_list(one, depth) for one in _lists(together, depth)]
            case "table":
                has_head = together[0].kind is UnitKind.TABLE_HEADER
                found.append(_table([line.cells for line in together], has_head=has_head))
            case "quote":
                found.append({"t": "BlockQuote", "c": [_block(line) for line in together]})
            case _:
                found += [_block(line) for line in together]
    return found


def _group(line: Line, depth: int) -> tuple[str, int]:
    if line.kind in TABLE_KINDS:
        return "table", line.holder
    if line.kind in LIST_KINDS or (line.level > depth and line.kind is not UnitKind.HEADING):
        return "list", 0
    return ("quote" if line.quote else "flow"), 0


def _lists(lines: Sequence[Line], depth: int) -> list[list[Line]]:
    """What is deeper belongs to the list that was begun; another list of this depth begins by its own number."""
    found: list[list[Line]] = []
    reached = 0
    for line in lines:
        begins = line.level == depth and line.holder != reached
        if begins or not found:
            found.append([])
            reached = line.holder
        found[-1].append(line)
    return found


def _list(lines: Sequence[Line], depth: int) -> Node:
    items: list[list[Line]] = []
    for line in lines:
        if (line.kind in LIST_KINDS and line.level == depth) or not items:
            items.append([line])
        else:
            items[-1].append(line)
    first = lines[0]
    written = [[_paragraph(item[0].cells[0]), *_flow(item[1:], depth + 1)] for item in items]
    if first.kind is UnitKind.NUMBERED:
        return {"t": "OrderedList", "c": [[first.start, {"t": "Decimal"}, {"t": "Period"}], written]}
    return {"t": "BulletList", "c": written}


def _block(line: Line) -> Node:
    if line.kind is UnitKind.RULE:
        return {"t": "HorizontalRule"}
    if line.kind is UnitKind.HEADING:
        return _heading(TEXT_HEADINGS + line.level, line.cells[0])
    return _paragraph(line.cells[0])


def _heading(level: int, words: Cell) -> Node:
    return {"t": "Header", "c": [level, _NOBODY, _inlines(words)]}


def _paragraph(words: Cell) -> Node:
    return _para(_inlines(words))


def _para(inlines: list[Node]) -> Node:
    return {"t": "Para", "c": inlines}


def _inlines(cell: Iterable[Piece]) -> list[Node]:
    found: list[Node] = []
    for piece in cell:
        if piece.deleted:
            continue
        words: list[Node] = []
        for number, part in enumerate(piece.text.split("\n")):
            words += [{"t": "LineBreak"}] if number else []
            words += [{"t": "Str", "c": part}] if part else []
        for mark, name in _MARKS:
            words = [{"t": name, "c": words}] if mark in piece.marks else words
        found += [{"t": "Link", "c": [_NOBODY, words, [piece.href, ""]]}] if piece.href else words
    return found


def _table(rows: Sequence[Sequence[Cell]], *, has_head: bool = False) -> Node:
    return _table_of([[_inlines(cell) for cell in row] for row in rows], has_head=has_head)


def _grid(grid: Grid) -> Node:
    """Figures to the right; what adds them up, in bold."""
    strong = {0, *range(len(grid.rows) + 1 - grid.totals, len(grid.rows) + 1)}
    cells = [
        [_inlines((Piece(each, _BOLD if place in strong else frozenset()),)) for each in row]
        for place, row in enumerate((grid.head, *grid.rows))
    ]
    return _table_of(cells, has_head=True, words=len(grid.words))


def _table_of(rows: Sequence[Sequence[list[Node]]], *, has_head: bool = False, words: int | None = None) -> Node:
    """`words`: how many of the first columns aren't figures; None for all."""
    sides = [_DEFAULT if words is None or place < words else _RIGHT for place in range(len(rows[0]))]
    columns = [[side, {"t": "ColWidthDefault"}] for side in sides]
    head, body = (rows[:1], rows[1:]) if has_head else ([], rows)
    bodies = [[_NOBODY, 0, [], [_row(row) for row in body]]]
    return {
        "t": "Table",
        "c": [_NOBODY, [None, []], columns, [_NOBODY, [_row(row) for row in head]], bodies, [_NOBODY, []]],
    }


def _row(cells: Iterable[list[Node]]) -> list[Any]:
    return [_NOBODY, [[_NOBODY, _DEFAULT, 1, 1, [{"t": "Plain", "c": cell}]] for cell in cells]]
