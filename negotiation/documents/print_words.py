"""Words as they are printed: French spacing, runs of Markdown, nothing that Typst could take for its own language.

User text is data here and stays data in Typst: Markdown becomes nodes, never source.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from negotiation.rules.french_display import french_typography
from negotiation.rules.markdown_tree import (
    Block,
    Blockquote,
    BulletList,
    Heading,
    Inline,
    Inlines,
    ListItem,
    OrderedList,
    Paragraph,
    Table,
    Text,
    parse,
)

Node = dict[str, Any]

NARROW = "\u202f"
_WIDE_BEFORE_HIGH_SIGN = re.compile("\u00a0(?=[;!?])|(?<=\\d)\u00a0(?=\\d{3}(?!\\d))")
_STRAIGHT_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")


def plain(text: object) -> str:
    """One line of text with French spacing: narrow before ; ! ? and between thousands, and a curly apostrophe."""
    spaced = french_typography(" ".join(str(text).split(" ")).replace("\n", " ").replace("\t", " "))
    return _STRAIGHT_APOSTROPHE.sub("’", _WIDE_BEFORE_HIGH_SIGN.sub(NARROW, spaced))


def shortened(text: object, *, most: int) -> str:
    """For running heads and the table of contents: the whole stands elsewhere on the page or in its place."""
    whole = plain(text)
    return whole if len(whole) <= most else f"{whole[: most - 1].rstrip()}…"


def capitals(text: str) -> str:
    """Capitals of Latin letters; rarer ones stay small, since the fonts may lack their capital."""
    return "".join(letter.upper() if letter < "\u0180" else letter for letter in text)


def in_fours(fingerprint: str) -> str:
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def blocks(markdown: str) -> list[Node]:
    """Markdown as nodes. Raises UnreadableText as `markdown_tree.parse` does."""
    return [_block(block) for block in parse(markdown)]


def words_of(tree: object) -> Iterable[str]:
    """Every string of a tree, in reading order."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from words_of(value)
    elif isinstance(tree, Sequence):
        for value in tree:
            yield from words_of(value)


def _block(block: Block) -> Node:
    match block:
        case Paragraph(inlines):
            return {"t": "paragraph", "runs": _runs(inlines)}
        case Heading(level, inlines):
            return {"t": "heading", "level": level, "runs": _runs(inlines)}
        case BulletList(items):
            return {"t": "bullets", "items": [_item(item) for item in items]}
        case OrderedList(items, start):
            return {"t": "numbers", "start": start, "items": [_item(item) for item in items]}
        case Blockquote(inside):
            return {"t": "quote", "blocks": [_block(inner) for inner in inside]}
        case Table(rows):
            return {"t": "table", "rows": [[_runs(cell) for cell in row] for row in rows]}
        case _:
            return {"t": "rule"}


def _item(item: ListItem) -> list[Node]:
    return [_block(block) for block in item.blocks]


def _runs(inlines: Inlines) -> list[Node]:
    return [_run(inline) for inline in inlines]


def _run(inline: Inline) -> Node:
    if not isinstance(inline, Text):
        return {"br": True}
    return {"s": plain(inline.text), "marks": sorted(inline.marks), "href": inline.href}
