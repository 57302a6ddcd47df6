"""Facts as immediate mails look at them: whom each concerns, read now and not when it happened.

What was meanwhile seen, answered or taken back concerns nobody any more.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.lifecycle import Tabled
from negotiation.rules.notices import NOTICE_OF_FACT, RECEIPTED
from negotiation.rules.policy import Actor, sees
from negotiation.rules.vocabulary import SHARED, Circle, Notice, Role, VisaState
from negotiation.store.contract import Clause, ClauseParty
from negotiation.store.exchange import Version
from negotiation.store.inside import VisaRequest
from negotiation.store.people import Member
from negotiation.store.queries.notices import may_answer
from negotiation.store.queries.situations import as_situation
from negotiation.store.record import HistoryEntry, Signature
from negotiation.store.talk import Mention, Task

NOBODY: frozenset[str] = frozenset()
FOR_ALL = frozenset({Notice.MOVES, Notice.TALK, Notice.TABLE})
"""Notices that concern whoever reads the circle; the others name somebody."""


@dataclass(frozen=True)
class Fact:
    """An entry of a chain. `mentioned`, `askers`: member ids; `voided`: party keys; `holders`: ids of the parties whose
    answer the clause awaits now; `visa_roles`: roles whose visa is awaited on it now, in this circle."""

    entry_id: str
    negotiation_id: str
    circle: Circle
    kind: str
    clause_id: str | None
    actor: str
    mentioned: frozenset[str] = NOBODY
    voided: frozenset[str] = NOBODY
    holders: frozenset[str] = NOBODY
    visa_roles: frozenset[Role] = field(default=frozenset())
    askers: frozenset[str] = NOBODY
    task_owner: str | None = None

    @property
    def notice(self) -> Notice | None:
        return NOTICE_OF_FACT.get(self.kind)

    def may_concern(self) -> frozenset[Notice]:
        """Every notice that it could be for somebody."""
        named = {
            Notice.MENTION: bool(self.mentioned),
            Notice.VOIDED: bool(self.voided),
            Notice.YOUR_TURN: bool(self.holders),
            Notice.RECEIPT: self.kind in RECEIPTED,
        }
        own = {self.notice} if self.notice else set()
        return frozenset(own | {notice for notice, is_so in named.items() if is_so})


def facts_of(session: Session, entry_ids: Iterable[str]) -> tuple[Fact, ...]:
    """The facts of these entries, oldest first; those whose words were taken back are left out."""
    query = (
        select(HistoryEntry)
        .where(col(HistoryEntry.id).in_(list(entry_ids)), col(HistoryEntry.payload).is_not(None))
        .order_by(col(HistoryEntry.recorded_at), col(HistoryEntry.sequence))
    )
    return tuple(_fact(session, entry) for entry in session.execute(query).scalars())


def told_as(fact: Fact, actor: Actor, *, party_key: str) -> frozenset[Notice]:
    """As which notices this fact concerns this person: none when he doesn't read it, or did it himself. Receipts are
    asked apart, of many facts at once: see `queries/receipts.py`."""
    if not sees(actor, fact.circle) or fact.actor == actor.key:
        return frozenset()
    concerns = {
        Notice.MENTION: actor.member_id in fact.mentioned,
        Notice.VOIDED: party_key in fact.voided,
        Notice.YOUR_TURN: actor.party_id in fact.holders and may_answer(actor),
        Notice.VISA: bool(fact.visa_roles & actor.roles) or actor.member_id in fact.askers,
        Notice.TASK: fact.task_owner == actor.member_id,
    }
    own = {notice for notice in FOR_ALL if notice is fact.notice}
    return frozenset(own | {notice for notice, is_so in concerns.items() if is_so})


def _fact(session: Session, entry: HistoryEntry) -> Fact:
    said: dict[str, Any] = json.loads(entry.payload or "{}")
    fact = Fact(
        entry_id=entry.id,
        negotiation_id=entry.negotiation_id,
        circle=Circle.parse(entry.circle),
        kind=entry.kind,
        clause_id=entry.clause_id,
        actor=entry.actor,
        voided=frozenset(said.get("voided", ())),
    )
    match fact.notice:
        case Notice.TALK:
            return _with(fact, mentioned=_mentioned(session, said))
        case Notice.MENTION:
            return _with(fact, mentioned=_reminded(session, fact, said))
        case Notice.MOVES if entry.clause_id:
            return _with(fact, holders=_holders(session, entry.clause_id))
        case Notice.VISA if entry.clause_id:
            return _with(fact, **_visas(session, fact, said))
        case Notice.TASK:
            task = session.get(Task, str(said.get("task", "")))
            return _with(fact, task_owner=task.owner_id if task else None)
        case _:
            return fact


def _with(fact: Fact, **more: Any) -> Fact:
    return Fact(**(vars(fact) | more))


def _mentioned(session: Session, said: dict[str, Any]) -> frozenset[str]:
    """Who is named in these words and has not read them yet."""
    where = {"move": col(Mention.move_id), "message": col(Mention.message_id)}
    name = next((name for name in where if name in said), None)
    if name is None:
        return NOBODY
    query = select(col(Mention.member_id)).where(where[name] == said[name], col(Mention.seen_at).is_(None))
    return frozenset(session.execute(query).scalars())


def _reminded(session: Session, fact: Fact, said: dict[str, Any]) -> frozenset[str]:
    """The signatories awaited when somebody reminded them, unless they signed since."""
    query = (
        select(col(Member.id))
        .join(Signature, col(Signature.member_id) == col(Member.id))
        .where(
            col(Member.negotiation_id) == fact.negotiation_id,
            col(Member.key).in_(list(said.get("to", ()))),
            col(Signature.frozen_version_id) == str(said.get("version", "")),
            col(Signature.signed_on).is_(None),
        )
    )
    return frozenset(session.execute(query).scalars())


def _holders(session: Session, clause_id: str) -> frozenset[str]:
    clause = session.get(Clause, clause_id)
    if clause is None or clause.circle != str(SHARED):
        return NOBODY
    concerned = select(col(ClauseParty.party_id)).where(col(ClauseParty.clause_id) == clause_id)
    current = session.get(Version, clause.current_version_id) if clause.current_version_id else None
    tabled = Tabled(current.number, current.fingerprint, current.author_party_id) if current else None
    return as_situation(clause, frozenset(session.execute(concerned).scalars()), tabled).waiting_for()


def _visas(session: Session, fact: Fact, said: dict[str, Any]) -> dict[str, Any]:
    """The roles asked when the visa still waits; whoever asked when it was settled, or deleted with its clause."""
    if "asked_by" in said:
        return {"askers": frozenset({said["asked_by"]})}
    query = select(VisaRequest).where(
        col(VisaRequest.clause_id) == fact.clause_id, col(VisaRequest.circle) == str(fact.circle)
    )
    requests = session.execute(query).scalars().all()
    if fact.kind in ("visa.asked", "visa.reminded"):
        return {"visa_roles": frozenset(found.role for found in requests if found.state is VisaState.WAITING)}
    return {"askers": frozenset(found.member_id for found in requests if found.state is not VisaState.WAITING)}
