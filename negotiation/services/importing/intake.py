"""What is being imported, and the rows that already stand: what every step of an import shares."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from negotiation.errors import UnreadableText, WrongValue
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.values import Canonical, canonical_value, decimal_text
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Circle, Side, ValueKind
from negotiation.services.importing.cutting import Standing
from negotiation.services.importing.reading import Json, fault, problem_of_text
from negotiation.services.moves import Seen
from negotiation.store.contract import Clause, Negotiation, Part
from negotiation.store.people import Member, Party
from negotiation.store.unit_of_work import UnitOfWork

_KINDS = {
    ValueKind.NONE: "aucune valeur",
    ValueKind.NUMBER: "un nombre",
    ValueKind.AMOUNT: "un montant en euros",
    ValueKind.DATE: "une date",
    ValueKind.CHOICE: "un texte",
    ValueKind.LIST: "une liste de textes",
}


@dataclass
class Intake:
    """`file` is the scenario cut to the day, `whole` the scenario itself. Rows are found by their key in the file."""

    uow: UnitOfWork
    file: Json
    whole: Json
    until: date | None
    standing: Standing
    negotiation: Negotiation
    parties: dict[str, Party] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    cells: dict[tuple[str, str], Clause] = field(default_factory=dict)
    """By part key and field."""
    engagements: dict[str, Clause] = field(default_factory=dict)
    tabled: dict[str, Seen] = field(default_factory=dict)
    """The version that each text move tabled, by move key."""

    @property
    def id(self) -> str:
        return self.negotiation.id

    def deciding_parties(self) -> list[Party]:
        return [party for party in self.parties.values() if party.side is not Side.ASSOCIATE]

    def circle(self, visibility: str, party: str) -> Circle:
        """The circle of a thing of the file: `internal` is the inside of the party that made it."""
        if visibility == "internal":
            return Circle.inside(self.parties[party].id)
        return AUTHORITIES if visibility == "authorities" else SHARED


def value_at(path: str, raw: object, kind: ValueKind) -> Canonical:
    """The canonical value. Raises InvalidFile at `path`."""
    try:
        return canonical_value(raw, kind)
    except WrongValue:
        fault(path, f"« {raw} » ne convient pas : {_KINDS[kind]} est attendu")


def markdown_at(path: str, text: str | None) -> str:
    """The canonical text of a clause. Raises InvalidFile at `path`."""
    try:
        return canonical_markdown(text or "")
    except UnreadableText as refusal:
        fault(path, problem_of_text(refusal))


def plain(value: Any) -> Any:
    """A tree as rows keep it: numbers that aren't whole become decimal strings."""
    match value:
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case Decimal():
            return decimal_text(value)
        case _:
            return value


def decimals(value: Any) -> Any:
    """A tree whose every number is a decimal string."""
    match value:
        case bool():
            return value
        case dict():
            return {key: decimals(item) for key, item in value.items()}
        case list():
            return [decimals(item) for item in value]
        case int() | Decimal():
            return decimal_text(Decimal(value))
        case _:
            return value


def cents(path: str, euros: object) -> int:
    """Whole cents. Raises InvalidFile at `path`."""
    read = value_at(path, euros, ValueKind.AMOUNT)
    return read if isinstance(read, int) else 0


def day(written: str) -> date:
    return date.fromisoformat(written)


def day_or_none(written: str | None) -> date | None:
    return day(written) if written else None
