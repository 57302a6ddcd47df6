"""Open the final evaluation of a signed contract: a line for each engagement, the lessons, the themes of the next one.

It is agreed and sealed as a dialogue de gestion is (`services.reviews`, `services.reviewing`); there is one.
"""

import json

from sqlmodel import Session

from negotiation.errors import AlreadyDone, InvalidInput, NotFound
from negotiation.rules.clause_text import canonical_markdown, readable_text
from negotiation.rules.french_names import day_words
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.reviews import Field, opens_early
from negotiation.rules.vocabulary import Action, ReviewKind, ValueKind
from negotiation.services.access import require
from negotiation.services.apart import Entry
from negotiation.services.approving import Node
from negotiation.services.reviewing import content_so_far
from negotiation.services.reviews import LONGEST_PEOPLE, Meeting, open_review, signed
from negotiation.store.columns import now
from negotiation.store.queries.amendments import term_of
from negotiation.store.queries.evaluated import evaluated_of
from negotiation.store.queries.reviews import reviews_of, sealed_content
from negotiation.store.reviews import Review
from negotiation.store.unit_of_work import UnitOfWork

TITLE = "Évaluation finale"
LONGEST_REASON = 500
"""Characters of the sentence that says why it is made before the last year."""


def open_evaluation(uow: UnitOfWork, actor: Actor, *, meeting: Meeting, reason: str = "") -> Review:
    """The evaluation, once. `meeting`: when the evaluators started, and who they are (a line each).

    Raises NotAllowed, NotSigned, InvalidInput (`field`: on, people, reason: before the last year, it is asked),
    AlreadyDone, NotFound (the séance), UnreadableText.
    """
    require(actor, Action.OPEN_REVIEW)
    negotiation = signed(uow, actor)
    if reviews_of(uow.session, actor, ReviewKind.EVALUATION):
        raise AlreadyDone()
    today = paris_day(now())
    if not negotiation.contract_start <= meeting.on <= today:
        raise InvalidInput(field="on")
    end = term_of(uow.session, negotiation).ends_on
    why = " ".join(readable_text(reason).split())
    if len(why) > LONGEST_REASON or (not why and opens_early(end, today)):
        raise InvalidInput(field="reason")
    return open_review(
        uow,
        actor,
        ReviewKind.EVALUATION,
        end.year,
        meeting=meeting,
        title=TITLE,
        entries=_entries(uow.session, actor),
        said=_said(meeting, why),
    )


def evaluation_to_print(session: Session, actor: Actor) -> tuple[Node, str]:
    """Its content and its fingerprint, empty while it is a project. Raises NotAllowed, NotFound."""
    require(actor, Action.EXPORT)
    review = next(iter(reviews_of(session, actor, ReviewKind.EVALUATION)), None)
    if review is None:
        raise NotFound()
    if review.approved_at is None:
        return content_so_far(session, actor, session.get_one(Review, review.id)), ""
    return json.loads(sealed_content(session, actor, review.id)), review.content_hash


def _entries(session: Session, actor: Actor) -> tuple[Entry, ...]:
    """Its clauses, in the order of reading."""
    outcomes = tuple(
        Entry(f"{Field.OUTCOME}.{each.key}", each.name, ValueKind.CHOICE, about=each.card.id)
        for each in evaluated_of(session, actor)
    )
    return (
        Entry(Field.MEETING, "Ouverture et équipe"),
        *outcomes,
        Entry(Field.OPINION, "Avis des personnes accompagnées"),
        Entry(Field.LESSONS, "Leçons"),
        Entry(Field.THEMES, "Thèmes du prochain contrat"),
        Entry(Field.CONCLUSIONS, "Conclusions"),
    )


def _said(meeting: Meeting, why: str) -> str:
    """The first clause: when, who, and why so early where it is."""
    if len(meeting.people) > LONGEST_PEOPLE:
        raise InvalidInput(field="people")
    people = [f"- {line.strip()}" for line in readable_text(meeting.people).split("\n") if line.strip()]
    started = f"Évaluation commencée le {day_words(meeting.on)}."
    paragraphs = [f"{started} {why}".strip()]
    paragraphs += ["Équipe :", "\n".join(people)] if people else ["Aucune équipe n’est notée."]
    return canonical_markdown("\n\n".join(paragraphs))
