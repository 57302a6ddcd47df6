"""When each indicator came on the table, and when it was agreed: what « added after agreement » looks at (V07)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlmodel import Session, col

from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import SHARED, ClauseState, Move
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import MoveRow
from negotiation.store.queries.visibility import on_the_table

ADDED_AT = "added_at"
"""Attribute of a part that was added after the opening: when all parties first read it, in ISO form."""


def day_added(part: Part, opened_on: date) -> str:
    """ISO; the day of the opening for what was there from the start, empty for what is still inside."""
    if part.circle != str(SHARED):
        return ""
    added = part.attributes.get(ADDED_AT)
    return (paris_day(datetime.fromisoformat(added)) if added else opened_on).isoformat()


def days_agreed(session: Session, indicators: Iterable[Part]) -> dict[str, str]:
    """ISO days by part id, of indicators whose every text put forth is agreed: the day of the last of them.

    Nothing is looked for while no indicator was added since the opening.
    """
    listed = list(indicators)
    if not any(ADDED_AT in part.attributes for part in listed):
        return {}
    of_agreed = and_(
        col(MoveRow.clause_id) == Clause.id,
        col(MoveRow.version_id) == Clause.agreed_version_id,
        col(MoveRow.type) == Move.ACCEPTANCE,
    )
    query = (
        select(col(Clause.part_id), col(Clause.state), func.max(col(MoveRow.at)).label("at"))
        .outerjoin(MoveRow, of_agreed)
        .where(
            col(Clause.part_id).in_([part.id for part in listed]),
            on_the_table(Clause.circle),
            col(Clause.state) != ClauseState.WITHDRAWN,
            col(Clause.current_version_id).is_not(None) | col(Clause.agreed_version_id).is_not(None),
        )
        .group_by(col(Clause.id), col(Clause.part_id), col(Clause.state))
    )
    found: dict[str, list[str]] = defaultdict(list)
    for row in session.execute(query):
        is_agreed = row.state is ClauseState.AGREED and row.at is not None
        found[row.part_id].append(paris_day(row.at).isoformat() if is_agreed else "")
    return {part_id: max(days) for part_id, days in found.items() if all(days)}
