"""How a sentence names a clause: an engagement by its code, an article by its own, a field by its label and part."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import LIVE_AFTER_GEL, ClauseKind, PartKind
from negotiation.store.contract import Clause, Part
from negotiation.store.queries.visibility import visible

_FIELD_OF_ARTICLE = "markdown"
_PARTS = {
    PartKind.ARTICLE: "l’article",
    PartKind.STRATEGIC_OBJECTIVE: "l’objectif",
    PartKind.OPERATIONAL_OBJECTIVE: "l’objectif",
    PartKind.FICHE_ACTION: "la fiche",
    PartKind.INDICATOR: "l’indicateur",
    PartKind.FUNDING_LINE: "la ligne",
}


@dataclass(frozen=True)
class ClauseName:
    """`said`: « l’engagement EN03 », « l’article 3 », « la clause « Contexte » de la fiche FA01 »."""

    id: str
    said: str


def clause_names(session: Session, actor: Actor, clause_ids: Iterable[str] | None = None) -> dict[str, ClauseName]:
    """By clause id, those of dropped parts too; what this person doesn't read has none. None asks for every clause."""
    query = (
        select(Clause, Part)
        .join(Part, col(Part.id) == Clause.part_id)
        .where(
            col(Clause.negotiation_id) == actor.negotiation_id,
            visible(Clause.circle, actor),
            visible(Part.circle, actor),
        )
    )
    if clause_ids is not None:
        query = query.where(col(Clause.id).in_(sorted(set(clause_ids))))
    return {clause.id: ClauseName(clause.id, _said(clause, part)) for clause, part in session.execute(query)}


def _said(clause: Clause, part: Part) -> str:
    if clause.code:
        return f"{'l’engagement' if clause.kind is ClauseKind.ENGAGEMENT else 'la clause'} {clause.code}"
    if part.kind is PartKind.FRAMING_SECTION:
        return f"la clause « {clause.label} » de la note de cadrage"
    if part.kind is PartKind.MINUTES:
        return f"le passage « {clause.label} » du relevé « {part.title} »"
    if part.kind in LIVE_AFTER_GEL:
        return f"« {clause.label} » ({part.title[:1].lower()}{part.title[1:]})"
    place = f"{_PARTS[part.kind]} {part.code or f'« {part.title} »'}"
    if part.kind is PartKind.ARTICLE and clause.field == _FIELD_OF_ARTICLE:
        return place
    return f"la clause « {clause.label} » de {place}"
