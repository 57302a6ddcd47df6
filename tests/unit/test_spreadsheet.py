"""A spreadsheet read back from its own bytes: what it says, how it is marked, and that it computes nothing."""

import re
from datetime import date
from io import BytesIO
from zipfile import ZipFile

from negotiation.documents.spreadsheet import (
    MOST_CHARACTERS,
    CellText,
    Column,
    Mark,
    Spreadsheet,
    plain,
    spreadsheet_bytes,
)
from negotiation.rules.redline_model import Op


def a_sheet(*rows: tuple[CellText, ...], title: str = "Synoptique") -> Spreadsheet:
    return Spreadsheet(title, (Column("Base", 30), Column("ARS", 30)), rows, dated=date(2026, 7, 9), fixed=1)


def parts_of(data: bytes) -> dict[str, str]:
    with ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def strings_of(data: bytes) -> str:
    return parts_of(data)["xl/sharedStrings.xml"]


def test_the_same_table_gives_the_same_bytes() -> None:
    sheet = a_sheet((plain("Un texte."), plain("Un autre.")))
    assert spreadsheet_bytes(sheet) == spreadsheet_bytes(sheet)


def test_a_deletion_is_struck_and_an_addition_underlined() -> None:
    marked = (
        Mark(Op.EQUAL, "La MAS ouvre "),
        Mark(Op.DELETE, "six"),
        Mark(Op.INSERT, "deux"),
        Mark(Op.EQUAL, " places."),
    )
    said = strings_of(spreadsheet_bytes(a_sheet((plain("x"), marked))))
    assert re.search(r"<strike ?/>.{0,200}?<t[^>]*>six</t>", said, re.S)
    assert re.search(r"<u ?/>.{0,200}?<t[^>]*>deux</t>", said, re.S)


def test_a_cell_that_is_all_added_is_underlined_too() -> None:
    said = strings_of(spreadsheet_bytes(a_sheet((plain("x"), (Mark(Op.INSERT, "Tout."),)))))
    assert re.search(r"<u ?/>.{0,200}?<t[^>]*>Tout\.</t>", said, re.S)


def test_nothing_is_computed() -> None:
    dangerous = ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", '=HYPERLINK("http://x")', "http://ailleurs.example"]
    parts = parts_of(spreadsheet_bytes(a_sheet(*((plain(text), (Mark(Op.INSERT, text),)) for text in dangerous))))
    page = parts["xl/worksheets/sheet1.xml"]
    assert "<f>" not in page
    assert "hyperlink" not in page
    assert set(re.findall(r'<c [^>]*t="(\w+)"', page)) == {"s"}
    assert not [name for name in parts if "externalLink" in name or "vba" in name.lower()]


def test_the_file_names_nobody_and_no_day_but_that_of_its_data() -> None:
    parts = parts_of(spreadsheet_bytes(a_sheet()))
    assert "<dc:creator>Navette</dc:creator>" in parts["docProps/core.xml"]
    assert set(re.findall(r"\d{4}-\d{2}-\d{2}", parts["docProps/core.xml"])) == {"2026-07-09"}


def test_a_text_beyond_the_format_is_cut_and_says_so() -> None:
    said = strings_of(spreadsheet_bytes(a_sheet((plain("a" * (MOST_CHARACTERS + 5)), plain("fin")))))
    assert "[…]" in said
    assert "a" * (MOST_CHARACTERS - 10) in said


def test_an_odd_title_makes_a_sheet_all_the_same() -> None:
    parts = parts_of(spreadsheet_bytes(a_sheet(title="CPOM [2027/2031] : Orlinde, synoptique de la fiche 5")))
    assert 'name="CPOM  2027 2031    Orlinde, syn"' in parts["xl/workbook.xml"]
    assert parts_of(spreadsheet_bytes(a_sheet(title="[]")))
