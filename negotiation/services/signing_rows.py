"""What every way of signing shares: the intact version, the signatory's place, the evidence, the fact, the count."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from negotiation.documents.archive import fingerprint_of_evidence
from negotiation.errors import (
    AlreadyDone,
    FrozenBytesChanged,
    InvalidInput,
    NotAllowed,
    NotFound,
    NotYourTurn,
    StaleClause,
)
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.history_chain import stamp
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.signatures import awaited, is_complete
from negotiation.rules.values import canonical_value
from negotiation.rules.vocabulary import SHARED, Action, NegotiationStatus, Phase, ValueKind
from negotiation.services.amending_end import settle_signed
from negotiation.services.unfreezing import forget_reopening
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation
from negotiation.store.people import Member, Party
from negotiation.store.queries.closing import deciding_parties
from negotiation.store.queries.in_force import refuse_voided
from negotiation.store.queries.signatures import act_of_place, places_of, rows_of, terms_of
from negotiation.store.record import FrozenVersion, Signature
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_MANDATE, LONGEST_NAME = 300, 120
"""Characters."""


@dataclass(frozen=True)
class Mandate:
    """The act that authorises the signatory, as typed: its reference and its date."""

    reference: str
    on: str


@dataclass(frozen=True)
class Signed:
    """How many of the parties that decide have signed, this signature included."""

    parties: int
    of: int

    @property
    def is_complete(self) -> bool:
        return self.parties == self.of


def intact_version(uow: UnitOfWork, actor: Actor, *, version_id: str, seen_hash: str) -> FrozenVersion:
    """The version, whose bytes are still those that were frozen: nobody signs another PDF than the agreed one.

    Raises NotFound, VersionVoided, FrozenBytesChanged, StaleClause.
    """
    version = uow.session.get(FrozenVersion, version_id)
    if version is None or version.negotiation_id != actor.negotiation_id:
        raise NotFound()
    refuse_voided(uow.session, version.id)
    uow.refresh(version)
    same_text = hashlib.sha256(version.content.encode()).hexdigest() == version.content_hash
    same_pdf = hashlib.sha256(version.pdf).hexdigest() == version.pdf_hash
    if not (same_text and same_pdf):
        raise FrozenBytesChanged()
    if seen_hash != version.content_hash:
        raise StaleClause(current=version.content_hash, seen=seen_hash)
    return version


def place_of_member(uow: UnitOfWork, actor: Actor, version: FrozenVersion, *, action: Action) -> Signature:
    """The actor's own place, awaited now. Raises AlreadyDone, NotAllowed, NotYourTurn."""
    rows = rows_of(uow.session, version.id)
    own = next((row for row in rows if row.member_id == actor.member_id), None)
    if own is None:  # made a signatory after the gel: the list of signatories was closed with it
        refuse_complete(uow, version, actor.party_id)
        raise NotAllowed(action=action)
    return _awaited(uow, version, rows, own)


def place_of_party(
    uow: UnitOfWork, actor: Actor, version: FrozenVersion, *, signature_id: str, action: Action
) -> Signature:
    """A place of the actor's party, awaited now: somebody else brings what its person signed elsewhere.

    Raises AlreadyDone, NotAllowed, NotYourTurn, InvalidInput (`field`: signature_id).
    """
    rows = rows_of(uow.session, version.id)
    if all(row.party_id != actor.party_id for row in rows):
        raise NotAllowed(action=action)
    own = next((row for row in rows if row.id == signature_id and row.party_id == actor.party_id), None)
    if own is None:
        raise InvalidInput(field="signature_id")
    return _awaited(uow, version, rows, own)


def checked_mandate(mandate: Mandate) -> dict[str, str]:
    """{reference, on}. Raises InvalidInput (`field`: mandate, mandate_on), WrongValue, UnreadableText."""
    reference = readable_text(mandate.reference)
    if not reference or len(reference) > LONGEST_MANDATE:
        raise InvalidInput(field="mandate")
    canonical = canonical_value(mandate.on, ValueKind.DATE)
    if canonical is None or date.fromisoformat(str(canonical)) > paris_day(now()):
        raise InvalidInput(field="mandate_on")
    return {"reference": reference, "on": str(canonical)}


def checked_name(name: str) -> str:
    """First and last name of whoever signs. Raises InvalidInput (`field`: signer), UnreadableText."""
    said = " ".join(readable_text(name).split())
    if not any(character.isalpha() for character in said) or len(said) > LONGEST_NAME:
        raise InvalidInput(field="signer")
    return said


def recognised(actor: Actor, network: str) -> dict[str, str]:
    """{method, at, network}: how and when somebody was last recognised, and the class of the network he acts from."""
    told = {"method": str(actor.authentication.method), "at": stamp(actor.authentication.at)}
    return told | ({"network": network} if network else {})


def told_of(uow: UnitOfWork, member_id: str, authentication: Mapping[str, str], *, at: datetime) -> dict[str, object]:
    """{member, party, authentication, at}: somebody who had a hand in a signature that isn't his own."""
    member = uow.session.get_one(Member, member_id)
    party = uow.session.get_one(Party, member.party_id).key
    return {"member": member.key, "party": party, "authentication": dict(authentication), "at": stamp(at)}


def give(
    uow: UnitOfWork,
    actor: Actor,
    version: FrozenVersion,
    row: Signature,
    *,
    method: str,
    name: str,
    mandate: Mapping[str, str],
    more: Mapping[str, object],
) -> Signed:
    """Write a signature, its evidence and its fact; the last one makes the contract signed. From the first one on,
    nobody reopens it. The signature is that of the place's own signatory, whoever the actor is: `name` is his."""
    party, moment, act = uow.session.get_one(Party, row.party_id), now(), act_of_place(uow.session, row.id)
    member = uow.session.get_one(Member, row.member_id).key if row.member_id else ""
    row.mandate = mandate["reference"]
    row.signed_at, row.signed_on = moment, paris_day(moment)
    row.evidence = {
        "content_hash": version.content_hash,
        "pdf_hash": version.pdf_hash,
        "number": version.number,
        "party": party.key,
        "party_name": party.name,
        "member": member,
        "name": name,
        "role": row.role,
        "mandate": dict(mandate),
        "method": method,
        "signed_at": stamp(moment),
        **({"act_hash": act.data_hash, "act_type": act.media_type} if act else {}),
        **more,
    }
    uow.session.add(row)
    forget_reopening(uow, version.id)
    uow.session.flush()
    _record(uow, actor, version, row)
    return count(uow, version, at=moment)


def count(uow: UnitOfWork, version: FrozenVersion, *, at: datetime) -> Signed:
    """Parties that signed; once they all have, so is the contract."""
    negotiation = uow.session.get_one(Negotiation, version.negotiation_id)
    places = places_of(rows_of(uow.session, version.id))
    terms = terms_of(uow.session, version.negotiation_id, version.terms)
    deciding = deciding_parties(uow.session, version.negotiation_id)
    signed = Signed(sum(is_complete(places, terms, party.id) for party in deciding), len(deciding))
    if signed.is_complete:
        on = paris_day(at)
        negotiation.status = NegotiationStatus.SIGNED
        negotiation.signed_on = on
        negotiation.phase = Phase.FOLLOW_UP if negotiation.contract_start <= on else Phase.SIGNATURE
        uow.session.add(negotiation)
        settle_signed(uow, version, at=at)
    return signed


def refuse_complete(uow: UnitOfWork, version: FrozenVersion, party_id: str) -> None:
    """Raises AlreadyDone when the party has signed as many times as it must."""
    terms = terms_of(uow.session, version.negotiation_id, version.terms)
    if is_complete(places_of(rows_of(uow.session, version.id)), terms, party_id):
        raise AlreadyDone()


def _awaited(uow: UnitOfWork, version: FrozenVersion, rows: list[Signature], own: Signature) -> Signature:
    if own.signed_on is not None:
        raise AlreadyDone()
    refuse_complete(uow, version, own.party_id)
    terms = terms_of(uow.session, version.negotiation_id, version.terms)
    if own.id not in {place.id for place in awaited(places_of(rows), terms)}:
        raise NotYourTurn()
    return own


def _record(uow: UnitOfWork, actor: Actor, version: FrozenVersion, row: Signature) -> None:
    facts = {
        "version": version.id,
        "number": version.number,
        "content_hash": version.content_hash,
        "party": row.evidence["party"],
        "evidence_hash": fingerprint_of_evidence(row.evidence),
        "evidence": row.evidence,
    }
    uow.record(Event(Kind.VERSION_SIGNED, version.negotiation_id, SHARED, actor.key, facts))
