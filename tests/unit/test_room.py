"""A room is a cache: whatever goes wrong, the log has the last word."""

import threading
from collections.abc import Sequence

import pytest
from pycrdt import Doc, XmlFragment

from negotiation.drafting import markdown_bridge
from negotiation.drafting.room import Room
from negotiation.drafting.rooms import Rooms
from negotiation.drafting.updates import Answer, Batch, Stored
from negotiation.drafting.wire import Reason
from negotiation.errors import Frozen, ResyncNeeded, UpdateRefused
from tests import drafting_bytes as yjs
from tests.room_log import BRUNO, CLAUSES, SEEDER, MemoryLog, accept, typed


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog([("seed", yjs.paragraph("abc", client=SEEDER))])


@pytest.fixture
def room(log: MemoryLog) -> Room:
    return Room("draft", 1, log)


def test_what_is_accepted_is_in_the_log_and_in_the_text(room: Room, log: MemoryLog) -> None:
    assert accept(room, typed("d")) == Stored(2)
    assert log.rows[-1] == ("op", typed("d"))
    assert room.snapshot(yjs.CLAUSE) == "abcd"


def test_the_log_is_told_who_wrote_which_clause_under_which_client(room: Room, log: MemoryLog) -> None:
    accept(room, typed("d"), writer=BRUNO)
    kept = log.appended[0]
    assert (kept.writer, kept.clause_ids, kept.client_ids) == (BRUNO, {yjs.CLAUSE}, {9})


def test_the_same_op_twice_is_stored_once(room: Room, log: MemoryLog) -> None:
    first = accept(room, typed("d"))
    again = accept(room, typed("d"))
    assert (again.sequence, again.repeated) == (first.sequence, True)
    assert len(log.rows) == 2
    assert accept(room, typed("e", clock=1, after=(9, 0)), op_id="next") == Stored(3)


def test_a_room_catches_up_with_what_another_worker_wrote(room: Room, log: MemoryLog) -> None:
    accept(room, typed("d"))
    log.rows.append(("elsewhere", typed("e", client=10, after=(9, 0))))
    assert room.snapshot(yjs.CLAUSE) == "abcde"


def test_a_log_that_moved_on_is_caught_up_with_and_asked_again(room: Room, log: MemoryLog) -> None:
    log.before_append = [typed("e", client=10)]
    assert accept(room, typed("d")) == Stored(3)
    assert sorted(room.snapshot(yjs.CLAUSE)) == list("abcde")
    assert room.snapshot(yjs.CLAUSE) == Room("draft", 1, log).snapshot(yjs.CLAUSE)


def test_who_loses_thirty_turns_to_another_server_is_stored_after_all(room: Room, log: MemoryLog) -> None:
    """As between two busy servers on PostgreSQL, where nobody queues for the file."""
    theirs = iter([typed("e", client=10), *(typed("e", client=10, clock=n, after=(10, n - 1)) for n in range(1, 30))])
    store = log.append

    def append_second(batches: Sequence[Batch]) -> Sequence[Sequence[Answer]]:
        log.before_append = [update for update in [next(theirs, None)] if update]
        return store(batches)

    log.append = append_second  # type: ignore[method-assign]
    assert accept(room, typed("d")) == Stored(32)
    assert sorted(room.snapshot(yjs.CLAUSE)) == sorted("abcd" + "e" * 30)


def test_what_could_not_be_stored_is_nowhere(room: Room, log: MemoryLog) -> None:
    log.broken = True
    with pytest.raises(OSError, match="disk full"):
        accept(room, typed("d"))
    assert room.snapshot(yjs.CLAUSE) == "abc"
    log.broken = False
    assert accept(room, typed("d")) == Stored(2)
    assert room.snapshot(yjs.CLAUSE) == "abcd"


def test_a_locked_clause_does_not_move_while_the_others_do(room: Room, log: MemoryLog) -> None:
    log.locked = frozenset({yjs.CLAUSE})
    with pytest.raises(Frozen):
        accept(room, typed("d"))
    assert room.snapshot(yjs.CLAUSE) == "abc"
    elsewhere = yjs.paragraph("libre", root=f"clause:{yjs.OTHER_CLAUSE}")
    assert accept(room, elsewhere, op_id="elsewhere") == Stored(2)
    assert room.snapshot(yjs.OTHER_CLAUSE) == "libre"


@pytest.mark.parametrize(
    "poison",
    [
        yjs.update((9, 0, [yjs.characters("zz", after=(SEEDER, 0))])),
        yjs.update((9, 0, [yjs.characters("zz", (SEEDER, 3))])),
        yjs.nested(500),
        yjs.paragraph("x", root="clause:33333333-3333-4333-8333-333333333333"),
        b"\xff\xff",
        b"",
    ],
    ids=["wrong place", "library refuses", "nested", "another part's clause", "noise", "nothing"],
)
def test_a_refused_update_leaves_no_trace(room: Room, log: MemoryLog, poison: bytes) -> None:
    before = room.state_since(b"")
    with pytest.raises(UpdateRefused):
        accept(room, poison)
    assert room.state_since(b"") == before
    assert len(log.rows) == 1
    assert accept(room, typed("d")) == Stored(2)


def test_what_comes_too_early_asks_for_a_resync_and_passes_in_order(room: Room) -> None:
    early = typed("e", clock=1, after=(9, 0))
    with pytest.raises(ResyncNeeded):
        accept(room, early, op_id="2")
    accept(room, typed("d"), op_id="1")
    accept(room, early, op_id="2")
    assert room.snapshot(yjs.CLAUSE) == "abcde"


def test_a_draft_does_not_grow_without_end(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("negotiation.drafting.room.MAX_DOCUMENT_SIZE", 300)
    with pytest.raises(UpdateRefused) as refusal:
        accept(room, typed("d" * 300))
    assert refusal.value.detail["reason"] is Reason.DOCUMENT_FULL


def test_a_reader_gets_what_he_lacks_and_no_more(room: Room) -> None:
    browser: Doc[XmlFragment] = Doc(client_id=20)
    sequence, lacking = room.state_since(b"")
    browser.apply_update(lacking)
    assert (sequence, room.state_since(browser.get_state())) == (1, (1, b""))
    accept(room, typed("d"))
    sequence, lacking = room.state_since(browser.get_state())
    browser.apply_update(lacking)
    assert markdown_bridge.read_fragment(browser, yjs.ROOT) == "abcd"


@pytest.mark.parametrize("state_vector", [b"\xff" * 30, b"\x05\x01\x01", b"\x00\x00"])
def test_a_false_state_vector_is_refused(room: Room, state_vector: bytes) -> None:
    with pytest.raises(UpdateRefused):
        room.state_since(state_vector)


def test_the_hash_is_that_of_the_words(room: Room) -> None:
    browser: Doc[XmlFragment] = Doc(client_id=20)
    browser.apply_update(room.state_since(b"")[1])
    names = [f"clause:{clause_id}" for clause_id in CLAUSES]
    assert room.text_hash(CLAUSES) == (1, markdown_bridge.plain_text_hash(browser, names))
    accept(room, typed("d"))
    assert room.text_hash(CLAUSES)[1] != markdown_bridge.plain_text_hash(browser, names)


def test_a_room_rebuilt_says_the_same(room: Room, log: MemoryLog) -> None:
    last = (SEEDER, 4)
    for clock in range(450):
        accept(room, typed("x", clock=clock, after=last), op_id=str(clock))
        last = (9, clock)
    with pytest.raises(UpdateRefused):
        accept(room, yjs.nested(500))
    assert room.text_hash(CLAUSES) == Room("draft", 1, log).text_hash(CLAUSES)
    with pytest.raises(UpdateRefused):
        accept(room, yjs.update((10, 0, [yjs.characters("zz", after=(SEEDER, 0))])), op_id="bad")
    assert room.text_hash(CLAUSES) == Room("draft", 1, log).text_hash(CLAUSES)
    assert room.snapshot(yjs.CLAUSE) == "abc" + "x" * 450


def test_twenty_writers_at_once_lose_nothing(room: Room, log: MemoryLog) -> None:
    def write(client: int) -> None:
        last = (SEEDER, 4)
        for clock in range(10):
            accept(room, typed("x", client=client, clock=clock, after=last), op_id=f"{client}-{clock}")
            last = (client, clock)

    writers = [threading.Thread(target=write, args=(100 + number,)) for number in range(20)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(log.rows) == 201
    assert room.snapshot(yjs.CLAUSE) == "abc" + "x" * 200


def test_two_workers_on_one_log_agree(log: MemoryLog) -> None:
    here, there = Room("draft", 1, log), Room("draft", 1, log)
    accept(here, typed("d"), op_id="1")
    accept(there, typed("e", client=10), op_id="2", writer=BRUNO)
    accept(here, typed("f", client=11), op_id="3")
    assert here.text_hash(CLAUSES) == there.text_hash(CLAUSES)


def test_a_room_nobody_uses_is_dropped(log: MemoryLog) -> None:
    time = [0.0]
    rooms = Rooms(log, idle_seconds=60, clock=lambda: time[0])
    used = rooms.room("draft", epoch=1)
    assert rooms.room("draft", epoch=1) is used
    assert rooms.room("draft", epoch=2) is not used
    time[0] = 59.0
    rooms.room("draft", epoch=1)
    time[0] = 61.0
    rooms.drop_idle()
    assert len(rooms) == 1
    time[0] = 200.0
    rooms.drop_idle()
    assert len(rooms) == 0
    assert rooms.room("draft", epoch=1).snapshot(yjs.CLAUSE) == "abc"
