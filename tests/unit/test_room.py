"""A room is a cache: whatever goes wrong, the log has the last word."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from pycrdt import Doc, XmlFragment

from negotiation.drafting import markdown_bridge
from negotiation.drafting.room import Room, Rooms
from negotiation.drafting.updates import (
    Answer,
    Batch,
    DocumentState,
    Kept,
    LoggedUpdate,
    LogMovedOn,
    NewUpdate,
    Stored,
    Writer,
)
from negotiation.drafting.wire import Reason
from negotiation.errors import Frozen, ResyncNeeded, UpdateRefused
from tests import drafting_bytes as yjs

ALICE = Writer("alice", "gestionnaire")
BRUNO = Writer("bruno", "ars")
CLAUSES = frozenset({yjs.CLAUSE, yjs.OTHER_CLAUSE})
SEEDER = 7


@dataclass
class MemoryLog:
    """What the services do with SQL, in a list."""

    rows: list[tuple[str, bytes]] = field(default_factory=list)
    appended: list[NewUpdate] = field(default_factory=list)
    locked: frozenset[str] = frozenset()
    broken: bool = False
    before_append: list[bytes] = field(default_factory=list)
    transactions: int = 0
    kept: DocumentState | None = None
    reads: int = 0

    def since(self, draft_id: str, *, epoch: int, after: int) -> Sequence[LoggedUpdate]:
        found = [LoggedUpdate(number, row[1]) for number, row in enumerate(self.rows, start=1) if number > after]
        self.reads += len(found)
        return found

    def state(self, draft_id: str, *, epoch: int) -> DocumentState | None:
        return self.kept

    def keep_state(self, draft_id: str, *, epoch: int, state: DocumentState) -> None:
        self.kept = state

    def lane(self, draft_id: str) -> str:
        return ""

    def append(self, batches: Sequence[Batch]) -> Sequence[Sequence[Answer]]:
        while self.before_append:
            self.rows.append(("other worker", self.before_append.pop()))
        if self.broken:
            raise OSError("disk full")
        self.transactions += 1
        return [self._keep(batch) for batch in batches]

    def _keep(self, batch: Batch) -> list[Answer]:
        answers: list[Answer] = []
        after = batch.after
        for new in batch.updates:
            answer = self._answer(new, after) if all(isinstance(each, Stored) for each in answers) else LogMovedOn()
            after = answer.sequence if isinstance(answer, Stored) and not answer.repeated else after
            answers.append(answer)
        return answers

    def _answer(self, new: NewUpdate, after: int) -> Answer:
        for number, (op_id, _) in enumerate(self.rows, start=1):
            if op_id == new.op_id:
                return Stored(number, repeated=True)
        if new.clause_ids & self.locked:
            return Frozen()
        if after != len(self.rows):
            return LogMovedOn()
        self.rows.append((new.op_id, new.update))
        self.appended.append(new)
        return Stored(len(self.rows))


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog([("seed", yjs.paragraph("abc", client=SEEDER))])


@pytest.fixture
def room(log: MemoryLog) -> Room:
    return Room("draft", 1, log)


def typed(letter: str, *, client: int = 9, clock: int = 0, after: tuple[int, int] = (SEEDER, 4)) -> bytes:
    return yjs.update((client, clock, [yjs.characters(letter, after=after)]))


def accept(room: Room, update: bytes, op_id: str = "op", writer: Writer = ALICE) -> Stored:
    return room.accept(update, op_id=op_id, writer=writer, clause_ids=CLAUSES)


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


# ---------------------------------------------------------------------- together


@dataclass
class SlowLog(MemoryLog):
    """A disk that takes its time: the first transaction waits until it is let go."""

    entered: threading.Event = field(default_factory=threading.Event)
    may_go: threading.Event = field(default_factory=threading.Event)

    def append(self, batches: Sequence[Batch]) -> Sequence[Sequence[Answer]]:
        self.entered.set()
        assert self.may_go.wait(10)
        return super().append(batches)


@pytest.fixture
def slow() -> SlowLog:
    return SlowLog([("seed", yjs.paragraph("abc", client=SEEDER))])


def at_once(room: Room, letters: str, answers: dict[str, object], log: SlowLog) -> list[threading.Thread]:
    """Each letter by a client of its own, the first of them already on its way to the disk."""

    def write(letter: str) -> None:
        try:
            answers[letter] = accept(room, typed(letter, client=ord(letter)), op_id=letter)
        except Exception as error:
            answers[letter] = error

    threads = [threading.Thread(target=write, args=(letter,)) for letter in letters]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        assert log.entered.wait(10)
        while len(room._ahead) < number:
            time.sleep(0.001)
    return threads


def let_go(log: SlowLog, threads: Sequence[threading.Thread]) -> None:
    log.may_go.set()
    for thread in threads:
        thread.join(10)


def test_what_comes_while_the_disk_works_shares_the_next_transaction(slow: SlowLog) -> None:
    room, answers = Room("draft", 1, slow), dict[str, object]()
    let_go(slow, at_once(room, "defg", answers, slow))
    assert sorted(answers.values(), key=str) == [Stored(number) for number in (2, 3, 4, 5)]
    assert slow.transactions == 2
    assert room.snapshot(yjs.CLAUSE) == Room("draft", 1, slow).snapshot(yjs.CLAUSE)


def test_nobody_reads_what_is_not_on_the_disk_yet(slow: SlowLog) -> None:
    room, seen = Room("draft", 1, slow), list[str]()
    threads = at_once(room, "d", {}, slow)
    reader = threading.Thread(target=lambda: seen.append(room.snapshot(yjs.CLAUSE)))
    reader.start()
    reader.join(0.05)
    assert seen == []
    let_go(slow, [*threads, reader])
    assert seen == ["abcd"]


def test_what_stood_behind_a_refused_update_is_vetted_again_without_it(slow: SlowLog) -> None:
    room, answers = Room("draft", 1, slow), dict[str, object]()
    threads = at_once(room, "def", answers, slow)
    slow.locked = frozenset({yjs.CLAUSE})
    elsewhere = threading.Thread(
        target=lambda: accept(room, yjs.paragraph("libre", root=f"clause:{yjs.OTHER_CLAUSE}"), op_id="elsewhere")
    )
    elsewhere.start()
    let_go(slow, [*threads, elsewhere])
    assert all(isinstance(answer, Frozen) for answer in answers.values())
    assert (room.snapshot(yjs.CLAUSE), room.snapshot(yjs.OTHER_CLAUSE)) == ("abc", "libre")


def test_a_broken_disk_is_told_to_all_and_the_next_finds_a_leader(slow: SlowLog) -> None:
    room, answers = Room("draft", 1, slow), dict[str, object]()
    threads = at_once(room, "de", answers, slow)
    slow.broken = True
    let_go(slow, threads)
    assert all(isinstance(answer, OSError) for answer in answers.values())
    slow.broken = False
    assert accept(room, typed("f"), op_id="f") == Stored(2)


def test_a_client_id_is_its_first_writers_before_the_log_is_asked(room: Room, log: MemoryLog) -> None:
    accept(room, typed("d"))
    with pytest.raises(UpdateRefused) as refused:
        accept(room, typed("e", clock=1, after=(9, 0)), op_id="e", writer=BRUNO)
    assert refused.value.detail["reason"] == Reason.SOMEBODY_ELSES_CLIENT
    assert log.transactions == 1


def test_what_is_committed_is_told_once_with_its_sequence(log: MemoryLog) -> None:
    told: list[Kept] = []
    rooms = Rooms(log, tell=told.append)
    for _ in range(2):
        rooms.room("draft", epoch=1).accept(typed("d"), op_id="op", writer=ALICE, clause_ids=CLAUSES)
    assert [(kept.draft_id, kept.epoch, kept.first, len(kept.updates)) for kept in told] == [("draft", 1, 2, 1)]


# ---------------------------------------------------------------------- a long log


def long_text(log: MemoryLog, rooms: Rooms, *, letters: int) -> str:
    room = rooms.room("draft", epoch=1)
    for clock in range(letters):
        before = (9, clock - 1) if clock else (SEEDER, 4)
        room.accept(typed("x", clock=clock, after=before), op_id=str(clock), writer=ALICE, clause_ids=CLAUSES)
    return room.snapshot(yjs.CLAUSE)


def test_a_draft_left_for_a_while_opens_without_its_whole_log(log: MemoryLog) -> None:
    moment = 0.0
    rooms = Rooms(log, clock=lambda: moment)
    text = long_text(log, rooms, letters=450)
    moment = rooms.idle_seconds
    rooms.drop_idle()
    assert len(rooms) == 0
    log.reads = 0
    assert Rooms(log).room("draft", epoch=1).snapshot(yjs.CLAUSE) == text
    assert log.reads < 210


def test_a_draft_that_never_empties_is_kept_every_few_thousand_updates(log: MemoryLog) -> None:
    rooms = Rooms(log)
    long_text(log, rooms, letters=1_900)
    rooms.drop_idle()
    assert log.kept is None
    room = rooms.room("draft", epoch=1)
    for clock in range(1_900, 2_300):
        before = (9, clock - 1)
        room.accept(typed("x", clock=clock, after=before), op_id=str(clock), writer=ALICE, clause_ids=CLAUSES)
    rooms.drop_idle()
    assert log.kept is not None
    assert log.kept.sequence > 2_000


def test_a_state_that_cannot_be_read_costs_time_and_no_word(log: MemoryLog) -> None:
    text = long_text(log, Rooms(log), letters=10)
    log.kept = DocumentState(5, b"not a document", frozenset())
    assert Rooms(log).room("draft", epoch=1).snapshot(yjs.CLAUSE) == text
