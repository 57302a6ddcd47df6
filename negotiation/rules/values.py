"""Typed values: from what a form or a file holds to one canonical form, and nothing else.

number → decimal string (« 93.5 »), amount → whole cents, date → ISO date, choice → text, list → list of texts.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from negotiation.errors import WrongValue
from negotiation.rules.vocabulary import ValueKind

LARGEST_AMOUNT = 10**15
LARGEST_NUMBER = Decimal(10**12)
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_FRENCH_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")

Canonical = str | int | list[str] | None


def canonical_value(raw: object, kind: ValueKind) -> Canonical:
    """The canonical form of `raw`; None for nothing. Raises WrongValue(kind, given)."""
    if raw is None or (isinstance(raw, str) and not raw.strip()) or raw == []:
        return None
    return _READERS[kind](raw)


def as_entered(value: Canonical, kind: ValueKind) -> str:
    """The value as a form field shows it and `canonical_value` reads it back: « 93,5 », « 62000 », « 2027-09-01 »."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(value)
    if kind is ValueKind.AMOUNT:
        return decimal_text(Decimal(value) / 100).replace(".", ",")
    return str(value).replace(".", ",") if kind is ValueKind.NUMBER else str(value)


def decimal_text(number: Decimal) -> str:
    """A decimal without exponent nor trailing zeros: « 93.5 », « 1200000 », « -0.3 »."""
    if number == 0:
        return "0"
    plain = format(number.normalize(), "f")
    return plain


def _decimal(raw: object, kind: ValueKind) -> Decimal:
    if isinstance(raw, bool):
        raise WrongValue(kind=kind, given=str(raw))
    text = _SPACES.sub("", str(raw)).replace(",", ".").replace("\u2212", "-").removesuffix("%").removesuffix("€")
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise WrongValue(kind=kind, given=str(raw)[:80]) from error
    if not number.is_finite() or abs(number) > LARGEST_AMOUNT:
        raise WrongValue(kind=kind, given=str(raw)[:80])
    return number


def _number(raw: object) -> Canonical:
    number = _decimal(raw, ValueKind.NUMBER)
    if abs(number) > LARGEST_NUMBER or -int(number.as_tuple().exponent) > 6:
        raise WrongValue(kind=ValueKind.NUMBER, given=str(raw)[:80])
    return decimal_text(number)


def _amount(raw: object) -> Canonical:
    """Euros, with cents at most, to whole cents."""
    cents = _decimal(raw, ValueKind.AMOUNT) * 100
    whole = cents.to_integral_value(rounding=ROUND_HALF_EVEN)
    if whole != cents or abs(whole) > LARGEST_AMOUNT:
        raise WrongValue(kind=ValueKind.AMOUNT, given=str(raw)[:80])
    return int(whole)


def _date(raw: object) -> Canonical:
    text = str(raw).strip()
    if found := _FRENCH_DATE.fullmatch(text):
        day, month, year = found.groups()
        text = f"{year}-{int(month):02}-{int(day):02}"
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise WrongValue(kind=ValueKind.DATE, given=str(raw)[:80]) from error


def _choice(raw: object) -> Canonical:
    if not isinstance(raw, str):
        raise WrongValue(kind=ValueKind.CHOICE, given=str(raw)[:80])
    return raw.strip()


def _list(raw: object) -> Canonical:
    items = raw.splitlines() if isinstance(raw, str) else raw
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise WrongValue(kind=ValueKind.LIST, given=str(raw)[:80])
    return [item.strip() for item in items if item.strip()]


def _nothing(raw: object) -> Canonical:
    raise WrongValue(kind=ValueKind.NONE, given=str(raw)[:80])


_READERS: dict[ValueKind, Callable[[object], Canonical]] = {
    ValueKind.NONE: _nothing,
    ValueKind.NUMBER: _number,
    ValueKind.AMOUNT: _amount,
    ValueKind.DATE: _date,
    ValueKind.CHOICE: _choice,
    ValueKind.LIST: _list,
}
