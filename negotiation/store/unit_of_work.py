"""One transaction at a time: the store, its safety, and the unit of work that records history with what it changes.

SQLite writes with BEGIN IMMEDIATE behind one lock of the process (a greenlet that waits for SQLite's own lock would
stop its whole thread, and the writer with it); PostgreSQL locks the negotiation's row. `unique(negotiation, circle,
sequence)` stays as the last guard.
"""

import logging
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.pool import QueuePool
from sqlmodel import Session, SQLModel, col

from negotiation.errors import NotFound, StoreUnsafe
from negotiation.events import Event
from negotiation.rules import history_chain
from negotiation.rules.vocabulary import SHARED
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Negotiation
from negotiation.store.record import HistoryEntry, Outbox
from negotiation.store.search_index import keep_index

SQLITE_BUSY_MS = 10_000
_LOG = logging.getLogger(__name__)


class Announcing(StrEnum):
    """Whether what happens is announced to open pages. An import tells nobody: nobody can be on its pages yet."""

    AFTER_COMMIT = "after_commit"
    SILENT = "silent"


@dataclass(frozen=True)
class Announcement:
    """What open pages are told: a type and ids, never content."""

    id: str
    negotiation_id: str
    circle: str
    kind: str
    part_id: str | None = None
    clause_id: str | None = None
    seance_id: str | None = None


Listener = Callable[[list[Announcement]], None]
Apart = Callable[[Callable[[], Any]], Any]


class UnitOfWork:
    """A transaction in progress. Services add rows and record events; they never commit."""

    def __init__(self, session: Session, announcing: Announcing, apart: Apart) -> None:
        """`apart` calls what computes for long and touches neither this transaction nor the request."""
        self.session = session
        self.apart = apart
        self.announcing = announcing
        self.announcements: list[Announcement] = []
        self._heads: dict[tuple[str, str], history_chain.Link | None] = {}

    def lock(self, negotiation_id: str) -> Negotiation:
        """The negotiation, locked until the end of the transaction and read again: its moves are played one by one.

        Raises NotFound.
        """
        query = select(Negotiation).where(col(Negotiation.id) == negotiation_id).with_for_update()
        fresh = query.execution_options(populate_existing=True)
        negotiation: Negotiation | None = self.session.execute(fresh).scalar_one_or_none()
        if negotiation is None:
            raise NotFound()
        return negotiation

    def refresh(self, row: SQLModel) -> None:
        """Read a row again, now that its negotiation is locked; a row changed in this transaction stays as it is."""
        if row not in self.session.dirty and row not in self.session.new:
            self.session.refresh(row)

    def record(self, happened: Event) -> HistoryEntry:
        """Chain the event in its circle, and queue its announcement, in this transaction."""
        circle = str(happened.circle)
        salt = secrets.token_bytes(history_chain.SALT_BYTES)
        moment = now()
        link = history_chain.link(
            self._head(happened.negotiation_id, circle),
            chain=history_chain.chain_name(happened.negotiation_id, circle),
            ts=history_chain.stamp(moment),
            actor=happened.actor,
            kind=str(happened.kind),
            payload=happened.payload,
            salt=salt,
        )
        entry = HistoryEntry(
            negotiation_id=happened.negotiation_id,
            circle=circle,
            sequence=link.seq,
            recorded_at=moment,
            actor=link.actor,
            kind=link.kind,
            clause_id=happened.clause_id,
            commitment=link.commitment,
            salt=salt.hex(),
            payload=history_chain.canonical_payload(happened.payload).decode(),
            previous_hash=link.prev,
            header_hash=link.hash,
        )
        self.session.add(entry)
        self._heads[(happened.negotiation_id, circle)] = link
        self.announce(happened, entry_id=entry.id)
        return entry

    def announce(self, happened: Event, *, entry_id: str | None = None) -> None:
        """Tell open pages after commit, without content; and mails about the fact itself, when there is one."""
        if self.announcing is Announcing.SILENT:
            return
        announcement = Announcement(
            id=new_id(),
            negotiation_id=happened.negotiation_id,
            circle=str(happened.circle),
            kind=str(happened.kind),
            part_id=happened.part_id,
            clause_id=happened.clause_id,
            seance_id=happened.seance_id,
        )
        self.session.add(Outbox(**vars(announcement), entry_id=entry_id))
        self.announcements.append(announcement)

    def head(self, negotiation_id: str, circle: str = str(SHARED)) -> history_chain.Link | None:
        """The last link of a chain, counting what this transaction adds."""
        return self._head(negotiation_id, circle)

    def _head(self, negotiation_id: str, circle: str) -> history_chain.Link | None:
        key = (negotiation_id, circle)
        if key not in self._heads:
            query = (
                select(HistoryEntry)
                .where(col(HistoryEntry.negotiation_id) == negotiation_id, col(HistoryEntry.circle) == circle)
                .order_by(col(HistoryEntry.sequence).desc())
                .limit(1)
            )
            entry = self.session.execute(query).scalar_one_or_none()
            self._heads[key] = as_link(entry) if entry else None
        return self._heads[key]


def as_link(entry: HistoryEntry) -> history_chain.Link:
    """The stored entry as the pure rules know it."""
    return history_chain.Link(
        v=history_chain.FORMAT_VERSION,
        chain=history_chain.chain_name(entry.negotiation_id, entry.circle),
        circle=entry.circle,
        seq=entry.sequence,
        prev=entry.previous_hash,
        ts=history_chain.stamp(entry.recorded_at),
        actor=entry.actor,
        kind=entry.kind,
        commitment=entry.commitment,
        hash=entry.header_hash,
    )


@dataclass
class Store:
    """The database. Writing goes through `unit_of_work`, showing through `reading`."""

    engine: Engine
    apart: Apart = field(default=lambda work: work())
    """Calls what waits for the disk, or computes for long; where an event loop turns, on an OS thread, so that the
    others go on."""
    writes: int = 0
    """Writing transactions of this process so far, on SQLite."""
    _writer: threading.Lock = field(default_factory=threading.Lock)
    _appender: Connection | None = None
    _listeners: list[Listener] = field(default_factory=list)

    @property
    def on_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @cached_property
    def _for_writing(self) -> Engine:
        return self.engine.execution_options(navette_begins="BEGIN IMMEDIATE")

    @cached_property
    def _for_appending(self) -> Engine:
        """SQLite only: whoever appends begins and commits by the driver itself."""
        return self.engine.execution_options(navette_begins="")

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` with the announcements of each transaction, after it has committed."""
        self._listeners.append(listener)

    @contextmanager
    def unit_of_work(self, announcing: Announcing = Announcing.AFTER_COMMIT) -> Iterator[UnitOfWork]:
        """A writing transaction: all of it or nothing. Announces after commit."""
        with self._writing(), Session(self._for_writing, expire_on_commit=False) as session, session.begin():
            keep_index(session)
            uow = UnitOfWork(session, announcing, self.apart)
            yield uow
        if uow.announcements:
            self._announce(uow.announcements)

    @contextmanager
    def appending(self) -> Iterator[Connection]:
        """A writing transaction for what is written many times a second: rows only, no objects, no history.

        On SQLite always by the same connection, which can tell whether another one wrote meanwhile.
        """
        if not self.on_sqlite:
            with self._for_writing.connect() as connection, connection.begin():
                yield connection
            return
        with self._writing():
            connection, self._appender = self._appender or self._for_appending.connect(), None
            driver: Any = connection.connection.driver_connection
            try:
                driver.execute("BEGIN IMMEDIATE")
                changes = driver.total_changes
                yield connection
                if driver.total_changes == changes:
                    driver.commit()
                else:
                    self.apart(driver.commit)
            except BaseException:
                driver.rollback()
                connection.close()
                raise
            self._appender = connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only shows."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """The same for a `prepared.Question`, which needs no session."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def wipe(self) -> bool:
        """SQLite: write the file anew without what was deleted, and empty the log. False while somebody reads or writes
        beside: try again.

        Whoever serves PostgreSQL decides when its files are written anew (docs/operating.md).
        """
        if not self.on_sqlite:
            return True
        with self._writing():
            connection = self.engine.raw_connection()
            try:
                return bool(self.apart(lambda: _write_anew(connection.driver_connection)))
            finally:
                connection.invalidate()

    def _announce(self, announcements: list[Announcement]) -> None:
        """What is committed is done: a listener that fails refuses nothing, and the outbox tells it again."""
        for listener in self._listeners:
            try:
                listener(announcements)
            except Exception:
                _LOG.exception("a listener failed after the commit")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if not self.on_sqlite:
            yield
            return
        with self._writer:
            self.writes += 1
            yield

    def assert_safe(self) -> None:
        """Refuse to start on a database that could lose what it acknowledged (trust P2, D1).

        Raises StoreUnsafe naming the setting.
        """
        with self.engine.connect() as connection:
            wanted = _SQLITE_SAFETY if self.on_sqlite else _POSTGRESQL_SAFETY
            for question, answers in wanted.items():
                found = str(connection.execute(text(question)).scalar_one()).lower()
                if found not in answers:
                    raise StoreUnsafe(setting=question, found=found)


_SQLITE_SAFETY = {
    "PRAGMA journal_mode": {"wal"},
    "PRAGMA synchronous": {"2"},
    "PRAGMA foreign_keys": {"1"},
}
_POSTGRESQL_SAFETY = {
    "SHOW fsync": {"on"},
    "SHOW full_page_writes": {"on"},
    "SHOW synchronous_commit": {"on", "remote_write", "remote_apply", "local"},
}


def connect_store(url: str) -> Store:
    """Open the database at `url` (`sqlite:///…` or `postgresql://…`). Opens no connection yet."""
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=10,
            max_overflow=20,
            pool_use_lifo=True,  # the one that just wrote writes again: it knows that nobody else did (`draft_log`)
            connect_args={"check_same_thread": False, "timeout": SQLITE_BUSY_MS / 1000, "isolation_level": None},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        plain = url.replace("postgres://", "postgresql://", 1)
        engine = create_engine(plain.replace("postgresql://", "postgresql+psycopg://", 1), pool_pre_ping=True)
    return Store(engine)


def _prepare_sqlite(connection: Any, record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
    cursor.close()


def _write_anew(driver: Any) -> bool:
    try:
        driver.execute("PRAGMA busy_timeout=500")
        driver.execute("VACUUM")
        is_busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    return not is_busy


def _begin_sqlite(connection: Any) -> None:
    """By the driver itself: at every keystroke, the toolkit's way to it costs more than the transaction."""
    begins = connection.get_execution_options().get("navette_begins", "BEGIN")
    if begins:
        connection.connection.driver_connection.execute(begins)
