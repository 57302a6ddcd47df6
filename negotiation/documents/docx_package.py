"""What may be opened of a file from Word or LibreOffice: bounded, without anything that acts, calls out or hides.

A file of one megabyte can unpack to gigabytes, and XML can call other files (trust C5, T26, T27): nothing is read
before its place in the archive was weighed. `open_package` belongs in a child process (`word_child`): what passes the
limits below can still take hundreds of megabytes to read.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lxml import etree

LARGEST_FILE = 20 * 1024**2
LARGEST_UNPACKED = 200 * 1024**2
LARGEST_XML = 48 * 1024**2
"""One part: a contract of 400 pages takes about 10 MB of it."""
MOST_PARTS = 2_000
MOST_RATIO = 100
_SMALL = 1024**2
"""Bytes under which a part may be as regular as it wants."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_DOCUMENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_STRICT = b"http://purl.oclc.org/ooxml/"
_ODT = b"application/vnd.oasis.opendocument.text"
_EMBEDDED_WORDS = ("text/html", "application/xhtml+xml", "message/rfc822", "text/rtf", "application/rtf")
Xml = Any
"""An element of lxml, which has no types."""


class FileFault(StrEnum):
    """Why a file isn't read. Each has its sentence in `app/errors.py`."""

    TOO_BIG = "too_big"
    NOT_A_DOCUMENT = "not_a_document"
    OLD_WORD = "old_word"
    SPREADSHEET = "spreadsheet"
    OTHER_KIND = "other_kind"
    STRICT = "strict"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    BOMB = "bomb"
    TOO_MANY_PARTS = "too_many_parts"
    OUTSIDE_NAME = "outside_name"
    MACROS = "macros"
    EXTERNAL = "external"
    HTML_INSIDE = "html_inside"
    ENTITIES = "entities"
    TOO_HEAVY = "too_heavy"
    NO_READER = "no_reader"


class PackageRefused(Exception):
    """The file isn't read; nothing of it was kept."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class PackageKind(StrEnum):
    DOCX = "docx"
    ODT = "odt"


@dataclass(frozen=True)
class Package:
    """A file that passed. `parts`: name → bytes of every XML part; pictures and the like are only named."""

    kind: PackageKind
    main: str
    """Name of the part that holds the text."""
    parts: Mapping[str, bytes]
    others: tuple[str, ...]

    def xml(self, name: str) -> Xml | None:
        """The root of a part; None when there is none. Raises PackageRefused."""
        return parsed(self.parts[name]) if name in self.parts else None

    def related(self, kind: str) -> str | None:
        """The name of the part that the text names as its `comments`, `styles`, `numbering`…"""
        for relation, name in relations_of(self.parts, self.main):
            if relation.get("Type", "").rsplit("/", 1)[-1] == kind:
                return name
        return None


def is_from_word(file_name: str, data: bytes) -> bool:
    """Whether somebody means this as a document, whether it can be read or not."""
    return data.startswith((b"PK", _OLE)) or file_name.lower().endswith((".docx", ".odt", ".doc", ".docm", ".pdf"))


def open_package(data: bytes) -> Package:
    """Raises PackageRefused: every limit, before anything of the file is believed."""
    if len(data) > LARGEST_FILE:
        raise PackageRefused(FileFault.TOO_BIG)
    if data.startswith(_OLE):
        raise PackageRefused(FileFault.ENCRYPTED if _ENCRYPTED_STREAM in data else FileFault.OLD_WORD)
    if not data.startswith(b"PK"):
        raise PackageRefused(FileFault.NOT_A_DOCUMENT)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _weigh(archive.infolist(), len(data))
            parts, others = _unpacked(archive)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise PackageRefused(FileFault.DAMAGED) from error
    if "[Content_Types].xml" in parts:
        return _docx(parts, others)
    if parts.get("mimetype", b"").strip() == _ODT:
        return _odt(parts, others)
    raise PackageRefused(FileFault.OTHER_KIND if "mimetype" in parts else FileFault.NOT_A_DOCUMENT)


def parsed(content: bytes) -> Xml:
    """The root of an XML part, read without entities, document types, network or huge trees. Raises PackageRefused."""
    if len(content) > LARGEST_XML:
        raise PackageRefused(FileFault.TOO_HEAVY)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        fault = FileFault.ENTITIES if b"<!DOCTYPE" in content[:4096] else FileFault.DAMAGED
        raise PackageRefused(fault) from error
    # Asked of the tree and not of the bytes, which may be in any encoding.
    if root.getroottree().docinfo.internalDTD is not None or root.getroottree().docinfo.doctype:
        raise PackageRefused(FileFault.ENTITIES)
    return root


def relations_of(parts: Mapping[str, bytes], name: str) -> Iterator[tuple[Xml, str]]:
    """Each relationship of a part with the name of the part that it points at inside the package."""
    folder, _, own = name.rpartition("/")
    source = f"{folder}/_rels/{own}.rels".lstrip("/")
    if source not in parts:
        return
    for relation in parsed(parts[source]).iter(f"{{{_RELATIONSHIPS}}}Relationship"):
        target = relation.get("Target", "")
        place = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        yield relation, place


def _weigh(members: list[zipfile.ZipInfo], packed: int) -> None:
    """What the directory of the archive says of itself; reading checks that it didn't lie."""
    if len(members) > MOST_PARTS:
        raise PackageRefused(FileFault.TOO_MANY_PARTS)
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise PackageRefused(FileFault.DAMAGED)
    if any(_leads_outside(name) for name in names):
        raise PackageRefused(FileFault.OUTSIDE_NAME)
    if any(member.flag_bits & 0x1 for member in members):
        raise PackageRefused(FileFault.ENCRYPTED)
    total = sum(member.file_size for member in members)
    if total > LARGEST_UNPACKED or (total > _SMALL and total > MOST_RATIO * packed):
        raise PackageRefused(FileFault.BOMB)
    if any(each.file_size > _SMALL and each.file_size > MOST_RATIO * max(each.compress_size, 1) for each in members):
        raise PackageRefused(FileFault.BOMB)


def _leads_outside(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ":" in name or "\0" in name or ".." in name.split("/")


def _unpacked(archive: zipfile.ZipFile) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The XML parts and the names of the others. A part longer than it said is damaged."""
    parts, others = {}, []
    for member in archive.infolist():
        if member.is_dir():
            continue
        if not _is_xml(member.filename):
            others.append(member.filename)
            continue
        with archive.open(member) as stream:
            content = stream.read(member.file_size + 1)
        if len(content) != member.file_size:
            raise PackageRefused(FileFault.DAMAGED)
        parts[member.filename] = content
    return parts, tuple(others)


def _is_xml(name: str) -> bool:
    return name == "mimetype" or name.lower().endswith((".xml", ".rels", ".rdf"))


def _docx(parts: dict[str, bytes], others: tuple[str, ...]) -> Package:
    types = parsed(parts["[Content_Types].xml"])
    kinds = {
        (each.get("PartName") or "." + (each.get("Extension") or "")).lower(): (each.get("ContentType") or "").lower()
        for each in types
        if isinstance(each.tag, str) and each.tag.startswith(f"{{{_CONTENT_TYPES}}}")
    }
    if _has_macros(kinds.values(), others):
        raise PackageRefused(FileFault.MACROS)
    for name in [name for name in parts if name.endswith(".rels")]:
        parts[name] = _harmless_relations(parts[name])
    if any(kind.partition(";")[0].strip() in _EMBEDDED_WORDS for kind in kinds.values()):
        raise PackageRefused(FileFault.HTML_INSIDE)
    main = _main_part(parts)
    kind = kinds.get("/" + main.lower(), kinds.get(".xml", ""))
    if kind != _DOCUMENT_TYPE:
        is_sheet = "spreadsheet" in kind
        raise PackageRefused(FileFault.SPREADSHEET if is_sheet else FileFault.OTHER_KIND)
    if _STRICT in parts[main][:8192]:
        raise PackageRefused(FileFault.STRICT)
    for name, content in parts.items():
        if not name.endswith(".rels"):
            _refuse_chunks(parsed(content), name)
    return Package(PackageKind.DOCX, main, parts, others)


def _has_macros(kinds: Any, others: tuple[str, ...]) -> bool:
    if any("macroenabled" in kind or "vbaproject" in kind or "vbadata" in kind for kind in kinds):
        return True
    return any(name.lower().endswith(("vbaproject.bin", "vbaprojectsignature.bin")) for name in others)


def _harmless_relations(content: bytes) -> bytes:
    """Only a link that a person clicks may lead outside; a picture or a sheet may not. The template on which a file was
    made is named by many files from an office, by its place on a disk there: it is dropped unread."""
    root = parsed(content)
    templates = []
    for relation in root.iter(f"{{{_RELATIONSHIPS}}}Relationship"):
        kind = relation.get("Type", "").rsplit("/", 1)[-1]
        if kind.lower() == "afchunk":
            raise PackageRefused(FileFault.HTML_INSIDE)
        if kind.lower() in ("vbaproject", "wordvbadata"):
            raise PackageRefused(FileFault.MACROS)
        if kind == "attachedTemplate":
            templates.append(relation)
            continue
        target = relation.get("Target", "")
        leads_out = relation.get("TargetMode", "").lower() == "external" or "://" in target or target.startswith("//")
        if leads_out and kind != "hyperlink":
            raise PackageRefused(FileFault.EXTERNAL)
    for relation in templates:
        relation.getparent().remove(relation)
    return etree.tostring(root) if templates else content


def _refuse_chunks(root: Xml, name: str) -> None:
    if name.startswith("word/") and next(root.iter("{*}altChunk"), None) is not None:
        raise PackageRefused(FileFault.HTML_INSIDE)


def _main_part(parts: dict[str, bytes]) -> str:
    for relation, name in relations_of(parts, ""):
        if relation.get("Type", "").endswith("/officeDocument") and name in parts:
            return name
    raise PackageRefused(FileFault.DAMAGED)


def _odt(parts: dict[str, bytes], others: tuple[str, ...]) -> Package:
    if "content.xml" not in parts:
        raise PackageRefused(FileFault.ENCRYPTED if _is_locked(parts) else FileFault.DAMAGED)
    if _is_locked(parts):
        raise PackageRefused(FileFault.ENCRYPTED)
    names = [*parts, *others]
    if any(name.startswith(("Basic/", "Scripts/")) for name in names):
        raise PackageRefused(FileFault.MACROS)
    for name in ("content.xml", "styles.xml"):
        if name in parts:
            _refuse_odf_calls(parsed(parts[name]))
    return Package(PackageKind.ODT, "content.xml", parts, others)


def _is_locked(parts: dict[str, bytes]) -> bool:
    manifest = parts.get("META-INF/manifest.xml")
    return manifest is not None and next(parsed(manifest).iter(f"{{{_MANIFEST}}}encryption-data"), None) is not None


def _refuse_odf_calls(root: Xml) -> None:
    for element in root.iter("{*}event-listener", "{*}script"):
        if element.tag.startswith("{urn:oasis"):
            raise PackageRefused(FileFault.MACROS)
    outside = ("{*}image", "{*}object", "{*}section-source", "{*}floating-frame", "{*}plugin", "{*}applet")
    for element in root.iter(*outside):
        address = element.get("{http://www.w3.org/1999/xlink}href", "")
        if "://" in address or address.startswith(("/", "../", "file:", "//")):
            raise PackageRefused(FileFault.EXTERNAL)
