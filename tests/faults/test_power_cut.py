"""The power goes while twenty people type and somebody comments: what was acknowledged is on the disk, once (trust P2).

kill -9 can't tell: the system keeps what a dead process wrote. So the real server runs under strace, and what it wrote
and synchronised is played again up to `NAVETTE_FAULT_CUTS` moments, with the disk each of them could have left behind.
Asked for by `make faults` only.
"""

import http.client
import os
import random
import re
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from itsdangerous import URLSafeSerializer
from sqlalchemy import select, text
from sqlmodel import col

from negotiation.rules import history_chain
from negotiation.rules.history_chain import Opening
from negotiation.rules.policy import Method
from negotiation.rules.vocabulary import SHARED, Move
from negotiation.services.signing_in import open_session
from negotiation.store import Store, connect_store
from negotiation.store.exchange import MoveRow
from negotiation.store.record import HistoryEntry
from negotiation.store.unit_of_work import as_link
from tests.builders import Table, a_table
from tests.faults.kept import assert_all_is_kept_once
from tests.faults.power import Disk, Happened, Loss, Recording, Said, Synchronised, Wrote, replayed, strace
from tests.faults.test_killed_server import SECRET, RestartedServer
from tests.faults.writers import TirelessWriter, write_together
from tests.history_replay import payload_of

CUTS = int(os.environ.get("NAVETTE_FAULT_CUTS", "40"))
WORDS = int(os.environ.get("NAVETTE_FAULT_WORDS", "2000"))
RESTARTS = 3
CONTROLS = 20
DATABASE = "navette.sqlite"
LOG = f"{DATABASE}-wal"
SEATS = (
    ("og", "k01", "commune"),
    ("ars", "k01", "commune"),
    ("cd", "k01", "commune"),
    ("og", "k01", "ours"),
    ("og", "k01", "ours"),
    ("ars", "k01", "ours"),
    ("ars", "k01", "authorities"),
    ("cd", "k01", "authorities"),
    ("og", "fa01", "commune"),
    ("cd", "fa01", "commune"),
)
"""Five drafts; two people on each of these seats."""
CLAUSES = {"k01": "k01.markdown", "fa01": "fa01.description"}
ACKNOWLEDGED = re.compile(rb'43(\d+)\[\{"ok":true,"seq":(\d+)')
COMMENTED = re.compile(rb"\AHTTP/1.1 302 .*#fil-([0-9a-f-]+)", re.DOTALL)


class RecordedServer(RestartedServer):
    @property
    def trace(self) -> Path:
        return self.folder.with_name("calls")

    def _command(self) -> list[str]:
        return [*strace(self.trace), *super()._command()]

    def stop(self) -> None:
        super().stop()
        assert self._process is not None
        last = re.compile(rb"^%d +\+\+\+ exited" % self._process.pid, re.MULTILINE)
        for _ in range(100):  # the tracer writes its last line after its process has gone
            if last.search(self.trace.read_bytes()[-2000:]):
                return
            time.sleep(0.1)
        raise AssertionError("strace never ended")


@dataclass
class Commenter:
    """Somebody who comments from the page of a clause, one comment after another."""

    port: int
    cookie: str
    clause_id: str
    written: int = 0

    def write_until(self, stopped: threading.Event) -> None:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        link.request("GET", "/connexion/confirmer", headers={"Cookie": f"navette={self.cookie}"})
        page = link.getresponse()
        form = page.headers["Set-Cookie"].partition(";")[0]
        token = re.search(rb'name="csrf_token" value="([^"]+)"', page.read())[1].decode()  # type: ignore[index]
        headers = {"Cookie": f"navette={self.cookie}; {form}", "Origin": f"http://127.0.0.1:{self.port}"}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        while not stopped.wait(0.2):
            body = f"csrf_token={token}&text=Remarque+{self.written}"
            link.request("POST", f"/clauses/{self.clause_id}/commentaires", body, headers)
            answer = link.getresponse()
            answer.read()
            assert answer.status == 302, answer.status
            self.written += 1
        link.close()


@dataclass(frozen=True)
class Played:
    """What was recorded. `before`: the files that the server found."""

    table_id: str
    before: Mapping[str, bytes]
    events: Sequence[Happened]
    writers: Sequence[TirelessWriter]

    def writers_at(self, cut: int) -> list[TirelessWriter]:
        """Each as they were when the power went: with what they had been told, and one word on its way."""
        told: dict[int, list[int]] = {}
        for said in self._said(cut):
            for found in ACKNOWLEDGED.finditer(said):
                told.setdefault(int(found[1]), []).append(int(found[2]))
        return [_rewound(writer, told.get(writer.number, [])) for writer in self.writers]

    def comments_at(self, cut: int) -> set[str]:
        return {found[1].decode() for said in self._said(cut) if (found := COMMENTED.search(said))}

    def _said(self, cut: int) -> Iterator[bytes]:
        return (each.content for each in self.events[:cut] if isinstance(each, Said))


def _rewound(writer: TirelessWriter, told: Sequence[int]) -> TirelessWriter:
    """`told`: the sequences acknowledged to them, in the order of what they sent."""
    sent = [operation for operation, _ in writer.acknowledged.values()] + [writer.sending] * bool(writer.sending)
    place = (writer.part_id, writer.clause_id, writer.side, writer.number)
    again = TirelessWriter(writer.name, writer.cookie, writer.token, *place)
    again.acknowledged = {each.op_id: (each, sequence) for each, sequence in zip(sent, told, strict=False)}
    again.sending = sent[len(told)] if len(told) < len(sent) else None
    again.draft = writer.draft
    return again


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Played]:
    assert shutil.which("strace"), (
        "The power cut needs strace to write down what the server does: apt-get install strace"
    )
    folder = tmp_path_factory.mktemp("power") / "data"
    folder.mkdir()
    shutil.copy(migrated_sqlite, folder / DATABASE)
    server = RecordedServer(folder, SECRET_KEY=SECRET, DEMONSTRATIONS="false")
    table = a_table(server.store)
    writers, commenter = seated(server, table)
    server.store.engine.dispose()
    before = {DATABASE: (folder / DATABASE).read_bytes()}
    assert not (folder / LOG).exists(), "somebody holds the database open"
    server.start()
    try:
        type_and_comment(server, writers, commenter)
    finally:
        server.stop()
    recording = Recording(folder, heard=_matters, apart=lambda name: name.endswith(("-shm", ".txt"))).read(server.trace)
    server.trace.unlink()
    yield Played(table.id, before, recording.events, writers)


def type_and_comment(server: RecordedServer, writers: Sequence[TirelessWriter], commenter: Commenter) -> None:
    for writer in writers:
        writer.enter(server.port)
    enough = threading.Event()
    with ThreadPoolExecutor(1) as beside:
        comments = beside.submit(commenter.write_until, enough)
        try:
            write_together(writers, words=WORDS)
        finally:
            enough.set()
        comments.result()
    for writer in writers:
        writer.link.close()


def _matters(said: bytes) -> bool:
    return bool(ACKNOWLEDGED.search(said) or COMMENTED.search(said))


def seated(server: RestartedServer, table: Table) -> tuple[list[TirelessWriter], Commenter]:
    signer = URLSafeSerializer(SECRET, salt="socket-token")
    found = []
    with server.store.unit_of_work() as uow:
        for number in range(2 * len(SEATS)):
            party, part, side = SEATS[number % len(SEATS)]
            session = open_session(uow, getattr(table, party).dg.person_id, method=Method.LINK)
            token = str(signer.dumps(session.session_id))
            place = (table.part_id(part), table.clause_id(CLAUSES[part]))
            found.append(TirelessWriter(f"w{number:02}", session.token, token, *place, side, number=1000 + number))
        session = open_session(uow, table.og.dg.person_id, method=Method.LINK)
    return found, Commenter(server.port, session.token, table.clause_id("k01.markdown"))


def test_the_record_holds_what_the_test_is_about(played: Played) -> None:
    """The server wrote its log, moved it into the database at least twice, and told everybody; and nothing escaped."""
    kinds = Counter((type(each), getattr(each, "file", "")) for each in played.events)
    assert kinds[Wrote, LOG] > WORDS / len(played.writers)
    assert kinds[Synchronised, DATABASE] >= 2
    whole = played.writers_at(len(played.events))
    assert all(a.acknowledged.keys() >= b.acknowledged.keys() for a, b in zip(whole, played.writers, strict=True))
    assert len(played.comments_at(len(played.events))) > 3


def test_nothing_acknowledged_is_lost_or_there_twice_when_the_power_goes(
    played: Played, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance, words = random.Random(), 0
    for cut, disk in replayed(played.events, before=played.before, cuts=moments(played.events, CUTS, chance)):
        for loss in (Loss.WHOLE, chance.choice((Loss.TORN, Loss.REORDERED))):
            with found_after(disk, loss, tmp_path, chance) as store:
                words += assert_nothing_is_lost(played, cut, store)
    found = f"{2 * CUTS} disks found after {CUTS} power cuts, {words} acknowledged words looked for: 0 lost, 0 twice"
    record_property("figures", found)


def test_a_database_that_waits_for_no_disk_would_be_found_out(
    played: Played, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Else the test above would show nothing: with synchronous=NORMAL a commit waits for no disk."""
    chance, lost = random.Random(0), 0
    cuts = moments(played.events, CONTROLS, chance)
    for cut, disk in replayed(without_commits(played.events), before=played.before, cuts=cuts):
        with found_after(disk, Loss.WHOLE, tmp_path, chance) as store:
            try:
                assert_nothing_is_lost(played, cut, store)
            except AssertionError:
                lost += 1
    record_property(
        "figures", f"the same without waiting for the disk at each commit: words lost in {lost} of {CONTROLS}"
    )
    assert lost > CONTROLS / 2


def without_commits(events: Sequence[Happened]) -> list[Happened]:
    """The log is synchronised before it is moved into the database only. Places stay what they were."""
    found, moved = list(events), False
    for place in reversed(range(len(events))):
        match events[place]:
            case Wrote(file=file) if file == DATABASE:
                moved = True
            case Synchronised(file=file) if file == LOG:
                if not moved:
                    found[place] = Said(b"")
                moved = False
    return found


def moments(events: Sequence[Happened], number: int, chance: random.Random) -> list[int]:
    """Half of them right after somebody was told something, half anywhere."""
    told = [place for place, each in enumerate(events, start=1) if isinstance(each, Said)]
    return chance.sample(told, number // 2) + chance.sample(range(len(events) + 1), number - number // 2)


@contextmanager
def found_after(disk: Disk, loss: Loss, folder: Path, chance: random.Random) -> Iterator[Store]:
    """The store that the next start would open."""
    found = Path(tempfile.mkdtemp(dir=folder))
    disk.leave_in(found, loss, chance)
    store = connect_store(f"sqlite:///{found}/{DATABASE}")
    yield store
    store.engine.dispose()
    shutil.rmtree(found)


def assert_nothing_is_lost(played: Played, cut: int, store: Store) -> int:
    """How many words had been acknowledged."""
    store.assert_safe()
    with store.reading() as session:
        assert session.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
        assert not session.execute(text("PRAGMA foreign_key_check")).all()
        comments = set(session.execute(select(col(MoveRow.id)).where(col(MoveRow.type) == Move.COMMENT)).scalars())
        history = select(HistoryEntry).where(
            col(HistoryEntry.negotiation_id) == played.table_id, col(HistoryEntry.circle) == str(SHARED)
        )
        entries = session.execute(history.order_by(col(HistoryEntry.sequence))).scalars().all()
    assert played.comments_at(cut) <= comments
    chain = history_chain.chain_name(played.table_id, str(SHARED))
    openings = [Opening(payload_of(entry), bytes.fromhex(entry.salt)) for entry in entries]
    assert history_chain.verify([as_link(entry) for entry in entries], openings, chain=chain).ok
    writers = played.writers_at(cut)
    assert_all_is_kept_once(store, writers)
    return sum(len(writer.acknowledged) for writer in writers)


def test_who_was_cut_off_goes_on_where_they_were(played: Played, tmp_path: Path) -> None:
    """The server starts again on what is left; everybody sends again what was on its way, and writes on."""
    cuts = random.Random(1).sample(range(len(played.events) // 2, len(played.events)), RESTARTS)
    for cut, disk in replayed(played.events, before=played.before, cuts=cuts):
        server = RestartedServer(tmp_path / str(cut), SECRET_KEY=SECRET, DEMONSTRATIONS="false")
        server.folder.mkdir()
        disk.leave_in(server.folder, Loss.REORDERED, random.Random(cut))
        server.start()
        writers = played.writers_at(cut)
        for writer in writers:
            writer.enter(server.port)
        write_together(writers, words=100)
        server.kill()
        for writer in writers:
            writer.link.close()
        assert_all_is_kept_once(server.store, writers)
        server.store.engine.dispose()
