"""The vet looks at the nodes an update changed, in a document of the room's own."""

from pathlib import Path

import pytest
from pycrdt import Doc, XmlFragment

from negotiation.drafting import markdown_bridge
from negotiation.drafting.guard import inspect
from negotiation.drafting.vet import WatchedDocument, lacks_dependencies, writing_clients
from negotiation.drafting.wire import Reason
from negotiation.errors import ResyncNeeded, UpdateRefused
from negotiation.rules.vocabulary import ValueKind
from tests import drafting_bytes as yjs

SEEDER = 7
TEXT_NODE, FIRST_LETTER, LAST_LETTER = (SEEDER, 1), (SEEDER, 2), (SEEDER, 4)


def room_with_a_paragraph(words: str = "abc") -> WatchedDocument:
    watched = WatchedDocument()
    watched.watch([yjs.CLAUSE, yjs.OTHER_CLAUSE])
    watched.apply_vetted(yjs.paragraph(words, client=SEEDER))
    return watched


def room_with(markdown: str) -> WatchedDocument:
    document: Doc[XmlFragment] = Doc(client_id=SEEDER)
    markdown_bridge.write_fragment(document, yjs.ROOT, markdown=markdown)
    watched = WatchedDocument()
    watched.watch([yjs.CLAUSE])
    watched.apply_vetted(document.get_update())
    return watched


def vet(watched: WatchedDocument, update: bytes) -> frozenset[str]:
    facts, known = inspect(update), watched.clocks()
    if lacks_dependencies(facts, known):
        raise ResyncNeeded()
    return watched.vet(update, facts, known=known)


def written(*structs: bytes) -> bytes:
    return yjs.update((9, 0, structs))


def test_typing_touches_its_clause_and_no_other() -> None:
    watched = room_with_a_paragraph()
    assert vet(watched, written(yjs.characters("d", after=LAST_LETTER))) == {yjs.CLAUSE}
    assert markdown_bridge.read_fragment(watched.document, yjs.ROOT) == "abcd"


def test_a_deletion_touches_its_clause() -> None:
    assert vet(room_with_a_paragraph(), b"\x00" + yjs.deletions((SEEDER, 2, 1))) == {yjs.CLAUSE}


@pytest.mark.parametrize(
    ("kind", "typed", "refused"),
    [
        (ValueKind.NUMBER, "93,", "quatre"),
        (ValueKind.AMOUNT, "62\u202f000 €", "1" * 41),
        (ValueKind.DATE, "2027-09-01", "1er septembre"),
        (ValueKind.CHOICE, "À la hausse", "À la hausse\n"),
        (ValueKind.LIST, "Un\nDeux", "Un\x00"),
        (ValueKind.NONE, "", "4"),
    ],
)
def test_a_value_looks_like_its_kind_while_it_is_typed(kind: ValueKind, typed: str, refused: str) -> None:
    watched = room_with_a_paragraph()
    watched.watch({yjs.CLAUSE: kind})
    assert vet(watched, written(yjs.scalar(yjs.word(typed), "values", key=yjs.CLAUSE))) == {yjs.CLAUSE}
    again = room_with_a_paragraph()
    again.watch({yjs.CLAUSE: kind})
    with pytest.raises(UpdateRefused):
        vet(again, written(yjs.scalar(yjs.word(refused), "values", key=yjs.CLAUSE)))


def test_a_value_touches_its_clause() -> None:
    update = written(yjs.scalar(yjs.word("93.5"), "values", key=yjs.OTHER_CLAUSE))
    assert vet(room_with_a_paragraph(), update) == {yjs.OTHER_CLAUSE}


def test_what_the_real_editor_writes_passes() -> None:
    """Recorded from Yjs 13.6 and y-tiptap 3.0 on the schema of static/src/editor."""
    samples = Path(__file__).parents[1] / "drafting_samples"
    seed, edit = (bytes.fromhex((samples / f"{name}.hex").read_text()) for name in ("platform_seed", "editor_edit"))
    watched = WatchedDocument()
    watched.watch([yjs.CLAUSE])
    watched.apply_vetted(seed)
    assert vet(watched, edit) == {yjs.CLAUSE}
    text = markdown_bridge.read_fragment(watched.document, yjs.ROOT)
    assert text.startswith("## Objectif 1")
    assert text.endswith("### [**Nouveau 😀**](https://a.fr) x\n\n4. q\n\n|  |\n|---|\n\n---")


WRONG = {
    "characters among the blocks": written(yjs.characters("zz", yjs.ROOT)),
    "characters beside a block": written(yjs.characters("zz", after=(SEEDER, 0))),
    "characters straight in a paragraph": written(yjs.characters("zz", (SEEDER, 0))),
    "a value among the blocks": written(yjs.scalar(yjs.word("q"), after=(SEEDER, 0))),
    "a value hidden among characters": written(yjs.scalar(yjs.word("q"), after=LAST_LETTER)),
    "the edge of a mark among the blocks": written(yjs.mark("bold", "{}", after=(SEEDER, 0))),
    "a paragraph in a text": written(yjs.element("paragraph", after=LAST_LETTER)),
    "a text in a text": written(yjs.text_node(after=LAST_LETTER)),
    "a paragraph in a paragraph": written(yjs.element("paragraph", after=TEXT_NODE)),
    "a text straight in the clause": written(yjs.text_node(after=(SEEDER, 0))),
    "a row without its table": written(yjs.element("tableRow", yjs.ROOT)),
    "a list in a cell": written(
        yjs.element("table", yjs.ROOT),
        yjs.element("tableRow", (9, 0)),
        yjs.element("tableCell", (9, 1)),
        yjs.element("bulletList", (9, 2)),
    ),
    "a value for somebody else's clause": written(
        yjs.scalar(yjs.word("1"), "values", key="33333333-3333-4333-8333-333333333333")
    ),
    "a number for a value": written(yjs.scalar(b"\x7d\x01", "values", key=yjs.CLAUSE)),
}


@pytest.mark.parametrize("update", WRONG.values(), ids=WRONG)
def test_nothing_stands_where_the_schema_has_no_place_for_it(update: bytes) -> None:
    with pytest.raises(UpdateRefused) as refusal:
        vet(room_with_a_paragraph(), update)
    assert refusal.value.detail["reason"] is Reason.WRONG_PLACE


@pytest.mark.parametrize(
    "structs",
    [
        [yjs.scalar(b"\x7d\x02", (SEEDER, 0), key="level")],
        [yjs.element("heading", yjs.ROOT), yjs.scalar(b"\x7d\x05", (9, 0), key="level")],
        [yjs.element("heading", yjs.ROOT), yjs.scalar(yjs.word("2"), (9, 0), key="level")],
        [
            yjs.element("table", yjs.ROOT),
            yjs.element("tableRow", (9, 0)),
            yjs.element("tableCell", (9, 1)),
            yjs.scalar(b"\x7d\x02", (9, 2), key="colspan"),
        ],
    ],
    ids=["level of a paragraph", "level 5", "level in words", "spanning cells"],
)
def test_attributes_are_those_of_their_node(structs: list[bytes]) -> None:
    with pytest.raises(UpdateRefused) as refusal:
        vet(room_with_a_paragraph(), written(*structs))
    assert refusal.value.detail["reason"] is Reason.UNKNOWN_ATTRIBUTE


def test_nesting_built_up_over_several_updates_stops_at_the_limit() -> None:
    watched = room_with_a_paragraph()
    quotes = [yjs.element("blockquote", yjs.ROOT), *(yjs.element("blockquote", (9, level)) for level in range(30))]
    vet(watched, yjs.update((9, 0, [*quotes, yjs.element("paragraph", (9, 30))])))
    one_more = [yjs.element("blockquote", after=(9, 31)), yjs.element("paragraph", (9, 32))]
    with pytest.raises(UpdateRefused) as refusal:
        vet(watched, yjs.update((9, 32, one_more)))
    assert refusal.value.detail["reason"] is Reason.TOO_DEEP


HOLLOW = {
    "an item": [yjs.element("bulletList", yjs.ROOT), yjs.element("listItem", (9, 0))],
    "a list": [yjs.element("orderedList", yjs.ROOT)],
    "a quote": [yjs.element("blockquote", yjs.ROOT)],
    "a cell": [
        yjs.element("table", yjs.ROOT),
        yjs.element("tableRow", (9, 0)),
        yjs.element("tableCell", (9, 1)),
    ],
}


@pytest.mark.parametrize("structs", HOLLOW.values(), ids=HOLLOW)
def test_nobody_puts_in_a_node_of_nothing_that_every_browser_would_delete(structs: list[bytes]) -> None:
    with pytest.raises(UpdateRefused) as refusal:
        vet(room_with_a_paragraph(), written(*structs))
    assert refusal.value.detail["reason"] is Reason.HOLLOW_NODE


def test_two_edits_may_leave_a_hollow_item_together() -> None:
    watched = room_with_a_paragraph()
    item = [yjs.element("bulletList", yjs.ROOT), yjs.element("listItem", (9, 0)), yjs.element("paragraph", (9, 1))]
    vet(watched, written(*item))
    vet(watched, b"\x00" + yjs.deletions((9, 2, 1)))
    assert "abc" in markdown_bridge.read_fragment(watched.document, yjs.ROOT)


def test_a_panic_of_the_library_is_a_refusal_like_another() -> None:
    watched = room_with("# Titre")
    heading_level = (SEEDER, 1)
    with pytest.raises(UpdateRefused) as refusal:
        vet(watched, written(yjs.mark("bold", "{}", after=heading_level)))
    assert refusal.value.detail["reason"] is Reason.LIBRARY_FAILED


def test_half_a_character_is_never_cut() -> None:
    watched = room_with_a_paragraph("a😀b")
    with pytest.raises(UpdateRefused) as refusal:
        vet(watched, written(yjs.characters("x", after=(SEEDER, 3))))
    assert refusal.value.detail["reason"] is Reason.CUT_CHARACTER


@pytest.mark.parametrize(
    "update",
    [
        yjs.update((SEEDER, 9, [yjs.characters("d", after=LAST_LETTER)])),
        written(yjs.characters("d", after=(SEEDER, 40))),
        written(yjs.characters("d", after=(8, 0))),
        b"\x00" + yjs.deletions((SEEDER, 3, 9)),
        yjs.update((9, 0, [b"\x0a\x04", yjs.characters("d", after=LAST_LETTER)])),
    ],
    ids=["clocks left out", "unknown clock", "unknown client", "deletes the unknown", "gap"],
)
def test_what_builds_on_something_missing_asks_for_a_resync(update: bytes) -> None:
    with pytest.raises(ResyncNeeded):
        vet(room_with_a_paragraph(), update)


def test_circles_that_would_wait_for_ever_ask_for_a_resync() -> None:
    circle = yjs.update((9, 0, [yjs.characters("a", after=(8, 0))]), (8, 0, [yjs.characters("b", after=(9, 0))]))
    with pytest.raises(ResyncNeeded):
        vet(room_with_a_paragraph(), circle)


def test_sending_again_what_others_wrote_is_not_writing_under_their_name() -> None:
    watched = room_with_a_paragraph()
    again = inspect(yjs.paragraph("abc", client=SEEDER))
    assert writing_clients(again, watched.clocks()) == frozenset()
    longer = inspect(yjs.paragraph("abcd", client=SEEDER))
    assert writing_clients(longer, watched.clocks()) == {SEEDER}
