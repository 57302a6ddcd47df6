"""What the empty table says to do first."""

from dataclasses import dataclass

from sqlmodel import Session

from app.pages.frame import Frame
from negotiation.rules.trame import MilestoneKind
from negotiation.rules.vocabulary import DocumentKind
from negotiation.store.queries.negotiations import MeetingView, plan_of
from negotiation.store.queries.opening import first_meeting, perimeter_of


@dataclass(frozen=True)
class Start:
    """`copil`: the first steering committee of the calendar; `outside`: structures « hors autorisation »."""

    note_parts: int
    copil: MeetingView | None
    structures: int
    outside: int


def start_of(session: Session, frame: Frame) -> Start:
    """For a table on which nothing is tabled yet."""
    structures = perimeter_of(session, frame.negotiation.id)
    return Start(
        note_parts=len(plan_of(session, frame.actor, DocumentKind.CADRAGE)),
        copil=first_meeting(session, frame.negotiation.id, MilestoneKind.COPIL),
        structures=len(structures),
        outside=sum(one.outside_authorisation for one in structures),
    )
