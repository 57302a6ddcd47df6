"""What the signed avenants made of a contract's clauses, read beside it: its own rows never change.

An avenant's clause is found again by its part and its field; the last signed avenant counts.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.store.contract import Clause, Negotiation, Part
from negotiation.store.exchange import Version
from negotiation.store.queries.amendments import SIGNED_TEXT, signed_amendments
from negotiation.store.queries.situations import SIGNED
from negotiation.store.queries.visibility import on_the_table

_PLACE = (col(Part.kind), col(Part.key), col(Clause.field))


@dataclass(frozen=True)
class Amended:
    """What a signed avenant made of a clause; `is_added`: the contract had none there, as for a year of a
    prorogation."""

    number: int
    text: str
    value: Any
    is_added: bool = False


def amended_for(session: Session, actor: Actor) -> dict[str, Amended]:
    """By id of the contract's clause."""
    root = session.get_one(Negotiation, actor.negotiation_id)
    by_place = _by_place(session, root)
    if not by_place:
        return {}
    own = _own_places(session, root)
    return {clause_id: by_place[place] for place, clause_id in own.items() if place in by_place}


def added_for(session: Session, actor: Actor) -> dict[tuple[str, str], Amended]:
    """What avenants added to the contract's own parts, by id of the part and field."""
    root = session.get_one(Negotiation, actor.negotiation_id)
    by_place = {place: found for place, found in _by_place(session, root).items() if found.is_added}
    if not by_place:
        return {}
    query = select(col(Part.kind), col(Part.key), col(Part.id)).where(
        col(Part.negotiation_id) == root.id, on_the_table(Part.circle)
    )
    parts = {(row.kind, row.key): row.id for row in session.execute(query)}
    own = _own_places(session, root)
    return {
        (parts[place[:2]], place[2]): found
        for place, found in by_place.items()
        if place not in own and place[:2] in parts
    }


def added_years_of(added: dict[tuple[str, str], Amended], part_id: str, stem: str) -> dict[str, Amended]:
    """Of what `added_for` found, the years of a part: « targets » or « amounts »."""
    dotted = f"{stem}."
    return {
        field.removeprefix(dotted): found
        for (part, field), found in added.items()
        if part == part_id and field.startswith(dotted)
    }


def _own_places(session: Session, root: Negotiation) -> dict[tuple[Any, str, str], str]:
    query = (
        select(col(Clause.id), *_PLACE)
        .join(Part, col(Part.id) == Clause.part_id)
        .where(col(Clause.negotiation_id) == root.id, on_the_table(Clause.circle))
    )
    return {(row.kind, row.key, row.field): row.id for row in session.execute(query)}


def _by_place(session: Session, root: Negotiation) -> dict[tuple[Any, str, str], Amended]:
    """What differs from the text that each avenant started from. A cell added with an engagement shows its value; one
    that was signed before is read at its engagement."""
    numbers = {negotiation.id: row.number for row, negotiation in signed_amendments(session, [root.key])}
    if not numbers:
        return {}
    source = aliased(Clause)
    query = (
        select(
            col(Clause.negotiation_id),
            *_PLACE,
            col(Version.text),
            col(Version.value),
            col(Clause.attributes),
            col(Clause.follows_id),
        )
        .join(Part, col(Part.id) == Clause.part_id)
        .join(source, col(source.id) == func.coalesce(Clause.follows_id, Clause.id))
        .join(Version, col(Version.id) == source.agreed_version_id)
        .where(
            col(Clause.negotiation_id).in_(list(numbers)),
            on_the_table(Clause.circle),
            or_(col(Version.number) > 1, col(Version.motive) != SIGNED_TEXT),
        )
    )
    found: dict[tuple[Any, str, str], Amended] = {}
    for row in sorted(session.execute(query), key=lambda row: numbers[row.negotiation_id]):
        place, signed = (row.kind, row.key, row.field), row.attributes.get(SIGNED)
        if signed is None:
            text = "" if row.follows_id else row.text
            found[place] = Amended(numbers[row.negotiation_id], text, row.value, is_added=True)
        elif not row.follows_id and (signed["text"], signed["value"]) != (row.text, row.value):
            is_added = place in found and found[place].is_added
            found[place] = Amended(numbers[row.negotiation_id], row.text, row.value, is_added=is_added)
    return found
