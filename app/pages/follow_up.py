"""Le suivi: the years of a signed contract, one dialogue de gestion, what is said and answered in it."""

import re
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures
from app.pages.follow_up_view import dialogue_context, follow_up_context
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.inside_view import visas_for_me
from app.pages.review_moves import accept_listed, play_asked
from app.security import serves
from negotiation.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    OutsideMandate,
    RecentSigninRequired,
    Refusal,
    SigninRequired,
)
from negotiation.rules.policy import Actor
from negotiation.rules.reviews import ActionState, Field, Resolution
from negotiation.rules.vocabulary import Action, Move, ReviewKind
from negotiation.services.access import require
from negotiation.services.reviews import Meeting, open_dialogue, progress_value
from negotiation.store.queries.clauses import ClauseCard, cards_of_part
from negotiation.store.queries.reviews import ReviewView, review_of

follow_up = Blueprint("follow_up", __name__)

WAITS = "Le visa est demandé dans votre partie : personne d’autre n’en voit rien."
_YEAR = re.compile(r"[0-9]{4}")
KEPT = ("clause", "value", "state", "percent", "text", "motive", "year", "on", "people", "seance")


@follow_up.get("/negociations/<negotiation_id>/suivi")
@serves(Action.READ_TABLE)
def show_follow_up(negotiation_id: str) -> ResponseReturnValue:
    return _follow_up(negotiation_id)


@follow_up.post("/negociations/<negotiation_id>/suivi")
@gestures
@serves(Action.OPEN_REVIEW)
def post_dialogue(negotiation_id: str) -> ResponseReturnValue:
    """Open the dialogue of a year."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.OPEN_REVIEW)
        year, meeting = _asked()
        open_dialogue(uow, actor, year, meeting=meeting)
    flash("Le dialogue est ouvert : chaque partie y propose ses valeurs, et répond à celles des autres.", "done")
    return _back(negotiation_id, str(year))


@follow_up.get("/negociations/<negotiation_id>/suivi/<year>")
@serves(Action.READ_TABLE)
def show_dialogue(negotiation_id: str, year: str) -> ResponseReturnValue:
    return _dialogue(negotiation_id, year, opened=request.args.get("valeur", ""))


@follow_up.post("/negociations/<negotiation_id>/suivi/<year>/gestes")
@gestures
@serves(Action.MOVE)
def post_gesture(negotiation_id: str, year: str) -> ResponseReturnValue:
    """One move on one value: « clause number fingerprint » says which, as its page showed it."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.MOVE)
        card, move, waits = play_asked(uow, actor, _cards(uow.session, actor, year), value=_value)
        sealed = _review(uow.session, actor, year).approved_at is not None
    flash(WAITS if waits else _done(move, sealed=sealed), "done")
    return _back(negotiation_id, year, anchor=f"valeur-{card.id}")


@follow_up.post("/negociations/<negotiation_id>/suivi/<year>/approbation")
@gestures
@serves(Action.ACCEPT)
def post_approval(negotiation_id: str, year: str) -> ResponseReturnValue:
    """Agree, for one's party, to the values that the form lists."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        waits = accept_listed(uow, actor, _cards(uow.session, actor, year))
        sealed = _review(uow.session, actor, year).approved_at is not None
    flash(WAITS if waits else _done(Move.ACCEPTANCE, sealed=sealed), "done")
    return _back(negotiation_id, year)


@follow_up.errorhandler(Refusal)
@or_plainly
def say_what_is_wrong(refusal: Refusal) -> ResponseReturnValue:
    """The page again, with the reason and what was typed."""
    elsewhere = NotFound | NotAllowed | SigninRequired | RecentSigninRequired | OutsideMandate
    if request.method == "GET" or isinstance(refusal, elsewhere):
        return answer(refusal)
    given = request.view_args or {}
    kept = {name: request.form.get(name, "") for name in KEPT}
    told = {"refusal": sentence_of(refusal), "kept": kept}
    if "year" in given:
        opened = kept["clause"].partition(" ")[0]
        return _dialogue(given["negotiation_id"], given["year"], opened=opened, **told), status_of(refusal)
    return _follow_up(given["negotiation_id"], **told), status_of(refusal)


def _done(move: Move, *, sealed: bool) -> str:
    if sealed:
        return "Toutes les parties ont approuvé le compte rendu : le dialogue est figé, avec son empreinte."
    match move:
        case Move.ACCEPTANCE:
            return "Votre accord est enregistré, sur ce qui était à l’écran."
        case Move.PROPOSAL | Move.COUNTER_PROPOSAL:
            return "Votre valeur est proposée : toutes les parties la lisent."
        case _:
            return "C’est enregistré : toutes les parties le lisent."


def _asked() -> tuple[int, Meeting]:
    """The exercise year and the meeting that the form tells. Raises InvalidInput."""
    form = request.form
    if not _YEAR.fullmatch(form.get("year", "")):
        raise InvalidInput(field="year")
    return int(form["year"]), Meeting(_day(form.get("on", "")), form.get("people", ""), form.get("seance") or None)


def _value(card: ClauseCard) -> Any:
    """What the form holds, in the shape that the clause takes."""
    field = Field.of(card.field)
    if field is Field.PROGRESS:
        return progress_value(request.form.get("state", ""), request.form.get("percent", ""))
    value = request.form.get("value", "")
    if field is Field.DECISION and value not in set(Resolution):
        raise InvalidInput(field="value")
    return value or None


def _cards(session: Session, actor: Actor, year: str) -> tuple[ClauseCard, ...]:
    """The values of this dialogue. Raises NotFound."""
    return cards_of_part(session, actor, _review(session, actor, year).part_id)


def _review(session: Session, actor: Actor, year: str) -> ReviewView:
    """Raises NotFound."""
    is_year = _YEAR.fullmatch(year) is not None
    review = review_of(session, actor, ReviewKind.DIALOGUE, int(year)) if is_year else None
    if review is None:
        raise NotFound()
    return review


def _day(given: str) -> date:
    """Raises InvalidInput."""
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise InvalidInput(field="on") from error


def _follow_up(negotiation_id: str, **more: Any) -> str:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        context = {"refusal": "", "kept": {}} | follow_up_context(session, frame) | more
        return render_template("follow_up/follow_up.html", **frame.context("texts", subsection="follow_up", **context))


def _dialogue(negotiation_id: str, year: str, *, opened: str, **more: Any) -> str:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame: Frame = frame_of(session, actor)
        review = _review(session, actor, year)
        context = {"refusal": "", "kept": {}, "visa_for": visas_for_me(session, frame)}
        context |= dialogue_context(session, frame, review, opened=opened)
        context |= {"states": tuple(ActionState), "resolutions": tuple(Resolution)} | more
        return render_template("follow_up/dialogue.html", **frame.context("texts", subsection="follow_up", **context))


def _back(negotiation_id: str, year: str, *, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("follow_up.show_dialogue", negotiation_id=negotiation_id, year=year, _anchor=anchor))
