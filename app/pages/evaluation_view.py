"""The final evaluation as pages show it: each engagement from its start to what was observed, and what became of it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app.pages.follow_up_view import Row, concluded, may_open, rows_of
from app.pages.frame import Frame
from negotiation.documents.actions_plot import actions_plot
from negotiation.rules.reviews import STANDING_WORDS, Field, Outcome, Standing, is_late, opens_early
from negotiation.rules.vocabulary import Move, ReviewKind, Side
from negotiation.store.queries import readings
from negotiation.store.queries.clauses import ABOUT, ClauseCard, cards_of_part
from negotiation.store.queries.evaluated import by_clause, evaluated_of
from negotiation.store.queries.next_contract import following_of
from negotiation.store.queries.reviews import ReviewView, planned_actions, reviews_of

SAID = (
    (Field.LESSONS, "Leçons"),
    (Field.THEMES, "Thèmes du prochain contrat"),
    (Field.OPINION, "Avis des personnes accompagnées"),
    (Field.CONCLUSIONS, "Conclusions"),
)
"""What is said of the whole, in the order of reading."""


@dataclass(frozen=True)
class Tally:
    """What became of the engagements. `read`: how many have each outcome agreed by all; `left`: how many haven't one;
    `marks`: each with its outcome, those agreed first."""

    total: int
    read: dict[Outcome, int]
    left: int
    marks: tuple[tuple[str, Outcome | None], ...]


def evaluation_of(session: Session, frame: Frame) -> ReviewView | None:
    return next(iter(reviews_of(session, frame.actor, ReviewKind.EVALUATION)), None)


def closed_context(session: Session, frame: Frame) -> dict[str, Any]:
    """The page before anybody opened one: what a file declares, and the form."""
    end = frame.negotiation.contract_end
    return {
        "may_open": may_open(frame),
        "is_early": opens_early(end, frame.today),
        "follow_up": readings.follow_up_of(session, frame.actor),
    }


def evaluation_context(session: Session, frame: Frame, review: ReviewView, *, opened: str) -> dict[str, Any]:
    """The page of the evaluation; `opened`: the clause whose form is open."""
    evaluated = by_clause(evaluated_of(session, frame.actor))

    def about(card: ClauseCard) -> dict[str, Any]:
        return {"evaluated": evaluated.get(str(card.attributes.get(ABOUT)))}

    cards = cards_of_part(session, frame.actor, review.part_id)
    rows = rows_of(session, frame, review, cards, about=about)
    actions, negotiation = planned_actions(session, frame.actor), frame.negotiation
    return {
        "review": review,
        "rows": rows,
        "meeting": next(row for row in rows if row.field is Field.MEETING),
        "outcomes": [row for row in rows if row.field is Field.OUTCOME],
        "STANDING_WORDS": STANDING_WORDS,
        "said": [(words, row) for field, words in SAID for row in rows if row.field is field],
        "following": following_of(session, frame.actor),
        "themes": next((row.card.text for row in rows if row.field is Field.THEMES), ""),
        "tally": tally_of(rows),
        "opened": opened,
        "acceptable": [row for row in rows if _is_acceptable(row, frame.actor.party_id)],
        "contested": [row for row in rows if row.standing is Standing.CONTESTED],
        "blank": [row for row in rows if row.standing is None],
        "standings": [
            (party, [row for row in rows if row.card.waits_for_party(party.id)], concluded(rows, party))
            for party in frame.parties.values()
            if party.side is not Side.ASSOCIATE
        ],
        "actions": actions,
        "plot": actions_plot(
            actions, start=negotiation.contract_start, end=negotiation.contract_end, today=frame.today
        ),
        "late": {each.part_id for each in actions if is_late(each, frame.today)},
        "follow_up": readings.follow_up_of(session, frame.actor),
    }


def _is_acceptable(row: Row, party_id: str) -> bool:
    """With the others, in one click: not what one's own party contests."""
    is_contested = any(said.party.id == party_id for said in row.contested)
    return Move.ACCEPTANCE in row.moves and not row.waits_for_visa and not is_contested


def tally_of(rows: Iterable[Row]) -> Tally:
    found = [
        (row.card.label, Outcome.read(row.card.value) if row.standing is Standing.VALIDATED else None)
        for row in rows
        if row.field is Field.OUTCOME
    ]
    order = list(Outcome)
    marks = sorted(found, key=lambda each: order.index(each[1]) if each[1] else len(order))
    read = Counter(outcome for _, outcome in found if outcome)
    counts = {outcome: read[outcome] for outcome in Outcome if read[outcome]}
    return Tally(len(found), counts, len(found) - read.total(), tuple(marks))
