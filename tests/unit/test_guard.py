"""The guard reads every byte of an update before the library does."""

from pathlib import Path

import pytest
from pycrdt import Doc, Map, XmlElement, XmlFragment, XmlText

from negotiation.drafting.guard import MAX_SIZE, MAX_STRUCTS, MOST_AT_ONE_PLACE, inspect, inspect_state_vector
from negotiation.drafting.wire import Reason
from negotiation.errors import UpdateRefused
from tests import drafting_bytes as yjs

CRASHES = sorted((Path(__file__).parents[1] / "drafting_crashes").glob("*.hex"))


def reason_for(update: bytes) -> Reason:
    with pytest.raises(UpdateRefused) as refusal:
        inspect(update)
    found = refusal.value.detail["reason"]
    assert isinstance(found, Reason)
    return found


@pytest.mark.parametrize("crash", CRASHES, ids=lambda path: path.stem)
def test_what_crashes_or_poisons_is_refused_for_the_right_reason(crash: Path) -> None:
    assert reason_for(bytes.fromhex(crash.read_text())) == crash.stem.partition("--")[0]


def test_sixty_kilobytes_of_nesting_never_reach_the_library() -> None:
    update = yjs.nested(3600)
    assert 55_000 < len(update) < MAX_SIZE
    assert reason_for(update) is Reason.TOO_DEEP


def test_more_structs_than_any_page_holds_never_reach_the_library() -> None:
    letters = [yjs.characters("a", yjs.ROOT), *(yjs.characters("a", after=(9, clock)) for clock in range(MAX_STRUCTS))]
    assert reason_for(yjs.update((9, 0, letters))) is Reason.TOO_LARGE
    assert inspect(yjs.update((9, 0, letters)), max_size=2 * MAX_SIZE).written == {9: (0, MAX_STRUCTS + 1)}


def test_nobody_writes_between_the_same_two_letters_again_and_again() -> None:
    between = [yjs.struct(4, yjs.text("a"), after=(7, 2), before=(7, 3))]
    assert inspect(yjs.update((9, 0, between * MOST_AT_ONE_PLACE))).written
    assert reason_for(yjs.update((9, 0, between * 3), (10, 0, between * 3))) is Reason.CROWDED


def test_nesting_hidden_behind_neighbours_is_nesting_all_the_same() -> None:
    structs = [yjs.element("blockquote", yjs.ROOT)]
    for level in range(40):
        structs.append(yjs.element("paragraph", (9, level * 2)))
        structs.append(yjs.element("blockquote", after=(9, level * 2 + 1)))
    assert reason_for(yjs.update((9, 0, structs))) is Reason.TOO_DEEP


def test_nesting_across_clients_is_nesting_all_the_same() -> None:
    first = [yjs.element("blockquote", yjs.ROOT), *(yjs.element("blockquote", (8, clock)) for clock in range(30))]
    second = [yjs.element("blockquote", (9, clock)) for clock in range(31)]
    assert reason_for(yjs.update((9, 0, first), (8, 0, second))) is Reason.TOO_DEEP


def test_thirty_two_levels_are_enough_for_anybody() -> None:
    assert inspect(yjs.nested(32)).written == {9: (0, 32)}


def test_an_update_says_who_writes_what_and_on_what_it_builds() -> None:
    facts = inspect(
        yjs.update(
            (9, 5, [yjs.characters("aé", after=(7, 3)), yjs.characters("😀", before=(7, 9))]),
            deletions=yjs.deletions((4, 10, 5)),
        )
    )
    assert facts.written == {9: (5, 9)}
    assert facts.client_ids == {9}
    assert facts.needed_up_to == {7: 10}
    assert facts.deleted_up_to == {4: 15}
    assert facts.half_characters == {(9, 8)}
    assert facts.cuts == {(7, 4), (7, 9), (4, 10), (4, 15)}


def test_a_gap_counts_as_something_to_have_first() -> None:
    gap = b"\x0a" + yjs.number(4)
    facts = inspect(yjs.update((9, 0, [yjs.characters("a", after=(1, 0)), gap, yjs.characters("b", after=(1, 1))])))
    assert facts.written == {9: (5, 6)}


def test_what_the_library_writes_is_understood() -> None:
    document: Doc[XmlFragment] = Doc(client_id=9)
    fragment = document.get(yjs.ROOT, type=XmlFragment)
    with document.transaction():
        fragment.children.append(XmlElement("heading", {"level": 2}, [XmlText("Objectif 😀")]))
        text = fragment.children[0].children[0]
        text.format(0, 3, {"bold": {}, "link": {"href": "https://ars.sante.fr", "target": "_blank", "class": None}})
        document.get("values", type=Map)[yjs.CLAUSE] = "93.5"
    del fragment.children[0]
    facts = inspect(document.get_update())
    assert facts.root_names <= {yjs.ROOT, "values"}
    assert inspect_state_vector(document.get_state()) == {9: facts.written[9][1]}


def test_overwriting_a_value_hides_its_key() -> None:
    update = yjs.update((9, 0, [yjs.scalar(yjs.word("2"), after=(1, 4))]))
    assert inspect(update).entries_beside_others == 1


@pytest.mark.parametrize("state_vector", [b"", b"\x02\x01\x01", b"\x01\x01\x01\x01", b"\xff" * 9, b"\x00" * 70_000])
def test_a_state_vector_that_lies_is_refused(state_vector: bytes) -> None:
    with pytest.raises(UpdateRefused):
        inspect_state_vector(state_vector)
