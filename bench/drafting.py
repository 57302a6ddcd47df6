"""Live drafts under load: what an edit costs the server, and how soon the others see it.

Job J of the issue: twenty drafts of ten people, three of whom type five edits a second each. The server has one core
to itself, the load generator the other.
"""

import os
import random
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from itsdangerous import URLSafeSerializer
from sqlalchemy import select
from sqlmodel import Session, col

from bench.drafting_load import Deliveries, Navettist, Pass, run_load
from bench.drafting_typing import Stroke, moments, strokes, words_of_scenario
from bench.live import children, descendants, processor_seconds
from bench.measuring import table
from negotiation.rules.policy import Method
from negotiation.rules.vocabulary import SHARED, ClauseState, ValueKind
from negotiation.services.importing import import_bytes
from negotiation.services.signing_in import open_session
from negotiation.store import Announcing
from negotiation.store.contract import Clause, Part
from negotiation.store.people import Member
from tests.e2e.serving import RunningServer
from tests.scenarios import HANDICAP, as_bytes, sample

UNTIL = date(2026, 7, 10)
SERVER_CORE, LOAD_CORE = 0, 1
SECRET = "for-measuring-alone-0123456789abcdef-ghijkl"
MIB = 1 << 20


@dataclass(frozen=True)
class Job:
    drafts: int = 20
    people: int = 10
    writers: int = 3
    per_second: float = 5.0
    seconds: float = 15.0


JOB_J = Job()
QUICK = Job(drafts=4, seconds=6.0)


@dataclass(frozen=True)
class Outcome:
    cpu_ms: float
    """Of the server, per 1 000 delivered edits."""
    latencies: Sequence[float]
    lost: int
    kib_a_connection: float
    opening_ms: float


def run() -> None:
    measure(JOB_J)


def run_quick() -> None:
    """The same with fewer drafts: for looking, not for telling."""
    measure(QUICK)


def measure(job: Job) -> None:
    rows: list[list[object]] = []
    for setting, cursors in (("edits alone", 0), ("a caret with each edit", 1)):
        found = of_navette(job, cursors=cursors)
        rows.append([setting, found.cpu_ms, *_ranks(found.latencies), found.lost, found.kib_a_connection])
    table(
        f"{job.drafts} live drafts of {job.people} people, {job.writers} of whom type {job.per_second:.0f} edits a "
        f"second, for {job.seconds:.0f} s.",
        ["", "CPU ms per 1 000 delivered", "p50 ms due to seen", "p99", "slowest", "lost", "KiB a connection"],
        rows,
        note="Delivered: seen by one other member, after it was vetted and is on disk.",
    )


def of_navette(job: Job, *, cursors: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder, alone_on(SERVER_CORE):
        server = RunningServer(Path(folder), SECRET_KEY=SECRET, DEMONSTRATIONS="false")
        passes = passes_of(server, job)
        server.start()
        try:
            os.sched_setaffinity(0, {LOAD_CORE})
            return _played(server, job, passes, cursors)
        finally:
            server.stop()
            server.store.engine.dispose()


def _played(server: RunningServer, job: Job, passes: Sequence[Pass], cursors: int) -> Outcome:
    pids = descendants(os.getpid())
    deliveries = Deliveries()
    Navettist(server.port, passes[0], deliveries).link.close()
    before = resident_kib(holding_connections())
    guests = [Navettist(server.port, entry, deliveries) for entry in passes]
    memory = grown_kib(before) / len(guests)
    opening = statistics.median(guest.opening_ms for guest in guests)
    scripts = scripts_of(job, [(guest.start, f"clause:{guest.clauses[0]}") for guest in guests])
    cpu = processor_seconds(pids)
    run_load(guests, scripts, deliveries, cursors=cursors)
    cpu = processor_seconds(pids) - cpu
    for guest in guests:
        guest.link.close()
    lost = deliveries.expected - len(deliveries.latencies)
    return Outcome(cpu * 1e6 / max(1, len(deliveries.latencies)), deliveries.latencies, lost, memory, opening)


def scripts_of(job: Job, starts: Sequence[tuple[bytes, str]], *, seed: int = 4) -> dict[int, list[Stroke]]:
    """What the first people of each draft type; `starts` = (state, root) of each guest, draft after draft.

    Each seed types under Yjs clients of its own.
    """
    words, chance = words_of_scenario(), random.Random(seed)
    writers = [place for place in range(len(starts)) if place % job.people < job.writers]
    return {
        place: strokes(
            *starts[place], words, list(moments(chance, per_second=job.per_second, seconds=job.seconds)), chance
        )
        for place in writers
    }


@contextmanager
def alone_on(core: int) -> Iterator[None]:
    """What is started inside stays on this core."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core} if core in allowed else allowed)
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def passes_of(server: RunningServer, job: Job) -> list[Pass]:
    """One session for each guest, draft after draft, at as many tables as hold so many drafts."""
    found: list[Pass] = []
    while (wanted := job.drafts - len(found) // job.people) > 0:
        found += _passes_at(server, f"handicap-{len(found)}", job, wanted=wanted)
    return found


def _passes_at(server: RunningServer, key: str, job: Job, *, wanted: int) -> list[Pass]:
    store, signer = server.store, URLSafeSerializer(SECRET, salt="socket-token")
    with store.unit_of_work(Announcing.SILENT) as uow:
        negotiation_id = import_bytes(uow, as_bytes(sample(HANDICAP) | {"key": key}), until=UNTIL).negotiation_id
    with store.unit_of_work(Announcing.SILENT) as uow:
        members = select(Member).where(col(Member.negotiation_id) == negotiation_id).order_by(col(Member.key))
        people = [member for member in uow.session.execute(members).scalars() if "redacteur" in member.rights]
        found = []
        for part_id in _open_parts(uow.session, negotiation_id)[:wanted]:
            for place in range(job.people):
                opened = open_session(uow, people[place % len(people)].person_id, method=Method.LINK)
                found.append(Pass(opened.token, str(signer.dumps(opened.session_id)), part_id))
    return found


def _open_parts(session: Session, negotiation_id: str) -> list[str]:
    query = (
        select(col(Part.id))
        .join(Clause, col(Clause.part_id) == Part.id)
        .where(
            col(Part.negotiation_id) == negotiation_id,
            col(Part.circle) == str(SHARED),
            col(Clause.value_kind) == ValueKind.NONE,
            col(Clause.state).not_in([ClauseState.AGREED, ClauseState.WITHDRAWN]),
        )
        .distinct()
        .order_by(col(Part.id))
    )
    return list(session.execute(query).scalars())


def _ranks(found: Sequence[float]) -> list[float]:
    hundredths = statistics.quantiles(found, n=100, method="inclusive")
    return [hundredths[49], hundredths[98], max(found)]


def holding_connections() -> list[int]:
    """The server and its worker.

    What the worker starts beside, to read what happened, holds none and comes and goes as it likes: growing meanwhile,
    it was read as 190 KiB a connection.
    """
    return [each for server in children(os.getpid()) for each in (server, *children(server))]


def resident_kib(pids: Sequence[int]) -> dict[int, float]:
    """By process, of those that are still there."""
    found: dict[int, float] = {}
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            found[pid] = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024
    return found


def grown_kib(before: Mapping[int, float]) -> float:
    """By how much the processes of `before` grew."""
    return sum(kib - before[pid] for pid, kib in resident_kib(list(before)).items())
