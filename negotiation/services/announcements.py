"""The outbox: what happened and may not have reached open pages yet."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from negotiation.store.columns import now
from negotiation.store.record import Outbox
from negotiation.store.unit_of_work import Announcement, UnitOfWork


def waiting_announcements(session: Session, *, older_than: timedelta, most: int = 500) -> list[Announcement]:
    """What nobody delivered: of a process that died after its commit, or of another one, such as a command."""
    query = (
        select(Outbox)
        .where(col(Outbox.delivered_at).is_(None), col(Outbox.created_at) <= now() - older_than)
        .order_by(col(Outbox.created_at))
        .limit(most)
    )
    return [
        Announcement(row.id, row.negotiation_id, row.circle, row.kind, row.part_id, row.clause_id, row.seance_id)
        for row in session.execute(query).scalars()
    ]


def mark_delivered(uow: UnitOfWork, announcement_ids: Iterable[str]) -> None:
    listed = col(Outbox.id).in_(list(announcement_ids))
    uow.session.execute(update(Outbox).where(listed).values(delivered_at=now()))


def delivered_announcements(session: Session, *, older_than: timedelta, most: int = 500) -> list[str]:
    """Ids of what was delivered longer ago than this, oldest first."""
    query = (
        select(col(Outbox.id))
        .where(col(Outbox.delivered_at) < now() - older_than)
        .order_by(col(Outbox.delivered_at))
        .limit(most)
    )
    return list(session.execute(query).scalars())


def delete_announcements(uow: UnitOfWork, announcement_ids: Iterable[str]) -> None:
    uow.session.execute(delete(Outbox).where(col(Outbox.id).in_(list(announcement_ids))))
