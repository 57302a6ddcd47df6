"""Open the dialogue de gestion of an exercise year: its clauses are drawn from the signed contract, each waits for a
party to say something. The moves are those of every clause (`services.visas.submit`); `reviewing` seals the whole."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import AlreadyDone, InvalidInput, NotFound, NotSigned
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import canonical_markdown, readable_text
from negotiation.rules.french_names import day_words
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.reviews import Field, Progress
from negotiation.rules.vocabulary import (
    SHARED,
    Action,
    DocumentKind,
    NegotiationStatus,
    PartKind,
    ReviewKind,
    ValueKind,
)
from negotiation.services.access import require
from negotiation.services.apart import Entry, Place, clauses_apart, part_apart, table_in_common
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Negotiation
from negotiation.store.queries.amendments import term_of
from negotiation.store.queries.reviews import About, subjects_of
from negotiation.store.reviews import Review
from negotiation.store.seances import Seance
from negotiation.store.unit_of_work import UnitOfWork

PLACES = {
    ReviewKind.DIALOGUE: Place(DocumentKind.FOLLOW_UP, "Dialogues de gestion", PartKind.DIALOGUE),
    ReviewKind.EVALUATION: Place(DocumentKind.EVALUATION, "Évaluation finale", PartKind.EVALUATION),
}
SIGNED = frozenset({NegotiationStatus.SIGNED, NegotiationStatus.IN_FORCE, NegotiationStatus.IN_EVALUATION})
LONGEST_PEOPLE = 2000
"""Characters of the list of who was there."""
LONGEST_PERCENT = 9
"""Digits typed; endless ones are not even read."""


@dataclass(frozen=True)
class Meeting:
    """When the dialogue was held, who was there (a line each), and the séance that it was, if there was one."""

    on: date
    people: str = ""
    seance_id: str | None = None


def open_dialogue(uow: UnitOfWork, actor: Actor, year: int, *, meeting: Meeting) -> Review:
    """The dialogue of an exercise year, once.

    Raises NotAllowed, NotSigned, InvalidInput (`field`: year, on, people), AlreadyDone, NotFound (the séance),
    UnreadableText.
    """
    require(actor, Action.OPEN_REVIEW)
    negotiation = signed(uow, actor)
    today = paris_day(now())
    if not negotiation.contract_start.year <= year <= min(term_of(uow.session, negotiation).ends_on.year, today.year):
        raise InvalidInput(field="year")
    if meeting.on > today or meeting.on < negotiation.contract_start:
        raise InvalidInput(field="on")
    text = _said(meeting)
    about = subjects_of(uow.session, actor, year)
    title = f"Dialogue de gestion de l’exercice {year}"
    entries = (Entry(Field.MEETING, "Dialogue et présents"), *entries_of(about))
    return open_review(uow, actor, ReviewKind.DIALOGUE, year, meeting=meeting, title=title, entries=entries, said=text)


def open_review(
    uow: UnitOfWork,
    actor: Actor,
    kind: ReviewKind,
    year: int,
    *,
    meeting: Meeting,
    title: str,
    entries: tuple[Entry, ...],
    said: str,
) -> Review:
    """A dialogue or an evaluation with its clauses; the first one says `said`, tabled by the table commune. `signed`
    was asked before: the negotiation is locked. Raises AlreadyDone, NotFound.
    """
    _refuse_a_second(uow, actor, kind, year)
    _seance(uow, actor, meeting.seance_id)
    seance_id = meeting.seance_id or ""
    key = f"{kind}-{year}"
    part = part_apart(uow, actor.negotiation_id, PLACES[kind], key=key, title=title, seance=seance_id)
    review = Review(
        negotiation_id=actor.negotiation_id,
        part_id=part.id,
        kind=kind,
        year=year,
        on=meeting.on,
        seance_id=meeting.seance_id,
        opened_by=actor.member_id,
    )
    uow.session.add(review)
    clauses = clauses_apart(uow, part, entries)
    facts = {"review": review.id, "review_kind": str(kind), "year": year, "on": meeting.on.isoformat()}
    uow.record(Event(Kind.REVIEW_OPENED, actor.negotiation_id, SHARED, actor.key, facts, part_id=part.id))
    table_in_common(uow, actor, clauses[0], said, bundle=new_id())
    return review


def signed(uow: UnitOfWork, actor: Actor) -> Negotiation:
    """The negotiation, locked. Raises NotSigned."""
    negotiation = uow.lock(actor.negotiation_id)
    if negotiation.frozen_at is None or negotiation.status not in SIGNED:
        raise NotSigned()
    return negotiation


def entries_of(about: tuple[About, ...]) -> tuple[Entry, ...]:
    """The clauses of a dialogue, in the order of reading: what was observed, done, spent, decided, concluded."""
    kinds = {
        Field.OBSERVED: ValueKind.NUMBER,
        Field.PROGRESS: ValueKind.LIST,
        Field.REALISED: ValueKind.AMOUNT,
        Field.DECISION: ValueKind.CHOICE,
    }
    made = tuple(Entry(f"{each.field}.{each.key}", each.label, kinds[each.field], each.unit, each.id) for each in about)
    return (*made, Entry(Field.CONCLUSIONS, "Compte rendu et conclusions"))


def progress_value(state: str, percent: str) -> list[str]:
    """The value of an action's clause, from what a form holds. Raises InvalidInput (`field`: state, percent)."""
    digits = percent.strip().removesuffix("%").strip()
    if not digits.isdecimal() or len(digits) > LONGEST_PERCENT or int(digits) > 100:
        raise InvalidInput(field="percent")
    progress = Progress.read([state, f"{int(digits)} %"])
    if progress is None:
        raise InvalidInput(field="state")
    return progress.items


def _said(meeting: Meeting) -> str:
    """The first clause: when, and who was there."""
    people = [line for line in readable_text(meeting.people).split("\n") if line.strip()]
    if len(meeting.people) > LONGEST_PEOPLE:
        raise InvalidInput(field="people")
    lines = "\n".join(f"- {line.strip()}" for line in people)
    held = f"Dialogue de gestion tenu le {day_words(meeting.on)}."
    return canonical_markdown(f"{held}\n\nPrésents :\n\n{lines}" if people else f"{held}\n\nAucun présent n’est noté.")


def _refuse_a_second(uow: UnitOfWork, actor: Actor, kind: ReviewKind, year: int) -> None:
    query = select(col(Review.id)).where(
        col(Review.negotiation_id) == actor.negotiation_id, col(Review.kind) == kind, col(Review.year) == year
    )
    if uow.session.execute(query).scalar_one_or_none() is not None:
        raise AlreadyDone()


def _seance(uow: UnitOfWork, actor: Actor, seance_id: str | None) -> None:
    if seance_id is None:
        return
    seance = uow.session.get(Seance, seance_id)
    if seance is None or seance.negotiation_id != actor.negotiation_id:
        raise NotFound()
