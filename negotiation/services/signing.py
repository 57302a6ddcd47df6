"""The simple signature: a signatory, recognised again at that moment, agrees to a fingerprint and says by what mandate.

The key that fills his field of the sealed PDF is the platform's: it is a « signature simple par ré-authentification »,
and its evidence says no more than that. When every party that decides has signed, the contract is.
"""

from dataclasses import dataclass

from sqlmodel import Session

from negotiation.errors import InvalidInput, NotAllowed, NotFound
from negotiation.rules.french_names import day_words, for_name, the_name
from negotiation.rules.paris import PARIS
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.sealing import Added, Platform, SignedFile, append_increment, filled, signed_file
from negotiation.services.signing_rows import (
    Mandate,
    Signed,
    checked_mandate,
    checked_name,
    give,
    intact_version,
    place_of_member,
    recognised,
)
from negotiation.store.columns import now
from negotiation.store.people import Party, Person
from negotiation.store.queries.signatures import rows_of
from negotiation.store.record import FrozenVersion
from negotiation.store.unit_of_work import UnitOfWork

__all__ = ["Mandate", "OwnField", "Signed", "consent_text", "fill_own_field", "own_field", "sign"]

METHOD = "simple"
SIGNED_AS = "signature simple, clé de la plateforme"


@dataclass(frozen=True)
class OwnField:
    """The file as it stands, the field that waits for a signatory, what the signature will say and what is drawn."""

    file: SignedFile
    field: str
    reason: str
    stamp: tuple[str, ...]


def consent_text(party_name: str, content_hash: str) -> str:
    """What the signatory agrees to; the very words are kept in the evidence."""
    return (
        f"Je signe, pour la partie « {party_name} », le contrat dont l’empreinte est {content_hash}. J’ai pu le lire "
        "en entier, et l’acte que j’indique m’autorise à le signer."
    )


def own_field(session: Session, actor: Actor, *, version_id: str, signer: str) -> OwnField | None:
    """Where this signatory signs; None without a seal. `signer`: his name.

    Raises NotFound, NotAllowed, RecentSigninRequired, InvalidInput (`field`: signer), UnreadableText.
    """
    require(actor, Action.SIGN)
    version = session.get(FrozenVersion, version_id)
    if version is None or version.negotiation_id != actor.negotiation_id:
        raise NotFound()
    own = next((row for row in rows_of(session, version_id) if row.member_id == actor.member_id), None)
    if own is None:
        raise NotAllowed(action=Action.SIGN)
    if not own.field:
        return None
    party = session.get_one(Party, own.party_id)
    moment = now().astimezone(PARIS)
    at = f"Signé le {day_words(moment.date())} à {moment:%H h %M} (heure de Paris)"
    name = checked_name(signer)
    stamp = (name, own.role, for_name(party.name), at, SIGNED_AS.capitalize())
    reason = f"Signature simple pour {the_name(party.name)}, {name}, {own.role}"
    return OwnField(signed_file(session, version), own.field, reason, stamp)


def fill_own_field(own: OwnField, *, platform: Platform) -> Added:
    """Outside any transaction. Raises SealFailed."""
    return filled(own.file, platform=platform, field=own.field, reason=own.reason, stamp=own.stamp)


def sign(
    uow: UnitOfWork,
    actor: Actor,
    *,
    version_id: str,
    seen_hash: str,
    signer: str,
    mandate: Mandate,
    consent: str,
    added: Added | None = None,
    network: str = "",
) -> Signed:
    """Sign a frozen version for the actor's party. `signer`: his name; `added`: his field of the sealed file, filled
    beforehand; `network`: the class of the one that he acts from (`rules.networks`).

    Raises NotFound, NotAllowed, RecentSigninRequired, StaleClause, AlreadyDone (the party has signed), NotYourTurn,
    InvalidInput (`field`: signer, mandate, mandate_on, consent), WrongValue, UnreadableText, FrozenBytesChanged,
    SignedMeanwhile.
    """
    require(actor, Action.SIGN)
    uow.lock(actor.negotiation_id)
    version = intact_version(uow, actor, version_id=version_id, seen_hash=seen_hash)
    row = place_of_member(uow, actor, version, action=Action.SIGN)
    name, checked = checked_name(signer), checked_mandate(mandate)
    if consent != consent_text(uow.session.get_one(Party, row.party_id).name, version.content_hash):
        raise InvalidInput(field="consent")
    email = uow.session.get_one(Person, actor.person_id).email
    more: dict[str, object] = {"consent": consent, "email": email, "authentication": recognised(actor, network)}
    if row.field:
        if added is None:
            raise ValueError("the field of a sealed file must be filled before it is signed")
        append_increment(uow, version, added, signature_id=row.id)
        told = {"field": row.field, "signed_as": SIGNED_AS, "file_hash": added.file_hash}
        more |= told | {"timestamp": added.put.timestamp.as_facts()}
    return give(uow, actor, version, row, method=METHOD, name=name, mandate=checked, more=more)
