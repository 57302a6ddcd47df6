"""From which text each version was written: what `rules.starting_text` looks at."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from negotiation.rules.starting_text import Bases, common_start
from negotiation.store.exchange import Version
from negotiation.store.queries.clauses import ClauseCard


def bases_of(session: Session, clause_ids: Iterable[str]) -> dict[str, dict[int, int | None]]:
    """Which version each version answers, by clause; for callers that know that the person reads these clauses."""
    found: dict[str, dict[int, int | None]] = {clause_id: {} for clause_id in clause_ids}
    before = aliased(Version)
    query = (
        select(col(Version.clause_id), col(Version.number), col(before.number))
        .outerjoin(before, col(before.id) == Version.base_version_id)
        .where(col(Version.clause_id).in_(sorted(found)))
    )
    for clause_id, number, base in session.execute(query):
        found[clause_id][number] = base
    return found


def starts_between(
    wanted: Iterable[tuple[str, int]], cards: Mapping[str, ClauseCard], bases: Mapping[str, Bases]
) -> set[tuple[str, int]]:
    """From which each of these was written, alone and together with the current one, as (clause, number).

    What more of them have in common is one of those: the texts that the current one answers stand in one line.
    """
    found = set()
    for clause_id, number in wanted:
        current = cards[clause_id].situation.current
        for numbers in ((number,), (number, current.number if current else number)):
            start = common_start(numbers, bases[clause_id])
            found |= {(clause_id, start)} if start is not None else set()
    return found
