"""What each point of vigilance asks of one item: the facts to show when it holds, None when all is well.

The table that names them is in `checks.py`. Facts are ids, codes, numbers and dates, never a sentence.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise

from negotiation.rules.checks_facts import (
    ContractFacts,
    DatumFacts,
    EssmsFacts,
    FicheFacts,
    FindingFacts,
    IncompleteFacts,
    IndicatorFacts,
    LineFacts,
    OperationalObjectiveFacts,
    StrategicObjectiveFacts,
)

Detail = Mapping[str, object]
_RISE = {"up": 1, "down": -1}
_MONTHS_A_YEAR = 12


# ---------------------------------------------------------------------- the contract


def lasts_too_long(facts: ContractFacts, contract: ContractFacts) -> Detail | None:
    if not contract.years() or contract.contract_end < _later(contract.contract_start, years=contract.caps.years):
        return None
    return {**_period(contract), "cap": contract.caps.years}


def lasts_too_long_extended(facts: ContractFacts, contract: ContractFacts) -> Detail | None:
    if not contract.years():
        return None
    extended = _later(contract.contract_end, months=contract.extension_months_max)
    if extended < _later(contract.contract_start, years=contract.caps.years_with_extension):
        return None
    months = contract.extension_months_max
    return {**_period(contract), "extension_months_max": months, "cap": contract.caps.years_with_extension}


def ends_before_it_starts(facts: ContractFacts, contract: ContractFacts) -> Detail | None:
    dated = contract.contract_start and contract.contract_end
    return _period(contract) if dated and contract.contract_start > contract.contract_end else None


def has_targets_outside(facts: ContractFacts, indicator: IndicatorFacts) -> Detail | None:
    return _outside(facts, [year for year, _ in indicator.targets_given()])


def has_amounts_outside(facts: ContractFacts, line: LineFacts) -> Detail | None:
    return _outside(facts, [year for year, cents in line.amounts.items() if cents])


def misses_sections(facts: ContractFacts, contract: ContractFacts) -> Detail | None:
    written = [(one.section, one.code, one.title) for one in contract.articles if one.markdown.strip()]
    return _absent("sections", contract.required.sections, among=written)


def misses_axes(facts: ContractFacts, contract: ContractFacts) -> Detail | None:
    named = [(one.theme, one.title) for one in contract.strategic_objectives]
    return _absent("axes", contract.required.axes, among=named)


def misses_indicators(facts: ContractFacts, contract: ContractFacts) -> Detail | None:
    named = [(one.code, one.reference, one.title) for one in contract.indicators]
    return _absent("indicators", contract.required.indicators, among=named)


def measures_activity_too_thinly(facts: ContractFacts, contract: ContractFacts) -> Detail | None:
    of_activity = tuple(one.id for one in contract.indicators if one.kind == "activite")
    fewest = contract.required.activity_indicators
    return {"indicator_ids": of_activity, "fewest": fewest} if 0 < len(of_activity) < fewest else None


def has_many_indicators(facts: ContractFacts, contract: ContractFacts) -> Detail | None:
    return _over(len(contract.indicators), contract.caps.indicators)


def has_many_strategic(facts: ContractFacts, contract: ContractFacts) -> Detail | None:
    return _over(len(contract.strategic_objectives), contract.caps.strategic_objectives)


def has_many_operational(facts: ContractFacts, contract: ContractFacts) -> Detail | None:
    return _over(len(contract.operational_objectives), contract.caps.operational_objectives)


# ---------------------------------------------------------------------- the perimeter


def counts_other_places(facts: ContractFacts, essms: EssmsFacts) -> Detail | None:
    """Nobody described its capacity yet: nothing to compare."""
    places = sum(one.places for one in essms.capacity)
    return (
        {"sum": places, "total_places": essms.total_places} if essms.capacity and places != essms.total_places else None
    )


def loses_its_authorisation(facts: ContractFacts, essms: EssmsFacts) -> Detail | None:
    ends = essms.authorised_until
    return {"authorised_until": ends, **_period(facts)} if ends and ends < facts.contract_end else None


# ---------------------------------------------------------------------- findings and objectives


def leads_nowhere(facts: ContractFacts, finding: FindingFacts) -> Detail | None:
    return None if any(finding.id in one.finding_ids for one in facts.strategic_objectives) else {}


def rests_on_nothing(facts: ContractFacts, objective: StrategicObjectiveFacts) -> Detail | None:
    return None if any(finding.id in objective.finding_ids for finding in facts.findings) else {}


def has_no_operational(facts: ContractFacts, objective: StrategicObjectiveFacts) -> Detail | None:
    has = any(one.strategic_objective_id == objective.id for one in facts.operational_objectives)
    return None if has else {}


def has_no_fiche(facts: ContractFacts, objective: OperationalObjectiveFacts) -> Detail | None:
    return None if facts.fiches_of(objective.id) else {}


def looks_like_a_mission(facts: ContractFacts, objective: OperationalObjectiveFacts) -> Detail | None:
    """A permanent duty: nothing says what would be reached, nor when."""
    fiches = facts.fiches_of(objective.id)
    targeted = objective.smart.measurable or any(
        one.targets_given() or one.final_target is not None for fiche in fiches for one in facts.indicators_of(fiche)
    )
    dated = objective.smart.time_bound or any(fiche.due_date for fiche in fiches)
    return None if targeted or dated else {}


# ---------------------------------------------------------------------- fiches action


def measures_nothing(facts: ContractFacts, fiche: FicheFacts) -> Detail | None:
    return None if facts.indicators_of(fiche) else {}


def costs_nothing_said(facts: ContractFacts, fiche: FicheFacts) -> Detail | None:
    return None if facts.lines_of(fiche) else {}


def is_due_outside(facts: ContractFacts, fiche: FicheFacts) -> Detail | None:
    inside = not fiche.due_date or _within(fiche.due_date, facts.contract_start, facts.contract_end)
    return None if inside else {"due_date": fiche.due_date, **_period(facts)}


def has_steps_outside(facts: ContractFacts, fiche: FicheFacts) -> Detail | None:
    out = tuple(
        {"n": step.n, "due": step.due}
        for step in fiche.steps
        if step.due and not _within(step.due, fiche.start_date, fiche.due_date)
    )
    return {"steps": out, "start_date": fiche.start_date, "due_date": fiche.due_date} if out else None


# ---------------------------------------------------------------------- indicators


def has_no_baseline(facts: ContractFacts, indicator: IndicatorFacts) -> Detail | None:
    given = {"baseline.year": indicator.baseline.year, "baseline.value": indicator.baseline.value}
    return _missing(given)


def lacks_targets(facts: ContractFacts, indicator: IndicatorFacts) -> Detail | None:
    given = {year for year, _ in indicator.targets_given()}
    years = tuple(year for year in facts.years() if year not in given)
    return {"years": years} if years else None


def is_ill_defined(facts: ContractFacts, indicator: IndicatorFacts) -> Detail | None:
    return _missing({name: getattr(indicator, name) for name in ("definition", "formula", "source")})


def goes_back(facts: ContractFacts, indicator: IndicatorFacts) -> Detail | None:
    """The first year whose target moves against the direction that the indicator should take."""
    rise = _RISE.get(indicator.direction, 0)
    for (_, before), (year, value) in pairwise(indicator.targets_given()):
        if (Decimal(value) - Decimal(before)) * rise < 0:
            return {"direction": indicator.direction, "year": year, "value": value, "before": before}
    return None


def improves_nothing(facts: ContractFacts, indicator: IndicatorFacts) -> Detail | None:
    targets, start = indicator.targets_given(), indicator.baseline.value
    goal = indicator.final_target if indicator.final_target is not None else targets[-1][1] if targets else None
    rise = _RISE.get(indicator.direction, 0)
    if start is None or goal is None or not rise or (Decimal(goal) - Decimal(start)) * rise > 0:
        return None
    return {"direction": indicator.direction, "baseline": start, "target": goal}


def came_late(facts: ContractFacts, indicator: IndicatorFacts) -> Detail | None:
    agreed_on = facts.indicators_agreed_on()
    if not agreed_on or indicator.added_on <= agreed_on:
        return None
    return {"added_on": indicator.added_on, "agreed_on": agreed_on}


def starts_from_contested(facts: ContractFacts, indicator: IndicatorFacts) -> Detail | None:
    """No link ties a baseline to a datum: same unit, same year and same value are taken for the same number."""
    data = tuple(one.id for one in facts.data if one.status == "contested" and _is_baseline(one, indicator))
    return {"data": data} if data else None


def _is_baseline(datum: DatumFacts, indicator: IndicatorFacts) -> bool:
    value, start = datum.values.get(indicator.baseline.year), indicator.baseline.value
    same = value is not None and start is not None and Decimal(value) == Decimal(start)
    return same and _folded(datum.unit) == _folded(indicator.unit)


# ---------------------------------------------------------------------- funding lines


def is_ill_described(facts: ContractFacts, line: LineFacts) -> Detail | None:
    """Zero is an amount: a line may say that an action costs nothing."""
    has_year = any(cents is not None for cents in line.amounts.values())
    return _missing({"funder_party_id": line.funder_party_id, "amounts": has_year or None, "nature": line.nature})


def never_ends(facts: ContractFacts, line: LineFacts) -> Detail | None:
    """One-off money that is still there in the last year: nothing says what happens afterwards.

    What the gestionnaire spends once ends by itself.
    """
    years = facts.years()
    funding = line.kind == "recette" or line.funder_party_id in facts.authority_ids
    cents = line.amounts.get(years[-1]) if years else None
    return {"year": years[-1], "cents": cents} if cents and funding and line.nature == "non_perenne" else None


def pays_for_another(facts: ContractFacts, line: LineFacts) -> Detail | None:
    essms = next((one for one in facts.essms if one.id == line.essms_id), None)
    if essms is None or line.funder_party_id not in facts.authority_ids - set(essms.funder_party_ids):
        return None
    return {"funder_party_id": line.funder_party_id, "essms_id": essms.id}


# ---------------------------------------------------------------------- texts


def is_to_complete(facts: ContractFacts, part: IncompleteFacts) -> Detail | None:
    return {"labels": part.labels, "placeholders": part.placeholders} if part.placeholders else None


# ---------------------------------------------------------------------- shared


def _period(facts: ContractFacts) -> Detail:
    return {"contract_start": facts.contract_start, "contract_end": facts.contract_end}


def _later(day: str, *, years: int = 0, months: int = 0) -> str:
    """The same day `years` and `months` later, to compare with: « 2029-02-31 » comes after each day of that month."""
    start = date.fromisoformat(day)
    more, month = divmod(start.month - 1 + months, _MONTHS_A_YEAR)
    return f"{start.year + years + more:04}-{month + 1:02}-{start.day:02}"


def _within(day: str, first: str, last: str) -> bool:
    """A bound that nobody wrote bounds nothing."""
    return (not first or first <= day) and (not last or day <= last)


def _outside(facts: ContractFacts, years: Iterable[str]) -> Detail | None:
    known = facts.years()
    out = tuple(sorted(year for year in years if year not in known))
    return {"years": out, **_period(facts)} if known and out else None


def _over(count: int, cap: int) -> Detail | None:
    return {"count": count, "cap": cap} if count > cap else None


def _missing(given: Mapping[str, object]) -> Detail | None:
    fields = tuple(name for name, value in given.items() if value is None or value == "")
    return {"fields": fields} if fields else None


def _absent(name: str, required: Iterable[str], *, among: Iterable[tuple[str, ...]]) -> Detail | None:
    present = {_folded(word) for words in among for word in words}
    absent = tuple(one for one in required if _folded(one) not in present)
    return {name: absent} if absent else None


def _folded(words: str) -> str:
    """Without accents, capitals, typographic apostrophes and double spaces."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", words) if not unicodedata.combining(sign))
    return " ".join(bare.replace("’", "'").casefold().split())
