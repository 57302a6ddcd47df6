"""A table of texts as a spreadsheet: words marked as inserted or deleted, nothing that a spreadsheet would compute.

The same table gives the same bytes: no clock, no name of a person or of a machine. Marks don't rest on colour:
additions are underlined, deletions struck through, as on paper.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from negotiation.rules.redline_model import Op

MOST_CHARACTERS = 32_767
"""In one cell: the limit of the format."""
CUT = " […]"
LONGEST_NAME = 31
"""Of a sheet, by the format, which also refuses the signs below."""
_REFUSED_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_A3 = 8
_INSERTED, _DELETED = "#1D4ED8", "#9A3412"


@dataclass(frozen=True, slots=True)
class Mark:
    """Some words of a cell, and whether they were added, taken away or left."""

    op: Op
    text: str


CellText = tuple[Mark, ...]


@dataclass(frozen=True)
class Column:
    """`width` in characters."""

    title: str
    width: int


@dataclass(frozen=True)
class Spreadsheet:
    """One sheet. `dated`: the day of what it shows, never that of its making. `fixed`: columns that stay in sight."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[CellText, ...], ...]
    dated: date
    fixed: int = 0


def plain(text: str) -> CellText:
    return (Mark(Op.EQUAL, text),) if text else ()


def spreadsheet_bytes(sheet: Spreadsheet) -> bytes:
    """The file, as xlsx."""
    file = BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        made = datetime(sheet.dated.year, sheet.dated.month, sheet.dated.day)  # noqa: DTZ001 - the format has no zone
        book.set_properties({"title": sheet.title, "author": "Navette", "created": made})
        _write(book, sheet)
    return file.getvalue()


def _write(book: Any, sheet: Spreadsheet) -> None:
    page = book.add_worksheet(sheet.title.translate(_REFUSED_IN_NAMES)[:LONGEST_NAME].strip("' ") or "Navette")
    heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 2})
    words = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    marks = {
        Op.EQUAL: book.add_format(),
        Op.INSERT: book.add_format({"underline": 1, "font_color": _INSERTED}),
        Op.DELETE: book.add_format({"font_strikeout": True, "font_color": _DELETED}),
    }
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
        page.write_string(0, place, column.title, heading)
    for number, row in enumerate(sheet.rows, start=1):
        for place, cell in enumerate(row):
            _write_cell(page, (number, place), cell, words=words, marks=marks)
    page.freeze_panes(1, sheet.fixed)
    page.repeat_rows(0)
    page.set_landscape()
    page.set_paper(_A3)
    page.fit_to_pages(1, 0)
    page.set_header(f"&L{sheet.title.replace('&', '&&')}&R&P / &N")


def _write_cell(page: Any, place: tuple[int, int], cell: CellText, *, words: Any, marks: dict[Op, Any]) -> None:
    """Always as text: what begins with « = », « + », « - » or « @ » is read, never computed."""
    shown = _within_limits(cell)
    if len(shown) > 1:
        pieces = [piece for mark in shown for piece in (marks[mark.op], mark.text)]
        page.write_rich_string(*place, *pieces, words)
    elif shown and shown[0].op is not Op.EQUAL:
        # One piece is no rich text for the format: the mark is then that of the whole cell.
        page.write_rich_string(*place, marks[shown[0].op], shown[0].text, marks[Op.EQUAL], "\u200a", words)
    elif shown:
        page.write_string(*place, shown[0].text, words)
    else:
        page.write_blank(*place, None, words)


def _within_limits(cell: Iterable[Mark]) -> Sequence[Mark]:
    joined: list[Mark] = []
    for mark in cell:
        if joined and joined[-1].op is mark.op:
            joined[-1] = Mark(mark.op, joined[-1].text + mark.text)
        elif mark.text:
            joined.append(mark)
    room = MOST_CHARACTERS - len(CUT)
    shown: list[Mark] = []
    for mark in joined:
        if len(mark.text) > room:
            return [*shown, Mark(mark.op, mark.text[:room]), Mark(Op.EQUAL, CUT)]
        shown.append(mark)
        room -= len(mark.text)
    return shown
