"""The end of a party's inside, as the party chose it: announced thirty days before, then done in one transaction.

What stays of its history is its headers: who, when, of what kind, linked to each other, so that the chain still
verifies. What the shared history and the frozen contract hold isn't touched. Product R20, trust T15 and T28.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlmodel import SQLModel, col

from negotiation.events import Event, Kind
from negotiation.rules.paris import paris_day
from negotiation.rules.private_history import announced_from, destroyed_from
from negotiation.rules.vocabulary import Circle
from negotiation.store.contract import Clause, ClauseParty, Negotiation, Part
from negotiation.store.derived import ClauseGlance
from negotiation.store.draft_states import DraftState
from negotiation.store.exchange import (
    Draft,
    DraftCredit,
    DraftFollowed,
    DraftSetAside,
    DraftUpdate,
    DraftWriter,
    Message,
    MoveRow,
)
from negotiation.store.exchange_files import WordExport
from negotiation.store.following import AvenantMove
from negotiation.store.inside import InsideFate, Mandate, VisaRequest, VisaRule
from negotiation.store.people import Delegation, Member
from negotiation.store.preparation import SupportDocument
from negotiation.store.prepared_files import PreparedFile
from negotiation.store.record import HistoryEntry, Outbox
from negotiation.store.talk import CommentThread, Mention, SavedView, SearchEntry, Task
from negotiation.store.unit_of_work import UnitOfWork
from negotiation.store.word_returns import WordReturn

ACTOR = "platform"
Which = Callable[[InsideFate], ColumnElement[bool]]


def _of_circle(row: Any) -> Which:
    return lambda fate: (col(row.negotiation_id) == fate.negotiation_id) & (col(row.circle) == fate.circle)


def _under(row: Any, above: Any, name: str) -> Which:
    """Rows whose column `name` is the id of a row above them, which has the circle."""
    of_circle, column = _of_circle(above), getattr(row, name)
    return lambda fate: col(column).in_(select(col(above.id)).where(of_circle(fate)))


def _of_draft(row: Any) -> Which:
    return _under(row, Draft, "draft_id")


def _of_members(fate: InsideFate) -> ColumnElement[bool]:
    """Filters that a member keeps under a name: what he looked for is written in them."""
    return col(SavedView.member_id).in_(select(col(Member.id)).where(col(Member.party_id) == fate.party_id))


@dataclass(frozen=True)
class Deleted:
    """Rows that go: `kind` names them in the fact that counts them."""

    kind: str
    row: type[SQLModel]
    which: Which


DELETED: tuple[Deleted, ...] = (
    Deleted("search_entries", SearchEntry, _of_circle(SearchEntry)),
    Deleted("mentions", Mention, _of_circle(Mention)),
    Deleted("threads", CommentThread, _of_circle(CommentThread)),
    Deleted("moves", MoveRow, _of_circle(MoveRow)),
    Deleted("messages", Message, _of_circle(Message)),
    Deleted("tasks", Task, _of_circle(Task)),
    Deleted("avenant_moves", AvenantMove, _of_circle(AvenantMove)),
    Deleted("visa_requests", VisaRequest, _of_circle(VisaRequest)),
    Deleted("visa_rules", VisaRule, _of_circle(VisaRule)),
    Deleted("mandates", Mandate, _of_circle(Mandate)),
    Deleted("delegations", Delegation, _of_circle(Delegation)),
    Deleted("word_exports", WordExport, _of_circle(WordExport)),
    Deleted("word_returns", WordReturn, _of_circle(WordReturn)),
    Deleted("prepared_files", PreparedFile, _of_circle(PreparedFile)),
    Deleted("documents", SupportDocument, _of_circle(SupportDocument)),
    Deleted("saved_views", SavedView, _of_members),
    Deleted("draft_states", DraftState, _of_draft(DraftState)),
    Deleted("draft_credits", DraftCredit, _of_draft(DraftCredit)),
    Deleted("draft_followed", DraftFollowed, _of_draft(DraftFollowed)),
    Deleted("set_aside", DraftSetAside, _of_draft(DraftSetAside)),
    Deleted("draft_writers", DraftWriter, _of_draft(DraftWriter)),
    Deleted("draft_updates", DraftUpdate, _of_draft(DraftUpdate)),
    Deleted("drafts", Draft, _of_circle(Draft)),
    Deleted("glances", ClauseGlance, _under(ClauseGlance, Clause, "clause_id")),
    Deleted("concerned", ClauseParty, _under(ClauseParty, Clause, "clause_id")),
    Deleted("clauses", Clause, _of_circle(Clause)),
    Deleted("parts", Part, _of_circle(Part)),
    Deleted("announcements", Outbox, _of_circle(Outbox)),
)
"""What is done with each kind of row of a circle, in this order. A test fails when a row class that has a circle, or
hangs from one that has, is neither here nor in KEPT."""

KEPT: dict[str, str] = {
    "history_entry": "its header alone: what it says, its salt and its clause are emptied",
    "inside_fate": "the choice itself, and when it was carried out",
    "version": "a text is tabled on shared clauses only",
    "version_origin": "derived from tabled texts",
    "reserve": "stated on shared clauses only",
    "seance_point": "an agenda names shared parts and clauses only",
    "seance_decision": "shared",
    "minutes": "shared",
    "review": "shared",
    "observation": "declared by a file about shared parts",
}
"""By table: why nothing else is done with what has a circle, or hangs from what has one."""


def announce(uow: UnitOfWork, fate_id: str, moment: datetime) -> bool:
    """Tell the party, once, that its inside will be destroyed. Whether it was told now."""
    fate, negotiation = _locked(uow, fate_id)
    today = paris_day(moment)
    if fate is None or fate.announced_on is not None or not _is_due(fate, negotiation, today=today):
        return False
    assert negotiation.signed_on is not None
    assert fate.years is not None
    fate.announced_on = today
    uow.session.add(fate)
    on = destroyed_from(negotiation.signed_on, fate.years, announced_on=today)
    _tell(uow, fate, Kind.INSIDE_DESTRUCTION_ANNOUNCED, {"on": on.isoformat(), "years": fate.years})
    return True


def destroy(uow: UnitOfWork, fate_id: str, moment: datetime) -> bool:
    """Destroy the inside of a party, if its day has come: all of it or nothing. Whether it was destroyed now."""
    fate, negotiation = _locked(uow, fate_id)
    if fate is None or fate.announced_on is None or not _is_due(fate, negotiation, today=paris_day(moment)):
        return False
    assert negotiation.signed_on is not None
    assert fate.years is not None
    if paris_day(moment) < destroyed_from(negotiation.signed_on, fate.years, announced_on=fate.announced_on):
        return False
    head = uow.head(fate.negotiation_id, fate.circle)
    fate.destroyed_at, fate.through = moment, head.seq if head else 0
    uow.session.add(fate)
    uow.session.flush()  # from here on the database lets go of this circle, and of no other
    counts = {each.kind: _delete(uow, each, fate) for each in DELETED}
    counts["facts"] = _empty_history(uow, fate)
    _tell(uow, fate, Kind.INSIDE_DESTROYED, {"through": fate.through, "counts": counts})
    return True


def _locked(uow: UnitOfWork, fate_id: str) -> tuple[InsideFate | None, Negotiation]:
    """The choice, read again behind the lock of its negotiation; None when it is carried out."""
    fate = uow.session.get_one(InsideFate, fate_id)
    negotiation = uow.lock(fate.negotiation_id)
    uow.refresh(fate)
    return (fate if fate.destroyed_at is None else None), negotiation


def _is_due(fate: InsideFate, negotiation: Negotiation, *, today: Any) -> bool:
    chosen = fate.years is not None and negotiation.signed_on is not None
    return chosen and today >= announced_from(negotiation.signed_on, fate.years)  # type: ignore[arg-type]


def _delete(uow: UnitOfWork, each: Deleted, fate: InsideFate) -> int:
    gone = uow.session.execute(delete(each.row).where(each.which(fate)), execution_options=_IN_BULK)
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _empty_history(uow: UnitOfWork, fate: InsideFate) -> int:
    """The words of every fact so far; one that was taken back in its time has lost its own already."""
    emptied = (
        update(HistoryEntry)
        .where(_of_circle(HistoryEntry)(fate), col(HistoryEntry.sequence) <= fate.through)
        .values(payload=None, salt="", clause_id=None)
    )
    return int(uow.session.execute(emptied, execution_options=_IN_BULK).rowcount)  # type: ignore[attr-defined]


_IN_BULK = {"synchronize_session": False}


def _tell(uow: UnitOfWork, fate: InsideFate, kind: Kind, facts: dict[str, object]) -> None:
    uow.record(Event(kind, fate.negotiation_id, Circle.parse(fate.circle), ACTOR, facts))


def note_wiped(uow: UnitOfWork, fate_ids: Iterable[str], moment: datetime) -> None:
    """The bytes of what was destroyed have left the file too."""
    uow.session.execute(update(InsideFate).where(col(InsideFate.id).in_(list(fate_ids))).values(wiped_at=moment))
