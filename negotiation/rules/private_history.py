"""What becomes of a party's inside once the contract is signed: kept, disclosed fact by fact, or destroyed so many
years after the signature.

The choice is the party's own, made in its own circle; the others can neither see nor infer it. Product R20.
"""

from collections.abc import Mapping
from datetime import date, timedelta

SHORTEST, LONGEST = 1, 30
"""Years after the signature."""
WARNING = timedelta(days=30)
"""How long before the destruction the party is told once more, however late it chose."""

DISCLOSABLE = frozenset(
    {
        "message.sent",
        "comment.written",
        "draft.noted",
        "question.asked",
        "question.answered",
        "visa.asked",
        "visa.given",
        "visa.refused",
        "mandate.set",
        "task.opened",
        "task.changed",
        "task.settled",
        "clause.written",
        "part.added",
    }
)
"""Facts of an inside that say something of the negotiation; the others say how the party's house is run."""


def anniversary(signed_on: date, years: int) -> date:
    """So many years after the signature; a 29 February has its own on 1 March."""
    try:
        return signed_on.replace(year=signed_on.year + years)
    except ValueError:
        return date(signed_on.year + years, 3, 1)


def announced_from(signed_on: date, years: int) -> date:
    """The first day on which the destruction may be announced."""
    return anniversary(signed_on, years) - WARNING


def destroyed_from(signed_on: date, years: int, *, announced_on: date) -> date:
    """The day of the destruction: the anniversary, or later where the party wasn't warned in time."""
    return max(anniversary(signed_on, years), announced_on + WARNING)


def said_in(facts: Mapping[str, object]) -> dict[str, object]:
    """What a fact says to a reader, by name: words and values, without ids and fingerprints."""
    return {name: facts[name] for name in SAID if facts.get(name) not in (None, "")}


SAID = (
    "title",
    "text",
    "value",
    "motive",
    "words",
    "answer",
    "floor",
    "ceiling",
    "fallback",
    "leeway",
    "due",
)
