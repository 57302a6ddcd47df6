"""L'accueil: what waits for me, then my negotiations."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.pages.frame import Frame, frame_of, reader_in
from app.security import serves
from app.signin.session import current_person
from negotiation.rules.paris import PARIS
from negotiation.rules.vocabulary import Action, ClauseState, Move
from negotiation.store.queries.clauses import ClauseCard, engagement_cards, touched_cards
from negotiation.store.queries.negotiations import MeetingView, next_meeting, own_negotiations

home = Blueprint("home", __name__)


@dataclass(frozen=True)
class Waiting:
    """A clause that waits for my party's answer. `days` since it was tabled."""

    card: ClauseCard
    frame: Frame
    days: int


ANSWERS = frozenset({Move.ACCEPTANCE, Move.COUNTER_PROPOSAL, Move.REJECTION, Move.REOPENING_CONSENT})
"""What one who may only read or sign can't do: the list is then his party's, not his."""


@dataclass(frozen=True)
class Card:
    """A negotiation as the accueil shows it."""

    frame: Frame
    engagements: tuple[ClauseCard, ...]
    meeting: MeetingView | None

    @property
    def held(self) -> dict[str, int]:
        """How many clauses each party holds, by party id, those of nobody left out."""
        counts: dict[str, int] = {}
        for card in self.engagements:
            for party_id in card.waits_for:
                counts[party_id] = counts.get(party_id, 0) + 1
        return counts


@home.get("/")
@serves(Action.LIST_OWN_NEGOTIATIONS)
def show_home() -> ResponseReturnValue:
    today = datetime.now(PARIS).date()
    with current_store().reading() as session:
        cards = _cards(session, today)
        waiting = [found for card in cards for found in _waiting(session, card)]
        return render_template(
            "home.html",
            me=cards[0].frame.me if cards else _nobody(),
            cards=cards,
            waiting=waiting,
            answers=any(ANSWERS.intersection(found.frame.moves(found.card)) for found in waiting),
            today=cards[0].frame.today if len(cards) == 1 else today,
            place="home",
        )


def _cards(session: Session, today: date) -> list[Card]:
    person = current_person()
    found = []
    for own in own_negotiations(session, person.person_id, today):
        frame = frame_of(session, reader_in(session, own.negotiation.id))
        engagements = engagement_cards(session, frame.actor)
        found.append(Card(frame, engagements, next_meeting(session, own.negotiation.id, frame.today)))
    return found


def _waiting(session: Session, card: Card) -> list[Waiting]:
    if card.frame.negotiation.frozen_at is not None:
        return []
    mine = card.frame.actor.party_id
    clauses = card.engagements + touched_cards(session, card.frame.actor)
    waiting = [
        Waiting(clause, card.frame, card.frame.days(clause))
        for clause in clauses
        if clause.waits_for_party(mine) and clause.state is not ClauseState.WITHDRAWN
    ]
    return sorted(waiting, key=lambda found: -found.days)


def _nobody() -> dict[str, object]:
    person = current_person()
    return {"id": person.person_id, "name": person.email, "role": person.email, "party": None}
