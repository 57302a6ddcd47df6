"""Markdown → document → Markdown, for any text; and any document the schema allows can be read."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from negotiation.drafting import schema
from negotiation.drafting.guard import inspect
from negotiation.drafting.markdown_bridge import plain_text_hash, read_fragment, write_fragment
from negotiation.drafting.vet import WatchedDocument
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
    serialise,
)
from tests import drafting_bytes as yjs

_SIGNS = "ab1é😀 .:-*_~#>|`[]!<&\\\u00a0«'\n\te\u0301"
_words = st.text(alphabet=_SIGNS, max_size=8)
_links = st.none() | st.sampled_from(["https://x.fr/a(b)?c=1&copy=2", "mailto:a@b.fr"])
_inlines = st.lists(
    st.builds(Text, text=_words, marks=st.frozensets(st.sampled_from(Mark)), href=_links) | st.just(HardBreak()),
    max_size=6,
).map(tuple)
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


_trees = st.lists(st.recursive(_leaves, _containers, max_leaves=6), max_size=4)


@given(_trees)
@settings(max_examples=300)
def test_no_text_is_changed_by_a_trip_through_a_document(tree: list[Block]) -> None:
    markdown = serialise(tree)
    document: Doc[XmlFragment] = Doc(client_id=9)
    write_fragment(document, yjs.ROOT, markdown=markdown)
    assert read_fragment(document, yjs.ROOT) == serialise(parse(markdown))


@given(_trees)
@settings(max_examples=150)
def test_what_the_platform_writes_is_what_the_vet_allows(tree: list[Block]) -> None:
    document: Doc[XmlFragment] = Doc(client_id=9)
    write_fragment(document, yjs.ROOT, markdown=serialise(tree))
    update = document.get_update()
    watched = WatchedDocument()
    watched.watch([yjs.CLAUSE])
    watched.vet(update, inspect(update), known={})
    assert plain_text_hash(watched.document, [yjs.ROOT]) == plain_text_hash(document, [yjs.ROOT])


_runs = st.lists(
    st.tuples(
        st.text(max_size=6).filter(lambda text: not any("\ud800" <= sign <= "\udfff" for sign in text)),
        st.sampled_from([{}, {"bold": {}}, {"italic": {}, "strike": {}}, {"link": {"href": "https://a.fr"}}]),
    ),
    max_size=3,
)
_levels = {"heading": {"level": st.integers(1, 4)}, "orderedList": {"start": st.integers(0, 99)}}
_Nodes = list[tuple[str, dict[str, int], object]]


def _nodes_in(parent: str, depth: int) -> st.SearchStrategy[_Nodes]:
    kinds = sorted(schema.CHILDREN[parent]) if depth else sorted(schema.CHILDREN[parent] & {schema.TEXT, "hardBreak"})
    if not kinds:
        return st.just([])
    return st.lists(st.sampled_from(kinds).flatmap(lambda kind: _node(kind, depth)), max_size=3)


def _node(kind: str, depth: int) -> st.SearchStrategy[tuple[str, dict[str, int], object]]:
    if kind == schema.TEXT:
        return st.tuples(st.just(kind), st.just({}), _runs)
    attributes = st.fixed_dictionaries({}, optional=_levels.get(kind, {}))
    return st.tuples(st.just(kind), attributes, _nodes_in(kind, depth - 1))


def _write(parent: XmlFragment | XmlElement, nodes: _Nodes) -> None:
    for kind, attributes, inside in nodes:
        if kind == schema.TEXT:
            text = XmlText()
            parent.children.append(text)
            for words, marks in inside:  # type: ignore[attr-defined]
                text.insert(len(text), words, marks)
        else:
            element = XmlElement(kind)
            parent.children.append(element)
            for name, value in attributes.items():
                element.attributes[name] = value
            _write(element, inside)  # type: ignore[arg-type]


@given(_nodes_in(schema.DOCUMENT, 5))
@settings(max_examples=200)
def test_whatever_the_schema_allows_can_be_read(nodes: _Nodes) -> None:
    document: Doc[XmlFragment] = Doc(client_id=9)
    fragment = document.get(yjs.ROOT, type=XmlFragment)
    with document.transaction():
        _write(fragment, nodes)
    markdown = read_fragment(document, yjs.ROOT)
    assert serialise(parse(markdown)) == markdown
