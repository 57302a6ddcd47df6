"""Negotiations to measure: 500 clauses in one part, and a history ten times as long.

The first is imported from a file, every move through the service that a click uses. The longer history is written
straight into rows, chained and numbered as the services do: playing 45 000 moves more would take minutes, and the pages
measured would be the same.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, SQLModel, col

from negotiation.events import Kind
from negotiation.rules import history_chain
from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.vocabulary import SHARED, ClauseState, Move
from negotiation.services.importing import import_bytes
from negotiation.store import Announcing, Store
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow, Version
from negotiation.store.people import Member
from negotiation.store.record import HistoryEntry
from negotiation.store.unit_of_work import as_link
from tests.scenarios import Json, as_bytes, engagement, move, scenario

PARTIES = ("og", "ars", "cd")
CLAUSES = 500
MOVES = 5_000
"""Texts and acceptances."""
COMMENTS = 3_000
TIMES = 10
LONGEST = 120
"""Moves and comments of the first clause, the one that is open: its pages are full from the start."""


def file_of(*, clauses: int = CLAUSES, moves: int = MOVES, comments: int = COMMENTS) -> Json:
    """One article with so many engagements of three parties: half end agreed, half wait for an answer, and the thread
    of the first is long already."""
    length, said = (moves + comments) // clauses, comments // clauses
    written = []
    for number in range(1, clauses + 1):
        key = f"x{number:04}"
        if number == 1:
            thread = _thread(key, LONGEST, comments=LONGEST // 2, acceptances=0)
        else:
            thread = _thread(key, length, comments=said, acceptances=0 if number % 2 else 2)
        written.append(engagement(key, {"type": "clause", "id": "k01"}, list(PARTIES), list(thread)))
    return scenario(engagements=written)


def _thread(key: str, length: int, *, comments: int, acceptances: int) -> Iterator[Json]:
    """Texts, a comment after each of the first; some acceptances of the last text to end with."""
    last = ("", "")
    for number in range(1, length + 1 - acceptances):
        name, party = f"{key}-m{number:04}", PARTIES[number // 2 % 3]
        if number % 2 or number > 2 * comments:
            last = (name, party)
            kind = "counter_proposal" if number > 1 else "proposal"
            yield move(name, f"{party}.dg", kind, _text(number), value=number)
        else:
            yield move(name, f"{party}.dg", "comment", f"Remarque {number} sur la dernière version.")
    others = [party for party in PARTIES if party != last[1]]
    for number, party in enumerate(others[:acceptances], start=length + 1 - acceptances):
        yield move(f"{key}-m{number:04}", f"{party}.dg", "acceptance", "Accord.", accepts=last[0])


def _text(number: int) -> str:
    return (
        f"Le gestionnaire porte le taux d’occupation à {number % 40 + 60} % au {number % 28 + 1} juin, "
        "et les autorités de tarification notifient les crédits avant le 31 mars de chaque année."
    )


def import_table(store: Store, content: Json) -> str:
    """The id of the negotiation imported."""
    with store.unit_of_work(Announcing.SILENT) as uow:
        return import_bytes(uow, as_bytes(content)).negotiation_id


@dataclass
class _Rows:
    """What is to be inserted, and where each clause and the chain stand."""

    session: Session
    moves: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    head: history_chain.Link | None = None

    def insert(self) -> None:
        written: list[tuple[type[SQLModel], list[dict[str, Any]]]] = [
            (Version, self.versions),
            (MoveRow, self.moves),
            (HistoryEntry, self.entries),
        ]
        for row, values in written:
            for start in range(0, len(values), 1000):
                self.session.execute(insert(row), values[start : start + 1000])
            values.clear()


def lengthen(store: Store, negotiation_id: str, *, moves: int) -> None:
    """So many moves more, shared equally: texts and comments where the clause is open, comments where it is agreed."""
    with store.unit_of_work(Announcing.SILENT) as uow:
        session = uow.session
        rows = _Rows(session, head=_head(session, negotiation_id))
        members = {
            member.key: member
            for member in session.execute(select(Member).where(col(Member.negotiation_id) == negotiation_id)).scalars()
        }
        clauses = session.execute(
            select(Clause).where(col(Clause.negotiation_id) == negotiation_id, col(Clause.versions) > 0)
        ).scalars()
        listed = list(clauses)
        for clause in listed:
            _lengthen_clause(rows, clause, members, moves=moves // len(listed))
        rows.insert()


def _head(session: Session, negotiation_id: str) -> history_chain.Link:
    query = (
        select(HistoryEntry)
        .where(col(HistoryEntry.negotiation_id) == negotiation_id, col(HistoryEntry.circle) == str(SHARED))
        .order_by(col(HistoryEntry.sequence).desc())
        .limit(1)
    )
    return as_link(session.execute(query).scalar_one())


def _lengthen_clause(rows: _Rows, clause: Clause, members: dict[str, Member], *, moves: int) -> None:
    first = rows.session.execute(
        select(col(MoveRow.rank)).where(col(MoveRow.clause_id) == clause.id).order_by(col(MoveRow.rank).desc()).limit(1)
    ).scalar_one()
    versions, current = clause.versions, clause.current_version_id
    for number in range(1, moves + 1):
        member = members[f"{PARTIES[number // 2 % 3]}.dg"]
        tables = number % 2 == 1 and clause.state is not ClauseState.AGREED
        if tables:
            versions += 1
            current = _version(rows, clause, member, number=versions, base=current)
        _move(rows, clause, member, rank=first + number, version_id=current if tables else None)
    behind = [members[f"{PARTIES[(moves - 1) // 2 % 3]}.dg"].party_id]
    if clause.state is not ClauseState.AGREED:
        rows.insert()
        changed = {
            "versions": versions,
            "current_version_id": current,
            "behind": behind,
            "state": ClauseState.COUNTERED,
        }
        rows.session.execute(update(Clause).where(col(Clause.id) == clause.id).values(**changed))


def _version(rows: _Rows, clause: Clause, member: Member, *, number: int, base: str | None) -> str:
    text, value = _text(number + 7), str(number)
    version_id = new_id()
    rows.versions.append(
        {
            "id": version_id,
            "negotiation_id": clause.negotiation_id,
            "clause_id": clause.id,
            "number": number,
            "author_party_id": member.party_id,
            "member_id": member.id,
            "text": text,
            "value": value,
            "fingerprint": version_fingerprint(text, value),
            "base_version_id": base,
            "motive": "Il le faut.",
            "tabled_at": _moment(number),
        }
    )
    return version_id


def _move(rows: _Rows, clause: Clause, member: Member, *, rank: int, version_id: str | None) -> None:
    kind = Move.COUNTER_PROPOSAL if version_id else Move.COMMENT
    text = _text(rank) if version_id else f"Remarque {rank} sur la dernière version."
    move_id = new_id()
    rows.moves.append(
        {
            "id": move_id,
            "negotiation_id": clause.negotiation_id,
            "clause_id": clause.id,
            "circle": str(SHARED),
            "rank": rank,
            "type": kind,
            "party_id": member.party_id,
            "member_id": member.id,
            "text": text,
            "motive": "",
            "version_id": version_id,
            "at": _moment(rank),
            "recorded_at": _moment(rank),
            "attributes": {},
        }
    )
    facts = {"clause": clause.id, "move": move_id, "party": member.key.partition(".")[0], "text": text, "motive": ""}
    kind_of_fact = Kind.CLAUSE_COUNTERED if version_id else Kind.COMMENT_WRITTEN
    _chain(rows, clause, member, kind=kind_of_fact, facts=facts)


def _chain(rows: _Rows, clause: Clause, member: Member, *, kind: Kind, facts: dict[str, str]) -> None:
    salt, moment = secrets.token_bytes(history_chain.SALT_BYTES), datetime.now(UTC).replace(microsecond=0)
    rows.head = link = history_chain.link(
        rows.head,
        chain=history_chain.chain_name(clause.negotiation_id, str(SHARED)),
        ts=history_chain.stamp(moment),
        actor=member.key,
        kind=str(kind),
        payload=facts,
        salt=salt,
    )
    rows.entries.append(
        {
            "id": new_id(),
            "negotiation_id": clause.negotiation_id,
            "circle": str(SHARED),
            "sequence": link.seq,
            "recorded_at": moment,
            "actor": link.actor,
            "kind": link.kind,
            "clause_id": clause.id,
            "commitment": link.commitment,
            "salt": salt.hex(),
            "payload": json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
            "previous_hash": link.prev,
            "header_hash": link.hash,
        }
    )


def _moment(rank: int) -> datetime:
    return datetime(2026, 4, 1, tzinfo=UTC) + timedelta(hours=rank)
