"""The frozen version in force: the one that was not voided. Whoever means « the contract as frozen » asks here."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import defer
from sqlmodel import Session, col

from negotiation.errors import VersionVoided
from negotiation.store.record import FrozenVersion, VoidedVersion


def is_in_force() -> ColumnElement[bool]:
    """A condition on FrozenVersion."""
    return col(FrozenVersion.id).not_in(select(col(VoidedVersion.frozen_version_id)))


def version_in_force(session: Session, negotiation_id: str) -> FrozenVersion | None:
    """Its text and bytes are read when they are asked for; None before the gel, and while it is reopened."""
    query = (
        select(FrozenVersion)
        .where(col(FrozenVersion.negotiation_id) == negotiation_id, is_in_force())
        .order_by(col(FrozenVersion.frozen_at).desc())
        .limit(1)
    )
    light = defer(FrozenVersion.pdf), defer(FrozenVersion.content)  # type: ignore[arg-type]
    found: FrozenVersion | None = session.execute(query.options(*light)).scalar_one_or_none()
    return found


def voided_row(session: Session, version_id: str) -> VoidedVersion | None:
    query = select(VoidedVersion).where(col(VoidedVersion.frozen_version_id) == version_id)
    found: VoidedVersion | None = session.execute(query).scalar_one_or_none()
    return found


def refuse_voided(session: Session, version_id: str) -> None:
    """Raises VersionVoided."""
    if voided_row(session, version_id) is not None:
        raise VersionVoided()
