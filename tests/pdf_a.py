"""What PDF/A-3 asks of a file, and what a reading aloud asks, by our own reading of the clauses that typesetting or
sealing could break: no validator stands here."""

import hashlib
import io
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject
from pyhanko.pdf_utils.reader import PdfFileReader

PRINT, HIDING = 4, 1 | 2 | 32 | 256
"""Flags of an annotation (ISO 32000, 12.5.3): Print; Invisible, Hidden, NoView, ToggleNoView."""
FORBIDDEN = {
    "/JavaScript",
    "/JS",
    "/Launch",
    "/Sound",
    "/Movie",
    "/ResetForm",
    "/ImportData",
    "/XFA",
    "/OpenAction",
    "/AA",
}


def conforms(pdf: bytes, *, content_hash: str) -> PdfFileReader:
    """ISO 19005-3, clause by clause; the content with this fingerprint is attached, as Markdown too, with the head of
    the history. The file, read."""
    reader = PdfFileReader(io.BytesIO(pdf))
    assert pdf.startswith(b"%PDF-1.7\n%"), "6.1.2"
    assert "/Version" not in reader.root, "6.1.2: still the 1.7 of its first line"
    assert len(reader.trailer["/ID"]) == 2, "6.1.3"
    assert "/Encrypt" not in reader.trailer.flatten(), "6.1.3"
    said = reader.root["/Metadata"]
    assert "/Filter" not in said and b"pdfaid:part>3<" in said.data and b"pdfaid:conformance>A<" in said.data, "6.6.2"
    agrees_with_info(reader, said.data.decode())
    [intent] = reader.root["/OutputIntents"]
    intent = intent.get_object()
    assert intent["/S"] == "/GTS_PDFA1" and intent["/DestOutputProfile"].data[36:40] == b"acsp", "6.2.3"
    for held in objects_of(reader):
        if isinstance(held, DictionaryObject):
            assert not FORBIDDEN & set(held) and held.get("/S") not in FORBIDDEN, "6.5 and 6.6: nothing runs"
            embeds_its_font(held)
        if isinstance(held, StreamObject):
            assert not {"/F", "/FFilter"} & set(held) and "LZW" not in str(held.get("/Filter")), "6.1.7"
    for annotation in annotations_of(reader):
        shows_what_it_is(annotation)
    assert "/NeedAppearances" not in inside(reader.root, "/AcroForm"), "6.4.1"
    files = attached(reader)
    assert list(files) == ["contrat.json", "contrat.md", "historique-tete.json"], "6.8"
    assert hashlib.sha256(files["contrat.json"]["/EF"]["/F"].data).hexdigest() == content_hash
    return reader


def agrees_with_info(reader: PdfFileReader, said: str) -> None:
    """6.6.3: what is said twice is said alike."""
    info = reader.trailer["/Info"]
    assert f">{info['/Title']}<" in said and f"<pdf:Keywords>{info['/Keywords']}<" in said
    for name, tag in (("/ModDate", "ModifyDate"), ("/CreationDate", "CreateDate")):
        found = re.search(f"<xmp:{tag}>([^<]+)<", said)
        assert found and re.sub(r"[-:T]", "", found[1]) == str(info[name]).removeprefix("D:").replace(":", "")


def embeds_its_font(held: DictionaryObject) -> None:
    """6.2.11: each font has its program, and says which letters it draws."""
    if held.get("/Type") == "/FontDescriptor":
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(held), held
    if held.get("/Subtype") in {"/CIDFontType0", "/CIDFontType2", "/TrueType", "/Type1"}:
        assert "/FontDescriptor" in held, held
    if held.get("/Subtype") == "/Type0":
        assert "/ToUnicode" in held, held


def shows_what_it_is(annotation: DictionaryObject) -> None:
    """6.3.2 and 6.3.3: printed, never hidden, drawn unless it has no surface."""
    flags = int(annotation["/F"])
    assert flags & PRINT and not flags & HIDING, annotation
    left, bottom, right, top = (float(each) for each in annotation["/Rect"])
    if annotation["/Subtype"] != "/Link" and (left, bottom) != (right, top):
        assert set(annotation["/AP"]) == {"/N"}, annotation


def attached(reader: PdfFileReader) -> dict[str, Any]:
    """6.8: each file says what it is to the document, and of what kind it is; the document names it."""
    names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
    files = {str(names[at]): names[at + 1] for at in range(0, len(names), 2)}
    assert [each.get_object() for each in reader.root["/AF"]] == list(files.values())
    for file in files.values():
        assert file["/F"] == file["/UF"] and file["/Desc"]
    assert {
        name: (str(file["/AFRelationship"]), str(file["/EF"]["/F"]["/Subtype"])) for name, file in files.items()
    } == {
        "contrat.json": ("/Source", "/application/json"),
        "contrat.md": ("/Alternative", "/text/markdown"),
        "historique-tete.json": ("/Supplement", "/application/json"),
    }
    return files


def reads_aloud(pdf: PdfFileReader) -> None:
    """The copy for whoever has it read: tags, language, title, and headings that never skip a level."""
    root = pdf.root
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "fr-FR" and root["/ViewerPreferences"]["/DisplayDocTitle"]
    levels = [int(each[2:]) for each in structure(root["/StructTreeRoot"]) if re.fullmatch(r"/H\d", each)]
    assert levels[0] == 1 and levels.count(1) >= 2
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels


def structure(element: Any) -> Iterator[str]:
    if isinstance(element, DictionaryObject):
        yield str(element.get("/S", ""))
        element = inside(element, "/K")
    if isinstance(element, DictionaryObject):
        yield from structure(element)
    if isinstance(element, ArrayObject):
        for inner in element:
            yield from structure(inner.get_object() if isinstance(inner, IndirectObject) else inner)


def objects_of(reader: PdfFileReader) -> Iterator[Any]:
    """Everything that the last state of the file holds."""
    waiting, met = [reader.trailer.flatten()], set()
    while waiting:
        held = waiting.pop()
        yield held
        inner = held.values() if isinstance(held, DictionaryObject) else held if isinstance(held, ArrayObject) else ()
        raw = [held.raw_get(key) for key in held] if isinstance(held, DictionaryObject) else list(inner)
        for each in raw:
            if isinstance(each, IndirectObject):
                if each.reference in met:
                    continue
                met.add(each.reference)
                each = reader.get_object(each.reference)
            if isinstance(each, DictionaryObject | ArrayObject):
                waiting.append(each)


def annotations_of(reader: PdfFileReader) -> list[DictionaryObject]:
    found = []
    for held in objects_of(reader):
        if isinstance(held, DictionaryObject) and held.get("/Type") == "/Page":
            found += [each.get_object() for each in inside(held, "/Annots")]
    return found


def seen_fields(reader: PdfFileReader) -> list[DictionaryObject]:
    """In their order, those that have a surface."""
    fields = [each.get_object() for each in reader.root["/AcroForm"]["/Fields"]]
    return [field for field in fields if float(field["/Rect"][2]) > float(field["/Rect"][0])]


def drawn_in(field: DictionaryObject) -> bytes:
    drawn: bytes = field["/AP"]["/N"].data
    return drawn


def inside(held: DictionaryObject, key: str) -> Any:
    """What stands under a key, wherever in the file it is; nothing when there is none."""
    return held[key] if key in held else ()  # noqa: SIM401  `get` would give the reference
