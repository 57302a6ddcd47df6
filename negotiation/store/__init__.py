"""The store: SQLModel rows, the unit of work, the queries that a reader's eyes filter."""

from negotiation.store.migrating import migrate
from negotiation.store.unit_of_work import Announcement, Announcing, Store, UnitOfWork, connect_store

__all__ = ["Announcement", "Announcing", "Store", "UnitOfWork", "connect_store", "migrate"]
