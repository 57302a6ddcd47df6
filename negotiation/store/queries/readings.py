"""What surrounds the text, in readable form: framing note, diagnosis, indicators, finances, calendar, follow-up."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, SQLModel, col

from negotiation.rules.policy import Actor
from negotiation.rules.reviews import Against, against
from negotiation.rules.vocabulary import DocumentKind, PartKind
from negotiation.store.contract import Document, Essms, Framework, Part
from negotiation.store.following import Avenant, AvenantMove, DialogueDeGestion, Evaluation
from negotiation.store.preparation import (
    CalendarItem,
    Consultation,
    Datum,
    Diagnosis,
    Finding,
    SupportDocument,
)
from negotiation.store.queries.amended import Amended, added_for, added_years_of
from negotiation.store.queries.clauses import ClauseCard, cards_of_parts
from negotiation.store.queries.observed import Observed, observed_values
from negotiation.store.queries.visibility import visible
from negotiation.store.seances import Seance

Facts = dict[str, Any]
"""A row as a plain dictionary: shown, never written."""


@dataclass(frozen=True)
class Section:
    """A part with its clauses, by field too."""

    id: str
    code: str
    title: str
    parent_id: str | None
    key: str
    attributes: dict[str, Any]
    cards: tuple[ClauseCard, ...]

    def card(self, field: str) -> ClauseCard | None:
        return next((card for card in self.cards if card.field == field), None)

    def value(self, field: str) -> Any:
        card = self.card(field)
        return card.value if card else None

    def text(self, field: str) -> str:
        card = self.card(field)
        return card.text if card else ""

    def by_year(self, prefix: str) -> dict[str, ClauseCard]:
        """Cells « targets.2028 » or « amounts.2025 », by year."""
        dotted = f"{prefix}."
        return {card.field.removeprefix(dotted): card for card in self.cards if card.field.startswith(dotted)}


@dataclass(frozen=True)
class FramingNote:
    title: str
    facts: Facts
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class DiagnosisView:
    """`diagnosis` is None when nothing was written yet."""

    diagnosis: Facts | None
    findings: tuple[Facts, ...]
    data: tuple[Facts, ...]
    documents: tuple[Facts, ...]


@dataclass(frozen=True)
class Indicator:
    """`observed`: by year, what a dialogue de gestion holds, else what a file declares; `added`: the targets of the
    years that signed avenants added."""

    section: Section
    observed: dict[str, Observed]
    added: dict[str, Amended]

    @property
    def last_reading(self) -> tuple[str, Against] | None:
        """The last year observed, and how its value reads against the target; None where either lacks."""
        for year in sorted(self.observed, reverse=True):
            target = self.section.by_year("targets").get(year) or self.added.get(year)
            direction, unit = self.section.value("direction"), self.section.text("unit")
            read = against(self.observed[year].value, target.value if target else None, direction=direction, unit=unit)
            if read:
                return year, read
        return None


@dataclass(frozen=True)
class Finances:
    """Lines with their cells; `years` in order."""

    framework: Facts | None
    lines: tuple[Section, ...]
    years: tuple[str, ...]
    essms: dict[str, str]


@dataclass(frozen=True)
class Calendar:
    """`seances`: those that a file told; those held here have a page of their own."""

    items: tuple[Facts, ...]
    seances: tuple[Facts, ...]
    consultations: tuple[Facts, ...]


@dataclass(frozen=True)
class FollowUp:
    dialogues: tuple[Facts, ...]
    avenants: tuple[Facts, ...]
    avenant_moves: dict[str, tuple[Facts, ...]]
    evaluation: Facts | None
    essms: tuple[Facts, ...]


def framing_note(session: Session, actor: Actor) -> FramingNote | None:
    query = select(Document).where(
        col(Document.negotiation_id) == actor.negotiation_id, col(Document.kind) == DocumentKind.CADRAGE
    )
    document = session.execute(query).scalar_one_or_none()
    if document is None:
        return None
    return FramingNote(document.title, document.attributes, sections_of(session, actor, PartKind.FRAMING_SECTION))


def diagnosis_view(session: Session, actor: Actor) -> DiagnosisView:
    """The shared diagnosis, and the documents handed over that this person may know of."""
    negotiation_id = actor.negotiation_id
    documents = (
        select(SupportDocument)
        .where(col(SupportDocument.negotiation_id) == negotiation_id, visible(SupportDocument.circle, actor))
        .order_by(col(SupportDocument.position))
    )
    found = _all(session, Diagnosis, negotiation_id)
    return DiagnosisView(
        diagnosis=found[0] if found else None,
        findings=_all(session, Finding, negotiation_id),
        data=_all(session, Datum, negotiation_id),
        documents=tuple(_facts(row) for row in session.execute(documents).scalars()),
    )


def indicators_of(session: Session, actor: Actor) -> tuple[Indicator, ...]:
    observed = {
        part_id: {str(each.year): each for each in values}
        for part_id, values in observed_values(session, actor, actor.negotiation_id).items()
    }
    sections = sorted(sections_of(session, actor, PartKind.INDICATOR), key=lambda section: section.code)
    added = added_for(session, actor)
    return tuple(
        Indicator(section, observed.get(section.id, {}), added_years_of(added, section.id, "targets"))
        for section in sections
    )


def finances_of(session: Session, actor: Actor) -> Finances:
    negotiation_id = actor.negotiation_id
    lines = sections_of(session, actor, PartKind.FUNDING_LINE)
    years = sorted({year for line in lines for year in line.by_year("amounts")})
    frameworks = _all(session, Framework, negotiation_id)
    return Finances(frameworks[0] if frameworks else None, lines, tuple(years), _essms(session, negotiation_id))


def calendar_of(session: Session, negotiation_id: str) -> Calendar:
    return Calendar(
        items=tuple(
            sorted(_all(session, CalendarItem, negotiation_id), key=lambda item: (item["on"], item["time"] or ""))
        ),
        seances=tuple(each for each in _all(session, Seance, negotiation_id) if each["planned_by"] is None),
        consultations=_all(session, Consultation, negotiation_id),
    )


def follow_up_of(session: Session, actor: Actor) -> FollowUp:
    negotiation_id = actor.negotiation_id
    moves: dict[str, list[Facts]] = {}
    query = (
        select(AvenantMove)
        .where(col(AvenantMove.negotiation_id) == negotiation_id, visible(AvenantMove.circle, actor))
        .order_by(col(AvenantMove.avenant_id), col(AvenantMove.rank))
    )
    for row in session.execute(query).scalars():
        moves.setdefault(row.avenant_id, []).append(_facts(row))
    evaluations = _all(session, Evaluation, negotiation_id)
    return FollowUp(
        dialogues=_all(session, DialogueDeGestion, negotiation_id),
        avenants=_all(session, Avenant, negotiation_id),
        avenant_moves={avenant_id: tuple(found) for avenant_id, found in moves.items()},
        evaluation=evaluations[0] if evaluations else None,
        essms=_all(session, Essms, negotiation_id),
    )


def sections_of(session: Session, actor: Actor, kind: PartKind) -> tuple[Section, ...]:
    """The parts of one kind with their clauses, in order."""
    query = (
        select(Part)
        .where(
            col(Part.negotiation_id) == actor.negotiation_id,
            visible(Part.circle, actor),
            col(Part.dropped_at).is_(None),
            col(Part.kind) == kind,
        )
        .order_by(col(Part.position))
    )
    parts = session.execute(query).scalars().all()
    cards = cards_of_parts(session, actor, [part.id for part in parts])
    return tuple(
        Section(part.id, part.code, part.title, part.parent_id, part.key, part.attributes, cards.get(part.id, ()))
        for part in parts
    )


def titles_of(session: Session, actor: Actor) -> dict[str, tuple[str, str]]:
    """Code and title of every part, by its key in the file."""
    query = select(col(Part.key), col(Part.code), col(Part.title)).where(
        col(Part.negotiation_id) == actor.negotiation_id, visible(Part.circle, actor)
    )
    return {key: (code, title) for key, code, title in session.execute(query)}


def _essms(session: Session, negotiation_id: str) -> dict[str, str]:
    query = select(col(Essms.key), col(Essms.name)).where(col(Essms.negotiation_id) == negotiation_id)
    return dict(session.execute(query.order_by(col(Essms.position))).all())


def _all(session: Session, row: type[SQLModel], negotiation_id: str) -> tuple[Facts, ...]:
    """Rows of a table that carries only shared facts, in their order."""
    columns = row.__table__.columns  # type: ignore[attr-defined]
    query = select(row).where(columns.negotiation_id == negotiation_id)
    if "position" in columns:
        query = query.order_by(columns.position)
    return tuple(_facts(found) for found in session.execute(query).scalars())


def _facts(row: SQLModel) -> Facts:
    kept: dict[str, str | int | date | datetime | list[Any] | dict[str, Any] | None] = row.model_dump(
        exclude={"negotiation_id", "rank"}  # a rank counts what other circles said
    )
    return kept
