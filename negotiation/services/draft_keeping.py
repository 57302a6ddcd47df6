"""What becomes of updates that come together: decided on facts that are read in the transaction that stores them.

All that could have changed since the vet is looked at again here (trust T10).
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlmodel import col

from negotiation.drafting.updates import Answer, Batch, Claim, ClaimLapsed, LogMovedOn, NewUpdate, Stored
from negotiation.drafting.wire import Reason
from negotiation.errors import EpochChanged, Frozen, NotFound, Refusal, UpdateRefused
from negotiation.rules.vocabulary import OUTSIDE_CONTRACT, ClauseState
from negotiation.services.draft_claims import Tenure, tenures
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Negotiation, Part
from negotiation.store.exchange import Draft, DraftUpdate, DraftWriter
from negotiation.store.prepared import Prepared

LOCKED_STATES = frozenset({ClauseState.AGREED, ClauseState.WITHDRAWN})
"""Clauses in these states don't move in a draft; a reopening unlocks them."""

Before = dict[tuple[str, str], tuple[int, bytes, str | None]]
"""(draft, op id) → sequence, update, person: what was stored before."""


@dataclass
class Known:
    """What a transaction read, true in the next one when nobody wrote between: most of what is typed changes only
    sequences."""

    drafts: dict[str, "Row"] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    tenures: dict[Claim, Tenure] = field(default_factory=dict)


@dataclass
class Row:
    """A draft as it stands in this transaction, what it stores counted."""

    epoch: int
    sequence: int
    is_frozen: bool


@dataclass
class Facts:
    """What is decided on, read once for all updates of a transaction; and what is to be written at its end."""

    drafts: dict[str, Row]
    stored: Before
    states: dict[str, str]
    """Clause → state."""
    bound: dict[tuple[str, int, int], tuple[str | None, str | None]]
    """(draft, epoch, Yjs client) → person, party."""
    holding: set[Claim]
    moment: datetime
    updates: list[dict[str, object]] = field(default_factory=list)
    writers: list[dict[str, object]] = field(default_factory=list)


def decide(facts: Facts, batch: Batch) -> list[Answer]:
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


def _stored(facts: Facts, batch: Batch, new: NewUpdate, after: int) -> Stored:
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


def _refuse_locked(facts: Facts, new: NewUpdate) -> None:
    locked = sorted(each for each in new.clause_ids if facts.states.get(each) in LOCKED_STATES)
    if locked:
        is_agreed = any(facts.states[each] == ClauseState.AGREED for each in locked)
        raise Frozen(reason="locked_clause" if is_agreed else "withdrawn_clause", clauses=locked)
    if not new.clause_ids <= facts.states.keys():
        raise UpdateRefused(reason=Reason.UNKNOWN_ROOT)


def _bind_clients(facts: Facts, batch: Batch, new: NewUpdate) -> None:
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


def _store(facts: Facts, draft: Row, batch: Batch, new: NewUpdate) -> Stored:
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
    select(col(Draft.id), col(Draft.epoch), col(Draft.sequence), col(Negotiation.frozen_at), col(Part.kind))
    .join(Negotiation, col(Negotiation.id) == col(Draft.negotiation_id))
    .join(Part, col(Part.id) == col(Draft.part_id))
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


def stored_before(connection: Connection, batches: Sequence[Batch]) -> Before:
    asked = {
        "drafts": sorted({batch.draft_id for batch in batches}),
        "operations": [new.op_id for batch in batches for new in batch.updates],
    }
    found = connection.execute(_OPERATIONS, asked)
    return {(row.draft_id, row.op_id): (row.sequence, bytes(row.update), row.person_id) for row in found}


def facts_of(connection: Connection, batches: Sequence[Batch], known: Known, before: Before) -> Facts:
    drafts = sorted({batch.draft_id for batch in batches})
    updates = [new for batch in batches for new in batch.updates]
    claims = {new.writer.claim for new in updates if new.writer.claim}
    learn(connection, known, drafts=drafts, claims=claims, clauses={each for new in updates for each in new.clause_ids})
    moment = now()
    facts = Facts(
        drafts=known.drafts,
        moment=moment,
        stored=before,
        states=known.states,
        bound={},
        holding=lasting(known, claims, moment),
    )
    clients = sorted({each for new in updates for each in new.client_ids})
    if clients:
        bound = connection.execute(_WRITERS, {"drafts": drafts, "clients": clients})
        facts.bound = {(row.draft_id, row.epoch, row.client_id): (row.person_id, row.party_id) for row in bound}
    return facts


def lasting(known: Known, claims: Set[Claim], moment: datetime) -> set[Claim]:
    return {claim for claim in claims & known.tenures.keys() if known.tenures[claim].lasts(moment)}


def learn(
    connection: Connection,
    known: Known,
    *,
    claims: Set[Claim],
    drafts: Sequence[str] = (),
    clauses: Set[str] = frozenset(),
) -> None:
    """Read what isn't known yet; on PostgreSQL, where nothing is, also wait for who changes it."""
    if not known.drafts.keys() >= set(drafts):
        if connection.dialect.name != "sqlite":
            connection.execute(_DRAFTS_SHARED, {"drafts": drafts})
        for draft in connection.execute(_DRAFTS_LOCKED, {"drafts": drafts}):
            is_frozen = draft.frozen_at is not None and draft.kind not in OUTSIDE_CONTRACT
            known.drafts[draft.id] = Row(draft.epoch, draft.sequence, is_frozen)
    if not known.tenures.keys() >= claims:
        known.tenures |= tenures(connection, claims)
    if not known.states.keys() >= clauses:
        found = connection.execute(_STATES, {"clauses": sorted(clauses)})
        known.states |= {clause.id: clause.state for clause in found}


def keep(connection: Connection, facts: Facts) -> None:
    _NEW_UPDATES.run(connection, facts.updates)
    reached = {str(row["draft_id"]): row["sequence"] for row in facts.updates}
    _REACHED.run(connection, [{"of": draft_id, "reached": sequence} for draft_id, sequence in reached.items()])
    _NEW_WRITERS.run(connection, facts.writers)
