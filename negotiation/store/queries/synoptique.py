"""The list of the synoptique: which clauses it aligns, before anything of them is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import ClauseState
from negotiation.store.contract import Clause
from negotiation.store.queries.positions import SETTLED
from negotiation.store.queries.visibility import on_the_table, visible


@dataclass(frozen=True)
class ClauseLine:
    """A clause in the list of the synoptique, before anything of it is read."""

    id: str
    part_id: str
    state: ClauseState
    versions: int
    moved_on: datetime | None

    @property
    def is_in_divergence(self) -> bool:
        return self.versions > 0 and self.state not in SETTLED


def lines_of(session: Session, actor: Actor, part_ids: Iterable[str]) -> tuple[ClauseLine, ...]:
    """The clauses of these parts that are on the table, in the order of the parts; those that only show the value of
    an engagement are left out."""
    order = {part_id: place for place, part_id in enumerate(part_ids)}
    query = (
        select(col(Clause.id), col(Clause.part_id), col(Clause.state), col(Clause.versions), col(Clause.moved_on))
        .where(
            col(Clause.negotiation_id) == actor.negotiation_id,
            visible(Clause.circle, actor),
            on_the_table(Clause.circle),
            col(Clause.follows_id).is_(None),
        )
        .order_by(col(Clause.position), col(Clause.id))
    )
    found = [ClauseLine(*row) for row in session.execute(query) if row.part_id in order]
    return tuple(sorted(found, key=lambda line: order[line.part_id]))
