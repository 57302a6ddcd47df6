"""The archive of a negotiation for one reader: his circles' histories, the contract, every frozen version."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.documents.archive import (
    ArchiveContent,
    ArchivedChain,
    ClauseText,
    FrozenVersion,
    Reader,
    archive_fingerprint,
    write_archive,
)
from negotiation.documents.platform_keys import PlatformKeys
from negotiation.documents.scans import ENDINGS
from negotiation.events import Event, Kind
from negotiation.rules.french_display import value_text
from negotiation.rules.history_chain import Opening, stamp
from negotiation.rules.policy import Actor, as_anybody
from negotiation.rules.vocabulary import Action, Audience, Circle
from negotiation.services.access import require
from negotiation.services.carrying import Documents, gather, made
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation, Part
from negotiation.store.minutes import Minutes
from negotiation.store.people import Member, Party
from negotiation.store.queries.clauses import ClauseCard, cards_on_the_table
from negotiation.store.queries.history import whole_chains
from negotiation.store.queries.signatures import head_seals, signed_bytes
from negotiation.store.queries.visibility import on_the_table
from negotiation.store.record import FrozenVersion as FrozenRow
from negotiation.store.record import HistoryEntry, Signature
from negotiation.store.reviews import Review
from negotiation.store.signing import PaperSignature, SigningAct
from negotiation.store.unit_of_work import UnitOfWork, as_link

MOST_CLAUSE_FILES = 1500
"""Beyond, the texts of a part share one file: an archive holds 2 000 files at most."""


class Held(StrEnum):
    """What of the reader's own an archive holds."""

    ALL = "all"
    """All that he reads: the inside of his party, and what the authorities tell each other, too."""
    SHARED = "shared"
    """Only what every party reads: to be handed on."""


@dataclass(frozen=True)
class PackedArchive:
    """The archive as bytes, and the fingerprint that its reader writes down."""

    data: bytes
    fingerprint: str


def collect_archive(
    uow: UnitOfWork, actor: Actor, *, documents: Documents = Documents.NONE, held: Held = Held.ALL
) -> ArchiveContent:
    """What the archive will hold, read while nothing moves. Raises NotFound, NotAllowed."""
    require(actor, Action.EXPORT)
    return _content(uow.session, actor, uow.lock(actor.negotiation_id), documents=documents, held=held)


def pack_archive(content: ArchiveContent, keys: PlatformKeys | None = None) -> PackedArchive:
    """The archive itself, made between the two transactions: a long negotiation takes seconds, and must not wait.

    `keys`: of the platform that gives it, and seals it.
    """
    data = write_archive(replace(content, files={**content.files, **made(content.makers)}, makers={}), keys=keys)
    return PackedArchive(data, archive_fingerprint(data))


def record_export(uow: UnitOfWork, actor: Actor, archive: PackedArchive) -> None:
    """Record inside the reader's party that the archive was made, before it is handed over.

    Raises NotFound, NotAllowed.
    """
    require(actor, Action.EXPORT)
    negotiation = uow.lock(actor.negotiation_id)
    facts = {
        "party": uow.session.get_one(Party, actor.party_id).key,
        "fingerprint": archive.fingerprint,
        "authentication": str(actor.authentication.method),
    }
    uow.record(Event(Kind.ARCHIVE_EXPORTED, negotiation.id, Circle.inside(actor.party_id), actor.key, facts))


def _content(
    session: Session, asking: Actor, negotiation: Negotiation, *, documents: Documents, held: Held
) -> ArchiveContent:
    # Nobody in particular has neither an inside, nor rows of his own.
    actor = asking if held is Held.ALL else replace(as_anybody(asking), member_id="")
    party = session.get_one(Party, asking.party_id)
    contract = contract_as_it_stands(session, negotiation.id).canonical
    approved = _approved(session, negotiation.id)
    baggage = gather(session, actor, contract=contract, approved=approved, documents=documents)
    return ArchiveContent(
        negotiation=_summary(negotiation),
        reader=Reader(
            name=session.get_one(Member, asking.member_id).title, party=party.name, member_id=asking.member_id
        ),
        exported_at=stamp(now()),
        chains=[
            _chain(circle, entries, party_name=party.short_name) for circle, entries in whole_chains(session, actor)
        ],
        contract=contract,
        clauses=_clauses(session, negotiation.id),
        versions=_versions(session, negotiation.id),
        approved=approved,
        head_seals=head_seals(session, negotiation.id),
        **vars(baggage),
    )


def _summary(negotiation: Negotiation) -> dict[str, object]:
    return {
        "id": negotiation.id,
        "key": negotiation.key,
        "title": negotiation.title,
        "reference": negotiation.reference,
        "status": str(negotiation.status),
        "phase": str(negotiation.phase),
        "situation_on": negotiation.situation_on.isoformat() if negotiation.situation_on else None,
        "frozen_at": stamp(negotiation.frozen_at) if negotiation.frozen_at else None,
    }


# ---------------------------------------------------------------------- histories


def _chain(circle: Circle, entries: tuple[HistoryEntry, ...], *, party_name: str) -> ArchivedChain:
    labels = {
        Audience.SHARED: "Les faits partagés par toutes les parties",
        Audience.AUTHORITIES: "Les faits entre autorités",
        Audience.PARTY: f"Les faits internes, {party_name}",
    }
    return ArchivedChain(
        label=labels[circle.audience],
        circle=str(circle),
        links=[as_link(entry) for entry in entries],
        openings=[_opening(entry) for entry in entries],
    )


def _opening(entry: HistoryEntry) -> Opening | None:
    if entry.payload is None:
        return None
    return Opening(payload=json.loads(entry.payload), salt=bytes.fromhex(entry.salt))


# ---------------------------------------------------------------------- texts


def _clauses(session: Session, negotiation_id: str) -> list[ClauseText]:
    """What stands in each clause: its text, then its value. Clauses that hold nothing have no file."""
    shared = (col(Part.negotiation_id) == negotiation_id) & on_the_table(Part.circle) & col(Part.dropped_at).is_(None)
    query = select(Part).where(shared).order_by(col(Part.position), col(Part.id))
    parts: dict[str, Part] = {part.id: part for part in session.execute(query).scalars()}
    texts: dict[str, list[ClauseText]] = {part_id: [] for part_id in parts}
    for card in cards_on_the_table(session, negotiation_id):
        words = _words(card)
        if words:
            texts[card.part_id].append(_text(parts[card.part_id], card, words))
    if sum(len(of_part) for of_part in texts.values()) > MOST_CLAUSE_FILES:
        return [_together(parts[part_id], of_part) for part_id, of_part in texts.items() if of_part]
    return [text for of_part in texts.values() for text in of_part]


def _words(card: ClauseCard) -> str:
    value = value_text(card.value, card.unit, card.value_kind)
    return "\n\n".join(words for words in (card.text, value) if words)


def _text(part: Part, card: ClauseCard, words: str) -> ClauseText:
    code = card.code or f"{part.code or part.key}-{card.field}"
    return ClauseText(code, f"{card.code or part.code} {card.label}".strip(), words)


def _together(part: Part, texts: list[ClauseText]) -> ClauseText:
    words = "\n\n".join(f"## {text.title}\n\n{text.markdown}" for text in texts)
    return ClauseText(part.code or part.key, part.title, words)


# ---------------------------------------------------------------------- frozen versions


def _versions(session: Session, negotiation_id: str) -> list[FrozenVersion]:
    """Every gel, oldest first, with the evidence of the signatures given so far and the file that they made."""
    query = select(FrozenRow).where(col(FrozenRow.negotiation_id) == negotiation_id).order_by(col(FrozenRow.frozen_at))
    return [
        FrozenVersion(
            row.label,
            row.content.encode(),
            row.pdf,
            _evidence(session, row.id),
            signed_bytes(session, row),
            _scans(session, row.id, PaperSignature),
            _scans(session, row.id, SigningAct),
        )
        for row in session.execute(query).scalars()
    ]


def _scans(session: Session, version_id: str, kind: type[PaperSignature | SigningAct]) -> list[tuple[str, bytes]]:
    query = select(kind).where(col(kind.frozen_version_id) == version_id)
    rows = session.execute(query.order_by(col(kind.at), col(kind.id))).scalars()
    return [(ENDINGS[row.media_type], bytes(row.data)) for row in rows]


def _approved(session: Session, negotiation_id: str) -> list[bytes]:
    """The relevés, dialogues and evaluations that every party approved, oldest first."""
    found = [
        (row.approved_at, row.content_hash, row.content)
        for kind in (Minutes, Review)
        for row in session.execute(select(kind).where(col(kind.negotiation_id) == negotiation_id)).scalars()
        if row.approved_at is not None
    ]
    return [content.encode() for _, _, content in sorted(found)]


def _evidence(session: Session, version_id: str) -> list[dict[str, object]]:
    query = select(Signature).where(col(Signature.frozen_version_id) == version_id).order_by(col(Signature.position))
    return [row.evidence for row in session.execute(query).scalars() if row.signed_on is not None]
