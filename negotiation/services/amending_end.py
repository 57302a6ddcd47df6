"""How an avenant ends: signed by all, or closed without follow-up. Both are told in the history of its contract.

Each is written in the transaction of what ends it, so that neither can be lost.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.errors import AlreadyDone, Frozen, InvalidInput, NotFound
from negotiation.events import Event, Kind
from negotiation.rules.amendment import LONGEST_REASON
from negotiation.rules.clause_text import readable_text
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, Action
from negotiation.services.access import require
from negotiation.store.amendment import Amendment
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation
from negotiation.store.exchange import MoveRow
from negotiation.store.people import Member, Party
from negotiation.store.queries.amendments import amendment_row, told_by_contracts
from negotiation.store.queries.closing import deciding_parties
from negotiation.store.record import FrozenVersion
from negotiation.store.unit_of_work import UnitOfWork


def settle_signed(uow: UnitOfWork, version: FrozenVersion, *, at: datetime) -> None:
    """Every party signed this version: when it is an avenant's, its contract's history says so. The avenant is locked
    already; the contract is locked after it, as it always is."""
    row = amendment_row(uow.session, version.negotiation_id)
    if row is None or row.settled_at is not None:
        return
    row.settled_at = at
    uow.session.add(row)
    _tell(
        uow,
        row,
        Kind.AVENANT_SIGNED,
        actor="platform",
        more={
            "kind": str(row.kind),
            "effect_on": row.effect_on.isoformat(),
            "term": row.term_after.isoformat() if row.term_after else "",
            "version": version.number,
            "content_hash": version.content_hash,
            "pdf_hash": version.pdf_hash,
        },
    )


def ask_to_close(uow: UnitOfWork, actor: Actor, reason: str) -> bool:
    """Close an avenant without follow-up, or ask it of the other parties that decide; whether it is closed.

    Who opened it closes it alone while nobody else moved. Raises NotFound, NotAllowed, RecentSigninRequired, Frozen,
    AlreadyDone, InvalidInput (`field`: reason), UnreadableText.
    """
    row = _open_row(uow, actor)
    words = readable_text(reason)
    if not words or len(words) > LONGEST_REASON:
        raise InvalidInput(field="reason")
    if row.closing:
        raise AlreadyDone()
    own = _key_of(uow.session, actor.party_id)
    row.closing = {"reason": words, "by": own, "consents": [own], "at": now().isoformat()}
    _record(uow, actor, {"party": own, "asked": True, "reason": words})
    return _closed_by(uow, row, may_alone=may_close_alone(uow.session, row, actor))


def consent_to_close(uow: UnitOfWork, actor: Actor) -> bool:
    """Whether every party that decides now consents, and it is closed. Raises as `ask_to_close`, NotFound without a
    request."""
    row = _open_row(uow, actor)
    own = _key_of(uow.session, actor.party_id)
    if not row.closing:
        raise NotFound()
    if own in row.closing["consents"]:
        raise AlreadyDone()
    row.closing = row.closing | {"consents": sorted({*row.closing["consents"], own})}
    _record(uow, actor, {"party": own})
    return _closed_by(uow, row)


def refuse_to_close(uow: UnitOfWork, actor: Actor) -> None:
    """The negotiation goes on; who had asked may take it back so too. Raises as `consent_to_close`."""
    row = _open_row(uow, actor)
    if not row.closing:
        raise NotFound()
    row.closing = {}
    _record(uow, actor, {"party": _key_of(uow.session, actor.party_id), "refused": True})


def may_close_alone(session: Session, row: Amendment, actor: Actor) -> bool:
    """Whether the actor's party opened it, and no other has moved since."""
    opener = session.get(Member, row.opened_by)
    if opener is None or opener.party_id != actor.party_id:
        return False
    others = select(func.count()).where(
        col(MoveRow.negotiation_id) == row.negotiation_id,
        col(MoveRow.circle) == str(SHARED),
        col(MoveRow.party_id) != actor.party_id,
    )
    return bool(session.execute(others).scalar_one() == 0)


def _open_row(uow: UnitOfWork, actor: Actor) -> Amendment:
    require(actor, Action.ABANDON)
    negotiation = uow.lock(actor.negotiation_id)
    row = amendment_row(uow.session, actor.negotiation_id)
    if row is None:
        raise NotFound()
    uow.refresh(row)
    if negotiation.frozen_at is not None:
        raise Frozen()
    return row


def _closed_by(uow: UnitOfWork, row: Amendment, *, may_alone: bool = False) -> bool:
    uow.session.add(row)
    consents: Collection[str] = row.closing["consents"]
    asked = {party.key for party in deciding_parties(uow.session, row.negotiation_id)}
    if not may_alone and not asked <= set(consents):
        return False
    reason = row.closing["reason"]
    moment = now()
    row.settled_at, row.closed_reason = moment, reason
    uow.record(
        Event(Kind.AVENANT_CLOSED, row.negotiation_id, SHARED, "platform", {"number": row.number, "reason": reason})
    )
    _tell(uow, row, Kind.AVENANT_CLOSED, actor="platform", more={"reason": reason})
    uow.session.flush()
    uow.session.get_one(Negotiation, row.negotiation_id).frozen_at = moment
    uow.session.flush()
    return True


def _tell(uow: UnitOfWork, row: Amendment, kind: Kind, *, actor: str, more: dict[str, object]) -> None:
    """In the history of the contract, when this instance holds it and it tells that this avenant was opened."""
    query = select(col(Negotiation.id)).where(col(Negotiation.key) == row.root_key)
    root_id = uow.session.execute(query).scalar_one_or_none()
    key = uow.session.get_one(Negotiation, row.negotiation_id).key
    opened = told_by_contracts(uow.session, [row.root_key], Kind.AVENANT_OPENED)
    if root_id is None or (row.root_key, key, row.number) not in opened:
        return
    uow.lock(root_id)
    uow.record(Event(kind, root_id, SHARED, actor, {"avenant": key, "number": row.number, **more}))


def _record(uow: UnitOfWork, actor: Actor, facts: dict[str, object]) -> None:
    uow.record(Event(Kind.AVENANT_CLOSING, actor.negotiation_id, SHARED, actor.key, facts))


def _key_of(session: Session, party_id: str) -> str:
    return session.get_one(Party, party_id).key
