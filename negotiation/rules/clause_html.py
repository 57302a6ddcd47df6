"""Clause texts as HTML that can't do anything: written from the neutral tree, then passed through an allow-list."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from html import escape

import nh3

from negotiation.rules.french_display import french_typography
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
    parse,
)


class Typography(StrEnum):
    FRENCH = "french"
    """No-break spaces and raised ordinals where French wants them."""
    AS_WRITTEN = "as_written"


_TAGS_OF_MARKS = {Mark.BOLD: "strong", Mark.ITALIC: "em", Mark.STRIKE: "s"}
_LAST_HEADING = 6
_ORDINALS = re.compile(r"\b(1)(er|re)\b|\b(\d{1,3})(e)\b")
_ALLOWED_TAGS = {
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "br"),
    *("table", "thead", "tbody", "tr", "th", "td", "strong", "em", "s", "sup", "a"),
}
_ALLOWED_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "th": {"scope"}}


def to_html(markdown: str, *, first_heading: int = 3, typography: Typography = Typography.FRENCH) -> str:
    """Safe HTML whatever the input. `# Titre` becomes an element of level `first_heading` so that the page's outline
    holds. Raises `UnreadableText` like `parse`.
    """
    writer = _Writer(first_heading, typography)
    return nh3.clean(
        writer.blocks(parse(markdown)),
        tags=_ALLOWED_TAGS,
        attributes=_ALLOWED_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


class _Writer:
    def __init__(self, first_heading: int, typography: Typography) -> None:
        self._first_heading = first_heading
        self._typography = typography

    def blocks(self, blocks: Iterable[Block]) -> str:
        return "".join(self._block(block) for block in blocks)

    def _block(self, block: Block) -> str:
        match block:
            case Paragraph(inlines):
                return f"<p>{self._inlines(inlines)}</p>"
            case Heading(level, inlines):
                tag = f"h{min(self._first_heading + level - 1, _LAST_HEADING)}"
                return f"<{tag}>{self._inlines(inlines)}</{tag}>"
            case BulletList(items):
                return f"<ul>{self._items(items)}</ul>"
            case OrderedList(items, start):
                opening = "<ol>" if start == 1 else f'<ol start="{start}">'
                return f"{opening}{self._items(items)}</ol>"
            case Blockquote(blocks):
                return f"<blockquote>{self.blocks(blocks)}</blockquote>"
            case Table(rows):
                return self._table(rows)
            case Rule():
                return "<hr>"

    def _items(self, items: Sequence[ListItem]) -> str:
        return "".join(f"<li>{self._item(item)}</li>" for item in items)

    def _item(self, item: ListItem) -> str:
        paragraphs = [block for block in item.blocks if isinstance(block, Paragraph)]
        first, *others = item.blocks
        if isinstance(first, Paragraph) and len(paragraphs) == 1:
            return self._inlines(first.inlines) + self.blocks(others)
        return self.blocks(item.blocks)

    def _table(self, rows: Sequence[Sequence[Inlines]]) -> str:
        head = "".join(f'<th scope="col">{self._inlines(cell)}</th>' for cell in rows[0])
        body = "".join(
            "<tr>" + "".join(f"<td>{self._inlines(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:]
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _inlines(self, inlines: Iterable[Inline]) -> str:
        return "".join("<br>" if isinstance(inline, HardBreak) else self._text(inline) for inline in inlines)

    def _text(self, run: Text) -> str:
        if self._typography is Typography.FRENCH:
            words = _ORDINALS.sub(r"\1\3<sup>\2\4</sup>", escape(french_typography(run.text)))
        else:
            words = escape(run.text)
        for mark in sorted(run.marks):
            words = f"<{_TAGS_OF_MARKS[mark]}>{words}</{_TAGS_OF_MARKS[mark]}>"
        return f'<a href="{escape(run.href)}">{words}</a>' if run.href else words
