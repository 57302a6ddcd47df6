"""A part that people add has the fields of one that a file brings: annexes, tables and warnings read both alike."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.trame import FRAMING_SECTIONS, TrameClause, fields_for
from negotiation.rules.vocabulary import OUTSIDE_CONTRACT, ClauseKind, PartKind
from negotiation.store import Store
from negotiation.store.contract import Clause, Part
from tests.builders import a_table
from tests.scenarios import EHPAD, HANDICAP, sample

Cell = tuple[str, str, str, str]
"""Field, label, kind of value, of what the values are ids."""
BEYOND_FILES = {"replaces", "tolerance", "responsible", "response_delay", "copil_rounds", "indicator_cap"}
"""What the domain reference asks for and scenario files don't hold."""


def of_template(clauses: Iterable[TrameClause]) -> list[Cell]:
    kept = [one for one in clauses if one.field not in BEYOND_FILES and not one.field.startswith("steps.")]
    return [(one.field, one.label, str(one.value_kind), one.names) for one in kept]


@pytest.mark.parametrize(("path", "years"), [(EHPAD, range(2024, 2029)), (HANDICAP, range(2027, 2032))])
def test_an_added_part_has_the_fields_of_an_imported_one(store: Store, path: Path, years: range) -> None:
    a_table(store, sample(path))
    with store.reading() as session:
        found = session.execute(
            select(Part, Clause)
            .join(Clause, col(Clause.part_id) == col(Part.id))
            .where(col(Clause.kind) == ClauseKind.TEXT)
            .order_by(col(Part.position), col(Clause.position))
        ).all()
    cells: dict[tuple[PartKind, str], list[Cell]] = {}
    for part, clause in found:
        if not clause.field.startswith("steps."):
            names = str(clause.attributes.get("names", ""))
            written = cells.setdefault((part.kind, part.key), [])
            written.append((clause.field, clause.label, str(clause.value_kind), names))
    assert {kind for kind, _ in cells} == set(PartKind) - OUTSIDE_CONTRACT
    sections = {section.key: of_template(section.clauses) for section in FRAMING_SECTIONS}
    for (kind, key), imported in cells.items():
        expected = sections[key] if kind is PartKind.FRAMING_SECTION else of_template(fields_for(kind, years))
        assert imported == expected, f"{kind} {key}"
