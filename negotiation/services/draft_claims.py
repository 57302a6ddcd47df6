"""Whether people whose updates are stored still are who they were when they sat down at the draft."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlmodel import col

from negotiation.drafting.updates import Claim
from negotiation.rules.paris import paris_day
from negotiation.store.people import Member, SigninSession

_SITTING: Any = (
    select(
        col(SigninSession.id),
        col(Member.id).label("member_id"),
        col(Member.rights),
        col(Member.ends_on),
        col(SigninSession.expires_at),
    )
    .join(Member, col(Member.person_id) == col(SigninSession.person_id))
    .where(
        col(SigninSession.id).in_(bindparam("sessions", expanding=True)),
        col(Member.id).in_(bindparam("members", expanding=True)),
        col(SigninSession.ended_at).is_(None),
        col(Member.left_at).is_(None),
    )
)


@dataclass(frozen=True)
class Tenure:
    """How long a claim holds of itself: the session's end, the member's last day."""

    expires_at: datetime
    ends_on: date | None

    def lasts(self, moment: datetime) -> bool:
        return moment < self.expires_at and (self.ends_on is None or paris_day(moment) <= self.ends_on)


def tenures(connection: Connection, claims: Set[Claim]) -> dict[Claim, Tenure]:
    """Of the claims that stand: open session, a member who sits with the rights he had."""
    asked = {
        "sessions": sorted({claim.session_id for claim in claims}),
        "members": sorted({claim.member_id for claim in claims}),
    }
    found = {
        Claim(row.id, row.member_id, tuple(row.rights)): Tenure(row.expires_at, row.ends_on)
        for row in connection.execute(_SITTING, asked)
    }
    return {claim: found[claim] for claim in claims & found.keys()}
