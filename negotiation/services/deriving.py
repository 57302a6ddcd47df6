"""What pages about the past need to have been worked out before: who wrote what, and what happened on each clause.

Working it out of a long history takes longer than anybody's keystroke may wait: the server has it done by a process of
its own (`PROGRAM`), which reads and writes nothing; the server keeps what it found.
"""

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Final

from sqlmodel import Session

from negotiation.services.glancing import Summaries, keep_summaries, sum_up_waiting
from negotiation.services.provenance import Derived, derive_waiting, keep_derived
from negotiation.store import connect_store
from negotiation.store.queries.glances import not_summed_up
from negotiation.store.queries.origins import underived
from negotiation.store.unit_of_work import UnitOfWork

PROGRAM: Final = "from negotiation.services.deriving import main; main()"
"""For an interpreter of its own: it is told where the database is on its standard input, and says what it found."""
NICENESS: Final = 10
_AT_ONCE: Final = 50
"""Clauses."""


@dataclass(frozen=True)
class Found:
    origins: Derived
    summaries: Summaries


def is_waiting(session: Session) -> bool:
    """Whether there is anything to work out."""
    return bool(underived(session, limit=1) or not_summed_up(session, limit=1))


def derive(session: Session) -> Found:
    return Found(derive_waiting(session, _AT_ONCE), sum_up_waiting(session, _AT_ONCE))


def keep(uow: UnitOfWork, found: Found) -> None:
    keep_derived(uow, found.origins)
    keep_summaries(uow, found.summaries)


def main() -> None:
    os.nice(NICENESS)
    with connect_store(json.load(sys.stdin)).reading() as session:
        told = json.dumps(asdict(derive(session)))
    with suppress(BrokenPipeError):  # the server that asked is gone: the next one asks again
        sys.stdout.write(told)
        sys.stdout.flush()
