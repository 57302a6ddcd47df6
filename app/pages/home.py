"""L'accueil: what waits for me, then my negotiations. As few orders to the database for forty tables as for one."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.pages.frame import Frame, frames_of
from app.pages.review_view import reviews_due
from app.security import serves
from app.signin.session import current_person
from negotiation.rules.paris import PARIS
from negotiation.rules.turn import Turn, urgency
from negotiation.rules.vocabulary import Action, ClauseKind, ClauseState, Move
from negotiation.services.access import actors_of
from negotiation.services.awaiting import last_gestures_due
from negotiation.store.queries.clauses import ClauseCard, cards_of_tables
from negotiation.store.queries.fallen import fallen_acceptances
from negotiation.store.queries.negotiations import MeetingView, next_meetings
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.waiting import (
    mentions_due,
    tasks_due,
    visas_due,
    visas_refused,
)

home = Blueprint("home", __name__)

SHOWN = 20
"""Clauses that wait for me, on the page; the others are on their tables."""


@dataclass(frozen=True)
class Waiting:
    """A clause that waits for my party's answer."""

    card: ClauseCard
    frame: Frame
    turn: Turn


ANSWERS = frozenset(
    {
        Move.ACCEPTANCE,
        Move.COUNTER_PROPOSAL,
        Move.REJECTION,
        Move.REOPENING_CONSENT,
        Move.ABANDONMENT_CONSENT,
        Move.CONCERNED_CONSENT,
        Move.REQUEST_REFUSAL,
    }
)
"""What one who may only read or sign can't do: the list is then his party's, not his."""


@dataclass(frozen=True)
class Hand:
    """A party that holds clauses of a negotiation: how many, since how many days at most, how many of them late."""

    party: PartyView
    count: int
    days: int
    late: int


@dataclass(frozen=True)
class Card:
    """A negotiation as the accueil shows it."""

    frame: Frame
    cards: tuple[ClauseCard, ...]
    meeting: MeetingView | None

    @property
    def engagements(self) -> tuple[ClauseCard, ...]:
        return tuple(card for card in self.cards if card.kind is ClauseKind.ENGAGEMENT)

    @property
    def hands(self) -> tuple[Hand, ...]:
        """In the order of the table; parties that hold nothing left out."""
        turns: dict[str, list[Turn]] = {}
        for card in self.cards:
            for turn in self.frame.turns(card):
                for party_id in turn.holders:
                    turns.setdefault(party_id, []).append(turn)
        return tuple(
            Hand(
                party,
                len(turns[party.id]),
                max(turn.days_waiting for turn in turns[party.id]),
                sum(turn.late_by > 0 for turn in turns[party.id]),
            )
            for party in self.frame.in_order(turns)
        )


@home.get("/")
@serves(Action.LIST_OWN_NEGOTIATIONS)
def show_home() -> ResponseReturnValue:
    today = datetime.now(PARIS).date()
    person = current_person()
    with current_store().reading() as session:
        actors = actors_of(session, person_id=person.person_id, authentication=person.authentication)
        cards = _cards(session, frames_of(session, actors))
        waiting = sorted((found for card in cards for found in _waiting(card)), key=_urgency)
        shown = waiting[:SHOWN]
        parties = [actor.party_id for actor in actors]
        followed = reviews_due(session, [card.frame for card in cards])
        return render_template(
            "home.html",
            me=cards[0].frame.me if cards else _nobody(),
            cards=cards,
            waiting=waiting,
            shown=shown,
            fallen=fallen_acceptances(session, [found.card for found in shown], party_ids=parties),
            followed=followed,
            late=sum(turn.late_by > 0 for turn in [each.turn for each in waiting] + [each.turn for each in followed]),
            answers=any(ANSWERS.intersection(found.frame.moves(found.card)) for found in shown),
            tables={card.frame.negotiation.id: card.frame for card in cards},
            visas=visas_due(session, actors),
            refused=visas_refused(session, actors),
            tasks=tasks_due(session, actors),
            mentions=mentions_due(session, actors),
            last=last_gestures_due(session, actors),
            meeting=_next_of_all(cards),
            today=cards[0].frame.today if len(cards) == 1 else today,
            place="home",
        )


def _cards(session: Session, frames: tuple[Frame, ...]) -> list[Card]:
    found = cards_of_tables(session, [frame.negotiation.id for frame in frames])
    meetings = next_meetings(session, {frame.negotiation.id: frame.today for frame in frames})
    return [Card(frame, found[frame.negotiation.id], meetings.get(frame.negotiation.id)) for frame in frames]


def _waiting(card: Card) -> list[Waiting]:
    mine = card.frame.actor.party_id
    waiting = [Waiting(clause, card.frame, card.frame.turn_of_party(clause, mine)) for clause in card.cards]
    return [found for found in waiting if mine in found.turn.holders and found.card.state is not ClauseState.WITHDRAWN]


def _urgency(found: Waiting) -> tuple[tuple[int, int, int], str]:
    return urgency(found.turn), found.card.code


def _next_of_all(cards: list[Card]) -> tuple[Frame, MeetingView] | None:
    """The first meeting of all my negotiations."""
    planned = [(card.frame, card.meeting) for card in cards if card.meeting is not None]
    return min(planned, key=lambda found: (found[1].on, found[1].time or ""), default=None)


def _nobody() -> dict[str, object]:
    person = current_person()
    return {"id": person.person_id, "name": person.email, "role": person.email, "party": None}
