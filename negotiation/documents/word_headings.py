"""What a reader of a Word file sees as a heading, whatever its author did to make it look so.

By style (« heading 2 », « Titre 2 », or a style based on one), by outline level, by its words (« Titre II », « Article
12 : … », « 3.2 Gouvernance » in bold), and in a file that has none of these, by short bold lines.
"""

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from negotiation.documents.docx_package import Package
from negotiation.documents.word_model import heading_mark

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MOST_LEVELS = 9
_LONGEST = 200
"""Characters of a heading: beyond, it is a sentence."""
_STYLE = re.compile(r"(?:heading|titre|überschrift)\s*([1-9])\Z", re.IGNORECASE)
_UPPER = re.compile(r"(?:titre|partie|chapitre|section|annexe)\s+(?:[ivxlc]+|\d+|premi[eè]re?)\b", re.IGNORECASE)
_ARTICLE_NUMBER = r"article\s+(?:(?:[LRD]\.?\s*)?\d+(?:[.-]\d+)*(?:\s*(?:bis|ter|quater)\b)?|premier\b|1er\b)"
_ARTICLE = re.compile(_ARTICLE_NUMBER + r"\s*(?:[.:–—-]|\Z)", re.IGNORECASE)
_BOLD_ARTICLE = re.compile(_ARTICLE_NUMBER + r"\s+(?-i:[A-ZÀ-Ý])", re.IGNORECASE)
"""« Article 1er Objet », without a sign between: in bold, and before a capital."""
_NUMBER = re.compile(r"(\d+(?:\.\d+)*)\s*[.)–—-]?\s+\S")
_ROMAN = re.compile(r"[IVX]+\s*[.)–—-]\s*\S")
Xml = Any


def mark_headings(package: Package, body: Xml) -> None:
    """Put `heading_mark(level)` before the words of each heading of the body."""
    levels = _levels_of_styles(package)
    paragraphs = [(each, _words(each)) for each in body.iterchildren(W + "p")]
    found = [(each, level) for each, words in paragraphs if words and (level := _level(each, words, levels))]
    if not found:
        found = [(each, 1) for each, words in paragraphs if words and _is_short_bold(each, words)]
    for paragraph, level in found:
        run = etree.Element(W + "r")
        etree.SubElement(run, W + "t").text = heading_mark(level)
        properties = paragraph.find(W + "pPr")
        paragraph.insert(0 if properties is None else 1, run)


def _level(paragraph: Xml, words: str, levels: Mapping[str, int]) -> int:
    """1 for the highest; 0 when it is no heading."""
    properties = paragraph.find(W + "pPr")
    if properties is not None:
        outline = properties.find(W + "outlineLvl")
        if outline is not None:
            return _outline(outline)
        style = properties.find(W + "pStyle")
        if style is not None and (level := levels.get(style.get(W + "val", ""), 0)):
            return level
    return _level_by_words(words, is_bold=_is_bold(paragraph))


def _level_by_words(words: str, *, is_bold: bool) -> int:
    if len(words) > _LONGEST or words.endswith((";", ",")):
        return 0
    if _UPPER.match(words) and (is_bold or words.isupper()):
        return 1
    if (_ARTICLE.match(words) and (is_bold or not words.endswith("."))) or (is_bold and _BOLD_ARTICLE.match(words)):
        return 2
    if is_bold and (numbered := _NUMBER.match(words)):
        return min(numbered[1].count(".") + 2, MOST_LEVELS)
    return 1 if is_bold and _ROMAN.match(words) else 0


def _levels_of_styles(package: Package) -> dict[str, int]:
    """By style id, through what each is based on."""
    name = package.related("styles")
    root = package.xml(name) if name else None
    if root is None:
        return {}
    own: dict[str, int] = {}
    above: dict[str, str] = {}
    for style in root.iter(W + "style"):
        key = style.get(W + "styleId", "")
        own[key] = _own_level(style)
        based = style.find(W + "basedOn")
        above[key] = based.get(W + "val", "") if based is not None else ""
    return {key: _inherited(key, own, above) for key in own}


def _own_level(style: Xml) -> int:
    outline = style.find(f"{W}pPr/{W}outlineLvl")
    if outline is not None:
        return _outline(outline)
    named = style.find(W + "name")
    told = _STYLE.match(named.get(W + "val", "")) if named is not None else None
    return int(told[1]) if told else 0


def _outline(element: Xml) -> int:
    """Word counts from 0, and 9 is the level of what is no heading."""
    told = element.get(W + "val", "")
    return int(told) + 1 if told.isdecimal() and int(told) < MOST_LEVELS else 0


def _inherited(key: str, own: Mapping[str, int], above: Mapping[str, str]) -> int:
    seen: set[str] = set()
    while key and key not in seen:
        if own.get(key):
            return own[key]
        seen.add(key)
        key = above.get(key, "")
    return 0


def _words(paragraph: Xml) -> str:
    return " ".join("".join(each.text or "" for each in paragraph.iter(W + "t")).split())


def _is_short_bold(paragraph: Xml, words: str) -> bool:
    return len(words) <= _LONGEST and not words.endswith((".", ";", ",")) and _is_bold(paragraph)


def _is_bold(paragraph: Xml) -> bool:
    """Every run that has words."""
    runs = [run for run in paragraph.iter(W + "r") if any((each.text or "").strip() for each in run.iter(W + "t"))]
    return bool(runs) and all(_has_bold(run.find(W + "rPr")) for run in runs)


def _has_bold(properties: Xml | None) -> bool:
    bold = properties.find(W + "b") if properties is not None else None
    return bold is not None and bold.get(W + "val", "1") not in ("0", "false", "off")
