"""The values of a contract in a Word file: words between bookmarks `nvv_`, outside the text of their clause."""

import re
from collections.abc import Iterator
from typing import Any

from negotiation.documents.word_model import FoundValue

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
VALUE_OWNER = "navette-value"
"""Attribute of a paragraph: the clause whose value it holds."""
VALUE_BOOKMARK = re.compile(r"nvv_([0-9a-f]{32})\Z")
_IN, _OUT = (W + "ins", W + "moveTo"), (W + "del", W + "moveFrom")
Xml = Any


def give_values(body: Xml) -> tuple[FoundValue, ...]:
    """What the file has for each value, in its order; their paragraphs get `VALUE_OWNER`.

    A value goes from its bookmark to the end of its paragraph: Word leaves outside a bookmark what is typed at its end.
    """
    found: dict[str, FoundValue] = {}
    for start in body.iter(W + "bookmarkStart"):
        named = VALUE_BOOKMARK.match(start.get(W + "name", ""))
        paragraph = next((each for each in start.iterancestors() if each.tag == W + "p"), None)
        if named is None or paragraph is None or named[1] in found:
            continue
        paragraph.set(VALUE_OWNER, named[1])
        found[named[1]] = FoundValue(named[1], _said(paragraph, start, _IN), _said(paragraph, start, _OUT))
    return tuple(found.values())


def value_owner_of(element: Xml) -> str:
    return next((str(owner) for each in element.iterancestors() if (owner := each.get(VALUE_OWNER))), "")


def forget_values(body: Xml) -> None:
    for paragraph in body.iter(W + "p"):
        paragraph.attrib.pop(VALUE_OWNER, None)


def _said(paragraph: Xml, start: Xml, without: tuple[str, ...]) -> str:
    """The words after the bookmark's start, but for those in a revision of these kinds. In a cell, from its beginning:
    nothing else stands there, and Word writes before a bookmark what takes the place of its first word."""
    in_cell = paragraph.getparent().tag == W + "tc"
    words = "".join(_words(paragraph if in_cell else None, paragraph, start, without))
    return " ".join(words.split())


def _words(cell: Xml | None, paragraph: Xml, start: Xml, without: tuple[str, ...]) -> Iterator[str]:
    is_inside = cell is not None
    for element in paragraph.iter():
        is_inside = is_inside or element is start
        if not is_inside or any(above.tag in without for above in element.iterancestors()):
            continue
        if element.tag in (W + "t", W + "delText"):
            yield element.text or ""
        elif element.tag in (W + "tab", W + "br"):
            yield " "
