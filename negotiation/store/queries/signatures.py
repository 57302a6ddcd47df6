"""How a version is signed, and what stands behind its frozen bytes. All of it is shared between the parties."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import defer
from sqlalchemy.sql.base import ExecutableOption
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.events import Kind
from negotiation.rules.signatures import Place, SigningOrder, Terms
from negotiation.rules.vocabulary import SHARED, NegotiationStatus
from negotiation.store.contract import Negotiation
from negotiation.store.people import Member, Party
from negotiation.store.queries.imported import archives_brought_in, imported_since
from negotiation.store.queries.in_force import is_in_force, voided_row
from negotiation.store.record import FrozenVersion, HistoryEntry, Signature, UnfreezeRequest
from negotiation.store.signing import (
    HeadSeal,
    PaperConfirmation,
    PaperSignature,
    PlatformKey,
    SignedIncrement,
    SigningAct,
    SigningTerms,
)


@dataclass(frozen=True)
class PaperView:
    """A scan that was brought. `confirmed_by`: ids of the parties that looked at it and said yes."""

    id: str
    signature_id: str
    media_type: str
    size: int
    data_hash: str
    member_id: str
    signer: str
    reading: dict[str, Any]
    at: datetime
    confirmed_by: frozenset[str]


@dataclass(frozen=True)
class ActView:
    """The file of the act that authorises a signatory, without its bytes."""

    id: str
    media_type: str
    size: int
    pages: int
    data_hash: str


@dataclass(frozen=True)
class State:
    """A state of a file known here: the frozen bytes, or those with the signatures put since. `count`: of increments;
    `is_last`: nothing was added after it; `is_locked`: the final lock is part of it; `voided_at`: when the parties
    reopened the negotiation, and this version was the contract no more."""

    label: str
    frozen_at: datetime
    is_declared: bool
    is_sealed: bool
    file_hash: str
    count: int
    is_last: bool
    is_locked: bool
    voided_at: datetime | None = None
    imported_at: datetime | None = None
    """When it came with an archive: nothing before was seen here."""


def terms_as_facts(session: Session, negotiation_id: str) -> dict[str, Any]:
    """The terms chosen for the next version, by keys of parties; empty when nobody chose any."""
    query = select(SigningTerms).where(col(SigningTerms.negotiation_id) == negotiation_id)
    row = session.execute(query).scalar_one_or_none()
    return {"order": str(row.order), "every": list(row.every)} if row else {}


def terms_of(session: Session, negotiation_id: str, facts: dict[str, Any]) -> Terms:
    """Terms as a version or `terms_as_facts` tells them, by ids of parties."""
    query = select(col(Party.key), col(Party.id)).where(col(Party.negotiation_id) == negotiation_id)
    ids: dict[str, str] = {row[0]: row[1] for row in session.execute(query)}
    every = frozenset(ids[key] for key in facts.get("every", ()) if key in ids)
    return Terms(SigningOrder(facts.get("order", SigningOrder.FREE)), every)


def places_of(rows: Iterable[Signature]) -> tuple[Place, ...]:
    """The rows of one version, in the order of signature."""
    return tuple(
        Place(row.id, row.party_id, is_signed=row.signed_on is not None, is_declined=row.declined_at is not None)
        for row in sorted(rows, key=lambda row: row.position)
    )


def rows_of(session: Session, version_id: str) -> list[Signature]:
    """The signatures of a version as they stand now, whatever this session read before."""
    query = select(Signature).where(col(Signature.frozen_version_id) == version_id).order_by(col(Signature.position))
    return list(session.execute(query.execution_options(populate_existing=True)).scalars())


def reopening_rows(session: Session, version_id: str) -> list[UnfreezeRequest]:
    """The request to reopen a version, then the consents to it, as they stand now; empty when nobody asks."""
    query = select(UnfreezeRequest).where(col(UnfreezeRequest.frozen_version_id) == version_id)
    rows = session.execute(query.execution_options(populate_existing=True)).scalars()
    return sorted(rows, key=lambda row: (row.motive == "", row.at))


def count_of_increments(session: Session, version_id: str) -> tuple[int, bool]:
    """How many increments stand behind the frozen bytes, and whether the last one is the final lock."""
    query = select(col(SignedIncrement.signature_id)).where(col(SignedIncrement.frozen_version_id) == version_id)
    whose = list(session.execute(query.order_by(col(SignedIncrement.number))).scalars())
    return len(whose), bool(whose) and whose[-1] is None


def version_of(session: Session, negotiation_id: str, version_id: str) -> FrozenVersion:
    """Raises NotFound."""
    version = session.get(FrozenVersion, version_id)
    if version is None or version.negotiation_id != negotiation_id:
        raise NotFound()
    return version


def version_to_lock(session: Session, negotiation_id: str) -> FrozenVersion | None:
    """The sealed version that every party has signed and whose file isn't closed yet."""
    signed = col(Negotiation.status) == NegotiationStatus.SIGNED
    query = (
        select(FrozenVersion)
        .join(Negotiation, col(Negotiation.id) == col(FrozenVersion.negotiation_id))
        .where(col(FrozenVersion.negotiation_id) == negotiation_id, col(FrozenVersion.declared).is_(False), signed)
        .where(is_in_force())
        .order_by(col(FrozenVersion.frozen_at).desc())
        .limit(1)
    )
    found: FrozenVersion | None = session.execute(query.options(*_light())).scalar_one_or_none()
    return found if found and found.seal and not count_of_increments(session, found.id)[1] else None


def unlocked(session: Session) -> tuple[str, ...]:
    """Negotiations that every party signed and whose sealed file isn't closed."""
    closed = select(col(SignedIncrement.frozen_version_id)).where(col(SignedIncrement.signature_id).is_(None))
    query = (
        select(col(FrozenVersion.negotiation_id))
        .join(Negotiation, col(Negotiation.id) == col(FrozenVersion.negotiation_id))
        .where(
            col(Negotiation.status) == NegotiationStatus.SIGNED,
            col(FrozenVersion.declared).is_(False),
            is_in_force(),
            col(FrozenVersion.id).not_in(closed),
        )
    )
    found = dict.fromkeys(session.execute(query).scalars())
    return tuple(each for each in found if version_to_lock(session, each))


def increments_of(session: Session, version_id: str) -> list[bytes]:
    """What was signed behind the frozen bytes, in order."""
    query = select(col(SignedIncrement.data)).where(col(SignedIncrement.frozen_version_id) == version_id)
    return [bytes(data) for data in session.execute(query.order_by(col(SignedIncrement.number))).scalars()]


def signed_bytes(session: Session, version: FrozenVersion) -> bytes | None:
    """The frozen bytes with what was signed behind them; None while nothing was."""
    increments = increments_of(session, version.id)
    return b"".join([bytes(version.pdf), *increments]) if increments else None


def superseded_papers(session: Session, version_id: str) -> frozenset[str]:
    """Ids of the scans of a version whose place declined to sign, or was left to somebody else, after they came."""
    rows = session.execute(
        select(col(PaperSignature.id), col(PaperSignature.at), col(Signature.declined_at), col(Member.key))
        .join(Signature, col(Signature.id) == col(PaperSignature.signature_id))
        .outerjoin(Member, col(Member.id) == col(Signature.member_id))
        .where(col(PaperSignature.frozen_version_id) == version_id)
    ).all()
    facts = (
        select(col(HistoryEntry.recorded_at), col(HistoryEntry.payload))
        .join(FrozenVersion, col(FrozenVersion.negotiation_id) == col(HistoryEntry.negotiation_id))
        .where(
            col(FrozenVersion.id) == version_id,
            col(HistoryEntry.circle) == str(SHARED),
            col(HistoryEntry.kind) == str(Kind.SIGNATURE_DELEGATED),
            col(HistoryEntry.payload).contains(f'"{version_id}"', autoescape=True),
        )
    )
    left = [(at, json.loads(payload)["to"]) for at, payload in session.execute(facts)] if rows else []
    return frozenset(
        row.id
        for row in rows
        if (row.declined_at and row.declined_at >= row.at) or any(at >= row.at and to == row.key for at, to in left)
    )


def papers_of(session: Session, version_id: str) -> tuple[PaperView, ...]:
    """The scans of a version, newest first, without their bytes."""
    query = (
        select(
            col(PaperSignature.id),
            col(PaperSignature.signature_id),
            col(PaperSignature.media_type),
            func.length(col(PaperSignature.data)).label("size"),
            col(PaperSignature.data_hash),
            col(PaperSignature.member_id),
            col(PaperSignature.signer),
            col(PaperSignature.reading),
            col(PaperSignature.at),
        )
        .where(col(PaperSignature.frozen_version_id) == version_id)
        .order_by(col(PaperSignature.at).desc())
    )
    rows = session.execute(query).all()
    confirmed: dict[str, set[str]] = {}
    listed = col(PaperConfirmation.paper_id).in_([row.id for row in rows])
    for paper_id, party_id in session.execute(
        select(col(PaperConfirmation.paper_id), col(PaperConfirmation.party_id)).where(listed)
    ):
        confirmed.setdefault(paper_id, set()).add(party_id)
    return tuple(
        PaperView(
            id=row.id,
            signature_id=row.signature_id,
            media_type=row.media_type,
            size=row.size,
            data_hash=row.data_hash,
            member_id=row.member_id,
            signer=row.signer,
            reading=row.reading,
            at=row.at,
            confirmed_by=frozenset(confirmed.get(row.id, ())),
        )
        for row in rows
    )


def state_with_hash(session: Session, hashes: Collection[str]) -> State | None:
    """The longest known state of a file that has one of these SHA-256; what was frozen here comes before what an
    archive tells. Open to anybody who holds its bytes."""
    found = [*_frozen_with(session, hashes), *_signed_with(session, hashes)]
    return max(found, key=lambda state: (state.imported_at is None, state.count)) if found else None


def state_with_content(session: Session, hashes: Collection[str]) -> State | None:
    """The version whose text has one of these SHA-256: for whoever holds that text in another file."""
    held = col(FrozenVersion.content_hash).in_(sorted(hashes))
    query = select(FrozenVersion).where(held).order_by(is_in_force().desc()).limit(1)
    row = session.execute(query.options(*_light())).scalar_one_or_none()
    return _state(session, row, 0, row.pdf_hash) if row else None


def certificates(session: Session) -> tuple[str, ...]:
    """Every certificate that ever sealed here, in PEM."""
    query = select(col(PlatformKey.certificate)).where(col(PlatformKey.certificate) != "")
    return tuple(session.execute(query).scalars())


def head_keys(session: Session) -> tuple[str, ...]:
    """Every public key of heads that ever signed here, oldest first, in hexadecimal."""
    query = select(col(PlatformKey.fingerprint)).where(col(PlatformKey.certificate) == "")
    return tuple(session.execute(query.order_by(col(PlatformKey.first_used_at))).scalars())


def head_seals(session: Session, negotiation_id: str) -> list[dict[str, Any]]:
    """The heads that the platform vouched for, oldest first: {statement, signature}."""
    query = select(HeadSeal).where(col(HeadSeal.negotiation_id) == negotiation_id).order_by(col(HeadSeal.at))
    rows = session.execute(query).scalars()
    found = [{"statement": json.loads(row.statement), "signature": row.signature} for row in rows]
    return sorted(found, key=lambda seal: seal["statement"]["seq"])


def _frozen_with(session: Session, hashes: Collection[str]) -> list[State]:
    query = select(FrozenVersion).where(col(FrozenVersion.pdf_hash).in_(sorted(hashes)))
    rows = session.execute(query.options(*_light())).scalars()
    return [_state(session, row, 0, row.pdf_hash) for row in rows]


def _signed_with(session: Session, hashes: Collection[str]) -> list[State]:
    query = (
        select(FrozenVersion, col(SignedIncrement.number), col(SignedIncrement.file_hash))
        .join(SignedIncrement, col(SignedIncrement.frozen_version_id) == col(FrozenVersion.id))
        .where(col(SignedIncrement.file_hash).in_(sorted(hashes)))
    )
    return [
        _state(session, row, number, file_hash) for row, number, file_hash in session.execute(query.options(*_light()))
    ]


def _light() -> tuple[ExecutableOption, ...]:
    """A version without its text and its bytes, which are read when they are asked for."""
    return defer(FrozenVersion.pdf), defer(FrozenVersion.content)  # type: ignore[arg-type]


def _state(session: Session, row: FrozenVersion, count: int, file_hash: str) -> State:
    voided = voided_row(session, row.id)
    last, is_locked = count_of_increments(session, row.id)
    return State(
        label=row.label,
        frozen_at=row.frozen_at,
        is_declared=row.declared,
        is_sealed=bool(row.seal),
        file_hash=file_hash,
        count=count,
        is_last=count == last,
        is_locked=is_locked and count == last,
        voided_at=voided.at if voided else None,
        imported_at=imported_since(archives_brought_in(session, row.negotiation_id), row.frozen_at),
    )


def fields_of(session: Session, version_id: str) -> frozenset[str]:
    """The fields prepared in a sealed file, for whomever."""
    query = select(col(Signature.field)).where(col(Signature.frozen_version_id) == version_id)
    return frozenset(session.execute(query).scalars()) - {""}


def last_reminder(session: Session, version: FrozenVersion) -> datetime | None:
    """When those who are awaited were last reminded of this version."""
    query = select(func.max(col(HistoryEntry.recorded_at))).where(
        col(HistoryEntry.negotiation_id) == version.negotiation_id,
        col(HistoryEntry.circle) == str(SHARED),
        col(HistoryEntry.kind) == str(Kind.SIGNATURE_REMINDED),
        col(HistoryEntry.recorded_at) >= version.frozen_at,
    )
    last: datetime | None = session.execute(query).scalar_one()
    return last


def name_signed_before(session: Session, person_id: str) -> str:
    """The name under which a person last signed here; "" when nobody did with this account."""
    query = (
        select(col(Signature.evidence))
        .join(Member, col(Member.id) == col(Signature.member_id))
        .where(col(Member.person_id) == person_id, col(Signature.signed_at).is_not(None))
        .order_by(col(Signature.signed_at).desc())
    )
    given = session.execute(query.limit(20)).scalars()
    return next((str(each["name"]) for each in given if each.get("method") == "simple" and each.get("name")), "")


def act_of_place(session: Session, signature_id: str) -> SigningAct | None:
    query = select(SigningAct).where(col(SigningAct.signature_id) == signature_id)
    return session.execute(query).scalar_one_or_none()


def acts_of(session: Session, version_id: str) -> dict[str, ActView]:
    """By place."""
    columns = [getattr(SigningAct, name) for name in ("id", "media_type", "pages", "data_hash", "signature_id")]
    query = select(*columns, func.length(col(SigningAct.data)).label("size"))
    rows = session.execute(query.where(col(SigningAct.frozen_version_id) == version_id))
    return {row.signature_id: ActView(row.id, row.media_type, row.size, row.pages, row.data_hash) for row in rows}


def act_data(session: Session, negotiation_id: str, act_id: str) -> tuple[bytes, str]:
    """The file as it came, and its media type. Raises NotFound."""
    query = select(col(SigningAct.data), col(SigningAct.media_type)).where(
        col(SigningAct.id) == act_id, col(SigningAct.negotiation_id) == negotiation_id
    )
    found = session.execute(query).first()
    if found is None:
        raise NotFound()
    return bytes(found[0]), found[1]


def paper_data(session: Session, negotiation_id: str, paper_id: str) -> tuple[bytes, str]:
    """The scan as it came, and its media type. Raises NotFound."""
    query = select(col(PaperSignature.data), col(PaperSignature.media_type)).where(
        col(PaperSignature.id) == paper_id, col(PaperSignature.negotiation_id) == negotiation_id
    )
    found = session.execute(query).first()
    if found is None:
        raise NotFound()
    return bytes(found[0]), found[1]
