"""Whose signature a frozen version still waits for: in which order, by how many of each party. Pure.

Source: product R21 (several signatories a party, in a free or a fixed order, who may decline).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum


class SigningOrder(StrEnum):
    FREE = "free"
    FIXED = "fixed"
    """One after the other, in the order of the list."""


@dataclass(frozen=True)
class Place:
    """One signatory awaited: the party, and whether he signed or said that he won't."""

    id: str
    party: str
    is_signed: bool = False
    is_declined: bool = False


@dataclass(frozen=True)
class Terms:
    """`every`: the parties of which every signatory signs; one suffices for the others."""

    order: SigningOrder = SigningOrder.FREE
    every: frozenset[str] = frozenset()


def is_complete(places: Collection[Place], terms: Terms, party: str) -> bool:
    """Whether a party has signed, as many times as it must."""
    signed = [place.is_signed for place in places if place.party == party]
    return bool(signed) and (all(signed) if party in terms.every else any(signed))


def is_blocked(places: Collection[Place], terms: Terms, party: str) -> bool:
    """Whether a party can no longer sign unless somebody changes his mind."""
    if is_complete(places, terms, party):
        return False
    declined = [place.is_declined for place in places if place.party == party]
    return any(declined) if party in terms.every else bool(declined) and all(declined)


def awaited(places: Sequence[Place], terms: Terms) -> tuple[Place, ...]:
    """The places that may sign now, of all those given in the order of signature."""
    open_places = [place for place in places if not place.is_signed and not is_complete(places, terms, place.party)]
    if terms.order is SigningOrder.FREE or not open_places:
        return tuple(open_places)
    first = open_places[0]
    if first.party in terms.every:
        return (first,)
    return tuple(place for place in open_places if place.party == first.party)
