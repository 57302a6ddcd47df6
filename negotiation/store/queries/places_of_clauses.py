"""Where a page finds the clause that the content of a contract names by its keys."""

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.store.contract import Clause, Part
from negotiation.store.queries.visibility import on_the_table

Place = tuple[str, str, str]
"""Kind and key of the part, field of the clause."""


def clauses_by_place(session: Session, actor: Actor) -> dict[Place, str]:
    """Their ids. Of shared clauses only."""
    query = (
        select(col(Clause.id), col(Clause.field), col(Part.kind), col(Part.key))
        .join(Part, col(Part.id) == Clause.part_id)
        .where(
            col(Clause.negotiation_id) == actor.negotiation_id, on_the_table(Clause.circle), on_the_table(Part.circle)
        )
    )
    return {(str(row.kind), row.key, row.field): row.id for row in session.execute(query)}
