"""L’évaluation finale: what became of each engagement, said and answered by the parties, until all have approved it."""

from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.errors import or_plainly
from app.limits import by_person, gestures, limiter
from app.pages.evaluation_csv import evaluation_csv
from app.pages.evaluation_view import closed_context, evaluation_context
from app.pages.frame import frame_of, reader_in
from app.pages.pieces import piece
from app.pages.review_page import ReviewPage, as_file, as_pdf, day_asked, refused
from app.security import serves
from negotiation.documents.evaluation_print import print_evaluation
from negotiation.errors import Refusal
from negotiation.rules.vocabulary import Action, ReviewKind
from negotiation.services.access import require
from negotiation.services.evaluating import evaluation_to_print, open_evaluation
from negotiation.services.reviews import Meeting
from negotiation.store.queries.reviews import reviews_of

evaluation = Blueprint("evaluation", __name__)

EVALUATION = ReviewPage(
    ReviewKind.EVALUATION,
    Action.READ_HISTORY,
    section="history",
    subsection="evaluation",
    endpoint="evaluation.show_evaluation",
    sealed="Toutes les parties ont approuvé les conclusions : l’évaluation est figée, avec son empreinte.",
    fill=evaluation_context,
)


@evaluation.get("/negociations/<negotiation_id>/evaluation")
@serves(Action.READ_HISTORY)
def show_evaluation(negotiation_id: str) -> ResponseReturnValue:
    return _page(negotiation_id)


@evaluation.get("/negociations/<negotiation_id>/evaluation/fragment")
@piece
@serves(Action.READ_HISTORY)
def evaluation_fragment(negotiation_id: str) -> ResponseReturnValue:
    """The sheet and its margin, for a page that learns of a change."""
    return _page(negotiation_id, opened_as="reviews/_evaluation.html", closed_as="evaluation/_closed.html")


@evaluation.post("/negociations/<negotiation_id>/evaluation")
@gestures
@serves(Action.OPEN_REVIEW)
def post_evaluation(negotiation_id: str) -> ResponseReturnValue:
    """Open it: once, for all the parties."""
    form = request.form
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.OPEN_REVIEW)
        meeting = Meeting(day_asked(), form.get("people", ""))
        open_evaluation(uow, actor, meeting=meeting, reason=form.get("reason", ""))
    flash("L’évaluation est ouverte : chaque partie y propose un résultat, et répond à ceux des autres.", "done")
    return EVALUATION.back(negotiation_id)


@evaluation.post("/negociations/<negotiation_id>/evaluation/gestes")
@gestures
@serves(Action.MOVE)
def post_gesture(negotiation_id: str) -> ResponseReturnValue:
    return EVALUATION.play(negotiation_id)


@evaluation.post("/negociations/<negotiation_id>/evaluation/approbation")
@gestures
@serves(Action.ACCEPT)
def post_approval(negotiation_id: str) -> ResponseReturnValue:
    return EVALUATION.approve(negotiation_id)


@evaluation.get("/negociations/<negotiation_id>/evaluation.pdf")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.EXPORT)
def evaluation_pdf(negotiation_id: str) -> ResponseReturnValue:
    """The report: a project until every party has approved, sealed afterwards."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        content, fingerprint = evaluation_to_print(session, actor)
        reference = frame_of(session, actor).negotiation.reference
    name = f"{reference}-evaluation{'' if fingerprint else '-projet'}"
    return as_pdf(lambda: print_evaluation(content, fingerprint=fingerprint), name)


@evaluation.get("/negociations/<negotiation_id>/evaluation.csv")
@serves(Action.EXPORT)
def evaluation_table(negotiation_id: str) -> ResponseReturnValue:
    """The lines of the engagements, for a spreadsheet."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.EXPORT)
        frame = frame_of(session, actor)
        context = evaluation_context(session, frame, EVALUATION.review(session, actor, None), "")
        file = evaluation_csv(context["outcomes"])
    return as_file(file, f"{frame.negotiation.reference}-evaluation.csv", "text/csv; charset=utf-8")


@evaluation.errorhandler(Refusal)
@or_plainly
def say_what_is_wrong(refusal: Refusal) -> ResponseReturnValue:
    """The page again, with the reason and what was typed."""
    negotiation_id = (request.view_args or {}).get("negotiation_id", "")
    return refused(refusal, lambda **told: _page(negotiation_id, **told))


def _page(
    negotiation_id: str,
    *,
    opened_as: str = "reviews/evaluation.html",
    closed_as: str = "evaluation/closed.html",
    **told: Any,
) -> str:
    """What it has come to, or how it is opened."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_HISTORY)
        frame = frame_of(session, actor)
        if not reviews_of(session, actor, ReviewKind.EVALUATION):
            context = {"refusal": "", "kept": {}, "subsection": "evaluation"} | closed_context(session, frame) | told
            return render_template(closed_as, **frame.context("history", **context))
    return EVALUATION.show(opened_as, negotiation_id, **told)
