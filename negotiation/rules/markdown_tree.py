"""What a clause may hold, read from Markdown and written back: `parse`, `serialise` and the nodes between.

`parse(serialise(tree)) == settled(tree)` whatever the tree, marks at impossible places excepted.
`serialise` raises `UnreadableText` where `parse` would (too many signs in one block).
"""

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
    plain_text,
    settled,
    settled_inlines,
)
from negotiation.rules.markdown_reader import MAX_CHARACTERS, MAX_NESTING, parse
from negotiation.rules.markdown_writer import serialise

__all__ = [
    "MAX_CHARACTERS",
    "MAX_NESTING",
    "Block",
    "Blockquote",
    "BulletList",
    "HardBreak",
    "Heading",
    "Inline",
    "Inlines",
    "ListItem",
    "Mark",
    "OrderedList",
    "Paragraph",
    "Rule",
    "Table",
    "Text",
    "accepted_link",
    "parse",
    "plain_text",
    "serialise",
    "settled",
    "settled_inlines",
]
