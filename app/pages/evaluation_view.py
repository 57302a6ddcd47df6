"""The final evaluation as pages show it: each engagement from its start to what was observed, and what became of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app.pages.follow_up_view import actions_context
from app.pages.frame import Frame
from app.pages.navette_steps import plot_parties
from app.pages.presentation import date_fr
from app.pages.review_view import Row, may_open, review_context, rows_of
from negotiation.documents.outcome_plot import Course, outcome_plot
from negotiation.documents.trajectory_plot import Drawing
from negotiation.rules.reviews import STANDING_WORDS, Field, Outcome, Standing, opens_early
from negotiation.rules.trajectory import trajectory
from negotiation.store.queries import readings
from negotiation.store.queries.clauses import ABOUT, ClauseCard, cards_of_part
from negotiation.store.queries.evaluated import Evaluated, by_clause, evaluated_of, objectives_of
from negotiation.store.queries.navette import steps_of
from negotiation.store.queries.next_contract import following_of
from negotiation.store.queries.reviews import ReviewView

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


def closed_context(session: Session, frame: Frame) -> dict[str, Any]:
    """The page before anybody opened one: what a file declares, and the form."""
    end = frame.ends_on
    return {
        "may_open": may_open(frame),
        "is_early": opens_early(end, frame.today),
        "follow_up": readings.follow_up_of(session, frame.actor),
    }


def evaluation_context(session: Session, frame: Frame, review: ReviewView, opened: str) -> dict[str, Any]:
    """The page of the evaluation; `opened`: the clause whose form is open."""
    evaluated = by_clause(evaluated_of(session, frame.actor))

    def about(card: ClauseCard) -> dict[str, Any]:
        return {"evaluated": evaluated.get(str(card.attributes.get(ABOUT)))}

    cards = cards_of_part(session, frame.actor, review.part_id)
    rows = rows_of(session, frame, review, cards, about=about)
    follow_up = readings.follow_up_of(session, frame.actor)
    shown = next((row.evaluated for row in rows if row.card.id == opened and row.evaluated), None)
    address = f"/negociations/{frame.negotiation.id}/evaluation"
    outcomes = [row for row in rows if row.field is Field.OUTCOME]
    told = {
        "outcomes": outcomes,
        "groups": by_objective(outcomes, objectives_of(session, frame.actor)),
        "STANDING_WORDS": STANDING_WORDS,
        "said": [(words, row) for field, words in SAID for row in rows if row.field is field],
        "following": [each for each in following_of(session, frame.actor) if not each.is_avenant],
        "themes": next((row.card.text for row in rows if row.field is Field.THEMES), ""),
        "tally": tally_of(rows),
        "plot_of_row": course_plot(session, frame, shown) if shown else None,
        "follow_up": follow_up,
        "declared": ("#declaree", f"Une évaluation partagée le {date_fr(told_by_file['shared_on'])}.")
        if (told_by_file := follow_up.evaluation)
        else None,
        "files": (
            (f"{address}.pdf", f"Rapport d’évaluation (PDF){'' if review.approved_at else ', projet'}"),
            (f"{address}.docx", f"Rapport d’évaluation (Word){'' if review.approved_at else ', projet'}"),
            (f"{address}.csv", "Tableau (CSV)"),
        ),
    }
    return review_context(session, frame, review, rows, opened=opened) | told | actions_context(session, frame)


OTHERS = "Sans objectif stratégique"


def by_objective(rows: Iterable[Row], objectives: Mapping[str, str]) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """The rows below each strategic objective, in its order, then the others; without objectives, all of them together
    under no title. `objectives`: by part, in order."""
    order = dict.fromkeys([*objectives.values(), OTHERS])
    groups: dict[str, list[Row]] = {words: [] for words in order}
    for row in rows:
        part_id = row.evaluated.card.part_id if row.evaluated else ""
        groups[objectives.get(part_id, OTHERS)].append(row)
    found = tuple((words, tuple(held)) for words, held in groups.items() if held)
    return (("", found[0][1]),) if [words for words, _ in found] == [OTHERS] else found


def course_plot(session: Session, frame: Frame, evaluated: Evaluated) -> Drawing | None:
    """What was promised and seen year by year, and where each party began: shared steps alone. None for an engagement
    whose years say no number."""
    card = evaluated.card
    steps = [step for step in steps_of(session, frame.actor, card.id) if step.is_shared]
    points = trajectory(steps, kind=card.value_kind, unit=card.unit).points
    first = {point.party: point.value for point in reversed(points) if not point.accepts}
    parties = plot_parties(frame.in_order(party_id for party_id in first if party_id))
    course = Course(
        kind=card.value_kind,
        unit=card.unit,
        promised=evaluated.promised,
        seen=evaluated.seen,
        first=[(party, first[party.id]) for party in parties],
    )
    told = f"{evaluated.name} : {evaluated.reading.words}." if evaluated.reading else f"{evaluated.name}."
    return outcome_plot(course, title="Promis et observé, année par année", desc=told, key="annees")


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
