"""The seal of the platform: on the file at the gel, on the head of the shared history, then behind each signature.

Files are sealed outside any writing transaction, in a child process; rows say afterwards, inside it, what was sealed.
What a seal proves and what it doesn't is in decision 20.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785
from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.documents.pdf_signatures import LOCK_FIELD, Put, SealFailure, fill, seal
from negotiation.documents.platform_keys import PlatformKeys
from negotiation.errors import SealFailed, SignedMeanwhile
from negotiation.events import Event, Kind
from negotiation.rules.history_chain import stamp
from negotiation.rules.vocabulary import SHARED
from negotiation.store.columns import now
from negotiation.store.queries.people import MemberView
from negotiation.store.queries.signatures import increments_of
from negotiation.store.record import FrozenVersion
from negotiation.store.signing import HeadSeal, PlatformKey, SignedIncrement
from negotiation.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Platform:
    """Who seals. `tsa_url` "": no timestamp authority. `authorities`: certificates (PEM) that are recognised here."""

    keys: PlatformKeys
    tsa_url: str = ""
    authorities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sealed:
    """A printed contract, sealed. `fields`: (member id, the field that waits for his signature), in order."""

    platform: Platform
    printed: bytes
    put: Put
    fields: tuple[tuple[str, str], ...]

    @property
    def pdf(self) -> bytes:
        return self.printed + self.put.increment

    def as_facts(self) -> dict[str, object]:
        """What the row and the history keep of it."""
        return {
            "certificate": self.platform.keys.fingerprint,
            "timestamp": self.put.timestamp.as_facts(),
            "printed_hash": hashlib.sha256(self.printed).hexdigest(),
            "printed_size": len(self.printed),
        }


@dataclass(frozen=True)
class SignedFile:
    """A sealed file as it is signed so far. `count`: increments behind the frozen bytes."""

    version_id: str
    data: bytes
    count: int

    @property
    def file_hash(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Added:
    """An increment made behind a file in a given state; `put.increment` counts only if that state still stands."""

    behind: SignedFile
    put: Put

    @property
    def file_hash(self) -> str:
        return hashlib.sha256(self.behind.data + self.put.increment).hexdigest()


def seal_printed(
    printed: bytes, *, platform: Platform, signatories: Sequence[MemberView], content_hash: str, label: str
) -> Sealed:
    """Touches neither the database nor the clock of anybody's transaction. Raises SealFailed."""
    fields = tuple(
        (member.id, f"Signature {number} ({member.party.key})") for number, member in enumerate(signatories, start=1)
    )
    reason = f"Cachet de la plateforme Navette sur la version {label}, empreinte du texte {content_hash}"
    names = [name for _, name in fields]
    blocks = {name: member.party.letter for name, member in zip(names, signatories, strict=True)}
    try:
        put = seal(printed, keys=platform.keys, fields=names, blocks=blocks, reason=reason, tsa_url=platform.tsa_url)
    except SealFailure as failure:
        raise SealFailed(reason=str(failure).rstrip(".")) from failure
    return Sealed(platform, printed, put, fields)


def filled(file: SignedFile, *, platform: Platform, field: str, reason: str, stamp: Sequence[str] = ()) -> Added:
    """A signatory's field, signed with the platform's key and saying so; `stamp`: the lines drawn in it.

    Raises SealFailed.
    """
    name = "signature simple, clé de la plateforme"
    return _filled(file, platform, field=field, name=name, reason=reason, stamp=stamp)


def locked(file: SignedFile, *, platform: Platform) -> Added:
    """The last field, after which nothing may change any more. Raises SealFailed."""
    reason = "Toutes les parties ont signé : plus rien ne s’ajoute à ce fichier"
    return _filled(file, platform, field=LOCK_FIELD, name="verrou final, clé de la plateforme", reason=reason)


def signed_file(session: Session, version: FrozenVersion) -> SignedFile:
    """The frozen bytes, then each increment."""
    increments = increments_of(session, version.id)
    return SignedFile(version.id, b"".join([bytes(version.pdf), *increments]), len(increments))


def append_increment(uow: UnitOfWork, version: FrozenVersion, added: Added, *, signature_id: str | None) -> None:
    """Keep what was put behind the file, under the negotiation's lock. Raises SignedMeanwhile."""
    query = select(func.count()).where(col(SignedIncrement.frozen_version_id) == version.id)
    if added.behind.version_id != version.id or uow.session.execute(query).scalar_one() != added.behind.count:
        raise SignedMeanwhile()
    uow.session.add(
        SignedIncrement(
            negotiation_id=version.negotiation_id,
            frozen_version_id=version.id,
            signature_id=signature_id,
            number=added.behind.count + 1,
            data=added.put.increment,
            file_hash=added.file_hash,
        )
    )


def keep_lock(uow: UnitOfWork, added: Added, *, platform: Platform) -> None:
    """The file that all signed, closed; its history says by which bytes. Raises SignedMeanwhile."""
    version = uow.session.get_one(FrozenVersion, added.behind.version_id)
    uow.lock(version.negotiation_id)
    append_increment(uow, version, added, signature_id=None)
    facts = {
        "version": version.id,
        "number": version.number,
        "content_hash": version.content_hash,
        "file_hash": added.file_hash,
        "timestamp": added.put.timestamp.as_facts(),
    }
    uow.record(Event(Kind.VERSION_LOCKED, version.negotiation_id, SHARED, "platform", facts))
    seal_head(uow, version.negotiation_id, platform=platform)


def vouch(negotiation_id: str, head: Mapping[str, str | int], *, platform: Platform, at: datetime) -> dict[str, Any]:
    """What the key of heads says of the shared history at a moment: {statement, signature}, as proofs hold it."""
    statement: dict[str, str | int] = {
        "at": stamp(at),
        "chain": f"{negotiation_id}/{SHARED}",
        "hash": head["hash"],
        "key": platform.keys.head_public,
        "seq": head["seq"],
        "v": 1,
    }
    return {"statement": statement, "signature": platform.keys.sign_head(statement)}


def seal_head(uow: UnitOfWork, negotiation_id: str, *, platform: Platform, at: datetime | None = None) -> None:
    """The last fact of the shared history, vouched for by the key of heads. `at`: now."""
    link = uow.head(negotiation_id)
    if link is None:
        return
    keys, moment = platform.keys, at or now()
    vouched = vouch(negotiation_id, {"seq": link.seq, "hash": link.hash}, platform=platform, at=moment)
    uow.session.add(
        HeadSeal(
            negotiation_id=negotiation_id,
            statement=rfc8785.dumps(vouched["statement"]).decode(),
            signature=vouched["signature"],
            public_key=keys.head_public,
            at=moment,
        )
    )
    for fingerprint, certificate in ((keys.fingerprint, keys.certificate), (keys.head_public, "")):
        if uow.session.get(PlatformKey, fingerprint) is None:
            uow.session.add(PlatformKey(fingerprint=fingerprint, certificate=certificate))


def _filled(
    file: SignedFile, platform: Platform, *, field: str, name: str, reason: str, stamp: Sequence[str] = ()
) -> Added:
    keys, tsa_url = platform.keys, platform.tsa_url
    try:
        put = fill(file.data, keys=keys, field=field, name=name, reason=reason, tsa_url=tsa_url, stamp=stamp)
        return Added(file, put)
    except SealFailure as failure:
        raise SealFailed(reason=str(failure).rstrip(".")) from failure
