"""Live drafts: open, push, pull, check; the text that a proposal takes from one; the restart after a reopening.

Unlike the other services these take the store and open their own transactions: an update is acknowledged only once it
is committed, and the room must know whether it was. The order is always room, then database; what already holds a
transaction (`snapshot_text`, `restart_drafts`) never waits for a room and reads the log instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pycrdt import Doc, Map
from sqlalchemy import Connection, bindparam, select
from sqlmodel import Session, col

from negotiation.drafting import markdown_bridge, schema
from negotiation.drafting.rooms import Rooms
from negotiation.drafting.updates import LoggedUpdate, Stored, Writer
from negotiation.drafting.vet import library_failures_named
from negotiation.errors import EpochChanged, Frozen, InvalidInput, NotFound, ResyncNeeded
from negotiation.rules.policy import Actor, Authentication, sees
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import AUTHORITIES, OUTSIDE_CONTRACT, SHARED, Action, Circle, ValueKind
from negotiation.services.access import actor_in, require
from negotiation.services.draft_keeping import LOCKED_STATES
from negotiation.services.draft_log import SqlUpdateLog, logged_updates
from negotiation.services.drafted import Drafted, at_once, standing
from negotiation.store.contract import Clause, Negotiation, Part
from negotiation.store.exchange import Draft, DraftFollowed, DraftUpdate, DraftWriter, Version
from negotiation.store.prepared import Question
from negotiation.store.unit_of_work import Apart, Store, UnitOfWork

PLATFORM_CLIENT: Final = 2
"""The Yjs client under which seeds are written; bound to nobody, so nobody writes under it."""
_MOST_PULLED: Final = 1_000


class DraftSide(StrEnum):
    """Which draft of the part, as pages name it."""

    COMMUNE = "commune"
    OURS = "ours"
    AUTHORITIES = "authorities"


class ClauseLock(StrEnum):
    OPEN = "open"
    LOCKED = "locked"


@dataclass(frozen=True)
class LiveDrafts:
    """The drafts of a store and this process's rooms."""

    store: Store
    log: SqlUpdateLog
    rooms: Rooms

    @classmethod
    def of(cls, store: Store, *, gather_seconds: float = 0.0) -> "LiveDrafts":
        log = SqlUpdateLog(store)
        return cls(store, log, Rooms(log, gather_seconds=gather_seconds))


@dataclass(frozen=True)
class OpenedDraft:
    """What a browser needs to start. `update` is what it lacks; empty when it lacks nothing."""

    draft_id: str
    epoch: int
    sequence: int
    update: bytes
    clauses: Mapping[str, ClauseLock]


@dataclass(frozen=True)
class Pulled:
    sequence: int
    updates: tuple[LoggedUpdate, ...]


@dataclass(frozen=True)
class Checked:
    """`same` is whether the texts agree; true as well when the browser hasn't reached `sequence` yet: nobody knows."""

    same: bool
    sequence: int


def circle_of_side(actor: Actor, side: str) -> Circle:
    """The circle behind a page's word. Raises InvalidInput on another word."""
    if side not in set(DraftSide):
        raise InvalidInput(field="side")
    return {
        DraftSide.COMMUNE: SHARED,
        DraftSide.OURS: Circle.inside(actor.party_id),
        DraftSide.AUTHORITIES: AUTHORITIES,
    }[DraftSide(side)]


def open_draft(live: LiveDrafts, actor: Actor, *, part_id: str, side: str, state_vector: bytes = b"") -> OpenedDraft:
    """Join a draft, made from the current texts when it is the first time.

    Raises NotFound, NotAllowed, Frozen, InvalidInput, UpdateRefused.
    """
    with live.store.asking() as connection:
        found = find_draft(connection, actor, part_id=part_id, side=side)
    return open_found(live, found, state_vector=state_vector)


@dataclass(frozen=True)
class FoundDraft:
    """Where a draft stands that somebody may open; without an id when nobody ever did."""

    part_id: str
    circle: Circle
    draft_id: str | None
    epoch: int
    sequence: int
    locks: Mapping[str, ClauseLock]
    kinds: Mapping[str, ValueKind]
    """Of the values of the part's clauses."""


def find_draft(connection: Connection, actor: Actor, *, part_id: str, side: str) -> FoundDraft:
    """Raises NotFound, NotAllowed, Frozen, InvalidInput."""
    circle = circle_of_side(actor, side)
    require(actor, Action.READ_DRAFT, circle=circle)
    rows = _PLACES.ask(connection, {"part": part_id, "circle": str(circle)})
    if not rows or rows[0].negotiation_id != actor.negotiation_id:
        raise NotFound()
    place = rows[0]
    if not _may_hold(actor, Circle.parse(place.part_circle), circle):
        raise NotFound()
    if place.frozen_at is not None and place.part_kind not in OUTSIDE_CONTRACT:
        raise Frozen()
    clauses = [row for row in rows if row.clause_id is not None]
    return FoundDraft(
        part_id=part_id,
        circle=circle,
        draft_id=place.draft_id,
        epoch=place.epoch or 1,
        sequence=place.sequence or 0,
        locks={row.clause_id: ClauseLock.LOCKED if row.state in LOCKED_STATES else ClauseLock.OPEN for row in clauses},
        kinds={row.clause_id: row.value_kind for row in clauses},
    )


_PLACES = Question(
    # A row for each clause of the part, or one where there is none.
    select(
        col(Part.negotiation_id),
        col(Part.circle).label("part_circle"),
        col(Part.kind).label("part_kind"),
        col(Negotiation.frozen_at),
        col(Draft.id).label("draft_id"),
        col(Draft.epoch),
        col(Draft.sequence),
        col(Clause.id).label("clause_id"),
        col(Clause.state),
        col(Clause.value_kind),
    )
    .join(Negotiation, col(Negotiation.id) == col(Part.negotiation_id))
    .outerjoin(Draft, (col(Draft.part_id) == col(Part.id)) & (col(Draft.circle) == bindparam("circle")))
    .outerjoin(Clause, col(Clause.part_id) == col(Part.id))
    .where(col(Part.id) == bindparam("part"))
)


def open_found(live: LiveDrafts, found: FoundDraft, *, state_vector: bytes = b"") -> OpenedDraft:
    """Raises Frozen, UpdateRefused."""
    draft_id, epoch, reached = found.draft_id, found.epoch, found.sequence
    if draft_id is None:
        with live.store.unit_of_work() as uow:
            part = uow.session.get_one(Part, found.part_id)
            if uow.lock(part.negotiation_id).frozen_at is not None and part.kind not in OUTSIDE_CONTRACT:
                raise Frozen()
            draft = _draft_of(uow.session, part.id, found.circle) or first_draft(uow, part, found.circle)
            draft_id, epoch, reached = draft.id, draft.epoch, draft.sequence
    sequence, lacking = live.rooms.room(draft_id, epoch=epoch).state_since(state_vector, reached=reached)
    return OpenedDraft(draft_id, epoch, sequence, lacking, found.locks)


def _may_hold(actor: Actor, own: Circle, circle: Circle) -> bool:
    """A part that is still inside, in its `own` circle, has the draft of that circle and no other."""
    return sees(actor, own) and own in (SHARED, circle)


def push_update(
    live: LiveDrafts, actor: Actor, *, draft_id: str, epoch: int, op_id: str, update: bytes, origin: str = ""
) -> Stored:
    """Vet and keep one update; when it returns, it is committed. `origin`: see `updates.Writer`.

    Raises NotFound, NotAllowed, EpochChanged, Frozen (with `clauses` when only some are locked), UpdateRefused,
    ResyncNeeded.
    """
    with live.store.reading() as session:
        draft = _readable_draft(session, actor, draft_id, epoch=epoch)
        require(actor, Action.WRITE_DRAFT, circle=Circle.parse(draft.circle))
        clauses = _kinds(session, draft.part_id)
    writer = Writer(actor.person_id, actor.party_id, origin=origin)
    room = live.rooms.room(draft.id, epoch=epoch)
    return room.accept(update, op_id=op_id, writer=writer, clause_ids=clauses)


def pull_updates(live: LiveDrafts, actor: Actor, *, draft_id: str, epoch: int, after: int) -> Pulled:
    """What was stored after a sequence. Raises NotFound, EpochChanged; ResyncNeeded when that is a great deal."""
    with live.store.reading() as session:
        draft = _readable_draft(session, actor, draft_id, epoch=epoch)
        if draft.sequence - after > _MOST_PULLED:
            raise ResyncNeeded()
        updates = tuple(logged_updates(session, draft.id, epoch=epoch, after=after))
        return Pulled(updates[-1].sequence if updates else draft.sequence, updates)


def check_draft(live: LiveDrafts, actor: Actor, *, draft_id: str, epoch: int, sequence: int, text_hash: str) -> Checked:
    """Whether the browser's text is the stored one (trust T22). Raises NotFound, EpochChanged."""
    with live.store.reading() as session:
        draft = _readable_draft(session, actor, draft_id, epoch=epoch)
        clause_ids = _clause_ids(session, draft.part_id)
    reached, expected = live.rooms.room(draft.id, epoch=epoch).text_hash(clause_ids)
    return Checked(same=reached != sequence or expected == text_hash, sequence=reached)


def actor_on_draft(session: Session, draft_id: str, *, person_id: str, authentication: Authentication) -> Actor:
    """The person, acting in the negotiation of this draft. Raises NotFound."""
    draft = session.get(Draft, draft_id)
    if draft is None:
        raise NotFound()
    return actor_in(session, draft.negotiation_id, person_id=person_id, authentication=authentication)


def drafts_of(live: LiveDrafts, negotiation_id: str, *, part_id: str | None = None) -> list[tuple[str, int]]:
    """(id, epoch) of the drafts of a negotiation's contract; with a part, of the table commune's draft of that part."""
    query = select(col(Draft.id), col(Draft.epoch)).where(col(Draft.negotiation_id) == negotiation_id)
    if part_id is not None:
        query = query.where(col(Draft.part_id) == part_id, col(Draft.circle) == str(SHARED))
    else:
        query = query.join(Part, col(Part.id) == col(Draft.part_id)).where(col(Part.kind).not_in(OUTSIDE_CONTRACT))
    with live.store.reading() as session:
        return [(row.id, row.epoch) for row in session.execute(query)]


def readable_circle(live: LiveDrafts, actor: Actor, *, draft_id: str) -> Circle:
    """The circle of a draft that this person may read. Raises NotFound."""
    with live.store.reading() as session:
        return Circle.parse(_readable_draft(session, actor, draft_id).circle)


def snapshot_text(uow: UnitOfWork, actor: Actor, clause_id: str, *, side: str) -> str:
    """The clause's text in a draft, as stored now, for a proposal; the current text when nobody opened that draft.

    Raises NotFound, InvalidInput.
    """
    drafted = drafted_text(uow.session, actor, clause_id, side=side, apart=uow.apart)
    return _start_of(uow.session, uow.session.get_one(Clause, clause_id)).text if drafted is None else drafted


def drafted_text(session: Session, actor: Actor, clause_id: str, *, side: str, apart: Apart = at_once) -> str | None:
    """The clause's text in a draft, as stored now; None when nobody ever opened that draft. Raises like the above."""
    found = drafted_clause(session, actor, clause_id, side=side, apart=apart)
    return found.text if found else None


def drafted_clause(
    session: Session, actor: Actor, clause_id: str, *, side: str, apart: Apart = at_once
) -> Drafted | None:
    """The same with its value."""
    circle = circle_of_side(actor, side)
    require(actor, Action.READ_DRAFT, circle=circle)
    clause = session.get(Clause, clause_id)
    if clause is None or clause.negotiation_id != actor.negotiation_id or not sees(actor, Circle.parse(clause.circle)):
        raise NotFound()
    draft = _draft_of(session, clause.part_id, circle)
    return standing(session, draft, [clause.id], apart=apart)[clause.id] if draft else None


def drafted_texts(session: Session, part_id: str, *, circle: Circle) -> dict[str, str]:
    """The texts of a part in the draft of a circle, by clause id; nothing when nobody ever opened it.

    For services and queries that asked already whether the person reads this circle.
    """
    return {clause_id: found.text for clause_id, found in drafted_clauses(session, part_id, circle=circle).items()}


def drafted_clauses(session: Session, part_id: str, *, circle: Circle) -> dict[str, Drafted]:
    """The same with their values."""
    draft = _draft_of(session, part_id, circle)
    return standing(session, draft, _clause_ids(session, part_id)) if draft else {}


def first_draft(uow: UnitOfWork, part: Part, circle: Circle) -> Draft:
    """The draft of a circle that nobody opened yet, made from the current texts."""
    draft = Draft(negotiation_id=part.negotiation_id, part_id=part.id, circle=str(circle))
    uow.session.add(draft)
    uow.session.flush()
    clauses = _clauses(uow.session, part.id)
    _write_seed(uow, draft, {clause.id: _start_of(uow.session, clause) for clause in clauses})
    for clause in clauses:
        follow_current(uow, draft, clause)
    return draft


def follow_current(uow: UnitOfWork, draft: Draft, clause: Clause) -> None:
    """The writers of this draft know of the version that is on the table, if there is one."""
    if clause.current_version_id is not None:
        noted = DraftFollowed(draft_id=draft.id, clause_id=clause.id, version_id=clause.current_version_id)
        uow.session.merge(noted)
        uow.session.flush()


def restart_drafts(uow: UnitOfWork, clause: Clause, *, circle: Circle = SHARED) -> None:
    """After a reopening: in the table commune the clause starts from the agreed text, in a new epoch.

    The other clauses keep their words and values, and so does every private draft: what its author had not proposed is
    his starting point for the reopening. The draft of another `circle` restarts so when a clause that is still inside
    was written in a plain field.
    """
    draft = _draft_of(uow.session, clause.part_id, circle)
    if draft is None:
        return
    starts = standing(uow.session, draft, _clause_ids(uow.session, clause.part_id))
    draft.epoch += 1
    _write_seed(uow, draft, starts | {clause.id: _start_of(uow.session, clause)})
    follow_current(uow, draft, clause)


def _readable_draft(session: Session, actor: Actor, draft_id: str, *, epoch: int | None = None) -> Draft:
    draft = session.get(Draft, draft_id)
    if draft is None or draft.negotiation_id != actor.negotiation_id:
        raise NotFound()
    require(actor, Action.READ_DRAFT, circle=Circle.parse(draft.circle))
    if epoch not in (None, draft.epoch):
        raise EpochChanged(epoch=draft.epoch)
    return draft


def _draft_of(session: Session, part_id: str, circle: Circle) -> Draft | None:
    query = select(Draft).where(col(Draft.part_id) == part_id, col(Draft.circle) == str(circle))
    return session.execute(query).scalar_one_or_none()


def _clauses(session: Session, part_id: str) -> Sequence[Clause]:
    query = select(Clause).where(col(Clause.part_id) == part_id).order_by(col(Clause.position), col(Clause.id))
    return session.execute(query).scalars().all()


def _clause_ids(session: Session, part_id: str) -> list[str]:
    return list(session.execute(select(col(Clause.id)).where(col(Clause.part_id) == part_id)).scalars())


def _kinds(session: Session, part_id: str) -> dict[str, ValueKind]:
    query = select(col(Clause.id), col(Clause.value_kind)).where(col(Clause.part_id) == part_id)
    return {row.id: row.value_kind for row in session.execute(query)}


def _start_of(session: Session, clause: Clause) -> Drafted:
    """From the text on the table, else the agreed one, else what was never tabled."""
    version_id = clause.current_version_id or clause.agreed_version_id
    version = session.get(Version, version_id) if version_id else None
    if version is None:
        return Drafted(clause.working_text, as_entered(clause.working_value, clause.value_kind))
    return Drafted(version.text, as_entered(version.value, clause.value_kind))


def _write_seed(uow: UnitOfWork, draft: Draft, starts: Mapping[str, Drafted]) -> None:
    draft.sequence += 1
    seed = DraftUpdate(
        draft_id=draft.id,
        sequence=draft.sequence,
        epoch=draft.epoch,
        op_id=f"seed:{draft.epoch}",
        update=_seed(starts),
    )
    uow.session.add(seed)
    uow.session.add(DraftWriter(draft_id=draft.id, epoch=draft.epoch, client_id=PLATFORM_CLIENT))
    uow.session.flush()


def _seed(starts: Mapping[str, Drafted]) -> bytes:
    with library_failures_named():
        document: Doc[Any] = Doc(client_id=PLATFORM_CLIENT)
        values = document.get(schema.VALUES_ROOT, type=Map)
        for clause_id, start in starts.items():
            markdown_bridge.write_fragment(document, schema.clause_root(clause_id), markdown=start.text)
            if start.value:
                values[clause_id] = start.value
        return document.get_update()
