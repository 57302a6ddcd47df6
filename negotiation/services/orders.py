"""A move as somebody asks for it, and what became of it: what services pass to one another."""

from dataclasses import dataclass, field
from datetime import datetime

from negotiation.rules.lifecycle import Origin
from negotiation.rules.vocabulary import SHARED, Circle, ClauseState, Move

LONGEST_NUMBER = 9
"""Digits of a version number."""


@dataclass(frozen=True)
class Seen:
    """The version that was on the screen: its number and fingerprint, or nothing when nothing was tabled."""

    number: int | None = None
    fingerprint: str | None = None

    @classmethod
    def told(cls, number: str, fingerprint: str) -> "Seen":
        """As a form says it. A number that no version will ever bear was on no screen."""
        readable = number.isdecimal() and len(number) <= LONGEST_NUMBER
        return cls(int(number) if readable else None, fingerprint or None)


@dataclass(frozen=True)
class Order:
    """A move as asked. `text` is the tabled text, or what is said; `value` is what the form or file holds, raw.

    `parties`: ids, for a change of the concerned parties. `at` and `key` come from a file: the declared date and the
    move's id there. `request_key` is made by the form: the same twice is one move. `visa`: the given visa with which it
    leaves; `decision`: the decision of a séance that it is, which left when it was taken. `message`: the message of the
    discussion that it comes from, `draft`: the circle of that draft. `written`: (party id or None, words) in a row of a
    text of the table commune.
    """

    move: Move
    text: str = ""
    motive: str = ""
    value: object = None
    seen: Seen = field(default=Seen())
    origin: Origin = Origin.PARTY
    circle: Circle = SHARED
    reply_to: str | None = None
    bundle: str | None = None
    parties: frozenset[str] = frozenset()
    request_key: str | None = None
    visa: str | None = None
    decision: str | None = None
    message: str | None = None
    draft: Circle | None = None
    written: tuple[tuple[str | None, int], ...] = ()
    at: datetime | None = None
    key: str | None = None


@dataclass(frozen=True)
class Played:
    """What became of it."""

    move_id: str
    state: ClauseState
    version_number: int | None
