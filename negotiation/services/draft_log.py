"""The log of the live drafts in the database: the truth of which every room is a cache."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlmodel import Session, col

from negotiation.drafting.updates import (
    Answer,
    Batch,
    Claim,
    DocumentState,
    LoggedUpdate,
    LogMovedOn,
    Stored,
    Unstorable,
)
from negotiation.services.draft_keeping import Before, Known, decide, facts_of, keep, lasting, learn, stored_before
from negotiation.store.columns import now
from negotiation.store.draft_states import DraftState
from negotiation.store.exchange import Draft, DraftUpdate
from negotiation.store.unit_of_work import Store


class _Doubtful(Exception):
    """Something would be refused, or is there already."""


@dataclass(frozen=True)
class _Moment:
    """A point in the life of a SQLite database. `version` changes when another connection wrote, in whatever process
    (https://www.sqlite.org/pragma.html#pragma_data_version); `writes`, when this process did."""

    connection: object
    version: int
    writes: int


def logged_updates(session: Session, draft_id: str, *, epoch: int, after: int) -> list[LoggedUpdate]:
    """The updates of an epoch after a sequence, in order."""
    query = (
        select(col(DraftUpdate.sequence), col(DraftUpdate.update))
        .where(
            col(DraftUpdate.draft_id) == draft_id,
            col(DraftUpdate.epoch) == epoch,
            col(DraftUpdate.sequence) > after,
        )
        .order_by(col(DraftUpdate.sequence))
    )
    return [LoggedUpdate(row.sequence, bytes(row.update)) for row in session.execute(query)]


def kept_state(session: Session, draft_id: str, *, epoch: int) -> DocumentState | None:
    """The state that stands beside the log of this epoch, if any."""
    row = session.get(DraftState, draft_id)
    if row is None or row.epoch != epoch:
        return None
    half_characters = frozenset((int(client), int(clock)) for client, clock in row.half_characters)
    return DocumentState(row.sequence, bytes(row.content), half_characters)


class SqlUpdateLog:
    """`updates.UpdateLog` on the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last: tuple[Known, _Moment | None] = Known(), None
        """What the last transaction read, and when."""

    def since(self, draft_id: str, *, epoch: int, after: int) -> Sequence[LoggedUpdate]:
        with self._store.reading() as session:
            return logged_updates(session, draft_id, epoch=epoch, after=after)

    def state(self, draft_id: str, *, epoch: int) -> DocumentState | None:
        with self._store.reading() as session:
            return kept_state(session, draft_id, epoch=epoch)

    def keep_state(self, draft_id: str, *, epoch: int, state: DocumentState) -> None:
        row = {
            "draft_id": draft_id,
            "epoch": epoch,
            "sequence": state.sequence,
            "content": state.content,
            "half_characters": [list(place) for place in sorted(state.half_characters)],
        }
        with self._store.appending() as connection:
            newer = or_(col(DraftState.epoch) > epoch, col(DraftState.sequence) >= state.sequence)
            found = select(col(DraftState.draft_id)).where(col(DraftState.draft_id) == draft_id, newer)
            is_there = select(col(Draft.id)).where(col(Draft.id) == draft_id).with_for_update()
            if connection.execute(is_there).first() is None or connection.execute(found).first() is not None:
                return
            connection.execute(delete(DraftState).where(col(DraftState.draft_id) == draft_id))
            connection.execute(insert(DraftState), [row])

    def lane(self, draft_id: str) -> str:
        """SQLite has one writer: everybody shares its transactions. PostgreSQL waits for rows, so each draft alone."""
        return "" if self._store.on_sqlite else draft_id

    def append(self, batches: Sequence[Batch]) -> Sequence[Sequence[Answer]]:
        """All that could have changed since the vet is looked at again in the transaction that stores (trust T10)."""
        try:
            return self._append(batches)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # one of them, which must not hold up the others
            return [self._one_by_one(batch) for batch in batches]

    def _append(self, batches: Sequence[Batch]) -> list[list[Answer]]:
        """Nearly all that comes is new, and is stored: whether something of it is there already is looked up only
        where that isn't so."""
        try:
            return self._in_one_transaction(batches)
        except (_Doubtful, IntegrityError):
            return self._in_one_transaction(batches, look_up=stored_before)

    def _in_one_transaction(
        self, batches: Sequence[Batch], *, look_up: Callable[[Connection, Sequence[Batch]], Before] | None = None
    ) -> list[list[Answer]]:
        with self._store.appending() as connection:
            at = self._moment(connection)
            known = self._known_at(at)
            before = look_up(connection, batches) if look_up else {}
            facts = facts_of(connection, batches, known, before)
            answers = [decide(facts, batch) for batch in batches]
            if look_up is None and not all(isinstance(each, Stored) for given in answers for each in given):
                raise _Doubtful
            keep(connection, facts)
        self._last = known, at  # it is committed
        return answers

    def holding(self, claims: Iterable[Claim]) -> set[Claim]:
        """Those of the claims that hold at this moment."""
        asked = set(claims)
        with self._store.appending() as connection:
            at = self._moment(connection)
            known = self._known_at(at)
            learn(connection, known, claims=asked)
        self._last = known, at  # it is committed
        return lasting(known, asked, now())

    def _known_at(self, at: _Moment | None) -> Known:
        """What the last transaction read, if nobody wrote since. Whoever asks changes it: it is forgotten here."""
        (known, then), self._last = self._last, (Known(), None)
        if at is None or then is None or at.connection is not then.connection or at.version != then.version:
            return Known()
        return known if at.writes == then.writes + 1 else Known()

    def _moment(self, connection: Connection) -> _Moment | None:
        """None where the database can't say whether others wrote."""
        if not self._store.on_sqlite:
            return None
        driver: Any = connection.connection.driver_connection
        (version,) = driver.execute("PRAGMA data_version").fetchone()
        return _Moment(driver, version, self._store.writes)

    def _one_by_one(self, batch: Batch) -> list[Answer]:
        """Each in a transaction of its own, up to the first that isn't stored."""
        answers: list[Answer] = []
        after = batch.after
        for new in batch.updates:
            answer = self._alone(batch._replace(after=after, updates=(new,)))
            answers.append(answer)
            if not isinstance(answer, Stored):
                break
            after = after if answer.repeated else answer.sequence
        return [*answers, *(LogMovedOn() for _ in batch.updates[len(answers) :])]

    def _alone(self, batch: Batch) -> Answer:
        try:
            return self._append([batch])[0][0]
        except (OperationalError, InterfaceError):
            raise
        except Exception as failure:
            unstorable = Unstorable()
            unstorable.__cause__ = failure
            return unstorable
