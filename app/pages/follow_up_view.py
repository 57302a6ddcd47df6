"""The follow-up as pages show it: its years, one dialogue value by value, its actions in time. Only shared rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app.pages.frame import Frame
from negotiation.documents.actions_plot import actions_plot
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.reviews import (
    GROUPS,
    Against,
    Asked,
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
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import (
    TEXT_MOVES,
    Action,
    Move,
    NegotiationStatus,
    PartKind,
    ReviewKind,
    Side,
)
from negotiation.store.queries import readings
from negotiation.store.queries.clauses import ABOUT, ClauseCard, cards_by_id, cards_of_part
from negotiation.store.queries.evaluated import Evaluated
from negotiation.store.queries.inside import waiting_requests
from negotiation.store.queries.minutes import AnswerView, answers_on
from negotiation.store.queries.observed import observed_values
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.reviews import (
    ReviewView,
    amendments_of,
    asked_changes,
    held_dialogues,
    planned_actions,
    reviews_of,
    standings_of,
)
from negotiation.store.queries.seances import seances_of

SIGNED = frozenset({NegotiationStatus.SIGNED, NegotiationStatus.IN_FORCE, NegotiationStatus.IN_EVALUATION})

GESTURES = frozenset(
    {
        *TEXT_MOVES,
        Move.ACCEPTANCE,
        Move.REJECTION,
        Move.WITHDRAWAL,
        Move.RESERVE,
        Move.RESERVE_LIFTED,
        Move.RESERVE_MAINTAINED,
        Move.REOPENING,
        Move.REOPENING_CONSENT,
        Move.REQUEST_REFUSAL,
        Move.REQUEST_WITHDRAWAL,
    }
)
"""What is done on a value, on the page of its dialogue."""


@dataclass(frozen=True)
class Year:
    """An exercise year of the contract, with its dialogue where one was written here."""

    year: int
    state: YearState
    review: ReviewView | None


@dataclass(frozen=True)
class Said:
    """What a party said of what stands: it refuses it, or has a reserve on it."""

    party: PartyView
    words: str


@dataclass(frozen=True)
class Row:
    """A value of a dialogue. `start`, `aim`: what the contract says of it, in its unit; `declared`: what a file says.

    `behind`: the parties that stand behind what is on the table; `moves`: what this person can do now, talk aside.
    """

    card: ClauseCard
    field: Field
    standing: Standing | None
    behind: tuple[PartyView, ...]
    contested: tuple[Said, ...]
    moves: tuple[Move, ...]
    waits_for_visa: bool
    start: Any = None
    aim: Any = None
    declared: Any = None
    reading: Against | None = None
    progress: Progress | None = None
    evaluated: Evaluated | None = None

    @property
    def entered(self) -> str:
        """The value as its field shows it."""
        return as_entered(self.card.value, self.card.value_kind)


def may_open(frame: Frame) -> bool:
    """Whether this person may open a dialogue or an evaluation of this table now."""
    negotiation = frame.negotiation
    if negotiation.frozen_at is None or negotiation.status not in SIGNED:
        return False
    return decide(frame.actor, Action.OPEN_REVIEW, Target(negotiation.id)) is Decision.ALLOW


def follow_up_context(session: Session, frame: Frame) -> dict[str, Any]:
    """The page of the whole follow-up."""
    actor, negotiation = frame.actor, frame.negotiation
    held = held_dialogues(session, actor)
    reviews = {each.year: each for each in reviews_of(session, actor, ReviewKind.DIALOGUE)}
    years = years_of(frame, held, reviews)
    is_signed = negotiation.frozen_at is not None and negotiation.status in SIGNED
    asked: tuple[Asked, ...] = asked_changes(session, actor)
    actions = planned_actions(session, actor) if is_signed else ()
    return {
        "is_signed": is_signed,
        "years": years if is_signed else (),
        "warned": warnings(
            [each.year for each in years], held, end=negotiation.contract_end, today=frame.today, asked=asked
        )
        if is_signed
        else (),
        "may_open": may_open(frame),
        "openable": [each.year for each in years if each.review is None and each.year <= frame.today.year],
        "seances": seances_of(session, actor) if may_open(frame) else (),
        "amendments": amendments_of(session, actor),
        "actions": actions,
        "plot": actions_plot(
            actions, start=negotiation.contract_start, end=negotiation.contract_end, today=frame.today
        ),
        "late": {each.part_id for each in actions if is_late(each, frame.today)},
        "follow_up": readings.follow_up_of(session, actor),
        "titles": readings.titles_of(session, actor),
    }


def years_of(frame: Frame, held: Iterable[Held], reviews: dict[int, ReviewView]) -> tuple[Year, ...]:
    listed, negotiation = list(held), frame.negotiation
    return tuple(
        Year(year, state_of_year(year, listed, frame.today), reviews.get(year))
        for year in range(negotiation.contract_start.year, negotiation.contract_end.year + 1)
    )


def dialogue_context(session: Session, frame: Frame, review: ReviewView, *, opened: str) -> dict[str, Any]:
    """The page of one dialogue; `opened`: the clause whose form is open."""
    cards = cards_of_part(session, frame.actor, review.part_id)
    contract = _Contract(session, frame, review.year, cards)
    rows = rows_of(session, frame, review, cards, about=contract.about)
    deciding = [party for party in frame.parties.values() if party.side is not Side.ASSOCIATE]
    declared = readings.follow_up_of(session, frame.actor).dialogues
    return {
        "review": review,
        "meeting": next(row for row in rows if row.field is Field.MEETING),
        "groups": [
            (words, [row for row in rows if row.field is field])
            for field, words in GROUPS
            if field is not Field.MEETING
        ],
        "totals": _totals(rows),
        "opened": opened,
        "acceptable": [row for row in rows if Move.ACCEPTANCE in row.moves and not row.waits_for_visa],
        "contested": [row for row in rows if row.standing is Standing.CONTESTED],
        "blank": [row for row in rows if row.standing is None],
        "amending": [each for each in amendments_of(session, frame.actor) if each.year == review.year],
        "standings": [
            (party, [row for row in rows if row.card.waits_for_party(party.id)], concluded(rows, party))
            for party in deciding
        ],
        "declared_dialogue": next((each for each in declared if each["year"] == review.year), None),
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


def concluded(rows: Iterable[Row], party: PartyView) -> bool:
    """Whether a party stands behind the conclusions."""
    return any(row.field is Field.CONCLUSIONS and party in row.behind for row in rows)


def rows_of(
    session: Session,
    frame: Frame,
    review: ReviewView,
    cards: Iterable[ClauseCard],
    *,
    about: Callable[[ClauseCard], Mapping[str, Any]],
) -> list[Row]:
    """The values of a dialogue or of an evaluation; `about`: what a row says beside one, by the name of its fields."""
    listed = list(cards)
    standings = standings_of(session, frame.actor, listed)
    answers = answers_on(session, frame.actor, review.part_id)
    waiting = {each.clause_id for each in waiting_requests(session, frame.actor)}
    rows = []
    for card in listed:
        standing, contesting = standings.get(card.id, (None, frozenset()))
        rows.append(
            Row(
                card=card,
                field=Field.of(card.field),
                standing=standing,
                behind=frame.in_order(card.situation.behind) if standing else (),
                contested=tuple(_said(frame.parties[each], card, answers) for each in sorted(contesting)),
                moves=tuple(move for move in frame.moves(card) if move in GESTURES),
                waits_for_visa=card.id in waiting,
                **about(card),
            )
        )
    return rows


def _said(party: PartyView, card: ClauseCard, answers: Iterable[AnswerView]) -> Said:
    """The last reason that a party gave against what stands."""
    refusals = [
        each.words
        for each in answers
        if (each.clause_id, each.party_id, each.move) == (card.id, party.id, Move.REJECTION)
    ]
    reserves = [
        each.text for each in card.reserves if each.party_id == party.id and party.id in card.situation.open_reserves
    ]
    return Said(party, (reserves or refusals or [""])[-1])


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

    def about(self, card: ClauseCard) -> dict[str, Any]:
        """What a row says beside the value, by the name of its fields."""
        subject = self.sections.get(str(card.attributes.get(ABOUT)))
        match Field.of(card.field):
            case Field.OBSERVED if subject:
                aim = subject.by_year("targets").get(self.year)
                target = aim.value if aim else None
                return {
                    "start": subject.value("baseline.value"),
                    "aim": target,
                    "declared": self._declared(subject.id),
                    "reading": against(card.value, target, direction=subject.value("direction"), unit=card.unit),
                }
            case Field.PROGRESS if subject:
                return {
                    "start": subject.value("start_date"),
                    "aim": subject.value("due_date"),
                    "declared": self.noted.get(subject.id),
                    "progress": Progress.read(card.value),
                }
            case Field.REALISED if subject:
                agreed = subject.by_year("amounts").get(self.year)
                amount = agreed.value if agreed else None
                return {"aim": amount, "reading": spent(card.value, amount)}
            case Field.DECISION:
                return {"aim": self.engagements.get(str(card.attributes.get(ABOUT)))}
            case _:
                return {}

    def _declared(self, part_id: str) -> Any:
        found = [each for each in self.observed.get(part_id, ()) if str(each.year) == self.year]
        return next((each.value for each in found if each.standing is Standing.DECLARED), None)
