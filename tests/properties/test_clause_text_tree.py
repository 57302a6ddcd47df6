"""The neutral tree: whatever is written is read back the same."""

from hypothesis import given, settings
from hypothesis import strategies as st

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
    parse,
    plain_text,
    serialise,
    settled,
    settled_inlines,
)

_TRICKY = "ab1é .:;-+*_~#>|=`[]()!<&\\\u00a0«»%€'\"\n\te\u0301/@"
_words = st.text(alphabet=_TRICKY, max_size=8) | st.sampled_from(
    ["1.", "- ", "---", "&amp;", "&#82;", "<br>", "**", "~~", "[a](b)", "http://x.fr", "Objectif :", "Réduire", "| a |"]
)
_links = st.none() | st.sampled_from(
    ["https://x.fr/a(b)?c=1&copy=2", "mailto:a@b.fr", "http://é.fr/_*_|", "javascript:a"]
)
_runs = st.builds(Text, text=_words, marks=st.frozensets(st.sampled_from(Mark)), href=_links)
_inlines = st.lists(_runs | st.just(HardBreak()), max_size=7).map(tuple)
_leaves = (
    st.builds(Paragraph, _inlines)
    | st.builds(Heading, st.integers(1, 4), _inlines)
    | st.builds(Table, st.lists(st.lists(_inlines, max_size=3).map(tuple), max_size=3).map(tuple))
    | st.just(Rule())
)


def _containers(blocks: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    some = st.lists(blocks, max_size=3).map(tuple)
    items = st.lists(st.builds(ListItem, some), max_size=3).map(tuple)
    return (
        st.builds(Blockquote, some) | st.builds(BulletList, items) | st.builds(OrderedList, items, st.integers(0, 1200))
    )


_blocks = st.recursive(_leaves, _containers, max_leaves=6)
_trees = st.lists(_blocks, max_size=4)


@given(_trees)
@settings(max_examples=300, deadline=None)
def test_a_tree_is_read_back_as_it_was_written(tree: list[Block]) -> None:
    assert parse(serialise(tree)) == settled(tree)


@given(_inlines)
@settings(max_examples=400, deadline=None)
def test_no_word_is_lost_whatever_the_marks(inlines: tuple[Text | HardBreak, ...]) -> None:
    written = parse(serialise([Paragraph(inlines)]))
    wanted = plain_text(settled_inlines(inlines))
    assert "".join(plain_text(block.inlines) for block in written if isinstance(block, Paragraph)) == wanted


@given(_trees)
@settings(max_examples=200, deadline=None)
def test_settling_twice_changes_nothing(tree: list[Block]) -> None:
    once = settled(tree)
    assert settled(once) == once


@given(st.text(alphabet=_TRICKY, max_size=60))
@settings(max_examples=500, deadline=None)
def test_any_markdown_settles_in_one_trip(source: str) -> None:
    once = serialise(parse(source))
    assert serialise(parse(once)) == once
    assert parse(once) == parse(source)
