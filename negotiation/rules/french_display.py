"""How texts and values show in French. For display only: nothing here is ever stored or hashed."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from negotiation.rules.vocabulary import ValueKind

NO_BREAK_SPACE = "\u00a0"
_MONTHS = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905
)
WORDS_OF_CHOICES = {
    "perenne": "pérenne",
    "non_perenne": "non pérenne",
    "economie": "économie",
    "resultat": "résultat",
    "realisation": "réalisation",
    "activite": "activité",
    "up": "à la hausse",
    "down": "à la baisse",
}
"""Choices that files write without accents, or in English."""
FAMILIES_OF_CHOICES = (
    ("up", "down"),
    ("perenne", "non_perenne"),
    ("charge", "economie", "investissement", "recette"),
    ("activite", "moyen", "realisation", "resultat"),
    ("oui", "non"),
)
"""The choices of the trade that exclude one another."""
_SIGNS_OF_UNITS = {"EUR": "€", "euro": "€", "euros": "€", "date": ""}
_INVARIABLE_UNITS = frozenset({"mois", "fois", "repas", "temps", "colis"})
_BREAKABLE_SPACES = re.compile(
    r" (?=[:;?!%€»])"  # before high punctuation and units
    r"|(?<=«) "
    r"|(?<=\d) (?=\d{3}(?!\d))"  # thousands
    r"|(?<=\d) (?=[kM]€)"
    r"|(?<=\b[LRD]\.) (?=\d)"  # article L. 313-12
    r"|(?<=n°) (?=\d)"
)


def french_typography(text: str) -> str:
    """Spaces that must not break become no-break spaces; no other character changes, none is added."""
    return _BREAKABLE_SPACES.sub(NO_BREAK_SPACE, text)


def value_text(value: object, unit: str | None, kind: ValueKind) -> str:
    """A typed value in words: « 93,5 % », « 840 000 € », « 1er septembre 2027 »; "" when there is none.

    `value` in canonical form (see `ValueKind`). `unit` counts for numbers only: an amount is in cents of euro.
    """
    if value is None:
        return ""
    match kind:
        case ValueKind.NUMBER:
            return _with_unit(_number(value), unit)
        case ValueKind.AMOUNT:
            return _with_unit(_euros(value), "€")
        case ValueKind.DATE:
            return _date(str(value))
        case ValueKind.LIST if isinstance(value, Sequence) and not isinstance(value, str):
            return french_typography(", ".join(str(item) for item in value))
        case ValueKind.CHOICE:
            return french_typography(WORDS_OF_CHOICES.get(str(value), str(value)))
        case _:
            return french_typography(str(value))


def _number(value: object) -> str:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not number.is_finite():
        return str(value)
    whole, _, decimals = f"{number:,f}".partition(".")
    whole = whole.replace(",", NO_BREAK_SPACE).replace("-", "\u2212")
    return f"{whole},{decimals}" if decimals else whole


def _euros(value: object) -> str:
    if not isinstance(value, int):
        return str(value)
    euros = Decimal(value) / 100
    return _number(euros.quantize(Decimal(1)) if value % 100 == 0 else euros.quantize(Decimal("0.01")))


def _with_unit(number: str, unit: str | None) -> str:
    sign = _SIGNS_OF_UNITS.get(unit, unit) if unit else ""
    return f"{number}{NO_BREAK_SPACE}{_agreeing(sign, number)}" if sign else number


def _agreeing(unit: str, number: str) -> str:
    """« 1,5 place », « 0 personne », « 2 places »: in French the plural starts at two."""
    whole = number.lstrip("\u2212").partition(",")[0]
    first, space, rest = unit.partition(" ")
    is_plural = first.endswith("s") and len(first) > 3 and first not in _INVARIABLE_UNITS
    return f"{first[:-1]}{space}{rest}" if whole in ("0", "1") and is_plural else unit


def _date(value: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return value
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"
