"""Elements of WordprocessingML: paragraphs, runs, tables, their parts in the order of the schema.

That order (ISO/IEC 29500-1) is what keeps Word from offering to repair the file.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from lxml import etree

from negotiation.documents.word_lines import LIST_KINDS, Line, Piece
from negotiation.rules.markdown_tree import Mark
from negotiation.rules.paris import PARIS
from negotiation.rules.redline_model import UnitKind

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
W15 = "http://schemas.microsoft.com/office/word/2012/wordml"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
V = "urn:schemas-microsoft-com:vml"
O = "urn:schemas-microsoft-com:office:office"  # noqa: E741 - the prefix of the format
XML = "http://www.w3.org/XML/1998/namespace"
NAMESPACES = {"w": W, "w14": W14, "w15": W15, "r": R, "v": V, "o": O}

TEXT_HEADINGS = 5
"""Headings inside a clause come after those of the plan: « # » of a text is « Titre 6 » in Word."""
WIDTH = 9070
"""Of the text on the page, in twentieths of a point: A4 with margins of 2.5 cm."""
WIDE = 14570
"""Of the text on a page that lies, with margins of 2 cm at its sides."""
_INDENT = 360
_MARKS = ((Mark.BOLD, ("b", "bCs")), (Mark.ITALIC, ("i", "iCs")), (Mark.STRIKE, ("strike",)))
_NO_DATE = datetime(2000, 1, 1, tzinfo=PARIS)

Element = Any
"""An element of lxml, which has no types."""


def element(tag: str, attributes: Mapping[str, object] | None = None, *inside: Element | None) -> Element:
    """`tag` and attribute names with their prefix: « w:p ». None inside is left out."""
    made = etree.Element(
        name_of(tag), {name_of(name): str(value) for name, value in (attributes or {}).items()}, NAMESPACES
    )
    made.extend([each for each in inside if each is not None])
    return made


def words(tag: str, text: str) -> Element:
    """`w:t` or `w:delText`, its blanks kept."""
    made = element(tag, {"xml:space": "preserve"})
    made.text = text
    return made


def word_date(at: datetime | None) -> str:
    """As Word writes it: the hour on the wall in Paris, under a « Z » that it ignores."""
    return f"{(at or _NO_DATE).astimezone(PARIS):%Y-%m-%dT%H:%M:%S}Z"


def name_of(tag: str) -> str:
    prefix, local = tag.split(":")
    return f"{{{XML if prefix == 'xml' else NAMESPACES[prefix]}}}{local}"


def after_properties(paragraph: Element, made: Element) -> None:
    has_properties = len(paragraph) and paragraph[0].tag == name_of("w:pPr")
    paragraph.insert(1 if has_properties else 0, made)


def paragraph(
    style: str,
    runs: Iterable[Element] = (),
    *,
    number: tuple[int, int] | None = None,
    indent: int = 0,
    mark: Sequence[Element] = (),
    is_to_the_right: bool = False,
) -> Element:
    """`number`: (depth, list); `indent` in twentieths of a point; `mark`: changes of the paragraph's mark."""
    numbered = number and element(
        "w:numPr", {}, element("w:ilvl", {"w:val": number[0]}), element("w:numId", {"w:val": number[1]})
    )
    properties = [
        element("w:pStyle", {"w:val": style}) if style else None,
        numbered,
        element("w:ind", {"w:left": indent}) if indent else None,
        element("w:jc", {"w:val": "right"}) if is_to_the_right else None,
        element("w:rPr", {}, *mark) if mark else None,
    ]
    shown = element("w:pPr", {}, *properties) if any(each is not None for each in properties) else None
    return element("w:p", {}, shown, *runs)


def style_of(line: Line) -> str:
    if line.kind is UnitKind.HEADING:
        return f"Titre{min(TEXT_HEADINGS + line.level, 9)}"
    if line.kind in LIST_KINDS or line.level:
        return "Paragraphedeliste"  # by this style a reader knows that a paragraph goes on the item above it
    return "Citation" if line.quote else ""


def indent_of(line: Line) -> int:
    """A paragraph that goes on an item stands under its words; items have the indentation of their list."""
    if line.kind in LIST_KINDS or line.kind is UnitKind.HEADING:
        return 0
    return _INDENT * 2 * line.level + (_INDENT * line.quote if line.quote > 1 or line.level else 0)


def run_of(piece: Piece) -> Element:
    style = element("w:rStyle", {"w:val": "Lienhypertexte"}) if piece.href else None
    marks = [element(f"w:{tag}") for mark, tags in _MARKS if mark in piece.marks for tag in tags]
    properties = element("w:rPr", {}, style, *marks) if style is not None or marks else None
    return element("w:r", {}, properties, *_characters(piece.text, "w:delText" if piece.deleted else "w:t"))


def _characters(text: str, tag: str) -> Iterator[Element]:
    for number, part in enumerate(text.split("\n")):
        if number:
            yield element("w:br")
        if part:
            yield words(tag, part)


def drawn_rule() -> Element:
    """A rule as Word itself draws one, which converters know."""
    drawn = {"style": "width:0;height:1.5pt", "o:hralign": "center", "o:hrstd": "t", "o:hr": "t"}
    shape = element("v:rect", {name: value for name, value in drawn.items() if ":" in name})
    shape.set("style", drawn["style"])
    return element("w:r", {}, element("w:pict", {}, shape))


def table_of(widths: Sequence[int], rows: Iterable[Element]) -> Element:
    """Each row comes with its cells; their widths are set here."""
    made = list(rows)
    for row in made:
        for cell, width in zip(row.iter(name_of("w:tc")), widths, strict=True):
            cell.insert(0, element("w:tcPr", {}, element("w:tcW", {"w:w": width, "w:type": "dxa"})))
    has_head = any(row.find(f"{name_of('w:trPr')}/{name_of('w:tblHeader')}") is not None for row in made)
    look = {"w:val": "0020" if has_head else "0000", "w:firstRow": int(has_head), "w:lastRow": 0}
    look |= {"w:firstColumn": 0, "w:lastColumn": 0, "w:noHBand": 1, "w:noVBand": 1}
    properties = element(
        "w:tblPr",
        {},
        element("w:tblStyle", {"w:val": "Grilledutableau"}),
        element("w:tblW", {"w:w": sum(widths), "w:type": "dxa"}),
        element("w:tblLayout", {"w:type": "fixed"}),
        element("w:tblLook", look),
    )
    grid = element("w:tblGrid", {}, *(element("w:gridCol", {"w:w": width}) for width in widths))
    return element("w:tbl", {}, properties, grid, *made)


def row_of(cells: Iterable[Sequence[Element]], *, is_head: bool = False, changes: Sequence[Element] = ()) -> Element:
    properties = [
        element("w:cantSplit"),
        element("w:tblHeader") if is_head else None,
        *changes,
    ]
    return element("w:tr", {}, element("w:trPr", {}, *properties), *(element("w:tc", {}, *cell) for cell in cells))
