"""A Word file around its body: styles, lists, comments, settings, properties. The same content gives the same bytes.

Nothing of the machine, of the clock or of a person goes in but what the content says: the author of the file is
« Navette », its parts are dated 1980, no paragraph carries the random numbers (rsid) by which Word tells who edited
beside whom (trust.md T7).
"""

import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path

from lxml import etree

from negotiation.documents.word_body import Content, Remark, Written, write_body
from negotiation.documents.word_markup import Element, element, word_date, words
from negotiation.rules.redline_model import UnitKind

STYLES = Path(__file__).resolve().parents[2] / "templates" / "word" / "styles.xml"
AUTHOR = "Navette"
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_COMPATIBILITY = "http://schemas.microsoft.com/office/word"
_LEVELS = 9
_BULLETS = ("•", "–", "▪") * 3
_NUMBERS = tuple(f"%{depth}." for depth in range(1, _LEVELS + 1))
_INDENT = 360


@dataclass(frozen=True)
class WordFile:
    """`made_at` dates the file; `notice` heads each page; `properties` are its own, by name;
    `is_tracking`: Word opens it with tracking on."""

    title: str
    contents: tuple[Content, ...]
    made_at: datetime
    footer: str = ""
    notice: str = ""
    properties: Mapping[str, str] | None = None
    is_tracking: bool = False


def docx_bytes(file: WordFile) -> bytes:
    """The file as Word and LibreOffice open it, without repair."""
    written = write_body(file.contents, partial(_section, has_notice=bool(file.notice)))
    parts = {
        "word/document.xml": _root("w:document", written.body),
        "word/styles.xml": STYLES.read_bytes(),
        "word/settings.xml": _settings(is_tracking=file.is_tracking),
        "word/numbering.xml": _numbering(written),
        "word/footer1.xml": _footer(file.footer or file.title),
        "docProps/core.xml": _core(file),
    }
    if file.notice:
        parts["word/header1.xml"] = _header(file.notice)
    if written.comments:
        parts["word/comments.xml"] = _root("w:comments", *(_comment(*each) for each in written.comments))
        parts["word/commentsExtended.xml"] = _threads(written.comments)
    if file.properties:
        parts["docProps/custom.xml"] = _custom(file.properties)
    related = _related(parts, written)
    return _zipped({"[Content_Types].xml": _content_types(parts)} | related | parts)


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            member = zipfile.ZipInfo(name, _FIRST_DAY)
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return file.getvalue()


def _root(tag: str, *inside: Element) -> bytes:
    made = element(tag, {}, *inside)
    made.set("{http://schemas.openxmlformats.org/markup-compatibility/2006}Ignorable", "w14 w15")
    return _xml(made)


def _xml(made: Element) -> bytes:
    etree.cleanup_namespaces(made, keep_ns_prefixes=[prefix for prefix in made.nsmap if prefix])
    return bytes(etree.tostring(made, xml_declaration=True, encoding="UTF-8", standalone=True))


def _section(*, is_wide: bool, has_notice: bool) -> Element:
    header = element("w:headerReference", {"w:type": "default", "r:id": "header1"}) if has_notice else None
    margins = dict.fromkeys(("w:top", "w:right", "w:bottom", "w:left"), 1418) | {"w:header": 709, "w:footer": 709}
    size: dict[str, object] = {"w:w": 11906, "w:h": 16838}
    if is_wide:
        margins |= {"w:right": 1134, "w:left": 1134}
        size = {"w:w": 16838, "w:h": 11906, "w:orient": "landscape"}
    return element(
        "w:sectPr",
        {},
        header,
        element("w:footerReference", {"w:type": "default", "r:id": "footer1"}),
        element("w:pgSz", size),
        element("w:pgMar", margins | {"w:gutter": 0}),
    )


def _settings(*, is_tracking: bool) -> bytes:
    modern = {"w:name": "compatibilityMode", "w:uri": _COMPATIBILITY, "w:val": 15}
    return _root(
        "w:settings",
        *([element("w:trackRevisions")] if is_tracking else []),
        element("w:defaultTabStop", {"w:val": 708}),
        element("w:characterSpacingControl", {"w:val": "doNotCompress"}),
        element("w:compat", {}, element("w:compatSetting", modern)),
        element("w:themeFontLang", {"w:val": "fr-FR"}),
        element("w:decimalSymbol", {"w:val": ","}),
        element("w:listSeparator", {"w:val": ";"}),
    )


def _numbering(written: Written) -> bytes:
    """Each list of the text has its own kind and number: LibreOffice takes lists apart that share one."""
    kinds, lists = [], []
    for number, (kind, depth, start) in enumerate(written.lists, start=1):
        name, signs = ("bullet", _BULLETS) if kind is UnitKind.BULLET else ("decimal", _NUMBERS)
        levels = (_level(place, name, signs[place], start if place == depth else 1) for place in range(_LEVELS))
        several = element("w:multiLevelType", {"w:val": "hybridMultilevel"})
        kinds.append(element("w:abstractNum", {"w:abstractNumId": number}, several, *levels))
        lists.append(element("w:num", {"w:numId": number}, element("w:abstractNumId", {"w:val": number})))
    return _root("w:numbering", *kinds, *lists)


def _level(depth: int, kind: str, sign: str, start: int) -> Element:
    return element(
        "w:lvl",
        {"w:ilvl": depth},
        element("w:start", {"w:val": start}),
        element("w:numFmt", {"w:val": kind}),
        element("w:lvlText", {"w:val": sign}),
        element("w:lvlJc", {"w:val": "left"}),
        element("w:pPr", {}, element("w:ind", {"w:left": 2 * _INDENT * (depth + 1), "w:hanging": _INDENT})),
    )


def _header(notice: str) -> bytes:
    run = element("w:r", {}, words("w:t", notice))
    return _root("w:hdr", element("w:p", {}, _style("En-tte"), run))


def _footer(text: str) -> bytes:
    """The title, and « 3 / 40 »."""
    inside = [element("w:r", {}, words("w:t", text)), element("w:r", {}, element("w:tab"))]
    for name, after in (("PAGE", " / "), ("NUMPAGES", "")):
        page = element("w:r", {}, words("w:t", "1"))
        inside.append(element("w:fldSimple", {"w:instr": name}, page))
        inside += [element("w:r", {}, words("w:t", after))] if after else []
    return _root("w:ftr", element("w:p", {}, _style("Pieddepage"), *inside))


def _style(name: str) -> Element:
    return element("w:pPr", {}, element("w:pStyle", {"w:val": name}))


# ---------------------------------------------------------------------- comments


def _comment(number: int, remark: Remark, _answered: int | None) -> Element:
    author = remark.hand.author
    attributes = {
        "w:id": number,
        "w:author": author,
        "w:date": word_date(remark.hand.at),
        "w:initials": _initials(author),
    }
    lines = remark.text.split("\n")
    mark = element("w:rPr", {}, element("w:rStyle", {"w:val": "Marquedecommentaire"}))
    paragraphs = []
    for place, line in enumerate(lines):
        sign = element("w:r", {}, mark, element("w:annotationRef")) if place == 0 else None
        last = {"w14:paraId": _paragraph_id(number)} if place == len(lines) - 1 else {}
        run = element("w:r", {}, words("w:t", line)) if line else None
        paragraphs.append(element("w:p", last, _style("Commentaire"), sign, run))
    return element("w:comment", attributes, *paragraphs)


def _threads(comments: Iterable[tuple[int, Remark, int | None]]) -> bytes:
    entries = []
    for number, remark, answered in comments:
        attributes = {"w15:paraId": _paragraph_id(number)}
        if answered is not None:
            attributes["w15:paraIdParent"] = _paragraph_id(answered)
        entries.append(element("w15:commentEx", attributes | {"w15:done": str(int(remark.is_done))}))
    return _root("w15:commentsEx", *entries)


def _paragraph_id(number: int) -> str:
    """Eight hexadecimal digits under 80000000, by which threads name a comment."""
    return f"{0x10000000 + number:08X}"


def _initials(author: str) -> str:
    return "".join(word[0] for word in author.split() if word[0].isalnum())[:4].upper()


# ---------------------------------------------------------------------- package


def _core(file: WordFile) -> bytes:
    made = f"{file.made_at:%Y-%m-%dT%H:%M:%S}Z"
    prefixes = {
        "cp": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    }
    root = etree.Element(f"{{{prefixes['cp']}}}coreProperties", nsmap=prefixes)
    for prefix, tag, text in (
        ("dc", "title", file.title),
        ("dc", "creator", AUTHOR),
        ("dc", "language", "fr-FR"),
        ("cp", "lastModifiedBy", AUTHOR),
        ("dcterms", "created", made),
        ("dcterms", "modified", made),
    ):
        child = etree.SubElement(root, f"{{{prefixes[prefix]}}}{tag}")
        child.text = text
        if prefix == "dcterms":
            child.set(f"{{{prefixes['xsi']}}}type", "dcterms:W3CDTF")
    return _xml(root)


def _custom(properties: Mapping[str, str]) -> bytes:
    values = f"{_OFFICE}/docPropsVTypes"
    root = etree.Element(
        f"{{{_OFFICE}/custom-properties}}Properties", nsmap={None: f"{_OFFICE}/custom-properties", "vt": values}
    )
    for number, (name, value) in enumerate(sorted(properties.items()), start=2):
        child = etree.SubElement(root, f"{{{_OFFICE}/custom-properties}}property")
        child.set("fmtid", "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}")
        child.set("pid", str(number))
        child.set("name", name)
        etree.SubElement(child, f"{{{values}}}lpwstr").text = value
    return _xml(root)


_KINDS = {
    "word/document.xml": (f"{_WORD_TYPE}.document.main+xml", f"{_OFFICE}/relationships/officeDocument"),
    "word/styles.xml": (f"{_WORD_TYPE}.styles+xml", f"{_OFFICE}/relationships/styles"),
    "word/settings.xml": (f"{_WORD_TYPE}.settings+xml", f"{_OFFICE}/relationships/settings"),
    "word/numbering.xml": (f"{_WORD_TYPE}.numbering+xml", f"{_OFFICE}/relationships/numbering"),
    "word/footer1.xml": (f"{_WORD_TYPE}.footer+xml", f"{_OFFICE}/relationships/footer"),
    "word/header1.xml": (f"{_WORD_TYPE}.header+xml", f"{_OFFICE}/relationships/header"),
    "word/comments.xml": (f"{_WORD_TYPE}.comments+xml", f"{_OFFICE}/relationships/comments"),
    "word/commentsExtended.xml": (
        f"{_WORD_TYPE}.commentsExtended+xml",
        "http://schemas.microsoft.com/office/2011/relationships/commentsExtended",
    ),
    "docProps/core.xml": (
        "application/vnd.openxmlformats-package.core-properties+xml",
        "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
    ),
    "docProps/custom.xml": (
        "application/vnd.openxmlformats-officedocument.custom-properties+xml",
        f"{_OFFICE}/relationships/custom-properties",
    ),
}
"""Content type and relationship of each part."""


def _related(parts: Iterable[str], written: Written) -> dict[str, bytes]:
    outer = [name for name in parts if name.startswith("docProps/") or name == "word/document.xml"]
    inner = [name for name in parts if name not in outer]
    links = [(number, f"{_OFFICE}/relationships/hyperlink", address) for address, number in written.links.items()]
    return {
        "_rels/.rels": _relations([(_own_id(name), _KINDS[name][1], name) for name in outer]),
        "word/_rels/document.xml.rels": _relations(
            [(_own_id(name), _KINDS[name][1], name.removeprefix("word/")) for name in inner], links
        ),
    }


def _own_id(name: str) -> str:
    return Path(name).stem


def _relations(own: Iterable[tuple[str, str, str]], links: Iterable[tuple[str, str, str]] = ()) -> bytes:
    root = etree.Element(f"{{{_RELATIONS}}}Relationships", nsmap={None: _RELATIONS})
    for mode, held in (("Internal", own), ("External", links)):
        for number, kind, target in held:
            child = etree.SubElement(root, f"{{{_RELATIONS}}}Relationship")
            child.set("Id", number)
            child.set("Type", kind)
            child.set("Target", target)
            if mode == "External":
                child.set("TargetMode", mode)
    return _xml(root)


def _content_types(parts: Iterable[str]) -> bytes:
    root = etree.Element(f"{{{_TYPES}}}Types", nsmap={None: _TYPES})
    for extension, kind in (
        ("rels", "application/vnd.openxmlformats-package.relationships+xml"),
        ("xml", "application/xml"),
    ):
        default = etree.SubElement(root, f"{{{_TYPES}}}Default")
        default.set("Extension", extension)
        default.set("ContentType", kind)
    for name in parts:
        override = etree.SubElement(root, f"{{{_TYPES}}}Override")
        override.set("PartName", f"/{name}")
        override.set("ContentType", _KINDS[name][0])
    return _xml(root)
