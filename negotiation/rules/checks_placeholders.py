"""What a text from a template still leaves to complete: « […] », « [organisme gestionnaire] », « [à compléter] ».

A link, an image, a footnote « [1] », a box « [x] », a reference « [art. L. 313-11] » leave nothing to complete.
"""

import re

from negotiation.rules.lifecycle import Situation
from negotiation.rules.vocabulary import ClauseState

LONGEST = 120
"""Characters between two brackets; more is a sentence somebody put between brackets."""
_ESCAPED = rf"(?<!!)\\\[(?P<escaped>[^\[\]\n]{{1,{LONGEST}}}?)\\\]"
_PLAIN = rf"(?<![\]\\!])\[(?P<plain>[^\[\]\n]{{1,{LONGEST}}})(?<!\\)\](?![(\[])"
_BRACKETED = re.compile(f"{_ESCAPED}|{_PLAIN}")
_DEFINITION = re.compile(r"(?m)^ {0,3}\[[^\]\n]*\]:.*$")
_CODE = re.compile(r"`[^`\n]*`")
_BLANK = re.compile(r"[\s.…_*]*(?:…|\.{3}|_{2,}|X{2,})[\s.…_*X€%]*")
_WORD = re.compile(r"[^\W\d_]{4,}")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_REFERENCE = re.compile(r"(?i)\s*(?:note|réf|cf|voir|art|article|articles|annexe|nota)\b")


def placeholders(text: str) -> tuple[str, ...]:
    """Each different one, between its brackets, in the order of the text (Markdown, brackets escaped or not)."""
    bare = _CODE.sub("", _DEFINITION.sub("", text))
    found = (_ESCAPE.sub(r"\1", each["escaped"] or each["plain"]).strip() for each in _BRACKETED.finditer(bare))
    return tuple(dict.fromkeys(f"[{inside}]" for inside in found if _is_placeholder(inside)))


def to_complete(situation: Situation, text: str) -> tuple[str, ...]:
    """Those of a text that was put forth: nothing for a working text, which is there to be completed."""
    put_forth = situation.current is not None or situation.was_agreed or situation.state is ClauseState.AGREED
    return placeholders(text) if put_forth and situation.state is not ClauseState.WITHDRAWN else ()


def _is_placeholder(inside: str) -> bool:
    if _BLANK.fullmatch(inside):
        return True
    return bool("…" in inside or _WORD.search(inside)) and not _REFERENCE.match(inside)
