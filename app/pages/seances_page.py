"""The page of a séance, as it is shown and as it comes back with what was refused."""

from dataclasses import dataclass
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, sentence_of, status_of, wants_piece
from app.pages.frame import Frame, frame_of, reader_in, reader_on_clause
from app.pages.seances_view import (
    Mine,
    Place,
    clause_context,
    decisions_context,
    on_screen,
    read_seance,
    room_before,
    seance_context,
    seated,
    talk_beside,
)
from negotiation.errors import InvalidInput, NotFound, RecentSigninRequired, Refusal, SigninRequired
from negotiation.rules.policy import Actor
from negotiation.rules.seances import SeanceState
from negotiation.rules.search_words import asked_words, holds_all
from negotiation.rules.vocabulary import SHARED, Action, ClauseKind, ClauseState
from negotiation.services.access import require
from negotiation.store import UnitOfWork
from negotiation.store.queries.clauses import ClauseCard, cards_on_the_table
from negotiation.store.queries.negotiations import PlanEntry, plan_of
from negotiation.store.queries.seance_talk import said_during
from negotiation.store.queries.seances import SeanceView

SETTLED = frozenset({ClauseState.AGREED, ClauseState.WITHDRAWN})
MOST_OFFERED = 60
"""Clauses and parts in one list to choose from."""


WRONG = {
    "title": "Donnez-lui un titre, de 200 caractères au plus.",
    "on": "Dites quel jour elle se tient.",
    "start": "Dites à quelle heure elle commence, comme 9:00.",
    "end": "L’heure de fin vient après celle du début.",
    "place": "Ce lieu est trop long : 200 caractères au plus.",
    "calendar_item": "Ce rendez-vous du calendrier a déjà sa séance.",
}
"""What is said beside a field of the plan that doesn't read."""


@dataclass(frozen=True)
class Offered:
    """What may still be put on the agenda: by default the clauses that wait, else whatever holds the words asked."""

    words: str
    clauses: tuple[ClauseCard, ...]
    parts: tuple[PlanEntry, ...]
    more: bool


def refused(refusal: Refusal) -> ResponseReturnValue:
    """The page that the form was on, with the reason and every typed word; a bare reason for a piece of it."""
    given = request.view_args or {}
    said_plainly = isinstance(refusal, NotFound | SigninRequired | RecentSigninRequired)
    if request.method == "GET" or said_plainly or wants_piece():
        return answer(refusal)
    field = str(refusal.detail.get("field", "")) if isinstance(refusal, InvalidInput) else ""
    told = {"refusal_here": WRONG.get(field) or sentence_of(refusal), "wrong_here": field, "refused": refusal}
    with current_store().reading() as session:
        frame = framed(session, given["negotiation_id"])
        kept = request.form.to_dict()
        if "seance_id" not in given:
            return planning_page(session, frame, kept, **told), status_of(refusal)
        chosen = {"parties_kept": request.form.getlist("party")}
        page = seance_page(session, frame, given["seance_id"], kept_here=kept, **told, **chosen)
        return page, status_of(refusal)


def seance_page(session: Session, frame: Frame, seance_id: str, **more: Any) -> str:
    """What the séance has come to: being prepared, open, or over. Raises NotFound."""
    view, mine = read_seance(session, frame, seance_id)
    if view.card.state is SeanceState.OPEN:
        place = Place.told(request.form if request.method == "POST" else request.args)
        return _room(session, frame, view, mine, place, **more)
    context = seance_context(frame, view, mine, **more)
    if view.card.state is SeanceState.PLANNED:
        offered = candidates(session, frame, view)
        return render_template("seances/prepare.html", **frame.context("seances", **context, offered=offered))
    said = said_during(session, frame.actor, seance_id)
    return render_template("seances/record.html", **frame.context("seances", **context, said=said))


def room_again(session: Session, clause_id: str, tab: str, **told: Any) -> str | None:
    """The page of the open séance on which the form of a clause was, with what was refused; None where the form was on
    the clause's fiche, or the séance is open no more. Raises NotFound for the clause."""
    room = room_before()
    if room is None:
        return None
    frame = frame_of(session, reader_on_clause(session, clause_id))
    try:
        view, mine = read_seance(session, frame, room.seance_id)
    except NotFound:  # whatever a browser says of where it comes from
        return None
    is_open = view.card.state is SeanceState.OPEN
    return _room(session, frame, view, mine, room.at(clause_id, tab), **told) if is_open else None


def _room(session: Session, frame: Frame, view: SeanceView, mine: Mine, place: Place, **more: Any) -> str:
    card, tab = on_screen(session, frame, view, place)
    context = (
        talk_beside(session, frame, view.card.id, request.args.get("cercle", ""))
        | clause_context(session, frame, view, card, tab)
        | decisions_context(frame, view, mine, card)
        | seance_context(frame, view, mine, at=place, shown=card, shown_tab=tab, **more)
    )
    return render_template("seances/room.html", **frame.context("seances", **context))


def planning_page(session: Session, frame: Frame, kept: dict[str, str], **told: Any) -> str:
    context = {"kept_here": kept, "sitting": seated(frame), "refusal_here": "", "wrong_here": ""} | told
    return render_template("seances/plan.html", **frame.context("seances", **context))


def framed(session: Session, negotiation_id: str) -> Frame:
    actor = reader_in(session, negotiation_id)
    require(actor, Action.FOLLOW_SEANCE)
    return frame_of(session, actor)


def acting(uow: UnitOfWork, negotiation_id: str, action: Action) -> Actor:
    """The signed-in person, whose right is asked before what the form says. Raises NotFound, NotAllowed."""
    actor = reader_in(uow.session, negotiation_id)
    require(actor, action)
    return actor


def candidates(session: Session, frame: Frame, view: SeanceView) -> Offered:
    """What the agenda doesn't hold yet, narrowed by `chercher`."""
    words = request.args.get("chercher", "").strip()[:200]
    wanted = asked_words(words)
    there = {point.clause_id for point in view.points} | {point.part_id for point in view.points if not point.clause_id}

    def fits(*said: str) -> bool:
        return holds_all(" ".join(said), wanted)

    cards = [
        card
        for card in cards_on_the_table(session, frame.negotiation.id)
        if card.id not in there and fits(card.code, card.label) and (wanted or _waits(card))
    ]
    cards.sort(key=lambda card: (not card.code, card.code))
    plan = plan_of(session, frame.actor) if wanted else ()
    shared = [entry for entry in plan if entry.circle == SHARED and entry.id not in there]
    parts = [entry for entry in shared if fits(entry.code, entry.title)]
    more = len(cards) > MOST_OFFERED or len(parts) > MOST_OFFERED
    return Offered(words, tuple(cards[:MOST_OFFERED]), tuple(parts[:MOST_OFFERED]), more)


def _waits(card: ClauseCard) -> bool:
    return card.kind is ClauseKind.ENGAGEMENT and card.state not in SETTLED
