"""Pandoc's tree of a document to blocks of our schema: words always, marks and shapes where a clause may hold them.

Pandoc's JSON: https://hackage.haskell.org/package/pandoc-types (Text.Pandoc.Definition), api version 1.23.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from negotiation.documents.word_markup import TEXT_HEADINGS
from negotiation.documents.word_model import CLAUSE_MARK, HEADING_MARK
from negotiation.errors import UnreadableText
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.markdown_tree import (
    Block,
    Blockquote,
    BulletList,
    HardBreak,
    Heading,
    Inline,
    Inlines,
    ListItem,
    Mark,
    OrderedList,
    Paragraph,
    Rule,
    Table,
    Text,
    plain_text,
    serialise,
    settled,
)

Node = Any
_MARKS = {"Emph": Mark.ITALIC, "Strong": Mark.BOLD, "Strikeout": Mark.STRIKE}
_WRAPPED = frozenset({"Underline", "Superscript", "Subscript", "SmallCaps"})
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
"""What Word and web pages leave in a text for line breaking; no clause may hold it (trust T32), nobody sees it go."""


@dataclass(frozen=True)
class Titled:
    """A heading of a file and what stands under it, up to the next. The first may have no title."""

    level: int
    title: str
    blocks: tuple[Block, ...] = ()


@dataclass
class _Marks:
    marks: frozenset[Mark] = field(default_factory=frozenset)
    href: str | None = None


def tree_of(written: bytes) -> tuple[Block, ...]:
    """From pandoc's JSON, markers still in their paragraphs."""
    return tuple(_blocks(json.loads(written)["blocks"]))


def clauses_in(blocks: Sequence[Block]) -> dict[str, str]:
    """Markdown by clause id (32 hex digits), in the order of the text; "" holds what is nobody's."""
    found: dict[str, list[Block]] = {}
    owner = ""
    for block in blocks:
        marked = CLAUSE_MARK.fullmatch(plain_text(block.inlines)) if isinstance(block, Paragraph) else None
        if marked:
            owner = marked[1]
            found.setdefault(owner, [])
        else:
            found.setdefault(owner, []).append(_as_ours(block) if owner else block)
    return {clause_id: as_markdown(inside) for clause_id, inside in found.items()}


def _as_ours(block: Block) -> Block:
    """Headings inside a clause come after those of the plan in our files: « Titre 6 » is its first level."""
    if isinstance(block, Heading) and block.level > TEXT_HEADINGS:
        return Heading(block.level - TEXT_HEADINGS, block.inlines)
    return block


def titled(blocks: Sequence[Block]) -> tuple[Titled, ...]:
    """The file cut at what it shows as headings."""
    found: list[tuple[int, str, list[Block]]] = [(0, "", [])]
    for block in blocks:
        title = _title(block)
        if title is not None:
            found.append((*title, []))
        elif not (isinstance(block, Paragraph) and CLAUSE_MARK.fullmatch(plain_text(block.inlines))):
            found[-1][2].append(block)
    return tuple(Titled(level, title, tuple(inside)) for level, title, inside in found if title or inside)


def as_markdown(blocks: Iterable[Block]) -> str:
    """In the one spelling of a clause; what can't be read is left as it came, and refused where it would be kept."""
    try:
        written = serialise(settled(blocks))
        return canonical_markdown(written)
    except UnreadableText:
        return "\n\n".join(words_of(block) for block in blocks)


def words_of(block: Block) -> str:
    """The words of a block, without its shape."""
    match block:
        case Paragraph(inlines) | Heading(_, inlines):
            return plain_text(inlines)
        case BulletList(items) | OrderedList(items):
            return "\n".join(words_of(each) for item in items for each in item.blocks)
        case Blockquote(blocks):
            return "\n".join(words_of(each) for each in blocks)
        case Table(rows):
            return "\n".join(" | ".join(plain_text(cell) for cell in row) for row in rows)
        case _:
            return ""


def _title(block: Block) -> tuple[int, str] | None:
    if not isinstance(block, Heading | Paragraph):
        return None
    words = " ".join(plain_text(block.inlines).split())
    marked = HEADING_MARK.match(words)
    if marked:
        return int(marked[1]), words[marked.end() :].strip()
    return (block.level, words) if isinstance(block, Heading) and words else None


def _blocks(nodes: Sequence[Node]) -> Iterator[Block]:
    for node in nodes:
        yield from _block(node["t"], node.get("c"))


def _block(kind: str, content: Node) -> Iterator[Block]:
    match kind:
        case "Para" | "Plain":
            yield Paragraph(_inlines(content))
        case "Header":
            yield Heading(content[0], _inlines(content[2]))
        case "BulletList":
            yield BulletList(_items(content))
        case "OrderedList":
            yield OrderedList(_items(content[1]), int(content[0][0]))
        case "BlockQuote":
            yield Blockquote(tuple(_blocks(content)))
        case "Table":
            yield from _table(content)
        case "HorizontalRule":
            yield Rule()
        case "Div":
            yield from _blocks(content[1])
        case "Figure":
            yield from _blocks(content[2])
        case "CodeBlock":
            yield Paragraph((Text(_clean(content[1])),))
        case "LineBlock":
            yield Paragraph(_joined(_inlines(line) for line in content))
        case "DefinitionList":
            for term, definitions in content:
                yield Paragraph(_inlines(term))
                for definition in definitions:
                    yield from _blocks(definition)


def _items(content: Sequence[Sequence[Node]]) -> tuple[ListItem, ...]:
    return tuple(ListItem(tuple(_blocks(item))) for item in content)


def _table(content: Node) -> Iterator[Block]:
    """Attributes, caption, columns, head, bodies, foot. A cell over several columns or rows stands in its first."""
    caption = [block for block in _blocks(content[1][1]) if isinstance(block, Paragraph) and block.inlines]
    head, bodies, foot = content[3], content[4], content[5]
    rows = [*head[1], *(row for body in bodies for row in (*body[2], *body[3])), *foot[1]]
    yield from caption
    yield Table(_without_hollow_head(_rows(rows)))


def _without_hollow_head(rows: tuple[tuple[Inlines, ...], ...]) -> tuple[tuple[Inlines, ...], ...]:
    """Pandoc gives a table without heading row an empty one; our first row is the heading."""
    hollow = len(rows) > 1 and not any(plain_text(cell).strip() for cell in rows[0])
    return rows[1:] if hollow else rows


def _rows(rows: Sequence[Node]) -> tuple[tuple[Inlines, ...], ...]:
    written = []
    covered: dict[int, int] = {}
    for row in rows:
        cells: list[Inlines] = []
        for cell in row[1]:
            while covered.get(len(cells), 0):
                covered[len(cells)] -= 1
                cells.append(())
            down, across = int(cell[2]), int(cell[3])
            at = len(cells)
            cells += [_cell(cell[4]), *((),) * (across - 1)]
            if down > 1:
                covered |= dict.fromkeys(range(at, at + across), down - 1)
        written.append(tuple(cells))
    return tuple(written)


def _cell(nodes: Sequence[Node]) -> Inlines:
    """Paragraphs of a cell stand on lines of their own; a list in it keeps its dashes as words."""
    return _joined(tuple(_lines(_blocks(nodes))))


def _lines(blocks: Iterable[Block]) -> Iterator[Inlines]:
    for block in blocks:
        match block:
            case Paragraph(inlines) | Heading(_, inlines):
                yield inlines
            case BulletList(items):
                for item in items:
                    for inside in _lines(item.blocks):
                        yield (Text("– "), *inside)
            case OrderedList(items, start):
                for number, item in enumerate(items, start):
                    for inside in _lines(item.blocks):
                        yield (Text(f"{number}. "), *inside)
            case Blockquote(inner):
                yield from _lines(inner)
            case Table(rows):
                for row in rows:
                    yield tuple(inline for cell in row for inline in (*cell, Text(" ")))


def _joined(lines: Iterable[Inlines]) -> Inlines:
    found: list[Inline] = []
    for number, line in enumerate(lines):
        found += [HardBreak()] if number else []
        found += line
    return tuple(found)


def _inlines(nodes: Sequence[Node], around: _Marks | None = None) -> Inlines:
    return tuple(_each_inline(nodes, around or _Marks()))


def _each_inline(nodes: Sequence[Node], around: _Marks) -> Iterator[Inline]:
    for node in nodes:
        kind, content = node["t"], node.get("c")
        if kind in _MARKS:
            yield from _each_inline(content, _Marks(around.marks | {_MARKS[kind]}, around.href))
        elif kind in _WRAPPED:
            yield from _each_inline(content, around)
        elif kind == "LineBreak":
            yield HardBreak()
        else:
            yield from _words(kind, content, around)


def _words(kind: str, content: Node, around: _Marks) -> Iterator[Inline]:
    match kind:
        case "Str":
            yield Text(_clean(content), around.marks, around.href)
        case "Space" | "SoftBreak":
            yield Text(" ", around.marks, around.href)
        case "Span" | "Cite" | "Quoted":
            yield from _each_inline(content[1], around)
        case "Link":
            yield from _each_inline(content[1], _Marks(around.marks, content[2][0]))
        case "Code" | "Math":
            yield Text(_clean(content[1]), around.marks, around.href)
        case "Note":
            # A clause has no foot of the page: the words of the note stand where it was called.
            said = " ".join(words_of(block) for block in _blocks(content)).strip()
            yield Text(f" (note : {said})" if said else "", around.marks, around.href)


def _clean(text: str) -> str:
    return _INVISIBLE.sub("", text)
