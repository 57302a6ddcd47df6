"""The simple signature: a signatory, recognised again at that moment, agrees to a fingerprint and says by what mandate.

Nothing here is a key: it is a « signature simple par ré-authentification », and its evidence says no more than that.
The signature of one signatory is his party's; when every party that decides has signed, the contract is.
"""

import hashlib
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlmodel import col

from negotiation.documents.archive import fingerprint_of_evidence
from negotiation.errors import AlreadyDone, FrozenBytesChanged, InvalidInput, NotAllowed, NotFound, StaleClause
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import readable_text
from negotiation.rules.history_chain import stamp
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.values import canonical_value
from negotiation.rules.vocabulary import SHARED, Action, NegotiationStatus, Phase, ValueKind
from negotiation.services.access import require
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation
from negotiation.store.people import Party
from negotiation.store.queries.closing import deciding_parties
from negotiation.store.record import FrozenVersion, Signature
from negotiation.store.unit_of_work import UnitOfWork

METHOD = "simple"
LONGEST_MANDATE = 300
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


def consent_text(party_name: str, content_hash: str) -> str:
    """What the signatory agrees to; the very words are kept in the evidence."""
    return (
        f"Je signe, pour la partie « {party_name} », le contrat dont l’empreinte est {content_hash}. J’ai pu le lire "
        "en entier, et l’acte que j’indique m’autorise à le signer."
    )


def sign(uow: UnitOfWork, actor: Actor, *, version_id: str, seen_hash: str, mandate: Mandate, consent: str) -> Signed:
    """Sign a frozen version for the actor's party.

    Raises NotFound, NotAllowed, RecentSigninRequired, StaleClause, AlreadyDone (the party has signed), InvalidInput
    (`field`: mandate, mandate_on, consent), WrongValue, UnreadableText, FrozenBytesChanged.
    """
    require(actor, Action.SIGN)
    negotiation = uow.lock(actor.negotiation_id)
    version = _intact_version(uow, actor, version_id=version_id)
    if seen_hash != version.content_hash:
        raise StaleClause(current=version.content_hash, seen=seen_hash)
    signature = _own_signature(uow, actor, version)
    party = uow.session.get_one(Party, actor.party_id)
    reference, mandated_on = _checked(mandate)
    if consent != consent_text(party.name, version.content_hash):
        raise InvalidInput(field="consent")
    moment = now()
    signature.mandate = reference
    signature.signed_at = moment
    signature.signed_on = paris_day(moment)
    signature.evidence = {
        "content_hash": version.content_hash,
        "pdf_hash": version.pdf_hash,
        "number": version.number,
        "party": party.key,
        "party_name": party.name,
        "member": actor.key,
        "role": signature.role,
        "mandate": {"reference": reference, "on": mandated_on.isoformat()},
        "consent": consent,
        "method": METHOD,
        "authentication": {
            "method": str(actor.authentication.method),
            "at": stamp(actor.authentication.at),
        },
        "signed_at": stamp(moment),
    }
    uow.session.add(signature)
    uow.session.flush()
    _record(uow, actor, version, signature)
    return _count(uow, negotiation, version, on=signature.signed_on)


def _intact_version(uow: UnitOfWork, actor: Actor, *, version_id: str) -> FrozenVersion:
    """The version, whose bytes are still those that were frozen: nobody signs another PDF than the agreed one."""
    version = uow.session.get(FrozenVersion, version_id)
    if version is None or version.negotiation_id != actor.negotiation_id:
        raise NotFound()
    uow.refresh(version)
    same_text = hashlib.sha256(version.content.encode()).hexdigest() == version.content_hash
    same_pdf = hashlib.sha256(version.pdf).hexdigest() == version.pdf_hash
    if not (same_text and same_pdf):
        raise FrozenBytesChanged()
    return version


def _own_signature(uow: UnitOfWork, actor: Actor, version: FrozenVersion) -> Signature:
    query = select(Signature).where(
        col(Signature.frozen_version_id) == version.id, col(Signature.party_id) == actor.party_id
    )
    rows = uow.session.execute(query.execution_options(populate_existing=True)).scalars()
    expected: list[Signature] = list(rows)
    if any(signature.signed_on for signature in expected):
        raise AlreadyDone()
    own = next((signature for signature in expected if signature.member_id == actor.member_id), None)
    if own is None:  # made a signatory after the gel: the list of signatories was closed with it
        raise NotAllowed(action=Action.SIGN)
    return own


def _checked(mandate: Mandate) -> tuple[str, date]:
    reference = readable_text(mandate.reference)
    if not reference or len(reference) > LONGEST_MANDATE:
        raise InvalidInput(field="mandate")
    canonical = canonical_value(mandate.on, ValueKind.DATE)
    if canonical is None:
        raise InvalidInput(field="mandate_on")
    on = date.fromisoformat(str(canonical))
    if on > paris_day(now()):
        raise InvalidInput(field="mandate_on")
    return reference, on


def _record(uow: UnitOfWork, actor: Actor, version: FrozenVersion, signature: Signature) -> None:
    facts = {
        "version": version.id,
        "number": version.number,
        "content_hash": version.content_hash,
        "party": signature.evidence["party"],
        "evidence_hash": fingerprint_of_evidence(signature.evidence),
        "evidence": signature.evidence,
    }
    uow.record(Event(Kind.VERSION_SIGNED, version.negotiation_id, SHARED, actor.key, facts))


def _count(uow: UnitOfWork, negotiation: Negotiation, version: FrozenVersion, *, on: date) -> Signed:
    """Parties that signed; the last one makes the contract signed."""
    query = select(col(Signature.party_id)).where(
        col(Signature.frozen_version_id) == version.id, col(Signature.signed_on).is_not(None)
    )
    having = set(uow.session.execute(query).scalars())
    deciding = {party.id for party in deciding_parties(uow.session, negotiation.id)}
    signed = Signed(len(having & deciding), len(deciding))
    if signed.is_complete:
        negotiation.status = NegotiationStatus.SIGNED
        negotiation.signed_on = on
        negotiation.phase = Phase.FOLLOW_UP if negotiation.contract_start <= on else Phase.SIGNATURE
        uow.session.add(negotiation)
    return signed
