"""Around the signatures: their order, chosen before the gel; who declines and why; who signs for whom; who is reminded.

All of it is shared. A signatory who declined may change his mind and sign: only his word stands in the way.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import AlreadyDone, Frozen, InvalidInput, NotAllowed, RemindedToday
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.signatures import SigningOrder, awaited
from negotiation.rules.vocabulary import SHARED, Action
from negotiation.services.access import require
from negotiation.services.signing_rows import place_of_member
from negotiation.store.columns import now
from negotiation.store.people import Member
from negotiation.store.queries.closing import deciding_parties, freeze_requests, signatory_members
from negotiation.store.queries.in_force import refuse_voided
from negotiation.store.queries.signatures import last_reminder, places_of, rows_of, terms_of, version_of
from negotiation.store.record import FrozenVersion, Signature
from negotiation.store.signing import SigningTerms
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_REASON = 1000
LONGEST_ACT = 300
"""Characters."""


def set_terms(uow: UnitOfWork, actor: Actor, *, order: str, every: Sequence[str]) -> None:
    """Choose how the contract will be signed. `every`: keys of the parties of which every signatory signs.

    Raises NotFound, NotAllowed, RecentSigninRequired, Frozen, InvalidInput (`field`: order, every), and AlreadyDone
    when a party asked for the gel on the terms that stand, or when they stand already.
    """
    require(actor, Action.REQUEST_FREEZE)
    negotiation = uow.lock(actor.negotiation_id)
    if negotiation.frozen_at is not None:
        raise Frozen()
    if freeze_requests(uow.session, actor.negotiation_id):
        raise InvalidInput(field="order", reason="asked")
    keys = {party.key for party in deciding_parties(uow.session, actor.negotiation_id)}
    if order not in set(SigningOrder) or not set(every) <= keys:
        raise InvalidInput(field="order")
    query = select(SigningTerms).where(col(SigningTerms.negotiation_id) == actor.negotiation_id)
    row = uow.session.execute(query).scalar_one_or_none()
    if row is None:
        row = SigningTerms(negotiation_id=actor.negotiation_id, order=SigningOrder.FREE, set_by=actor.member_id)
    if (row.order, row.every) == (order, sorted(set(every))):
        raise AlreadyDone()
    row.order, row.every, row.set_by, row.at = SigningOrder(order), sorted(set(every)), actor.member_id, now()
    uow.session.add(row)
    facts = {"order": str(row.order), "every": row.every}
    uow.record(Event(Kind.SIGNING_TERMS_SET, actor.negotiation_id, SHARED, actor.key, facts))


def decline(uow: UnitOfWork, actor: Actor, *, version_id: str, reason: str) -> None:
    """Say to everybody why one doesn't sign.

    Raises NotFound, NotAllowed, RecentSigninRequired, VersionVoided, AlreadyDone, NotYourTurn, InvalidInput (`field`:
    reason), UnreadableText.
    """
    require(actor, Action.SIGN)
    uow.lock(actor.negotiation_id)
    version = _standing(uow, actor, version_id)
    row = place_of_member(uow, actor, version, action=Action.SIGN)
    if row.declined_at is not None:
        raise AlreadyDone()
    row.decline_reason = _said(reason, field="reason", most=LONGEST_REASON)
    row.declined_at = now()
    uow.session.add(row)
    _record(uow, actor, Kind.VERSION_DECLINED, version, {"reason": row.decline_reason})


def delegate(uow: UnitOfWork, actor: Actor, *, version_id: str, to_member_id: str, act: str) -> None:
    """Leave one's place to a colleague who may sign for the party, by an act that is named.

    Raises NotFound, NotAllowed, RecentSigninRequired, VersionVoided, AlreadyDone, NotYourTurn, InvalidInput (`field`:
    to, act), UnreadableText.
    """
    require(actor, Action.SIGN)
    uow.lock(actor.negotiation_id)
    version = _standing(uow, actor, version_id)
    row = place_of_member(uow, actor, version, action=Action.SIGN)
    if to_member_id not in {member.id for member in possible_delegates(uow, actor, version)}:
        raise InvalidInput(field="to")
    said = _said(act, field="act", most=LONGEST_ACT)
    colleague = uow.session.get_one(Member, to_member_id)
    row.member_id, row.role = colleague.id, f"{colleague.title}, par délégation de : {row.role}"
    row.declined_at, row.decline_reason = None, ""
    uow.session.add(row)
    _record(uow, actor, Kind.SIGNATURE_DELEGATED, version, {"to": colleague.key, "act": said})


def possible_delegates(uow: UnitOfWork, actor: Actor, version: FrozenVersion) -> list[Member]:
    """Colleagues who hold the right to sign and have no place of their own."""
    placed = {row.member_id for row in rows_of(uow.session, version.id)}
    members = signatory_members(uow.session, actor.negotiation_id)
    colleagues = [member.id for member in members if member.party.id == actor.party_id and member.id not in placed]
    return [uow.session.get_one(Member, member_id) for member_id in colleagues]


def remind(uow: UnitOfWork, actor: Actor, *, version_id: str) -> None:
    """Call the version to the mind of those who may sign it now, once a day at most.

    Raises NotFound, NotAllowed, VersionVoided, AlreadyDone (nobody is awaited), RemindedToday.
    """
    require(actor, Action.COMMENT)
    uow.lock(actor.negotiation_id)
    version = _standing(uow, actor, version_id)
    if actor.party_id not in {party.id for party in deciding_parties(uow.session, actor.negotiation_id)}:
        raise NotAllowed(action=Action.COMMENT)
    to = awaited_members(uow, version)
    if not to:
        raise AlreadyDone()
    last = last_reminder(uow.session, version)
    if last is not None and paris_day(last) >= paris_day(now()):
        raise RemindedToday()
    _record(uow, actor, Kind.SIGNATURE_REMINDED, version, {"to": sorted(member.key for member in to)})


def awaited_members(uow: UnitOfWork, version: FrozenVersion) -> list[Member]:
    """Those who may sign now, but for those who said that they don't."""
    rows: dict[str, Signature] = {row.id: row for row in rows_of(uow.session, version.id)}
    terms = terms_of(uow.session, version.negotiation_id, version.terms)
    ids = [rows[place.id].member_id for place in awaited(places_of(rows.values()), terms) if not place.is_declined]
    return [uow.session.get_one(Member, member_id) for member_id in ids if member_id]


def _standing(uow: UnitOfWork, actor: Actor, version_id: str) -> FrozenVersion:
    """A version that wasn't voided."""
    version = version_of(uow.session, actor.negotiation_id, version_id)
    refuse_voided(uow.session, version.id)
    return version


def _said(words: str, *, field: str, most: int) -> str:
    said = readable_text(words)
    if not said or len(said) > most:
        raise InvalidInput(field=field)
    return said


def _record(uow: UnitOfWork, actor: Actor, kind: Kind, version: FrozenVersion, more: dict[str, object]) -> None:
    facts = {"version": version.id, "number": version.number, "content_hash": version.content_hash, **more}
    uow.record(Event(kind, version.negotiation_id, SHARED, actor.key, facts))
