"""The engagements of a contract from where they started to what was observed: what an evaluation speaks of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor, as_anybody
from negotiation.rules.reviews import Against, Noted, Standing, against, spent
from negotiation.rules.vocabulary import ClauseState, PartKind, ValueKind
from negotiation.store.contract import Part
from negotiation.store.queries.amended import Amended, added_for, added_years_of
from negotiation.store.queries.clauses import ClauseCard, engagements_without_trails, with_trails
from negotiation.store.queries.observed import Observed, observed_values, realised_values
from negotiation.store.queries.readings import Section, sections_of
from negotiation.store.queries.reviews import planned_actions
from negotiation.store.queries.visibility import on_the_table

_LEAST_SURE = (Standing.CONTESTED, Standing.PROPOSED, Standing.VALIDATED, Standing.DECLARED)


@dataclass(frozen=True)
class Evaluated:
    """An engagement, agreed. `baseline`, `observed`: of its indicator, or what was realised of its funding line;
    `noted`: the last word on its action; None where there is none. `since`: the first of the years that `observed`
    sums. `reading`: the observed value against the step of its year, else against what was agreed. `promised`, `seen`:
    the same year by year, with where it started."""

    card: ClauseCard
    key: str
    baseline: Any = None
    baseline_year: str = ""
    observed: Observed | None = None
    noted: Noted | None = None
    reading: Against | None = None
    since: int | None = None
    promised: Mapping[int, Any] = made_by(default_factory=dict)
    seen: Mapping[int, Any] = made_by(default_factory=dict)

    @property
    def name(self) -> str:
        return ", ".join(each for each in (self.card.code, self.card.label) if each)

    @property
    def agreed(self) -> Any:
        return self.card.agreed_value

    @property
    def observed_value(self) -> Any:
        """As its kind of value is kept: cents for an amount."""
        if self.observed is None or self.card.value_kind is not ValueKind.AMOUNT:
            return self.observed.value if self.observed else None
        return int(self.observed.value)

    @property
    def observed_years(self) -> str:
        """« 2026 », « 2024-2026 » for a sum."""
        if self.observed is None:
            return ""
        last = self.observed.year
        return str(last) if self.since in (None, last) else f"{self.since}-{last}"


def evaluated_of(session: Session, actor: Actor) -> tuple[Evaluated, ...]:
    """Every engagement that wasn't withdrawn, by code; only what everybody reads, whoever asks."""
    anybody = as_anybody(actor)
    cards = [each for each in engagements_without_trails(session, anybody) if each.state is not ClauseState.WITHDRAWN]
    cards.sort(key=lambda card: (card.code == "", card.code, card.label, card.id))
    indicators = {each.id: each for each in sections_of(session, anybody, PartKind.INDICATOR)}
    observed = observed_values(session, anybody, anybody.negotiation_id)
    actions = {each.part_id: each.last for each in planned_actions(session, anybody)}
    lines = {each.id: each for each in sections_of(session, anybody, PartKind.FUNDING_LINE)}
    realised = realised_values(session, anybody)
    added = added_for(session, anybody)
    found = []
    for card, key in zip(with_trails(session, tuple(cards)), _keys(cards), strict=True):
        if line := lines.get(card.part_id):
            later = _added(added, line.id, "amounts")
            found.append(_of_line(card, key, line, realised.get(line.id, ()), later))
        else:
            seen, noted = observed.get(card.part_id, ()), actions.get(card.part_id)
            later = _added(added, card.part_id, "targets")
            found.append(_evaluated(card, key, indicators.get(card.part_id), seen, noted, later))
    return tuple(found)


def objectives_of(session: Session, actor: Actor) -> dict[str, str]:
    """Of each part below a strategic objective, the words of that objective (« 1 Retrouver l’activité »), those of the
    first objective first. An article is below none."""
    columns = (Part.id, Part.parent_id, Part.kind, Part.code, Part.title)
    query = (
        select(*(col(column) for column in columns))
        .where(col(Part.negotiation_id) == actor.negotiation_id, on_the_table(Part.circle))
        .order_by(col(Part.position), col(Part.id))
    )
    parts = {row.id: row for row in session.execute(query)}
    strategic = [row.id for row in parts.values() if row.kind is PartKind.STRATEGIC_OBJECTIVE]
    found: dict[str, dict[str, str]] = {objective: {} for objective in strategic}
    for part_id in parts:
        row = parts[part_id]
        while row.kind is not PartKind.STRATEGIC_OBJECTIVE and row.parent_id in parts:
            row = parts[row.parent_id]
        if row.kind is PartKind.STRATEGIC_OBJECTIVE:
            found[row.id][part_id] = f"{row.code} {row.title}".strip()
    return {part_id: words for below in found.values() for part_id, words in below.items()}


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
    card: ClauseCard,
    key: str,
    indicator: Section | None,
    values: tuple[Observed, ...],
    noted: Noted | None,
    later: dict[int, Any],
) -> Evaluated:
    """`later`: the steps of the years that avenants added."""
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
        reading=_reading(card, indicator, last, later) if last else None,
        promised=_started(indicator) | _yearly(indicator.by_year("targets")) | later,
        seen={each.year: each.value for each in values},
    )


def _started(indicator: Section) -> dict[int, Any]:
    year = str(indicator.value("baseline.year"))
    return {int(year): indicator.value("baseline.value")} if year.isascii() and year.isdecimal() else {}


def _yearly(cells: Mapping[str, ClauseCard]) -> dict[int, Any]:
    return {int(year): cell.value for year, cell in cells.items() if year.isascii() and year.isdecimal()}


def _added(added: dict[tuple[str, str], Amended], part_id: str, stem: str) -> dict[int, Any]:
    return {int(year): found.value for year, found in added_years_of(added, part_id, stem).items()}


def _of_line(
    card: ClauseCard, key: str, line: Section, realised: tuple[Observed, ...], later: dict[int, Any]
) -> Evaluated:
    """Money: the last year that it promises, else the sum of the years, which reads against the whole once all are
    told. What avenants added (`later`) is shown, and is no part of what the contract agreed."""
    if card.value_kind is not ValueKind.AMOUNT:
        return Evaluated(card, key)
    amounts = line.by_year("amounts")
    evaluated = Evaluated(
        card=card, key=key, promised=_yearly(amounts) | later, seen={each.year: int(each.value) for each in realised}
    )
    own = {year for year, cell in amounts.items() if cell.follows_id == card.id}
    told = [each for each in realised if each.year not in later and (not own or str(each.year) in own)]
    if not told:
        return evaluated
    last = told[-1]
    if own:
        return replace(evaluated, observed=last, reading=spent(int(last.value), card.agreed_value))
    total = sum(int(each.value) for each in told)
    worth = min((each.standing for each in told), key=_LEAST_SURE.index)
    is_whole = {str(each.year) for each in told} >= {year for year, cell in amounts.items() if cell.value}
    return replace(
        evaluated,
        observed=Observed(last.year, str(total), worth),
        reading=spent(total, card.agreed_value) if is_whole else None,
        since=told[0].year,
    )


def _reading(card: ClauseCard, indicator: Section, seen: Observed, later: dict[int, Any]) -> Against | None:
    step = indicator.by_year("targets").get(str(seen.year))
    promised = step.value if step else later.get(seen.year)
    aim = promised if promised is not None else card.agreed_value
    return against(seen.value, aim, direction=indicator.value("direction"), unit=card.unit)
