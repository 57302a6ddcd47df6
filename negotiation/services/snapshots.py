"""What a proposal takes from a live draft: the clause's text at that moment, and who wrote it.

Frozen with the move that tables it, and in its entry of the history: whoever answers knows which parties wrote which
words. Source: live-drafting.md, decisions 4 and 5.
"""

from dataclasses import dataclass

from negotiation.drafting.authorship import Run, shares
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, Circle
from negotiation.services.crediting import written_in
from negotiation.services.drafting import DraftSide, circle_of_side, snapshot_text
from negotiation.store.contract import Clause
from negotiation.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Snapshot:
    """`written`: (party id or None, words) in a row; empty from a private draft, or when nobody wrote anything.
    `draft`: the circle of the draft; None for a text that was typed elsewhere."""

    text: str
    written: tuple[Run, ...] = ()
    draft: Circle | None = None


def snapshot(uow: UnitOfWork, actor: Actor, clause_id: str, *, side: str) -> Snapshot:
    """The clause in a draft, as stored now. Raises NotFound, InvalidInput."""
    text = snapshot_text(uow, actor, clause_id, side=side)
    if side != DraftSide.COMMUNE:
        return Snapshot(text, draft=circle_of_side(actor, side))
    written = written_in(uow, uow.session.get_one(Clause, clause_id), text)
    return Snapshot(text, written if any(shares(written).keys()) else (), draft=SHARED)
