"""The views of the board that a member keeps: his alone."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.store.talk import SavedView


@dataclass(frozen=True)
class View:
    """`query`: the question part of the board's address."""

    id: str
    name: str
    query: str


def views_of(session: Session, actor: Actor) -> tuple[View, ...]:
    """By name."""
    query = select(SavedView).where(
        col(SavedView.negotiation_id) == actor.negotiation_id, col(SavedView.member_id) == actor.member_id
    )
    found = [View(row.id, row.name, row.query) for row in session.execute(query).scalars()]
    return tuple(sorted(found, key=lambda view: view.name.casefold()))
