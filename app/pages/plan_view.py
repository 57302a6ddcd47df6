"""What the plan of the contract offers on pages that show no part: what to add at its top, what was dropped from it."""

from dataclasses import dataclass

from sqlmodel import Session

from app.pages.frame import Frame
from app.pages.shape_view import addable, may_shape
from negotiation.store.queries.shape import PartName, dropped_parts


@dataclass(frozen=True)
class PlanShape:
    """The same names as `shape_view.Shape`, for the same template."""

    may_shape: bool
    addable_at_top: tuple[str, ...]
    dropped: tuple[PartName, ...]


def plan_shape(session: Session, frame: Frame) -> PlanShape:
    return PlanShape(
        may_shape=may_shape(frame),
        addable_at_top=addable(None),
        dropped=frame.read_by_party("dropped parts", read=lambda ours: dropped_parts(session, ours.actor)),
    )
