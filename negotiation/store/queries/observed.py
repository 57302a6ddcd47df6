"""What was observed of the indicators, year by year: values that a file declares."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.store.contract import Part
from negotiation.store.following import Observation
from negotiation.store.queries.visibility import visible


class Standing(StrEnum):
    """What an observed value is worth: said by a file, proposed by a party, agreed to by all, or not by one."""

    DECLARED = "declared"
    PROPOSED = "proposed"
    VALIDATED = "validated"
    CONTESTED = "contested"


@dataclass(frozen=True)
class Observed:
    """The value of an indicator for a year: a decimal string.

    `party_id`: who proposes it, None for a declared value; `clause_id`: where it is discussed, None for a declared one.
    """

    year: int
    value: str
    standing: Standing
    party_id: str | None = None
    clause_id: str | None = None


def observed_values(session: Session, actor: Actor, negotiation_id: str) -> Mapping[str, tuple[Observed, ...]]:
    """By indicator (part id), by year; nothing of another table than the actor's."""
    if negotiation_id != actor.negotiation_id:
        return {}
    query = (
        select(Observation)
        .join(Part, col(Part.id) == Observation.part_id)
        .where(col(Observation.negotiation_id) == negotiation_id, visible(Part.circle, actor))
        .order_by(col(Observation.year))
    )
    found: dict[str, list[Observed]] = defaultdict(list)
    for row in session.execute(query).scalars():
        found[row.part_id].append(Observed(row.year, row.value, Standing.DECLARED))
    return {part_id: tuple(values) for part_id, values in found.items()}
