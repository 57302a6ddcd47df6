"""Every fact that the chains can hold is said in French, by one template."""

import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from app.pages import presentation
from negotiation.events import Kind
from negotiation.store.queries.clause_names import ClauseName

TEMPLATES = Path(__file__).parents[2] / "templates"
CLAUSE = ClauseName("11111111-1111-4111-8111-111111111111", "l’engagement EN01")
FACTS = {"version": 3, "number": "v1.0"}


@cache
def sentences() -> Any:
    """The template's macro; to read it takes longer than to say all its sentences."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    presentation.install(environment)
    module: Any = environment.get_template("history/_sentences.html").make_module()
    return module.sentence


def said(kind: str, facts: dict[str, object] | None, *, clauses: dict[str, object], clause_id: str | None) -> str:
    """The words of the sentence, without tags."""
    entry = SimpleNamespace(kind=kind, facts=facts, actor="og.dg", clause_id=clause_id, sequence=1)
    return Markup(sentences()(entry, clauses)).striptags()


def sentence(kind: Kind) -> str:
    return said(kind, FACTS, clauses={CLAUSE.id: CLAUSE}, clause_id=CLAUSE.id)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_event_has_a_sentence(kind: Kind) -> None:
    words = sentence(kind)
    assert re.match(r"[A-ZÀ-Ýa-z].* .*\.$", words)
    assert len(words.split()) >= 3
    assert str(kind) not in words, "a fact is said in French, not by its name"
    assert "None" not in words and "  " not in words


def test_no_two_facts_are_said_alike() -> None:
    assert len({sentence(kind) for kind in Kind}) == len(list(Kind))


@pytest.mark.parametrize("kind", list(Kind))
def test_a_fact_whose_payload_is_withheld_is_still_said(kind: Kind) -> None:
    """Neither the payload nor the clause is known: the sentence says what happened all the same."""
    words = said(kind, None, clauses={}, clause_id=None)
    assert words.endswith(".")
    assert len(words.split()) >= 3


def test_a_kind_that_nobody_wrote_a_sentence_for_would_show() -> None:
    assert said("clause.forgotten", FACTS, clauses={}, clause_id=None) == ""


@pytest.mark.parametrize("kind", list(Kind))
def test_a_clause_that_the_reader_has_no_name_for_is_still_said_in_french(kind: Kind) -> None:
    words = said(kind, FACTS, clauses={}, clause_id=CLAUSE.id)
    assert "de une clause" not in words and words.count("une clause") < 2
