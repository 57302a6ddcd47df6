"""`#EN06` in a message: how what the contract holds is named where people talk, and where such a sign stands. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

from negotiation.rules.search_words import plain_words
from negotiation.rules.vocabulary import PartKind

MOST_REFERENCES = 20
"""Named by one message."""

# What ends a sentence ends a sign too: « voir #EN06. » names EN06, « #obj1.1 » the objective 1.1.
_SIGN = re.compile(r"(?<![\w#&/])#(\w+(?:[.-]\w+)*)")
_NUMBERED = {PartKind.ARTICLE: "art", PartKind.STRATEGIC_OBJECTIVE: "obj", PartKind.OPERATIONAL_OBJECTIVE: "obj"}
_LONGEST_SIGN = 40
Named = TypeVar("Named")


def sign_of(code: str, kind: PartKind | None = None) -> str:
    """What is typed after `#`: the code, « art12 » and « obj1.1 » where a code is only a number; "" without a code."""
    sign = "".join(code.split())
    return f"{_NUMBERED.get(kind, '')}{sign}" if kind and sign[:1].isdigit() else sign


def same_sign(typed: str) -> str:
    """The form under which two spellings of a sign meet: « #en06 » and « #EN06 », with or without accents."""
    return plain_words(typed)


def signs_in(text: str) -> tuple[str, ...]:
    """The signs that a text names, as `same_sign` writes them, each once, in order."""
    found = dict.fromkeys(same_sign(sign) for _, sign in _split(text) if len(sign) in range(1, _LONGEST_SIGN))
    return tuple(found)


def pieces_of(text: str, named: Mapping[str, Named]) -> Iterator[tuple[str, Named | None]]:
    """The text in pieces, each with what it names: signs of `named` (by `same_sign`); None for the rest, as it is."""
    plain = ""
    for words, sign in _split(text):
        plain += words
        found = named.get(same_sign(sign)) if sign else None
        if found is None:
            plain += f"#{sign}" if sign else ""
            continue
        if plain:
            yield plain, None
        yield f"#{sign}", found
        plain = ""
    if plain:
        yield plain, None


def _split(text: str) -> Iterator[tuple[str, str]]:
    """Words and the sign after them, "" after the last."""
    at = 0
    for found in _SIGN.finditer(text):
        yield text[at : found.start()], found[1]
        at = found.end()
    yield text[at:], ""
