"""The years that a prorogation adds: each indicator and each funding line gets a cell a year, empty, to be negotiated.

The years that were signed stay as they are, agreed. A new cell takes its unit from its part's others, and concerns
whoever they concern.
"""

from collections.abc import Iterable

from negotiation.rules.trame import fields_for
from negotiation.rules.vocabulary import ClauseKind, PartKind, Side
from negotiation.services.amending_rows import Copy
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause, ClauseParty, Part

_STEMS = {PartKind.INDICATOR: "targets.", PartKind.FUNDING_LINE: "amounts."}


def add_years(copy: Copy, years: Iterable[int]) -> list[Clause]:
    """After `copy_clauses`. The new cells, in the order of the contract."""
    wanted, held = sorted(years), dict[str, list[Clause]]()
    for clause in copy.clauses.values():
        held.setdefault(clause.part_id, []).append(clause)
    added: list[Clause] = []
    for part in copy.parts.values() if wanted else ():
        if part.kind in _STEMS:
            added += _add_to(copy, part, held.get(part.id, []), wanted)
    return added


def _add_to(copy: Copy, part: Part, held: list[Clause], years: list[int]) -> list[Clause]:
    """Where the kind of the part has them: after the years that it holds, before what comes after them."""
    stem = _STEMS[part.kind]
    fields = {clause.field: clause for clause in held}
    before = [clause for clause in held if clause.field.startswith(stem)]
    missing = [year for year in years if f"{stem}{year}" not in fields]
    order = [field.field for field in fields_for(part.kind, missing)]
    first = order.index(f"{stem}{missing[0]}") if missing else 0
    preceding = before or [fields[name] for name in order[:first] if name in fields]
    place = max((clause.position for clause in preceding), default=-1) + 1
    for clause in held:
        if clause.position >= place:
            clause.position += len(missing)
    known = {field.field: field for field in fields_for(part.kind, missing)}
    unit = next((clause.unit for clause in before if clause.unit), "")
    cells = [
        Clause(
            id=new_id(),
            negotiation_id=copy.target.id,
            part_id=part.id,
            kind=ClauseKind.TEXT,
            field=f"{stem}{year}",
            label=known[f"{stem}{year}"].label,
            position=place + rank,
            value_kind=known[f"{stem}{year}"].value_kind,
            unit=unit or known[f"{stem}{year}"].unit,
            attributes={"working": True},
        )
        for rank, year in enumerate(missing)
    ]
    copy.add(cells)
    like = before[0].id if before else held[0].id if held else ""
    parties = copy.concerned.get(like) or [
        party.id for party in copy.parties.values() if party.side is not Side.ASSOCIATE
    ]
    copy.add([ClauseParty(clause_id=cell.id, party_id=party) for cell in cells for party in parties])
    return cells
