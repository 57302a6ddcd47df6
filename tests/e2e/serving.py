"""The real server in a process of its own, as `navette serve` starts it, on a folder of the test's own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from app.serving import PATCHED_START
from negotiation.services.signing_in import make_signin_link
from negotiation.store import Announcing, Store, connect_store, migrate

START = "from app.commands import main; main(['serve'])"
LONGEST_START = 120
"""Seconds: the first start imports both demonstrations."""


class RunningServer:
    """A server on a free port. `folder` holds its database; what is there already is served as it is."""

    program = START

    def __init__(self, folder: Path, **settings: str) -> None:
        """`settings`: environment variables besides the folder and the port."""
        self.folder = folder
        self.settings = settings
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @cached_property
    def store(self) -> Store:
        """The same database, from here."""
        self.folder.mkdir(parents=True, exist_ok=True)
        migrate(self._database)
        return connect_store(self._database)

    def start(self) -> "RunningServer":
        environment = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(self.folder),
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        } | self.settings
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._journal.open("wb") as said:
            root = Path(__file__).resolve().parents[2]
            self._process = subprocess.Popen(self._command(), cwd=root, env=environment, stdout=said, stderr=said)
        self._wait()
        return self

    def stop(self) -> None:
        self.tell_to_stop()
        self.wait_until_stopped()

    def tell_to_stop(self) -> None:
        """It then waits for what browsers left open, up to its ten seconds of grace."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def wait_until_stopped(self, *, patience: float = 15) -> None:
        """Whatever still runs after so many seconds is killed."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """As a power cut does it: no process of the server gets to say anything."""
        assert self._process is not None
        master = self._process.pid
        for pid in (*_children(master), master):
            with suppress(ProcessLookupError):  # one that was told to stop before
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def workers(self) -> list[int]:
        """Ids of its processes but the first."""
        assert self._process is not None
        return _children(self._process.pid)

    def said(self) -> str:
        """What it printed, its log included."""
        return self._journal.read_text(encoding="utf-8", errors="replace")

    def failures(self) -> list[str]:
        """Lines of its log about what nobody had foreseen."""
        return [line for line in self.said().splitlines() if '"level": "error"' in line or "Traceback" in line]

    def printed_links(self) -> dict[str, str]:
        """{party: sign-in link} as `navette serve` prints them for whoever tries Navette."""
        return dict(re.findall(r"^  (.+?) \(.*\)\n +(http\S+)$", self.said(), re.MULTILINE))

    def link_for(self, email: str) -> str:
        with self.store.unit_of_work(Announcing.SILENT) as uow:
            return f"{self.address}/connexion/lien/{make_signin_link(uow, email)}"

    def let_minutes_pass(self, minutes: int) -> None:
        """Everybody's last recognition is that much older."""
        with self.store.engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE signin_session SET authenticated_at = datetime(authenticated_at, ?)", (f"-{minutes} minutes",)
            )

    def _command(self) -> list[str]:
        return [sys.executable, "-c", self.program]

    @property
    def _database(self) -> str:
        return f"sqlite:///{self.folder}/navette.sqlite"

    @property
    def _journal(self) -> Path:
        return self.folder / "journal.txt"

    def _wait(self) -> None:
        limit = time.monotonic() + LONGEST_START
        while time.monotonic() < limit:
            assert self._process is not None
            assert self._process.poll() is None, self.said()
            try:
                with urllib.request.urlopen(f"{self.address}/connexion", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the server never answered: {self.said()}")


class RestartedServer(RunningServer):
    """Its database is migrated already: the server itself, without what goes before."""

    program = PATCHED_START

    @property
    def _database(self) -> str:
        return self.settings.get("DATABASE_URL", super()._database)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
