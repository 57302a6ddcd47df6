"""What the pages of a dialogue de gestion and of the evaluation show alike: each value with who stands behind it, who
contests it, what one may do; which party has approved. Only shared rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from app.pages.frame import Frame
from app.pages.inside_view import visas_for_me
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.reviews import CHOICES, Against, Field, Progress, Standing
from negotiation.rules.turn import Turn, urgency
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import TEXT_MOVES, Action, Move, ReviewKind, Side
from negotiation.services.reviews import SIGNED
from negotiation.store.queries.amended import Amended
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.evaluated import Evaluated
from negotiation.store.queries.inside import waiting_requests
from negotiation.store.queries.minutes import AnswerView, answers_on
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.reviews import Awaiting, ReviewView, reviews_awaiting, standings_of

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
"""What is done on a value, on the page of its dialogue or of the evaluation."""


@dataclass(frozen=True)
class Said:
    """What a party said of what stands: it refuses it, or has a reserve on it."""

    party: PartyView
    words: str


@dataclass(frozen=True)
class Row:
    """A value of a dialogue or of the evaluation. `start`, `aim`: what the contract says of it, in its unit;
    `declared`: what a file says.

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
    amended: Amended | None = None
    """What a signed avenant made of `aim`."""

    @property
    def entered(self) -> str:
        """The value as its field shows it."""
        return as_entered(self.card.value, self.card.value_kind)

    def is_acceptable(self, party_id: str) -> bool:
        """With the others, in one click: not what one's own party contests."""
        is_contested = any(said.party.id == party_id for said in self.contested)
        return Move.ACCEPTANCE in self.moves and not self.waits_for_visa and not is_contested


@dataclass(frozen=True)
class PartyStanding:
    """How far a party is: `left` values wait for its answer; whether it stands behind the conclusions."""

    party: PartyView
    left: int
    is_concluded: bool

    @property
    def has_approved(self) -> bool:
        return self.is_concluded and not self.left


@dataclass(frozen=True)
class ReviewDue:
    """A dialogue or the evaluation of a table, with `count` lines that wait for the reader's party; `turn`: the most
    urgent one's."""

    frame: Frame
    title: str
    address: str
    count: int
    turn: Turn


def reviews_due(session: Session, frames: Iterable[Frame]) -> tuple[ReviewDue, ...]:
    """What waits for the reader's party at these tables, the most urgent first."""
    by_table = {frame.negotiation.id: frame for frame in frames if is_signed(frame)}
    if not by_table:
        return ()
    found = [_due(by_table[each.negotiation_id], each) for each in reviews_awaiting(session, by_table)]
    return tuple(sorted((each for each in found if each), key=lambda each: urgency(each.turn)))


def _due(frame: Frame, awaiting: Awaiting) -> ReviewDue | None:
    mine = frame.actor.party_id
    turns = [frame.turn_of_party(card, mine) for card in awaiting.cards if card.waits_for_party(mine)]
    if not turns:
        return None
    here = f"/negociations/{frame.negotiation.id}"
    address = f"{here}/evaluation" if awaiting.kind is ReviewKind.EVALUATION else f"{here}/suivi/{awaiting.year}"
    return ReviewDue(frame, awaiting.title, address, len(turns), min(turns, key=urgency))


def may_open(frame: Frame) -> bool:
    """Whether this person may open a dialogue or an evaluation of this table now."""
    if not is_signed(frame):
        return False
    return decide(frame.actor, Action.OPEN_REVIEW, Target(frame.negotiation.id)) is Decision.ALLOW


def is_signed(frame: Frame) -> bool:
    return frame.negotiation.frozen_at is not None and frame.negotiation.status in SIGNED


def review_context(
    session: Session, frame: Frame, review: ReviewView, rows: Iterable[Row], *, opened: str
) -> dict[str, Any]:
    """What both pages are made of; `opened`: the clause whose form is open."""
    listed = list(rows)
    deciding = [party for party in frame.parties.values() if party.side is not Side.ASSOCIATE]
    return {
        "review": review,
        "rows": listed,
        "meeting": next(row for row in listed if row.field is Field.MEETING),
        "opened": opened,
        "choices": CHOICES,
        "acceptable": [row for row in listed if row.is_acceptable(frame.actor.party_id)],
        "contested": [row for row in listed if row.standing is Standing.CONTESTED],
        "blank": [row for row in listed if row.standing is None],
        "standings": [_party_standing(listed, party) for party in deciding],
        "visa_for": visas_for_me(session, frame),
    }


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


def _party_standing(rows: Iterable[Row], party: PartyView) -> PartyStanding:
    listed = list(rows)
    left = sum(row.card.waits_for_party(party.id) for row in listed)
    is_concluded = any(row.field is Field.CONCLUSIONS and party in row.behind for row in listed)
    return PartyStanding(party, left, is_concluded)


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
