"""A passage of a relevé that would be longer than a clause may be, cut into pieces that can each be read and approved.

Anybody who records decisions writes into the relevé: however much was said, and with whatever signs, nobody keeps the
relevé of a séance from being drawn up.
"""

import unicodedata
from collections.abc import Sequence

from negotiation.errors import UnreadableText
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.markdown_tree import Block, BulletList, ListItem, OrderedList, Paragraph, Table, Text, serialise

Blocks = Sequence[Block]


def readable_pieces(blocks: Blocks) -> list[str]:
    """Canonical Markdown, cut in halves as long as it has more characters or signs than a clause may.

    Raises UnreadableText where there is nothing left to cut.
    """
    try:
        return [canonical_markdown(serialise(blocks))]
    except UnreadableText:
        halves = _halves(blocks)
        if halves is None:
            raise
        return [piece for half in halves for piece in readable_pieces(half) if piece]


def _halves(blocks: Blocks) -> tuple[Blocks, Blocks] | None:
    """Between two blocks, two items of a list, two rows of a table, or within words; None where nothing can be cut."""
    if len(blocks) > 1:
        middle = len(blocks) // 2
        return blocks[:middle], blocks[middle:]
    match blocks:
        case [BulletList((item,))]:
            cut = _halves(item.blocks)
            return None if cut is None else (_bulleted(cut[0]), _bulleted(cut[1]))
        case [BulletList(items)]:
            middle = len(items) // 2
            return [BulletList(items[:middle])], [BulletList(items[middle:])]
        case [OrderedList(items, start)] if len(items) > 1:
            middle = len(items) // 2
            return [OrderedList(items[:middle], start)], [OrderedList(items[middle:], start + middle)]
        case [Table((head, *rows))] if len(rows) > 1:
            middle = len(rows) // 2
            return [Table((head, *rows[:middle]))], [Table((head, *rows[middle:]))]
        case [Paragraph((Text(words, marks, href),))] if len(words) > 1:
            at = _cut_of(words)
            return [Paragraph((Text(words[:at], marks, href),))], [Paragraph((Text(words[at:], marks, href),))]
        case [Paragraph(inlines)] if len(inlines) > 1:
            middle = len(inlines) // 2
            return [Paragraph(inlines[:middle])], [Paragraph(inlines[middle:])]
    return None


def _cut_of(words: str) -> int:
    """Near the middle: after a space if there is one before it, never between a letter and its accent."""
    middle = words.rfind(" ", 1, len(words) // 2) + 1 or len(words) // 2
    while middle < len(words) - 1 and unicodedata.category(words[middle]).startswith("M"):
        middle += 1
    return middle


def _bulleted(blocks: Blocks) -> Blocks:
    return [BulletList((ListItem(tuple(blocks)),))]
