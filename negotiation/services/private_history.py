"""A party says what becomes of its inside once the contract is signed, and lets everybody read one of its facts.

Both are the party's own: the choice is written in its own chain, where nobody else sees it. Product R20, R5.
"""

import json

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import AlreadyDone, InvalidInput, NotFound
from negotiation.events import Event, Kind
from negotiation.rules.policy import Actor
from negotiation.rules.private_history import LONGEST, SHORTEST
from negotiation.rules.vocabulary import SHARED, Action, Circle
from negotiation.services.access import require
from negotiation.store.columns import now
from negotiation.store.contract import Clause
from negotiation.store.inside import InsideFate
from negotiation.store.people import Party
from negotiation.store.queries.history import entry_view
from negotiation.store.queries.private_history import disclosable, fact_of, is_disclosed
from negotiation.store.record import HistoryEntry
from negotiation.store.unit_of_work import UnitOfWork, as_link

KEPT = "kept"
DESTROYED = "destroyed"


def choose_fate(uow: UnitOfWork, actor: Actor, fate: str, *, years: str = "") -> None:
    """`kept`, or `destroyed` so many years after the signature. Changes nothing when it is chosen already.

    Raises NotFound, NotAllowed, InvalidInput (`field`: fate, years), AlreadyDone once it is destroyed.
    """
    inside = Circle.inside(actor.party_id)
    require(actor, Action.CHOOSE_FATE, circle=inside)
    wanted = _wanted(fate, years)
    uow.lock(actor.negotiation_id)
    query = select(InsideFate).where(col(InsideFate.party_id) == actor.party_id)
    row = uow.session.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()
    if row is not None and row.destroyed_at is not None:
        raise AlreadyDone()
    if (row.years if row else None) == wanted:
        return
    if row is None:
        row = InsideFate(
            negotiation_id=actor.negotiation_id,
            party_id=actor.party_id,
            circle=str(inside),
            member_id=actor.member_id,
        )
    row.years, row.member_id, row.chosen_at, row.announced_on = wanted, actor.member_id, now(), None
    uow.session.add(row)
    facts = {"fate": KEPT if wanted is None else DESTROYED, "years": wanted}
    uow.record(Event(Kind.INSIDE_FATE_CHOSEN, actor.negotiation_id, inside, actor.key, facts))


def disclose(uow: UnitOfWork, actor: Actor, entry_id: str) -> int:
    """Let everybody read one fact of the actor's own inside, for good, with what opens its commitment. The sequence of
    the shared fact that says so.

    Raises NotFound (also for a fact that isn't the party's alone), NotAllowed, RecentSigninRequired, AlreadyDone.
    """
    inside = Circle.inside(actor.party_id)
    require(actor, Action.DISCLOSE, circle=inside)
    uow.lock(actor.negotiation_id)
    entry = fact_of(uow.session, actor, entry_id)
    if entry is None or not disclosable(uow.session, actor, [entry_view(entry)]):
        raise NotFound()
    if is_disclosed(uow.session, actor, entry.header_hash):
        raise AlreadyDone()
    clause = uow.session.get(Clause, entry.clause_id) if entry.clause_id else None
    is_shared = clause is not None and clause.circle == str(SHARED)
    told = uow.record(
        Event(
            Kind.FACT_DISCLOSED,
            actor.negotiation_id,
            SHARED,
            actor.key,
            _disclosed(uow, actor, entry),
            clause_id=clause.id if clause and is_shared else None,
            part_id=clause.part_id if clause and is_shared else None,
        )
    )
    return told.sequence


def _disclosed(uow: UnitOfWork, actor: Actor, entry: HistoryEntry) -> dict[str, object]:
    """The fact as the private chain holds it: header, its hash, and what opens it (docs/format-de-preuve.md)."""
    return {
        "party": uow.session.get_one(Party, actor.party_id).key,
        "fact": {
            "header": as_link(entry).header(),
            "hash": entry.header_hash,
            "payload": json.loads(entry.payload or "null"),
            "salt": entry.salt,
        },
    }


def _wanted(fate: str, years: str) -> int | None:
    if fate == KEPT:
        return None
    if fate != DESTROYED:
        raise InvalidInput(field="fate")
    plain = years.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 2 and SHORTEST <= int(plain) <= LONGEST):
        raise InvalidInput(field="years")
    return int(plain)
