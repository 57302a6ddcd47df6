"""A part with its place in the document: what the fiche, the article and the objective pages show."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, Circle, DocumentKind, PartKind
from negotiation.store.contract import Clause, Document, Essms, Part
from negotiation.store.queries.visibility import visible


@dataclass(frozen=True)
class PartView:
    """A part. `essms` are the names of the establishments it concerns, `document` the document that holds it."""

    id: str
    negotiation_id: str
    document: DocumentKind
    parent_id: str | None
    kind: PartKind
    key: str
    code: str
    title: str
    attributes: dict[str, Any]
    essms: tuple[str, ...]
    circle: Circle = SHARED
    is_dropped: bool = False


def part_view(session: Session, actor: Actor, part_id: str) -> PartView:
    """Raises NotFound, also for a part of another negotiation."""
    query = (
        select(Part, col(Document.kind))
        .join(Document, col(Document.id) == Part.document_id)
        .where(
            col(Part.id) == part_id,
            col(Part.negotiation_id) == actor.negotiation_id,
            visible(Part.circle, actor),
        )
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound()
    part, document = found
    named = select(col(Essms.key), col(Essms.name)).where(col(Essms.negotiation_id) == actor.negotiation_id)
    names = dict(session.execute(named).all())
    keys = part.attributes.get("essms_ids") or []
    return PartView(
        id=part.id,
        negotiation_id=part.negotiation_id,
        document=document,
        parent_id=part.parent_id,
        kind=part.kind,
        key=part.key,
        code=part.code,
        title=part.title,
        attributes=part.attributes,
        essms=tuple(names[key] for key in keys if key in names),
        circle=Circle.parse(part.circle),
        is_dropped=part.dropped_at is not None,
    )


def part_of_clause(session: Session, actor: Actor, clause_id: str) -> str:
    """The id of the part that holds a clause. Raises NotFound."""
    query = select(col(Clause.part_id)).where(
        col(Clause.id) == clause_id,
        col(Clause.negotiation_id) == actor.negotiation_id,
        visible(Clause.circle, actor),
    )
    part_id: str | None = session.execute(query).scalar_one_or_none()
    if part_id is None:
        raise NotFound()
    return part_id


@dataclass(frozen=True)
class Themes:
    """What the board filters by: establishments by key, those of each part, the theme of each objective."""

    essms: dict[str, str]
    essms_of: dict[str, frozenset[str]]
    themes: dict[str, str]


def themes_of(session: Session, actor: Actor) -> Themes:
    """Establishments and themes of the parts of a negotiation."""
    negotiation_id = actor.negotiation_id
    named = select(col(Essms.key), col(Essms.name)).where(col(Essms.negotiation_id) == negotiation_id)
    parts = select(col(Part.id), col(Part.attributes)).where(
        col(Part.negotiation_id) == negotiation_id, visible(Part.circle, actor)
    )
    objectives = select(col(Clause.part_id), col(Clause.working_text)).where(
        col(Clause.negotiation_id) == negotiation_id, visible(Clause.circle, actor), col(Clause.field) == "theme"
    )
    attributes = dict(session.execute(parts).all())
    return Themes(
        essms=dict(session.execute(named.order_by(col(Essms.position))).all()),
        essms_of={part_id: frozenset(found.get("essms_ids") or ()) for part_id, found in attributes.items()},
        themes=dict(session.execute(objectives).all()),
    )
