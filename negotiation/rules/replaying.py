"""A clause told again by its shared moves, up to any of them: what the lifecycle made of each. Pure.

The moves were possible when they were played: nothing is refused here. Most of a long history can be left out: a text
puts the count of who stands behind it at nought, so that nothing before the last text counts but the reserves, unless
somebody had asked what all must consent to, or taken a text back (`LASTING`): then all counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from negotiation.rules.lifecycle_effects import EFFECTS
from negotiation.rules.situation import Origin, Play, Situation
from negotiation.rules.vocabulary import CONSENT_TO, TALK_MOVES, TEXT_MOVES, ClauseState, Move

RESERVES = frozenset({Move.RESERVE, Move.RESERVE_LIFTED, Move.RESERVE_MAINTAINED})
"""Moves whose effect outlives the text on the table, whatever that text was."""
ANSWERS = frozenset({Move.ACCEPTANCE, Move.REJECTION})
"""Moves that the next text puts at nought."""
LASTING = frozenset(Move) - TALK_MOVES - TEXT_MOVES - RESERVES - ANSWERS
"""Moves whose effect outlives the text on the table, and depends on it."""


@dataclass(frozen=True)
class Step:
    """A shared move. `version`: id of the text that it tables, `author` its author (None: table commune). `parties`:
    who would be concerned, where it asks for that."""

    id: str
    move: Move
    party: str
    at: datetime
    version: str | None = None
    author: str | None = None
    fingerprint: str = ""
    parties: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Told:
    """Where a clause stands after some moves. `tabled`, `agreed`: ids of the version on the table and of the one last
    agreed; `reserves`: by party id, the move that stated the reserve; `moved_at`: when it last moved."""

    situation: Situation
    tabled: str | None = None
    agreed: str | None = None
    reserves: Mapping[str, str] = field(default_factory=dict)
    moved_at: datetime | None = None


def told_by(start: Situation, steps: Iterable[Step], *, agreed: str | None = None) -> Told:
    """The clause after these moves, in their order; talk changes nothing. `agreed`: the version with which it began, of
    a clause that was agreed elsewhere."""
    told = Told(start, tabled=agreed if start.current else None, agreed=agreed)
    for step in steps:
        if step.move not in TALK_MOVES:
            told = _after(told, step)
    return told


def _after(told: Told, step: Step) -> Told:
    before = told.situation
    if step.move in CONSENT_TO and before.request is None:
        return told
    seen = before.current
    play = Play(
        step.move,
        step.party,
        version=seen.number if seen and step.move not in TEXT_MOVES else None,
        fingerprint=step.fingerprint if step.move in TEXT_MOVES else seen.fingerprint if seen else None,
        origin=Origin.PARTY if step.author else Origin.TABLE_COMMUNE,
        parties=step.parties,
    )
    after = EFFECTS[step.move](before, play).situation
    tabled = step.version if step.move in TEXT_MOVES else told.tabled if after.current else None
    agreed = told.agreed
    if after.state is ClauseState.AGREED and before.state is not ClauseState.AGREED:
        agreed, after = tabled, replace(after, was_agreed=True)
    stated = {step.party: step.id} if step.move is Move.RESERVE else {}
    alive = after.open_reserves | after.maintained_reserves
    reserves = {party: move for party, move in {**told.reserves, **stated}.items() if party in alive}
    return Told(after, tabled, agreed, reserves, step.at)
