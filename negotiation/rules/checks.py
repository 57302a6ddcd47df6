"""Points of vigilance: what deserves a look before signing. One row of `CHECKS` per rule of the domain reference.

A point carries facts only. The French words belong to one macro per `fault`, which finds in `detail` exactly the keys
that its row names; `about` is the id of the item that the row looks at. Keys of a detail:

- `contract_start`, `contract_end`, `due_date`, `start_date`, `authorised_until`, `added_on`, `agreed_on`: ISO dates
- `cap`, `count`, `fewest`, `sum`, `total_places`, `extension_months_max`: whole numbers; `cents`: an amount in cents
- `value`, `before`, `baseline`, `target`: decimal strings in the unit of the indicator; `direction`: up, down
- `year`: a year; `years`, `fields` (names of empty fields), `indicator_ids`, `data` (ids of data of the diagnosis),
  `sections`, `axes`, `indicators` (words of the template), `labels` (of clauses), `placeholders`: tuples of strings
- `steps`: a tuple of {n, due}; `funder_party_id`, `essms_id`: ids

V18 is `turn.py`; V19, V20, V24 to V26, V29, V30, V32, V33 belong to moves, the gel, consultations and follow-up. V34,
which the domain reference lacks, is ours: templates leave words to complete between brackets.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from negotiation.rules import checks_predicates as is_so
from negotiation.rules.checks_facts import ContractFacts
from negotiation.rules.checks_predicates import Detail


class Level(StrEnum):
    """What a point does. None of them keeps anybody from negotiating."""

    WARNING = "warning"
    BLOCKS_FREEZE = "blocks_freeze"


class LooksAt(StrEnum):
    CONTRACT = "contract"
    ESSMS = "essms"
    FINDING = "finding"
    STRATEGIC_OBJECTIVE = "strategic_objective"
    OPERATIONAL_OBJECTIVE = "operational_objective"
    FICHE_ACTION = "fiche_action"
    INDICATOR = "indicator"
    FUNDING_LINE = "funding_line"
    TEXT = "text"


@dataclass(frozen=True)
class Check:
    """A row: `code` of the domain reference, `fault` its name here (a code may have several), `keys` of its details."""

    code: str
    fault: str
    level: Level
    looks_at: LooksAt
    holds: Callable[[ContractFacts, Any], Detail | None]
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Point:
    """What a check found in the item whose id is `about`."""

    code: str
    fault: str
    level: Level
    looks_at: LooksAt
    about: str
    detail: Detail


_ITEMS: dict[LooksAt, Callable[[ContractFacts], Iterable[Any]]] = {
    LooksAt.CONTRACT: lambda facts: (facts,),
    LooksAt.ESSMS: lambda facts: facts.essms,
    LooksAt.FINDING: lambda facts: facts.findings,
    LooksAt.STRATEGIC_OBJECTIVE: lambda facts: facts.strategic_objectives,
    LooksAt.OPERATIONAL_OBJECTIVE: lambda facts: facts.operational_objectives,
    LooksAt.FICHE_ACTION: lambda facts: facts.fiches,
    LooksAt.INDICATOR: lambda facts: facts.indicators,
    LooksAt.FUNDING_LINE: lambda facts: facts.lines,
    LooksAt.TEXT: lambda facts: facts.incomplete,
}
_WARNS, _BLOCKS = Level.WARNING, Level.BLOCKS_FREEZE
_CONTRACT, _ESSMS, _FINDING = LooksAt.CONTRACT, LooksAt.ESSMS, LooksAt.FINDING
_STRATEGIC, _OPERATIONAL = LooksAt.STRATEGIC_OBJECTIVE, LooksAt.OPERATIONAL_OBJECTIVE
_FICHE, _INDICATOR, _LINE = LooksAt.FICHE_ACTION, LooksAt.INDICATOR, LooksAt.FUNDING_LINE


def _keys(names: str) -> frozenset[str]:
    return frozenset(names.split())


_PERIOD = _keys("contract_start contract_end")
_OVER = _keys("count cap")

CHECKS: tuple[Check, ...] = (
    Check("V01", "too_long", _BLOCKS, _CONTRACT, is_so.lasts_too_long, _PERIOD | {"cap"}),
    Check(
        "V01",
        "too_long_extended",
        _BLOCKS,
        _CONTRACT,
        is_so.lasts_too_long_extended,
        _PERIOD | {"cap", "extension_months_max"},
    ),
    Check("V02", "ends_before_start", _BLOCKS, _CONTRACT, is_so.ends_before_it_starts, _PERIOD),
    Check("V02", "targets_outside_contract", _BLOCKS, _INDICATOR, is_so.has_targets_outside, _PERIOD | {"years"}),
    Check("V02", "amounts_outside_contract", _BLOCKS, _LINE, is_so.has_amounts_outside, _PERIOD | {"years"}),
    Check("V03", "no_baseline", _BLOCKS, _INDICATOR, is_so.has_no_baseline, _keys("fields")),
    Check("V04", "targets_missing", _WARNS, _INDICATOR, is_so.lacks_targets, _keys("years")),
    Check("V05", "ill_defined", _WARNS, _INDICATOR, is_so.is_ill_defined, _keys("fields")),
    Check("V06", "target_goes_back", _WARNS, _INDICATOR, is_so.goes_back, _keys("direction year value before")),
    Check("V07", "many_indicators", _WARNS, _CONTRACT, is_so.has_many_indicators, _OVER),
    Check("V07", "indicator_added_late", _WARNS, _INDICATOR, is_so.came_late, _keys("added_on agreed_on")),
    Check("V08", "many_strategic_objectives", _WARNS, _CONTRACT, is_so.has_many_strategic, _OVER),
    Check("V08", "many_operational_objectives", _WARNS, _CONTRACT, is_so.has_many_operational, _OVER),
    Check("V09", "objective_without_operational", _WARNS, _STRATEGIC, is_so.has_no_operational),
    Check("V09", "objective_without_fiche", _WARNS, _OPERATIONAL, is_so.has_no_fiche),
    Check("V10", "fiche_without_indicator", _WARNS, _FICHE, is_so.measures_nothing),
    Check("V11", "fiche_without_line", _WARNS, _FICHE, is_so.costs_nothing_said),
    Check("V12", "due_outside_contract", _BLOCKS, _FICHE, is_so.is_due_outside, _PERIOD | {"due_date"}),
    Check("V12", "steps_outside_action", _WARNS, _FICHE, is_so.has_steps_outside, _keys("steps start_date due_date")),
    Check("V13", "line_ill_described", _WARNS, _LINE, is_so.is_ill_described, _keys("fields")),
    Check("V14", "one_off_without_end", _WARNS, _LINE, is_so.never_ends, _keys("year cents")),
    Check("V15", "pays_for_another", _WARNS, _LINE, is_so.pays_for_another, _keys("funder_party_id essms_id")),
    Check("V16", "finding_without_objective", _WARNS, _FINDING, is_so.leads_nowhere),
    Check("V16", "objective_without_finding", _WARNS, _STRATEGIC, is_so.rests_on_nothing),
    Check(
        "V17", "no_better_than_baseline", _WARNS, _INDICATOR, is_so.improves_nothing, _keys("direction baseline target")
    ),
    Check("V21", "sections_missing", _BLOCKS, _CONTRACT, is_so.misses_sections, _keys("sections")),
    Check("V22", "axes_missing", _BLOCKS, _CONTRACT, is_so.misses_axes, _keys("axes")),
    Check("V22", "indicators_missing", _BLOCKS, _CONTRACT, is_so.misses_indicators, _keys("indicators")),
    Check(
        "V23",
        "activity_thinly_measured",
        _WARNS,
        _CONTRACT,
        is_so.measures_activity_too_thinly,
        _keys("indicator_ids fewest"),
    ),
    Check("V27", "baseline_contested", _WARNS, _INDICATOR, is_so.starts_from_contested, _keys("data")),
    Check("V28", "capacity_differs", _WARNS, _ESSMS, is_so.counts_other_places, _keys("sum total_places")),
    Check("V28", "authorisation_ends", _WARNS, _ESSMS, is_so.loses_its_authorisation, _PERIOD | {"authorised_until"}),
    Check("V31", "mission_as_objective", _WARNS, _OPERATIONAL, is_so.looks_like_a_mission),
    Check("V34", "text_to_complete", _WARNS, LooksAt.TEXT, is_so.is_to_complete, _keys("labels placeholders")),
)
"""V03 warns as long as one negotiates and blocks the gel (« W, E at freeze »), like every row that blocks it.

Source: domain reference section 6.
"""


def points_of_vigilance(facts: ContractFacts) -> tuple[Point, ...]:
    """In the order of the table, then of the items as they were given."""
    return tuple(
        Point(check.code, check.fault, check.level, check.looks_at, about=item.id, detail=detail)
        for check in CHECKS
        for item in _ITEMS[check.looks_at](facts)
        if (detail := check.holds(facts, item)) is not None
    )
