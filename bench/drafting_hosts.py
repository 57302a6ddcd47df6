"""The servers that live drafts are measured against: installed by name when the measure runs, into a folder that git
leaves alone, and started on one core."""

import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.live import descendants

LISTS = Path(__file__).with_name("peers")
INSTALLED = LISTS.parents[1] / "build" / "bench-peers"
LONGEST_START = 30.0


class NotInstalled(Exception):
    """What this peer is made of can't be had here."""


class Host(Protocol):
    """A server on a folder of its own. `kill` is a power cut; after it or `stop`, `start` serves the same folder."""

    port: int

    def start(self) -> object: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


@dataclass(frozen=True)
class Peer:
    """`command`: what starts it, without the interpreter; {port} and {folder} stand for what they say."""

    name: str
    interpreter: str
    command: Sequence[str]
    settings: dict[str, str] = field(default_factory=dict)
    prefixed: bool = False
    """Whether each message says its document first, and a first one asks to be let in, as Hocuspocus wants it."""
    keeps: bool = True
    """Whether it knows and stores the document at all."""
    slow_to_store: bool = False
    """Whether a hundred thousand edits take it minutes, so that they are written beside it for it to open."""
    loads_on_connection: bool = False
    """Whether a document is fetched as soon as somebody connects, before they ask."""

    def hosted(self, folder: Path) -> "Hosted":
        return Hosted(self, folder)


HOCUSPOCUS = Peer("Hocuspocus + SQLite", "node", ["hocuspocus.mjs", "{port}", "{folder}"], prefixed=True)
Y_WEBSOCKET = Peer(
    "y-websocket + LevelDB",
    "node",
    ["node_modules/y-websocket/bin/server.cjs"],
    {"HOST": "127.0.0.1", "PORT": "{port}", "YPERSISTENCE": "{folder}/level"},
    loads_on_connection=True,
)
PYCRDT_WEBSOCKET = Peer(
    "pycrdt-websocket + SQLite",
    "python",
    ["pycrdt_rooms.py", "{port}", "{folder}"],
    slow_to_store=True,
    loads_on_connection=True,
)
RELAY = Peer("bare relay, stores nothing", "node", ["relay.mjs", "{port}"], keeps=False)
PEERS = (HOCUSPOCUS, Y_WEBSOCKET, PYCRDT_WEBSOCKET, RELAY)


class Hosted:
    """A peer in a process of its own."""

    def __init__(self, peer: Peer, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._command = [_interpreter(peer.interpreter), *(self._filled(word) for word in peer.command)]
        self._settings = {name: self._filled(value) for name, value in peer.settings.items()}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Hosted":
        environment = {"PATH": os.environ["PATH"], "NODE_ENV": "production"} | self._settings
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "journal.txt").open("ab") as said:
            self._process = subprocess.Popen(self._command, cwd=INSTALLED, env=environment, stdout=said, stderr=said)
        limit = time.monotonic() + LONGEST_START
        while time.monotonic() < limit and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return self
        raise NotInstalled(f"it never answered: {self._said()}")

    def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        assert self._process is not None
        for pid in (*descendants(self._process.pid), self._process.pid):
            os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def _filled(self, word: str) -> str:
        return word.format(port=self.port, folder=self._folder)

    def _said(self) -> str:
        return (self._folder / "journal.txt").read_text(encoding="utf-8", errors="replace")[-400:]


def install() -> dict[str, str]:
    """What each kind of peer can't be had for, by interpreter: empty when all are there."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for script in (*LISTS.glob("*.mjs"), *LISTS.glob("*.py")):
        shutil.copy(script, INSTALLED)
    npm = ["npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    pip = [str(_python()), "-m", "pip", "install", "-qq", "-r", "requirements.txt"]
    steps = {"node": [npm], "python": [[sys.executable, "-m", "venv", "--clear", str(INSTALLED / ".venv")], pip]}
    lists = {"node": LISTS / "package.json", "python": LISTS / "requirements.txt"}
    missing = {}
    for kind, commands in steps.items():
        try:
            _installed(lists[kind], commands, made_for=sys.version if kind == "python" else "")
        except (OSError, subprocess.SubprocessError) as error:
            missing[kind] = f"not installed here: {error}"
    return missing


def _installed(listed: Path, commands: Sequence[Sequence[str]], *, made_for: str) -> None:
    """Once for each state of the list; what runs on Python, on the interpreter that ours runs on."""
    wanted = hashlib.sha256(listed.read_bytes() + made_for.encode()).hexdigest()
    stamp = INSTALLED / f"{listed.name}.installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing what {listed.relative_to(LISTS.parents[1])} names…")
    shutil.copy(listed, INSTALLED)
    for command in commands:
        subprocess.run(command, cwd=INSTALLED, check=True, timeout=300, stdout=subprocess.DEVNULL)
    stamp.write_text(wanted)


def _interpreter(kind: str) -> str:
    """The Node that the list names (Hocuspocus wants a newer one than many systems have), or the system's."""
    if kind == "python":
        return str(_python())
    found = sorted(INSTALLED.glob("node_modules/node-linux-*/bin/node"))
    return str(found[0]) if found else "node"


def _python() -> Path:
    return INSTALLED / ".venv" / "bin" / "python"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
