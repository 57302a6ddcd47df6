"""Dialogues de gestion and evaluations as everybody at the table reads them, and what of the contract they speak of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from negotiation.rules.policy import Actor, as_anybody
from negotiation.rules.reviews import Asked, Field, Held, Noted, Planned, Progress, Resolution, Standing, standing_of
from negotiation.rules.vocabulary import ClauseState, PartKind, ReviewKind
from negotiation.store.contract import Part
from negotiation.store.following import Avenant, DialogueDeGestion
from negotiation.store.queries.amended import added_for
from negotiation.store.queries.clauses import (
    ABOUT,
    ClauseCard,
    cards_awaited_after_gel,
    cards_of_parts,
    engagements_without_trails,
)
from negotiation.store.queries.observed import contesting
from negotiation.store.queries.readings import Section, sections_of
from negotiation.store.queries.visibility import on_the_table, visible
from negotiation.store.reviews import Review

DECLARED_STATES = {
    "en_cours": "en cours",
    "realisee": "faite",
    "en_retard": "en retard",
    "abandonnee": "abandonnée",
}
"""How a file says the state of an action."""


@dataclass(frozen=True)
class ReviewView:
    """A dialogue or an evaluation. `content_hash` is empty until every party has approved."""

    id: str
    kind: ReviewKind
    year: int
    on: date
    part_id: str
    title: str
    seance_id: str | None
    opened_by: str
    opened_at: datetime
    content_hash: str
    approved_at: datetime | None


@dataclass(frozen=True)
class Awaiting:
    """A dialogue or an evaluation with the lines that wait for an answer, of any party."""

    negotiation_id: str
    kind: ReviewKind
    year: int
    title: str
    cards: tuple[ClauseCard, ...]


@dataclass(frozen=True)
class About:
    """What of the contract a clause of a dialogue speaks of: its part or clause (`id`), named."""

    field: Field
    key: str
    label: str
    unit: str
    id: str


@dataclass(frozen=True)
class Amendment:
    """An engagement (`about`: its clause id) that the dialogue of a year says to adjust, why, and what that is worth.
    `clause_id`: the decision itself."""

    year: int
    clause_id: str
    about: str
    label: str
    motive: str
    standing: Standing


def reviews_of(session: Session, actor: Actor, kind: ReviewKind) -> tuple[ReviewView, ...]:
    """By year."""
    return _reviews(session, actor, col(Review.kind) == kind)


def review_of(session: Session, actor: Actor, kind: ReviewKind, year: int) -> ReviewView | None:
    return next(iter(_reviews(session, actor, col(Review.kind) == kind, col(Review.year) == year)), None)


def sealed_content(session: Session, actor: Actor, review_id: str) -> str:
    """What was approved, as canonical JSON; empty until then, and for what isn't this table's."""
    query = (
        select(col(Review.content))
        .join(Part, col(Part.id) == Review.part_id)
        .where(
            col(Review.id) == review_id,
            col(Review.negotiation_id) == actor.negotiation_id,
            visible(Part.circle, actor),
        )
    )
    return str(session.execute(query).scalar_one_or_none() or "")


def reviews_awaiting(session: Session, negotiation_ids: Iterable[str]) -> tuple[Awaiting, ...]:
    """Of several negotiations, the dialogues and evaluations that wait for somebody, the oldest first: what every
    party reads."""
    held: dict[str, list[ClauseCard]] = defaultdict(list)
    for card in cards_awaited_after_gel(session, negotiation_ids):
        held[card.part_id].append(card)
    if not held:
        return ()
    query = (
        select(Review, col(Part.title))
        .join(Part, col(Part.id) == Review.part_id)
        .where(col(Review.part_id).in_(sorted(held)), on_the_table(Part.circle))
        .order_by(col(Review.opened_at), col(Review.id))
    )
    return tuple(
        Awaiting(row.negotiation_id, row.kind, row.year, title, tuple(held[row.part_id]))
        for row, title in session.execute(query)
    )


def standings_of(
    session: Session, actor: Actor, cards: Iterable[ClauseCard]
) -> dict[str, tuple[Standing, frozenset[str]]]:
    """What the values of a dialogue are worth, by clause id, and which parties contest them; those where nothing is on
    the table are left out."""
    listed = list(cards)
    contested = contesting(session, actor, {card.part_id for card in listed})
    found = {}
    for card in listed:
        against = contested.get(card.id, frozenset())
        is_tabled = card.situation.current is not None
        if worth := standing_of(card.state, is_tabled=is_tabled, contested_by=against):
            found[card.id] = (worth, against)
    return found


def amendments_of(session: Session, actor: Actor) -> tuple[Amendment, ...]:
    """What the dialogues decide, or propose, to adjust by an avenant: what one should change."""
    reviews = {each.part_id: each for each in reviews_of(session, actor, ReviewKind.DIALOGUE)}
    found = cards_of_parts(session, actor, reviews)
    cards = [card for held in found.values() for card in held if card.value == Resolution.AMEND]
    standings = standings_of(session, actor, cards)
    return tuple(
        Amendment(reviews[card.part_id].year, card.id, str(card.attributes[ABOUT]), card.label, card.text, worth)
        for card in sorted(cards, key=lambda card: (reviews[card.part_id].year, card.label))
        if (worth := standings.get(card.id, (None,))[0])
    )


def held_dialogues(session: Session, actor: Actor) -> tuple[Held, ...]:
    """Those written here and those that a file declares, by year."""
    rows = session.execute(
        select(DialogueDeGestion).where(col(DialogueDeGestion.negotiation_id) == actor.negotiation_id)
    ).scalars()
    declared = [Held(row.year, row.on, is_declared=True) for row in rows]
    here = [
        Held(each.year, each.on, is_approved=each.approved_at is not None)
        for each in reviews_of(session, actor, ReviewKind.DIALOGUE)
    ]
    return tuple(sorted([*declared, *here], key=lambda each: (each.year, each.is_declared)))


def asked_changes(session: Session, actor: Actor) -> tuple[Asked, ...]:
    """The extensions that a file declares, and what the dialogues decide to adjust by an avenant."""
    rows = session.execute(select(Avenant).where(col(Avenant.negotiation_id) == actor.negotiation_id)).scalars()
    declared = [
        Asked.declared(row.number, row.requested_on, [str(each["target"]["field"]) for each in row.changes])
        for row in rows
    ]
    held = {each.year: each.on for each in reviews_of(session, actor, ReviewKind.DIALOGUE)}
    decided = [
        Asked(f"L’ajustement par avenant de « {each.label} » a été dit au dialogue", held[each.year], extends=False)
        for each in amendments_of(session, actor)
    ]
    return (*(each for each in declared if each.extends), *decided)


# ---------------------------------------------------------------------- the contract that is followed


def subjects_of(session: Session, actor: Actor, year: int) -> tuple[About, ...]:
    """What a dialogue of that year speaks of: every indicator, action, line with money that year, engagement; what the
    actor's party keeps inside is none of it, since everybody reads what is made of this."""
    actor, found = as_anybody(actor), list[About]()
    added = added_for(session, actor)
    for indicator in sorted(sections_of(session, actor, PartKind.INDICATOR), key=lambda each: each.code):
        found.append(_of_part(Field.OBSERVED, indicator, unit=indicator.text("unit")))
    for fiche in sections_of(session, actor, PartKind.FICHE_ACTION):
        found.append(_of_part(Field.PROGRESS, fiche))
    for line in sections_of(session, actor, PartKind.FUNDING_LINE):
        amount = line.by_year("amounts").get(str(year)) or added.get((line.id, f"amounts.{year}"))
        if amount is not None and amount.value:
            found.append(_of_part(Field.REALISED, line, unit="EUR"))
    seen: set[str] = set()
    for card in engagements_without_trails(session, actor):
        if card.state is not ClauseState.WITHDRAWN:
            key = card.code.lower() if card.code and card.code.lower() not in seen else card.id
            seen.add(key)
            found.append(About(Field.DECISION, key, _named(card.code, card.label), "", card.id))
    return tuple(found)


def planned_actions(session: Session, actor: Actor) -> tuple[Planned, ...]:
    """Every action of the contract with its dates, and what each dialogue said of it, declared or written here."""
    notes = _notes(session, actor)
    return tuple(
        Planned(
            part_id=fiche.id,
            code=fiche.code,
            title=fiche.title,
            start=_day(fiche.value("start_date")),
            due=_day(fiche.value("due_date")),
            notes=tuple(sorted(notes.get(fiche.id, []), key=lambda each: (each.on, each.is_declared))),
        )
        for fiche in sections_of(session, actor, PartKind.FICHE_ACTION)
    )


def _notes(session: Session, actor: Actor) -> Mapping[str, list[Noted]]:
    found: dict[str, list[Noted]] = {}
    keys = select(col(Part.key), col(Part.id)).where(
        col(Part.negotiation_id) == actor.negotiation_id,
        col(Part.kind) == PartKind.FICHE_ACTION,
        visible(Part.circle, actor),
    )
    ids = dict(session.execute(keys).all())
    declared = select(DialogueDeGestion).where(col(DialogueDeGestion.negotiation_id) == actor.negotiation_id)
    for row in session.execute(declared).scalars():
        for review in row.action_reviews:
            if part_id := ids.get(review["fiche_action_id"]):
                state = DECLARED_STATES.get(review["status"], str(review["status"]))
                percent = round(float(review["progress_percent"]))
                found.setdefault(part_id, []).append(Noted(row.on, row.year, percent, state, is_declared=True))
    reviews = {each.part_id: each for each in reviews_of(session, actor, ReviewKind.DIALOGUE)}
    for part_id, cards in cards_of_parts(session, actor, reviews).items():
        for card in cards:
            progress = Progress.read(card.value)
            if progress and card.field.startswith(f"{Field.PROGRESS}."):
                review = reviews[part_id]
                noted = Noted(review.on, review.year, progress.percent, str(progress.state))
                found.setdefault(str(card.attributes[ABOUT]), []).append(noted)
    return found


def _reviews(session: Session, actor: Actor, *which: ColumnElement[bool]) -> tuple[ReviewView, ...]:
    query = (
        select(Review, col(Part.title))
        .join(Part, col(Part.id) == Review.part_id)
        .where(col(Review.negotiation_id) == actor.negotiation_id, visible(Part.circle, actor), *which)
        .order_by(col(Review.year))
    )
    return tuple(
        ReviewView(
            id=row.id,
            kind=row.kind,
            year=row.year,
            on=row.on,
            part_id=row.part_id,
            title=title,
            seance_id=row.seance_id,
            opened_by=row.opened_by,
            opened_at=row.opened_at,
            content_hash=row.content_hash,
            approved_at=row.approved_at,
        )
        for row, title in session.execute(query)
    )


def _of_part(field: Field, section: Section, *, unit: str = "") -> About:
    return About(field, section.key, _named(section.code, section.title), unit, section.id)


def _named(code: str, words: str) -> str:
    return ", ".join(each for each in (code, words) if each)


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
