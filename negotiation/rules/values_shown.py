"""A value as `value_text` shows it in French, read back: « 840 000 € », « 93,5 % », « 1er septembre 2027 ».

What somebody retyped in a document is read the same way, and refused rather than guessed.
"""

import re
from collections.abc import Mapping

from negotiation.errors import WrongValue
from negotiation.rules.french_display import value_text
from negotiation.rules.values import Canonical, canonical_value
from negotiation.rules.vocabulary import ValueKind

_AMOUNT = re.compile(r"([+\-\u2212]?[\d\s.,]*\d)\s*(.*)", re.DOTALL)
_EUROS = frozenset({"", "€", "eur", "euro", "euros"})
_WORDED_DATE = re.compile(r"(\d{1,2})(?:er)?\s+([^\W\d]+)\.?\s+(\d{4})")
_MONTHS = {value_text(f"2027-{month:02}-02", None, ValueKind.DATE).split(" ")[1]: month for month in range(1, 13)}


def value_from_words(
    words: str, kind: ValueKind, *, unit: str = "", choices: Mapping[str, str] | None = None
) -> Canonical:
    """The canonical form of what a reader sees; None for nothing. `choices`: what each may be called, by its key.

    Raises WrongValue(kind, given), also on a unit that isn't the value's own (« 840 k€ »), on a choice of no list and
    on a list, whose items no sign parts for sure.
    """
    said = " ".join(words.split())
    if not said:
        return None
    match kind:
        case ValueKind.NUMBER | ValueKind.AMOUNT:
            return canonical_value(_bare(said, kind, unit), kind)
        case ValueKind.DATE:
            return canonical_value(_plain_date(said), kind)
        case ValueKind.CHOICE:
            for key, name in (choices or {}).items():
                if said.casefold() in (key.casefold(), " ".join(name.split()).casefold()):
                    return key
    raise WrongValue(kind=kind, given=said[:80])


def _bare(said: str, kind: ValueKind, unit: str) -> str:
    """The number without its unit."""
    found = _AMOUNT.fullmatch(said)
    known = _EUROS if kind is ValueKind.AMOUNT else {"", *_units(unit)}
    if not found or found[2].strip().casefold() not in known:
        raise WrongValue(kind=kind, given=said[:80])
    return found[1]


def _units(unit: str) -> set[str]:
    """As written, and as `value_text` makes it agree."""
    forms = (value_text(number, unit, ValueKind.NUMBER).split("\u00a0", 1) for number in ("1", "2")) if unit else ()
    return {unit.casefold(), *(form[1].casefold() for form in forms if len(form) > 1)}


def _plain_date(said: str) -> str:
    found = _WORDED_DATE.fullmatch(said.casefold())
    month = _MONTHS.get(found[2]) if found else None
    return f"{int(found[1])}/{month}/{found[3]}" if found and month else said
