"""Each refusal has its status and its French sentence, and no sentence is left without a refusal."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import app
import negotiation
from app.assets import TEMPLATES as TEMPLATES_FOLDER
from app.errors import OTHERWISE, REASONS, TABLE, TEMPLATES, acknowledgement, acknowledgement_of, sentence_of, status_of
from negotiation.errors import Refusal, UnreadableText
from negotiation.rules.lifecycle import Reason
from negotiation.rules.vocabulary import ValueKind

OF_REQUESTS = {
    "unexpected",
    "bad_request",
    "foreign_host",
    "form_expired",
    "method_not_allowed",
    "too_large",
    "unknown_event",
}
"""Codes that no Refusal class carries: what goes wrong with a request itself."""
NO_BREAK_SPACE = "\u00a0"


def load_everything() -> None:
    for package in (app, negotiation):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)


def refusals(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    yield base
    for child in base.__subclasses__():
        yield from refusals(child)


def ours() -> list[type[Refusal]]:
    load_everything()
    return [refusal for refusal in refusals() if refusal.__module__.split(".")[0] in ("app", "negotiation")]


def test_every_refusal_has_its_row() -> None:
    assert {refusal.code for refusal in ours()} - TABLE.keys() == set()


def test_every_row_has_its_refusal() -> None:
    assert TABLE.keys() - {refusal.code for refusal in ours()} == OF_REQUESTS


def test_no_two_refusals_share_a_code() -> None:
    codes = [refusal.code for refusal in ours() if "code" in vars(refusal)]
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("code", TABLE)
def test_every_sentence_is_french_and_whole(code: str) -> None:
    sentence = acknowledgement_of(code)["error"]["message"]
    assert re.fullmatch(r"[A-ZÀÉÊ].*[.]", sentence)
    assert not re.search(r" [:;?!»]|« ", sentence), "a space that may break"
    assert "'" not in sentence
    assert 400 <= TABLE[code].status <= 599


@pytest.mark.parametrize(("code", "reason"), REASONS)
def test_every_closer_sentence_belongs_to_a_refusal(code: str, reason: str) -> None:
    assert code in TABLE
    assert re.fullmatch(r"[A-ZÀÉÊ«].*[.?]", REASONS[code, reason])


def test_every_reason_of_the_lifecycle_has_its_sentence() -> None:
    assert [reason for reason in Reason if ("illegal_move", str(reason)) not in REASONS] == []


def test_every_kind_of_value_has_its_sentence() -> None:
    assert [kind for kind in ValueKind if ("wrong_value", str(kind)) not in REASONS] == []


@pytest.mark.parametrize("refusal", ours(), ids=lambda refusal: refusal.code)
def test_a_refusal_without_facts_still_speaks(refusal: type[Refusal]) -> None:
    bare = refusal()
    assert sentence_of(bare)
    assert status_of(bare) == TABLE[refusal.code].status
    assert acknowledgement(bare)["ok"] is False


def test_facts_are_shown_as_they_are() -> None:
    said = sentence_of(UnreadableText(reason="hidden_character", character="U+202E", near="a {limit} b"))
    assert "U+202E" in said and "{limit}" in said


def test_every_template_is_there() -> None:
    for name in (*TEMPLATES.values(), OTHERWISE, "errors/_refusal.html"):
        assert (TEMPLATES_FOLDER / name).is_file()
