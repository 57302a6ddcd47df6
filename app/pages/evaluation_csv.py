"""The engagements of the evaluation as a table for a spreadsheet: what its page shows, line by line."""

from collections.abc import Iterable
from typing import Any

from app.pages.csv_file import csv_text
from app.pages.review_view import Row
from negotiation.rules.anchoring import plain_text
from negotiation.rules.reviews import STANDING_WORDS
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import ValueKind
from negotiation.store.queries.evaluated import Evaluated

HEAD = (
    "Code", "Engagement", "Départ", "Année de départ", "Accordé", "Unité", "Observé", "Années", "Valeur", "Avancement",
    "Lecture", "Résultat", "État du résultat", "Derrière ce résultat", "Explication",
)  # fmt: skip


def evaluation_csv(outcomes: Iterable[Row]) -> str:
    """One line an engagement, numbers as a spreadsheet reads them."""
    return csv_text([HEAD, *(_line(row) for row in outcomes)])


def _line(row: Row) -> list[str]:
    said = [
        str(row.card.value or ""),
        STANDING_WORDS[row.standing] if row.standing else "",
        ", ".join(party.short_name for party in row.behind),
        plain_text(row.card.text),
    ]
    it = row.evaluated
    if it is None:
        return ["", row.card.label, *[""] * 9, *said]
    return [
        it.card.code,
        it.card.label,
        _number(it, it.baseline),
        it.baseline_year,
        _number(it, it.agreed),
        "€" if it.card.value_kind is ValueKind.AMOUNT else it.card.unit,
        _number(it, it.observed_value),
        it.observed_years,
        STANDING_WORDS[it.observed.standing] if it.observed else "",
        f"{it.noted.percent} %, {it.noted.state}" if it.noted else "",
        it.reading.words if it.reading else "",
        *said,
    ]


def _number(it: Evaluated, value: Any) -> str:
    return as_entered(value, it.card.value_kind)
