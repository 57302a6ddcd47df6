"""Typed values: from what a form or a file holds to one canonical form, and nothing else.

number → decimal string (« 93.5 »), amount → whole cents, date → ISO date, choice → text, list → list of one-line texts.
Numbers of a file are numbers already; those of a form are read the French way, and refused rather than guessed.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from negotiation.errors import UnreadableText, WrongValue
from negotiation.rules.clause_text import readable_text
from negotiation.rules.vocabulary import ValueKind

LARGEST_AMOUNT = 10**15
LARGEST_NUMBER = Decimal(10**12)
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_TYPED_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+")
"""« 62.000 » is sixty-two thousand to many who type it, and sixty-two to the machine."""
_SIGNS = {ValueKind.NUMBER: "%", ValueKind.AMOUNT: "€"}
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_FRENCH_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")

Canonical = str | int | list[str] | None


def canonical_value(raw: object, kind: ValueKind) -> Canonical:
    """The canonical form of `raw`; None for nothing. Raises WrongValue(kind, given), UnreadableText."""
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


def as_read(typed: str, kind: ValueKind) -> Canonical:
    """What a field holds, read; None while it can't be (half typed), and for nothing."""
    try:
        return canonical_value(typed, kind) if kind is not ValueKind.NONE else None
    except (WrongValue, UnreadableText):
        return None


def tidy_entry(typed: str, kind: ValueKind) -> str:
    """What a field holds, as `as_entered` would show it: « 62 000 » and « 62000,00 » are one value. What can't be read
    stays as it is."""
    return as_entered(as_read(typed, kind), kind) or typed.strip()


def decimal_text(number: Decimal) -> str:
    """A decimal without exponent nor trailing zeros: « 93.5 », « 1200000 », « -0.3 »."""
    if number == 0:
        return "0"
    return format(number.normalize(), "f")


def _decimal(raw: object, kind: ValueKind) -> Decimal:
    if isinstance(raw, bool):
        raise WrongValue(kind=kind, given=str(raw))
    text = _typed_number(raw, kind) if isinstance(raw, str) else str(raw)
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise WrongValue(kind=kind, given=str(raw)[:80]) from error
    if not number.is_finite() or abs(number) > LARGEST_AMOUNT:
        raise WrongValue(kind=kind, given=str(raw)[:80])
    return number


def _typed_number(raw: str, kind: ValueKind) -> str:
    """What was typed, with a decimal point. Raises WrongValue on what two people could read as two numbers."""
    text = _SPACES.sub("", raw).removesuffix(_SIGNS[kind]).replace("\u2212", "-")
    if _THOUSANDS.fullmatch(text) or not _TYPED_NUMBER.fullmatch(text.replace(",", ".", 1)):
        raise WrongValue(kind=kind, given=raw[:80])
    return text.replace(",", ".", 1)


def _number(raw: object) -> Canonical:
    number = _decimal(raw, ValueKind.NUMBER)
    if abs(number) > LARGEST_NUMBER or -int(number.as_tuple().exponent) > 6:
        raise WrongValue(kind=ValueKind.NUMBER, given=str(raw)[:80])
    return decimal_text(number)


def _amount(raw: object) -> Canonical:
    """Euros, with cents at most, to whole cents."""
    euros = _decimal(raw, ValueKind.AMOUNT)
    cents = euros * 100
    whole = cents.to_integral_value(rounding=ROUND_HALF_EVEN)
    too_fine = isinstance(raw, str) and -int(euros.as_tuple().exponent) > 2
    if too_fine or whole != cents or abs(whole) > LARGEST_AMOUNT:
        raise WrongValue(kind=ValueKind.AMOUNT, given=str(raw)[:80])
    return int(whole)


def _date(raw: object) -> Canonical:
    if not isinstance(raw, str):
        raise WrongValue(kind=ValueKind.DATE, given=str(raw)[:80])
    text = raw.strip()
    if found := _FRENCH_DATE.fullmatch(text):
        day, month, year = found.groups()
        text = f"{year}-{int(month):02}-{int(day):02}"
    if not _ISO_DATE.fullmatch(text):
        raise WrongValue(kind=ValueKind.DATE, given=raw[:80])
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise WrongValue(kind=ValueKind.DATE, given=raw[:80]) from error


def _choice(raw: object) -> Canonical:
    if not isinstance(raw, str):
        raise WrongValue(kind=ValueKind.CHOICE, given=str(raw)[:80])
    return _one_line(raw)


def _list(raw: object) -> Canonical:
    items = readable_text(raw).split("\n") if isinstance(raw, str) else raw
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise WrongValue(kind=ValueKind.LIST, given=str(raw)[:80])
    lines = [_one_line(item) for item in items]
    return [line for line in lines if line]


def _one_line(text: str) -> str:
    """Readable words on one line: in a form, each line is an item of its own."""
    return " ".join(line.strip() for line in readable_text(text).split("\n") if line.strip())


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
