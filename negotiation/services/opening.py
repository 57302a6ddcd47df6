"""Open a negotiation from a template: everything of the table in one transaction, the same for whoever opens it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from negotiation.errors import AlreadyDone, InvalidInput, NotFound
from negotiation.events import Event, Kind
from negotiation.rules.opening import (
    Opening,
    Seat,
    Structure,
    calendar_of,
    faults_of,
    letters_of,
    party_keys,
    years_between,
)
from negotiation.rules.paris import paris_day
from negotiation.rules.seats import free_key
from negotiation.rules.trame import TramePart, as_mapping
from negotiation.rules.trame_filling import filled, known_words
from negotiation.rules.vocabulary import SHARED, DocumentKind, NegotiationStatus, PartKind, Phase, Side
from negotiation.services.members import Carried, CheckedSeat, checked_email, seat_somebody, send_invitation
from negotiation.services.perimeter import structure_row
from negotiation.services.trame_rows import TrameRows
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Document, Essms, Negotiation
from negotiation.store.people import Member, Party
from negotiation.store.preparation import CalendarItem, OpeningDraft
from negotiation.store.unit_of_work import UnitOfWork

FRAMING_TITLE = "Note de cadrage"
_SHORT_KEY = 9
"""Characters of the key that people read as a reference: « 2027-6E73 »."""
MOST_DRAFTS = 50
"""Openings that one person keeps in preparation."""


@dataclass(frozen=True)
class Invited:
    """Somebody invited at the opening. `token`: of the link to pass on by hand, kept nowhere."""

    member_id: str
    email: str
    title: str
    party: str
    token: str | None


@dataclass(frozen=True)
class Opened:
    """`invited` is empty when the request was a repeated one: its table stands already."""

    negotiation_id: str
    invited: tuple[Invited, ...] = ()


def open_negotiation(
    uow: UnitOfWork, person_id: str, opening: Opening, *, carried: Carried = Carried.BY_MAIL, request_key: str = ""
) -> Opened:
    """A table with its parties, members, documents and calendar; those invited get a mail, or a link by hand.

    A repeated `request_key` opens one table. Raises InvalidInput when anything of `faults_of` is wrong.
    """
    wrong = faults_of(opening)
    if wrong:
        raise InvalidInput(field=wrong[0].place, fault=wrong[0].fault)
    key = _key(opening, person_id, request_key)
    known = uow.session.execute(select(col(Negotiation.id)).where(col(Negotiation.key) == key)).scalar()
    if known is not None:
        return Opened(known)
    negotiation = _negotiation(uow, opening, key)
    parties = _parties(uow, negotiation.id, opening)
    author, invited = _members(uow, parties, opening, person_id=person_id, carried=carried)
    structures = [
        structure_row(negotiation.id, one, key=f"s{index}", position=index)
        for index, one in enumerate(opening.structures, start=1)
    ]
    uow.session.add_all(structures)
    _documents(uow, negotiation, opening, parties=parties)
    _calendar(uow, negotiation.id, opening, parties=parties)
    uow.session.flush()
    facts = _before(uow, opening) | _facts(opening, negotiation, parties=parties, structures=structures)
    uow.record(Event(Kind.NEGOTIATION_OPENED, negotiation.id, SHARED, author.key, facts))
    return Opened(negotiation.id, invited)


# ---------------------------------------------------------------------- in preparation


def keep_draft(
    uow: UnitOfWork, person_id: str, fields: Mapping[str, Any], *, title: str, draft_id: str | None = None
) -> str:
    """Keep what was typed, in a new draft or in that one. Raises NotFound, InvalidInput(field=`keep`)."""
    if draft_id is None:
        kept = select(col(OpeningDraft.id)).where(col(OpeningDraft.person_id) == person_id)
        if len(uow.session.execute(kept).all()) >= MOST_DRAFTS:
            raise InvalidInput(field="keep")
        draft = OpeningDraft(person_id=person_id, title=title, fields=dict(fields))
        uow.session.add(draft)
        return draft.id
    draft = _own_draft(uow, person_id, draft_id)
    draft.title, draft.fields, draft.changed_at = title, dict(fields), now()
    return draft.id


def drop_draft(uow: UnitOfWork, person_id: str, draft_id: str) -> None:
    """Nothing is left of it. Raises NotFound."""
    _own_draft(uow, person_id, draft_id)
    uow.session.execute(delete(OpeningDraft).where(col(OpeningDraft.id) == draft_id))


def forget_draft(uow: UnitOfWork, person_id: str, draft_id: str) -> None:
    """The preparation of a table that is open now; one that is gone already matters to nobody."""
    mine = (col(OpeningDraft.id) == draft_id, col(OpeningDraft.person_id) == person_id)
    uow.session.execute(delete(OpeningDraft).where(*mine))


def _own_draft(uow: UnitOfWork, person_id: str, draft_id: str) -> OpeningDraft:
    draft = uow.session.get(OpeningDraft, draft_id)
    if draft is None or draft.person_id != person_id:
        raise NotFound()
    return draft


# ---------------------------------------------------------------------- rows


def _key(opening: Opening, person_id: str, request_key: str) -> str:
    """Random, and the same for the same click of the same person."""
    drawn = hashlib.sha256(f"{person_id}:{request_key or new_id()}".encode()).hexdigest()[:12]
    return f"{opening.starts_on.year}-{drawn}"


def _negotiation(uow: UnitOfWork, opening: Opening, key: str) -> Negotiation:
    trame = opening.trame
    negotiation = Negotiation(
        key=key,
        title=opening.title,
        reference=opening.reference or key[:_SHORT_KEY].upper(),
        sector=trame.sector,
        contract_type=trame.contract_type,
        legal_basis=list(trame.legal_basis),
        territory=opening.territory,
        status=NegotiationStatus.IN_NEGOTIATION,
        phase=Phase.CADRAGE,
        opened_on=paris_day(now()),
        contract_start=opening.starts_on,
        contract_end=opening.ends_on,
        duration_years=str(opening.years),
        extension_months_max=opening.extension_months,
        summary=trame.summary,
        signature_wished_on=opening.signature_on,
        trame=trame.key,
        follows=opening.follows,
    )
    uow.session.add(negotiation)
    try:
        uow.session.flush()
    except IntegrityError as error:  # the same click, on another process
        raise AlreadyDone() from error
    return negotiation


def _parties(uow: UnitOfWork, negotiation_id: str, opening: Opening) -> list[Party]:
    letters = letters_of((party.kind, party.short_name) for party in opening.parties)
    keys = party_keys([party.kind for party in opening.parties])
    rows = [
        Party(
            negotiation_id=negotiation_id,
            key=key,
            kind=party.kind,
            side=party.side,
            name=party.name,
            short_name=party.short_name,
            letter=letter,
            position=position,
        )
        for position, (party, key, letter) in enumerate(zip(opening.parties, keys, letters, strict=True))
    ]
    uow.session.add_all(rows)
    uow.session.flush()
    return rows


def _members(
    uow: UnitOfWork, parties: Sequence[Party], opening: Opening, *, person_id: str, carried: Carried
) -> tuple[Member, tuple[Invited, ...]]:
    """Who opens the table sits at it; the others are invited."""
    mine = parties[opening.mine]
    author = Member(
        negotiation_id=mine.negotiation_id,
        party_id=mine.id,
        person_id=person_id,
        key=free_key(opening.author.title, (), within=mine.key),
        title=opening.author.title,
        rights=[str(right) for right in opening.author.rights],
        position=0,
        joined_at=now(),
    )
    uow.session.add(author)
    uow.session.flush()
    invited = [
        _invited(uow, row, seat, invited_by=author.id, carried=carried)
        for party, row in zip(opening.parties, parties, strict=True)
        for seat in party.seats
    ]
    return author, tuple(invited)


def _invited(uow: UnitOfWork, party: Party, seat: Seat, *, invited_by: str, carried: Carried) -> Invited:
    checked = CheckedSeat(seat.title, seat.rights, None)
    member = seat_somebody(uow, party, email=checked_email(seat.email), seat=checked, invited_by=invited_by)
    token = send_invitation(uow, member, carried)
    return Invited(member.id, seat.email, seat.title, party.short_name, token)


def _documents(uow: UnitOfWork, negotiation: Negotiation, opening: Opening, *, parties: Sequence[Party]) -> None:
    _document(uow, negotiation, DocumentKind.CADRAGE, FRAMING_TITLE, wanted=opening.trame.framing, parties=parties)
    _document(uow, negotiation, DocumentKind.CONTRACT, opening.title, wanted=_parts(opening), parties=parties)


def _parts(opening: Opening) -> tuple[TramePart, ...]:
    """Those of the template, then an objective for each theme that the contract before left."""
    known = sum(part.kind is PartKind.STRATEGIC_OBJECTIVE for part in opening.trame.walk())
    themes = tuple(
        TramePart(f"theme{index}", PartKind.STRATEGIC_OBJECTIVE, str(known + index), title)
        for index, title in enumerate(opening.themes, start=1)
    )
    return (*opening.trame.parts, *themes)


def _document(
    uow: UnitOfWork,
    negotiation: Negotiation,
    kind: DocumentKind,
    title: str,
    *,
    wanted: Sequence[TramePart],
    parties: Sequence[Party],
) -> None:
    document = Document(negotiation_id=negotiation.id, kind=kind, title=title, attributes={})
    uow.session.add(document)
    uow.session.flush()
    rows = TrameRows(
        negotiation.id,
        document.id,
        deciding=[party for party in parties if party.side is not Side.ASSOCIATE],
        years=years_between(negotiation.contract_start, negotiation.contract_end),
    )
    known = known_words(
        [(party.kind, party.name) for party in parties],
        starts_on=negotiation.contract_start,
        ends_on=negotiation.contract_end,
    )
    rows.add_all(filled(wanted, known))
    rows.save(uow)


def _calendar(uow: UnitOfWork, negotiation_id: str, opening: Opening, *, parties: Sequence[Party]) -> None:
    for position, (milestone, day) in enumerate(calendar_of(opening.trame.milestones, opening.signature_on)):
        uow.session.add(
            CalendarItem(
                negotiation_id=negotiation_id,
                key=milestone.key,
                phase=str(milestone.phase),
                kind=str(milestone.kind),
                on=day,
                title=milestone.title,
                party_keys=[party.key for party in parties],
                produces=milestone.produces,
                status="planned",
                position=position,
            )
        )


def _before(uow: UnitOfWork, opening: Opening) -> dict[str, object]:
    """The contract that it comes after: by its key, and by the reference that people read."""
    if not opening.follows:
        return {}
    query = select(col(Negotiation.reference)).where(col(Negotiation.key) == opening.follows)
    return {"follows": opening.follows, "follows_reference": uow.session.execute(query).scalar_one()}


def _facts(
    opening: Opening, negotiation: Negotiation, *, parties: Sequence[Party], structures: Sequence[Essms]
) -> dict[str, object]:
    """What the chain proves of the start: the frame, the template by its fingerprint, nobody's address."""
    trame = json.dumps(as_mapping(opening.trame), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {
        **({"themes": list(opening.themes)} if opening.themes else {}),
        "key": negotiation.key,
        "title": negotiation.title,
        "trame": opening.trame.key,
        "trame_hash": hashlib.sha256(trame.encode()).hexdigest(),
        "contract_start": negotiation.contract_start.isoformat(),
        "contract_end": negotiation.contract_end.isoformat(),
        "extension_months_max": negotiation.extension_months_max,
        "signature_wished_on": opening.signature_on.isoformat(),
        "parties": [{"key": row.key, "kind": str(row.kind), "name": row.name, "letter": row.letter} for row in parties],
        "members": [
            {"party": row.key, "title": seat.title, "rights": [str(right) for right in seat.rights]}
            for row, party in zip(parties, opening.parties, strict=True)
            for seat in ((opening.author, *party.seats) if party is opening.parties[opening.mine] else party.seats)
        ],
        "essms": [_told(row, one) for row, one in zip(structures, opening.structures, strict=True)],
    }


def _told(row: Essms, structure: Structure) -> dict[str, object]:
    return {"key": row.key, "finess": structure.finess, "name": structure.name, "places": structure.places}
