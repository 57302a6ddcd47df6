"""What was said and tabled on a clause, for one reader: its navette, its threads, its versions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Circle, Move
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.queries.visibility import visible

PAGE = 50


@dataclass(frozen=True)
class VersionView:
    """A tabled text. `author_id` None = table commune."""

    id: str
    number: int
    author_id: str | None
    member_id: str | None
    text: str
    value: Any
    fingerprint: str
    base_id: str | None
    motive: str
    tabled_at: datetime


@dataclass(frozen=True)
class MoveView:
    """A move. `version_number` is the version it tables or answers."""

    id: str
    clause_id: str
    circle: Circle
    type: Move
    party_id: str
    member_id: str
    text: str
    motive: str
    value: Any
    version_id: str | None
    version_number: int | None
    reply_to_id: str | None
    at: datetime
    is_declared: bool


@dataclass(frozen=True)
class Thread:
    """A comment or question, with what answers it."""

    root: MoveView
    replies: tuple[MoveView, ...]


@dataclass(frozen=True)
class Page:
    """Some moves and how many there are in all for this reader. `older` is the page number of the older ones."""

    moves: tuple[MoveView, ...]
    total: int
    older: int | None


def version_view(session: Session, version_id: str) -> VersionView:
    """Raises NotFound. Versions are shared by nature: the caller has checked the clause."""
    row = session.get(Version, version_id)
    if row is None:
        raise NotFound()
    return _version(row)


def _version(row: Version) -> VersionView:
    return VersionView(
        id=row.id,
        number=row.number,
        author_id=row.author_party_id,
        member_id=row.member_id,
        text=row.text,
        value=row.value,
        fingerprint=row.fingerprint,
        base_id=row.base_version_id,
        motive=row.motive,
        tabled_at=row.tabled_at,
    )


def versions_of(session: Session, clause_id: str, numbers: list[int] | None = None) -> dict[int, VersionView]:
    """Versions of a clause by number; all of them unless `numbers` says which."""
    query = select(Version).where(col(Version.clause_id) == clause_id).order_by(col(Version.number))
    if numbers is not None:
        query = query.where(col(Version.number).in_(numbers))
    return {row.number: _version(row) for row in session.execute(query).scalars()}


def navette_page(session: Session, actor: Actor, clause_id: str, page: int = 0) -> Page:
    """Every move of a clause that this person may read, newest page first, oldest first within the page."""
    return _page(session, _moves_of(actor, clause_id), page)


def last_steps(session: Session, actor: Actor, clause_id: str, count: int) -> tuple[MoveView, ...]:
    """The last moves, comments left out, oldest first: the navette in short."""
    steps = _moves_of(actor, clause_id) & col(MoveRow.type).not_in([Move.COMMENT])
    return _page(session, steps, 0, size=count).moves


def threads_page(session: Session, actor: Actor, clause_id: str, page: int = 0) -> tuple[Thread, ...]:
    """Comments, questions and answers of a clause that this person may read, grouped in threads, oldest first."""
    talk = [Move.COMMENT, Move.QUESTION, Move.ANSWER]
    moves = _page(session, _moves_of(actor, clause_id) & col(MoveRow.type).in_(talk), page).moves
    known = {move.id: move for move in moves}
    replies: dict[str, list[MoveView]] = {}
    roots: list[MoveView] = []
    for move in moves:
        root = _root(move, known)
        if root.id == move.id:
            roots.append(move)
        else:
            replies.setdefault(root.id, []).append(move)
    return tuple(Thread(root, tuple(replies.get(root.id, ()))) for root in roots)


def _root(move: MoveView, known: dict[str, MoveView]) -> MoveView:
    """The move that opens the thread: a reply to a version starts one of its own; circles never mix in a thread."""
    seen: set[str] = set()
    while move.reply_to_id in known and move.id not in seen:
        parent = known[move.reply_to_id]
        if parent.circle != move.circle:
            return move
        seen.add(move.id)
        move = parent
    return move


def _moves_of(actor: Actor, clause_id: str) -> ColumnElement[bool]:
    return (
        (col(MoveRow.clause_id) == clause_id)
        & (col(MoveRow.negotiation_id) == actor.negotiation_id)
        & visible(MoveRow.circle, actor)
    )


def _page(session: Session, condition: ColumnElement[bool], page: int, *, size: int = PAGE) -> Page:
    total = session.execute(select(func.count()).select_from(MoveRow).where(condition)).scalar_one()
    query = (
        select(MoveRow, col(Version.number))
        .outerjoin(Version, col(Version.id) == MoveRow.version_id)
        .where(condition)
        .order_by(col(MoveRow.rank).desc())
        .offset(page * size)
        .limit(size)
    )
    moves = [_move(row, number) for row, number in session.execute(query)]
    older = page + 1 if total > (page + 1) * size else None
    return Page(moves=tuple(reversed(moves)), total=total, older=older)


def _move(row: MoveRow, number: int | None) -> MoveView:
    return MoveView(
        id=row.id,
        clause_id=row.clause_id,
        circle=Circle.parse(row.circle),
        type=row.type,
        party_id=row.party_id,
        member_id=row.member_id,
        text=row.text,
        motive=row.motive,
        value=row.value,
        version_id=row.version_id,
        version_number=number,
        reply_to_id=row.reply_to_id,
        at=row.at,
        is_declared=row.key is not None,
    )
