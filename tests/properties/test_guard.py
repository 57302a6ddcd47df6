"""No bytes make the guard do anything but answer, and nothing it lets through breaks a room for good."""

from contextlib import AbstractContextManager, suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Map, XmlElement, XmlFragment, XmlText

from negotiation.drafting import markdown_bridge, schema
from negotiation.drafting.guard import UpdateFacts, inspect, inspect_state_vector
from negotiation.drafting.vet import WatchedDocument, lacks_dependencies
from negotiation.errors import ResyncNeeded, UpdateRefused
from tests import drafting_bytes as yjs

SEEDER = 7
MARKDOWN = "# Titre\n\nUn **gras** été\n\n- a\n  - b\n\n| a | b |\n|---|---|\n| c | d |"


def _seed() -> bytes:
    document: Doc[XmlFragment] = Doc(client_id=SEEDER)
    markdown_bridge.write_fragment(document, yjs.ROOT, markdown=MARKDOWN)
    return document.get_update()


def _honest_edits() -> list[bytes]:
    edits = []
    for number in range(5):
        document: Doc[XmlFragment] = Doc(client_id=100 + number)
        document.apply_update(SEED)
        known = document.get_state()
        fragment = document.get(yjs.ROOT, type=XmlFragment)
        words = fragment.children[1].children[0]
        match number:
            case 0:
                words.insert(0, "é😀x")
            case 1:
                words.format(0, 3, {"bold": {}, "link": {"href": "https://a.fr"}})
            case 2:
                del fragment.children[0:2]
            case 3:
                fragment.children.append(XmlElement("paragraph", {}, [XmlText("fin")]))
            case 4:
                document.get("values", type=Map)[yjs.CLAUSE] = "12"
        edits.append(document.get_update(known))
    return edits


SEED = _seed()
EDITS = [SEED, *_honest_edits()]


def _refusals_are_fine() -> AbstractContextManager[None]:
    return suppress(UpdateRefused, ResyncNeeded)


def _inspected(update: bytes) -> UpdateFacts | None:
    with _refusals_are_fine():
        return inspect(update)
    return None


def _room(*updates: bytes) -> WatchedDocument:
    watched = WatchedDocument()
    watched.watch([yjs.CLAUSE])
    for update in updates:
        watched.apply_vetted(update)
    return watched


def _vet(watched: WatchedDocument, update: bytes, facts: UpdateFacts) -> bool:
    """Whether the update got through."""
    known = watched.clocks()
    if lacks_dependencies(facts, known):
        return False
    with _refusals_are_fine():
        watched.vet(update, facts, known=known)
        return True
    return False


@given(st.binary(max_size=400))
@settings(max_examples=1500)
def test_noise_is_answered(noise: bytes) -> None:
    _inspected(noise)
    with _refusals_are_fine():
        inspect_state_vector(noise)


_changes = st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=3), st.integers(0, 3)), max_size=4)


@given(st.sampled_from(EDITS), _changes)
@settings(max_examples=1500)
def test_a_damaged_update_is_answered_and_what_passes_can_be_read(
    update: bytes, changes: list[tuple[int, bytes, int]]
) -> None:
    damaged = bytearray(update)
    for position, put, taken in changes:
        start = position % (len(damaged) + 1)
        damaged[start : start + taken] = put
    facts = _inspected(bytes(damaged))
    if facts is None:
        return
    watched = _room(SEED)
    if _vet(watched, bytes(damaged), facts):
        markdown_bridge.read_fragment(watched.document, yjs.ROOT)


_places = st.tuples(st.sampled_from([SEEDER, 9]), st.integers(0, 45))
_contents = st.sampled_from(
    [
        (4, yjs.text("aé")),
        (4, yjs.text("😀b")),
        (6, yjs.text("bold") + yjs.text("{}")),
        (6, yjs.text("italic") + yjs.text("null")),
        (8, yjs.number(1) + yjs.word("2")),
        (8, yjs.number(1) + b"\x7d\x01"),
        (1, yjs.number(2)),
        (7, yjs.number(6)),
        *((7, yjs.number(3) + yjs.text(tag)) for tag in sorted(schema.NODES)),
    ]
)


@st.composite
def _forged_structs(draw: st.DrawFn) -> bytes:
    kind, content = draw(_contents)
    key = draw(st.sampled_from(["level", "start"])) if kind == 8 else None
    match draw(st.integers(0, 4)):
        case 0:
            return yjs.struct(kind, content, inside=yjs.ROOT)
        case 1:
            return yjs.struct(kind, content, inside=draw(_places), key=key)
        case 2:
            return yjs.struct(kind, content, after=draw(_places))
        case 3:
            return yjs.struct(kind, content, before=draw(_places))
        case _:
            client, clock = draw(_places)
            return yjs.struct(kind, content, after=(client, clock), before=(client, clock + 1))


@given(st.lists(st.tuples(st.lists(_forged_structs(), min_size=1, max_size=4), _places), min_size=1, max_size=6))
@settings(max_examples=600)
def test_whatever_is_forged_a_room_reloaded_reads_like_the_room_that_lived(
    forgeries: list[tuple[list[bytes], tuple[int, int]]],
) -> None:
    watched, kept = _room(SEED), [SEED]
    for structs, (client, clock) in forgeries:
        update = yjs.update((9, watched.clocks().get(9, 0), structs), deletions=yjs.deletions((client, clock, 1)))
        facts = _inspected(update)
        if facts is None:
            continue
        if _vet(watched, update, facts):
            kept.append(update)
        else:
            watched = _room(*kept)
    text = markdown_bridge.read_fragment(watched.document, yjs.ROOT)
    assert markdown_bridge.read_fragment(_room(*kept).document, yjs.ROOT) == text
