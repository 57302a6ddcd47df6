"""A clause text as the flat list of its units, each knowing the containers it stands in; and the text again.

Units are those of a redline (paragraph, heading, list item, table row, rule), taken from the tree rather than from the
lines: a unit put among others joins their list or table, and numbers follow.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from negotiation.rules.markdown_tree import (
    Block,
    Blockquote,
    BulletList,
    HardBreak,
    Heading,
    Inlines,
    ListItem,
    Mark,
    OrderedList,
    Paragraph,
    Rule,
    Table,
    parse,
    serialise,
)
from negotiation.rules.redline_model import Unit, UnitKind

_CELL_EDGE = re.compile(r"(?<!\\)\|")
_UNDER_HEADER = re.compile(r"[-:| \t]+")
_SIGNS = {Mark.BOLD: "**", Mark.ITALIC: "*", Mark.STRIKE: "~~"}


class Container(StrEnum):
    QUOTE = "quote"
    BULLETS = "bullets"
    NUMBERS = "numbers"
    TABLE = "table"


class Entry(StrEnum):
    """How a unit comes into a container that holds it."""

    OPENS = "opens"
    """First of all: the container starts here."""
    ITEM = "item"
    """First of a further item, or a further row."""
    GOES_ON = "goes_on"
    """Inside the item that the unit before stands in."""


@dataclass(frozen=True, slots=True)
class Step:
    container: Container
    entry: Entry
    number: int = 0
    """Of a numbered item, as the reader sees it; what a list starts from when the unit opens one."""


@dataclass(frozen=True, slots=True)
class Row:
    cells: tuple[Inlines, ...]


Content = Paragraph | Heading | Rule | Row


@dataclass(frozen=True, slots=True)
class Leaf:
    """One unit: its words, and the containers around it, outermost first."""

    steps: tuple[Step, ...]
    content: Content

    @property
    def identity(self) -> tuple[tuple[tuple[Container, bool], ...], Content]:
        """What makes it the same unit in two texts: its words and level; neither its number nor its place in the
        list, which follow from its neighbours."""
        return tuple((step.container, step.entry is Entry.GOES_ON) for step in self.steps), self.content

    @property
    def has_words(self) -> bool:
        return any(sign.isalnum() for sign in as_redline_unit(self).body)

    @property
    def entries(self) -> tuple[tuple[Entry, int], ...]:
        return tuple((step.entry, step.number if step.entry is Entry.OPENS else 0) for step in self.steps)


@dataclass(slots=True)
class _Open:
    """A container being filled: items of blocks (a quote has one), or rows."""

    container: Container
    start: int
    items: list[list[Block]]
    rows: list[tuple[Inlines, ...]]


def leaves_of(markdown: str) -> tuple[Leaf, ...]:
    """Raises `UnreadableText` like `parse`."""
    return tuple(_leaves(parse(markdown), ()))


def written(leaves: Iterable[Leaf]) -> str:
    """Canonical Markdown. A unit whose container is not open any more opens one. Raises `UnreadableText` when all
    together is more than a clause may hold."""
    return serialise(_tree(leaves))


def as_redline_unit(leaf: Leaf) -> Unit:
    """For comparing with `redline_units.paired`: the kind, the level and the words; not for writing."""
    content, inner = leaf.content, leaf.steps[-1] if leaf.steps else None
    indentation = "  " * len(leaf.steps)
    match content:
        case Row(cells):
            return Unit(UnitKind.TABLE_ROW, indentation, f"|{'|'.join(_drawn(cell) for cell in cells)}|", "")
        case Heading(level, inlines):
            return Unit(UnitKind.HEADING, f"{indentation}{'#' * level} ", _drawn(inlines), "")
        case Rule():
            return Unit(UnitKind.RULE, "", "---", "")
        case Paragraph(inlines):
            kind = UnitKind.PARAGRAPH
            if inner and inner.entry is not Entry.GOES_ON and inner.container is not Container.QUOTE:
                kind = UnitKind.BULLET if inner.container is Container.BULLETS else UnitKind.NUMBERED
            return Unit(kind, indentation, _drawn(inlines), "")


def shared_depth(leaves: Sequence[Leaf]) -> int:
    """How many outer containers hold all of these, none of them entering an item there: a passage inside one item is
    shown without that item's bullet."""
    if not leaves:
        return 0
    depth = 0
    for steps in zip(*(leaf.steps for leaf in leaves), strict=False):
        if steps[0].container is Container.TABLE or any(
            step.entry is not Entry.GOES_ON or step.container is not steps[0].container for step in steps
        ):
            break
        depth += 1
    return depth


def without_outer(leaves: Iterable[Leaf], depth: int) -> list[Leaf]:
    return [replace(leaf, steps=leaf.steps[depth:]) for leaf in leaves]


def put_in_place(leaves: Sequence[Leaf], neighbour: Leaf | None, depth: int) -> list[Leaf]:
    """Units written apart, back where `neighbour` stood: inside the same outer containers, going on with the same list
    or table when they begin with one."""
    if not leaves or neighbour is None:
        return list(leaves)
    outer = tuple(replace(step, entry=Entry.GOES_ON) for step in neighbour.steps[:depth])
    first = list(leaves[0].steps)
    for index, (step, wanted) in enumerate(zip(first, neighbour.steps[depth:], strict=False)):
        if step.container is not wanted.container or wanted.entry is Entry.OPENS:
            break
        first[index] = replace(step, entry=wanted.entry)
        if wanted.entry is Entry.ITEM:
            break
    placed = [replace(leaves[0], steps=tuple(first)), *leaves[1:]]
    return [replace(leaf, steps=outer + leaf.steps) for leaf in placed]


def row_by_hand(markdown: str, neighbour: Leaf | None) -> str:
    """Rows typed without the line that Markdown wants under a header, where a row stood, are rows."""
    lines = [line.strip() for line in markdown.strip().splitlines()]
    is_row = neighbour is not None and isinstance(neighbour.content, Row)
    if (
        not is_row
        or not lines
        or not all(len(line) > 1 and line.startswith("|") and line.endswith("|") for line in lines)
    ):
        return markdown
    if lines[1:] and _UNDER_HEADER.fullmatch(lines[1]):
        return markdown
    width = len(_CELL_EDGE.findall(lines[0])) - 1
    return "\n".join([lines[0], "|" + "---|" * width, *lines[1:]])


def _leaves(blocks: Sequence[Block], outer: tuple[Step, ...]) -> Iterator[Leaf]:
    """`outer` holds how the first of these blocks enters its containers; the others go on in them."""
    for block in blocks:
        match block:
            case Blockquote(inside):
                yield from _leaves(inside, (*outer, Step(Container.QUOTE, Entry.OPENS)))
            case BulletList(items):
                yield from _item_leaves(items, outer, Step(Container.BULLETS, Entry.OPENS))
            case OrderedList(items, start):
                yield from _item_leaves(items, outer, Step(Container.NUMBERS, Entry.OPENS, start))
            case Table(rows):
                yield from _row_leaves(rows, outer)
            case _:
                yield Leaf(outer, block)
        outer = _going_on(outer)


def _item_leaves(items: Sequence[ListItem], outer: tuple[Step, ...], step: Step) -> Iterator[Leaf]:
    for item in items:
        yield from _leaves(item.blocks, (*outer, step))
        outer = _going_on(outer)
        step = Step(step.container, Entry.ITEM, step.number + 1 if step.container is Container.NUMBERS else 0)


def _row_leaves(rows: Sequence[tuple[Inlines, ...]], outer: tuple[Step, ...]) -> Iterator[Leaf]:
    step = Step(Container.TABLE, Entry.OPENS)
    for row in rows:
        yield Leaf((*outer, step), Row(row))
        outer, step = _going_on(outer), Step(Container.TABLE, Entry.ITEM)


def _going_on(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(replace(step, entry=Entry.GOES_ON) for step in steps)


def _tree(leaves: Iterable[Leaf]) -> list[Block]:
    top = _Open(Container.QUOTE, 0, [[]], [])
    opened: list[_Open] = []
    for leaf in leaves:
        for depth, step in enumerate(leaf.steps):
            fits = depth < len(opened) and opened[depth].container is step.container
            if not fits or step.entry is Entry.OPENS:
                _close(opened, depth, top)
                opened.append(_Open(step.container, step.number, [[]], []))
            elif step.entry is Entry.ITEM:
                _close(opened, depth + 1, top)
                opened[depth].items.append([])
        _close(opened, len(leaf.steps), top)
        inner = opened[-1] if opened else top
        if isinstance(leaf.content, Row):
            inner.rows.append(leaf.content.cells)
        else:
            inner.items[-1].append(leaf.content)
    _close(opened, 0, top)
    return top.items[0]


def _close(opened: list[_Open], depth: int, top: _Open) -> None:
    """Closes the containers from `depth` inwards, each becoming a block of the one around it."""
    while len(opened) > depth:
        block = _closed(opened.pop())
        (opened[-1] if opened else top).items[-1].append(block)


def _closed(container: _Open) -> Block:
    items = tuple(ListItem(tuple(blocks)) for blocks in container.items)
    match container.container:
        case Container.QUOTE:
            return Blockquote(items[0].blocks)
        case Container.BULLETS:
            return BulletList(items)
        case Container.NUMBERS:
            return OrderedList(items, container.start)
        case Container.TABLE:
            return Table(tuple(container.rows))


def _drawn(inlines: Inlines) -> str:
    """Words with a trace of their marks and links, on which two runs that read alike still differ."""
    drawn = ""
    for inline in inlines:
        if isinstance(inline, HardBreak):
            drawn += "\n"
        else:
            drawn += "".join(_SIGNS[mark] for mark in sorted(inline.marks)) + inline.text.replace("|", "/")
            drawn += inline.href or ""
    return drawn
