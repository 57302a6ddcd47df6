"""Signed with a certificate of one's own: take the file, sign it with any tool, bring it back.

What comes back must begin with the bytes that were given, and hold one sound signature more, which covers it whole.
Whose certificate it is, and whether its authority is one of those recognised here, is written in the evidence and said.
The certificate must be valid on the day, and not revoked by what the signature carries; no authority is asked, so a
later revocation isn't seen.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from negotiation.documents.pdf_signatures import (
    LOCK_FIELD,
    SEAL_FIELD,
    FoundSignature,
    Put,
    SealFailure,
    Timestamp,
    examine,
)
from negotiation.errors import NotTheSealedFile, SignedMeanwhile
from negotiation.rules.french_names import day_words
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.sealing import Added, Platform, SignedFile, append_increment, signed_file
from negotiation.services.signing_rows import (
    Mandate,
    Signed,
    checked_mandate,
    give,
    intact_version,
    place_of_party,
    recognised,
    told_of,
)
from negotiation.store.columns import now
from negotiation.store.queries.signatures import fields_of, version_of
from negotiation.store.record import FrozenVersion
from negotiation.store.unit_of_work import UnitOfWork

METHOD = "certificate"
NOT_OURS = "il ne commence pas par le contrat scellé ici. Prenez le fichier de cette page et signez celui-là"
NOTHING_ADDED = "il n’a pas été signé : ce sont les octets du fichier pris ici"
NOT_ONE = "il faut une signature de plus que dans le fichier pris ici, et une seule"
NOT_SOUND = "une signature n’y est plus juste ({field}) : {fault}"
NOT_WHOLE = "la signature ajoutée ne couvre pas tout le fichier"
PLATFORM = "la signature ajoutée est faite avec la clé de la plateforme"
RESERVED = "la signature ajoutée occupe le champ d’une autre personne ({field})"
NOT_VALID = "le certificat de la signature ajoutée n’est pas valable aujourd’hui : il l’est du {start} au {end}"
REVOKED = "le certificat de la signature ajoutée est révoqué, d’après ce qu’elle porte de son autorité"
UNKNOWN = (
    "son certificat vient d’une autorité que cette plateforme ne reconnaît pas : seule la personne qui signe peut "
    "apporter elle-même un tel fichier"
)
CHANGED = "ce qui est venu après elle change autre chose qu’une signature"


@dataclass(frozen=True)
class Brought:
    """A file brought back: what it adds behind the file that was current, and the signature found in it."""

    added: Added
    signature: FoundSignature


def file_to_sign(session: Session, actor: Actor, *, version_id: str) -> tuple[SignedFile, str, int]:
    """The file as it stands, the certificate of its seal, and how many of its bytes were frozen.

    Raises NotFound, NotAllowed, RecentSigninRequired, NotTheSealedFile.
    """
    require(actor, Action.REQUEST_FREEZE)
    version = version_of(session, actor.negotiation_id, version_id)
    if not version.seal:
        raise NotTheSealedFile(reason="cette version a été figée sans cachet : signez-la dans Navette")
    return signed_file(session, version), str(version.seal["certificate"]), len(version.pdf)


def examine_brought(file: SignedFile, data: bytes, *, sealed_by: str, frozen_size: int, platform: Platform) -> Brought:
    """Outside any transaction. `frozen_size`: of the bytes that were sealed.

    Raises NotTheSealedFile, SignedMeanwhile.
    """
    if not data.startswith(file.data):
        if data.startswith(file.data[:frozen_size]):
            raise SignedMeanwhile()
        raise NotTheSealedFile(reason=NOT_OURS)
    if len(data) == len(file.data):
        raise NotTheSealedFile(reason=NOTHING_ADDED)
    try:
        found = examine(data, authorities=platform.authorities)
    except SealFailure as failure:
        raise NotTheSealedFile(reason=str(failure).rstrip(".")) from failure
    _refuse_unsound(found, expected=file.count + 2, sealed_by=sealed_by)
    last = found[-1]
    if last.covers != "file":
        raise NotTheSealedFile(reason=NOT_WHOLE)
    _refuse_invalid_certificate(last, at=now())
    timestamp = Timestamp(at=last.timestamp) if last.timestamp else Timestamp(refusal="sans horodatage tiers")
    return Brought(Added(file, Put(data[len(file.data) :], timestamp)), last)


def keep_brought(
    uow: UnitOfWork,
    actor: Actor,
    *,
    version_id: str,
    seen_hash: str,
    signature_id: str,
    mandate: Mandate,
    brought: Brought,
    network: str = "",
) -> Signed:
    """Count the signature as that of one signatory of the actor's party; the name is that of the certificate. Anybody
    of the party brings it when a recognised authority vouches for that name, else the signatory alone: who may not
    sign could have made the certificate himself.

    Raises NotFound, NotAllowed, RecentSigninRequired, StaleClause, FrozenBytesChanged, AlreadyDone, NotYourTurn,
    InvalidInput (`field`: signature_id, mandate, mandate_on), WrongValue, UnreadableText, NotTheSealedFile,
    SignedMeanwhile.
    """
    require(actor, Action.REQUEST_FREEZE)
    uow.lock(actor.negotiation_id)
    version = intact_version(uow, actor, version_id=version_id, seen_hash=seen_hash)
    row = place_of_party(uow, actor, version, signature_id=signature_id, action=Action.REQUEST_FREEZE)
    signature = brought.signature
    if signature.field != row.field and _is_reserved(uow.session, version, signature.field):
        raise NotTheSealedFile(reason=RESERVED.format(field=signature.field))
    if not signature.is_known and row.member_id != actor.member_id:
        raise NotTheSealedFile(reason=UNKNOWN)
    checked = checked_mandate(mandate)
    append_increment(uow, version, brought.added, signature_id=row.id)
    bringer = told_of(uow, actor.member_id, recognised(actor, network), at=now())
    more = {
        "brought_by": bringer,
        "field": signature.field,
        "file_hash": brought.added.file_hash,
        "certificate": {
            "signer": signature.signer,
            "issuer": signature.issuer,
            "serial": signature.serial,
            "fingerprint": signature.certificate_hash,
            "authority": "known" if signature.is_known else "unknown",
            "valid_from": signature.valid_from,
            "valid_until": signature.valid_until,
        },
        "timestamp": brought.added.put.timestamp.as_facts(),
    }
    return give(uow, actor, version, row, method=METHOD, name=signature.signer, mandate=checked, more=more)


def _refuse_unsound(found: tuple[FoundSignature, ...], *, expected: int, sealed_by: str) -> None:
    """The seal first, each signature sound, and one more than before."""
    if len(found) < expected or not found or found[0].field != SEAL_FIELD or found[0].certificate_hash != sealed_by:
        raise NotTheSealedFile(reason=NOT_ONE)
    for signature in found:
        if not signature.is_sound:
            fault = signature.fault or CHANGED
            raise NotTheSealedFile(reason=NOT_SOUND.format(field=signature.field, fault=fault))
    if len(found) != expected:
        raise NotTheSealedFile(reason=NOT_ONE)
    if found[-1].certificate_hash == sealed_by:
        raise NotTheSealedFile(reason=PLATFORM)


def _refuse_invalid_certificate(signature: FoundSignature, *, at: datetime) -> None:
    """The signature was made between the gel and now: what counts is that the certificate holds now."""
    start, end = (datetime.fromisoformat(each) for each in (signature.valid_from, signature.valid_until))
    if not start <= at <= end:
        days = {"start": day_words(paris_day(start)), "end": day_words(paris_day(end))}
        raise NotTheSealedFile(reason=NOT_VALID.format(**days))
    if signature.is_revoked:
        raise NotTheSealedFile(reason=REVOKED)


def _is_reserved(session: Session, version: FrozenVersion, field: str) -> bool:
    """The seal, the lock, and the fields prepared for the others; a field of the tool's own is nobody's."""
    return field in {SEAL_FIELD, LOCK_FIELD} or field in fields_of(session, version.id)
