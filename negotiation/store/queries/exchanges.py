"""What was said and tabled on a clause, for one reader: its last moves and its versions; all of them: `navette`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import REQUEST_OF_MOVE, TEXT_MOVES, Circle, Move
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.queries.visibility import visible

WRITTEN = "written"
"""Among the attributes of a move, and in its history entry: who wrote which words of the text that it tables."""


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
    recorded_at: datetime | None = None
    recalled_at: datetime | None = None
    """« Commentaire retiré »: there is nothing left to read."""
    message_id: str | None = None
    """The message that it comes from; shown to those who read that message alone."""
    written: tuple[tuple[str | None, int], ...] = ()
    """Of a text of the table commune: (party id, None for what was there before, words) in a row."""


def version_view(session: Session, version_id: str) -> VersionView:
    """Raises NotFound. Versions are shared by nature: the caller has checked the clause."""
    row = session.get(Version, version_id)
    if row is None:
        raise NotFound()
    return version_of(row)


def version_of(row: Version) -> VersionView:
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
    return {row.number: version_of(row) for row in session.execute(query).scalars()}


def written_of(session: Session, actor: Actor, version_id: str) -> tuple[tuple[str | None, int], ...]:
    """Who wrote which words of a tabled text, when it came from the table commune; () when nobody knows."""
    query = select(MoveRow).where(
        col(MoveRow.version_id) == version_id,
        col(MoveRow.negotiation_id) == actor.negotiation_id,
        col(MoveRow.type).in_(TEXT_MOVES),
        visible(MoveRow.circle, actor),
    )
    row = session.execute(query.order_by(col(MoveRow.rank)).limit(1)).scalar_one_or_none()
    return move_view(row, None).written if row else ()


def last_steps(session: Session, actor: Actor, clause_id: str, count: int) -> tuple[MoveView, ...]:
    """The last moves, comments left out, oldest first: the navette in short."""
    steps = _moves_of(actor, clause_id) & col(MoveRow.type).not_in([Move.COMMENT])
    return _last(session, steps, count)


def last_request(session: Session, actor: Actor, clause_id: str) -> MoveView | None:
    """The move that asked what all must consent to: the pending request, while there is one."""
    found = _last(session, _moves_of(actor, clause_id) & col(MoveRow.type).in_(REQUEST_OF_MOVE), 1)
    return found[0] if found else None


def withdrawal_of(session: Session, actor: Actor, clause_id: str, number: int) -> MoveView | None:
    """The move that took this version off the table."""
    taken = (col(MoveRow.type) == Move.WITHDRAWAL) & (col(Version.number) == number)
    query = select(MoveRow).join(Version, col(Version.id) == MoveRow.version_id)
    row = session.execute(query.where(_moves_of(actor, clause_id), taken).limit(1)).scalar_one_or_none()
    return move_view(row, number) if row else None


def _moves_of(actor: Actor, clause_id: str) -> ColumnElement[bool]:
    return (
        (col(MoveRow.clause_id) == clause_id)
        & (col(MoveRow.negotiation_id) == actor.negotiation_id)
        & visible(MoveRow.circle, actor)
    )


def _last(session: Session, condition: ColumnElement[bool], count: int) -> tuple[MoveView, ...]:
    """The last of these moves, oldest first."""
    query = (
        select(MoveRow, col(Version.number))
        .outerjoin(Version, col(Version.id) == MoveRow.version_id)
        .where(condition)
        .order_by(col(MoveRow.rank).desc())
        .limit(count)
    )
    return tuple(reversed([move_view(row, number) for row, number in session.execute(query)]))


def move_view(row: MoveRow, number: int | None) -> MoveView:
    """`number`: of the version that the move tables or answers."""
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
        recorded_at=row.recorded_at,
        recalled_at=row.recalled_at,
        message_id=row.message_id,
        written=tuple((party_id, words) for party_id, words in row.attributes.get(WRITTEN, ())),
    )
