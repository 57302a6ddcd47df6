"""The comments of a Word file: the words that they are on, their threads, and the clause under them.

Format: ECMA-376 part 1 §17.13.4; threads: [MS-DOCX] 2.5.4 `commentsExtended`.
"""

from collections.abc import Iterator
from typing import Any

from negotiation.documents.docx_package import Package
from negotiation.documents.word_model import FoundComment
from negotiation.documents.word_values import value_owner_of

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
W15 = "{http://schemas.microsoft.com/office/word/2012/wordml}"
OWNER = "navette-owner"
"""Attribute of a block: the clause to which it belongs."""
STRUCK = (W + "del", W + "moveFrom")
Xml = Any


def comments_of(package: Package, body: Xml) -> list[FoundComment]:
    """The comments with the words that they are on, and the comment that each answers."""
    name = package.related("comments")
    root = package.xml(name) if name else None
    if root is None:
        return []
    quotes, owners = _anchored(body)
    parents = _parents(package)
    by_paragraph: dict[str, str] = {}
    found = []
    for comment in root.iter(W + "comment"):
        paragraphs = list(comment.iter(W + "p"))
        key = comment.get(W + "id", "")
        last = paragraphs[-1].get(W14 + "paraId", "") if paragraphs else ""
        by_paragraph[last] = key
        found.append(
            FoundComment(
                key=key,
                author=comment.get(W + "author", ""),
                at=comment.get(W + "date", ""),
                text="\n".join("".join(words_in(each)) for each in paragraphs).strip(),
                quote=quotes.get(key, ""),
                clause_id=owners.get(key, ""),
                answers=parents.get(last, ""),
            )
        )
    known = {each.key: each for each in found}
    threaded = []
    for each in found:
        parent = by_paragraph.get(each.answers, "") if each.answers else ""
        owner = each.clause_id or (known[parent].clause_id if parent in known else "")
        threaded.append(each.answering(parent, owner))
    return threaded


def _anchored(body: Xml) -> tuple[dict[str, str], dict[str, str]]:
    """By comment: the words that stand between its anchors in the accepted text (else those that were struck there),
    and the clause."""
    words: dict[str, list[str]] = {}
    struck: dict[str, list[str]] = {}
    owners: dict[str, str] = {}
    open_now: list[str] = []
    for element in body.iter(
        W + "commentRangeStart", W + "commentRangeEnd", W + "commentReference", W + "t", W + "delText", W + "p"
    ):
        key = element.get(W + "id", "")
        if element.tag == W + "commentRangeStart":
            open_now.append(key)
            owners.setdefault(key, owner_of(element) or value_owner_of(element))
        elif element.tag == W + "commentRangeEnd":
            open_now = [each for each in open_now if each != key]
        elif element.tag == W + "commentReference":
            owners[key] = owners.get(key) or owner_of(element) or value_owner_of(element)
        else:
            is_struck = any(above.tag in STRUCK for above in element.iterancestors())
            said = " " if element.tag == W + "p" else element.text or ""
            for each in open_now:
                (struck if is_struck else words).setdefault(each, []).append(said)
    quotes = {key: " ".join("".join(words.get(key) or struck.get(key, [])).split()) for key in {**struck, **words}}
    return quotes, owners


def _parents(package: Package) -> dict[str, str]:
    """Last paragraph of an answer → last paragraph of what it answers."""
    name = package.related("commentsExtended")
    root = package.xml(name) if name else None
    if root is None:
        return {}
    pairs = ((each.get(W15 + "paraId", ""), each.get(W15 + "paraIdParent", "")) for each in root)
    return {own: parent for own, parent in pairs if parent}


def owner_of(element: Xml) -> str:
    for above in (element, *element.iterancestors()):
        if owner := above.get(OWNER):
            return str(owner)
    return ""


def words_in(element: Xml) -> Iterator[str]:
    for each in element.iter(W + "t", W + "delText", W + "tab", W + "br", W + "noBreakHyphen"):
        if each.tag in (W + "t", W + "delText"):
            yield each.text or ""
        else:
            yield "\u2011" if each.tag == W + "noBreakHyphen" else " "
