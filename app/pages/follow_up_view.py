"""The follow-up as pages show it: its years, one dialogue value by value, its actions in time. Only shared rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app.pages.frame import Frame
from app.pages.presentation import date_fr
from app.pages.review_view import Row, is_signed, may_open, review_context, rows_of
from negotiation.documents.actions_plot import actions_plot
from negotiation.rules.reviews import (
    GROUPS,
    Field,
    Held,
    Progress,
    Standing,
    YearState,
    against,
    is_late,
    spent,
    state_of_year,
    warnings,
)
from negotiation.rules.vocabulary import PartKind, ReviewKind
from negotiation.store.queries import readings
from negotiation.store.queries.amended import Amended, added_for, amended_for
from negotiation.store.queries.amendments import amendments_to
from negotiation.store.queries.clauses import ABOUT, ClauseCard, cards_by_id, cards_of_part
from negotiation.store.queries.next_contract import following_of
from negotiation.store.queries.observed import observed_values
from negotiation.store.queries.reviews import (
    ReviewView,
    amendments_of,
    asked_changes,
    held_dialogues,
    planned_actions,
    reviews_of,
)
from negotiation.store.queries.seances import seances_of


@dataclass(frozen=True)
class Year:
    """An exercise year of the contract, with its dialogue where one was written here."""

    year: int
    state: YearState
    review: ReviewView | None


def follow_up_context(session: Session, frame: Frame) -> dict[str, Any]:
    """The page of the whole follow-up."""
    actor = frame.actor
    held = held_dialogues(session, actor)
    reviews = {each.year: each for each in reviews_of(session, actor, ReviewKind.DIALOGUE)}
    years = years_of(frame, held, reviews) if is_signed(frame) else ()
    avenants = tuple(each for each in following_of(session, actor) if each.is_avenant)
    amended = amendments_to(session, actor)
    known = {each.negotiation_id for each in amended}
    told = {
        "is_signed": is_signed(frame),
        "years": years,
        "may_open": may_open(frame),
        "openable": [each.year for each in years if each.review is None and each.year <= frame.today.year],
        "seances": seances_of(session, actor) if may_open(frame) else (),
        "amendments": amendments_of(session, actor),
        "avenants": [each for each in avenants if each.id not in known],
        "listed": amended,
        "follow_up": readings.follow_up_of(session, actor),
        "titles": readings.titles_of(session, actor),
    }
    if not is_signed(frame):
        return told | {"warned": ()}
    asked = (*asked_changes(session, actor), *(each.asked for each in avenants))
    end, listed = frame.ends_on, [each.year for each in years]
    warned = warnings(listed, held, end=end, today=frame.today, asked=asked)
    return told | {"warned": warned} | actions_context(session, frame)


def years_of(frame: Frame, held: Iterable[Held], reviews: dict[int, ReviewView]) -> tuple[Year, ...]:
    listed, negotiation = list(held), frame.negotiation
    return tuple(
        Year(year, state_of_year(year, listed, frame.today), reviews.get(year))
        for year in range(negotiation.contract_start.year, frame.ends_on.year + 1)
    )


def dialogue_context(session: Session, frame: Frame, review: ReviewView, opened: str) -> dict[str, Any]:
    """The page of one dialogue; `opened`: the clause whose form is open."""
    cards = cards_of_part(session, frame.actor, review.part_id)
    contract = _Contract(session, frame, review.year, cards)
    rows = rows_of(session, frame, review, cards, about=contract.about)
    address = f"/negociations/{frame.negotiation.id}/suivi"
    pdf = (f"{address}/{review.year}/dialogue.pdf", "Dialogue approuvé (PDF)")
    word = (f"{address}/{review.year}/dialogue.docx", "Dialogue approuvé (Word)")
    return review_context(session, frame, review, rows, opened=opened) | {
        "groups": [
            (words, [row for row in rows if row.field is field])
            for field, words in GROUPS
            if field is not Field.MEETING
        ],
        "totals": _totals(rows),
        "amending": [each for each in amendments_of(session, frame.actor) if each.year == review.year],
        "files": (pdf, word) if review.approved_at else (),
        "declared": _declared_dialogue(session, frame, review.year, address=address),
    }


def _declared_dialogue(session: Session, frame: Frame, year: int, *, address: str) -> tuple[str, str] | None:
    """Where what a file declares of that year is read, and a sentence that says so."""
    declared = readings.follow_up_of(session, frame.actor).dialogues
    held = next((each["on"] for each in declared if each["year"] == year), None)
    return (f"{address}#declare-{year}", f"Un dialogue tenu le {date_fr(held)}.") if held else None


def actions_context(session: Session, frame: Frame) -> dict[str, Any]:
    """The actions of the contract in time."""
    negotiation, actions = frame.negotiation, planned_actions(session, frame.actor)
    return {
        "actions": actions,
        "plot": actions_plot(actions, start=negotiation.contract_start, end=frame.ends_on, today=frame.today),
        "late": {each.part_id for each in actions if is_late(each, frame.today)},
    }


def _totals(rows: Iterable[Row]) -> dict[str, Any] | None:
    """The lines of the year that say what was realised, in cents, beside what was agreed for the same ones."""
    lines = [row for row in rows if row.field is Field.REALISED]
    told = [row for row in lines if isinstance(row.card.value, int) and isinstance(row.aim, int)]
    if not told:
        return None
    agreed, realised = sum(row.aim for row in told), sum(row.card.value for row in told)
    reading = spent(realised, agreed)
    return {"told": len(told), "of": len(lines), "agreed": agreed, "realised": realised, "reading": reading}


class _Contract:
    """What the contract says of what a dialogue speaks of, read once."""

    def __init__(self, session: Session, frame: Frame, year: int, cards: Iterable[ClauseCard]) -> None:
        kinds = (PartKind.INDICATOR, PartKind.FICHE_ACTION, PartKind.FUNDING_LINE)
        self.year = str(year)
        self.sections = {each.id: each for kind in kinds for each in readings.sections_of(session, frame.actor, kind)}
        self.observed = observed_values(session, frame.actor, frame.negotiation.id)
        actions = planned_actions(session, frame.actor)
        self.noted = {
            action.part_id: next((each for each in action.notes if each.is_declared and each.year == year), None)
            for action in actions
        }
        decided = [str(card.attributes.get(ABOUT)) for card in cards if Field.of(card.field) is Field.DECISION]
        self.engagements = cards_by_id(session, frame.actor, decided)
        self.amended = amended_for(session, frame.actor)
        self.added = added_for(session, frame.actor)

    def about(self, card: ClauseCard) -> dict[str, Any]:
        """What a row says beside the value, by the name of its fields."""
        subject = self.sections.get(str(card.attributes.get(ABOUT)))
        match Field.of(card.field):
            case Field.OBSERVED if subject:
                aim = subject.by_year("targets").get(self.year)
                added = self.added.get((subject.id, f"targets.{self.year}"))
                target = aim.value if aim else added.value if added else None
                return {
                    "start": subject.value("baseline.value"),
                    "aim": target,
                    "amended": self._amended(aim) or added,
                    "declared": self._declared(subject.id),
                    "reading": against(card.value, target, direction=subject.value("direction"), unit=card.unit),
                }
            case Field.PROGRESS if subject:
                return {
                    "start": subject.value("start_date"),
                    "aim": subject.value("due_date"),
                    "amended": self._amended(subject.card("due_date")),
                    "declared": self.noted.get(subject.id),
                    "progress": Progress.read(card.value),
                }
            case Field.REALISED if subject:
                agreed = subject.by_year("amounts").get(self.year)
                added = self.added.get((subject.id, f"amounts.{self.year}"))
                amount = agreed.value if agreed else added.value if added else None
                amended = self._amended(agreed) or added
                return {"aim": amount, "reading": spent(card.value, amount), "amended": amended}
            case Field.DECISION:
                engagement = self.engagements.get(str(card.attributes.get(ABOUT)))
                return {"aim": engagement, "amended": self._amended(engagement)}
            case _:
                return {}

    def _amended(self, card: ClauseCard | None) -> Amended | None:
        """A number that shows an engagement's is amended with it."""
        return self.amended.get(card.follows_id or card.id) if card else None

    def _declared(self, part_id: str) -> Any:
        found = [each for each in self.observed.get(part_id, ()) if str(each.year) == self.year]
        return next((each.value for each in found if each.standing is Standing.DECLARED), None)
