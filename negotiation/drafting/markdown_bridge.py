"""Canonical Markdown ↔ the XML fragments of a live draft, through the neutral tree.

What is written must satisfy the editor's own schema to the letter: a node it can't build, it deletes for everybody
(measured). So a list item always starts with a paragraph and a cell always holds one, empty if need be; the tree drops
empty paragraphs on the way back. Traps of pycrdt: offsets in UTF-8 bytes, numbers read as floats, text typed after a
mark inherits it unless the marks are laid on afterwards.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from negotiation.drafting import schema
from negotiation.rules.markdown_tree import (
    MAX_NESTING,
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
    parse,
    serialise,
)

Container = XmlFragment | XmlElement
Document = Doc[XmlFragment]


def write_fragment(document: Document, name: str, *, markdown: str) -> None:
    """Replaces the fragment's content. An empty text leaves one empty paragraph, so that two people share it."""
    fragment = document.get(name, type=XmlFragment)
    blocks = parse(markdown) or (Paragraph(()),)
    with document.transaction():
        if len(fragment.children):
            del fragment.children[0 : len(fragment.children)]
        _write_blocks(fragment, blocks)


def read_fragment(document: Document, name: str) -> str:
    """Canonical Markdown. Never raises on what the schema allows, whatever its order and number."""
    fragment = document.get(name, type=XmlFragment)
    with document.transaction():
        return serialise(tuple(_read_blocks(fragment, depth=1)))


def plain_text_hash(document: Document, names: Iterable[str]) -> str:
    """What the browser computes too: by fragment name, each text node's characters and a newline; SHA-256, hex."""
    digest = hashlib.sha256()
    with document.transaction():
        for name in sorted(names):
            for text in _text_nodes(document.get(name, type=XmlFragment), depth=1):
                digest.update(_characters(text).encode("utf-8", "replace") + b"\n")
    return digest.hexdigest()


def _write_blocks(parent: Container, blocks: Iterable[Block]) -> None:
    for block in blocks:
        match block:
            case Paragraph(inlines):
                _write_inlines(_append(parent, "paragraph"), inlines)
            case Heading(level, inlines):
                _write_inlines(_append(parent, "heading", {"level": level}), inlines)
            case BulletList(items):
                _write_items(_append(parent, "bulletList"), items)
            case OrderedList(items, start):
                _write_items(_append(parent, "orderedList", {"start": start}), items)
            case Blockquote(inside):
                _write_blocks(_append(parent, "blockquote"), inside)
            case Table(rows):
                _write_rows(_append(parent, "table"), rows)
            case Rule():
                _append(parent, "horizontalRule")


def _append(parent: Container, tag: str, attributes: Mapping[str, object] | None = None) -> XmlElement:
    element = XmlElement(tag)
    parent.children.append(element)
    for name, value in (attributes or {}).items():
        element.attributes[name] = value
    return element


def _write_items(parent: XmlElement, items: Iterable[ListItem]) -> None:
    for item in items:
        element = _append(parent, "listItem")
        if not item.blocks or not isinstance(item.blocks[0], Paragraph):
            _write_inlines(_append(element, "paragraph"), ())
        _write_blocks(element, item.blocks)


def _write_rows(parent: XmlElement, rows: Iterable[Iterable[Inlines]]) -> None:
    for number, row in enumerate(rows):
        element = _append(parent, "tableRow")
        for cell in row:
            # Both spans stand at 1 in what the editor writes itself: leaving them out would make it write at load.
            holder = _append(element, "tableCell" if number else "tableHeader", {"colspan": 1, "rowspan": 1})
            _write_inlines(_append(holder, "paragraph"), cell)


def _write_inlines(parent: XmlElement, inlines: Inlines) -> None:
    if not inlines:
        # Two people who begin to write in it need the same text node: from one each, the editor would write some
        # letters twice (seen with three browsers).
        parent.children.append(XmlText())
        return
    runs: list[Text] = []
    for inline in inlines:
        if isinstance(inline, Text):
            runs.append(inline)
        else:
            _write_runs(parent, runs)
            runs = []
            _append(parent, "hardBreak")
    _write_runs(parent, runs)


def _write_runs(parent: XmlElement, runs: Iterable[Text]) -> None:
    runs = tuple(runs)
    if not runs:
        return
    node = XmlText()
    parent.children.append(node)
    node.insert(0, "".join(run.text for run in runs))
    end = 0
    for run in runs:
        start, end = end, end + len(run.text.encode())
        marks: dict[str, object] = {str(mark): {} for mark in sorted(run.marks)}
        if run.href is not None:
            marks["link"] = {"href": run.href}
        if marks:
            node.format(start, end, marks)


def _read_blocks(parent: Container, *, depth: int) -> Iterator[Block]:
    """What stands where the schema has no place for it is read as the nearest thing that keeps its words."""
    if depth > MAX_NESTING:
        return
    for child in parent.children:
        if isinstance(child, XmlText):
            yield Paragraph(tuple(_read_text(child)))
        elif isinstance(child, XmlElement):
            yield from _read_element(child, depth=depth)


def _read_element(element: XmlElement, *, depth: int) -> Iterator[Block]:
    match element.tag:
        case "paragraph":
            yield Paragraph(_read_inlines(element))
        case "heading":
            yield Heading(_whole_number(element, "level"), _read_inlines(element))
        case "bulletList":
            yield BulletList(_read_items(element, depth=depth + 1))
        case "orderedList":
            yield OrderedList(_read_items(element, depth=depth + 1), _whole_number(element, "start"))
        case "blockquote":
            yield Blockquote(tuple(_read_blocks(element, depth=depth + 1)))
        case "table":
            yield Table(tuple(_read_row(row) for row in _elements(element)))
        case "horizontalRule":
            yield Rule()
        case _:
            yield from _read_blocks(element, depth=depth + 1)


def _read_items(parent: XmlElement, *, depth: int) -> tuple[ListItem, ...]:
    return tuple(ListItem(tuple(_read_blocks(item, depth=depth + 1))) for item in _elements(parent))


def _read_row(row: XmlElement) -> tuple[Inlines, ...]:
    return tuple(_read_cell(cell) for cell in _elements(row))


def _read_cell(cell: XmlElement) -> Inlines:
    """One run of inlines; several paragraphs, which two people can make together, become several lines."""
    found: list[Inline] = []
    for number, paragraph in enumerate(_elements(cell)):
        if number:
            found.append(HardBreak())
        found.extend(_read_inlines(paragraph))
    return tuple(found)


def _read_inlines(parent: XmlElement) -> Inlines:
    found: list[Inline] = []
    for child in parent.children:
        if isinstance(child, XmlText):
            found.extend(_read_text(child))
        elif isinstance(child, XmlElement) and child.tag == "hardBreak":
            found.append(HardBreak())
    return tuple(found)


def _read_text(node: XmlText) -> Iterator[Text]:
    for content, attributes in node.diff():
        if not isinstance(content, str):
            continue
        present = attributes or {}
        marks = frozenset(mark for mark in Mark if present.get(mark) is not None)
        link = present.get("link")
        yield Text(content, marks, link.get("href") if isinstance(link, dict) else None)


def _elements(parent: XmlElement) -> Iterator[XmlElement]:
    return (child for child in parent.children if isinstance(child, XmlElement))


def _whole_number(element: XmlElement, name: str) -> int:
    value: object = element.attributes.get(name)
    allowed = schema.attribute_allowed(element.tag or "", name, value)
    return int(value) if allowed and isinstance(value, int | float) else 1


def _text_nodes(parent: Container, *, depth: int) -> Iterator[XmlText]:
    if depth > MAX_NESTING:
        return
    for child in parent.children:
        if isinstance(child, XmlText):
            yield child
        elif isinstance(child, XmlElement):
            yield from _text_nodes(child, depth=depth + 1)


def _characters(node: XmlText) -> str:
    return "".join(content for content, _ in node.diff() if isinstance(content, str))
