"""What opening a negotiation reads: templates and preparations of one person, the perimeter, the first meeting."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.opening import outside_authorisation
from negotiation.rules.trame import Trame, built_in_trames, trame_from_mapping
from negotiation.store.contract import Essms, Negotiation
from negotiation.store.preparation import CalendarItem, OpeningDraft, StoredTrame
from negotiation.store.queries.negotiations import MeetingView


@dataclass(frozen=True)
class TrameCard:
    """A template that this person may open from. `id` names it in a form: its key, or the row's id."""

    id: str
    trame: Trame
    title: str
    changed_at: datetime | None = None

    @property
    def is_own(self) -> bool:
        return self.changed_at is not None


@dataclass(frozen=True)
class DraftCard:
    id: str
    title: str
    changed_at: datetime


@dataclass(frozen=True)
class StructureView:
    """An establishment or service of the perimeter. `funders` are keys of parties."""

    id: str
    key: str
    name: str
    category: str
    finess: str
    commune: str
    places: int
    funders: tuple[str, ...]
    authorised_until: date | None
    outside_authorisation: bool
    fingerprint: str
    """Of what the form shows: whoever changes it says what he read."""


def trames_for(session: Session, person_id: str) -> tuple[TrameCard, ...]:
    """Those of the product, then the person's own, the latest changed first."""
    own = (
        select(StoredTrame).where(col(StoredTrame.person_id) == person_id).order_by(col(StoredTrame.changed_at).desc())
    )
    built_in = [TrameCard(trame.key, trame, trame.title) for trame in built_in_trames()]
    return (*built_in, *(_card(row) for row in session.execute(own).scalars()))


def own_trame(session: Session, person_id: str, trame_id: str) -> TrameCard:
    """Raises NotFound, also for somebody else's."""
    row = session.get(StoredTrame, trame_id)
    if row is None or row.person_id != person_id:
        raise NotFound()
    return _card(row)


def drafts_of(session: Session, person_id: str) -> tuple[DraftCard, ...]:
    """What the person keeps in preparation, the latest first."""
    query = select(col(OpeningDraft.id), col(OpeningDraft.title), col(OpeningDraft.changed_at)).where(
        col(OpeningDraft.person_id) == person_id
    )
    rows = session.execute(query.order_by(col(OpeningDraft.changed_at).desc()))
    return tuple(DraftCard(row.id, row.title, row.changed_at) for row in rows)


def draft_fields(session: Session, person_id: str, draft_id: str) -> dict[str, Any]:
    """What was typed. Raises NotFound, also for somebody else's."""
    draft = session.get(OpeningDraft, draft_id)
    if draft is None or draft.person_id != person_id:
        raise NotFound()
    return dict(draft.fields)


def perimeter_of(session: Session, negotiation_id: str) -> tuple[StructureView, ...]:
    """In order. What every party reads: nothing here belongs to one of them."""
    end = session.execute(
        select(col(Negotiation.contract_end)).where(col(Negotiation.id) == negotiation_id)
    ).scalar_one()
    query = select(Essms).where(col(Essms.negotiation_id) == negotiation_id).order_by(col(Essms.position))
    return tuple(
        StructureView(
            id=row.id,
            key=row.key,
            name=row.name,
            category=row.category,
            finess=row.finess,
            commune=row.commune,
            places=row.total_places,
            funders=tuple(row.funder_party_ids),
            authorised_until=row.authorised_until,
            outside_authorisation=outside_authorisation(row.authorised_until, end),
            fingerprint=fingerprint_of(row),
        )
        for row in session.execute(query).scalars()
    )


def fingerprint_of(row: Essms) -> str:
    """Of what the form shows of a structure."""
    until = row.authorised_until.isoformat() if row.authorised_until else None
    facts = [row.name, row.category, row.finess, row.commune, row.total_places, row.funder_party_ids, until]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()[:16]


def first_meeting(session: Session, negotiation_id: str, kind: str) -> MeetingView | None:
    """The first of that kind in the calendar, past or to come."""
    query = (
        select(CalendarItem)
        .where(col(CalendarItem.negotiation_id) == negotiation_id, col(CalendarItem.kind) == str(kind))
        .order_by(col(CalendarItem.on), col(CalendarItem.position))
        .limit(1)
    )
    item = session.execute(query).scalar_one_or_none()
    return MeetingView(item.title, item.on, item.time, item.place, item.kind) if item else None


def _card(row: StoredTrame) -> TrameCard:
    return TrameCard(row.id, trame_from_mapping(row.content), row.title, row.changed_at)
