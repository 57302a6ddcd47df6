"""The same contents as an OpenDocument text, by pandoc: clean only, its writer knows no tracked changes."""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from negotiation.documents.pandoc import convert
from negotiation.documents.word_body import Content, FieldRow, Fields, Grid, Passage, Words
from negotiation.documents.word_file import WordFile
from negotiation.documents.word_lines import LIST_KINDS, Cell, Line, Piece
from negotiation.documents.word_markup import TEXT_HEADINGS
from negotiation.rules.markdown_tree import Mark
from negotiation.rules.redline_model import TABLE_KINDS, UnitKind

Node = dict[str, Any]

_API = [1, 23, 1]
_NOBODY: list[Any] = ["", [], []]
_DEFAULT = {"t": "AlignDefault"}
_MARKS = ((Mark.BOLD, "Strong"), (Mark.ITALIC, "Emph"), (Mark.STRIKE, "Strikeout"))
_BOLD = frozenset({Mark.BOLD})


def odt_bytes(file: WordFile) -> bytes:
    """The file as LibreOffice opens it. Raises ConversionFailed."""
    blocks = [block for content in file.contents for block in _blocks(content)]
    notice = [_paragraph((Piece(file.notice, _BOLD),))] if file.notice else []
    meta = {name: {"t": "MetaString", "c": value} for name, value in (file.properties or {}).items()}
    meta |= {name: {"t": "MetaString", "c": value} for name, value in (("title", file.title), ("lang", "fr-FR"))}
    tree = {"pandoc-api-version": _API, "meta": meta, "blocks": notice + blocks}
    return convert(json.dumps(tree).encode(), source="json", target="odt")


def _blocks(content: Content) -> list[Node]:
    match content:
        case Words("Titre", _):
            return []  # the title is among the properties, from which pandoc writes it
        case Words(style, text):
            is_heading = style[-1:].isdigit()
            return [_heading(int(style[-1]), (Piece(text),)) if is_heading else _paragraph((Piece(text),))]
        case FieldRow(label, value):
            return [_paragraph((Piece(f"{label} : ", _BOLD), *value))]
        case Fields(rows):
            return [_table([[(Piece(row.label, _BOLD),), row.value] for row in rows])]
        case Grid(head, rows):
            cells = [[(Piece(each),) for each in row] for row in (head, *rows)]
            return [_table(cells, has_head=True)]
        case Passage(lines, bookmark):
            return _passage(lines, bookmark)


def _passage(lines: Sequence[Line], bookmark: str) -> list[Node]:
    """The bookmark stands at the beginning: pandoc has none that goes over several paragraphs."""
    blocks = _flow(lines, 0)
    start = {"t": "Span", "c": [[bookmark, [], []], []]}
    if not bookmark:
        return blocks
    if blocks and blocks[0]["t"] == "Para":
        return [{"t": "Para", "c": [start, *blocks[0]["c"]]}, *blocks[1:]]
    return [{"t": "Para", "c": [start]}, *blocks]


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
    return {"t": "Para", "c": _inlines(words)}


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
    columns = [[_DEFAULT, {"t": "ColWidthDefault"}] for _ in rows[0]]
    head, body = (rows[:1], rows[1:]) if has_head else ([], rows)
    bodies = [[_NOBODY, 0, [], [_row(row) for row in body]]]
    return {
        "t": "Table",
        "c": [_NOBODY, [None, []], columns, [_NOBODY, [_row(row) for row in head]], bodies, [_NOBODY, []]],
    }


def _row(cells: Iterable[Cell]) -> list[Any]:
    return [_NOBODY, [[_NOBODY, _DEFAULT, 1, 1, [{"t": "Plain", "c": _inlines(cell)}]] for cell in cells]]
