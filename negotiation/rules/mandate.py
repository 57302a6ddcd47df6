"""How far a party lets its people go on a clause, and what goes further. Pure: values in, breaches out.

Values are canonical (`rules/values.py`). A mandate bounds what can be ordered: numbers, amounts, dates, and lists of
one line a year whose lines end with a number (« 2028 : 93,5 % »). Words and choices are left to people: no automatic
verdict. Source: product R16.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from negotiation.rules.vocabulary import ValueKind

ORDERED = frozenset({ValueKind.NUMBER, ValueKind.AMOUNT, ValueKind.DATE, ValueKind.LIST})
"""Kinds of value that a floor and a ceiling can bound."""
_LINE_NUMBER = re.compile(r"([+-]?\d+(?:[.,]\d+)?)[%€]?$")
_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")


class Bound(StrEnum):
    FLOOR = "floor"
    CEILING = "ceiling"


@dataclass(frozen=True)
class Breach:
    """A value on the wrong side of a bound. `item`: the line of a list (« 2028 »), empty otherwise."""

    bound: Bound
    limit: Any
    value: Any
    item: str = ""


@dataclass(frozen=True)
class Mandate:
    """`floor`, `ceiling`: canonical values, None for no bound. `fallback`: text to retreat to. `leeway`: in words."""

    kind: ValueKind = ValueKind.NONE
    floor: Any = None
    ceiling: Any = None
    fallback: str = ""
    leeway: str = ""

    @property
    def is_empty(self) -> bool:
        return self.floor is None and self.ceiling is None and not self.fallback and not self.leeway


def outside(mandate: Mandate, value: Any) -> tuple[Breach, ...]:
    """What the value goes beyond, floors first within each item; empty when nothing bounds it or it holds within."""
    if value is None or mandate.kind not in ORDERED:
        return ()
    if mandate.kind is ValueKind.LIST:
        return tuple(_outside_lines(mandate, value))
    return tuple(_breaches(mandate.kind, mandate.floor, mandate.ceiling, value=value))


def crossed(mandate: Mandate) -> bool:
    """Whether the floor stands above the ceiling: nothing could then be inside."""
    return mandate.ceiling is not None and any(
        breach.bound is Bound.CEILING for breach in outside(mandate, mandate.floor)
    )


def _outside_lines(mandate: Mandate, lines: list[str]) -> Iterator[Breach]:
    """Lines are matched by what stands before their « : », else by their place."""
    floors, ceilings = _by_item(mandate.floor), _by_item(mandate.ceiling)
    for item, line in _by_item(lines).items():
        yield from _breaches(ValueKind.LIST, floors.get(item), ceilings.get(item), value=line, item=item)


def _by_item(lines: list[str] | None) -> dict[str, str]:
    found = {}
    for place, line in enumerate(lines or (), start=1):
        label, colon, rest = line.rpartition(":")
        found[label.strip() if colon else str(place)] = rest.strip()
    return found


def _breaches(kind: ValueKind, floor: Any, ceiling: Any, *, value: Any, item: str = "") -> Iterator[Breach]:
    at, lowest, highest = _measure(kind, value), _measure(kind, floor), _measure(kind, ceiling)
    if at is not None and lowest is not None and at < lowest:
        yield Breach(Bound.FLOOR, floor, value, item)
    if at is not None and highest is not None and at > highest:
        yield Breach(Bound.CEILING, ceiling, value, item)


def _measure(kind: ValueKind, value: Any) -> Decimal | None:
    """The value on a line of numbers; None for nothing, and for a line of a list that holds no number."""
    if value is None:
        return None
    if kind is ValueKind.DATE:
        return Decimal(date.fromisoformat(value).toordinal())
    if kind is not ValueKind.LIST:
        return Decimal(value)
    found = _LINE_NUMBER.fullmatch(_SPACES.sub("", value))
    return Decimal(found[1].replace(",", ".")) if found else None
