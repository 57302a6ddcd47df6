"""What the empty table says to do first."""

from dataclasses import dataclass

from sqlmodel import Session

from app.pages.frame import Frame
from negotiation.rules.trame import MilestoneKind
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.negotiations import MeetingView
from negotiation.store.queries.opening import first_meeting, perimeter_of
from negotiation.store.queries.readings import framing_note

DOCUMENTS_EXPECTED = "documents_expected"
"""The field of the note that says which documents are to be handed over."""


@dataclass(frozen=True)
class Start:
    """`copil`: the first steering committee of the calendar; `outside`: structures « hors autorisation »;
    `documents`: the clause of the note that lists those to hand over, None when it has none."""

    note_parts: int
    documents: ClauseCard | None
    copil: MeetingView | None
    structures: int
    outside: int


def start_of(session: Session, frame: Frame) -> Start:
    """For a table on which nothing is tabled yet."""
    structures = perimeter_of(session, frame.negotiation.id)
    note = framing_note(session, frame.actor)
    sections = note.sections if note else ()
    listing = (card for section in sections for card in section.cards if card.field == DOCUMENTS_EXPECTED)
    return Start(
        note_parts=len(sections),
        documents=next(listing, None),
        copil=first_meeting(session, frame.negotiation.id, MilestoneKind.COPIL),
        structures=len(structures),
        outside=sum(one.outside_authorisation for one in structures),
    )
