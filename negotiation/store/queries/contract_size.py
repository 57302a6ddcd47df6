"""How long a contract is, without reading it: whether its print is worth waiting for on a page of its own."""

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.store.contract import Clause
from negotiation.store.exchange import Version
from negotiation.store.queries.clauses import in_the_contract
from negotiation.store.queries.visibility import on_the_table

OF_A_CLAUSE = 250
"""Characters of canonical JSON around the words of a clause."""


def contract_size(session: Session, negotiation_id: str) -> int:
    """Characters of its content in canonical JSON, within a tenth: what was tabled last of each clause, else its
    working text. 40 pages of fiches are 190 000; articles take half as much a page."""
    words = func.length(func.coalesce(col(Version.text), col(Clause.working_text)))
    query = (
        select(func.count(), func.coalesce(func.sum(words), 0))
        .select_from(Clause)
        .outerjoin(Version, col(Version.id) == Clause.current_version_id)
        .where(
            col(Clause.negotiation_id) == negotiation_id,
            on_the_table(Clause.circle),
            in_the_contract(negotiation_id),
        )
    )
    clauses, characters = session.execute(query).one()
    return int(characters) + OF_A_CLAUSE * int(clauses)
