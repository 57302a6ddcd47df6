"""Who wrote the contract, word by word: derived from the tabled texts a little after they are tabled, and kept.

Deriving a long history takes longer than anybody's keystroke may wait: the server has it done by a process of its own
(`PROGRAM`), which reads and writes nothing; the server keeps what it found.
"""

import json
import os
import sys
from collections.abc import Mapping
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col

from negotiation.drafting.authorship_versions import Tabled, origins
from negotiation.store import connect_store
from negotiation.store.exchange import VersionOrigin
from negotiation.store.queries.origins import RULE, starting_text, tabled_texts, underived
from negotiation.store.unit_of_work import UnitOfWork

PROGRAM: Final = "from negotiation.services.provenance import main; main()"
"""For an interpreter of its own: it is told where the database is on its standard input, and says what it derived."""
NICENESS: Final = 10
_AT_ONCE: Final = 50
"""Clauses."""

Derived = Mapping[str, list[list[str | int | None]]]
"""By version, [party id | null | "?", first version, words] in a row."""


def derive_waiting(session: Session, limit: int = _AT_ONCE) -> Derived:
    """Of some clauses whose text was tabled since, every version."""
    found: dict[str, list[list[str | int | None]]] = {}
    for clause_id in underived(session, limit):
        found.update(_derive(session, clause_id))
    return found


def keep_derived(uow: UnitOfWork, found: Derived) -> None:
    """In the place of what was derived before."""
    uow.session.execute(delete(VersionOrigin).where(col(VersionOrigin.version_id).in_(sorted(found))))
    uow.session.add_all(
        VersionOrigin(version_id=version_id, rule=RULE, runs=list(runs)) for version_id, runs in found.items()
    )


def main() -> None:
    os.nice(NICENESS)
    with connect_store(json.load(sys.stdin)).reading() as session:
        json.dump(derive_waiting(session), sys.stdout)


def _derive(session: Session, clause_id: str) -> Derived:
    texts = tabled_texts(session, clause_id)
    versions = [Tabled(each.number, each.text, each.by, each.base, each.written) for each in texts]
    ids = {each.number: each.version_id for each in texts}
    found = origins(starting_text(session, clause_id), versions)
    return {ids[number]: [list(run) for run in runs] for number, runs in found.items()}
