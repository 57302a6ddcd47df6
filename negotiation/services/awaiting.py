"""The gestures at the end of the road that wait for one person: to ask for the gel, to sign, to reopen, to close an
avenant. The one table of them: the home page and the mails read it, so that none is in one and not in the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from negotiation.rules.policy import Actor
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.store.queries.gate import open_points
from negotiation.store.queries.waiting import closings_due, freezes_asked, reopenings_due, signatures_due


class LastGesture(StrEnum):
    SIGN = "sign"
    FREEZE = "freeze"
    REOPEN = "reopen"
    CLOSE = "close"


@dataclass(frozen=True)
class Due:
    """`label`: of the version; `number`: of the avenant. `party_id`, `motive`: who asks and why; "" for a signature,
    and no motive for a gel. `since`: when it was asked; None when nothing says."""

    gesture: LastGesture
    negotiation_id: str
    since: datetime | None
    label: str = ""
    number: int = 0
    party_id: str = ""
    motive: str = ""


def last_gestures_due(session: Session, actors: Iterable[Actor]) -> tuple[Due, ...]:
    """By gesture, the oldest first: each is gone once this person's party has answered."""
    listed = tuple(actors)
    return (
        *(
            Due(LastGesture.SIGN, each.negotiation_id, each.since, label=each.label)
            for each in signatures_due(session, listed)
        ),
        *_freezes(session, listed),
        *(
            Due(
                LastGesture.REOPEN,
                each.negotiation_id,
                each.since,
                label=each.label,
                party_id=each.party_id,
                motive=each.motive,
            )
            for each in reopenings_due(session, listed)
        ),
        *(
            Due(
                LastGesture.CLOSE,
                each.negotiation_id,
                each.since,
                number=each.number,
                party_id=each.party_id,
                motive=each.motive,
            )
            for each in closings_due(session, listed)
        ),
    )


def _freezes(session: Session, actors: Iterable[Actor]) -> Iterable[Due]:
    """Only what is asked of the text as it stands, while nothing keeps it open: the contract is read where somebody
    asks, nowhere else."""
    for each in freezes_asked(session, actors):
        if open_points(session, each.negotiation_id):
            continue
        current = contract_as_it_stands(session, each.negotiation_id).content_hash
        first = next(((party, at) for party, content_hash, at in each.requests if content_hash == current), None)
        if first:
            yield Due(LastGesture.FREEZE, each.negotiation_id, first[1], party_id=first[0])
