"""The log of the live drafts in the database: the truth of which every room is a cache."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlmodel import Session, col

from negotiation.drafting.updates import (
    Answer,
    Batch,
    Claim,
    ClaimLapsed,
    DocumentState,
    LoggedUpdate,
    LogMovedOn,
    NewUpdate,
    Stored,
    Unstorable,
)
from negotiation.drafting.wire import Reason
from negotiation.errors import EpochChanged, Frozen, NotFound, Refusal, UpdateRefused
from negotiation.rules.vocabulary import ClauseState
from negotiation.services.draft_claims import Tenure, tenures
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Negotiation
from negotiation.store.draft_states import DraftState
from negotiation.store.exchange import Draft, DraftUpdate, DraftWriter
from negotiation.store.prepared import Prepared
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
        self._known: _Known | None = None

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
            return self._in_one_transaction(batches, look_up=_stored_before)

    def _in_one_transaction(
        self, batches: Sequence[Batch], *, look_up: "Callable[[Connection, Sequence[Batch]], _Before] | None" = None
    ) -> list[list[Answer]]:
        with self._store.appending() as connection:
            known, self._known = self._still_known(connection), None
            before = look_up(connection, batches) if look_up else {}
            facts = _facts(connection, batches, known, before)
            answers = [_decide(facts, batch) for batch in batches]
            if look_up is None and not all(isinstance(each, Stored) for given in answers for each in given):
                raise _Doubtful
            _keep(connection, facts)
            known.at = self._moment(connection)
        self._known = known  # it is committed
        return answers

    def _still_known(self, connection: Connection) -> "_Known":
        """What the last transaction read, if nobody wrote since."""
        known, at = self._known, self._moment(connection)
        if known is None or known.at is None or at is None:
            return _Known()
        is_same = at.connection is known.at.connection and at.version == known.at.version
        return known if is_same and at.writes == known.at.writes + 1 else _Known()

    def _moment(self, connection: Connection) -> "_Moment | None":
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
            answer = self._alone(replace(batch, after=after, updates=(new,)))
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


class _Doubtful(Exception):
    """Something would be refused, or is there already."""


_Before = dict[tuple[str, str], tuple[int, bytes, str | None]]
"""(draft, op id) → sequence, update, person: what was stored before."""


@dataclass(frozen=True)
class _Moment:
    """A point in the life of a SQLite database. `version` changes when another connection wrote, in whatever process
    (https://www.sqlite.org/pragma.html#pragma_data_version); `writes`, when this process did."""

    connection: object
    version: int
    writes: int


@dataclass
class _Known:
    """What a transaction read, true in the next one when nobody wrote between: most of what is typed changes only
    sequences."""

    drafts: dict[str, "_Row"] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    tenures: dict[Claim, Tenure] = field(default_factory=dict)
    at: _Moment | None = None


@dataclass
class _Row:
    """A draft as it stands in this transaction, what it stores counted."""

    epoch: int
    sequence: int
    is_frozen: bool


@dataclass
class _Facts:
    """What is decided on, read once for all updates of a transaction; and what is to be written at its end."""

    drafts: dict[str, _Row]
    stored: _Before
    states: dict[str, str]
    """Clause → state."""
    bound: dict[tuple[str, int, int], tuple[str | None, str | None]]
    """(draft, epoch, Yjs client) → person, party."""
    holding: set[Claim]
    moment: datetime
    updates: list[dict[str, object]] = field(default_factory=list)
    writers: list[dict[str, object]] = field(default_factory=list)


def _decide(facts: _Facts, batch: Batch) -> list[Answer]:
    """Store in order what may be stored; what follows the first refusal was vetted on what isn't there."""
    answers: list[Answer] = []
    after = batch.after
    for new in batch.updates:
        try:
            stored = _stored(facts, batch, new, after)
        except (Refusal, LogMovedOn, ClaimLapsed) as refusal:
            rest = len(batch.updates) - len(answers) - 1
            return [*answers, refusal, *(LogMovedOn() for _ in range(rest))]
        after = after if stored.repeated else stored.sequence
        answers.append(stored)
    return answers


def _stored(facts: _Facts, batch: Batch, new: NewUpdate, after: int) -> Stored:
    draft = facts.drafts.get(batch.draft_id)
    if new.writer.claim is not None and new.writer.claim not in facts.holding:
        raise ClaimLapsed
    if draft is None:
        raise NotFound()
    if draft.epoch != batch.epoch:
        raise EpochChanged(epoch=draft.epoch)
    repeated = facts.stored.get((batch.draft_id, new.op_id))
    if repeated is not None:
        if repeated[1:] != (new.update, new.writer.person_id):
            raise UpdateRefused(reason=Reason.OP_USED_TWICE)
        return Stored(repeated[0], repeated=True)
    if draft.is_frozen:
        raise Frozen()
    if draft.sequence != after:
        raise LogMovedOn
    _refuse_locked(facts, new)
    _bind_clients(facts, batch, new)
    return _store(facts, draft, batch, new)


def _refuse_locked(facts: _Facts, new: NewUpdate) -> None:
    locked = sorted(each for each in new.clause_ids if facts.states.get(each) in LOCKED_STATES)
    if locked:
        raise Frozen(reason="locked_clause", clauses=locked)
    if not new.clause_ids <= facts.states.keys():
        raise UpdateRefused(reason=Reason.UNKNOWN_ROOT)


def _bind_clients(facts: _Facts, batch: Batch, new: NewUpdate) -> None:
    """A Yjs client belongs to the person and party that first used it (trust M4: a tab outlives a sign-in)."""
    owner = (new.writer.person_id, new.writer.party_id)
    found = {client: facts.bound.get((batch.draft_id, batch.epoch, client)) for client in new.client_ids}
    if any(bound not in (None, owner) for bound in found.values()):
        raise UpdateRefused(reason=Reason.SOMEBODY_ELSES_CLIENT)
    for client in (client for client, bound in found.items() if bound is None):
        facts.bound[batch.draft_id, batch.epoch, client] = owner
        facts.writers.append(
            {
                "draft_id": batch.draft_id,
                "epoch": batch.epoch,
                "client_id": client,
                "person_id": owner[0],
                "party_id": owner[1],
            }
        )


def _store(facts: _Facts, draft: _Row, batch: Batch, new: NewUpdate) -> Stored:
    draft.sequence += 1
    facts.stored[batch.draft_id, new.op_id] = (draft.sequence, new.update, new.writer.person_id)
    facts.updates.append(
        {
            "draft_id": batch.draft_id,
            "sequence": draft.sequence,
            "epoch": batch.epoch,
            "op_id": new.op_id,
            "update": new.update,
            "person_id": new.writer.person_id,
            "party_id": new.writer.party_id,
            "recorded_at": facts.moment,
        }
    )
    return Stored(draft.sequence)


# ---------------------------------------------------------------------- statements, made once: they run at every commit


_DRAFTS = (
    select(col(Draft.id), col(Draft.epoch), col(Draft.sequence), col(Negotiation.frozen_at))
    .join(Negotiation, col(Negotiation.id) == col(Draft.negotiation_id))
    .where(col(Draft.id).in_(bindparam("drafts", expanding=True)))
)
# The negotiation before the draft, as everywhere: a gel or a move waits for us, or we for it.
_DRAFTS_SHARED = _DRAFTS.with_for_update(read=True, of=Negotiation)
_DRAFTS_LOCKED = _DRAFTS.with_for_update(of=Draft)
_OPERATIONS = select(
    col(DraftUpdate.draft_id),
    col(DraftUpdate.op_id),
    col(DraftUpdate.sequence),
    col(DraftUpdate.update),
    col(DraftUpdate.person_id),
).where(
    col(DraftUpdate.draft_id).in_(bindparam("drafts", expanding=True)),
    col(DraftUpdate.op_id).in_(bindparam("operations", expanding=True)),
)
_STATES = select(col(Clause.id), col(Clause.state)).where(col(Clause.id).in_(bindparam("clauses", expanding=True)))
_WRITERS = select(DraftWriter).where(
    col(DraftWriter.draft_id).in_(bindparam("drafts", expanding=True)),
    col(DraftWriter.client_id).in_(bindparam("clients", expanding=True)),
)
_REACHED = Prepared(update(Draft).where(col(Draft.id) == bindparam("of")).values(sequence=bindparam("reached")))
_NEW_UPDATES = Prepared(
    insert(DraftUpdate), "draft_id", "sequence", "epoch", "op_id", "update", "person_id", "party_id", "recorded_at"
)
_NEW_WRITERS = Prepared(insert(DraftWriter), "draft_id", "epoch", "client_id", "person_id", "party_id")


def _stored_before(connection: Connection, batches: Sequence[Batch]) -> _Before:
    asked = {
        "drafts": sorted({batch.draft_id for batch in batches}),
        "operations": [new.op_id for batch in batches for new in batch.updates],
    }
    found = connection.execute(_OPERATIONS, asked)
    return {(row.draft_id, row.op_id): (row.sequence, bytes(row.update), row.person_id) for row in found}


def _facts(connection: Connection, batches: Sequence[Batch], known: _Known, before: _Before) -> _Facts:
    drafts = sorted({batch.draft_id for batch in batches})
    updates = [new for batch in batches for new in batch.updates]
    claims = {new.writer.claim for new in updates if new.writer.claim}
    _learn(connection, known, drafts, claims, {each for new in updates for each in new.clause_ids})
    moment = now()
    facts = _Facts(
        drafts=known.drafts,
        moment=moment,
        stored=before,
        states=known.states,
        bound={},
        holding={claim for claim in claims & known.tenures.keys() if known.tenures[claim].lasts(moment)},
    )
    clients = sorted({each for new in updates for each in new.client_ids})
    if clients:
        bound = connection.execute(_WRITERS, {"drafts": drafts, "clients": clients})
        facts.bound = {(row.draft_id, row.epoch, row.client_id): (row.person_id, row.party_id) for row in bound}
    return facts


def _learn(connection: Connection, known: _Known, drafts: Sequence[str], claims: set[Claim], clauses: set[str]) -> None:
    """Read what isn't known yet; on PostgreSQL, where nothing is, also wait for who changes it."""
    if not known.drafts.keys() >= set(drafts):
        if connection.dialect.name != "sqlite":
            connection.execute(_DRAFTS_SHARED, {"drafts": drafts})
        for draft in connection.execute(_DRAFTS_LOCKED, {"drafts": drafts}):
            known.drafts[draft.id] = _Row(draft.epoch, draft.sequence, draft.frozen_at is not None)
    if not known.tenures.keys() >= claims:
        known.tenures |= tenures(connection, claims)
    if not known.states.keys() >= clauses:
        found = connection.execute(_STATES, {"clauses": sorted(clauses)})
        known.states |= {clause.id: clause.state for clause in found}


def _keep(connection: Connection, facts: _Facts) -> None:
    _NEW_UPDATES.run(connection, facts.updates)
    reached = {str(row["draft_id"]): row["sequence"] for row in facts.updates}
    _REACHED.run(connection, [{"of": draft_id, "reached": sequence} for draft_id, sequence in reached.items()])
    _NEW_WRITERS.run(connection, facts.writers)
