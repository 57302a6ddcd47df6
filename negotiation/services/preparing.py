"""Files that take long: how far each is, for its asker alone, on whichever process; gone within the hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, delete, func, select, update
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Circle
from negotiation.store.columns import now
from negotiation.store.prepared_files import TOLD, PreparedFile, PreparedKind, PreparedState
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_STEP = timedelta(minutes=2)
"""A document is typeset in a minute at most: whoever is silent for longer has died."""
KEPT = timedelta(hours=1)


@dataclass(frozen=True)
class FileView:
    """How far it is. `size` in bytes, once it is ready."""

    state: PreparedState
    steps: int
    done: int
    step: str
    step_at: datetime
    told: str
    asked_at: datetime
    size: int | None

    @property
    def is_interrupted(self) -> bool:
        """Whoever made it died."""
        return self.state is PreparedState.MAKING and self.step_at < now() - LONGEST_STEP

    @property
    def gone_at(self) -> datetime:
        return self.step_at + KEPT

    @property
    def is_making(self) -> bool:
        return self.state is PreparedState.MAKING and not self.is_interrupted


def own_file(session: Session, actor: Actor, kind: PreparedKind) -> FileView | None:
    """The one that this member asked for, if any."""
    row_of = PreparedFile
    told = (row_of.state, row_of.steps, row_of.done, row_of.step, row_of.step_at, row_of.told, row_of.asked_at)
    query = select(*(col(each) for each in told), func.length(col(PreparedFile.data))).where(_own(actor, kind))
    row = session.execute(query).one_or_none()
    return None if row is None else FileView(*tuple(row))


def own_bytes(session: Session, actor: Actor, kind: PreparedKind) -> tuple[str, bytes]:
    """Its name and its bytes. Raises NotFound while it isn't ready, and for whoever didn't ask for it."""
    query = select(col(PreparedFile.file_name), col(PreparedFile.data)).where(_own(actor, kind))
    name, data = session.execute(query).one_or_none() or ("", None)
    if data is None:
        raise NotFound()
    return name, data


def begin(uow: UnitOfWork, actor: Actor, kind: PreparedKind, *, steps: tuple[str, ...], file_name: str) -> str:
    """The id of the file whose steps these are, in French. What this member had of that kind is dropped."""
    drop(uow, actor, kind)
    row = PreparedFile(
        negotiation_id=actor.negotiation_id,
        circle=str(Circle.inside(actor.party_id)),
        member_id=actor.member_id,
        kind=kind,
        steps=len(steps),
        step=steps[0],
        file_name=file_name,
    )
    uow.session.add(row)
    uow.session.flush()
    return row.id


def note_step(uow: UnitOfWork, file_id: str, step: str, *, done: int) -> bool:
    """Whether anybody still waits for the file."""
    return _change(uow, file_id, step=step, done=done)


def note_ready(uow: UnitOfWork, file_id: str, data: bytes, *, told: str = "") -> bool:
    """Whether anybody still waited. `told`: what there is to say of the file, in French."""
    return _change(uow, file_id, state=PreparedState.READY, done=col(PreparedFile.steps), data=data, told=told)


def note_failed(uow: UnitOfWork, file_id: str, *, told: str = "") -> None:
    """`told`: why, in French, where there is more to say than at which step."""
    _change(uow, file_id, state=PreparedState.FAILED, told=told[:TOLD])


def drop(uow: UnitOfWork, actor: Actor, kind: PreparedKind) -> None:
    """Stop what is being made, or destroy what was."""
    uow.session.execute(delete(PreparedFile).where(_own(actor, kind)))


def has_old_prepared(session: Session, moment: datetime) -> bool:
    """Whether `forget_prepared` would destroy anything."""
    return session.execute(select(col(PreparedFile.id)).where(_is_old(moment)).limit(1)).first() is not None


def forget_prepared(uow: UnitOfWork, moment: datetime) -> None:
    """Destroy the files of an hour ago, taken or not."""
    uow.session.execute(delete(PreparedFile).where(_is_old(moment)))


def _is_old(moment: datetime) -> ColumnElement[bool]:
    return col(PreparedFile.step_at) <= moment - KEPT


def _own(actor: Actor, kind: PreparedKind) -> ColumnElement[bool]:
    return (col(PreparedFile.member_id) == actor.member_id) & (col(PreparedFile.kind) == kind)


def _change(uow: UnitOfWork, file_id: str, **values: Any) -> bool:
    making = (col(PreparedFile.id) == file_id) & (col(PreparedFile.state) == PreparedState.MAKING)
    done = uow.session.execute(update(PreparedFile).where(making).values(**values, step_at=now()))
    return cast(CursorResult[Any], done).rowcount == 1
