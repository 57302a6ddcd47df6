"""L’évaluation finale: what became of each engagement, said and answered by the parties, until all have approved it."""

import re
from datetime import date
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import by_person, gestures, limiter
from app.pages.evaluation_view import closed_context, evaluation_context, evaluation_of
from app.pages.follow_up import WAITS
from app.pages.frame import frame_of, reader_in
from app.pages.inside_view import visas_for_me
from app.pages.review_moves import accept_listed, play_asked
from app.printing import printed
from app.security import serves
from negotiation.documents.evaluation_print import print_evaluation
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
from negotiation.rules.reviews import Field, Outcome
from negotiation.rules.vocabulary import Action, Move, ReviewKind
from negotiation.services.access import require
from negotiation.services.evaluating import evaluation_to_print, open_evaluation
from negotiation.services.reviews import Meeting
from negotiation.store.queries.clauses import ClauseCard, cards_of_part
from negotiation.store.queries.reviews import ReviewView, reviews_of

evaluation = Blueprint("evaluation", __name__)

KEPT = ("clause", "value", "text", "motive", "on", "people", "reason")


@evaluation.get("/negociations/<negotiation_id>/evaluation")
@serves(Action.READ_HISTORY)
def show_evaluation(negotiation_id: str) -> ResponseReturnValue:
    return _page(negotiation_id, opened=request.args.get("valeur", ""))


@evaluation.post("/negociations/<negotiation_id>/evaluation")
@gestures
@serves(Action.OPEN_REVIEW)
def post_evaluation(negotiation_id: str) -> ResponseReturnValue:
    """Open it: once, for all the parties."""
    form = request.form
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.OPEN_REVIEW)
        meeting = Meeting(_day(form.get("on", "")), form.get("people", ""))
        open_evaluation(uow, actor, meeting=meeting, reason=form.get("reason", ""))
    flash("L’évaluation est ouverte : chaque partie y propose un résultat, et répond à ceux des autres.", "done")
    return _back(negotiation_id)


@evaluation.post("/negociations/<negotiation_id>/evaluation/gestes")
@gestures
@serves(Action.MOVE)
def post_gesture(negotiation_id: str) -> ResponseReturnValue:
    """One move on one line."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.MOVE)
        card, move, waits = play_asked(uow, actor, _cards(uow.session, actor), value=_value)
        sealed = _review(uow.session, actor).approved_at is not None
    flash(WAITS if waits else _done(move, sealed=sealed), "done")
    return _back(negotiation_id, anchor=f"valeur-{card.id}")


@evaluation.post("/negociations/<negotiation_id>/evaluation/approbation")
@gestures
@serves(Action.ACCEPT)
def post_approval(negotiation_id: str) -> ResponseReturnValue:
    """Agree, for one's party, to the lines that the form lists."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        waits = accept_listed(uow, actor, _cards(uow.session, actor))
        sealed = _review(uow.session, actor).approved_at is not None
    flash(WAITS if waits else _done(Move.ACCEPTANCE, sealed=sealed), "done")
    return _back(negotiation_id)


@evaluation.get("/negociations/<negotiation_id>/evaluation.pdf")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.EXPORT)
def evaluation_pdf(negotiation_id: str) -> ResponseReturnValue:
    """The report: a project until every party has approved, sealed afterwards."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        content, fingerprint = evaluation_to_print(session, actor)
        reference = frame_of(session, actor).negotiation.reference
    response = make_response(printed(lambda: print_evaluation(content, fingerprint=fingerprint)))
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{reference}-evaluation{'' if fingerprint else '-projet'}")
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


@evaluation.errorhandler(Refusal)
@or_plainly
def say_what_is_wrong(refusal: Refusal) -> ResponseReturnValue:
    """The page again, with the reason and what was typed."""
    elsewhere = NotFound | NotAllowed | SigninRequired | RecentSigninRequired | OutsideMandate
    if request.method == "GET" or isinstance(refusal, elsewhere):
        return answer(refusal)
    kept = {name: request.form.get(name, "") for name in KEPT}
    opened = kept["clause"].partition(" ")[0]
    page = _page((request.view_args or {})["negotiation_id"], opened=opened, refusal=sentence_of(refusal), kept=kept)
    return page, status_of(refusal)


def _done(move: Move, *, sealed: bool) -> str:
    if sealed:
        return "Toutes les parties ont approuvé les conclusions : l’évaluation est figée, avec son empreinte."
    match move:
        case Move.ACCEPTANCE:
            return "Votre accord est enregistré, sur ce qui était à l’écran."
        case _:
            return "C’est enregistré : toutes les parties le lisent."


def _value(card: ClauseCard) -> str | None:
    """The outcome that the form says. Raises InvalidInput."""
    if Field.of(card.field) is not Field.OUTCOME:
        return None
    outcome = Outcome.read(request.form.get("value", ""))
    if outcome is None:
        raise InvalidInput(field="value")
    return str(outcome)


def _cards(session: Session, actor: Actor) -> tuple[ClauseCard, ...]:
    """Raises NotFound."""
    return cards_of_part(session, actor, _review(session, actor).part_id)


def _review(session: Session, actor: Actor) -> ReviewView:
    """Raises NotFound."""
    found = next(iter(reviews_of(session, actor, ReviewKind.EVALUATION)), None)
    if found is None:
        raise NotFound()
    return found


def _day(given: str) -> date:
    """Raises InvalidInput."""
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise InvalidInput(field="on") from error


def _page(negotiation_id: str, *, opened: str, **more: Any) -> str:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_HISTORY)
        frame = frame_of(session, actor)
        context: dict[str, Any] = {"refusal": "", "kept": {}, "subsection": "evaluation", "choices": tuple(Outcome)}
        review = evaluation_of(session, frame)
        if review is None:
            context |= closed_context(session, frame) | more
            return render_template("evaluation/closed.html", **frame.context("history", **context))
        context |= {"visa_for": visas_for_me(session, frame)}
        context |= evaluation_context(session, frame, review, opened=opened) | more
        return render_template("evaluation/evaluation.html", **frame.context("history", **context))


def _back(negotiation_id: str, *, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("evaluation.show_evaluation", negotiation_id=negotiation_id, _anchor=anchor))
