"""The engagements of a contract from where they started to what was observed: what an evaluation speaks of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from negotiation.rules.policy import Actor, as_anybody
from negotiation.rules.reviews import Against, Noted, against
from negotiation.rules.vocabulary import ClauseState, PartKind
from negotiation.store.queries.clauses import ClauseCard, engagements_without_trails, with_trails
from negotiation.store.queries.observed import Observed, observed_values
from negotiation.store.queries.readings import Section, sections_of
from negotiation.store.queries.reviews import planned_actions


@dataclass(frozen=True)
class Evaluated:
    """An engagement, agreed. `baseline`, `observed`: of its indicator; `noted`: the last word on its action; None where
    there is none. `reading`: the observed value against the step of its year, else against what was agreed."""

    card: ClauseCard
    key: str
    baseline: Any = None
    baseline_year: str = ""
    observed: Observed | None = None
    noted: Noted | None = None
    reading: Against | None = None

    @property
    def name(self) -> str:
        return ", ".join(each for each in (self.card.code, self.card.label) if each)

    @property
    def agreed(self) -> Any:
        return self.card.agreed_value


def evaluated_of(session: Session, actor: Actor) -> tuple[Evaluated, ...]:
    """Every engagement that wasn't withdrawn, by code; only what everybody reads, whoever asks."""
    anybody = as_anybody(actor)
    cards = [each for each in engagements_without_trails(session, anybody) if each.state is not ClauseState.WITHDRAWN]
    cards.sort(key=lambda card: (card.code == "", card.code, card.label, card.id))
    indicators = {each.id: each for each in sections_of(session, anybody, PartKind.INDICATOR)}
    observed = observed_values(session, anybody, anybody.negotiation_id)
    actions = {each.part_id: each.last for each in planned_actions(session, anybody)}
    return tuple(
        _evaluated(card, key, indicators.get(card.part_id), observed.get(card.part_id, ()), actions.get(card.part_id))
        for card, key in zip(with_trails(session, tuple(cards)), _keys(cards), strict=True)
    )


def by_clause(evaluated: Iterable[Evaluated]) -> Mapping[str, Evaluated]:
    return {each.card.id: each for each in evaluated}


def _keys(cards: Iterable[ClauseCard]) -> list[str]:
    """The codes, as fields of clauses are named; the id of an engagement that has none, or that of another."""
    keys: list[str] = []
    for card in cards:
        code = card.code.lower()
        keys.append(code if code and code not in keys else card.id)
    return keys


def _evaluated(
    card: ClauseCard, key: str, indicator: Section | None, values: tuple[Observed, ...], noted: Noted | None
) -> Evaluated:
    if indicator is None:
        return Evaluated(card, key, noted=noted)
    year = indicator.value("baseline.year")
    last = values[-1] if values else None
    return Evaluated(
        card=card,
        key=key,
        baseline=indicator.value("baseline.value"),
        baseline_year="" if year is None else str(year),
        observed=last,
        reading=_reading(card, indicator, last) if last else None,
    )


def _reading(card: ClauseCard, indicator: Section, seen: Observed) -> Against | None:
    step = indicator.by_year("targets").get(str(seen.year))
    aim = step.value if step and step.value is not None else card.agreed_value
    return against(seen.value, aim, direction=indicator.value("direction"), unit=card.unit)
