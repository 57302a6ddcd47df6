"""Markdown to the neutral tree, by CommonMark with tables, strikethrough and `<br>`; no HTML, no image, no code.

Constructs that are off stay as the characters that were typed: nothing a person wrote vanishes while reading.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from negotiation.errors import UnreadableText
from negotiation.rules.markdown_nodes import (
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
    accepted_link,
    settled,
)

MAX_CHARACTERS = 256 * 1024
MAX_NESTING = 32
# Reading time grows with the square of these (trust.md C2: 50 000 "[" burn seconds).
_MAX_OF = {"[": 2_000, "<": 5_000, "\n": 10_000, "|": 20_000, "*": 20_000, "_": 20_000, "~": 20_000}
_MARKS = {"strong": Mark.BOLD, "em": Mark.ITALIC, "s": Mark.STRIKE}
_LINE_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)


def parse(markdown: str) -> tuple[Block, ...]:
    """The settled tree. Raises `UnreadableText` (reason `too_long`, `too_many_signs` or `too_deep`)."""
    _refuse_what_burns_time(markdown)
    tokens = _PARSER.parse(markdown)
    # Past its limit the parser drops the text without a word, so the limit that counts is far below.
    if any(token.level >= MAX_NESTING for token in tokens):
        raise UnreadableText(reason="too_deep")
    return settled(_blocks(iter(tokens)))


def _line_break_tag(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 -- the parser's own signature
    found = _LINE_BREAK.match(state.src, state.pos) if state.src[state.pos] == "<" else None
    if not found:
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = found.end()
    return True


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "maxNesting": MAX_NESTING * 2})
    parser.enable(["table", "strikethrough"])
    parser.disable(["code", "fence", "html_block", "reference", "backticks", "html_inline", "image"])
    parser.inline.ruler.before("autolink", "line_break_tag", _line_break_tag)
    parser.validateLink = lambda url: accepted_link(url) is not None  # type: ignore[method-assign]
    return parser


_PARSER = _parser()


def _refuse_what_burns_time(markdown: str) -> None:
    if len(markdown) > MAX_CHARACTERS:
        raise UnreadableText(reason="too_long", limit=MAX_CHARACTERS)
    for sign, limit in _MAX_OF.items():
        if markdown.count(sign) > limit:
            raise UnreadableText(reason="too_many_signs", limit=limit, sign="line" if sign == "\n" else sign)


def _blocks(tokens: Iterator[Token]) -> list[Block]:
    """Blocks up to the closing token of the container that was just opened, or to the end."""
    found: list[Block] = []
    for token in tokens:
        match token.type:
            case "paragraph_open":
                found.append(Paragraph(_inlines(next(tokens).children or [])))
                next(tokens)
            case "heading_open":
                found.append(Heading(int(token.tag[1:]), _inlines(next(tokens).children or [])))
                next(tokens)
            case "bullet_list_open":
                found.append(BulletList(_items(tokens)))
            case "ordered_list_open":
                found.append(
                    OrderedList(_items(tokens), int(token.attrGet("start") or 0 if "start" in token.attrs else 1))
                )
            case "blockquote_open":
                found.append(Blockquote(tuple(_blocks(tokens))))
            case "table_open":
                found.append(_table(tokens))
            case "hr":
                found.append(Rule())
            case _:
                break
    return found


def _items(tokens: Iterator[Token]) -> tuple[ListItem, ...]:
    items = []
    for token in tokens:
        if token.type != "list_item_open":
            break
        items.append(ListItem(tuple(_blocks(tokens))))
    return tuple(items)


def _table(tokens: Iterator[Token]) -> Table:
    rows: list[list[Inlines]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_inlines(token.children or []))
    return Table(tuple(tuple(row) for row in rows))


def _inlines(tokens: Sequence[Token]) -> Inlines:
    found: list[Inline] = []
    marks: frozenset[Mark] = frozenset()
    href: str | None = None
    for token in tokens:
        kind, _, edge = token.type.partition("_")
        if kind in _MARKS:
            marks = marks | {_MARKS[kind]} if edge == "open" else marks - {_MARKS[kind]}
        elif kind == "link":
            href = str(token.attrGet("href")) if edge == "open" else None
        elif kind == "hardbreak":
            found.append(HardBreak())
        else:
            found.append(Text(" " if kind == "softbreak" else token.content, marks, href))
    return tuple(found)
