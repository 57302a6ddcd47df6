"""The macros every page uses: a sign never comes without words, a field never without its readers."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import Environment, FileSystemLoader

from app.pages import presentation
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Circle, ClauseState, Move

NB = "\u00a0"
TEMPLATES = Path(__file__).parents[2] / "templates"
ARS = SimpleNamespace(letter="A", short_name="ARS", name="Agence régionale de santé")
OG = SimpleNamespace(letter="G", short_name="Orlinde", name="Fondation Orlinde")
INSIDE = SimpleNamespace(circle=Circle.inside("x"), count=7, party=OG, parties=[])


@pytest.fixture
def pages() -> Environment:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    environment.globals["asset"] = lambda name: f"/static/dist/{name}"
    environment.globals["csrf_token"] = lambda: "jeton"
    presentation.install(environment)
    return environment


def say(pages: Environment, source: str, **values: object) -> str:
    written = pages.from_string(source).render(**values).replace("&nbsp;", NB)
    return re.sub("[ \\n]+", " ", written).strip()


@pytest.mark.parametrize("state", list(ClauseState))
def test_every_state_has_a_sign_and_words(pages: Environment, state: ClauseState) -> None:
    said = say(pages, '{% from "macros/state.html" import clause_state %}{{ clause_state(state, 2, 3) }}', state=state)
    assert "#i-" in said
    assert re.search(r"<span>[A-ZÀ-Ý]", said)


@pytest.mark.parametrize("move", list(Move))
def test_every_move_has_words(pages: Environment, move: Move) -> None:
    said = say(pages, '{% from "macros/words.html" import move_words %}{{ move_words(move) }}', move=move)
    assert re.fullmatch(r"[a-zéàê’ -]+", said)


@pytest.mark.parametrize("move", list(Move))
def test_no_two_buttons_of_a_move_say_the_same(pages: Environment, move: Move) -> None:
    order, send = say(
        pages,
        '{% from "macros/words.html" import move_order, move_send %}{{ move_order(move, 3) }}|{{ move_send(move) }}',
        move=move,
    ).split("|")
    assert order != send


@pytest.mark.parametrize(
    ("circle", "expected", "lock"),
    [
        (SHARED, f"Toutes les parties{NB}: 7{NB}personnes", False),
        (Circle.inside("x"), f"Interne Orlinde{NB}: 7{NB}personnes", True),
        (AUTHORITIES, f"Entre autorités{NB}: 7{NB}personnes", True),
    ],
)
def test_who_will_read_is_said_in_words(pages: Environment, circle: Circle, expected: str, lock: bool) -> None:
    readers = SimpleNamespace(circle=circle, count=7, party=OG, parties=[ARS])
    said = say(pages, '{% from "macros/audience.html" import audience %}{{ audience(readers) }}', readers=readers)
    assert expected in said
    assert ("#i-lock" in said) is lock


def test_the_private_composer_says_so_on_its_button(pages: Environment) -> None:
    said = say(
        pages,
        '{% from "macros/audience.html" import composer %}{{ composer("/x", readers, "Message", value="gardé") }}',
        readers=INSIDE,
    )
    assert "Envoyer en interne" in said
    assert "gardé</textarea>" in said
    assert 'name="csrf_token" value="jeton"' in said


def test_an_addition_is_announced_in_words_and_signed(pages: Environment) -> None:
    said = say(pages, '{% from "macros/redline.html" import added %}{{ added("deux", party) }}', party=ARS)
    assert f"ajout proposé par l’ARS{NB}: </span>deux<span" in said
    assert "fin d’ajout" in said
    assert said.endswith('aria-hidden="true">A</b>')


def test_words_typed_in_a_template_get_their_spaces(pages: Environment) -> None:
    assert say(pages, '<p title="a : {{ 1 }} : b">Motif : {{ 2 }} %</p> ?') == (
        f'<p title="a : 1 : b">Motif{NB}: 2{NB}%</p>{NB}?'
    )


def test_no_template_holds_an_inline_style_or_script() -> None:
    for page in TEMPLATES.rglob("*.html"):
        text = page.read_text()
        assert " style=" not in text, page
        assert "<style" not in text, page
        assert " onclick" not in text, page
        assert all("src=" in tag for tag in text.split("<script")[1:] for tag in [tag.split(">")[0]]), page
