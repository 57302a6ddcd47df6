"""Receipts: which binding moves a reader is owed the proof of, and what it says (trust T14).

A receipt is owed to the author of the move, and to whoever decides for the author's party or for a party that the
clause concerns. It names jobs, parties, codes, numbers and fingerprints: no word of a clause, no motive.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlmodel import Session, col

from negotiation.rules.notices import LIFETIMES, RECEIPTED, MailKind
from negotiation.rules.policy import DECIDERS, Actor
from negotiation.store.contract import ClauseParty
from negotiation.store.notifying import Mail, MailFact
from negotiation.store.people import Member, Party
from negotiation.store.queries.visibility import on_the_table
from negotiation.store.record import HistoryEntry

LARGEST = 500
"""Ids in one question: fewer than a database takes."""


@dataclass(frozen=True)
class Owed:
    """An entry of the shared chain of which the reader is owed a receipt."""

    entry_id: str
    kind: str
    clause_id: str | None
    at: datetime
    is_own: bool


@dataclass(frozen=True)
class Act:
    """One move on one clause: its kind, what it bore on, and what followed at once (kinds of facts)."""

    kind: str
    clause_id: str
    move_id: str
    version: int | None
    fingerprint: str | None
    became: tuple[str, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What one person did in one gesture: the job, the party's name, the moment it was recorded, the moves."""

    title: str
    party: str
    at: datetime
    acts: tuple[Act, ...]


def owed_among(session: Session, actor: Actor, entry_ids: Iterable[str]) -> frozenset[str]:
    """Those of these entries of which the reader is owed a receipt."""
    asked = list(entry_ids)
    if not asked:
        return frozenset()
    query = select(col(HistoryEntry.id)).where(*_is_owed(actor), col(HistoryEntry.id).in_(asked))
    return frozenset(session.execute(query).scalars())


def owed_between(session: Session, actor: Actor, *, since: datetime, until: datetime) -> tuple[Owed, ...]:
    """The entries recorded after `since`, up to `until`, oldest first."""
    query: Select[str, str, str | None, datetime, str] = (
        select(
            col(HistoryEntry.id),
            col(HistoryEntry.kind),
            col(HistoryEntry.clause_id),
            col(HistoryEntry.recorded_at),
            col(HistoryEntry.actor),
        )
        .where(*_is_owed(actor), col(HistoryEntry.recorded_at) > since, col(HistoryEntry.recorded_at) <= until)
        .order_by(col(HistoryEntry.sequence))
    )
    rows = session.execute(query)
    return tuple(Owed(row.id, row.kind, row.clause_id, row.recorded_at, row.actor == actor.key) for row in rows)


def told_at_once(session: Session, actor: Actor, *, since: datetime) -> frozenset[str]:
    """Entries that an immediate mail to this reader told, or will: their receipts were in it."""
    query = (
        select(col(MailFact.entry_id))
        .join(Mail, col(Mail.id) == MailFact.mail_id)
        .where(
            col(Mail.person_id) == actor.person_id,
            col(Mail.negotiation_id) == actor.negotiation_id,
            col(Mail.kind) == str(MailKind.IMMEDIATE),
            col(Mail.given_up_at).is_(None),
            col(Mail.created_at) > since - LIFETIMES[MailKind.IMMEDIATE],
        )
    )
    return frozenset(session.execute(query).scalars())


def by_kind_and_clause(owed: Iterable[Owed]) -> Counter[tuple[str, str | None]]:
    """How many facts of others are told by receipts, as `notices.changes_between` counts them."""
    return Counter((each.kind, each.clause_id) for each in owed if not each.is_own)


def receipts_of(session: Session, actor: Actor, entry_ids: Iterable[str]) -> tuple[Receipt, ...]:
    """The receipts of these entries, oldest first; the moves of one gesture are one receipt."""
    entries = _entries(session, actor, list(dict.fromkeys(entry_ids)))
    said: dict[str, dict[str, Any]] = {entry.id: json.loads(entry.payload or "{}") for entry in entries}
    moves = {said[entry.id]["move"] for entry in entries if "party" in said[entry.id]}
    followed: dict[str, list[str]] = {}
    gestures: dict[tuple[str, str], list[HistoryEntry]] = {}
    for entry in entries:
        facts = said[entry.id]
        if facts["move"] in moves and "party" not in facts:
            followed.setdefault(facts["move"], []).append(entry.kind)
        else:
            gestures.setdefault((entry.actor, facts.get("bundle") or facts["move"]), []).append(entry)
    names = _names(session, actor)
    return tuple(
        Receipt(
            *names.get(key, ("", "")),
            at=found[0].recorded_at,
            acts=tuple(_act(entry, said[entry.id], followed) for entry in found),
        )
        for (key, _), found in gestures.items()
    )


def _act(entry: HistoryEntry, facts: dict[str, Any], followed: dict[str, list[str]]) -> Act:
    act = Act(entry.kind, entry.clause_id or "", facts["move"], facts.get("version"), facts.get("fingerprint"))
    return replace(act, became=tuple(followed.get(facts["move"], ()))) if "party" in facts else act


def _entries(session: Session, actor: Actor, entry_ids: list[str]) -> list[HistoryEntry]:
    found: list[HistoryEntry] = []
    for start in range(0, len(entry_ids), LARGEST):
        listed = col(HistoryEntry.id).in_(entry_ids[start : start + LARGEST])
        found += session.execute(select(HistoryEntry).where(*_is_owed(actor), listed)).scalars()
    return sorted(found, key=lambda entry: entry.sequence)


def _is_owed(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    concerned = select(col(ClauseParty.clause_id)).where(col(ClauseParty.party_id) == actor.party_id)
    colleagues = select(col(Member.key)).where(col(Member.party_id) == actor.party_id)
    own = col(HistoryEntry.actor) == actor.key
    party = or_(col(HistoryEntry.clause_id).in_(concerned), col(HistoryEntry.actor).in_(colleagues))
    return (
        col(HistoryEntry.negotiation_id) == actor.negotiation_id,
        on_the_table(HistoryEntry.circle),
        col(HistoryEntry.kind).in_(RECEIPTED),
        col(HistoryEntry.payload).is_not(None),
        or_(own, party) if actor.roles & DECIDERS else own,
    )


def _names(session: Session, actor: Actor) -> dict[str, tuple[str, str]]:
    """Job and party of each member who was ever at the table, by key."""
    query: Select[str, str, str] = (
        select(col(Member.key), col(Member.title), col(Party.name))
        .join(Party, col(Party.id) == Member.party_id)
        .where(col(Member.negotiation_id) == actor.negotiation_id)
    )
    return {row.key: (row.title, row.name) for row in session.execute(query)}
