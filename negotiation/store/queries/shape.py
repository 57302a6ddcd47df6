"""What shaping the contract needs to see: what was dropped, what stands beside a part, what waits inside."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import DocumentKind, PartKind, VisaState
from negotiation.store.contract import Clause, Document, Essms, Part
from negotiation.store.inside import VisaRequest
from negotiation.store.queries.clauses import ClauseCard, cards_of_parts
from negotiation.store.queries.parts import PartView
from negotiation.store.queries.visibility import visible


@dataclass(frozen=True)
class PartName:
    """A part as a list names it."""

    id: str
    kind: PartKind
    code: str
    title: str


@dataclass(frozen=True)
class PartTexts:
    """A part with its clauses."""

    part: PartName
    cards: tuple[ClauseCard, ...]


def dropped_parts(session: Session, actor: Actor) -> tuple[PartName, ...]:
    """« Parties écartées »: each once, with what was dropped with it left unsaid."""
    above = aliased(Part)
    query = (
        select(col(Part.id), col(Part.kind), col(Part.code), col(Part.title))
        .join(Document, col(Document.id) == Part.document_id)
        .outerjoin(above, col(above.id) == Part.parent_id)
        .where(
            col(Part.negotiation_id) == actor.negotiation_id,
            visible(Part.circle, actor),
            col(Part.dropped_at).is_not(None),
            col(Document.kind) == DocumentKind.CONTRACT,
            col(above.dropped_at).is_(None) | (col(above.dropped_at) != Part.dropped_at),
        )
        .order_by(col(Part.position))
    )
    return tuple(PartName(*row) for row in session.execute(query))


def siblings_of(session: Session, actor: Actor, part: PartView) -> tuple[PartName, ...]:
    """The parts of the same kind in the same place of the tree and the same circle, the part among them, in order."""
    same_place = col(Part.parent_id) == part.parent_id if part.parent_id else col(Part.parent_id).is_(None)
    query = (
        select(col(Part.id), col(Part.kind), col(Part.code), col(Part.title))
        .join(Document, col(Document.id) == Part.document_id)
        .where(
            col(Part.negotiation_id) == actor.negotiation_id,
            visible(Part.circle, actor),
            col(Part.circle) == str(part.circle),
            col(Part.dropped_at).is_(None),
            col(Document.kind) == part.document,
            col(Part.kind) == part.kind,
            same_place,
        )
        .order_by(col(Part.position), col(Part.id))
    )
    return tuple(PartName(*row) for row in session.execute(query))


def establishments(session: Session, actor: Actor) -> tuple[tuple[str, str], ...]:
    """(key, name) of each establishment of the perimeter."""
    query = select(col(Essms.key), col(Essms.name)).where(col(Essms.negotiation_id) == actor.negotiation_id)
    return tuple((row.key, row.name) for row in session.execute(query.order_by(col(Essms.position))))


def inside_with(session: Session, actor: Actor, part: PartView) -> tuple[PartTexts, ...]:
    """The part and what hangs below it in its own circle, with their clauses: what leaves or is deleted together."""
    query = (
        select(col(Part.id), col(Part.kind), col(Part.code), col(Part.title), col(Part.parent_id))
        .where(
            col(Part.negotiation_id) == actor.negotiation_id,
            visible(Part.circle, actor),
            col(Part.circle) == str(part.circle),
        )
        .order_by(col(Part.position), col(Part.id))
    )
    rows = session.execute(query).all()
    together = {part.id}
    grown = True
    while grown:
        found = {row.id for row in rows if row.parent_id in together} - together
        together |= found
        grown = bool(found)
    kept = [PartName(*row[:4]) for row in rows if row.id in together]
    cards = cards_of_parts(session, actor, [each.id for each in kept])
    return tuple(PartTexts(each, cards.get(each.id, ())) for each in kept)


def waits_for_visa(session: Session, actor: Actor, parts: tuple[PartTexts, ...]) -> bool:
    """Whether texts of these parts wait for a visa of the actor's party."""
    ids = [card.id for part in parts for card in part.cards]
    query = (
        select(col(VisaRequest.id))
        .join(Clause, col(Clause.id) == VisaRequest.clause_id)
        .where(
            col(Clause.id).in_(ids),
            visible(VisaRequest.circle, actor),
            col(VisaRequest.state) == VisaState.WAITING,
        )
        .limit(1)
    )
    return session.execute(query).first() is not None
