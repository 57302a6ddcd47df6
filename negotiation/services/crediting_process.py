"""Who wrote what, read in a process of its own: deriving a long text takes longer than anybody's keystroke may wait.

It is told on its standard input, a line of JSON each: once where the database is, then the drafts to read on in; it
answers each time, on its standard output, what was found. It writes nothing: SQLite has one writer, who waits for
nobody in his own process. Once its input ends, whatever ended whoever held it, it ends at once.
"""

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from queue import SimpleQueue
from typing import Any, Final

from negotiation.services.crediting import Crediting
from negotiation.store import connect_store

PROGRAM: Final = "from negotiation.services.crediting_process import main; main()"
"""For an interpreter of its own: nothing is inherited, neither connections nor threads."""
NICENESS: Final = 10
"""On a busy machine those who type come first."""


def main() -> None:
    os.nice(NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, whose end ends us
    orders: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_hear, args=[orders], daemon=True).start()
    crediting = Crediting(connect_store(orders.get()))
    with suppress(BrokenPipeError):
        while True:
            found = crediting.follow(orders.get())
            sys.stdout.write(f"{json.dumps(asdict(found))}\n")
            sys.stdout.flush()


def _hear(orders: "SimpleQueue[Any]") -> None:
    for line in sys.stdin:
        orders.put(json.loads(line))
    os._exit(0)
