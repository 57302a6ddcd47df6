"""What was observed of the indicators, year by year: what a file declares, and what the dialogues de gestion hold."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.rules.reviews import Field, Standing, standing_of
from negotiation.rules.vocabulary import Move, PartKind
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.following import Observation
from negotiation.store.queries.clauses import ABOUT
from negotiation.store.queries.visibility import visible
from negotiation.store.reviews import Review

__all__ = ["Observed", "Standing", "contesting", "observed_values", "realised_values"]


@dataclass(frozen=True)
class Observed:
    """The value of an indicator for a year: a decimal string; cents for what was realised of a funding line.

    `party_id`: who proposes it, None for a declared value; `clause_id`: where it is discussed, None for a declared one.
    """

    year: int
    value: str
    standing: Standing
    party_id: str | None = None
    clause_id: str | None = None


def observed_values(session: Session, actor: Actor, negotiation_id: str) -> Mapping[str, tuple[Observed, ...]]:
    """By indicator (part id), by year; nothing of another table than the actor's. A year that a dialogue speaks of has
    the value of the dialogue last, after the declared one."""
    if negotiation_id != actor.negotiation_id:
        return {}
    found: dict[str, list[Observed]] = defaultdict(list)
    for part_id, observed in (*_declared(session, actor), *_in_dialogues(session, actor, Field.OBSERVED)):
        found[part_id].append(observed)
    return {part_id: tuple(sorted(values, key=lambda each: each.year)) for part_id, values in found.items()}


def realised_values(session: Session, actor: Actor) -> Mapping[str, tuple[Observed, ...]]:
    """What the dialogues say was realised of each funding line (part id), by year, in cents; a file declares none."""
    found: dict[str, list[Observed]] = defaultdict(list)
    for part_id, realised in _in_dialogues(session, actor, Field.REALISED):
        found[part_id].append(realised)
    return {part_id: tuple(sorted(values, key=lambda each: each.year)) for part_id, values in found.items()}


def contesting(session: Session, actor: Actor, part_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """By clause of these parts, the parties that contest what stands: they refused this version and aren't behind it,
    or have a reserve open on it. Only clauses that somebody contests."""
    refusing: dict[str, set[str]] = defaultdict(set)
    parts = sorted(part_ids)
    query = (
        select(col(MoveRow.clause_id), col(MoveRow.party_id))
        .join(Clause, col(Clause.id) == MoveRow.clause_id)
        .where(
            col(Clause.part_id).in_(parts),
            visible(MoveRow.circle, actor),
            col(MoveRow.type) == Move.REJECTION,
            col(MoveRow.version_id) == Clause.current_version_id,
        )
    )
    for clause_id, party_id in session.execute(query):
        refusing[clause_id].add(party_id)
    standing = select(col(Clause.id), col(Clause.behind), col(Clause.open_reserves)).where(
        col(Clause.part_id).in_(parts), visible(Clause.circle, actor)
    )
    found = {
        clause_id: frozenset(refusing.get(clause_id, set()) - set(behind) | set(reserves))
        for clause_id, behind, reserves in session.execute(standing)
    }
    return {clause_id: parties for clause_id, parties in found.items() if parties}


def _declared(session: Session, actor: Actor) -> list[tuple[str, Observed]]:
    query = (
        select(Observation)
        .join(Part, col(Part.id) == Observation.part_id)
        .where(col(Observation.negotiation_id) == actor.negotiation_id, visible(Part.circle, actor))
    )
    rows = session.execute(query).scalars()
    return [(row.part_id, Observed(row.year, row.value, Standing.DECLARED)) for row in rows]


def _in_dialogues(session: Session, actor: Actor, field: Field) -> list[tuple[str, Observed]]:
    standing = func.coalesce(Clause.current_version_id, Clause.agreed_version_id)
    query = (
        select(Clause, Version, col(Review.year))
        .join(Part, col(Part.id) == Clause.part_id)
        .join(Review, col(Review.part_id) == Part.id)
        .join(Version, col(Version.id) == standing)
        .where(
            col(Clause.negotiation_id) == actor.negotiation_id,
            visible(Clause.circle, actor),
            col(Part.kind) == PartKind.DIALOGUE,
            col(Clause.field).startswith(f"{field}.", autoescape=True),
        )
    )
    rows = session.execute(query).all()
    contested = contesting(session, actor, {clause.part_id for clause, _, _ in rows}) if rows else {}
    found = []
    for clause, version, year in rows:
        is_tabled, against = clause.current_version_id is not None, contested.get(clause.id, frozenset())
        worth = standing_of(clause.state, is_tabled=is_tabled, contested_by=against)
        if worth and version.value is not None:
            value = Observed(year, str(version.value), worth, version.author_party_id, clause.id)
            found.append((str(clause.attributes[ABOUT]), value))
    return found
