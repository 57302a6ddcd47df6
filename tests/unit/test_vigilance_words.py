"""Each point of vigilance and each lack of the SMART help has its words, from the keys of its own detail alone."""

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.pages import presentation
from negotiation.rules.checks import CHECKS, Check, Point
from negotiation.rules.checks_smart import Lack, Smart
from tests.unit.test_macros import TEMPLATES

DAY = "2027-01-01"
DETAIL: dict[str, object] = {
    **dict.fromkeys(
        ("contract_start", "contract_end", "due_date", "start_date", "authorised_until", "added_on", "agreed_on"), DAY
    ),
    "years": ("2027", "2028"),
    "fields": ("source", "formula"),
    "sections": ("Préambule",),
    "axes": ("Un axe",),
    "indicators": ("Un indicateur",),
    "indicator_ids": ("i1",),
    "data": ("d1",),
    "labels": ("Texte", "Durée"),
    "placeholders": ("[…]", "[deux mois]", "[structure]", "[XX]"),
    "steps": ({"n": "2", "due": DAY},),
    "direction": "up",
    "funder_party_id": "ARS",
    "essms_id": "SAVS",
    "cents": 120000,
    "count": 7,
    "cap": 6,
}


@pytest.fixture(scope="module")
def pages() -> Environment:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.globals["asset"] = lambda name: f"/static/dist/{name}"
    presentation.install(environment)
    return environment


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.fault)
def test_every_point_of_vigilance_is_a_sentence(pages: Environment, check: Check) -> None:
    detail = {key: DETAIL.get(key, "3") for key in check.keys}
    point = Point(check.code, check.fault, check.level, check.looks_at, about="x", detail=detail)
    source = '{% from "macros/vigilance.html" import point_words %}{{ point_words(point) }}'
    said = pages.from_string(source).render(point=point).strip()
    assert said.endswith(".") and said[0].isupper()


@pytest.mark.parametrize("lack", list(Lack))
def test_every_lack_is_named(pages: Environment, lack: Lack) -> None:
    source = '{% from "macros/vigilance.html" import lack_words %}{{ lack_words(lack, "2027 2028") }}'
    assert pages.from_string(source).render(lack=lack).strip()


@pytest.mark.parametrize("letter", list(Smart))
def test_every_letter_has_its_word(pages: Environment, letter: Smart) -> None:
    source = '{% from "macros/vigilance.html" import letter_words %}{{ letter_words(letter) }}'
    assert pages.from_string(source).render(letter=letter).strip()
