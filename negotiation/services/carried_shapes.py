"""What the pages read inside the JSON of an imported row: a date, a value of its kind. The type of a column
holds its outer shape; an archive that these would stop is refused whole, rather than each page later."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from negotiation.errors import InvalidArchive
from negotiation.rules.values import LARGEST_AMOUNT
from negotiation.rules.vocabulary import ValueKind
from negotiation.services.carried_facts import Told
from negotiation.store.queries.clauses import JOINED_AT
from negotiation.store.queries.indicator_dates import ADDED_AT

UNREADABLE = "une date ou une valeur ne s’y lit pas"


def require_readable(told: Told) -> None:
    """Raises InvalidArchive."""
    for table, rule in READ.items():
        try:
            rule(told)
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as fault:
            raise InvalidArchive(problem=f"donnees/{table}.json : {UNREADABLE}") from fault


def _documents(told: Told) -> None:
    for row in told.rows("document"):
        if day := row.attributes.get("date"):
            date.fromisoformat(day)


def _parts(told: Told) -> None:
    for row in told.rows("part"):
        if at := row.attributes.get(ADDED_AT):
            datetime.fromisoformat(at)


def _clauses(told: Told) -> None:
    for row in told.rows("clause"):
        for at in row.attributes.get(JOINED_AT, {}).values():
            datetime.fromisoformat(at)
        _require_value(row.working_value, row.value_kind)


def _versions(told: Told) -> None:
    kinds = {row.id: row.value_kind for row in told.rows("clause")}
    for row in told.rows("version"):
        _require_value(row.value, kinds[row.clause_id])


def _require_value(value: Any, kind: ValueKind) -> None:
    if value is not None:
        is_such: Mapping[ValueKind, Callable[[], bool]] = {
            ValueKind.NONE: lambda: False,
            ValueKind.NUMBER: lambda: isinstance(value, str) and Decimal(value).is_finite(),
            ValueKind.AMOUNT: lambda: type(value) is int and abs(value) <= LARGEST_AMOUNT,
            ValueKind.DATE: lambda: date.fromisoformat(value).isoformat() == value,
            ValueKind.CHOICE: lambda: isinstance(value, str),
            ValueKind.LIST: lambda: isinstance(value, list) and all(isinstance(each, str) for each in value),
        }
        if not is_such[kind]():
            raise ValueError(value)


READ: Mapping[str, Callable[[Told], None]] = {
    "document": _documents,
    "part": _parts,
    "clause": _clauses,
    "version": _versions,
}
