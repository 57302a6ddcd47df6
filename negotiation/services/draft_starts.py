"""« Une nouvelle version a été déposée »: an open draft learns of it, starts again from it, or goes on as it is.

Whatever starts again, words that nobody proposed are set aside for the draft's audience. Source: live-drafting.md.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.errors import NotFound, StaleClause
from negotiation.events import Event, Kind
from negotiation.rules.policy import Actor, sees
from negotiation.rules.values import Canonical, as_entered, as_read, tidy_entry
from negotiation.rules.vocabulary import Action, Circle
from negotiation.services.access import require
from negotiation.services.drafted import Drafted
from negotiation.services.drafting import circle_of_side, drafted_clauses, follow_current
from negotiation.services.moves import open_clause
from negotiation.services.setting_aside import draft_of, keep_words, write_anew
from negotiation.store.contract import Clause
from negotiation.store.exchange import Draft, DraftFollowed, DraftSetAside, DraftUpdate, Version
from negotiation.store.queries.exchanges import VersionView, version_view
from negotiation.store.unit_of_work import UnitOfWork

MOST_SHOWN = 5


@dataclass(frozen=True)
class Aside:
    """Words of a draft that nobody proposed before its clause started again, and the value that stood in its field:
    either is empty when it was proposed one day. `value`: what was `entered`, read; None when it was half typed."""

    text: str
    entered: str
    value: Canonical
    at: datetime


def newer_version(session: Session, actor: Actor, clause_id: str, *, side: str) -> VersionView | None:
    """The version that was tabled since this draft's writers last took one in; None when there is none. Raises what
    `circle_of_side` raises, NotAllowed."""
    clause, draft = _drafted_clause(session, actor, clause_id, side=side)
    if draft is None or clause.current_version_id is None:
        return None
    if _followed(session, draft, clause.id) == clause.current_version_id:
        return None
    return None if _says_the_same(session, clause, _stands(session, clause, draft)) else _current(session, clause)


def written_since(session: Session, clause_id: str, *, circle: Circle) -> Drafted | None:
    """What a draft says of a clause where nothing is on the table, or beyond the version that its writers took in; None
    where it says the same, where they were left behind by another version, and where nobody ever opened it.

    For pages that asked already whether the person reads this circle.
    """
    clause = session.get_one(Clause, clause_id)
    draft = draft_of(session, clause, circle)
    if draft is None:
        return None
    stands = _stands(session, clause, draft)
    if clause.current_version_id is None:
        return stands
    is_behind = _followed(session, draft, clause.id) != clause.current_version_id
    return None if is_behind or _says_the_same(session, clause, stands) else stands


def set_aside(session: Session, actor: Actor, clause_id: str, *, side: str) -> tuple[Aside, ...]:
    """The last words set aside in this draft of the clause, newest first. Raises like the above."""
    clause, draft = _drafted_clause(session, actor, clause_id, side=side)
    if draft is None:
        return ()
    query = (
        select(DraftSetAside)
        .where(col(DraftSetAside.draft_id) == draft.id, col(DraftSetAside.clause_id) == clause.id)
        .order_by(col(DraftSetAside.at).desc(), col(DraftSetAside.id))
        .limit(MOST_SHOWN)
    )
    return tuple(
        Aside(row.text, row.value, as_read(row.value, clause.value_kind), row.at)
        for row in session.execute(query).scalars()
    )


def start_again(uow: UnitOfWork, actor: Actor, clause_id: str, *, side: str, seen: str) -> None:
    """« Repartir de la version 3 »: the clause starts from the text on the table, its present words are set aside; what
    is being written in the other clauses of the part goes on.

    `seen`: the fingerprint of the version that was on the screen. Raises NotFound, NotAllowed, Frozen, InvalidInput,
    StaleClause.
    """
    clause, draft = _writable(uow, actor, clause_id, side=side, seen=seen)
    circle = Circle.parse(draft.circle)
    keep_words(uow, clause, circle)
    version = uow.session.get_one(Version, clause.current_version_id)
    value = as_entered(version.value, clause.value_kind)
    write_anew(uow, draft, clause, text=version.text, value=value)
    follow_current(uow, draft, clause)
    # Told in the draft's own circle, where open pages then read the draft again from its new start.
    happened = Event(
        Kind.CLAUSE_WRITTEN, clause.negotiation_id, circle, actor.key, {}, clause_id=clause.id, part_id=clause.part_id
    )
    uow.announce(happened)


def go_on(uow: UnitOfWork, actor: Actor, clause_id: str, *, side: str, seen: str) -> None:
    """« Garder notre texte »: nobody is told again of this version. Raises like the above."""
    clause, draft = _writable(uow, actor, clause_id, side=side, seen=seen)
    follow_current(uow, draft, clause)


def proposed(uow: UnitOfWork, actor: Actor, clause_id: str, *, side: str) -> None:
    """What was just tabled came from this draft: it is no news to its writers."""
    clause, _ = _drafted_clause(uow.session, actor, clause_id, side=side)
    follow_tabled(uow, clause, str(circle_of_side(actor, side)))


def follow_tabled(uow: UnitOfWork, clause: Clause, circle: str) -> None:
    """The same by the draft's circle, for what waited for a visa; empty: it came from no draft."""
    draft = draft_of(uow.session, clause, Circle.parse(circle)) if circle else None
    if draft is not None:
        follow_current(uow, draft, clause)


def _stands(session: Session, clause: Clause, draft: Draft) -> Drafted | None:
    return drafted_clauses(session, clause.part_id, circle=Circle.parse(draft.circle)).get(clause.id)


def _current(session: Session, clause: Clause) -> VersionView:
    return version_view(session, clause.current_version_id or "")


def _says_the_same(session: Session, clause: Clause, stands: Drafted | None) -> bool:
    version, kind = _current(session, clause), clause.value_kind
    if stands is None or stands.text != version.text:
        return False
    return tidy_entry(stands.value, kind) == as_entered(version.value, kind)


def _drafted_clause(session: Session, actor: Actor, clause_id: str, *, side: str) -> tuple[Clause, Draft | None]:
    circle = circle_of_side(actor, side)
    require(actor, Action.READ_DRAFT, circle=circle)
    clause = session.get(Clause, clause_id)
    if clause is None or clause.negotiation_id != actor.negotiation_id or not sees(actor, Circle.parse(clause.circle)):
        raise NotFound()
    return clause, draft_of(session, clause, circle)


def _writable(uow: UnitOfWork, actor: Actor, clause_id: str, *, side: str, seen: str) -> tuple[Clause, Draft]:
    clause = open_clause(uow, actor, clause_id)
    require(actor, Action.WRITE_DRAFT)
    require(actor, Action.WRITE_DRAFT, circle=circle_of_side(actor, side))
    _, draft = _drafted_clause(uow.session, actor, clause_id, side=side)
    if draft is None:
        raise NotFound()
    current = uow.session.get(Version, clause.current_version_id) if clause.current_version_id else None
    if current is None or current.fingerprint != seen:
        raise StaleClause(current=current.number if current else None)
    return clause, draft


def _followed(session: Session, draft: Draft, clause_id: str) -> str | None:
    """What was noted; else the version that stood when a draft of former days began, by the clock."""
    noted = session.get(DraftFollowed, (draft.id, clause_id))
    if noted is not None:
        return noted.version_id
    begun = (
        select(func.min(col(DraftUpdate.recorded_at))).where(col(DraftUpdate.draft_id) == draft.id).scalar_subquery()
    )
    query = (
        select(col(Version.id))
        .where(col(Version.clause_id) == clause_id, col(Version.tabled_at) < begun)
        .order_by(col(Version.number).desc())
        .limit(1)
    )
    return session.execute(query).scalar_one_or_none()
