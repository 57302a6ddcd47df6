"""What a frozen version is called: by its contract's count, or by its avenant's number."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.rules.amendment import version_number
from negotiation.store.contract import Negotiation
from negotiation.store.queries.amendments import amendment_row
from negotiation.store.record import FrozenVersion


@dataclass(frozen=True)
class Mark:
    """What a frozen version is called: its label is printed and sealed, its number is unique in the negotiation."""

    label: str
    number: str


def next_mark(session: Session, negotiation: Negotiation) -> Mark:
    """What the next gel is called. A version that was voided keeps its number: v1.0, then v1.1, v1.2…; an avenant's are
    A1, then A1.1, by its own number."""
    made = select(func.count()).where(col(FrozenVersion.negotiation_id) == negotiation.id)
    before = session.execute(made).scalar_one()
    amendment = amendment_row(session, negotiation.id)
    number = version_number(amendment.number, before) if amendment else f"v1.{before}"
    return Mark(label=number, number=number)
