"""The log of the live drafts in the database: the truth of which every room is a cache."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.drafting.room import LoggedUpdate, LogMovedOn, NewUpdate, Stored
from negotiation.drafting.wire import Reason
from negotiation.errors import EpochChanged, Frozen, NotFound, UpdateRefused
from negotiation.rules.vocabulary import ClauseState
from negotiation.store.contract import Clause, Negotiation
from negotiation.store.exchange import Draft, DraftUpdate, DraftWriter
from negotiation.store.unit_of_work import Store

LOCKED_STATES = frozenset({ClauseState.AGREED, ClauseState.WITHDRAWN})
"""Clauses in these states don't move in a draft; a reopening unlocks them."""


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


class SqlUpdateLog:
    """`room.UpdateLog` on the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def since(self, draft_id: str, *, epoch: int, after: int) -> Sequence[LoggedUpdate]:
        with self._store.reading() as session:
            return logged_updates(session, draft_id, epoch=epoch, after=after)

    def append(self, new: NewUpdate) -> Stored:
        """All that could have changed since the vet is looked at again in the transaction that stores (trust T10).

        Raises NotFound, EpochChanged, Frozen, LogMovedOn, UpdateRefused.
        """
        with self._store.unit_of_work() as uow:
            session = uow.session
            # The negotiation before the draft, as everywhere: a gel or a move waits for us, or we for it.
            frozen_at = session.execute(
                select(col(Negotiation.frozen_at))
                .join(Draft, col(Draft.negotiation_id) == col(Negotiation.id))
                .where(col(Draft.id) == new.draft_id)
                .with_for_update(read=True, of=Negotiation)
            ).one_or_none()
            if frozen_at is None:
                raise NotFound()
            draft = session.get_one(Draft, new.draft_id, with_for_update=True)
            if draft.epoch != new.epoch:
                raise EpochChanged(epoch=draft.epoch)
            stored = _already_stored(session, new)
            if stored is not None:
                return stored
            if frozen_at[0] is not None:
                raise Frozen()
            if draft.sequence != new.after:
                raise LogMovedOn
            _refuse_locked(session, new)
            _bind_clients(session, new)
            return _store(session, draft, new)


def _already_stored(session: Session, new: NewUpdate) -> Stored | None:
    query = select(DraftUpdate).where(col(DraftUpdate.draft_id) == new.draft_id, col(DraftUpdate.op_id) == new.op_id)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        return None
    if found.update != new.update or found.person_id != new.writer.person_id:
        raise UpdateRefused(reason=Reason.OP_USED_TWICE)
    return Stored(found.sequence, repeated=True)


def _refuse_locked(session: Session, new: NewUpdate) -> None:
    query = select(col(Clause.id)).where(col(Clause.id).in_(new.clause_ids), col(Clause.state).in_(LOCKED_STATES))
    locked = sorted(session.execute(query).scalars())
    if locked:
        raise Frozen(reason="locked_clause", clauses=locked)


def _bind_clients(session: Session, new: NewUpdate) -> None:
    """A Yjs client belongs to the person and party that first used it (trust M4: a tab outlives a sign-in)."""
    if not new.client_ids:
        return
    query = select(DraftWriter).where(
        col(DraftWriter.draft_id) == new.draft_id,
        col(DraftWriter.epoch) == new.epoch,
        col(DraftWriter.client_id).in_(new.client_ids),
    )
    bound = {row.client_id: row for row in session.execute(query).scalars()}
    for row in bound.values():
        if (row.person_id, row.party_id) != (new.writer.person_id, new.writer.party_id):
            raise UpdateRefused(reason=Reason.SOMEBODY_ELSES_CLIENT)
    for client_id in new.client_ids - bound.keys():
        session.add(
            DraftWriter(
                draft_id=new.draft_id,
                epoch=new.epoch,
                client_id=client_id,
                person_id=new.writer.person_id,
                party_id=new.writer.party_id,
            )
        )


def _store(session: Session, draft: Draft, new: NewUpdate) -> Stored:
    draft.sequence += 1
    session.add(
        DraftUpdate(
            draft_id=draft.id,
            sequence=draft.sequence,
            epoch=draft.epoch,
            op_id=new.op_id,
            update=new.update,
            person_id=new.writer.person_id,
            party_id=new.writer.party_id,
        )
    )
    return Stored(draft.sequence)
