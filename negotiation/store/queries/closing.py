"""The end of a negotiation: who asked for the gel, what was frozen, who signed.

All of it is shared: the gel and the signatures are facts between the parties.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.events import Kind
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import ROLES_OF_RIGHT, SHARED, ReviewKind, Right, Role, Side
from negotiation.store.columns import now
from negotiation.store.minutes import Minutes
from negotiation.store.people import Member, Party
from negotiation.store.queries.imported import archives_brought_in, imported_since
from negotiation.store.queries.people import MemberView, PartyView, parties_of, sitting
from negotiation.store.queries.signatures import reopening_rows
from negotiation.store.record import FreezeRequest, FrozenVersion, HistoryEntry, Signature, VoidedVersion
from negotiation.store.reviews import Review


@dataclass(frozen=True)
class RequestView:
    """A party asked for the gel of the contract that had this fingerprint."""

    party_id: str
    member_id: str
    content_hash: str
    at: datetime


@dataclass(frozen=True)
class ReopeningView:
    """A party wants a frozen version reopened: it asks with a motive, or consents with none."""

    party_id: str
    member_id: str
    motive: str
    at: datetime


@dataclass(frozen=True)
class VoidedView:
    """Why a frozen version is none any more: the party that asked, its motive, and the fact that says so."""

    party_id: str
    motive: str
    at: datetime
    sequence: int


@dataclass(frozen=True)
class FrozenVersionView:
    """A frozen version without its bytes. `pdf_size` in bytes. `voided` None: it is the one in force."""

    id: str
    label: str
    number: str
    content_hash: str
    pdf_hash: str
    pdf_size: int
    heads: dict[str, Any]
    frozen_at: datetime
    is_declared: bool
    seal: dict[str, Any]
    terms: dict[str, Any]
    voided: VoidedView | None = None
    imported_at: datetime | None = None
    """When it came with an archive: this platform saw neither its gel nor what was signed before."""


@dataclass(frozen=True)
class SignatureView:
    """A signatory of a frozen version. `signed_on` None = expected. `mandate` is the act that authorises him, dated
    `mandated_on` when he signed here; a file declares both in one phrase."""

    id: str
    party_id: str
    member_id: str | None
    role: str
    mandate: str
    mandated_on: date | None
    method: str
    signed_on: date | None
    signed_at: datetime | None
    is_declared: bool
    pdf_field: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    declined_at: datetime | None = None
    decline_reason: str = ""

    @property
    def is_signed(self) -> bool:
        return self.signed_on is not None

    @property
    def name(self) -> str:
        """Of who signed, as the evidence has it: "" before, and for what was signed before names were asked."""
        return str(self.evidence.get("name", "")) if self.is_signed and not self.is_declared else ""


@dataclass(frozen=True)
class SignatoriesOfParty:
    """Those who may sign for one party, in order. `wants_every`: all of them sign; else one suffices."""

    party: PartyView
    signatures: tuple[SignatureView, ...]
    wants_every: bool = False

    @property
    def signed(self) -> SignatureView | None:
        """The signature of the party, the last one when it wants several; None while one is awaited."""
        given = [signature for signature in self.signatures if signature.is_signed]
        complete = len(given) == len(self.signatures) if self.wants_every else bool(given)
        return given[-1] if given and complete else None

    @property
    def is_blocked(self) -> bool:
        """Whether those who declined leave nobody who could sign in their place."""
        declined = [signature.declined_at is not None for signature in self.signatures if not signature.is_signed]
        return self.signed is None and bool(declined) and (any(declined) if self.wants_every else all(declined))


@dataclass(frozen=True)
class KnownApproved:
    """What the PDF of an approved relevé, dialogue (`kind`) or evaluation says, to whoever holds its content.
    `kind` None: a relevé. `approvals`: (party, who spoke for it)."""

    content: dict[str, Any]
    content_hash: str
    kind: ReviewKind | None = None

    @property
    def approvals(self) -> tuple[tuple[str, str], ...]:
        names = {party["letter"]: party["name"] for party in self.content["parties"]}
        return tuple((names[each["party"]], each["by"]) for each in self.content["approvals"])

    @property
    def on(self) -> date:
        """The day of the séance or of the dialogue, or when the evaluation started."""
        return date.fromisoformat(self.content["on"] if self.kind else self.content["seance"]["on"])

    @property
    def approved_at(self) -> datetime:
        return datetime.fromisoformat(self.content["approved_at"])


def deciding_parties(session: Session, negotiation_id: str) -> tuple[PartyView, ...]:
    """The parties that ask for the gel and sign: an associate does neither."""
    return tuple(party for party in parties_of(session, negotiation_id) if party.side is not Side.ASSOCIATE)


def signatory_members(session: Session, negotiation_id: str) -> tuple[MemberView, ...]:
    """Everybody who may sign for a party that decides, in the order of the signatures."""
    deciding = {party.id: party for party in deciding_parties(session, negotiation_id)}
    query = (
        select(col(Member.id), col(Member.key), col(Member.title), col(Member.party_id), col(Member.rights))
        .join(Party, col(Party.id) == Member.party_id)
        .where(
            col(Member.negotiation_id) == negotiation_id,
            col(Member.party_id).in_(list(deciding)),
            sitting(paris_day(now())),
        )
        .order_by(col(Party.position), col(Member.position))
    )
    return tuple(
        MemberView(id=row.id, key=row.key, title=row.title, party=deciding[row.party_id])
        for row in session.execute(query)
        if any(Role.SIGNATORY in ROLES_OF_RIGHT[Right(right)] for right in row.rights)
    )


def freeze_requests(session: Session, negotiation_id: str) -> dict[str, RequestView]:
    """Requests for the gel by party id, those that speak of an older text included."""
    query = select(FreezeRequest).where(col(FreezeRequest.negotiation_id) == negotiation_id)
    return {
        row.party_id: RequestView(row.party_id, row.member_id, row.content_hash, row.at)
        for row in session.execute(query).scalars()
    }


def shared_head(session: Session, negotiation_id: str) -> dict[str, str | int] | None:
    """The last link of the shared chain: its `seq` and its `hash`."""
    query = (
        select(col(HistoryEntry.sequence), col(HistoryEntry.header_hash))
        .where(col(HistoryEntry.negotiation_id) == negotiation_id, col(HistoryEntry.circle) == str(SHARED))
        .order_by(col(HistoryEntry.sequence).desc())
        .limit(1)
    )
    found = session.execute(query).first()
    return {"seq": found[0], "hash": found[1]} if found else None


def frozen_versions(session: Session, negotiation_id: str) -> tuple[FrozenVersionView, ...]:
    """Frozen versions, those that were voided included, newest first. The one in force is `in_force`."""
    query = (
        select(
            col(FrozenVersion.id),
            col(FrozenVersion.label),
            col(FrozenVersion.number),
            col(FrozenVersion.content_hash),
            col(FrozenVersion.pdf_hash),
            func.length(col(FrozenVersion.pdf)),
            col(FrozenVersion.heads),
            col(FrozenVersion.frozen_at),
            col(FrozenVersion.declared),
            col(FrozenVersion.seal),
            col(FrozenVersion.terms),
        )
        .where(col(FrozenVersion.negotiation_id) == negotiation_id)
        .order_by(col(FrozenVersion.frozen_at).desc())
    )
    voided, brought_in = _voided(session, negotiation_id), archives_brought_in(session, negotiation_id)
    return tuple(
        replace(
            FrozenVersionView(*row),
            voided=voided.get(row.id),
            imported_at=imported_since(brought_in, row.frozen_at),
        )
        for row in session.execute(query)
    )


def reopening_of(session: Session, version_id: str) -> tuple[ReopeningView, ...]:
    """Who asks to reopen a version, then who consents; empty when nobody asks."""
    rows = reopening_rows(session, version_id)
    return tuple(ReopeningView(row.party_id, row.member_id, row.motive, row.at) for row in rows)


def in_force(versions: Iterable[FrozenVersionView]) -> FrozenVersionView | None:
    """The one that the parties have not reopened."""
    return next((version for version in versions if version.voided is None), None)


def _voided(session: Session, negotiation_id: str) -> dict[str, VoidedView]:
    query = select(VoidedVersion).where(col(VoidedVersion.negotiation_id) == negotiation_id)
    return {
        row.frozen_version_id: VoidedView(row.party_id, row.motive, row.at, row.sequence)
        for row in session.execute(query).scalars()
    }


def frozen_pdf(session: Session, negotiation_id: str, version_id: str) -> bytes:
    """The bytes as they were frozen. Raises NotFound."""
    query = select(col(FrozenVersion.pdf)).where(
        col(FrozenVersion.id) == version_id, col(FrozenVersion.negotiation_id) == negotiation_id
    )
    pdf = session.execute(query).scalar_one_or_none()
    if pdf is None:
        raise NotFound()
    return bytes(pdf)


def reading_copy(session: Session, negotiation_id: str, version_id: str) -> bytes:
    """The file as it was printed, tagged for a screen reader (PDF/UA): the bytes that the sealed one begins with, since
    the fields of a seal take that claim away. Without a seal, the frozen bytes themselves. Raises NotFound."""
    query = select(col(FrozenVersion.pdf), col(FrozenVersion.seal)).where(
        col(FrozenVersion.id) == version_id, col(FrozenVersion.negotiation_id) == negotiation_id
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound()
    return bytes(found.pdf[: found.seal.get("printed_size")])


def signatories_of(session: Session, negotiation_id: str, version_id: str) -> tuple[SignatoriesOfParty, ...]:
    """Who signs this version, party by party, in order; a file may declare the signature of an associate too."""
    query = (
        select(Signature)
        .where(col(Signature.frozen_version_id) == version_id, col(Signature.negotiation_id) == negotiation_id)
        .order_by(col(Signature.position))
    )
    rows = session.execute(query).scalars().all()
    told = session.execute(select(col(FrozenVersion.terms)).where(col(FrozenVersion.id) == version_id)).scalar_one()
    every = told.get("every", ())
    return tuple(
        SignatoriesOfParty(
            party, tuple(_signature(row) for row in rows if row.party_id == party.id), wants_every=party.key in every
        )
        for party in parties_of(session, negotiation_id)
        if party.side is not Side.ASSOCIATE or any(row.party_id == party.id for row in rows)
    )


def _signature(row: Signature) -> SignatureView:
    mandate = row.evidence.get("mandate") if not row.declared else None
    dated = mandate.get("on") if isinstance(mandate, dict) else None
    return SignatureView(
        id=row.id,
        party_id=row.party_id,
        member_id=row.member_id,
        role=row.role,
        mandate=row.mandate,
        mandated_on=date.fromisoformat(dated) if dated else None,
        method=str(row.evidence.get("method", "")),
        signed_on=row.signed_on,
        signed_at=row.signed_at,
        is_declared=row.declared,
        pdf_field=row.field,
        evidence=row.evidence,
        declined_at=row.declined_at,
        decline_reason=row.decline_reason,
    )


def approved_with_content(session: Session, hashes: Collection[str]) -> KnownApproved | None:
    """What was approved here, and whose content has one of these SHA-256. Open to anybody who holds that content."""
    held = sorted(hashes)
    query = select(col(Minutes.content), col(Minutes.content_hash)).where(
        col(Minutes.content_hash).in_(held), col(Minutes.approved_at).is_not(None)
    )
    if found := session.execute(query.limit(1)).first():
        return KnownApproved(json.loads(found[0]), found[1])
    followed = select(col(Review.content), col(Review.content_hash), col(Review.kind)).where(
        col(Review.content_hash).in_(held), col(Review.approved_at).is_not(None)
    )
    row = session.execute(followed.limit(1)).first()
    return KnownApproved(json.loads(row[0]), row[1], row[2]) if row else None


BINDING = {
    Kind.VERSION_FROZEN: "gel",
    Kind.VERSION_SIGNED: "signature",
    Kind.VERSION_LOCKED: "verrou",
    Kind.VERSION_VOIDED: "annulation",
    Kind.AVENANT_SIGNED: "signature d’avenant",
}


def bound_since(session: Session, negotiation_id: str, sequence: int) -> tuple[str, ...]:
    """What binds and stands in the shared chain after an entry, in words. For whoever holds an archive that stops
    there: it isn't the whole contract any more. No number: how busy a table is, is nobody else's to watch."""
    query = select(col(HistoryEntry.kind)).where(
        col(HistoryEntry.negotiation_id) == negotiation_id,
        col(HistoryEntry.circle) == str(SHARED),
        col(HistoryEntry.sequence) > sequence,
        col(HistoryEntry.kind).in_(BINDING),
    )
    found = set(session.execute(query.distinct()).scalars())
    return tuple(words for kind, words in BINDING.items() if kind in found)


def is_recorded_head(session: Session, negotiation_id: str, *, sequence: int, header_hash: str) -> bool:
    """Whether the shared chain of this instance holds this very entry. Open to anybody who holds its archive."""
    query = select(col(HistoryEntry.id)).where(
        col(HistoryEntry.negotiation_id) == negotiation_id,
        col(HistoryEntry.circle) == str(SHARED),
        col(HistoryEntry.sequence) == sequence,
        col(HistoryEntry.header_hash) == header_hash,
    )
    return session.execute(query).first() is not None
