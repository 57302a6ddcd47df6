"""The canonical spelling of a clause, what it refuses, and how it shows."""

import hashlib
import time

import pytest

from negotiation.errors import UnreadableText
from negotiation.rules.clause_text import (
    MAX_CHARACTERS,
    Typography,
    canonical_markdown,
    french_typography,
    to_html,
    typed_markdown,
    value_text,
    version_fingerprint,
)
from negotiation.rules.markdown_nodes import Mark, Paragraph, Text, settled
from negotiation.rules.markdown_tree import parse, serialise
from negotiation.rules.vocabulary import ValueKind


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Un taux de 93,5 %\n", "Un taux de 93,5 %"),
        ("* un\n* deux", "- un\n- deux"),
        ("1) un\n2) deux", "1. un\n2. deux"),
        ("3. un\n3. deux", "3. un\n4. deux"),
        ("__fort__ et _doux_", "**fort** et *doux*"),
        ("Titre\n=====", "# Titre"),
        ("##### Trop bas", "#### Trop bas"),
        ("ligne\nsuite", "ligne suite"),
        ("ligne  \nsuite", "ligne\\\nsuite"),
        ("a\r\n\r\n\r\nb", "a\n\nb"),
        ("- un\n\n* autre", "- un\n\n* autre"),
        ("|Structure|Places|\n|:--|--:|\n|EHPAD|84|", "| Structure | Places |\n|---|---|\n| EHPAD | 84 |"),
        ("> cité\nencore", "> cité encore"),
        ("***", "---"),
        ("- un\n  - deux\n  - trois", "- un\n  - deux\n  - trois"),
        ("**Objectif :**Réduire", r"\*\*Objectif :\*\*Réduire"),
        ("**Objectif :**&#82;éduire", "**Objectif :**&#82;éduire"),
        ("1 < 2 et R&D", "1 < 2 et R&D"),
        ("`code` <b>gras</b>", r"\`code\` \<b>gras\</b>"),
        ("e\u0301tablissement", "établissement"),
        ("[ARS](https://ars.fr)", "[ARS](https://ars.fr)"),
        ("[x](javascript:alert)", r"\[x\](javascript:alert)"),
        ("[note]: https://ars.fr", r"\[note\]: https://ars.fr"),
        ("a | b", "a | b"),
        ("", ""),
    ],
)
def test_there_is_one_way_to_write_a_thing(written: str, canonical: str) -> None:
    assert canonical_markdown(written) == canonical
    assert canonical_markdown(canonical) == canonical


@pytest.mark.parametrize(
    "hidden",
    ["\u200b", "\u200d", "\u202e", "\u2066", "\u2060", "\ufeff", "\u00ad", "\x07", "\u3164", "\U000e0041", "\ud800"],
)
def test_what_nobody_can_see_is_refused(hidden: str) -> None:
    with pytest.raises(UnreadableText) as refusal:
        canonical_markdown(f"ux est de 9{hidden}3 %")
    assert refusal.value.detail == {
        "reason": "hidden_character",
        "character": f"U+{ord(hidden):04X}",
        "near": "ux est de 9",
    }


def test_an_entity_hides_nothing_either() -> None:
    with pytest.raises(UnreadableText):
        canonical_markdown("93&#x202E; %")


def test_an_emoji_keeps_its_style() -> None:
    assert canonical_markdown("fait \u2714\ufe0f") == "fait \u2714\ufe0f"
    with pytest.raises(UnreadableText):
        canonical_markdown("fai\ufe0ft")


@pytest.mark.parametrize(
    ("bomb", "reason"),
    [
        ("[" * 50_000, "too_many_signs"),
        ("a" * (MAX_CHARACTERS + 1), "too_long"),
        ("> " * 60 + "a", "too_deep"),
        ("".join("  " * depth + "- a\n" for depth in range(40)), "too_deep"),
    ],
)
def test_a_text_made_to_burn_time_is_refused_at_once(bomb: str, reason: str) -> None:
    start = time.perf_counter()
    with pytest.raises(UnreadableText) as refusal:
        canonical_markdown(bomb)
    assert refusal.value.detail["reason"] == reason
    assert time.perf_counter() - start < 1


def test_the_fingerprint_covers_the_text_and_the_value() -> None:
    fingerprint = version_fingerprint("Taux de 94 %", "94")
    assert fingerprint == hashlib.sha256(b'{"text":"Taux de 94 %","value":"94"}').hexdigest()
    assert fingerprint != version_fingerprint("Taux de 94 %", "95")
    assert fingerprint != version_fingerprint("Taux de 94\u00a0%", "94")
    assert version_fingerprint("", None) == hashlib.sha256(b'{"text":"","value":null}').hexdigest()


def test_french_spaces_do_not_break_and_nothing_else_moves() -> None:
    assert french_typography("« 93,5 % » : 840 000 €, oui ? L. 313-12") == (
        "«\u00a093,5\u00a0%\u00a0»\u00a0: 840\u00a0000\u00a0€, oui\u00a0? L.\u00a0313-12"
    )
    assert french_typography("https://ars.fr et 14:30") == "https://ars.fr et 14:30"


@pytest.mark.parametrize(
    ("value", "unit", "kind", "shown"),
    [
        ("93.5", "%", ValueKind.NUMBER, "93,5 %"),
        ("840000", "EUR", ValueKind.NUMBER, "840 000 €"),
        ("-2", "points", ValueKind.NUMBER, "−2 points"),
        ("12", None, ValueKind.NUMBER, "12"),
        (84_000_000, None, ValueKind.AMOUNT, "840 000 €"),
        (123_450, "EUR", ValueKind.AMOUNT, "1 234,50 €"),
        ("2027-09-01", None, ValueKind.DATE, "1er septembre 2027"),
        ("2027-09-12", "date", ValueKind.DATE, "12 septembre 2027"),
        ("Reconduction", None, ValueKind.CHOICE, "Reconduction"),
        (["EHPAD", "SSIAD"], None, ValueKind.LIST, "EHPAD, SSIAD"),
        (None, "%", ValueKind.NUMBER, ""),
        (None, None, ValueKind.NONE, ""),
    ],
)
def test_a_value_shows_as_it_is_said(value: object, unit: str | None, kind: ValueKind, shown: str) -> None:
    assert value_text(value, unit, kind).replace("\u00a0", " ") == shown


def test_html_keeps_the_structure_and_the_outline_of_the_page() -> None:
    html = to_html("# Article\n\nLe **1er** janvier :\n\n- un\n- deux\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert html == (
        "<h3>Article</h3><p>Le <strong>1<sup>er</sup></strong> janvier&nbsp;:</p><ul><li>un</li><li>deux</li></ul>"
        '<table><thead><tr><th scope="col">a</th><th scope="col">b</th></tr></thead>'
        "<tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
    )


def test_text_can_be_shown_to_the_letter() -> None:
    assert to_html("le 1er : oui", typography=Typography.AS_WRITTEN) == "<p>le 1er : oui</p>"


def test_links_lead_outside_without_telling_whence() -> None:
    assert to_html("[ARS](https://ars.fr/?a=1&b=2)") == (
        '<p><a href="https://ars.fr/?a=1&amp;b=2" rel="noopener noreferrer nofollow">ARS</a></p>'
    )


def test_bold_that_overlaps_italics_and_goes_on_after_a_space_stays_bold() -> None:
    italic, both, bold = frozenset({Mark.ITALIC}), frozenset({Mark.ITALIC, Mark.BOLD}), frozenset({Mark.BOLD})
    tree = [Paragraph((Text("un", italic), Text("deux ", both), Text("trois", bold)))]
    assert parse(serialise(tree)) == settled(tree)


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        (r"conclu le **\[date\]**, 3 \* 5", "conclu le **[date]**, 3 * 5"),
        (r"1\. ce n’est pas une liste", r"1\. ce n’est pas une liste"),
        (r"1\. pour \[qui\]", r"1\. pour [qui]"),
        ("rien à faire", "rien à faire"),
    ],
)
def test_nobody_reads_backslashes_that_only_the_program_needs(stored: str, typed: str) -> None:
    assert canonical_markdown(stored) == stored
    assert typed_markdown(stored) == typed
    assert canonical_markdown(typed) == stored, "sent again unchanged, it is the same text"
