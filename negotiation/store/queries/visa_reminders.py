"""When a visa that waits was last called to mind: read in the inside chain, where it is recorded."""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.events import Kind
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Circle
from negotiation.store.record import HistoryEntry


def last_reminders(session: Session, actor: Actor, clause_ids: Iterable[str]) -> dict[str, datetime]:
    """The last reminder by visa request, of those of the actor's party on these clauses."""
    query = (
        select(col(HistoryEntry.payload), col(HistoryEntry.recorded_at))
        .where(
            col(HistoryEntry.clause_id).in_(sorted(set(clause_ids))),
            col(HistoryEntry.negotiation_id) == actor.negotiation_id,
            col(HistoryEntry.circle) == str(Circle.inside(actor.party_id)),
            col(HistoryEntry.kind) == str(Kind.VISA_REMINDED),
            col(HistoryEntry.payload).is_not(None),
        )
        .order_by(col(HistoryEntry.sequence))
    )
    return {json.loads(row.payload)["visa"]: row.recorded_at for row in session.execute(query)}
