"""The rows of one reader, looked up as the scenario format names things: by key, in the units of a file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from negotiation.rules.paris import PARIS
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, ValueKind

Json = dict[str, Any]
Rows = Mapping[str, Sequence[Json]]


@dataclass
class Source:
    """`rows`: by table, as `store.queries.carried` reads them. `left`: what the format has no place for, in French."""

    rows: Rows
    left: list[str] = field(default_factory=list)

    def table(self, name: str) -> Sequence[Json]:
        return self.rows.get(name, ())

    def ordered(self, name: str) -> list[Json]:
        return sorted(self.table(name), key=lambda row: row["position"])

    @cached_property
    def negotiation(self) -> Json:
        return self.rows["negotiation"][0]

    @cached_property
    def key_of(self) -> dict[str, str]:
        """Of the party or the member with this id."""
        return {row["id"]: row["key"] for name in ("party", "member") for row in self.table(name)}

    @cached_property
    def deciding(self) -> list[str]:
        """Keys of the parties that decide, the gestionnaire first."""
        rows = sorted(self.ordered("party"), key=lambda row: row["side"] != "gestionnaire")
        return [row["key"] for row in rows if row["side"] != "associe"]

    @cached_property
    def members(self) -> list[str]:
        return [row["key"] for row in self.ordered("member")]

    @cached_property
    def versions(self) -> dict[str, Json]:
        return {row["id"]: row for row in self.table("version")}

    @cached_property
    def parts(self) -> dict[str, Json]:
        """By id: those that all parties read and that were not given up."""
        kept = [row for row in self.ordered("part") if row["circle"] == str(SHARED) and row["dropped_at"] is None]
        return {row["id"]: row for row in kept}

    @cached_property
    def clauses(self) -> dict[str, Json]:
        """By id, of those parts, in order."""
        rows = [row for row in self.table("clause") if row["circle"] == str(SHARED) and row["part_id"] in self.parts]
        ranks = {part_id: rank for rank, part_id in enumerate(self.parts)}
        rows.sort(key=lambda row: (ranks[row["part_id"]], row["position"], row["id"]))
        return {row["id"]: row for row in rows}

    @cached_property
    def fields(self) -> dict[str, dict[str, Json]]:
        """The clauses that are no engagements, by part id and field."""
        found: dict[str, dict[str, Json]] = {}
        for row in self.clauses.values():
            if row["kind"] != "engagement":
                found.setdefault(row["part_id"], {})[row["field"]] = row
        return found

    def of_kind(self, kind: str) -> list[Json]:
        return [row for row in self.parts.values() if row["kind"] == kind]

    def known(self, keys: Iterable[str], names: Iterable[str]) -> list[str]:
        among = set(names)
        return [key for key in keys if key in among]

    # ------------------------------------------------------------------ what stands in a clause

    def standing(self, clause: Json) -> tuple[str, Any]:
        """Its agreed text and value, else what is on the table, else what its gestionnaire works on."""
        version = self.versions.get(clause["agreed_version_id"] or clause["current_version_id"])
        if version is not None:
            return version["text"], version["value"]
        return clause["working_text"], clause["working_value"]

    def text(self, part: Json, name: str) -> str:
        clause = self.fields.get(part["id"], {}).get(name)
        return self.standing(clause)[0] if clause else ""

    def value(self, part: Json, name: str) -> Any:
        """As a file writes it; None where there is none."""
        clause = self.fields.get(part["id"], {}).get(name)
        return self.cell(clause) if clause else None

    def cell(self, clause: Json) -> Any:
        """The value of a cell: its own, or that of the engagement which it follows."""
        followed = self.clauses.get(clause["follows_id"] or "")
        raw = self.standing(clause)[1] if followed is None else self.standing(followed)[1]
        if followed is not None and clause["attributes"].get("file_value") is not None:
            raw = clause["attributes"]["file_value"]
        return written(raw, clause["value_kind"])


def written(raw: Any, kind: str) -> Any:
    """A canonical value as a file writes it: euros, numbers, days."""
    if raw is None or kind in (ValueKind.CHOICE, ValueKind.DATE, ValueKind.LIST):
        return raw
    return number(Decimal(raw) / 100 if kind == ValueKind.AMOUNT else raw)


def number(raw: Any) -> Any:
    """The number that a decimal string or a Decimal says; 0 for what says none."""
    try:
        exact = Decimal(str(raw))
    except InvalidOperation:
        return 0
    return int(exact) if exact == int(exact) else float(exact)


def numbers(tree: Any) -> Any:
    """A tree whose decimal strings are numbers again; days and words stay."""
    match tree:
        case dict():
            return {key: numbers(value) for key, value in tree.items()}
        case list():
            return [numbers(value) for value in tree]
        case str() if re.fullmatch(r"-?\d+(\.\d+)?", tree):
            return number(tree)
        case _:
            return tree


def local(moment: str) -> str:
    """`2026-06-16T10:00`, as it was in Paris."""
    return datetime.fromisoformat(moment).astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")


def visibility(circle: str) -> str:
    return {str(SHARED): "shared", str(AUTHORITIES): "authorities"}.get(circle, "internal")
