"""Who wrote what, kept up a little behind the writers: in the live drafts that this process serves, and in the texts
that were tabled.

Reading the logs is work for a process of its own; what it found is kept by this one.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import structlog
from flask import current_app

from app.database import current_store
from negotiation.services import deriving
from negotiation.services.crediting import Credits, Round, keep
from negotiation.services.crediting_process import PROGRAM
from negotiation.services.drafting import LiveDrafts
from negotiation.store import Announcing

log = structlog.get_logger()


class ReaderDied(RuntimeError):
    """It was killed, or never began; the next one reads again what it hadn't given."""


class Reader:
    """The process that reads logs: started when there is something to read, and again when it died."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def follow(self, draft_ids: Sequence[str]) -> Round:
        """Read on in these drafts. Raises ReaderDied."""
        if self._process is None and not draft_ids:
            return Round()
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            self._tell(self._database_url)
        self._tell(draft_ids)
        found = self._answer()
        if not draft_ids and not found.followed:
            self.end()
        return found

    def end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what it was told last has nowhere to go
                    pipe.close()

    def _tell(self, order: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{json.dumps(order)}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            self._died()

    def _answer(self) -> Round:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            self._died()
        told = json.loads(line)
        return Round([Credits(**each) for each in told["credits"]], told["followed"], told["failures"])

    def _died(self) -> NoReturn:
        self.end()
        raise ReaderDied


def credit_words() -> None:
    """A round. Raises ReaderDied."""
    live: LiveDrafts = current_app.extensions["live_drafts"]
    settings = current_app.extensions["settings"]
    reader: Reader = current_app.extensions.setdefault("crediting", Reader(settings.database_url))
    found = reader.follow(sorted(live.rooms.draft_ids()))
    for failure in found.failures:
        log.error("crediting.failed", traceback=failure)
    if found.credits:
        with current_store().unit_of_work(Announcing.SILENT) as uow:
            keep(uow, found.credits)


SECONDS_TO_DERIVE = 300.0
"""Beyond, whatever is being worked out is given up."""


def failing() -> deriving.Failing:
    """What this process could not work out."""
    found: deriving.Failing = current_app.extensions.setdefault("failing", deriving.Failing())
    return found


def derive_past() -> None:
    """A round over what happened since the last one: who wrote the texts that were tabled, what moved. A clause that
    can't be worked out is told, and left alone for a while. Raises ReaderDied."""
    store = current_store()
    but = failing().left_out()
    with store.reading() as session:
        if not deriving.is_waiting(session, but):
            return
    asked = {"database": current_app.extensions["settings"].database_url, "but": but}
    said, status = _said(asked)
    lines = said.decode(errors="replace").splitlines(keepends=True)
    found = deriving.gathered(json.loads(line) for line in lines if line.endswith("\n"))
    failing().learn(found)
    for failure in found.failures:
        log.error("deriving.failed", what=str(failure.what), clause=failure.clause_id, error=failure.error)
    with store.unit_of_work(Announcing.SILENT) as uow:
        deriving.keep(uow, found)
    if status and not found.failures:
        raise ReaderDied(status)


def _said(asked: object) -> tuple[bytes, int]:
    """All that the process said before it ended, or died, and its status."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", deriving.PROGRAM],
            input=json.dumps(asked).encode(),
            stdout=subprocess.PIPE,
            check=False,
            timeout=SECONDS_TO_DERIVE,
        )
    except subprocess.TimeoutExpired as late:
        return late.stdout or b"", 1
    return done.stdout, done.returncode
