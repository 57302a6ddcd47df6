"""Word files taken apart: their parts, and whether their elements stand in the order without which Word repairs."""

import io
import zipfile
from collections.abc import Iterator

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ORDERS = {
    # ISO/IEC 29500-1, annex A: as far as we write
    "pPr": "pStyle keepNext keepLines numPr pBdr tabs spacing ind jc outlineLvl rPr sectPr pPrChange",
    "rPr": "ins del rStyle rFonts b bCs i iCs strike color sz szCs u lang",
    "tblPr": "tblStyle tblW jc tblInd tblBorders tblLayout tblCellMar tblLook",
    "tbl": "tblPr tblGrid tr",
    "tr": "trPr tc",
    "tc": "tcPr p",
    "trPr": "cantSplit tblHeader ins del",
    "sectPr": "headerReference footerReference pgSz pgMar",
    "lvl": "start numFmt lvlText lvlJc pPr rPr",
    "numbering": "abstractNum num",
    "settings": "trackRevisions defaultTabStop characterSpacingControl compat themeFontLang decimalSymbol "
    "listSeparator",
    "style": "name basedOn next link uiPriority semiHidden qFormat pPr rPr tblPr",
}
"""Of each element, its children in their order; any other child is a fault."""


def parts_of(file: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.comment == b""
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        return {name: archive.read(name) for name in archive.namelist()}


def paragraphs_of(file: bytes) -> list[str]:
    """What a reader sees in the body, paragraph by paragraph, tables too; no-break spaces as plain ones."""
    body = etree.fromstring(parts_of(file)["word/document.xml"])
    shown = ("".join(str(run.text or "") for run in each.iter(f"{W}t")) for each in body.iter(f"{W}p"))
    return [words.replace("\u00a0", " ").replace("\u202f", " ") for words in shown if words]


def faults_of(file: bytes) -> list[str]:
    return [fault for name, part in parts_of(file).items() for fault in _faults(name, etree.fromstring(part))]


def _faults(name: str, root: "etree._Element") -> Iterator[str]:
    for element in root.iter(f"{W}*"):
        order = ORDERS.get(_local(element), "").split()
        children = [_local(child) for child in element]
        if order and (not set(children) <= set(order) or children != sorted(children, key=order.index)):
            yield f"{name}: {_local(element)} holds {' '.join(children)}"
        if _local(element) == "tc" and _local(element[-1]) != "p":
            yield f"{name}: a cell ends without a paragraph"
        if _local(element) == "p" and "pPr" in children[1:]:
            yield f"{name}: properties after the words"
    revised = [each.get(f"{W}id") for tag in ("ins", "del", "bookmarkStart") for each in root.iter(W + tag)]
    if len(set(revised)) != len(revised):
        yield f"{name}: an id twice"


def _local(element: "etree._Element") -> str:
    return str(etree.QName(element).localname)
