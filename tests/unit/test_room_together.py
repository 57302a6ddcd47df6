"""Many write at once, and for long: one transaction for what comes together, a state beside a long log."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from negotiation.drafting.room import Room
from negotiation.drafting.rooms import Rooms
from negotiation.drafting.updates import Answer, Batch, DocumentState, Kept, Stored
from negotiation.drafting.wire import Reason
from negotiation.errors import Frozen, UpdateRefused
from tests import drafting_bytes as yjs
from tests.room_log import ALICE, BRUNO, CLAUSES, SEEDER, MemoryLog, accept, typed


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog([("seed", yjs.paragraph("abc", client=SEEDER))])


@pytest.fixture
def room(log: MemoryLog) -> Room:
    return Room("draft", 1, log)


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


def test_who_writes_beside_another_server_is_not_held_back_for_ever(
    log: MemoryLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes again each time that this one waits for company."""
    here, elsewhere = Rooms(log, gather_seconds=0.006).room("draft", epoch=1), Room("draft", 1, log)
    theirs = iter(range(100, 200))

    def write_meanwhile(_: float) -> None:
        client = next(theirs)
        accept(elsewhere, typed("t", client=client), op_id=f"theirs {client}", writer=BRUNO)

    monkeypatch.setattr("negotiation.drafting.committing.time", SimpleNamespace(sleep=write_meanwhile))
    assert accept(here, typed("o", client=7), op_id="one") == Stored(3)
    assert accept(here, typed("p", client=8), op_id="two") == Stored(5)
