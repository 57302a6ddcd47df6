"""Each point of vigilance fires on its fault and keeps quiet on a sound contract."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from negotiation.rules.checks import CHECKS, Level, Point, points_of_vigilance
from negotiation.rules.checks_facts import (
    ArticleFacts,
    Baseline,
    Capacity,
    ContractFacts,
    DatumFacts,
    EssmsFacts,
    FicheFacts,
    FindingFacts,
    IncompleteFacts,
    IndicatorFacts,
    LineFacts,
    OperationalObjectiveFacts,
    Required,
    SmartFacts,
    Step,
    StrategicObjectiveFacts,
)
from negotiation.rules.checks_smart import Lack, Missing, Smart, SmartGap, smart

ESSMS = EssmsFacts("e1", 60, (Capacity("internat", 16), Capacity("semi-internat", 44)), ("ars",), "2032-01-03")
STRATEGIC = StrategicObjectiveFacts("s1", "1", "Parcours", "parcours", ("f01",), ("e1",))
SAID = SmartFacts("IME", "i01", "Redéploiement", "Listes d’attente", "31/12/2029")
OPERATIONAL = OperationalObjectiveFacts("o11", "1.1", "Passer en dispositif", "s1", SAID)
FICHE = FicheFacts(
    "fa01",
    operational_objective_id="o11",
    essms_ids=("e1",),
    context="L’internat se vide.",
    description="Convertir dix places.",
    target_public="Enfants de 3 à 20 ans",
    steps=(Step("1", "Convention", "2027-06-30"),),
    start_date="2027-01-01",
    due_date="2029-12-31",
    pilot="Directrice du pôle",
    human_means="4,5 ETP redéployés",
    indicator_ids=("i01",),
)
INDICATOR = IndicatorFacts(
    "i01",
    title="Sorties vers le logement ordinaire",
    kind="activite",
    definition="Enfants accompagnés dans l’année",
    formula="personnes accompagnées",
    unit="%",
    direction="up",
    source="Annexe activité",
    baseline=Baseline("2025", "91"),
    targets={"2027": "92", "2028": "93", "2029": "93", "2030": "94", "2031": "95"},
    final_target="95",
)
OTHER = replace(INDICATOR, id="i02", title="Journées réalisées", added_on="2026-01-05", agreed_on="2026-06-01")
LINE = LineFacts("m01", "M01", "", "fa01", "ars", "e1", "perenne", "recette", {"2027": 0, "2031": 28_000_000})
ARTICLE = ArticleFacts("k01", "Préambule", "Contexte", "Préambule", "Le présent contrat…")

SOUND = ContractFacts(
    id="c",
    contract_start="2027-01-01",
    contract_end="2031-12-31",
    extension_months_max=12,
    authority_ids=frozenset({"ars", "cd"}),
    essms=(ESSMS,),
    articles=(ARTICLE,),
    findings=(FindingFacts("f01"),),
    data=(DatumFacts("x01", "Taux", "%", "validated", {"2025": "91"}),),
    strategic_objectives=(STRATEGIC,),
    operational_objectives=(OPERATIONAL,),
    fiches=(FICHE,),
    indicators=(INDICATOR, OTHER),
    lines=(LINE,),
    required=Required(("preambule",), ("parcours",), ("sorties vers le logement ordinaire",), activity_indicators=2),
)

Change = Callable[[ContractFacts], ContractFacts]


def contract(**changes: Any) -> Change:
    return lambda facts: replace(facts, **changes)


def indicator(**changes: Any) -> Change:
    return contract(indicators=(replace(INDICATOR, **changes), OTHER))


def fiche(**changes: Any) -> Change:
    return contract(fiches=(replace(FICHE, **changes),))


def line(**changes: Any) -> Change:
    return contract(lines=(replace(LINE, **changes),))


def many(item: Any, count: int) -> tuple[Any, ...]:
    return (item, *(replace(item, id=f"more{number}") for number in range(count - 1)))


BARE = replace(OPERATIONAL, smart=SmartFacts())
FEW_DATES = {"2028": "93"}
FALLING = {"2027": "97", "2028": "96", "2029": "96", "2030": "95", "2031": "95"}

CASES: dict[str, tuple[Change, Change]] = {
    # fault: (a contract that has it, a near one that hasn't)
    "too_long": (contract(contract_end="2032-01-01"), contract(contract_end="2031-12-30")),
    "too_long_extended": (contract(extension_months_max=13), contract(extension_months_max=0)),
    "ends_before_start": (contract(contract_end="2026-12-31"), contract(contract_end="2027-01-01")),
    "targets_outside_contract": (indicator(targets={"2026": "90"}), indicator(targets={"2026": None})),
    "amounts_outside_contract": (line(amounts={"2032": 100}), line(amounts={"2032": 0})),
    "no_baseline": (indicator(baseline=Baseline("2025")), indicator(baseline=Baseline("2025", "0"))),
    "targets_missing": (indicator(targets=FEW_DATES), indicator()),
    "ill_defined": (indicator(formula="", source=""), indicator(reference="")),
    "target_goes_back": (indicator(targets=FALLING), indicator(targets=FALLING, direction="down")),
    "many_indicators": (contract(indicators=many(INDICATOR, 13)), contract(indicators=many(INDICATOR, 12))),
    "indicator_added_late": (
        indicator(added_on="2026-06-02"),
        indicator(added_on="2026-06-02", agreed_on="2026-09-01"),
    ),
    "many_strategic_objectives": (
        contract(strategic_objectives=many(STRATEGIC, 7)),
        contract(strategic_objectives=many(STRATEGIC, 6)),
    ),
    "many_operational_objectives": (
        contract(operational_objectives=many(OPERATIONAL, 13)),
        contract(operational_objectives=many(OPERATIONAL, 12)),
    ),
    "objective_without_operational": (contract(operational_objectives=()), contract()),
    "objective_without_fiche": (fiche(operational_objective_id="o12"), contract()),
    "fiche_without_indicator": (fiche(indicator_ids=("gone",)), contract()),
    "fiche_without_line": (contract(lines=()), line(amounts={"2027": 0})),
    "due_outside_contract": (fiche(due_date="2032-01-01"), fiche(due_date="2031-12-31")),
    "steps_outside_action": (
        fiche(steps=(Step("1", "", "2030-01-01"),)),
        fiche(steps=(Step("1", "", "2030-01-01"), Step("2")), due_date=""),
    ),
    "line_ill_described": (line(amounts={"2027": None}, nature=""), line(amounts={"2027": 0})),
    "one_off_without_end": (line(nature="non_perenne"), line(nature="non_perenne", amounts={"2027": 100, "2031": 0})),
    "pays_for_another": (line(funder_party_id="cd"), line(funder_party_id="og")),
    "finding_without_objective": (contract(findings=(FindingFacts("f01"), FindingFacts("f02"))), contract()),
    "objective_without_finding": (contract(findings=()), contract()),
    "no_better_than_baseline": (indicator(final_target="91"), indicator(final_target="90", direction="down")),
    "sections_missing": (contract(articles=(replace(ARTICLE, markdown=" "),)), contract()),
    "axes_missing": (contract(required=Required(axes=("coopération",))), contract(required=Required())),
    "indicators_missing": (
        contract(required=Required(indicators=("séjours longs",))),
        contract(required=Required(indicators=("SORTIES vers le logement ordinaire",))),
    ),
    "activity_thinly_measured": (contract(indicators=(INDICATOR,)), contract(indicators=())),
    "baseline_contested": (
        contract(data=(DatumFacts("x01", "", "%", "contested", {"2025": "91.0"}),)),
        contract(data=(DatumFacts("x01", "", "%", "contested", {"2025": "91.5"}),)),
    ),
    "capacity_differs": (contract(essms=(replace(ESSMS, total_places=61),)), contract(essms=(EssmsFacts("e1", 61),))),
    "authorisation_ends": (
        contract(essms=(replace(ESSMS, authorised_until="2031-12-30"),)),
        contract(essms=(replace(ESSMS, authorised_until=""),)),
    ),
    "mission_as_objective": (
        contract(operational_objectives=(BARE,), fiches=(replace(FICHE, due_date="", indicator_ids=()),)),
        contract(operational_objectives=(BARE,)),
    ),
    "text_to_complete": (
        contract(incomplete=(IncompleteFacts("k01", ("Texte",), ("[…]",)),)),
        contract(incomplete=(IncompleteFacts("k01", (), ()),)),
    ),
}


def points(change: Change, fault: str = "") -> list[Point]:
    return [point for point in points_of_vigilance(change(SOUND)) if fault in ("", point.fault)]


@pytest.mark.parametrize("added", ["", "2026-06-01"])
def test_no_indicator_is_late_that_is_inside_or_was_there_when_the_list_was_not_agreed(added: str) -> None:
    assert not points(indicator(added_on=added), "indicator_added_late")


def test_every_check_has_a_case_and_a_name_of_its_own() -> None:
    assert sorted(check.fault for check in CHECKS) == sorted(CASES)


def test_a_sound_contract_asks_for_no_vigilance() -> None:
    assert points(contract()) == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.fault)
def test_a_check_fires_on_its_fault_and_not_on_the_next_best_thing(check: Any) -> None:
    faulty, near = CASES[check.fault]
    found = points(faulty, check.fault)
    assert [(point.code, point.level) for point in found] == [(check.code, check.level)] * len(found) != []
    assert points(near, check.fault) == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.fault)
def test_the_words_find_in_the_detail_what_the_table_promises(check: Any) -> None:
    faulty, _ = CASES[check.fault]
    assert all(set(point.detail) == check.keys for point in points(faulty, check.fault))


def test_a_point_says_which_item_it_is_about() -> None:
    [point] = points(line(funder_party_id="cd"))
    assert (point.about, point.detail) == ("m01", {"funder_party_id": "cd", "essms_id": "e1"})


def test_what_blocks_the_gel_is_what_the_reference_says() -> None:
    blocking = {check.code for check in CHECKS if check.level is Level.BLOCKS_FREEZE}
    assert blocking == {"V01", "V02", "V03", "V12", "V21", "V22"}


def test_points_come_in_the_order_of_the_table_then_of_the_contract() -> None:
    both = (replace(INDICATOR, id="z", source=""), replace(INDICATOR, id="a", baseline=Baseline(), source=""))
    found = [(point.fault, point.about) for point in points(contract(indicators=both, fiches=(), required=Required()))]
    assert found[:3] == [("no_baseline", "a"), ("ill_defined", "z"), ("ill_defined", "a")]


def test_an_empty_contract_has_nothing_wrong_yet() -> None:
    assert points_of_vigilance(ContractFacts()) == ()


def test_a_gestionnaire_who_spends_once_in_the_last_year_needs_no_end() -> None:
    spent = line(nature="non_perenne", kind="investissement", funder_party_id="og")
    assert points(spent, "one_off_without_end") == []


def test_a_date_typed_out_of_this_world_is_a_point_and_no_crash() -> None:
    assert [point.fault for point in points(contract(contract_end="9999-12-31", indicators=()), "too_long")]


# ---------------------------------------------------------------------- SMART


def test_a_complete_fiche_and_objective_are_smart() -> None:
    assert smart(FICHE, SOUND) == ()
    assert smart(OPERATIONAL, SOUND) == ()


def test_an_empty_fiche_hears_what_each_letter_lacks() -> None:
    gaps = {gap.letter: [missing.lack for missing in gap.missing] for gap in smart(FicheFacts("new"), SOUND)}
    assert gaps == {
        Smart.SPECIFIC: [Lack.DESCRIPTION, Lack.TARGET_PUBLIC, Lack.ESSMS],
        Smart.MEASURABLE: [Lack.INDICATOR],
        Smart.ACHIEVABLE: [Lack.MEANS, Lack.FUNDING_LINE, Lack.PILOT],
        Smart.RELEVANT: [Lack.CONTEXT],
        Smart.TIME_BOUND: [Lack.DUE_DATE, Lack.STEP],
    }


def test_a_fiche_is_measured_by_its_indicators() -> None:
    bare = replace(INDICATOR, baseline=Baseline("2025"), targets=dict(INDICATOR.targets, **{"2028": None}), source="")
    [gap] = smart(FICHE, replace(SOUND, indicators=(bare,)))
    assert gap == SmartGap(
        Smart.MEASURABLE,
        (Missing(Lack.BASELINE, "i01"), Missing(Lack.TARGETS, "i01", "2028"), Missing(Lack.SOURCE, "i01")),
    )


def test_a_line_at_zero_says_what_the_action_costs() -> None:
    assert smart(FICHE, replace(SOUND, lines=(replace(LINE, amounts={"2027": 0}),))) == ()


def test_a_step_without_a_date_is_named() -> None:
    [gap] = smart(replace(FICHE, steps=(*FICHE.steps, Step("2", "Bilan"))), SOUND)
    assert gap == SmartGap(Smart.TIME_BOUND, (Missing(Lack.STEP_DATE, "fa01", "2"),))


def test_the_finding_that_is_missing_is_missing_from_the_strategic_objective() -> None:
    unfounded = replace(SOUND, strategic_objectives=(replace(STRATEGIC, finding_ids=()),))
    for item in (FICHE, OPERATIONAL):
        assert smart(item, unfounded) == (SmartGap(Smart.RELEVANT, (Missing(Lack.FINDING, "s1"),)),)


def test_an_objective_without_fiche_hears_of_the_fiche_and_not_of_all_that_a_fiche_brings() -> None:
    assert smart(OPERATIONAL, replace(SOUND, fiches=())) == (SmartGap(Smart.ACHIEVABLE, (Missing(Lack.FICHE, "o11"),)),)
