"""What a party chose for its inside, and what of it may be disclosed, or was."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.events import Kind
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.private_history import DISCLOSABLE, announced_from, destroyed_from
from negotiation.rules.vocabulary import SHARED, Circle
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Negotiation
from negotiation.store.inside import InsideFate, VisaRequest
from negotiation.store.queries.history import EntryView
from negotiation.store.queries.visibility import on_the_table, visible
from negotiation.store.record import HistoryEntry
from negotiation.store.talk import CommentThread


@dataclass(frozen=True)
class Fate:
    """What becomes of the reader's own inside. `years`: after the signature, None: kept.

    `on`: the day of its destruction, None while nobody can tell it (kept, or the contract isn't signed). `facts`: how
    many of its headers remain once it is destroyed, and `since` how many were written after that.
    """

    years: int | None = None
    chosen_at: datetime | None = None
    on: date | None = None
    announced_on: date | None = None
    destroyed_at: datetime | None = None
    through: int = 0
    since: int = 0


def fate_of(session: Session, actor: Actor) -> Fate:
    """Of the reader's own party, and of no other."""
    query = (
        select(InsideFate, col(Negotiation.signed_on))
        .join(Negotiation, col(Negotiation.id) == InsideFate.negotiation_id)
        .where(
            col(InsideFate.negotiation_id) == actor.negotiation_id,
            col(InsideFate.party_id) == actor.party_id,
            visible(InsideFate.circle, actor),
        )
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return Fate()
    row, signed_on = found
    on = None
    if row.years is not None and signed_on is not None:
        on = destroyed_from(signed_on, row.years, announced_on=row.announced_on or _warned_from(signed_on, row.years))
    through = row.through or 0
    return Fate(
        years=row.years,
        chosen_at=row.chosen_at,
        on=on,
        announced_on=row.announced_on,
        destroyed_at=row.destroyed_at,
        through=through,
        since=_longest(session, row) - through if row.destroyed_at else 0,
    )


def _warned_from(signed_on: date, years: int) -> date:
    """The day of the warning that wasn't given yet."""
    return max(announced_from(signed_on, years), paris_day(now()))


def _longest(session: Session, row: InsideFate) -> int:
    query = select(func.max(col(HistoryEntry.sequence))).where(
        col(HistoryEntry.negotiation_id) == row.negotiation_id, col(HistoryEntry.circle) == row.circle
    )
    return int(session.execute(query).scalar_one() or 0)


def waiting_fates(session: Session) -> tuple[str, ...]:
    """Ids of the choices of signed contracts that are still to be carried out, for the server's own round."""
    query = (
        select(col(InsideFate.id))
        .join(Negotiation, col(Negotiation.id) == InsideFate.negotiation_id)
        .where(
            col(InsideFate.years).is_not(None),
            col(InsideFate.destroyed_at).is_(None),
            col(Negotiation.signed_on).is_not(None),
        )
    )
    return tuple(session.execute(query).scalars())


def unwiped_fates(session: Session) -> tuple[str, ...]:
    """Those that were carried out, and whose bytes the file may still hold."""
    owed = col(InsideFate.destroyed_at).is_not(None) & col(InsideFate.wiped_at).is_(None)
    query = select(col(InsideFate.id)).where(owed)
    return tuple(session.execute(query).scalars())


# ---------------------------------------------------------------------- disclosing


def fact_of(session: Session, actor: Actor, entry_id: str) -> HistoryEntry | None:
    """An entry of the chain of the reader's own party; None when there is no such one."""
    query = select(HistoryEntry).where(
        col(HistoryEntry.id) == entry_id,
        col(HistoryEntry.negotiation_id) == actor.negotiation_id,
        col(HistoryEntry.circle) == str(Circle.inside(actor.party_id)),
        visible(HistoryEntry.circle, actor),
    )
    return session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()


def disclosable(session: Session, actor: Actor, entries: Iterable[EntryView]) -> frozenset[str]:
    """Ids of those among these entries of the reader's own inside that the party may let everybody read.

    Never one whose words are gone, one about a clause that another circle prepares (or that nobody finds any more), nor
    what quotes the authorities' draft: it would give away what isn't the party's alone.
    """
    inside = Circle.inside(actor.party_id)
    candidates = [each for each in entries if each.circle == inside and each.kind in DISCLOSABLE and each.facts]
    places = _circles_of_clauses(session, {each.clause_id for each in candidates if each.clause_id})
    known = {str(SHARED), str(inside)}
    speaking = [each for each in candidates if not each.clause_id or places.get(each.clause_id) in known]
    named = {each.id: _named(each) for each in speaking}
    foreign = _drawn_from_another(session, frozenset[str]().union(*named.values()), known)
    return frozenset(each.id for each in speaking if not named[each.id] & foreign)


def is_disclosed(session: Session, actor: Actor, header_hash: str) -> bool:
    return header_hash in disclosed_hashes(session, actor)


def disclosed_hashes(session: Session, actor: Actor) -> frozenset[str]:
    """Header hashes of the facts of any inside that their party let everybody read."""
    return frozenset(str(facts["fact"]["hash"]) for _, facts in _disclosures(session, actor, None))


@dataclass(frozen=True)
class Disclosed:
    """A fact of an inside that everybody reads: who disclosed it and when, and the fact itself as it was written."""

    by: str
    at: datetime
    sequence: int
    facts: dict[str, Any]


def disclosed_on(session: Session, actor: Actor, clause_id: str) -> tuple[Disclosed, ...]:
    """What was disclosed of the exchanges on a clause, oldest first."""
    return tuple(
        Disclosed(row.actor, row.recorded_at, row.sequence, facts)
        for row, facts in _disclosures(session, actor, clause_id)
    )


def _disclosures(session: Session, actor: Actor, clause_id: str | None) -> list[tuple[HistoryEntry, dict[str, Any]]]:
    query = select(HistoryEntry).where(
        col(HistoryEntry.negotiation_id) == actor.negotiation_id,
        on_the_table(HistoryEntry.circle),
        col(HistoryEntry.kind) == str(Kind.FACT_DISCLOSED),
        *([col(HistoryEntry.clause_id) == clause_id] if clause_id else []),
    )
    rows = sorted(session.execute(query).scalars(), key=lambda row: row.sequence)
    return [(row, json.loads(row.payload or "{}")) for row in rows]


def _circles_of_clauses(session: Session, clause_ids: set[str]) -> dict[str, str]:
    query = select(col(Clause.id), col(Clause.circle)).where(col(Clause.id).in_(sorted(clause_ids)))
    return {row.id: row.circle for row in session.execute(query)}


def _named(entry: EntryView) -> frozenset[str]:
    """Ids of the moves and of the visa that the fact tells of."""
    said = entry.facts or {}
    return frozenset(str(said[name]) for name in ("move", "reply_to", "visa") if said.get(name))


def _drawn_from_another(session: Session, ids: frozenset[str], known: set[str]) -> frozenset[str]:
    """Comments on words of a draft of another circle than these, and visas asked for a text of one."""
    found: set[str] = set()
    for row, key in ((CommentThread, CommentThread.move_id), (VisaRequest, VisaRequest.id)):
        query = select(col(key)).where(
            col(key).in_(sorted(ids)), col(row.draft) != "", col(row.draft).not_in(sorted(known))
        )
        found |= set(session.execute(query).scalars())
    return frozenset(found)
