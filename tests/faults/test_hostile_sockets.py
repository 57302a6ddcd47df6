"""A member who sends whatever he likes: a clear refusal or a closed socket, and the others go on writing."""

import base64
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from negotiation.drafting.guard import inspect_state_vector
from negotiation.drafting.schema import clause_root
from negotiation.store.columns import new_id
from tests import drafting_bytes as yjs
from tests.builders import Table, a_table
from tests.faults.guests import PATIENCE_SECONDS, Guest
from tests.faults.test_killed_server import SECRET, RestartedServer

ROUNDS = int(os.environ.get("NAVETTE_HOSTILE_EDITS", "4"))
"""Edits whose way to the other is measured, before and during each attack."""
FRAMES_PER_SECOND = 10_000
MOST_GROWN = 96 * 1024 * 1024
"""Bytes that the server may hold more after all of it."""

Served = tuple[RestartedServer, Table]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copy(migrated_sqlite, folder / "navette.sqlite")
    running = RestartedServer(folder, SECRET_KEY=SECRET, DEMONSTRATIONS="false")
    table = a_table(running.store)
    running.start()
    yield running, table
    running.kill()
    running.store.engine.dispose()


def guest(served: Served, name: str) -> Guest:
    return Guest.enter(served[0], SECRET, served[1], name)


def memory(server: RestartedServer) -> int:
    """Bytes that the server's processes hold."""
    assert server._process is not None
    master = server._process.pid
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in (master, *children)]
    return sum(int(status.split("VmRSS:")[1].split()[0]) * 1024 for status in statuses)


def milliseconds(alice: Guest, bruno: Guest) -> float:
    """The median way of an edit from one to the other; every edit arrives."""
    found = []
    for number in range(ROUNDS):
        update = alice.written(f"mot {number}")
        began = time.monotonic()
        answer = alice.push(update)
        assert answer["ok"], answer
        bruno.hear(answer["seq"])
        found.append((time.monotonic() - began) * 1000)
    return statistics.median(found)


# ---------------------------------------------------------------------- what is refused in words


def forgeries(mallory: Guest, alices: int) -> dict[str, tuple[dict[str, object], str]]:
    """By name: what is pushed, and the code of the refusal."""
    after_all = yjs.characters("z", after=(alices, 0))
    root = clause_root(mallory.clause_id)

    def update(content: bytes) -> dict[str, object]:
        return {"update": base64.b64encode(content).decode()}

    return {
        "malformed base64": ({"update": "AAA*"}, "invalid_input"),
        "a number instead of text": ({"update": 12}, "invalid_input"),
        "an unknown draft": ({"draft": new_id()}, "not_found"),
        "another epoch": ({"epoch": 7}, "epoch_changed"),
        "Alice's client": (update(yjs.update((alices, 10_000, [after_all]))), "resync_needed"),
        "Alice's next letters": (
            update(yjs.update((alices, clock_of(mallory, alices), [after_all]))),
            "update_refused",
        ),
        "missing dependencies": (update(yjs.update((77, 0, [yjs.characters("z", after=(78, 3))]))), "resync_needed"),
        "a hollow list item": (
            update(yjs.update((77, 0, [yjs.element("bulletList", root), yjs.element("listItem", (77, 0))]))),
            "update_refused",
        ),
    }


def clock_of(someone: Guest, client: int) -> int:
    return inspect_state_vector(someone.document.get_state())[client]


def test_a_forged_push_is_refused_in_words_and_reaches_nobody(served: Served) -> None:
    alice, bruno, mallory = guest(served, "og.dg"), guest(served, "ars.dg"), guest(served, "cd.dg")
    first = alice.push(alice.written("un mot"))
    mallory.hear(first["seq"])
    bruno.hear(first["seq"])
    told = len(bruno.told)
    for name, (change, code) in forgeries(mallory, alice.document.client_id).items():
        answer = mallory.push(b"\x00\x00", change)
        assert answer["ok"] is False, name
        assert (answer["error"]["code"], answer["error"]["message"][-1]) == (code, "."), name
    stored = alice.push(alice.written("et un autre"))
    assert stored["seq"] == first["seq"] + 1, "something was stored"
    bruno.hear(stored["seq"])
    assert len(bruno.told) == told + 1


# ---------------------------------------------------------------------- what comes too fast, or too large


FLOODS: dict[str, Callable[[Guest], bytes]] = {
    "pushes of nothing": lambda mallory: said("push_update", mallory.draft | {"op": new_id(), "update": "*"}),
    "unknown events": lambda mallory: said("ouvre-toi", {}),
    "packets that are none": lambda mallory: framed(b"4"),
    "pings of the WebSocket": lambda mallory: framed(b"", kind=9),
    "pongs of the WebSocket": lambda mallory: framed(b"", kind=10),
    "nothings of engine.io": lambda mallory: framed(b"6"),
    "pieces without end": lambda mallory: framed(b"", kind=0, last=False),
}


def framed(payload: bytes, *, kind: int = 1, last: bool = True) -> bytes:
    assert len(payload) < 65_536
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2)
    return bytes([(0x80 if last else 0) | kind]) + length + bytes(4) + payload


def said(event: str, order: object) -> bytes:
    return framed(f"420{json.dumps([event, order])}".encode())


@contextmanager
def flood(mallory: Guest, frame: bytes, *, first: bytes = b"") -> Iterator[None]:
    """A process of its own sends this frame ten thousand times a second, and reads nothing, until it is stopped."""
    program = (
        "import socket, sys, time\n"
        "sock, some = socket.socket(fileno=int(sys.argv[1])), bytes.fromhex(sys.argv[2]) * 500\n"
        "sock.setblocking(True)\n"
        "sock.sendall(bytes.fromhex(sys.argv[3]))\n"
        "while True:\n"
        "    due = time.monotonic() + 500 / int(sys.argv[4])\n"
        "    sock.sendall(some)\n"
        "    time.sleep(max(0, due - time.monotonic()))\n"
    )
    fd = mallory.link.fileno()
    command = [sys.executable, "-c", program, str(fd), frame.hex(), first.hex(), str(FRAMES_PER_SECOND)]
    process = subprocess.Popen(command, pass_fds=[fd], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()
        mallory.link.close()


@pytest.mark.parametrize("name", FLOODS)
def test_ten_thousand_frames_a_second_take_no_edit_from_the_others(
    served: Served, name: str, record_property: Callable[[str, object], None]
) -> None:
    alice, bruno, mallory = guest(served, "og.dg"), guest(served, "ars.dg"), guest(served, "cd.dg")
    quiet, before = milliseconds(alice, bruno), memory(served[0])
    first = framed(b"4", last=False) if name == "pieces without end" else b""
    with flood(mallory, FLOODS[name](mallory), first=first):
        time.sleep(0.2)
        flooded = milliseconds(alice, bruno)
    record_property("figures", f"{name}: × {flooded / quiet:.1f} ({quiet:.1f} → {flooded:.1f} ms)")
    assert memory(served[0]) - before < MOST_GROWN
    assert served[0].failures() == []


def blurt(mallory: Guest, content: bytes) -> None:
    """Bytes as they are, no frame around them."""
    with socket.socket(fileno=os.dup(mallory.link.fileno())) as sock:
        sock.sendall(content)


def test_ten_megabytes_are_refused_when_they_are_announced(served: Served) -> None:
    alice, bruno, before = guest(served, "og.dg"), guest(served, "ars.dg"), memory(served[0])
    announced = b"\x81\xff" + (10_000_000).to_bytes(8) + bytes(4)
    pieces = framed(b"4" * 60_000, last=False) + framed(b"4" * 60_000, kind=0, last=False) * 10
    for sent in (announced, pieces) * 10:
        mallory = guest(served, "cd.dg")
        with suppress(OSError):
            blurt(mallory, sent + bytes(2_000_000))
        with pytest.raises(ConnectionError):
            while True:
                mallory.link.wait()
    assert milliseconds(alice, bruno) > 0
    assert memory(served[0]) - before < MOST_GROWN


def narrowly_connected(address: tuple[str, int], **_: object) -> socket.socket:
    """Little waits on the way, so that what isn't read waits at the server."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(address)
    return sock


def test_who_stops_reading_is_cut_off_and_the_others_receive_all(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    bruno, before = guest(served, "ars.dg"), memory(served[0])
    with monkeypatch.context() as patched:
        patched.setattr(socket, "create_connection", narrowly_connected)
        asleep = guest(served, "cd.dg")
    for _ in range(7):
        writer = guest(served, "og.dg")  # each writes as much as one may at once
        for _ in range(9):  # 100 kB in, 100 kB out: the draft stays small, what is told doesn't
            for update in (writer.written("a" * 100_000), writer.taken_back()):
                stored = writer.push(update)
                assert stored["ok"], stored
                bruno.hear(stored["seq"])
        writer.link.close()
    assert memory(served[0]) - before < MOST_GROWN
    limit = time.monotonic() + PATIENCE_SECONDS
    with pytest.raises(ConnectionError):
        while time.monotonic() < limit:
            for message in asleep.link.wait():
                asleep._note(message)
    assert len(asleep.told) < len(bruno.told)
    assert asleep.told == bruno.told[: len(asleep.told)]
