"""Where what waits for a visa stands in the contract, and what would go on the table with it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session

from app.pages.frame import Frame
from app.pages.inside_view import Pending
from negotiation.rules.vocabulary import SHARED, DocumentKind
from negotiation.store.queries.negotiations import PlanEntry, plan_of


@dataclass(frozen=True)
class VisaPlace:
    """`leaves`: the parts still inside that the visa puts on the table, as `placing.put_on_table` does; `unwritten`:
    the ids of those among them of which no text waits."""

    part: PlanEntry
    leaves: tuple[PlanEntry, ...]
    unwritten: frozenset[str]


def places_of(session: Session, frame: Frame, pending: Iterable[Pending]) -> dict[str, VisaPlace]:
    """By clause id; clauses of a part that was left out have none."""
    held = {each.card.id: each.card.part_id for each in pending}
    if not held:
        return {}
    plan = {entry.id: entry for kind in DocumentKind for entry in plan_of(session, frame.actor, kind)}
    written = frozenset(held.values())
    return {
        clause_id: _place(plan, plan[part_id], written=written)
        for clause_id, part_id in held.items()
        if part_id in plan
    }


def _place(plan: dict[str, PlanEntry], part: PlanEntry, *, written: frozenset[str]) -> VisaPlace:
    if part.circle == SHARED:
        return VisaPlace(part, (), frozenset())
    top = _top_inside(plan, part)
    leaves = tuple(each for each in plan.values() if each.circle != SHARED and _top_inside(plan, each) == top)
    return VisaPlace(part, leaves, frozenset(each.id for each in leaves) - written)


def _top_inside(plan: dict[str, PlanEntry], part: PlanEntry) -> PlanEntry:
    above = plan.get(part.parent_id or "")
    return part if above is None or above.circle == SHARED else _top_inside(plan, above)
