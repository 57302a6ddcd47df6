"""The two annexes of numbers: indicators with their targets, funding by line, year and funder, in whole cents.

They hold no number of their own: each cell is the clause of its part, which is the engagement's agreed value when it
follows one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from negotiation.rules.french_display import value_text
from negotiation.rules.vocabulary import ValueKind
from negotiation.store.contract import Part
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.people import PartyView

Node = dict[str, Any]
Cells = Mapping[str, ClauseCard]

TARGETS, AMOUNTS = "targets.", "amounts."


def indicators_table(indicators: Sequence[tuple[Part, Cells]]) -> Node:
    """A row an indicator; values in words, empty when there is none."""
    return {"years": _years(indicators, TARGETS), "rows": [_indicator(part, cells) for part, cells in indicators]}


def finance_table(
    lines: Sequence[tuple[Part, Cells]],
    parties: Sequence[PartyView],
    *,
    fiches: Mapping[str, str],
    words: Mapping[str, str],
) -> Node:
    """A group a funder and a kind of money, with its totals: what a party receives is never added to what it saves.

    `fiches`: codes of the fiches by part id; `words`: how choices are written.
    """
    grouped: dict[tuple[str, str], list[Node]] = {}
    names = {name: party for party in parties for name in (party.key, party.id, party.short_name, party.name)}
    for part, cells in lines:
        funder = names.get(_text(cells, "funder"))
        kind, nature = (words.get(found, found) for found in (_text(cells, "kind"), _text(cells, "nature")))
        row = _line(part, cells, funder) | {"code": fiches.get(part.parent_id or "", ""), "nature": nature}
        grouped.setdefault((funder.letter if funder else "", kind), []).append(row)
    order = {party.letter: place for place, party in enumerate(parties)}
    keys = sorted(grouped, key=lambda key: (order.get(key[0], len(order)), key[1]))
    return {"years": _years(lines, AMOUNTS), "groups": [_group(key, grouped[key], parties) for key in keys]}


def _indicator(part: Part, cells: Cells) -> Node:
    year, value = _value(cells, "baseline.year"), _shown(cells, "baseline.value")
    return {
        "code": part.code,
        "title": part.title,
        "unit": _text(cells, "unit"),
        "baseline": f"{value} ({year})" if value and year else value,
        "values": {name.removeprefix(TARGETS): _shown(cells, name) for name in cells if name.startswith(TARGETS)},
        "final": _shown(cells, "final_target"),
    }


def _line(part: Part, cells: Cells, funder: PartyView | None) -> Node:
    """The total is what the years add up to, unless an engagement sets it without saying the years."""
    amounts = {
        name.removeprefix(AMOUNTS): cents
        for name in cells
        if name.startswith(AMOUNTS) and (cents := _cents(cells, name)) is not None
    }
    total = cells.get("total")
    stated = _cents(cells, "total") if total and total.follows_id and not any(amounts.values()) else None
    return {
        "label": _text(cells, "label") or part.title,
        "funder": funder.letter if funder else None,
        "values": amounts,
        "total": sum(amounts.values()) if stated is None else stated,
    }


def _group(key: tuple[str, str], rows: list[Node], parties: Sequence[PartyView]) -> Node:
    letter, kind = key
    name = next((party.name for party in parties if party.letter == letter), "Financeur à préciser")
    by_year: dict[str, int] = {}
    for row in rows:
        for year, cents in row["values"].items():
            by_year[year] = by_year.get(year, 0) + cents
    return {
        "title": f"{name} : {kind}" if kind else name,
        "funder": letter or None,
        "rows": rows,
        "by_year": by_year,
        "total": sum(row["total"] for row in rows),
    }


def _years(parts: Sequence[tuple[Part, Cells]], prefix: str) -> list[str]:
    return sorted({name.removeprefix(prefix) for _, cells in parts for name in cells if name.startswith(prefix)})


def _value(cells: Cells, name: str) -> Any:
    """What the field holds: its value, or its words when it is a text."""
    card = cells.get(name)
    if card is None:
        return None
    return card.value if card.value is not None else card.text or None


def _text(cells: Cells, name: str) -> str:
    return str(_value(cells, name) or "")


def _shown(cells: Cells, name: str) -> str:
    card = cells.get(name)
    return value_text(card.value, None, card.value_kind) if card and card.value is not None else ""


def _cents(cells: Cells, name: str) -> int | None:
    card = cells.get(name)
    if card is None or card.value_kind is not ValueKind.AMOUNT or not isinstance(card.value, int):
        return None
    return card.value
