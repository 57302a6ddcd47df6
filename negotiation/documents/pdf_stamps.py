"""The signature fields that are seen: each in its party's block of the printed page, and what fills it once signed.

Runs in the child of `pdf_signatures`. A block is found by the named destination that its heading leaves in the PDF
(`signature-A` for the party A), its cell by the measures of `signature_cells`. What is drawn is typeset like
the contract itself, with its fonts, so that the file stays PDF/A.
"""

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, StreamObject, pdf_name
from pyhanko.pdf_utils.reader import PdfFileReader

from negotiation.documents.pdf_print import as_printable, typeset
from negotiation.documents.signature_cells import APART, LEFT, RIGHT, TOP, place_height

ABOVE_CELL = 10
"""Points between a destination and the heading that left it: Typst's own."""
BLOCK = "signature-"
READING_CLAIM = b"<pdfuaid:part>1</pdfuaid:part>"
Update = Any
"""An `IncrementalPdfFileWriter`, which says nothing of its types."""
Place = tuple[int, tuple[int, int, int, int]]
"""A page, from 0, and a box in points: left, bottom, right, top."""


def places_of(update: Update, blocks: Mapping[str, str]) -> dict[str, Place]:
    """Field → its place, for the fields whose party has a block. `blocks`: field → letter of the party.

    The signatories of one party share its block, one above the other in their order.
    """
    destinations, count = dict(_destinations(update)), Counter(blocks.values())
    pages = {_page(update, number): number for number in range(int(update.root["/Pages"]["/Count"]))}
    found: dict[str, Place] = {}
    given: Counter[str] = Counter()
    for field, letter in blocks.items():
        destination = destinations.get(BLOCK + letter)
        if destination is None:
            continue
        top = float(destination[3]) - ABOVE_CELL - TOP
        height = place_height(count[letter])
        high, low = top - height * given[letter], top - height * (given[letter] + 1)
        low += APART if count[letter] > 1 else 0
        given[letter] += 1
        page = pages[destination.raw_get(0).reference]
        found[field] = page, (LEFT, int(low) + 1, RIGHT, int(high))
    return found


def unclaim_reading(update: Update) -> None:
    """Say no longer that the file is PDF/UA: a field that is seen should be named in the structure of the document,
    and one that is can't be filled afterwards without seeming to change the certified document. The file as it was
    printed, which the sealed one begins with, is the copy for whoever has it read aloud."""
    said = update.root["/Metadata"].data
    about = {pdf_name("/Type"): pdf_name("/Metadata"), pdf_name("/Subtype"): pdf_name("/XML")}
    less = StreamObject(dict_data=about, stream_data=said.replace(READING_CLAIM, b""))
    update.root[pdf_name("/Metadata")] = update.add_object(less)
    update.update_root()


def stamp_field(update: Update, name: str, lines: list[str]) -> None:
    """Draw these lines in a field that has a place on a page; one that has none stays unseen."""
    for reference in update.root["/AcroForm"]["/Fields"]:
        field: Any = reference.get_object()
        left, bottom, right, top = (float(each) for each in field["/Rect"])
        if field["/T"] == name and right > left and top > bottom:
            drawn = PdfFileReader(io.BytesIO(_drawn(lines, width=right - left, height=top - bottom)))
            field["/AP"][pdf_name("/N")] = update.import_page_as_xobject(drawn)
            update.update_container(field)


def _drawn(lines: list[str], *, width: float, height: float) -> bytes:
    stamp = {"lines": as_printable(lines), "width": width, "height": height}
    return typeset({"stamp": json.dumps(stamp, ensure_ascii=False)}, "stamp.typ")


def _destinations(update: Update) -> Iterator[tuple[str, ArrayObject]]:
    """Typst writes one flat list: a name, what it leads to, and so on."""
    held = update.root["/Names"]
    names = held["/Dests"]["/Names"] if "/Dests" in held else ArrayObject()
    for at in range(0, len(names), 2):
        leads_to = names[at + 1]
        yield str(names[at]), leads_to["/D"] if isinstance(leads_to, DictionaryObject) else leads_to


def _page(update: Update, number: int) -> object:
    return update.find_page_for_modification(number)[0].reference
