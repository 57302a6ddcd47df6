"""SMART help: what an objective or a fiche still needs to be specific, measurable, achievable, relevant, time-bound.

It helps to write and never blocks. Facts only: the French words belong to one macro per `Lack`. Source: domain
reference 5.3 to 5.5, phase 3 « SMART ».
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from negotiation.rules.checks_facts import (
    ContractFacts,
    FicheFacts,
    IndicatorFacts,
    OperationalObjectiveFacts,
    StrategicObjectiveFacts,
)


class Smart(StrEnum):
    """In the order of the word."""

    SPECIFIC = "specific"
    MEASURABLE = "measurable"
    ACHIEVABLE = "achievable"
    RELEVANT = "relevant"
    TIME_BOUND = "time_bound"


class Lack(StrEnum):
    """What is missing, named after the field to fill where there is one."""

    DESCRIPTION = "description"
    TARGET_PUBLIC = "target_public"
    ESSMS = "essms_ids"
    FICHE = "fiche_action_ids"
    INDICATOR = "indicator_ids"
    BASELINE = "baseline"
    TARGETS = "targets"
    SOURCE = "source"
    MEANS = "means"
    """Neither human nor material ones."""
    FUNDING_LINE = "financial_line_ids"
    """Not even one at 0."""
    PILOT = "pilot"
    CONTEXT = "context"
    FINDING = "finding_ids"
    DUE_DATE = "due_date"
    STEP = "steps"
    STEP_DATE = "step_date"
    SMART_SPECIFIC = "smart.specific"
    SMART_MEASURABLE = "smart.measurable"
    SMART_ACHIEVABLE = "smart.achievable"
    SMART_RELEVANT = "smart.relevant"
    SMART_TIME_BOUND = "smart.time_bound"


@dataclass(frozen=True)
class Missing:
    """`about`: id of the part where to write it: the fiche, one of its indicators, an objective."""

    lack: Lack
    about: str
    which: str = ""
    """The step (« 2 ») or the years (« 2027 2028 ») when there are several."""


@dataclass(frozen=True)
class SmartGap:
    letter: Smart
    missing: tuple[Missing, ...]


def smart(item: FicheFacts | OperationalObjectiveFacts, facts: ContractFacts) -> tuple[SmartGap, ...]:
    """The letters that lack something, in the order of the word; empty for what is SMART."""
    found = list(_of_fiche(item, facts) if isinstance(item, FicheFacts) else _of_objective(item, facts))
    by_letter = {letter: tuple(missing for at, missing in found if at is letter) for letter in Smart}
    return tuple(SmartGap(letter, missing) for letter, missing in by_letter.items() if missing)


Found = Iterator[tuple[Smart, Missing]]


def _of_fiche(fiche: FicheFacts, facts: ContractFacts) -> Found:
    needed = (
        (Smart.SPECIFIC, Lack.DESCRIPTION, fiche.description),
        (Smart.SPECIFIC, Lack.TARGET_PUBLIC, fiche.target_public),
        (Smart.SPECIFIC, Lack.ESSMS, fiche.essms_ids),
        (Smart.MEASURABLE, Lack.INDICATOR, facts.indicators_of(fiche)),
        (Smart.ACHIEVABLE, Lack.MEANS, fiche.human_means or fiche.material_means),
        (Smart.ACHIEVABLE, Lack.FUNDING_LINE, facts.lines_of(fiche)),
        (Smart.ACHIEVABLE, Lack.PILOT, fiche.pilot),
        (Smart.RELEVANT, Lack.CONTEXT, fiche.context),
        (Smart.TIME_BOUND, Lack.DUE_DATE, fiche.due_date),
        (Smart.TIME_BOUND, Lack.STEP, fiche.steps),
    )
    for letter, lack, given in needed:
        if not given:
            yield letter, Missing(lack, fiche.id)
    for indicator in facts.indicators_of(fiche):
        yield from _of_indicator(indicator, facts)
    objective = next((one for one in facts.operational_objectives if one.id == fiche.operational_objective_id), None)
    if objective:
        yield from _unfounded(_strategic_of(objective, facts))
    for step in fiche.steps:
        if not step.due:
            yield Smart.TIME_BOUND, Missing(Lack.STEP_DATE, fiche.id, step.n)


def _of_indicator(indicator: IndicatorFacts, facts: ContractFacts) -> Found:
    if indicator.baseline.value is None or not indicator.baseline.year:
        yield Smart.MEASURABLE, Missing(Lack.BASELINE, indicator.id)
    given = {year for year, _ in indicator.targets_given()}
    years = " ".join(year for year in facts.years() if year not in given)
    if years or not given:
        yield Smart.MEASURABLE, Missing(Lack.TARGETS, indicator.id, years)
    if not indicator.source:
        yield Smart.MEASURABLE, Missing(Lack.SOURCE, indicator.id)


def _of_objective(objective: OperationalObjectiveFacts, facts: ContractFacts) -> Found:
    said, fiches = objective.smart, facts.fiches_of(objective.id)
    strategic = _strategic_of(objective, facts)
    needed = (
        (Smart.SPECIFIC, Lack.SMART_SPECIFIC, said.specific),
        (Smart.MEASURABLE, Lack.SMART_MEASURABLE, said.measurable),
        (Smart.MEASURABLE, Lack.INDICATOR, not fiches or any(facts.indicators_of(fiche) for fiche in fiches)),
        (Smart.ACHIEVABLE, Lack.SMART_ACHIEVABLE, said.achievable),
        (Smart.ACHIEVABLE, Lack.FICHE, fiches),
        (Smart.RELEVANT, Lack.SMART_RELEVANT, said.relevant),
        (Smart.TIME_BOUND, Lack.SMART_TIME_BOUND, said.time_bound),
        (Smart.TIME_BOUND, Lack.DUE_DATE, not fiches or any(fiche.due_date for fiche in fiches)),
    )
    if strategic and not strategic.essms_ids and not any(fiche.essms_ids for fiche in fiches):
        yield Smart.SPECIFIC, Missing(Lack.ESSMS, strategic.id)
    for letter, lack, given in needed:
        if not given:
            yield letter, Missing(lack, objective.id)
    yield from _unfounded(strategic)


def _strategic_of(objective: OperationalObjectiveFacts, facts: ContractFacts) -> StrategicObjectiveFacts | None:
    return next((one for one in facts.strategic_objectives if one.id == objective.strategic_objective_id), None)


def _unfounded(strategic: StrategicObjectiveFacts | None) -> Found:
    """Findings belong to the strategic objective: that is where the link is made."""
    if strategic and not strategic.finding_ids:
        yield Smart.RELEVANT, Missing(Lack.FINDING, strategic.id)
