"""L'extrait d'une structure: everything that concerns one establishment or service, on one page that prints."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.totals import Totals, totals_of
from app.security import serves
from negotiation.errors import NotFound
from negotiation.rules.vocabulary import Action, ClauseKind, ClauseState, PartKind
from negotiation.services.access import require
from negotiation.store.queries import readings
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.opening import StructureView, perimeter_of
from negotiation.store.queries.readings import Finances, Section

extract = Blueprint("extract", __name__)


@dataclass(frozen=True)
class Extract:
    """What concerns one structure: the parts that name it, the indicators of its fiches, the lines it spends."""

    structure: StructureView
    objectives: tuple[Section, ...]
    fiches: tuple[Section, ...]
    indicators: tuple[Section, ...]
    finances: Finances
    totals: Totals | None

    @property
    def sections(self) -> tuple[Section, ...]:
        """Every part, in the order of the page."""
        return (*self.objectives, *self.fiches, *self.indicators, *self.finances.lines)

    @property
    def engagements(self) -> tuple[ClauseCard, ...]:
        found = {card.id: card for part in self.sections for card in part.cards if card.kind is ClauseKind.ENGAGEMENT}
        return tuple(sorted(found.values(), key=lambda card: card.code))


@extract.get("/negociations/<negotiation_id>/structures/<essms_id>")
@serves(Action.READ_TABLE)
def show_structure(negotiation_id: str, essms_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        found = extract_of(session, frame, essms_id)
        return render_template("search/structure.html", **frame.context("table", extract=found, written=written))


def extract_of(session: Session, frame: Frame, essms_id: str) -> Extract:
    """As this person reads it. `essms_id`: its id, or its key, by which clauses, parts and filters name it.

    Raises NotFound, also for a structure of another negotiation.
    """
    perimeter = perimeter_of(session, frame.negotiation.id)
    structure = next((one for one in perimeter if essms_id in (one.id, one.key)), None)
    if structure is None:
        raise NotFound()
    fiches = _naming(readings.sections_of(session, frame.actor, PartKind.FICHE_ACTION), structure.key)
    finances = readings.finances_of(session, frame.actor)
    spent = tuple(line for line in finances.lines if line.value("essms") == structure.key)
    own = replace(finances, lines=spent)
    titles = readings.titles_of(session, frame.actor)
    return Extract(
        structure=structure,
        objectives=_naming(readings.sections_of(session, frame.actor, PartKind.STRATEGIC_OBJECTIVE), structure.key),
        fiches=fiches,
        indicators=_measuring(readings.sections_of(session, frame.actor, PartKind.INDICATOR), fiches, structure.key),
        finances=own,
        totals=totals_of(own, frame.by_key(), titles) if spent else None,
    )


def written(section: Section) -> tuple[ClauseCard, ...]:
    """The clauses of a part of which something is to be read, or on which something happens."""
    return tuple(
        card
        for card in section.cards
        if card.text or card.value is not None or card.state not in (ClauseState.TO_WRITE, ClauseState.WITHDRAWN)
    )


def _naming(sections: Iterable[Section], key: str) -> tuple[Section, ...]:
    return tuple(section for section in sections if key in (section.attributes.get("essms_ids") or ()))


def _measuring(sections: Iterable[Section], fiches: tuple[Section, ...], key: str) -> tuple[Section, ...]:
    """Indicators below these fiches, shared by them, or that name the structure themselves."""
    ids = {fiche.id for fiche in fiches}
    shared = {name for fiche in fiches for name in fiche.attributes.get("indicator_ids") or ()}
    return tuple(
        section
        for section in sections
        if section.parent_id in ids or section.key in shared or key in (section.attributes.get("essms_ids") or ())
    )
