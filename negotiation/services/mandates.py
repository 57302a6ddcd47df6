"""A party's private mandate on a clause: set it, and know before a move leaves whether it goes outside."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import MessageTooLong, WrongValue
from negotiation.events import Event, Kind
from negotiation.rules import mandate as rules
from negotiation.rules.clause_text import canonical_markdown, readable_text
from negotiation.rules.mandate import Breach
from negotiation.rules.policy import Actor
from negotiation.rules.values import canonical_value
from negotiation.rules.vocabulary import TEXT_MOVES, Action, Circle, ValueKind
from negotiation.services.access import require
from negotiation.services.discussing import LONGEST_MESSAGE
from negotiation.services.moves import open_clause
from negotiation.services.orders import Order
from negotiation.store.columns import now
from negotiation.store.contract import Clause
from negotiation.store.exchange import Version
from negotiation.store.inside import Mandate
from negotiation.store.queries.visibility import visible
from negotiation.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Terms:
    """A mandate as somebody enters it. `floor`, `ceiling`: as the clause's value is typed; empty for none."""

    floor: object = None
    ceiling: object = None
    fallback: str = ""
    leeway: str = ""


def set_mandate(uow: UnitOfWork, actor: Actor, clause_id: str, terms: Terms) -> None:
    """Set, change, or take away with empty terms, the mandate of the actor's party on a clause.

    Raises NotFound, NotAllowed, Frozen, WrongValue (kind `mandate` when the floor stands above the ceiling),
    UnreadableText, MessageTooLong.
    """
    circle = Circle.inside(actor.party_id)
    clause = open_clause(uow, actor, clause_id)
    require(actor, Action.SET_MANDATE, circle=circle)
    given = _canonical(clause, terms)
    row = _row(uow, actor, clause_id)
    if given.is_empty and row is not None:
        uow.session.delete(row)
    elif not given.is_empty:
        row = row or Mandate(
            negotiation_id=actor.negotiation_id,
            party_id=actor.party_id,
            circle=str(circle),
            clause_id=clause_id,
            member_id=actor.member_id,
        )
        row.floor, row.ceiling, row.fallback, row.leeway = given.floor, given.ceiling, given.fallback, given.leeway
        row.member_id, row.set_at = actor.member_id, now()
        uow.session.add(row)
    facts = {
        "clause": clause_id,
        "floor": given.floor,
        "ceiling": given.ceiling,
        "fallback": given.fallback,
        "leeway": given.leeway,
    }
    mandate_set = Event(Kind.MANDATE_SET, actor.negotiation_id, circle, actor.key, facts)
    uow.record(replace(mandate_set, clause_id=clause_id, part_id=clause.part_id))


def breaches_of(uow: UnitOfWork, actor: Actor, clause_id: str, order: Order) -> tuple[Breach, ...]:
    """What the value of a proposal, or of the version to accept, goes beyond in the mandate of the actor's party.

    `order.value` is raw, as pages give it. Raises WrongValue, UnreadableText.
    """
    row = _row(uow, actor, clause_id)
    clause = uow.session.get(Clause, clause_id) if row else None
    if row is None or clause is None:
        return ()
    mandate = rules.Mandate(clause.value_kind, row.floor, row.ceiling)
    return rules.outside(mandate, _at_stake(uow, clause, order))


def _at_stake(uow: UnitOfWork, clause: Clause, order: Order) -> Any:
    if order.move in TEXT_MOVES:
        return canonical_value(order.value, clause.value_kind)
    current = uow.session.get(Version, clause.current_version_id) if clause.current_version_id else None
    return current.value if current else None


def _canonical(clause: Clause, terms: Terms) -> rules.Mandate:
    for words in (terms.fallback, terms.leeway):
        if len(words) > LONGEST_MESSAGE:
            raise MessageTooLong(limit=LONGEST_MESSAGE, length=len(words))
    kind = clause.value_kind
    is_ordered = kind in rules.ORDERED
    given = rules.Mandate(
        kind=kind if is_ordered else ValueKind.NONE,
        floor=canonical_value(terms.floor, kind) if is_ordered else None,
        ceiling=canonical_value(terms.ceiling, kind) if is_ordered else None,
        fallback=canonical_markdown(terms.fallback),
        leeway=readable_text(terms.leeway),
    )
    if rules.crossed(given):
        raise WrongValue(kind="mandate", given="")
    return given


def _row(uow: UnitOfWork, actor: Actor, clause_id: str) -> Mandate | None:
    query = select(Mandate).where(
        col(Mandate.party_id) == actor.party_id, col(Mandate.clause_id) == clause_id, visible(Mandate.circle, actor)
    )
    row: Mandate | None = uow.session.execute(query).scalar_one_or_none()
    return row
