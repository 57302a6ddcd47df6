"""What a draft may hold: the nodes, marks and attributes of the editor, by their Tiptap names, and nothing else.

An unknown node or mark makes the browser of whoever receives it delete the paragraph under *his* name (measured), so
this list is enforced here and not left to the editors. Which node may stand in which is checked always; that something
stands in it, of what one update puts in alone: two honest edits can together leave a list item empty.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from negotiation.rules.vocabulary import ValueKind

SCHEMA_VERSION: Final = 1

VALUES_ROOT: Final = "values"
CLAUSE_ROOT: Final = "clause:"
UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")

MAX_NESTING: Final = 32
MAX_VALUE_LENGTH: Final = 20_000
MAX_LINK_LENGTH: Final = 2_000

DOCUMENT: Final = "doc"
TEXT: Final = "text"

_FLOW: Final = frozenset({"paragraph", "heading", "bulletList", "orderedList", "blockquote", "table", "horizontalRule"})
_INLINE: Final = frozenset({TEXT, "hardBreak"})

CHILDREN: Final[Mapping[str, frozenset[str]]] = {
    DOCUMENT: _FLOW,
    "paragraph": _INLINE,
    "heading": _INLINE,
    "bulletList": frozenset({"listItem"}),
    "orderedList": frozenset({"listItem"}),
    "listItem": _FLOW,
    "blockquote": _FLOW,
    "table": frozenset({"tableRow"}),
    "tableRow": frozenset({"tableHeader", "tableCell"}),
    "tableHeader": frozenset({"paragraph"}),
    "tableCell": frozenset({"paragraph"}),
    "hardBreak": frozenset(),
    "horizontalRule": frozenset(),
}
NODES: Final = frozenset(CHILDREN) - {DOCUMENT}
HOLDS_SOMETHING: Final = frozenset(
    {"bulletList", "orderedList", "listItem", "blockquote", "table", "tableHeader", "tableCell"}
)
"""Nodes that every browser deletes where they are hollow: two honest edits may leave one, nobody puts one in."""
MARKS: Final = frozenset({"bold", "italic", "strike", "link"})

_SAFE_LINK: Final = re.compile(r"(?:https?://|mailto:)[^\x00-\x1f\x7f]+\Z", re.IGNORECASE)
_LINK_TOKENS: Final = re.compile(r"[A-Za-z _-]{0,100}\Z")
_CELL: Final[Mapping[str, frozenset[object]]] = {"colspan": frozenset({1}), "rowspan": frozenset({1})}
_ATTRIBUTES: Final[Mapping[str, Mapping[str, frozenset[object]]]] = {
    "heading": {"level": frozenset({1, 2, 3, 4})},
    "tableHeader": _CELL,
    "tableCell": _CELL,
}
_DIGITS: Final = "0-9 .,\u00a0\u202f\u2009\u2212+"
_TYPED: Final[Mapping[ValueKind, re.Pattern[str]]] = {
    ValueKind.NONE: re.compile(r"\Z"),
    ValueKind.NUMBER: re.compile(f"[{_DIGITS}%-]{{0,40}}\\Z"),
    ValueKind.AMOUNT: re.compile(f"[{_DIGITS}€-]{{0,40}}\\Z"),
    ValueKind.DATE: re.compile(r"[0-9/-]{0,10}\Z"),
    ValueKind.CHOICE: re.compile(r"[^\x00-\x1f\x7f\u2028\u2029]{0,2000}\Z"),
    ValueKind.LIST: re.compile(r"[^\x00-\x09\x0b-\x1f\x7f]*\Z"),
}
"""What may stand in the field of a value while it is typed: « 93, » isn't a number yet, and will be. Whether it is one
is asked when it is proposed."""
_LONGEST_LIST: Final = 1_000_000_000
_ATTRIBUTE_NAMES: Final = frozenset({"level", "start", "type", "colspan", "rowspan", "colwidth"})


def may_contain(parent: str, child: str) -> bool:
    return child in CHILDREN.get(parent, ())


def known_attribute(name: str) -> bool:
    """Whether some node has an attribute of this name; which node and which value is checked once both are known."""
    return name in _ATTRIBUTE_NAMES


def attribute_allowed(node: str, name: str, value: object) -> bool:
    """Null is what the editor writes for « not set », and always allowed where the attribute is."""
    if value is None:
        return known_attribute(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if node == "orderedList" and name == "start":
        return value == int(value) and 0 <= value <= _LONGEST_LIST
    return value in _ATTRIBUTES.get(node, {}).get(name, ())


def mark_allowed(name: str, value: object) -> bool:
    """`value` is what stands beside the mark in the document: an object, or null where the mark ends."""
    if name not in MARKS:
        return False
    if value is None:
        return True
    if not isinstance(value, Mapping):
        return False
    return _link_allowed(value.items()) if name == "link" else not value


def value_allowed(kind: ValueKind | None, value: object) -> bool:
    """Whether this may stand, as typed, for a value of this kind; None where nothing is written or nothing known."""
    if value is None:
        return True
    if not isinstance(value, str) or len(value) > MAX_VALUE_LENGTH:
        return False
    return kind is None or _TYPED[kind].match(value) is not None


def safe_link(address: object) -> bool:
    """http, https and mailto addresses, from their first character on: `javascript:` never passes."""
    return isinstance(address, str) and len(address) <= MAX_LINK_LENGTH and _SAFE_LINK.match(address) is not None


def clause_root(clause_id: str) -> str:
    return CLAUSE_ROOT + clause_id


def clause_of_root(name: str) -> str | None:
    """The clause id of a fragment's name, or None when the name is no clause's."""
    clause_id = name.removeprefix(CLAUSE_ROOT)
    return clause_id if clause_id != name and UUID.match(clause_id) else None


def _link_allowed(attributes: Iterable[tuple[str, object]]) -> bool:
    found = dict(attributes)
    if not safe_link(found.pop("href", None)):
        return False
    return all(
        name in {"target", "rel", "class", "title"}
        and (value is None or (isinstance(value, str) and name != "title" and _LINK_TOKENS.match(value) is not None))
        for name, value in found.items()
    )
