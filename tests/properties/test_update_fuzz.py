"""Whatever bytes a socket brings: no process dies, nothing hangs, a refused update leaves the room as it was, and a
room reloaded reads like the room that lived. The inputs that once broke something are in tests/drafting_crashes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.drafting import schema
from tests import drafting_bytes as yjs
from tests.properties.fuzzed_room import ALICES, BRUNOS, brunos_edit, seed
from tests.room_log import SEEDER

EXAMPLES = int(os.environ.get("NAVETTE_FUZZ_EXAMPLES", "40"))
ROOT = Path(__file__).parents[2]
CRASHES = sorted((ROOT / "tests" / "drafting_crashes").glob("*.hex"))
SAMPLES = sorted((ROOT / "tests" / "drafting_samples").glob("*.hex"))


@dataclass(frozen=True)
class Unnumbered:
    """An update of Alice's whose first clock is the next in the room it is given to."""

    structs: list[bytes]
    deletions: bytes

    def written(self) -> object:
        return [[struct.hex() for struct in self.structs], self.deletions.hex()]


Given = bytes | Unnumbered


class FuzzedRooms:
    """The process that takes it all; a new one when the last died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def answers(self, updates: Sequence[Given]) -> list[tuple[str, str]]:
        """(verdict, what is amiss) for each update, given in turn to one room."""
        if self._process is None:
            command = [sys.executable, "-m", "tests.properties.fuzzed_room"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self._process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)  # type: ignore[call-overload]
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        written = json.dumps([update.hex() if isinstance(update, bytes) else update.written() for update in updates])
        process.stdin.write(written + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            self.close()
            return [("died", f"the process died of one of {written}")]
        return [tuple(answer) for answer in json.loads(line)]

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process = None


@pytest.fixture(scope="module")
def rooms() -> Iterator[FuzzedRooms]:
    found = FuzzedRooms()
    yield found
    found.close()


def assert_nothing_amiss(rooms: FuzzedRooms, updates: Sequence[Given]) -> None:
    assert [amiss for _, amiss in rooms.answers(updates) if amiss] == []


def test_what_broke_something_once_breaks_nothing_again(rooms: FuzzedRooms) -> None:
    for crash in CRASHES:
        (verdict, amiss), end = rooms.answers([bytes.fromhex(crash.read_text())])
        assert (verdict != "stored", amiss, end) == (True, "", ("end", "")), crash.name


def together(structs: list[bytes], client: int = ALICES) -> bytes:
    return yjs.update((client, 0, structs))


_MANY = 14_900
DENSE = {
    "letters apart": together(
        [yjs.characters("a", after=(SEEDER, 3)), *(yjs.characters("b", after=(ALICES, k)) for k in range(_MANY))]
    ),
    "attributes": together(
        [yjs.element("heading", yjs.ROOT), *(yjs.scalar(b"\x7d\x02", (ALICES, 0), key="level") for _ in range(_MANY))]
    ),
    "paragraphs": together(
        [yjs.element("paragraph", yjs.ROOT), *(yjs.element("paragraph", after=(ALICES, k)) for k in range(10_000))]
    ),
    "letters between two": together([yjs.characters("b", after=(SEEDER, 3))] * _MANY),
    "two crowds between two": yjs.update(
        *((client, 0, [yjs.characters("b", after=(SEEDER, 3))] * 7_000) for client in (ALICES, 12))
    ),
}


@pytest.mark.parametrize("update", DENSE.values(), ids=DENSE)
def test_the_densest_of_updates_takes_less_than_a_second(rooms: FuzzedRooms, update: bytes) -> None:
    assert_nothing_amiss(rooms, [update, update])


# ---------------------------------------------------------------------- honest updates, damaged


HONEST = [seed(), brunos_edit(), *(bytes.fromhex(sample.read_text()) for sample in SAMPLES)]
_changes = st.lists(st.tuples(st.integers(0, 10**6), st.binary(max_size=4), st.integers(0, 4)), max_size=5)


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Bytes put in, taken out, flipped; an end cut off."""
    found = bytearray(draw(whole))
    for position, put, taken in draw(_changes):
        start = position % (len(found) + 1)
        found[start : start + taken] = put
    if found and draw(st.booleans()):
        place = draw(st.integers(0, len(found) * 8 - 1))
        found[place // 8] ^= 1 << place % 8
    return bytes(found[: draw(st.integers(0, len(found)))] if draw(st.integers(0, 5)) == 0 else found)


# ---------------------------------------------------------------------- updates that no honest library writes


_clients = st.sampled_from([SEEDER, BRUNOS, ALICES, 1, 2, 12, 2**32 - 1, 2**53 - 1])
_places = st.tuples(_clients, st.one_of(st.integers(0, 60), st.sampled_from([2**31 - 1, 2**31, 2**40])))
_nodes = st.sampled_from([*sorted(schema.NODES), "script", "codeBlock", "doc", "text", "", "paragraph\0", "PARAGRAPH"])
_marks = st.sampled_from([*sorted(schema.MARKS), "suggestion", "ychange", "bold--x", ""])
_jsons = st.sampled_from(
    [
        *("{}", "null", "true", "1e400", '"x"', "[[[[]]]]", "{", "[" * 3000, '{"a":' * 1200),
        *('{"href":"javascript:x"}', '{"href":"https://a.fr"}', '{"href":"https://a.fr","onclick":"x"}'),
    ]
)
_words = st.one_of(
    st.sampled_from(["a", "é", "😀", "\0", "\ud7ff", "\u202e", "a" * 3000, "👩‍⚕️"]).map(str.encode),
    st.sampled_from([b"\xed\xa0\xbd", b"\xff", b""]),
)
_values = st.sampled_from(
    [
        *(yjs.word("3"), yjs.word("x" * 30_000), b"\x7d\x01", b"\x7d\x05", b"\x7e", b"\x78"),
        *(b"\x7b\x7f\xf0" + b"\0" * 6, b"\x7a" + b"\0" * 8, b"\x76\x01" + yjs.text("a") + b"\x7d\x01"),
        *(b"\x75\x02\x7d\x01\x7d\x02", b"\x75\xff\xff\xff\x7f"),
    ]
)
_contents = st.one_of(
    st.tuples(st.just(0), st.sampled_from([1, 3, 2**31 - 1]).map(yjs.number)),
    st.tuples(st.just(10), st.sampled_from([1, 3, 2**31 - 1]).map(yjs.number)),
    st.tuples(st.just(1), st.sampled_from([1, 3, 2**31 - 1]).map(yjs.number)),
    st.tuples(st.just(4), _words.map(yjs.text)),
    st.tuples(st.just(6), st.builds(lambda name, json: yjs.text(name) + yjs.text(json), _marks, _jsons)),
    st.tuples(st.just(7), _nodes.map(lambda tag: yjs.number(3) + yjs.text(tag))),
    st.tuples(st.just(7), st.sampled_from([0, 1, 2, 4, 5, 6, 7, 9, 15]).map(yjs.number)),
    st.tuples(st.just(8), _values.map(lambda value: yjs.number(1) + value)),
    st.tuples(st.sampled_from([2, 3, 5, 9, 11, 31]), st.binary(max_size=6)),
)
_roots = st.sampled_from([yjs.ROOT, f"clause:{yjs.OTHER_CLAUSE}", "values", "clause:x", "prosemirror", ""])
_keys = st.sampled_from([None, None, "level", "start", "colspan", "style", yjs.CLAUSE, yjs.OTHER_CLAUSE])


@st.composite
def forged_struct(draw: st.DrawFn) -> bytes:
    kind, content = draw(_contents)
    if kind in (0, 10):
        return bytes([kind]) + content
    match draw(st.integers(0, 4)):
        case 0:
            return yjs.struct(kind, content, inside=draw(_roots), key=draw(_keys))
        case 1:
            return yjs.struct(kind, content, inside=draw(_places), key=draw(_keys))
        case 2:
            return yjs.struct(kind, content, after=draw(_places))
        case 3:
            return yjs.struct(kind, content, before=draw(_places))
        case _:
            return yjs.struct(kind, content, after=draw(_places), before=draw(_places))


_deletions = st.lists(st.tuples(_clients, st.integers(0, 60), st.sampled_from([1, 2, 40, 2**31])), max_size=3)


@st.composite
def forged(draw: st.DrawFn) -> bytes:
    clocks = st.sampled_from([0, 0, 0, 1, 5, 2**31 - 2])
    sections = draw(
        st.lists(st.tuples(_clients, clocks, st.lists(forged_struct(), min_size=1, max_size=5)), min_size=1, max_size=3)
    )
    return yjs.update(*sections, deletions=yjs.deletions(*draw(_deletions)))


_hostile = st.one_of(forged(), damaged(st.sampled_from(HONEST)), damaged(forged()), st.binary(max_size=200))


@settings(max_examples=EXAMPLES)
@given(st.lists(_hostile, min_size=1, max_size=4))
def test_hostile_updates_leave_a_room_as_it_was(rooms: FuzzedRooms, updates: list[bytes]) -> None:
    assert_nothing_amiss(rooms, updates)


# ---------------------------------------------------------------------- close to what is allowed: much of it is stored


_near = st.tuples(st.sampled_from([SEEDER, BRUNOS, ALICES, ALICES]), st.integers(0, 45))
_near_contents = st.one_of(
    st.tuples(st.just(4), st.sampled_from(["a", "é", "😀b"]).map(yjs.text)),
    st.tuples(st.just(6), st.sampled_from(["bold", "strike"]).map(lambda name: yjs.text(name) + yjs.text("{}"))),
    st.tuples(st.just(7), st.sampled_from(sorted(schema.NODES)).map(lambda tag: yjs.number(3) + yjs.text(tag))),
    st.tuples(st.just(7), st.just(yjs.number(6))),
    st.tuples(st.just(8), st.sampled_from([b"\x7d\x02", yjs.word("3")]).map(lambda value: yjs.number(1) + value)),
    st.tuples(st.just(1), st.integers(1, 4).map(yjs.number)),
)


@st.composite
def near_struct(draw: st.DrawFn) -> bytes:
    kind, content = draw(_near_contents)
    match draw(st.integers(0, 3)):
        case 0 if kind == 8:
            return yjs.struct(kind, content, inside="values", key=yjs.OTHER_CLAUSE)
        case 0:
            return yjs.struct(kind, content, inside=yjs.ROOT)
        case 1:
            return yjs.struct(kind, content, inside=draw(_near), key="level" if kind == 8 else None)
        case 2:
            return yjs.struct(kind, content, after=draw(_near))
        case _:
            return yjs.struct(kind, content, before=draw(_near))


_near_deletions = _near.map(lambda place: yjs.deletions((*place, 1))) | st.just(yjs.NOTHING_DELETED)
_near_update = st.builds(Unnumbered, st.lists(near_struct(), min_size=1, max_size=5), _near_deletions)


@settings(max_examples=EXAMPLES)
@given(st.lists(_near_update, min_size=1, max_size=6))
def test_what_passes_says_the_same_live_and_reloaded(rooms: FuzzedRooms, updates: list[Unnumbered]) -> None:
    assert_nothing_amiss(rooms, updates)
