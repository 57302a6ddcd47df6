"""What a server still knows: how soon a long draft opens, and what is left of what was acknowledged after kill -9."""

import sqlite3
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pycrdt import Doc

from bench.drafting import JOB_J
from bench.drafting_arena import Contender, Ground, Text, ground, restart, scripts_for
from bench.drafting_guests import Guest, YjsGuest
from bench.drafting_opening import ROUNDS, measured, much_typed
from bench.drafting_play import play
from bench.drafting_typing import Stroke
from bench.live import processor_seconds
from negotiation.drafting.guard import inspect, inspect_state_vector

AT_ONCE = 200
"""Edits sent before the server is asked where it is."""
CALM_SECONDS = 1.0
"""A server that did nothing for so long has stored what it will store."""
LONGEST_STORING = 60.0
LISTENED_SECONDS = 3.0
"""After a restart: some servers answer first and read what they stored afterwards."""
ACKNOWLEDGED = 2_000
CHECKPOINT = 100
"""pycrdt-store's own interval."""


@dataclass(frozen=True)
class Reopened:
    """Milliseconds until somebody has the whole document."""

    warm: float
    cold: float


def reopened(contender: Contender, texts: Sequence[Text]) -> Reopened:
    if contender.peer is None:
        found = measured()
        return Reopened(found.warm, found.cold)
    job = replace(JOB_J, drafts=1, people=1)
    with ground(contender, job, texts[:1]) as place:
        written = much_typed(*texts[0])
        state = _state_after([texts[0][0], *written])
        (_write_into_store if contender.peer.slow_to_store else _write)(place, written, state)
        with_somebody = place.enter(0)
        warm = statistics.median(_until_whole(place, state) for _ in range(ROUNDS))
        with_somebody.link.close()
        _calm(place)
        place.host.stop()
        restart(place.host)
        return Reopened(warm, _until_whole(place, state))


def lost_by_a_kill(contender: Contender, texts: Sequence[Text]) -> float:
    """Percent of the edits that are gone though all members had seen them before the power went."""
    job = replace(JOB_J, drafts=1, people=5, writers=4, per_second=ACKNOWLEDGED / 4, seconds=1.0)
    with ground(contender, job, texts[:1]) as place:
        guests, _ = place.guests()
        scripts = scripts_for(job, place.texts)
        played = play(guests, scripts, place.pids(), patience=60.0, quiet=0.002)
        if len(played.latencies) < played.expected:
            raise ConnectionError("not all was delivered")
        place.host.kill()
        restart(place.host)
        return 100 * (1 - _share_kept(scripts.values(), _state_heard(place.enter(0))))


def _write(place: Ground, written: Sequence[bytes], state: bytes) -> None:
    guest = place.enter(0)
    assert isinstance(guest, YjsGuest)
    for begins in range(0, len(written), AT_ONCE):
        guest.push(list(written[begins : begins + AT_ONCE]))
        guest.ask(state)
    _calm(place)
    guest.link.close()
    _calm(place)


def _write_into_store(place: Ground, written: Sequence[bytes], state: bytes) -> None:
    """The rows and the checkpoint that pycrdt-store makes of it: through the socket it takes minutes."""
    guest = place.enter(0)
    guest.link.close()
    place.host.stop()
    document: Doc[Any] = Doc()
    document.apply_update(guest.start)
    rows = []
    for number, update in enumerate([guest.start, *written], start=1):
        document.apply_update(update)
        rows.append((f"/{guest.draft}", update, b"", time.time()))
        if number == len(written) // CHECKPOINT * CHECKPOINT:
            checkpoint = (f"/{guest.draft}", document.get_update(), time.time())
    with sqlite3.connect(place.folder / "pycrdt.sqlite") as database:
        database.executemany("INSERT INTO yupdates VALUES (?, ?, ?, ?)", rows)
        database.execute("INSERT OR REPLACE INTO ycheckpoints VALUES (?, ?, ?)", checkpoint)
    database.close()
    restart(place.host)


def _calm(place: Ground) -> None:
    """Wait until the server has stored what it will store."""
    ends = time.monotonic() + LONGEST_STORING
    busy = True
    while busy and time.monotonic() < ends:
        before = processor_seconds(place.pids())
        time.sleep(CALM_SECONDS)
        busy = processor_seconds(place.pids()) - before > CALM_SECONDS / 20


def _until_whole(place: Ground, state: bytes) -> float:
    guest = place.enter(0)
    assert isinstance(guest, YjsGuest)
    document: Doc[Any] = Doc()
    document.apply_update(guest.start)
    arrived = guest.began + guest.opening_ms / 1000
    while not _covers(document, state):
        for message in guest.link.wait():
            arrived = time.monotonic()
            if update := guest.update_in(message):
                document.apply_update(update)
    guest.link.close()
    return (arrived - guest.began) * 1000


def _state_after(updates: Sequence[bytes]) -> bytes:
    document: Doc[Any] = Doc()
    for update in updates:
        document.apply_update(update)
    return document.get_state()


def _covers(document: Doc[Any], state: bytes) -> bool:
    reached = inspect_state_vector(document.get_state())
    return all(reached.get(client, 0) >= clock for client, clock in inspect_state_vector(state).items())


def _state_heard(guest: Guest) -> dict[int, int]:
    """What somebody who comes in gets, at once and soon after."""
    document: Doc[Any] = Doc()
    document.apply_update(guest.start)
    guest.link.settle()
    ends = time.monotonic() + LISTENED_SECONDS
    while time.monotonic() < ends:
        for message in guest.link.read():
            if not guest.answers(message) and (update := guest.update_in(message)):
                document.apply_update(update)
        time.sleep(0.05)
    return inspect_state_vector(document.get_state())


def _share_kept(scripts: Iterable[Sequence[Stroke]], reached: dict[int, int]) -> float:
    """Of the edits that insert something: a state says of these how many it holds."""
    ends = [ends for script in scripts for stroke in script for ends in inspect(stroke.update).written.items()]
    return sum(reached.get(client, 0) >= end for client, (_, end) in ends) / len(ends)
