"""Which frozen versions came with an archive: this platform saw neither their gel nor what was signed before."""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.events import Kind
from negotiation.rules.vocabulary import SHARED
from negotiation.store.record import HistoryEntry, ImportRecord


def archives_brought_in(session: Session, negotiation_id: str) -> tuple[datetime, ...]:
    """When archives of it were brought in, oldest first. What a scenario file declared is told by a fact of its own."""
    query = select(col(ImportRecord.at), col(ImportRecord.file_hash)).where(
        col(ImportRecord.negotiation_id) == negotiation_id
    )
    records = session.execute(query.order_by(col(ImportRecord.at))).all()
    if not records:
        return ()
    declared = select(col(HistoryEntry.payload)).where(
        col(HistoryEntry.negotiation_id) == negotiation_id,
        col(HistoryEntry.circle) == str(SHARED),
        col(HistoryEntry.kind) == str(Kind.NEGOTIATION_IMPORTED),
    )
    files = {json.loads(payload).get("file_hash") for payload in session.execute(declared).scalars() if payload}
    return tuple(at for at, file_hash in records if file_hash not in files)


def imported_since(brought_in: Iterable[datetime], frozen_at: datetime) -> datetime | None:
    """When a version frozen at that moment came here, None for one that was frozen here."""
    return next((at for at in brought_in if at >= frozen_at), None)
