"""A Word file taken apart before pandoc sees it: whose words are whose, and the two texts that its revisions stand for.

Pandoc forgets bookmarks on headings, tracked rows and threads of comments, and leaves a joined paragraph in pieces; all
of that is settled here, on the XML. Format: ECMA-376 part 1, §17.13.5 (revisions).
"""

import io
import re
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lxml import etree

from negotiation.documents.docx_package import Package, parsed, relations_of
from negotiation.documents.word_bookmarks import join_bookmarks
from negotiation.documents.word_comments import OWNER, STRUCK, W, comments_of, owner_of, words_in
from negotiation.documents.word_headings import mark_headings
from negotiation.documents.word_model import ChangeKind, FoundChange, FoundComment, FoundValue, Outside, clause_mark
from negotiation.documents.word_values import forget_values, give_values, value_owner_of

BOOKMARK = re.compile(r"nv_([0-9a-f]{32})\Z")
EXPORT_PROPERTY = "NavetteExport"
_FORMATTING = ("rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "tcPrChange", "trPrChange", "tblGridChange")
_FORMATTING_TAGS = tuple(W + name for name in (*_FORMATTING, "tblPrExChange", "numberingChange", "cellMerge"))
_IN, _OUT = (W + "ins", W + "moveTo"), STRUCK
_REVISED = (*_IN, *_OUT, W + "footnoteReference", W + "endnoteReference")
"""What makes a clause read in two ways; a note may be revised in its own part."""
_KINDS = {
    W + "ins": ChangeKind.INSERTED,
    W + "del": ChangeKind.DELETED,
    W + "moveTo": ChangeKind.MOVED_HERE,
    W + "moveFrom": ChangeKind.MOVED_AWAY,
}
_KEPT_PARTS = ("styles", "numbering", "footnotes", "endnotes", "settings")
Xml = Any


class View(StrEnum):
    """The text with every revision taken, or with none."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass
class TakenApart:
    """A file ready for pandoc. `views`: .docx files without revision, comment or picture, a marker paragraph before
    what belongs to each clause; REJECTED holds the clauses of `revised` alone, and is missing where there is none."""

    views: dict[View, bytes]
    export_id: str
    clauses: list[str]
    changes: list[FoundChange]
    comments: list[FoundComment]
    outside: Outside = field(default_factory=Outside)
    revised: frozenset[str] = frozenset()
    """Clauses that hold a revision: the others read alike either way."""
    values: tuple[FoundValue, ...] = ()


def take_apart(package: Package, *, with_headings: bool = False) -> TakenApart:
    """Raises PackageRefused. `with_headings`: mark what a reader sees as a heading, for a trame."""
    document = parsed(package.parts[package.main])
    body = document.find(W + "body")
    _flatten(body)
    join_bookmarks(body)
    clauses = _give_owners(body)
    values = give_values(body)
    changes = list(_changes(body))
    comments = comments_of(package, body)
    outside = _outside(package, body)
    forget_values(body)
    if with_headings:
        mark_headings(package, body)
    _drop(body, _FORMATTING_TAGS)
    _drop_comment_anchors(body)
    revised = frozenset(filter(None, map(owner_of, body.iter(*_REVISED))))
    views = {}
    if revised:
        views[View.REJECTED] = _packed(package, _rejected(document, revised), View.REJECTED)
    _resolve(body, View.ACCEPTED)
    views[View.ACCEPTED] = _packed(package, document, View.ACCEPTED)
    return TakenApart(views, _export_id(package), clauses, changes, comments, outside, revised, values)


# ------------------------------------------------------------------------------------------------ whose words are whose


def _flatten(body: Xml) -> None:
    """Content controls, custom XML and the like step aside for what they hold."""
    for wrapper in list(body.iter(W + "sdt", W + "customXml", W + "smartTag")):
        holder = wrapper.find(W + "sdtContent") if wrapper.tag == W + "sdt" else wrapper
        _replace_by(wrapper, list(holder) if holder is not None else [])
    for alternative in list(body.iter("{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent")):
        alternative.getparent().remove(alternative)


def _replace_by(element: Xml, children: list[Xml]) -> None:
    parent = element.getparent()
    at = parent.index(element)
    parent.remove(element)
    for child in reversed(children):
        parent.insert(at, child)


def _give_owners(body: Xml) -> list[str]:
    """Each block of the body gets the clause to which it belongs; ids in the order of the text.

    A clause goes from its bookmark to the end of it, and on over whole paragraphs inserted with tracking: Word leaves
    what is typed at the end of a bookmark outside it.
    """
    found: list[str] = []
    open_marks: dict[str, str] = {}
    last = ""
    for block in body:
        starts, early, ends = _bookmarks(block)
        for mark in early:
            open_marks.pop(mark, None)
        before = next(reversed(open_marks.values()), "")
        for mark, clause_id in starts.items():
            if clause_id not in found:
                found.append(clause_id)
                open_marks[mark] = clause_id
        owner = next(reversed(open_marks.values()), "") or before
        for mark in ends:
            open_marks.pop(mark, None)
        if block.tag not in (W + "p", W + "tbl"):
            continue
        if not owner and last and _is_added_paragraph(block):
            owner = last
        last = owner
        if owner:
            block.set(OWNER, owner)
    return found


def _bookmarks(block: Xml) -> tuple[dict[str, str], list[str], list[str]]:
    """Clauses that start in a block, by the id that their end names; the ids of what ends before its words (Word puts
    such an end in the paragraph that follows), and of what ends later in it."""
    starts: dict[str, str] = {}
    early: list[str] = []
    late: list[str] = []
    has_words = False
    for element in block.iter(W + "bookmarkStart", W + "bookmarkEnd", W + "r"):
        if element.tag == W + "r":
            has_words = True
        elif element.tag == W + "bookmarkEnd":
            (late if has_words else early).append(element.get(W + "id", ""))
        elif named := BOOKMARK.match(element.get(W + "name", "")):
            starts[element.get(W + "id", "")] = named[1]
    late += [mark for mark in early if mark in starts]
    return starts, [mark for mark in early if mark not in starts], late


def _is_added_paragraph(block: Xml) -> bool:
    return block.tag == W + "p" and block.find(f"{W}pPr/{W}rPr/{W}ins") is not None


# -------------------------------------------------------------------------------------------------- what was written in


def _changes(body: Xml) -> Iterator[FoundChange]:
    """Every tracked change of words, rows and paragraph marks, in the order of the text."""
    for element in body.iter(*_KINDS):
        parent = element.getparent().tag
        words = "".join(words_in(element))
        if any(_is_row_marked(row, element.tag) for row in element.iterancestors(W + "tr")) and parent != W + "trPr":
            continue  # said once, for the row
        if parent == W + "trPr":
            words = " | ".join("".join(words_in(cell)) for cell in element.getparent().getparent().iter(W + "tc"))
        yield FoundChange(
            kind=_KINDS[element.tag],
            author=element.get(W + "author", ""),
            at=element.get(W + "date", ""),
            text=words,
            clause_id=owner_of(element),
            value_of=value_owner_of(element),
        )


def _is_row_marked(row: Xml, tag: str) -> bool:
    return row.find(f"{W}trPr/{tag}") is not None


def _outside(package: Package, body: Xml) -> Outside:
    """What isn't read, counted: it is said to whoever brings the file."""
    pictures = sum(1 for _ in body.iter("{*}drawing", W + "pict", W + "object"))
    pictures -= sum(1 for each in body.iter(W + "pict") if each.find("{*}rect") is not None)
    edges = sum(1 for relation, _ in relations_of(package.parts, package.main) if _is_edge(relation))
    return Outside(
        formatting=sum(1 for _ in body.iter(*_FORMATTING_TAGS)),
        pictures=pictures,
        edges=edges,
        notes=sum(1 for _ in body.iter(W + "footnoteReference", W + "endnoteReference")),
    )


def _is_edge(relation: Xml) -> bool:
    return relation.get("Type", "").rsplit("/", 1)[-1] in ("header", "footer")


def _export_id(package: Package) -> str:
    """What the file says of itself: the export that it comes from, "" for none."""
    for relation, name in relations_of(package.parts, ""):
        if not relation.get("Type", "").endswith("/custom-properties") or name not in package.parts:
            continue
        for each in parsed(package.parts[name]):
            if each.get("name") == EXPORT_PROPERTY:
                return "".join(each.itertext()).strip()[:64]
    return ""


# ------------------------------------------------------------------------------------------------------- the two texts


def _rejected(document: Xml, revised: frozenset[str]) -> Xml:
    """The text with no revision taken, of these clauses alone: what pandoc needn't read twice it isn't given twice."""
    other = deepcopy(document)
    body = other.find(W + "body")
    for block in list(body):
        if block.tag in (W + "p", W + "tbl") and block.get(OWNER, "") not in revised:
            body.remove(block)
    _resolve(body, View.REJECTED)
    return other


def _drop(body: Xml, tags: tuple[str, ...]) -> None:
    for element in list(body.iter(*tags)):
        element.getparent().remove(element)


def _drop_comment_anchors(body: Xml) -> None:
    _drop(body, (W + "commentRangeStart", W + "commentRangeEnd"))
    for reference in list(body.iter(W + "commentReference", W + "annotationRef")):
        reference.getparent().remove(reference)


def _resolve(body: Xml, view: View) -> None:
    """Take every revision, or none; then a marker before what belongs to each clause."""
    gone, kept = (_OUT, _IN) if view is View.ACCEPTED else (_IN, _OUT)
    _settle_rows(body, gone)
    joined = [
        mark.getparent().getparent().getparent()
        for mark in body.iter(*gone)
        if mark.getparent().tag == W + "rPr" and mark.getparent().getparent().tag == W + "pPr"
    ]
    for element in list(body.iter(*gone)):
        if element.getparent() is not None:
            element.getparent().remove(element)
    for element in list(body.iter(*kept)):
        _replace_by(element, list(element))
    for struck in body.iter(W + "delText", W + "delInstrText"):
        struck.tag = W + ("t" if struck.tag == W + "delText" else "instrText")
        struck.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    for paragraph in joined:
        _join(paragraph)
    _drop(body, ("{*}drawing", W + "object", *(W + name for name in ("moveFromRangeStart", "moveToRangeStart"))))
    _mark_owners(body)


def _settle_rows(body: Xml, gone: tuple[str, ...]) -> None:
    for row in list(body.iter(W + "tr")):
        marks = row.find(W + "trPr")
        if marks is not None and any(child.tag in gone for child in marks):
            row.getparent().remove(row)
    for table in list(body.iter(W + "tbl")):
        if table.find(W + "tr") is None:
            table.getparent().remove(table)


def _join(paragraph: Xml) -> None:
    """The paragraph whose mark goes runs into the next one, whose own mark stays (ECMA-376 §17.13.5.15, .20)."""
    parent = paragraph.getparent()
    if parent is None:
        return
    content = [child for child in paragraph if child.tag != W + "pPr"]
    following = paragraph.getnext()
    while following is not None and following.tag not in (W + "p", W + "tbl", W + "sectPr"):
        following = following.getnext()
    if not any(_has_words(child) for child in content):
        if following is not None or paragraph.getprevious() is not None:
            parent.remove(paragraph)
        return
    if following is None or following.tag != W + "p" or following.get(OWNER) != paragraph.get(OWNER):
        return
    at = 1 if following.find(W + "pPr") is not None else 0
    for child in reversed(content):
        following.insert(at, child)
    parent.remove(paragraph)


def _has_words(element: Xml) -> bool:
    seen = ("t", "br", "tab", "drawing", "sym", "footnoteReference")
    return next(element.iter(*(W + name for name in seen)), None) is not None


def _mark_owners(body: Xml) -> None:
    last = ""
    for block in list(body):
        if block.tag not in (W + "p", W + "tbl"):
            continue
        owner = block.get(OWNER, "")
        if owner != last:
            block.addprevious(_marker(clause_mark(owner)))
        last = owner
    for block in body.iter():
        if OWNER in block.attrib:
            del block.attrib[OWNER]


def _marker(text: str) -> Xml:
    paragraph = etree.Element(W + "p")
    run = etree.SubElement(paragraph, W + "r")
    etree.SubElement(run, W + "t").text = text
    return paragraph


def _packed(package: Package, document: Xml, view: View) -> bytes:
    """A .docx with the text, its styles, numbers and notes: nothing else of the file goes on to pandoc."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        kept = {package.main: etree.tostring(document, xml_declaration=True, encoding="UTF-8", standalone=True)}
        for relation, name in relations_of(package.parts, package.main):
            kind = relation.get("Type", "").rsplit("/", 1)[-1]
            if kind in _KEPT_PARTS and name in package.parts:
                kept[name] = _note_part(package.parts[name], view) if "notes" in kind else package.parts[name]
        folder, _, own = package.main.rpartition("/")
        for name in ("[Content_Types].xml", "_rels/.rels", f"{folder}/_rels/{own}.rels".lstrip("/")):
            if name in package.parts:
                kept[name] = package.parts[name]
        for name, content in kept.items():
            archive.writestr(name, content)
    return written.getvalue()


def _note_part(content: bytes, view: View) -> bytes:
    root = parsed(content)
    _drop(root, _FORMATTING_TAGS)
    gone, kept = (_OUT, _IN) if view is View.ACCEPTED else (_IN, _OUT)
    _drop(root, gone)
    for element in list(root.iter(*kept)):
        _replace_by(element, list(element))
    for struck in root.iter(W + "delText"):
        struck.tag = W + "t"
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)  # type: ignore[no-any-return]
