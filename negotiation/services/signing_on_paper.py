"""Signed by hand: a scan, bound to the frozen text, which counts once each other party looked at it and confirmed.

The whole fingerprint is printed on each page of the contract, so that whoever confirms can compare; where the scan has
words that a program reads, the pages that carry it are told. The scan is opened before it is kept, kept as it came and
never shown in a page: it is a file to download.
"""

import hashlib

from sqlalchemy import select
from sqlmodel import col

from negotiation.documents.scans import LARGEST, Scan, ScanFailure, media_type_of, read_scan
from negotiation.errors import AlreadyDone, InvalidInput, NotAllowed, NotFound, PaperSuperseded, ScanRefused
from negotiation.events import Event, Kind
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, Action
from negotiation.services.access import require
from negotiation.services.signing_rows import (
    Mandate,
    Signed,
    checked_mandate,
    checked_name,
    give,
    intact_version,
    place_of_party,
    recognised,
    refuse_complete,
    told_of,
)
from negotiation.store.columns import new_id
from negotiation.store.people import Party
from negotiation.store.queries.closing import deciding_parties
from negotiation.store.queries.in_force import refuse_voided
from negotiation.store.queries.signatures import superseded_papers
from negotiation.store.record import FrozenVersion, Signature
from negotiation.store.signing import PaperConfirmation, PaperSignature
from negotiation.store.unit_of_work import UnitOfWork

METHOD = "paper"


def opened_scan(data: bytes, *, content_hash: str = "") -> Scan:
    """A scan that was opened, outside any transaction, in a process apart. `content_hash`: the fingerprint that is
    looked for on its pages. Raises InvalidInput (`field`: scan, scan_size), ScanRefused."""
    if len(data) > LARGEST:
        raise InvalidInput(field="scan_size")
    if not media_type_of(data):
        raise InvalidInput(field="scan")
    try:
        return read_scan(data, fingerprint=content_hash)
    except ScanFailure as failure:
        raise ScanRefused(reason=str(failure)) from failure


def bring_paper(
    uow: UnitOfWork,
    actor: Actor,
    *,
    version_id: str,
    seen_hash: str,
    signature_id: str,
    signer: str,
    mandate: Mandate,
    scan: Scan,
    network: str = "",
) -> str:
    """Keep the scan of what a signatory of the actor's party signed; its id. It counts nothing yet. `signer`: the name
    of who signed it by hand, as whoever brings it says.

    Raises NotFound, NotAllowed, RecentSigninRequired, StaleClause, FrozenBytesChanged, AlreadyDone, NotYourTurn,
    InvalidInput (`field`: signature_id, signer, mandate, mandate_on), WrongValue, UnreadableText.
    """
    require(actor, Action.REQUEST_FREEZE)
    uow.lock(actor.negotiation_id)
    version = intact_version(uow, actor, version_id=version_id, seen_hash=seen_hash)
    row = place_of_party(uow, actor, version, signature_id=signature_id, action=Action.REQUEST_FREEZE)
    paper = PaperSignature(
        id=new_id(),
        negotiation_id=version.negotiation_id,
        frozen_version_id=version.id,
        signature_id=row.id,
        content_hash=version.content_hash,
        signer=checked_name(signer),
        mandate=checked_mandate(mandate),
        media_type=scan.media_type,
        data=scan.data,
        data_hash=hashlib.sha256(scan.data).hexdigest(),
        reading=scan.as_facts(),
        member_id=actor.member_id,
        authentication=recognised(actor, network),
    )
    uow.session.add(paper)
    uow.session.flush()
    _record(uow, actor, Kind.PAPER_BROUGHT, version, paper)
    return paper.id


def confirm_paper(uow: UnitOfWork, actor: Actor, paper_id: str, *, network: str = "") -> Signed | None:
    """Another party found the frozen contract, signed, in the scan; the last one makes it a signature, else None. It is
    that of the place's signatory, by hand: whoever brought the scan and whoever confirmed it are said beside.

    Raises NotFound, NotAllowed, RecentSigninRequired, VersionVoided, AlreadyDone (this party did, or the place is
    signed), PaperSuperseded.
    """
    uow.lock(actor.negotiation_id)
    paper = uow.session.get(PaperSignature, paper_id)
    if paper is None or paper.negotiation_id != actor.negotiation_id:
        raise NotFound()  # before anybody is asked for a password
    require(actor, Action.REQUEST_FREEZE)
    row = uow.session.get_one(Signature, paper.signature_id)
    uow.refresh(row)
    others = {party.id for party in deciding_parties(uow.session, actor.negotiation_id)} - {row.party_id}
    if actor.party_id not in others:
        raise NotAllowed(action=Action.REQUEST_FREEZE)
    confirmations, version = _confirmations(uow, paper), uow.session.get_one(FrozenVersion, paper.frozen_version_id)
    confirmed = {each.party_id for each in confirmations}
    refuse_voided(uow.session, version.id)
    refuse_complete(uow, version, row.party_id)
    if row.signed_on is not None or actor.party_id in confirmed:
        raise AlreadyDone()
    if paper.id in superseded_papers(uow.session, version.id):
        raise PaperSuperseded()
    own = PaperConfirmation(
        negotiation_id=paper.negotiation_id,
        paper_id=paper.id,
        party_id=actor.party_id,
        member_id=actor.member_id,
        authentication=recognised(actor, network),
    )
    uow.session.add(own)
    uow.session.flush()
    _record(uow, actor, Kind.PAPER_CONFIRMED, version, paper)
    if others - confirmed - {actor.party_id}:
        return None
    more = {
        "scan_hash": paper.data_hash,
        "scan_type": paper.media_type,
        "scan_reading": paper.reading,
        "brought_by": told_of(uow, paper.member_id, paper.authentication, at=paper.at),
        "confirmed_by": [
            told_of(uow, each.member_id, each.authentication, at=each.at) for each in (*confirmations, own)
        ],
    }
    return give(uow, actor, version, row, method=METHOD, name=paper.signer, mandate=paper.mandate, more=more)


def _confirmations(uow: UnitOfWork, paper: PaperSignature) -> list[PaperConfirmation]:
    """Oldest first."""
    query = select(PaperConfirmation).where(col(PaperConfirmation.paper_id) == paper.id)
    return list(uow.session.execute(query.order_by(col(PaperConfirmation.at), col(PaperConfirmation.id))).scalars())


def _record(uow: UnitOfWork, actor: Actor, kind: Kind, version: FrozenVersion, paper: PaperSignature) -> None:
    row = uow.session.get_one(Signature, paper.signature_id)
    facts = {
        "version": version.id,
        "number": version.number,
        "content_hash": version.content_hash,
        "paper": paper.id,
        "data_hash": paper.data_hash,
        "party": uow.session.get_one(Party, actor.party_id).key,
        "signer": paper.signer,
        "signed_for": uow.session.get_one(Party, row.party_id).key,
    }
    uow.record(Event(kind, version.negotiation_id, SHARED, actor.key, facts))
