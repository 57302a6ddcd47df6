"""The gate before the gel: what keeps the contract open, what deserves a look, and what is settled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.consultations import Missing, missing
from negotiation.rules.gate import AtGate, OpenReason, open_reasons
from negotiation.rules.vocabulary import ClauseKind, ClauseState, DocumentKind, PartKind, ReserveState, Side
from negotiation.store.contract import Document, Part
from negotiation.store.preparation import Consultation
from negotiation.store.queries.clauses import ClauseCard, cards_on_the_table
from negotiation.store.queries.closing import deciding_parties, signatory_members
from negotiation.store.queries.people import parties_of
from negotiation.store.queries.visibility import on_the_table


@dataclass(frozen=True)
class Place:
    """The part where something stands."""

    id: str
    kind: PartKind
    code: str
    title: str


@dataclass(frozen=True)
class OpenPoint:
    """One reason why the gel waits. `waits_for`: the party ids that can settle it.

    `clause_id` and `place` are empty for what no clause can settle.
    """

    reason: OpenReason
    clause_id: str = ""
    place: Place | None = None
    code: str = ""
    label: str = ""
    state: ClauseState | None = None
    waits_for: frozenset[str] = frozenset()


class Concern(StrEnum):
    """What deserves a look and blocks nothing. Codes of `rules.checks`."""

    NO_BASELINE = "V03"
    NO_FUNDER = "V13"
    NO_CONSULTATION = "V24"
    TEXT_TO_COMPLETE = "V34"


@dataclass(frozen=True)
class GateWarning:
    """Where the concern is; no place for what concerns the whole contract. `missing`: who is not said to be heard."""

    concern: Concern
    place: Place | None = None
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True)
class Gate:
    """The whole of it. `left_empty` counts the texts that nobody wrote; `maintained` the reserves to be printed."""

    points: tuple[OpenPoint, ...]
    warnings: tuple[GateWarning, ...]
    agreed: int
    withdrawn: int
    left_empty: int
    maintained: int

    @property
    def is_open(self) -> bool:
        """Whether the contract can be frozen."""
        return not self.points


def gate_of(session: Session, negotiation_id: str) -> Gate:
    """Everything that the page shows before the gel, in the order of the parts."""
    places = _places(session, negotiation_id)
    order = {part_id: rank for rank, part_id in enumerate(places)}
    cards = [card for card in cards_on_the_table(session, negotiation_id) if card.part_id in places]
    cards.sort(key=lambda card: order[card.part_id])
    engagements = [card for card in cards if card.kind is ClauseKind.ENGAGEMENT]
    return Gate(
        points=(
            *(point for card in cards for point in _points_of(card, places[card.part_id])),
            *_parties_without_signatory(session, negotiation_id),
        ),
        warnings=tuple(_warnings(session, negotiation_id, cards, places)),
        agreed=sum(card.state is ClauseState.AGREED for card in engagements),
        withdrawn=sum(card.state is ClauseState.WITHDRAWN for card in engagements),
        left_empty=sum(_is_left_empty(card) for card in cards),
        maintained=sum(
            reserve.state is ReserveState.MAINTAINED
            for card in cards
            if card.state is not ClauseState.WITHDRAWN
            for reserve in card.reserves
        ),
    )


def open_points(session: Session, negotiation_id: str) -> tuple[OpenPoint, ...]:
    """What keeps the contract from being frozen; empty when nothing does."""
    return gate_of(session, negotiation_id).points


def _places(session: Session, negotiation_id: str) -> dict[str, Place]:
    query = (
        select(col(Part.id), col(Part.kind), col(Part.code), col(Part.title))
        .join(Document, col(Document.id) == Part.document_id)
        .where(
            col(Part.negotiation_id) == negotiation_id,
            on_the_table(Part.circle),
            col(Part.dropped_at).is_(None),
            col(Document.kind) == DocumentKind.CONTRACT,
        )
        .order_by(col(Part.position))
    )
    return {row.id: Place(row.id, row.kind, row.code, row.title) for row in session.execute(query)}


def _at_gate(card: ClauseCard) -> AtGate:
    """A cell that follows an engagement, and on which nobody tabled anything, is settled with that engagement."""
    if card.follows_id is not None and not card.situation.versions:
        return AtGate(card.kind, card.situation)
    return AtGate(card.kind, card.situation, card.text, card.value)


def _points_of(card: ClauseCard, place: Place) -> Iterable[OpenPoint]:
    waits_for = {OpenReason.RESERVE_OPEN: card.situation.open_reserves}
    for reason in open_reasons(_at_gate(card)):
        yield OpenPoint(
            reason=reason,
            clause_id=card.id,
            place=place,
            code=card.code,
            label=card.label,
            state=card.state,
            waits_for=waits_for.get(reason, card.waits_for),
        )


def _is_left_empty(card: ClauseCard) -> bool:
    empty = card.kind is not ClauseKind.ENGAGEMENT and not card.follows_id and not _at_gate(card).is_written
    return empty and card.state is ClauseState.TO_WRITE


def _parties_without_signatory(session: Session, negotiation_id: str) -> Iterable[OpenPoint]:
    having = {member.party.id for member in signatory_members(session, negotiation_id)}
    for party in deciding_parties(session, negotiation_id):
        if party.id not in having:
            yield OpenPoint(OpenReason.NO_SIGNATORY, waits_for=frozenset({party.id}))


def _warnings(
    session: Session, negotiation_id: str, cards: Sequence[ClauseCard], places: Mapping[str, Place]
) -> Iterable[GateWarning]:
    incomplete = {card.part_id for card in cards if _at_gate(card).is_to_complete}
    held = {(card.part_id, card.field) for card in cards if card.text or card.value is not None}
    for place in places.values():
        baseline = {(place.id, "baseline.year"), (place.id, "baseline.value")}
        if place.kind is PartKind.INDICATOR and not baseline <= held:
            yield GateWarning(Concern.NO_BASELINE, place)
        if place.kind is PartKind.FUNDING_LINE and (place.id, "funder") not in held:
            yield GateWarning(Concern.NO_FUNDER, place)
        if place.id in incomplete:
            yield GateWarning(Concern.TEXT_TO_COMPLETE, place)
    if unheard := missing_consultations(session, negotiation_id):
        yield GateWarning(Concern.NO_CONSULTATION, missing=unheard)


def missing_consultations(session: Session, negotiation_id: str) -> tuple[Missing, ...]:
    """Bodies that no party recorded to have heard, deliberations not sent to the State: V24, V25."""
    heard = select(
        col(Consultation.party_key), col(Consultation.body), col(Consultation.kind), col(Consultation.sent_on)
    ).where(col(Consultation.negotiation_id) == negotiation_id)
    recorded = [(row.party_key, row.body, row.kind, row.sent_on is not None) for row in session.execute(heard)]
    parties = parties_of(session, negotiation_id)
    return missing([(party.key, party.kind) for party in parties if party.side is not Side.ASSOCIATE], recorded)
