"""Promises of the redline that hold for any two texts, hostile or canonical (trust.md T32)."""

from html.parser import HTMLParser
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from negotiation.errors import UnreadableText
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.redline import (
    Change,
    Op,
    PartySign,
    marks,
    reconstruct_after,
    reconstruct_before,
    redline,
    redline_units,
    share_changed,
    take_units,
    to_html,
)
from negotiation.rules.redline_units import split_units
from negotiation.rules.redline_words import tokens_of

_LINES = st.sampled_from(
    ["Le taux est de 93,5 %.", "Le taux est de 94 %.", "- six places", "- deux places", "1. un", "2. deux", "  - sous",
     "| S | P |", "|---|---|", "| EHPAD | 84 |", "| EHPAD | 86 |", "| a |", "# Titre", "## Titre", "> cité", "---", "",
     "**gras** et *doux*", "[ARS](https://a.fr)", "&#82;éduire", "fin\\", " ", "\t", "a\u00a0b", "t\u0430ux", "\u200b"]
)  # fmt: skip
_TEXTS = (
    st.lists(_LINES, max_size=9).map("\n".join)
    | st.lists(_LINES, max_size=6).map("\n\n".join)
    | st.text(max_size=40)
    | st.text(alphabet="ab1 \n|-#>*_\\.,\u00a0\u0301\u0430", max_size=40)
)
# What can be slipped into a text without being seen, or nearly (T32).
_TRICKS = st.sampled_from(
    [
        *("\u00a0", "\u202f", "\u2009", "\u3164", "\ufe0f", "\t", "\n", " ", "\u2028", "\x0b", "\x85", "\r", "\x00"),
        *("\u200b", "\u200d", "\u202e", "\u2066", "\u2060", "\ufeff", "\u00ad", "\u180e", "\U000e0041", "\u0301"),
        *("\u0430", "\u0435", "\u03bf", "\u0131", "\ufb01", "\u0627", "\u0661", "\uff11", "\U0001d7d7"),
        *("\u2019", "\u2011", "\u2212", "\u037e", "\u01c3", "**", "\\", "&#8203;", "&#160;", "<br>"),
    ]
)


class _Words(HTMLParser):
    """Marks of a page and the words in them that are not hidden from sight."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.marks = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        css = dict(attrs).get("class") or ""
        self.marks += tag in ("ins", "del") or css in ("unit-note", "mark-space")


@given(_TEXTS, _TEXTS)
@settings(max_examples=500)
def test_both_texts_come_back_to_the_character(before: str, after: str) -> None:
    compared = redline(before, after)
    assert reconstruct_before(compared) == before
    assert reconstruct_after(compared) == after


@given(_TEXTS, _TEXTS)
@settings(max_examples=500)
def test_texts_that_differ_show_a_mark_and_texts_that_do_not_show_none(before: str, after: str) -> None:
    compared = redline(before, after)
    page = _Words()
    page.feed(to_html(compared))
    assert (marks(compared) >= 1) == (before != after)
    assert (page.marks >= 1) == (before != after)


@given(_TEXTS, _TRICKS, st.integers(0, 60))
@settings(max_examples=600)
def test_no_trick_passes_unseen(text: str, trick: str, place: int) -> None:
    place = min(place, len(text))
    for other in (text[:place] + trick + text[place:], text[:place] + trick + text[place + 1 :]):
        if other == text:
            continue
        for before, after in ((text, other), (other, text)):
            page = _Words()
            page.feed(to_html(redline(before, after)))
            assert page.marks >= 1


@given(st.sampled_from(["\u00a0", "\u202f", "\u200b", "\u202e", "\u0430", "\u0661", "\u00ad"]), st.integers(0, 9))
def test_what_cannot_be_seen_is_named(trick: str, place: int) -> None:
    text = "un taux de 93 % net"
    other = text[:place] + trick + text[place:]
    notices = [run.notice for block in redline(text, other).blocks for run in block.runs if run.op is not Op.EQUAL]
    assert any(notices)


@given(_TEXTS, _TEXTS)
@settings(max_examples=300)
def test_html_holds_only_what_a_redline_is_made_of(before: str, after: str) -> None:
    page = _Words()
    page.feed(to_html(redline(before, after), PartySign("A", "a", "l’ARS")))
    assert set(page.elements) <= {
        *("p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "br", "table", "tr", "th", "td"),
        *("ins", "del", "span", "b"),
    }


@given(_TEXTS, _TEXTS)
@settings(max_examples=300)
def test_the_share_is_a_share(before: str, after: str) -> None:
    assert 0 <= share_changed(redline(before, after)) <= 1


@given(_TEXTS, _TEXTS)
@settings(max_examples=300)
def test_deletions_come_before_insertions_and_runs_are_not_split(before: str, after: str) -> None:
    for block in redline(before, after).blocks:
        operations = [run.op for run in block.runs]
        assert all(run.text for run in block.runs)
        assert (Op.INSERT, Op.DELETE) not in pairwise(operations)
        assert all(one is not other for one, other in pairwise(operations))


@given(_TEXTS, _TEXTS)
@settings(max_examples=400)
def test_taking_nothing_is_the_base_and_taking_all_the_proposal(before: str, after: str) -> None:
    every = {unit.index for unit in redline_units(before, after)}
    assert take_units(before, after, set()) == before
    assert take_units(before, after, every) == after


@given(_TEXTS, _TEXTS, st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_taking_some_makes_a_clause_that_holds_the_words_taken(before: str, after: str, chance: object) -> None:
    try:
        before, after = canonical_markdown(before), canonical_markdown(after)
    except UnreadableText:
        assume(False)
    changes = redline_units(before, after)
    assume(changes)
    chosen = {unit.index for unit in changes if getattr(chance, "random")() < 0.5}  # noqa: B009
    taken = take_units(before, after, chosen)
    if chosen and len(chosen) < len(changes):
        assert canonical_markdown(taken) == taken
    kept = {*(unit.after for unit in changes if unit.index in chosen)} | {
        *(unit.before for unit in changes if unit.index not in chosen)
    }
    wanted = {word for text in kept for word in _letters(text)}
    assert wanted <= set(_letters(taken))


@given(st.text(max_size=60) | _TEXTS)
@settings(max_examples=300)
def test_cutting_loses_no_character(text: str) -> None:
    assert "".join(tokens_of(text)) == text
    assert "".join(unit.prefix + unit.body + unit.gap for unit in split_units(text)) == text


@given(st.lists(_LINES.filter(lambda line: line.strip()), min_size=2, max_size=6, unique=True))
def test_a_unit_taken_out_of_a_text_is_the_only_change(lines: list[str]) -> None:
    paragraphs = [f"Alinéa {number} : {line.strip('-|#> ')} mot{number}." for number, line in enumerate(lines)]
    compared = redline("\n\n".join(paragraphs), "\n\n".join(paragraphs[:1] + paragraphs[2:]))
    assert [block.change for block in compared.blocks if block.change is not Change.SAME] == [Change.DELETED]


def _letters(text: str) -> list[str]:
    return [token for token in tokens_of(text) if token.isalpha() and token.isascii()]
