"""A Writer file taken apart before pandoc sees it, like a Word one: OpenDocument keeps what was deleted beside the
text, and marks what was inserted between two points. Format: OpenDocument 1.3
part 3, §5.5 (tracked changes), §6.2.1 (bookmarks), §14.1 (notes).
"""

import io
import re
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from lxml import etree

from negotiation.documents.docx_package import Package, parsed
from negotiation.documents.word_model import ChangeKind, FoundChange, FoundComment, FoundValue, Outside, clause_mark
from negotiation.documents.word_reading_docx import BOOKMARK, EXPORT_PROPERTY, TakenApart, View
from negotiation.documents.word_values import VALUE_BOOKMARK, VALUE_OWNER, value_owner_of

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
DC = "{http://purl.org/dc/elements/1.1/}"
_WORDS = "{urn:navette}words"
"""Stands for a stretch of characters while the tree is cut: lxml ties characters to the element before them."""
_OWNER = "{urn:navette}owner"
_PARAGRAPHS = (TEXT + "p", TEXT + "h")
_BLOCKS = (*_PARAGRAPHS, TEXT + "list", TABLE + "table")
_START, _END, _POINT = TEXT + "change-start", TEXT + "change-end", TEXT + "change"
_ID = TEXT + "change-id"
_BLANKS = (TEXT + "s", TEXT + "tab", TEXT + "line-break")
_LABEL = re.compile(r"\A\s*valeur\s*:\s*", re.IGNORECASE)
"""What an export writes before the value of a clause that has a text too."""
Xml = Any


def take_odt_apart(package: Package) -> TakenApart:
    """Raises PackageRefused."""
    document = parsed(package.parts[package.main])
    body = document.find(f"{OFFICE}body/{OFFICE}text")
    if body is None:
        return TakenApart({View.ACCEPTED: _packed(package, document)}, "", [], [], [])
    regions = _regions(body)
    _flatten(body)
    _hold_characters(body, regions)
    clauses = _give_owners(body)
    values = _give_values(body, regions)
    changes = list(_changes(body, regions))
    comments = list(_comments(body))
    formatting = sum(1 for region in regions.values() if region.tag == TEXT + "format-change")
    outside = Outside(formatting=formatting, pictures=sum(1 for _ in body.iter(DRAW + "image")), edges=0)
    for note in list(body.iter(OFFICE + "annotation", OFFICE + "annotation-end", TEXT + "bookmark-start")):
        note.getparent().remove(note)
    views = {}
    if changes:
        other = deepcopy(document)
        _reject(other.find(f"{OFFICE}body/{OFFICE}text"), regions)
        views[View.REJECTED] = _finished(package, other)
        _drop_emptied_rows(body, regions)
    views[View.ACCEPTED] = _finished(package, document)
    revised = frozenset(clauses if changes else ())
    return TakenApart(views, _export_id(package), clauses, changes, comments, outside, revised, values)


def _regions(body: Xml) -> dict[str, Xml]:
    """What each change is, by its id; taken out of the text."""
    found: dict[str, Xml] = {}
    for tracked in list(body.iter(TEXT + "tracked-changes")):
        for region in tracked.iter(TEXT + "changed-region"):
            if len(region):
                found[region.get(TEXT + "id", "")] = region[0]
        tracked.getparent().remove(tracked)
    return found


def _flatten(body: Xml) -> None:
    for index in list(body.iter(TEXT + "table-of-content", TEXT + "soft-page-break", TEXT + "sequence-decls")):
        _take_out(index)
    for section in list(body.iter(TEXT + "section")):
        parent, at = section.getparent(), section.getparent().index(section)
        parent.remove(section)
        for child in reversed(list(section)):
            parent.insert(at, child)


def _take_out(element: Xml) -> None:
    """Without the characters that follow it, which lxml would take out too."""
    if element.tail:
        previous, parent = element.getprevious(), element.getparent()
        if previous is not None:
            previous.tail = (previous.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    element.getparent().remove(element)


def _hold_characters(body: Xml, regions: dict[str, Xml]) -> None:
    for root in (body, *regions.values()):
        for paragraph in list(root.iter(*_PARAGRAPHS)):
            for element in list(paragraph.iter()):
                if isinstance(element.tag, str) and element.tag != _WORDS:
                    _hold(element, is_paragraph=element is paragraph)


def _hold(element: Xml, *, is_paragraph: bool) -> None:
    if element.text and element.tag not in (DC + "creator", DC + "date"):
        held = etree.Element(_WORDS)
        held.text, element.text = element.text, None
        element.insert(0, held)
    if element.tail and not is_paragraph:
        held = etree.Element(_WORDS)
        held.text, element.tail = element.tail, None
        element.addnext(held)


def _give_owners(body: Xml) -> list[str]:
    """Each block gets the clause to which it belongs; ids in the order of the text.

    Writer makes a point of a bookmark with nothing inside: a clause without a word. Points before words are those of
    exports that had no ends: nobody knows where these texts end, and none of them is taken for a clause.
    """
    points = [mark for mark in body.iter(TEXT + "bookmark") if BOOKMARK.match(mark.get(TEXT + "name", ""))]
    if not any(_has_words(_paragraph_of(mark)) for mark in points):
        for mark in points:
            mark.addnext(etree.Element(TEXT + "bookmark-end", {TEXT + "name": mark.get(TEXT + "name")}))
            mark.tag = TEXT + "bookmark-start"
    found: list[str] = []
    open_marks: dict[str, str] = {}
    for block in body:
        before = next(reversed(open_marks.values()), "")
        for mark in list(block.iter(TEXT + "bookmark-start")):
            named = BOOKMARK.match(mark.get(TEXT + "name", ""))
            if named and named[1] not in found:
                found.append(named[1])
                open_marks[named[0]] = named[1]
        owner = next(reversed(open_marks.values()), "") or before
        for mark in list(block.iter(TEXT + "bookmark-end")):
            open_marks.pop(mark.get(TEXT + "name", ""), None)
        if block.tag in _BLOCKS and owner:
            block.set(_OWNER, owner)
    return found


def _owner_of(element: Xml) -> str:
    return next((str(above.get(_OWNER)) for above in element.iterancestors() if above.get(_OWNER)), "")


def _give_values(body: Xml, regions: dict[str, Xml]) -> tuple[FoundValue, ...]:
    """What the file has for each value, in its order; their paragraphs get `VALUE_OWNER`. The whole paragraph of a
    bookmark, whatever side of it Writer leaves what is typed there; a point is a bookmark too."""
    found: dict[str, FoundValue] = {}
    for mark in body.iter(TEXT + "bookmark-start", TEXT + "bookmark"):
        named, paragraph = VALUE_BOOKMARK.match(mark.get(TEXT + "name", "")), _paragraph_of(mark)
        if named is None or paragraph is None or named[1] in found:
            continue
        paragraph.set(VALUE_OWNER, named[1])
        both = [" ".join("".join(_value_words(paragraph, regions, before=before)).split()) for before in (True, False)]
        found[named[1]] = FoundValue(named[1], *(_LABEL.sub("", said, count=1) for said in both))
    return tuple(found.values())


def _value_words(paragraph: Xml, regions: dict[str, Xml], *, before: bool) -> Iterator[str]:
    """`before`: with no revision taken. A revision that begins in another paragraph is none of the value's."""
    inserted: set[str] = set()
    for each in paragraph.iter():
        region = regions.get(each.get(_ID, "")) if each.tag in (_START, _POINT) else None
        if region is not None and before and region.tag == TEXT + "insertion":
            inserted.add(each.get(_ID))
        elif region is not None and before and region.tag == TEXT + "deletion":
            yield _said(region)
        elif each.tag == _END:
            inserted.discard(each.get(_ID))
        elif each.tag in (_WORDS, *_BLANKS) and not inserted and not _in_a_note(each):
            yield each.text or "" if each.tag == _WORDS else " "


def _in_a_note(element: Xml) -> bool:
    """In a comment, or at the foot of the page."""
    return any(above.tag in (OFFICE + "annotation", TEXT + "note") for above in element.iterancestors())


def _said(element: Xml) -> str:
    return "".join(each.text or "" if each.tag == _WORDS else " " for each in element.iter(_WORDS, TEXT + "s"))


def _changes(body: Xml, regions: dict[str, Xml]) -> Iterator[FoundChange]:
    for mark in body.iter(_START, _POINT):
        region = regions.get(mark.get(_ID, ""))
        if region is None or region.tag == TEXT + "format-change":
            continue
        is_deleted = region.tag == TEXT + "deletion"
        words = _said(region) if is_deleted else "".join(_words_until(mark, _END, mark.get(_ID, "")))
        author, at = region.find(f".//{DC}creator"), region.find(f".//{DC}date")
        yield FoundChange(
            kind=ChangeKind.DELETED if is_deleted else ChangeKind.INSERTED,
            author=author.text or "" if author is not None else "",
            at=at.text or "" if at is not None else "",
            text=words,
            clause_id=_owner_of(mark),
            value_of=value_owner_of(mark),
        )


def _words_until(start: Xml, tag: str, key: str) -> Iterator[str]:
    """The words from one point to another, those of notes left out."""
    for each in _after(start):
        if each.tag == tag and key in (each.get(_ID), each.get(OFFICE + "name")):
            return
        if each.tag == _WORDS and not _in_a_note(each):
            yield each.text or ""


def _after(start: Xml) -> Iterator[Xml]:
    """Every element after this one, in the order of the text."""
    here = start
    while here is not None:
        following = here.getnext()
        if following is None:
            here = here.getparent()
            continue
        yield from following.iter()
        here = following


def _comments(body: Xml) -> Iterator[FoundComment]:
    for number, note in enumerate(body.iter(OFFICE + "annotation")):
        author, at = note.find(DC + "creator"), note.find(DC + "date")
        name = note.get(OFFICE + "name", "")
        has_end = any(each.get(OFFICE + "name") == name for each in body.iter(OFFICE + "annotation-end"))
        quote = "".join(_words_until(note, OFFICE + "annotation-end", name)) if name and has_end else ""
        answers = next((value for key, value in note.attrib.items() if key.endswith("}parent-name")), "")
        yield FoundComment(
            key=name or f"note-{number}",
            author=author.text or "" if author is not None else "",
            at=at.text or "" if at is not None else "",
            text="\n".join(_said(each) for each in note.iter(*_PARAGRAPHS)).strip(),
            quote=" ".join(quote.split()),
            clause_id=_owner_of(note),
            answers=answers,
        )


def _export_id(package: Package) -> str:
    root = package.xml("meta.xml")
    if root is None:
        return ""
    told = (each for each in root.iter(META + "user-defined") if each.get(META + "name") == EXPORT_PROPERTY)
    return next(("".join(each.itertext()).strip()[:64] for each in told), "")


# ------------------------------------------------------------------------------------------ the text before the changes


def _reject(body: Xml, regions: dict[str, Xml]) -> None:
    for start in list(body.iter(_START)):
        region = regions.get(start.get(_ID, ""))
        if region is not None and region.tag == TEXT + "insertion":
            _cut(start)
    for row in list(body.iter(TABLE + "table-row")):
        if next(row.iter(_START), None) is not None and next(row.iter(_WORDS), None) is None:
            row.getparent().remove(row)
    for point in list(body.iter(_POINT)):
        region = regions.get(point.get(_ID, ""))
        if region is not None and region.tag == TEXT + "deletion" and point.getparent() is not None:
            _put_back(point, [deepcopy(each) for each in region if each.tag in _BLOCKS])


def _drop_emptied_rows(body: Xml, regions: dict[str, Xml]) -> None:
    """Writer strikes the words of a row that goes, and says nothing of the row."""
    for row in list(body.iter(TABLE + "table-row")):
        struck = (regions.get(point.get(_ID, "")) for point in row.iter(_POINT))
        was_struck = any(region is not None and region.tag == TEXT + "deletion" for region in struck)
        if was_struck and not _has_words(row):
            row.getparent().remove(row)


def _cut(start: Xml) -> None:
    """Everything between an insertion's two points; where they stand in two paragraphs, these become one."""
    key = start.get(_ID)
    end = next((each for each in _after(start) if each.tag == _END and each.get(_ID) == key), None)
    if end is None:
        return
    around = set(end.iterancestors())
    for each in list(_after(start)):
        if each is end:
            break
        if each not in around and each.getparent() is not None and each.tag != TEXT + "bookmark-end":
            each.getparent().remove(each)
    first, last = _paragraph_of(start), _paragraph_of(end)
    if first is None or last is None or first is last:
        return
    for child in list(last):
        first.append(child)
    _remove_hollow(last)
    _remove_hollow(first)


def _put_back(point: Xml, blocks: list[Xml]) -> None:
    """What was deleted, at its point: within the paragraph, or cutting it in two."""
    paragraph = _paragraph_of(point)
    if paragraph is None or not blocks:
        return
    if len(blocks) == 1 and blocks[0].tag in _PARAGRAPHS:
        for child in reversed(list(blocks[0])):
            point.addnext(child)
        return
    rest = list(point.itersiblings())
    second = etree.Element(paragraph.tag, dict(paragraph.attrib))
    first_words = list(blocks[0]) if blocks[0].tag in _PARAGRAPHS else []
    last_words = list(blocks[-1]) if blocks[-1].tag in _PARAGRAPHS else []
    between = blocks[1 if blocks[0].tag in _PARAGRAPHS else 0 : -1 if blocks[-1].tag in _PARAGRAPHS else None]
    for child in reversed(first_words):
        point.addnext(child)
    for child in (*last_words, *rest):
        second.append(child)
    here = paragraph
    for block in (*between, second):
        if paragraph.get(_OWNER):
            block.set(_OWNER, paragraph.get(_OWNER))
        here.addnext(block)
        here = block
    _remove_hollow(second)
    _remove_hollow(paragraph)


def _paragraph_of(element: Xml) -> Xml | None:
    return next((above for above in element.iterancestors() if above.tag in _PARAGRAPHS), None)


def _has_words(element: Xml | None) -> bool:
    return element is not None and any(True for _ in element.iter(_WORDS))


def _remove_hollow(element: Xml) -> None:
    """A paragraph of which nothing is left goes, with the list or row that it was alone in."""
    while element is not None and element.tag != OFFICE + "text" and not _has_words(element):
        above = element.getparent()
        if above is None or (element.tag == TABLE + "table-cell" and _has_words(above)):
            return
        above.remove(element)
        element = above


def _finished(package: Package, document: Xml) -> bytes:
    body = document.find(f"{OFFICE}body/{OFFICE}text")
    for bare in [each for each in body.iter(TABLE + "table") if next(each.iter(TABLE + "table-row"), None) is None]:
        bare.getparent().remove(bare)
    last = ""
    for block in list(body):
        if block.tag not in _BLOCKS:
            continue
        owner = block.get(_OWNER, "")
        if owner != last:
            marker = etree.Element(TEXT + "p")
            marker.text = clause_mark(owner)
            block.addprevious(marker)
        last = owner
    for gone in list(body.iter(_START, _END, _POINT, TEXT + "bookmark-end", TEXT + "bookmark", DRAW + "frame")):
        gone.getparent().remove(gone)
    for block in body.iter():
        block.attrib.pop(_OWNER, None)
        block.attrib.pop(VALUE_OWNER, None)
    etree.strip_tags(body, _WORDS)
    return _packed(package, document)


def _packed(package: Package, document: Xml) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("mimetype", package.parts["mimetype"])
        archive.writestr(package.main, etree.tostring(document, xml_declaration=True, encoding="UTF-8"))
        for name in ("styles.xml", "META-INF/manifest.xml"):
            if name in package.parts:
                archive.writestr(name, package.parts[name])
    return written.getvalue()
