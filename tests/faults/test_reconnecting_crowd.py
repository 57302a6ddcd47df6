"""Everybody is cut off at once, and everybody comes back: each finds the text, and no word is lost (trust P7).

`NAVETTE_FAULT_CROWD` people, 20 unless told otherwise; `make faults` asks for 500.
"""

import os
import random
import re
import shutil
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from itsdangerous import URLSafeSerializer

from app.sockets.gate import MOST_UNKNOWN
from negotiation.rules.policy import Method
from negotiation.services.signing_in import open_session
from tests.builders import Table, a_table
from tests.faults.kept import assert_all_is_kept_once
from tests.faults.test_killed_server import SECRET, RestartedServer
from tests.faults.writers import TirelessWriter

ORDINARY = 20
CROWD = int(os.environ.get("NAVETTE_FAULT_CROWD", str(ORDINARY)))
LONGEST_RETURN = 30.0
"""Seconds from the moment when the server listens again until the last one is back, all said and acknowledged."""
LEAST_SPREAD = 2.0
"""Seconds between the first and the last attempt of a crowd: who comes all at once is refused all at once."""
SEATS = (("k01", "commune"), ("fa01", "commune"), ("k01", "ours"), ("fa01", "ours"))
CLAUSES = {"k01": "k01.markdown", "fa01": "fa01.description"}
CONNECTION = Path(__file__).parents[2] / "static/src/page/connection.ts"


@dataclass(frozen=True)
class Patience:
    """When a page tries again: the settings of our pages, the rule of socket.io-client 4 (`backo2.ts`)."""

    least_ms: float
    most_ms: float
    jitter: float

    @classmethod
    def of_our_pages(cls) -> "Patience":
        set_there = dict(re.findall(r"^\s+(\w+): ([\d.]+),$", CONNECTION.read_text(), re.MULTILINE))
        delays = (float(set_there[name]) for name in ("reconnectionDelay", "reconnectionDelayMax"))
        return cls(*delays, jitter=float(set_there.get("randomizationFactor", "0.5")))

    def seconds(self, attempt: int, chance: random.Random) -> float:
        delay = self.least_ms * 2**attempt
        return min(delay * (1 + self.jitter * chance.uniform(-1, 1)), self.most_ms) / 1000


@dataclass
class Returning:
    """One page that was cut off, until it is back and what it had under way is acknowledged."""

    writer: TirelessWriter
    port: int
    chance: random.Random
    attempts: list[float] = field(default_factory=list)
    """When each one reached a server."""
    refusals: list[str] = field(default_factory=list)
    """What the server answered to those that it didn't let in."""
    back_at: float = 0.0

    def come_back(self, patience: Patience) -> None:
        number = 0
        while not self.back_at:
            time.sleep(patience.seconds(number, self.chance))
            number += 1
            tried = time.monotonic()
            try:
                self.writer.enter(self.port)
            except ConnectionRefusedError:
                continue
            except ConnectionError:
                self.attempts.append(tried)
                continue
            except RuntimeError as refusal:
                self.attempts.append(tried)
                self.refusals.append(str(refusal))
                continue
            self.attempts.append(tried)
            self._hear_the_answer()
            self.back_at = time.monotonic()

    def _hear_the_answer(self) -> None:
        """To what waited, which entering said again."""
        self.writer.link._sock.settimeout(LONGEST_RETURN)
        while self.writer.sending is not None:
            self.writer.listen()


def a_crowd(server: RestartedServer, table: Table) -> list[TirelessWriter]:
    signer = URLSafeSerializer(SECRET, salt="socket-token")
    found = []
    with server.store.unit_of_work() as uow:
        for number in range(CROWD):
            person = (table.og.dg, table.ars.dg, table.cd.dg)[number % 3]
            part, side = SEATS[number % len(SEATS)]
            session = open_session(uow, person.person_id, method=Method.LINK)
            token = str(signer.dumps(session.session_id))
            place = (table.part_id(part), table.clause_id(CLAUSES[part]), side)
            found.append(TirelessWriter(f"w{number:03}", session.token, token, *place))
    return found


def all_at_once(acts: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=act, daemon=True) for act in acts]
    for thread in threads:
        thread.start()
    limit = time.monotonic() + 4 * LONGEST_RETURN
    for thread in threads:
        thread.join(max(0.0, limit - time.monotonic()))


def test_a_whole_crowd_that_was_cut_off_is_back_within_half_a_minute(
    tmp_path: Path, migrated_sqlite: Path, record_property: Callable[[str, object], None]
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "navette.sqlite")
    server = RestartedServer(tmp_path, SECRET_KEY=SECRET, DEMONSTRATIONS="false")
    writers = a_crowd(server, a_table(server.store))
    server.start()
    for writer in writers:
        writer.enter(server.port)
        writer.send()
    server.kill()
    for writer in writers:
        writer.link.close()
    returning = [Returning(writer, server.port, random.Random(place)) for place, writer in enumerate(writers)]
    patience = Patience.of_our_pages()
    crowd = threading.Thread(
        target=all_at_once, args=[[lambda one=each: one.come_back(patience) for each in returning]]
    )
    crowd.start()
    server.start()
    crowd.join()
    tried = sorted(moment for each in returning for moment in each.attempts)
    assert [each.writer.name for each in returning if not each.back_at] == []
    took = [each.back_at - tried[0] for each in returning]
    refused = [refusal for each in returning for refusal in each.refusals]
    assert all(" 503 " in refusal and "Retry-After: 5" in refusal for refusal in refused), refused[0]
    back = f"all back {max(took):.1f} s after the first attempt, half of them {statistics.median(took):.1f} s"
    spread = f"attempts spread over {tried[-1] - tried[0]:.1f} s, {len(refused)} told to come later"
    record_property("figures", f"{CROWD} people cut off at once: {back}; {spread}")
    assert max(took) <= LONGEST_RETURN
    if CROWD > MOST_UNKNOWN:
        assert tried[-1] - tried[0] > LEAST_SPREAD
    server.kill()
    for writer in writers:
        writer.link.close()
    assert_all_is_kept_once(server.store, writers)
    assert server.failures() == []
    server.store.engine.dispose()
