# ruff: noqa: E501 -- lines of XML as Word writes them
"""The files of the corpus that are never read, and those that only look like it. Made by `make.py`."""

import struct

from tests.word_corpus.make import OFFICE, ONE, TITLE, clause, docx, from_an_office, p, packed, parts_of, r


def locked(data: bytes) -> bytes:
    """The same with every part said to be encrypted, as some programs do."""
    changed = bytearray(data)
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(sign)
        while at >= 0:
            (bits,) = struct.unpack_from("<H", changed, at + place)
            struct.pack_into("<H", changed, at + place, bits | 1)
            at = changed.find(sign, at + 4)
    return bytes(changed)


def refused() -> dict[str, bytes]:
    """What is never read, and what looks like it: links and templates are in the files of every office."""
    text = p(r("Bonjour"))
    out = f'<Relationship Id="x1" Type="{OFFICE}/attachedTemplate" Target="http://example.org/m.dotm" TargetMode="External"/>'
    picture = f'<Relationship Id="x1" Type="{OFFICE}/image" Target="http://example.org/m.png" TargetMode="External"/>'
    sheet = f'<Relationship Id="x1" Type="{OFFICE}/oleObject" Target="file:///S:/EPRD.xlsx" TargetMode="External"/>'
    link = f'<Relationship Id="x1" Type="{OFFICE}/hyperlink" Target="https://example.org/" TargetMode="External"/>'
    chunk = f'<Relationship Id="x1" Type="{OFFICE}/aFChunk" Target="/word/page.html"/>'
    entity = b'<!DOCTYPE w [<!ENTITY a "aaaa">]>'
    plain = docx(text)
    return {
        "bomb.docx": docx(text, more={"word/bomb.xml": b"<a>" + b" " * 24_000_000 + b"</a>"}),
        "external_template.docx": docx(TITLE, clause(ONE, text), relations=out),
        "external_object.docx": docx(text, relations=sheet),
        "from_an_office.docx": from_an_office(),
        "external_picture.docx": docx(text, relations=picture),
        "link_only.docx": docx(TITLE, clause(ONE, text), relations=link),
        "macros.docx": docx(
            text,
            more={"word/vbaProject.bin": b"\xd0\xcf\x11\xe0"},
            types='<Override PartName="/word/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/>',
        ),
        "macro_document.docx": docx(text, main_type="application/vnd.ms-word.document.macroEnabled.main+xml"),
        "html_inside.docx": docx(
            '<w:altChunk r:id="x1"/>',
            relations=chunk,
            more={"word/page.html": "<h1>Bonjour</h1>"},
            types='<Default Extension="html" ContentType="text/html"/>',
        ),
        "entities.docx": packed(
            {
                name: (entity + content if name == "word/document.xml" else content)
                for name, content in parts_of(plain).items()
            }
        ),
        "outside_name.docx": packed({**parts_of(plain), "../../evil.xml": b"<a/>"}),
        "spreadsheet.docx": docx(
            text, main_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
        ),
        "encrypted.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le"),
        "old_word.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "WordDocument".encode("utf-16-le"),
        "locked_zip.docx": locked(plain),
        "cut_short.docx": plain[: len(plain) // 2],
        "not_a_document.docx": b"%PDF-1.7\n",
    }
