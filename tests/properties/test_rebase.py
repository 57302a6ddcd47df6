"""Promises of putting a proposal back on a text that moved, for any three texts."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from negotiation.errors import UnreadableText
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.markdown_tree import (
    Block,
    Blockquote,
    BulletList,
    HardBreak,
    Heading,
    ListItem,
    Mark,
    OrderedList,
    Paragraph,
    Rule,
    Table,
    Text,
    serialise,
)
from negotiation.rules.rebase import Choice, PassageKind, RebaseState, rebase, resolve
from negotiation.rules.rebase_units import Leaf, leaves_of, written

# Few words, so that texts made apart share units, hold twins and move them.
_words = st.sampled_from(["un", "deux", "trois", "taux de 90 %", "taux de 95 %", "ouvrir la nuit", "a*b|c"])
_inlines = st.lists(
    st.builds(Text, text=_words, marks=st.frozensets(st.sampled_from(Mark), max_size=1)) | st.just(HardBreak()),
    min_size=1,
    max_size=2,
).map(tuple)
_leaf_blocks = (
    st.builds(Paragraph, _inlines)
    | st.builds(Heading, st.integers(1, 3), _inlines)
    | st.builds(
        Table, st.lists(st.lists(_inlines, min_size=1, max_size=2).map(tuple), min_size=1, max_size=4).map(tuple)
    )
    | st.just(Rule())
)

_any_words = st.text(alphabet=st.sampled_from("ab1é .:-*_~#>|`[]!<&\\\u00a0«'\n\n\n"), max_size=80)


def _containers(blocks: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    some = st.lists(blocks, min_size=1, max_size=3).map(tuple)
    items = st.lists(st.builds(ListItem, some), min_size=1, max_size=4).map(tuple)
    return st.builds(Blockquote, some) | st.builds(BulletList, items) | st.builds(OrderedList, items, st.integers(1, 3))


_texts = st.lists(st.recursive(_leaf_blocks, _containers, max_leaves=4), max_size=5).map(serialise)


@st.composite
def _edited(draw: st.DrawFn, text: str) -> str:
    """The text with some units taken out, doubled, moved, or replaced by those of another text."""
    leaves = list(leaves_of(text))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(leaves)))
        match draw(st.sampled_from(["delete", "insert", "move"])):
            case "delete":
                del leaves[place : place + draw(st.integers(1, 2))]
            case "insert":
                leaves[place:place] = leaves_of(draw(_texts))[:2]
            case _ if leaves[place:]:
                leaf = leaves.pop(place)
                leaves.insert(draw(st.integers(0, len(leaves))), leaf)
            case _:
                pass
    return written(leaves)


@st.composite
def _three(draw: st.DrawFn) -> tuple[str, str, str]:
    base = draw(_texts)
    return base, draw(_edited(base) | _texts), draw(_edited(base) | _texts)


@given(_texts)
@settings(max_examples=80)
def test_a_text_taken_apart_and_put_together_is_the_same(text: str) -> None:
    assert written(leaves_of(text)) == text


@given(_three())
@settings(max_examples=100, deadline=None)
def test_any_three_texts_have_an_answer_and_it_is_canonical(texts: tuple[str, str, str]) -> None:
    base, common, ours = texts
    rebased = rebase(base, common, ours)
    assert (rebased.text is None) == (rebased.state is RebaseState.OVERLAPPING)
    if rebased.text is not None:
        assert canonical_markdown(rebased.text) == rebased.text
    for passage in rebased.passages:
        for markdown in (passage.base, passage.common, passage.ours):
            assert canonical_markdown(markdown) == markdown


@given(_three())
@settings(max_examples=100, deadline=None)
def test_the_passages_are_the_three_texts_in_order(texts: tuple[str, str, str]) -> None:
    passages = rebase(*texts).passages
    for number, text in enumerate(texts):
        units = [(p.units.base, p.units.common, p.units.ours)[number] for p in passages]
        assert written(leaf for leaves in units for leaf in leaves) == text


@given(_three())
@settings(max_examples=80, deadline=None)
def test_one_side_that_did_not_move_leaves_the_other_as_it_is(texts: tuple[str, str, str]) -> None:
    base, one, _ = texts
    assert (rebase(base, base, one).state, rebase(base, base, one).text) == (RebaseState.UNTOUCHED, one)
    still = rebase(base, one, base)
    assert still.text == one
    assert still.state is (RebaseState.UNTOUCHED if one == base else RebaseState.CONTAINED)
    both = rebase(base, one, one)
    assert both.text == one
    assert both.state is (RebaseState.UNTOUCHED if one == base else RebaseState.CONTAINED)
    for kinds in ([p.kind for p in still.passages], [p.kind for p in both.passages]):
        assert PassageKind.CONFLICT not in kinds
        assert PassageKind.ONLY_OURS_CHANGED not in kinds


@given(_three())
@settings(max_examples=100, deadline=None)
def test_it_does_not_matter_who_asks(texts: tuple[str, str, str]) -> None:
    base, common, ours = texts
    one, other = rebase(base, common, ours), rebase(base, ours, common)
    assert (one.state is RebaseState.OVERLAPPING) == (other.state is RebaseState.OVERLAPPING)
    if RebaseState.UNTOUCHED not in (one.state, other.state) and RebaseState.CONTAINED not in (one.state, other.state):
        assert one.state is other.state
        assert one.text == other.text


@given(_three(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_each_choice_puts_in_the_units_it_named_and_no_others(texts: tuple[str, str, str], chance: object) -> None:
    rebased = rebase(*texts)
    flip = getattr(chance, "random")  # noqa: B009
    wanted: list[object] = []
    choices: dict[int, Choice | str] = {}
    for index, passage in enumerate(rebased.passages):
        units = passage.units.common
        if passage.kind is PassageKind.ONLY_OURS_CHANGED:
            units = passage.units.ours
        if passage.kind is PassageKind.CONFLICT:
            choices[index] = Choice.COMMON if flip() < 0.5 else Choice.OURS
            units = passage.units.common if choices[index] is Choice.COMMON else passage.units.ours
        wanted += _contents(units)
    assert _contents(leaves_of(resolve(rebased, choices))) == wanted


@given(_three(), _texts)
@settings(max_examples=80, deadline=None)
def test_words_written_by_hand_are_in_the_text(texts: tuple[str, str, str], by_hand: str) -> None:
    rebased = rebase(*texts)
    assume(rebased.state is RebaseState.OVERLAPPING)
    conflicts = [index for index, passage in enumerate(rebased.passages) if passage.kind is PassageKind.CONFLICT]
    resolved = resolve(rebased, dict.fromkeys(conflicts, by_hand))
    assert canonical_markdown(resolved) == resolved
    present = _contents(leaves_of(resolved))
    assert all(content in present for content in _contents(leaves_of(by_hand)))


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_changes_apart_both_stand_and_no_unit_is_lost(data: st.DataObject) -> None:
    """Paragraphs, items and rows of their own; each side changes units that don't touch the other's."""
    kinds = data.draw(st.lists(st.sampled_from("pilt"), min_size=5, max_size=12))
    units = [_unit(kind, f"unité {number} mot{number} suite{number}") for number, kind in enumerate(kinds)]
    first = data.draw(st.integers(0, 1))
    halves = data.draw(st.lists(st.integers(0, (len(units) - 1 - first) // 2), min_size=2, unique=True).map(sorted))
    places = [first + 2 * half for half in halves]
    sides: tuple[dict[int, str], dict[int, str]] = ({}, {})
    for turn, place in enumerate(places):
        reworded = _unit(kinds[place], f"unité {place} mot{place} nouveau{place}")
        added = f"{units[place]}\0{_unit(kinds[place], f'ajout{place}')}"
        sides[turn % 2][place] = data.draw(st.sampled_from([reworded, added, ""]))
    base = _text(units, {})
    common, ours, both = _text(units, sides[0]), _text(units, sides[1]), _text(units, sides[0] | sides[1])
    rebased = rebase(base, common, ours)
    assert rebased.state is RebaseState.CLEAN
    assert rebased.text is not None
    assert _words(rebased.text) == _words(both)


@given(_any_words, _any_words, _any_words)
@settings(max_examples=80, deadline=None)
def test_any_words_at_all_are_rebased(base: str, common: str, ours: str) -> None:
    try:
        texts = [canonical_markdown(text) for text in (base, common, ours)]
    except UnreadableText:
        assume(False)
    rebased = rebase(*texts)
    assert rebased.text is None or canonical_markdown(rebased.text) == rebased.text


def _contents(leaves: tuple[Leaf, ...]) -> list[object]:
    """The words of each unit; rows without the empty cells that a wider row beside them asks for."""
    found: list[object] = []
    for leaf in leaves:
        cells = list(getattr(leaf.content, "cells", ()))
        while cells and not cells[-1]:
            cells.pop()
        found.append(tuple(cells) if hasattr(leaf.content, "cells") else leaf.content)
    return found


def _unit(kind: str, words: str) -> str:
    return {"p": words, "i": f"- {words}", "l": f"## {words}", "t": f"| {words} | 1 |"}[kind]


def _text(units: list[str], replaced: dict[int, str]) -> str:
    lines = [line for n, unit in enumerate(units) for line in replaced.get(n, unit).split("\0") if line]
    text, in_table = "", False
    for line in lines:
        is_row = line.startswith("|")
        item_after_item = line.startswith("- ") and text.rsplit("\n", 1)[-1].startswith("- ")
        text += ("\n" if (is_row and in_table) or item_after_item else "\n\n") + line
        if is_row and not in_table:
            text += "\n|---|---|"
        in_table = is_row
    return canonical_markdown(text)


def _words(text: str) -> list[object]:
    return _contents(leaves_of(text))
