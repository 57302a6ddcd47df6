"""Templates: data that people edit, read with the same care as a file from outside."""

import json
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest

from negotiation.errors import InvalidFile, NotFound
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.trame import (
    BUILT_IN,
    FRAMING_SECTIONS,
    Milestone,
    MilestoneKind,
    Trame,
    as_mapping,
    built_in_trame,
    built_in_trames,
    clauses_of,
    fields_for,
    read_trame,
    trame_as_toml,
    trame_from_mapping,
)
from negotiation.rules.turn import DEFAULT_ROUNDS
from negotiation.rules.vocabulary import OUTSIDE_CONTRACT, SIDE_OF_KIND, PartKind, Phase, Side, ValueKind
from negotiation.rules.working_days import DEFAULT_RESPONSE_DAYS, is_working_day

Json = dict[str, Any]

PLAN_TYPE = [
    "preamble",
    "purpose",
    "parties_and_structure",
    "essms",
    "head_office",
    "shared_services",
    "diagnosis_summary",
    "objectives",
    "specific_objectives",
    "accounting",
    "budget_forecast",
    "funding_base",
    "engagements",
    "follow_up",
    "revision",
    "disputes",
    "termination",
    "duration",
]
"""Domain reference section 4, in order."""
CONTRACTS = ("ehpad-tripartite", "handicap", "chrs", "droit-commun")
MUST_HAVE = {
    "ehpad-tripartite": {"diagnosis_summary", "follow_up", "disputes", "previous_agreements", "duration", "annexes"},
    "handicap": {"essms", "objectives", "funding_base", "engagements", "duration"},
    "chrs": {"diagnosis_summary", "axe-logement", "axe-offre", "sorties-logement-ordinaire", "durees-longues"},
    "droit-commun": {"purpose", "objectives", "funding_base", "termination", "duration"},
    "avenant-prorogation": {"purpose", "extension", "unchanged", "effect"},
    "cadre-libre": {"purpose", "engagements", "duration"},
}
SIGNATURE = date(2026, 11, 12)

every_trame = pytest.mark.parametrize("trame", built_in_trames(), ids=lambda trame: trame.key)


def raw(key: str) -> Json:
    return tomllib.loads((files("negotiation") / "trames" / f"{key}.toml").read_text(encoding="utf-8"))


def texts(parts: list[Json]) -> Iterator[str]:
    for part in parts:
        yield from (clause["text"] for clause in part.get("clauses", ()) if "text" in clause)
        yield from texts(part.get("children", []))


@every_trame
def test_a_trame_survives_being_stored_and_edited(trame: Trame) -> None:
    stored = json.loads(json.dumps(as_mapping(trame)))
    assert trame_from_mapping(stored) == trame
    assert as_mapping(trame_from_mapping(stored)) == stored
    assert read_trame(trame_as_toml(trame)) == trame


@every_trame
def test_model_wording_is_written_as_clauses_are(trame: Trame) -> None:
    """What would change at the first reading would show as a change that nobody made."""
    content = raw(trame.key)
    written = [*texts(content["framing"]), *texts(content["parts"])]
    assert written
    assert [text for text in written if canonical_markdown(text) != text] == []
    assert [text for text in written if "'" in text or "..." in text or '"' in text] == []


@every_trame
def test_every_article_says_what_to_write_and_proposes_words(trame: Trame) -> None:
    articles = [part for part in trame.parts if part.kind is PartKind.ARTICLE]
    assert [part.key for part in articles if not (part.title and part.source)] == []
    for part in articles:
        (clause,) = part.clauses
        assert (clause.field, clause.label, clause.value_kind) == ("markdown", "Texte de l’article", ValueKind.NONE)
        assert clause.prompt
        assert clause.text


@every_trame
def test_each_type_has_what_its_contract_cannot_do_without(trame: Trame) -> None:
    assert {part.key for part in trame.walk() if part.mandatory} >= MUST_HAVE[trame.key]
    assert trame.legal_basis
    assert any("érifiez" in note for note in trame.legal_notes)
    assert {SIDE_OF_KIND[party.kind] for party in trame.parties} >= {Side.GESTIONNAIRE, Side.AUTHORITY}


@pytest.mark.parametrize("key", CONTRACTS)
def test_a_contract_follows_the_plan_type_in_order(key: str) -> None:
    articles = [part.key for part in built_in_trame(key).parts if part.kind is PartKind.ARTICLE]
    assert [part for part in articles if part in PLAN_TYPE] == PLAN_TYPE
    assert articles[-1] == "annexes"


@every_trame
def test_the_framing_note_starts_with_the_rules_of_the_game(trame: Trame) -> None:
    assert [part.key for part in trame.framing] == [part.key for part in FRAMING_SECTIONS]
    written = {clause.field: clause for part in trame.framing for clause in part.clauses}
    usual = {clause.field: clause for part in FRAMING_SECTIONS for clause in part.clauses}
    assert {name: clause.label for name, clause in written.items()} == {
        name: clause.label for name, clause in usual.items()
    }
    assert written["response_delay"].value == str(DEFAULT_RESPONSE_DAYS)
    assert written["response_delay"].unit == "jours ouvrés"
    assert (written["copil_rounds"].value, written["copil_rounds"].unit) == (str(DEFAULT_ROUNDS), "tours")
    assert written["indicator_cap"].value == "12"


def test_the_chrs_contract_has_its_two_axes_and_four_indicators() -> None:
    """Order of 25 October 2019 (domain reference 5.5 and section 1)."""
    chrs = built_in_trame("chrs")
    assert [part.key for part in chrs.mandatory_axes] == ["axe-logement", "axe-offre"]
    assert [part.key for part in chrs.mandatory_indicators] == [
        "sorties-logement-ordinaire",
        "sorties-logement-adapte",
        "demandes-logement-social",
        "durees-longues",
    ]
    cells = {clause.field: clause for clause in clauses_of(chrs.mandatory_indicators[0], [2027, 2028])}
    assert cells["mandatory"].value == "oui"
    assert [cells[name].unit for name in ("baseline.value", "targets.2027", "targets.2028", "final_target")] == [
        "%"
    ] * 4


def test_activity_of_handicap_is_a_choice_of_several_indicators() -> None:
    kinds = [part for part in built_in_trame("handicap").parts if part.kind is PartKind.INDICATOR]
    assert len(kinds) == 3
    assert not any(part.mandatory for part in kinds)


def test_an_extension_adds_a_year_at_most() -> None:
    avenant = built_in_trame("avenant-prorogation")
    assert (avenant.duration_years, avenant.extension_months_max) == (1, 0)
    assert any("2025" in basis for basis in avenant.legal_basis)


@every_trame
def test_the_retro_planning_goes_forward_on_working_days(trame: Trame) -> None:
    days = [milestone.day(SIGNATURE) for milestone in trame.milestones]
    assert all(earlier <= later for earlier, later in pairwise(days))
    assert [day for day in days if not is_working_day(day)] == []


@pytest.mark.parametrize("key", [*CONTRACTS, "cadre-libre"])
def test_four_steering_committees_come_before_the_signature(key: str) -> None:
    before = [milestone for milestone in built_in_trame(key).milestones if milestone.offset < 0]
    assert [one.kind for one in before].count(MilestoneKind.COPIL) == 4


def test_a_milestone_avoids_holidays_and_short_months() -> None:
    a_week_before = Milestone("m", MilestoneKind.COPIL, "COPIL", Phase.CADRAGE, -1)
    assert a_week_before.day(date(2026, 7, 21)) == date(2026, 7, 13)  # the 14th is a holiday
    late = next(one for one in built_in_trame("avenant-prorogation").milestones if one.key == "suite")
    assert late.day(date(2025, 11, 30)) == date(2026, 2, 27)  # the 28th, a Saturday


def test_the_wished_signature_stays_the_day_that_was_wished() -> None:
    signature = next(one for one in built_in_trame("handicap").milestones if one.kind is MilestoneKind.SIGNATURE)
    assert signature.day(date(2026, 11, 11)) == date(2026, 11, 11)


def test_each_year_of_the_contract_has_its_target_and_its_amount() -> None:
    years = [2029, 2027, 2028]
    targets = [one.field for one in fields_for(PartKind.INDICATOR, years) if one.field.startswith("targets.")]
    assert targets == ["targets.2027", "targets.2028", "targets.2029"]
    amounts = [one for one in fields_for(PartKind.FUNDING_LINE, years) if one.field.startswith("amounts.")]
    assert {(one.value_kind, one.unit) for one in amounts} == {(ValueKind.AMOUNT, "€")}
    assert [one.field for one in fields_for(PartKind.INDICATOR)][-2:] == ["final_target", "tolerance"]


def test_every_empty_field_says_what_to_write() -> None:
    written_by_hand = set(PartKind) - OUTSIDE_CONTRACT
    fields = [one for kind in written_by_hand for one in fields_for(kind, [2027])]
    assert [one.field for one in fields if not (one.label and one.prompt)] == []


def at(mapping: Json, path: str, value: object) -> Json:
    """The mapping with one thing changed, in depth: `parts.0.title`."""
    *way, last = path.split(".")
    place: Any = mapping
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    place[last] = value
    return mapping


@pytest.mark.parametrize(
    ("changed", "value", "path"),
    [
        ("title", "", "title"),
        ("title", "deux\nlignes", "title"),
        ("title", 3, "title"),
        ("color", "red", "color"),
        ("key", "../etc", "key"),
        ("duration_years", 6, "duration_years"),
        ("duration_years", True, "duration_years"),
        ("extension_months_max", 13, "extension_months_max"),
        ("legal_basis", "CASF", "legal_basis"),
        ("legal_basis", ["CASF", 3], "legal_basis[1]"),
        ("parties.0.kind", "ROI", "parties[0].kind"),
        ("milestones.3.offset", -60, "milestones[3].offset"),
        ("milestones.3.offset", 0, "milestones[3].offset"),
        ("milestones.3.colour", "red", "milestones[3].colour"),
        ("milestones", [], "milestones"),
        ("parts", [], "parts"),
        ("parts.2.kind", "framing_section", "parts[2].kind"),
        ("parts.2.key", "purpose", "parts[2].key"),
        ("parts.2.mandatory", "yes", "parts[2].mandatory"),
        ("parts.2.children", [{"key": "a", "kind": "article", "title": "A"}], "parts[2].children[0].kind"),
        ("parts.2.clauses.0.text", "caché\u202e", "parts[2].clauses[0].text"),
        ("parts.2.clauses.0.value", "12", "parts[2].clauses[0].value"),
        ("parts.2.clauses.0.field", "Texte libre", "parts[2].clauses[0].field"),
        ("framing.1.clauses.2.value", "dix", "framing[1].clauses[2].value"),
        ("framing.1.clauses.2.field", "rules", "framing[1].clauses[2].field"),
        ("framing", {"objet": []}, "framing"),
        ("framing", ["objet"], "framing[0]"),
    ],
)
def test_a_fault_is_named_by_its_path(changed: str, value: object, path: str) -> None:
    with pytest.raises(InvalidFile) as refused:
        trame_from_mapping(at(as_mapping(built_in_trame("handicap")), changed, value))
    assert refused.value.detail["path"] == path
    assert refused.value.detail["problem"]


def test_a_missing_key_is_named() -> None:
    mapping = as_mapping(built_in_trame("handicap"))
    del mapping["parts"][4]["title"]
    with pytest.raises(InvalidFile) as refused:
        trame_from_mapping(mapping)
    assert refused.value.detail == {"path": "parts[4].title", "problem": "cette clé manque"}


@pytest.mark.parametrize("data", ["key = ", b"\xff", "a = " + "[" * 5000, "a = 2026-13-45", "x" * 2_000_000, ""])
def test_what_is_no_trame_is_refused_without_a_crash(data: str | bytes) -> None:
    with pytest.raises(InvalidFile):
        read_trame(data)


@pytest.mark.parametrize("mapping", [None, [], "trame", 3])
def test_only_a_mapping_is_read(mapping: object) -> None:
    with pytest.raises(InvalidFile) as refused:
        trame_from_mapping(mapping)
    assert refused.value.detail["path"] == "$"


def edited(change: Callable[[Json], None]) -> Trame:
    mapping = as_mapping(built_in_trame("cadre-libre"))
    change(mapping)
    return trame_from_mapping(mapping)


@pytest.mark.parametrize("text", ['Il dit : """oui""" et \\n', "L'un\n\n- l'autre \\\\ \"b\"", "`\\'''`", "a\tb"])
def test_any_words_survive_a_data_file(text: str) -> None:
    trame = edited(lambda mapping: mapping["parts"][0]["clauses"][0].update(text=text, prompt=text))
    assert read_trame(trame_as_toml(trame)) == trame


def test_an_edited_text_is_put_in_the_one_spelling() -> None:
    trame = edited(lambda mapping: mapping["parts"][0]["clauses"][0].update(text="* un\r\n* […]\n\n"))
    assert trame.parts[0].clauses[0].text == "- un\n- \\[…\\]"


def test_people_may_add_fields_of_their_own() -> None:
    own = {"field": "vigilance", "label": "Point de vigilance", "value_kind": "list", "value": ["un", "deux"]}
    trame = edited(lambda mapping: mapping["parts"][0]["clauses"].append(own))
    assert clauses_of(trame.parts[0])[-1].working_value == ["un", "deux"]


def test_a_trame_that_does_not_exist_is_not_found() -> None:
    assert [trame.key for trame in built_in_trames()] == list(BUILT_IN)
    with pytest.raises(NotFound):
        built_in_trame("../../etc/passwd")
