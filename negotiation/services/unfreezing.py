"""Reopening a frozen contract, before anybody signs it: a party asks and says why, every other party consents.

The frozen version is then voided: its row, its bytes and its places of signature stay as they are, `frozen_at` goes
back to NULL, and the next gel has a number of its own. Signing and reopening wait for the same lock, so that one of the
two comes first: after a signature nothing is reopened, after a reopening nothing is signed.
"""

from sqlalchemy import delete
from sqlmodel import col

from negotiation.errors import AlreadyDone, InvalidInput, NotAllowed, NotFound, SignedAlready
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.policy import Actor, Decision, Target, decide
from negotiation.rules.vocabulary import SHARED, Action, Phase
from negotiation.services.access import require
from negotiation.services.delegating import note_delegate
from negotiation.store.contract import Negotiation
from negotiation.store.people import Party
from negotiation.store.queries.closing import deciding_parties
from negotiation.store.queries.in_force import refuse_voided
from negotiation.store.queries.signatures import reopening_rows, rows_of, version_of
from negotiation.store.record import FreezeRequest, FrozenVersion, UnfreezeRequest, VoidedVersion
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_MOTIVE = 1000
"""Characters."""


def ask_reopening(uow: UnitOfWork, actor: Actor, *, version_id: str, motive: str) -> bool:
    """Ask the other parties to reopen this version. Whether it was voided at once, since nobody else decides.

    Raises NotFound, NotAllowed, RecentSigninRequired, VersionVoided, SignedAlready, AlreadyDone (somebody asked),
    InvalidInput (`field`: motive), UnreadableText.
    """
    require(actor, Action.REQUEST_FREEZE)
    version = _unsigned(uow, actor, version_id)
    if reopening_rows(uow.session, version.id):
        raise AlreadyDone()
    said = _said(motive, field="motive")
    _note(uow, actor, version, motive=said)
    _record(uow, actor, Kind.REOPENING_ASKED, version, {"motive": said})
    return _void_once_all_agree(uow, version)


def agree_to_reopen(uow: UnitOfWork, actor: Actor, *, version_id: str) -> bool:
    """Consent for the actor's party. Whether the version is voided: the last consent does it.

    Raises NotFound, NotAllowed, RecentSigninRequired, VersionVoided, SignedAlready, and AlreadyDone when nobody asks
    or the party consents already.
    """
    require(actor, Action.REQUEST_FREEZE)
    version = _unsigned(uow, actor, version_id)
    rows = reopening_rows(uow.session, version.id)
    if not rows or actor.party_id in {row.party_id for row in rows}:
        raise AlreadyDone()
    _note(uow, actor, version)
    _record(uow, actor, Kind.REOPENING_AGREED, version, {})
    return _void_once_all_agree(uow, version)


def decline_reopening(uow: UnitOfWork, actor: Actor, *, version_id: str, reason: str) -> None:
    """Refuse for the actor's party, and say why: the request is over. Needs no recent sign-in, it commits to nothing.

    Raises NotFound, NotAllowed, VersionVoided, SignedAlready, AlreadyDone (nobody asks, or the party itself did),
    InvalidInput (`field`: reopening_reason), UnreadableText.
    """
    version = _answered(uow, actor, version_id)
    rows = reopening_rows(uow.session, version.id)
    if not rows or rows[0].party_id == actor.party_id:
        raise AlreadyDone()
    said = _said(reason, field="reopening_reason")
    forget_reopening(uow, version.id)
    _record(uow, actor, Kind.REOPENING_DECLINED, version, {"reason": said})


def take_back_reopening(uow: UnitOfWork, actor: Actor, *, version_id: str) -> None:
    """Take the party's own word back: its request, with which every consent goes, or its consent alone.

    Raises NotFound, NotAllowed, VersionVoided, SignedAlready, AlreadyDone (the party said nothing).
    """
    version = _answered(uow, actor, version_id)
    own = next((row for row in reopening_rows(uow.session, version.id) if row.party_id == actor.party_id), None)
    if own is None:
        raise AlreadyDone()
    if own.motive:
        forget_reopening(uow, version.id)
    else:
        uow.session.execute(delete(UnfreezeRequest).where(col(UnfreezeRequest.id) == own.id))
    _record(uow, actor, Kind.REOPENING_TAKEN_BACK, version, {} if own.motive else {"consent": True})


def forget_reopening(uow: UnitOfWork, version_id: str) -> None:
    """Nothing is asked any more about this version: it was refused, taken back, granted, or somebody signed."""
    uow.session.execute(delete(UnfreezeRequest).where(col(UnfreezeRequest.frozen_version_id) == version_id))


def _answered(uow: UnitOfWork, actor: Actor, version_id: str) -> FrozenVersion:
    match decide(actor, Action.REQUEST_FREEZE, Target(actor.negotiation_id)):
        case Decision.HIDE:
            raise NotFound()
        case Decision.REFUSE:
            raise NotAllowed(action=Action.REQUEST_FREEZE)
    return _unsigned(uow, actor, version_id)


def _unsigned(uow: UnitOfWork, actor: Actor, version_id: str) -> FrozenVersion:
    """The version, under the negotiation's lock. What a file declares was signed elsewhere."""
    uow.lock(actor.negotiation_id)
    version = version_of(uow.session, actor.negotiation_id, version_id)
    refuse_voided(uow.session, version.id)
    if version.declared or any(row.signed_on is not None for row in rows_of(uow.session, version.id)):
        raise SignedAlready()
    return version


def _said(words: str, *, field: str) -> str:
    said = readable_text(words)
    if not said or len(said) > LONGEST_MOTIVE:
        raise InvalidInput(field=field)
    return said


def _note(uow: UnitOfWork, actor: Actor, version: FrozenVersion, *, motive: str = "") -> None:
    uow.session.add(
        UnfreezeRequest(
            negotiation_id=version.negotiation_id,
            frozen_version_id=version.id,
            party_id=actor.party_id,
            member_id=actor.member_id,
            motive=motive,
        )
    )
    uow.session.flush()
    note_delegate(uow, actor, Action.REQUEST_FREEZE, facts={"content_hash": version.content_hash})


def _record(uow: UnitOfWork, actor: Actor, kind: Kind, version: FrozenVersion, more: dict[str, object]) -> None:
    party = uow.session.get_one(Party, actor.party_id).key
    facts = _facts(version) | {"party": party, "authentication": str(actor.authentication.method)} | more
    uow.record(Event(kind, version.negotiation_id, SHARED, actor.key, facts))


def _facts(version: FrozenVersion) -> dict[str, object]:
    return {"version": version.id, "number": version.number, "content_hash": version.content_hash}


def _void_once_all_agree(uow: UnitOfWork, version: FrozenVersion) -> bool:
    rows = reopening_rows(uow.session, version.id)
    deciding = {party.id for party in deciding_parties(uow.session, version.negotiation_id)}
    if deciding - {row.party_id for row in rows}:
        return False
    _void(uow, version, asked=rows[0])
    return True


def _void(uow: UnitOfWork, version: FrozenVersion, *, asked: UnfreezeRequest) -> None:
    """Everything else is written before `frozen_at`: the database lets go of it for a voided version alone."""
    told = {"label": version.label, "pdf_hash": version.pdf_hash, "motive": asked.motive}
    told["party"] = uow.session.get_one(Party, asked.party_id).key
    facts = _facts(version) | told
    entry = uow.record(Event(Kind.VERSION_VOIDED, version.negotiation_id, SHARED, "platform", facts))
    uow.session.add(
        VoidedVersion(
            negotiation_id=version.negotiation_id,
            frozen_version_id=version.id,
            party_id=asked.party_id,
            motive=asked.motive,
            sequence=entry.sequence,
            at=entry.recorded_at,
        )
    )
    forget_reopening(uow, version.id)
    uow.session.execute(delete(FreezeRequest).where(col(FreezeRequest.negotiation_id) == version.negotiation_id))
    uow.session.flush()
    negotiation = uow.session.get_one(Negotiation, version.negotiation_id)
    negotiation.frozen_at, negotiation.phase = None, Phase.NEGOTIATION
    uow.session.flush()
