"""The text and the value of a clause: canonical form, fingerprint, safe HTML, French display."""

import hashlib
import re
import unicodedata
from functools import lru_cache

import rfc8785

from negotiation.errors import UnreadableText
from negotiation.rules.clause_html import Typography, to_html
from negotiation.rules.french_display import french_typography, value_text
from negotiation.rules.markdown_tree import MAX_CHARACTERS, parse, serialise

__all__ = [
    "MAX_CHARACTERS",
    "Typography",
    "canonical_markdown",
    "french_typography",
    "readable_text",
    "to_html",
    "typed_markdown",
    "value_text",
    "version_fingerprint",
]

_TRIPS = 4
# Characters that are neither control nor format in Unicode's eyes, and yet show nothing.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0d\uffa0\U000e0000-\U000e0fff]"
)
_ESCAPED, _ESCAPED_BRACKET = re.compile(r"\\([!-/:-@\[-`{-~])"), re.compile(r"\\([\[\]])")
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_EMOJI_STYLES = "\ufe0e\ufe0f"
_CONTEXT = 12


def canonical_markdown(source: str) -> str:
    """The one spelling of a clause text: NFC, `\\n`, canonical style; applying it twice changes nothing.

    Raises `UnreadableText` with a `reason`: `too_long`, `too_many_signs`, `too_deep`, or `hidden_character` with
    `character` ("U+202E") and `near`, the words before it.
    """
    if len(source) > MAX_CHARACTERS:
        raise UnreadableText(reason="too_long", limit=MAX_CHARACTERS)
    text = _readable(source.replace("\r\n", "\n").replace("\r", "\n"))
    for _ in range(_TRIPS):
        # Read again after writing: an entity may have brought a hidden character, and what is kept must be stable.
        written = _readable(serialise(parse(text)))
        if written == text:
            return text
        text = written
    raise UnreadableText(reason="unstable")


@lru_cache(maxsize=512)
def typed_markdown(text: str) -> str:
    """A canonical text as somebody types it, « [date] » and not « \\[date\\] », where it reads back as the same."""
    if "\\" not in text:
        return text
    for escaped in (_ESCAPED, _ESCAPED_BRACKET):
        plain = escaped.sub(r"\1", text)
        try:
            if canonical_markdown(plain) == text:
                return plain
        except UnreadableText:
            continue
    return text


def readable_text(source: str) -> str:
    """Plain words (a comment, a motive, a message): NFC, `\\n`, no blank edge. Raises `UnreadableText` like above."""
    if len(source) > MAX_CHARACTERS:
        raise UnreadableText(reason="too_long", limit=MAX_CHARACTERS)
    return _readable(source.replace("\r\n", "\n").replace("\r", "\n")).strip()


def version_fingerprint(text: str, value: object) -> str:
    """SHA-256 (hex) of the RFC 8785 form of a version: what an acceptance names, whatever the screen showed."""
    return hashlib.sha256(rfc8785.dumps({"text": text, "value": value})).hexdigest()  # type: ignore[dict-item]


def _readable(text: str) -> str:
    """The text in NFC. Raises `UnreadableText` when a reader could not see what it holds (trust.md T32)."""
    for position, character in enumerate(text):
        if character.isascii() and (character.isprintable() or character in "\n\t"):
            continue
        if _is_hidden(character, text[position - 1 : position]):
            raise UnreadableText(
                reason="hidden_character",
                character=f"U+{ord(character):04X}",
                near=text[max(0, position - _CONTEXT) : position],
            )
    return unicodedata.normalize("NFC", text)


def _is_hidden(character: str, previous: str) -> bool:
    if character in _EMOJI_STYLES:
        # The only ones let through: they choose between the two drawings of the sign before them.
        return not previous or not (unicodedata.category(previous)[0] == "S" or previous in "0123456789#*!?")
    return unicodedata.category(character) in _HIDDEN_CATEGORIES or bool(_BLANK.match(character))
