"""The neutral tree to Markdown, in one canonical style: the same tree always gives the same characters.

`-` bullets (`*` when two lists touch), `1.`, ATX headings, `|---|` tables, `---` rules, one blank line between blocks.
"""

from collections.abc import Sequence

from negotiation.rules.markdown_inlines import Place, write_inlines
from negotiation.rules.markdown_nodes import (
    Block,
    Blockquote,
    BulletList,
    Heading,
    Inlines,
    ListItem,
    OrderedList,
    Paragraph,
    Rule,
    Table,
    settled,
)

# First list, then the one that touches it: two lists with the same marker would be read as one.
_BULLETS = ("-", "*")
_NUMBER_ENDS = (".", ")")


def serialise(blocks: Sequence[Block]) -> str:
    """Canonical Markdown without a final newline; the tree is settled first."""
    return "\n".join(_lines(settled(blocks)))


def _lines(blocks: Sequence[Block]) -> list[str]:
    lines: list[str] = []
    touching = 0
    for number, block in enumerate(blocks):
        same_kind = number > 0 and type(blocks[number - 1]) is type(block)
        touching = 1 - touching if same_kind else 0
        if number:
            lines.append("")
        lines.extend(_block_lines(block, touching))
    return lines


def _block_lines(block: Block, touching: int) -> list[str]:
    match block:
        case Paragraph(inlines):
            return write_inlines(inlines, Place.PARAGRAPH).split("\n")
        case Heading(level, inlines):
            return ["#" * level + " " + write_inlines(inlines, Place.HEADING)]
        case BulletList(items):
            return _list_lines(items, [_BULLETS[touching]] * len(items))
        case OrderedList(items, start):
            return _list_lines(items, [f"{start + index}{_NUMBER_ENDS[touching]}" for index in range(len(items))])
        case Blockquote(blocks):
            return [f"> {line}" if line else ">" for line in _lines(blocks)]
        case Table(rows):
            return _table_lines(rows)
        case Rule():
            return ["---"]


def _list_lines(items: Sequence[ListItem], markers: Sequence[str]) -> list[str]:
    tight = all(_is_tight(item) for item in items)
    lines: list[str] = []
    for item, marker in zip(items, markers, strict=True):
        if lines and not tight:
            lines.append("")
        inside = _lines(item.blocks)
        if tight:
            inside = [line for line in inside if line]
        if isinstance(item.blocks[0], Rule):
            inside[0] = "___"  # after a bullet, "---" would swallow the bullet
        lines.append(f"{marker} {inside[0]}")
        indent = " " * (len(marker) + 1)
        lines.extend(indent + line if line else "" for line in inside[1:])
    return lines


def _is_tight(item: ListItem) -> bool:
    """A paragraph, then at most one list that may follow it without a blank line."""
    match item.blocks:
        case (Paragraph(),) | (Paragraph(), BulletList()):
            nested = item.blocks[1:]
        case (Paragraph(), OrderedList(start=1)):
            nested = item.blocks[1:]
        case _:
            return False
    return all(_is_tight(inner) for block in nested for inner in _items_of(block))


def _items_of(block: Block) -> tuple[ListItem, ...]:
    return block.items if isinstance(block, BulletList | OrderedList) else ()


def _table_lines(rows: Sequence[Sequence[Inlines]]) -> list[str]:
    lines = ["| " + " | ".join(write_inlines(cell, Place.CELL) for cell in row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return lines
