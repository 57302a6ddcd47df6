"""Where a move that waits for its visa stands, as its clause goes on without it. Source: product R16."""

from dataclasses import dataclass
from enum import StrEnum

from negotiation.rules.lifecycle import Play, Reason, Situation, obstacle
from negotiation.rules.vocabulary import Role

DECIDING_ROLES = (Role.NEGOTIATOR, Role.SIGNATORY, Role.PARTY_ADMINISTRATOR)
"""Roles whose visa a party may ask, in the order in which pages offer them."""


class Standing(StrEnum):
    READY = "ready"
    """The visa makes it leave."""
    TO_REDO = "to_redo"
    """Another text stands than the one that was on the screen: it is « à reprendre »."""
    CLOSED = "closed"
    """The clause no longer takes it: it can only be cancelled."""


@dataclass(frozen=True)
class Place:
    """`reason`: why a closed one can't leave; None for a frozen contract."""

    standing: Standing
    reason: Reason | None = None


def place_of(at: Situation, asked: Play) -> Place:
    """`asked` names the version and the fingerprint that were on the screen, both None for nothing."""
    if reason := obstacle(at, asked):
        return Place(Standing.CLOSED, reason)
    current = (at.current.number, at.current.fingerprint) if at.current else (None, None)
    return Place(Standing.READY if current == (asked.version, asked.fingerprint) else Standing.TO_REDO)
