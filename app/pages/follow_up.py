"""Le suivi: the years of a signed contract, one dialogue de gestion, what is said and answered in it."""

import json
from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.errors import or_plainly
from app.limits import by_person, gestures, limiter
from app.pages.follow_up_view import dialogue_context, follow_up_context
from app.pages.frame import frame_of, reader_in
from app.pages.pieces import piece
from app.pages.review_page import ReviewPage, as_pdf, day_asked, refused, year_asked
from app.pages.review_view import reviews_due
from app.security import serves
from negotiation.documents.dialogue_print import print_dialogue
from negotiation.errors import NotFound, Refusal
from negotiation.rules.vocabulary import Action, ReviewKind
from negotiation.services.access import require
from negotiation.services.reviews import Meeting, open_dialogue
from negotiation.store.queries.reviews import sealed_content

follow_up = Blueprint("follow_up", __name__)

DIALOGUE = ReviewPage(
    ReviewKind.DIALOGUE,
    Action.READ_TABLE,
    section="texts",
    subsection="follow_up",
    endpoint="follow_up.show_dialogue",
    sealed="Toutes les parties ont approuvé le compte rendu : le dialogue est figé, avec son empreinte.",
    fill=dialogue_context,
)


@follow_up.get("/negociations/<negotiation_id>/suivi")
@serves(Action.READ_TABLE)
def show_follow_up(negotiation_id: str) -> ResponseReturnValue:
    return _follow_up("follow_up/follow_up.html", negotiation_id)


@follow_up.get("/negociations/<negotiation_id>/suivi/fragment")
@piece
@serves(Action.READ_TABLE)
def follow_up_fragment(negotiation_id: str) -> ResponseReturnValue:
    """The sheet, for a page that learns of a change."""
    return _follow_up("follow_up/_sheet.html", negotiation_id)


@follow_up.get("/negociations/<negotiation_id>/suivi/attendu")
@piece
@serves(Action.READ_TABLE)
def due_fragment(negotiation_id: str) -> ResponseReturnValue:
    """What waits for the reader’s party, for a table that learns of a change."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        followed = reviews_due(session, [frame])
        return render_template("follow_up/_due.html", **frame.context("table", followed=followed))


@follow_up.post("/negociations/<negotiation_id>/suivi")
@gestures
@serves(Action.OPEN_REVIEW)
def post_dialogue(negotiation_id: str) -> ResponseReturnValue:
    """Open the dialogue of a year."""
    form = request.form
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.OPEN_REVIEW)
        year = year_asked()
        meeting = Meeting(day_asked(), form.get("people", ""), form.get("seance") or None)
        open_dialogue(uow, actor, year, meeting=meeting)
    flash("Le dialogue est ouvert : chaque partie y propose ses valeurs, et répond à celles des autres.", "done")
    return DIALOGUE.back(negotiation_id, str(year))


@follow_up.get("/negociations/<negotiation_id>/suivi/<year>")
@serves(Action.READ_TABLE)
def show_dialogue(negotiation_id: str, year: str) -> ResponseReturnValue:
    return DIALOGUE.show("reviews/dialogue.html", negotiation_id, year)


@follow_up.get("/negociations/<negotiation_id>/suivi/<year>/fragment")
@piece
@serves(Action.READ_TABLE)
def dialogue_fragment(negotiation_id: str, year: str) -> ResponseReturnValue:
    """The sheet and its margin, for a page that learns of a change."""
    return DIALOGUE.show("reviews/_dialogue.html", negotiation_id, year)


@follow_up.post("/negociations/<negotiation_id>/suivi/<year>/gestes")
@gestures
@serves(Action.MOVE)
def post_gesture(negotiation_id: str, year: str) -> ResponseReturnValue:
    return DIALOGUE.play(negotiation_id, year)


@follow_up.post("/negociations/<negotiation_id>/suivi/<year>/approbation")
@gestures
@serves(Action.ACCEPT)
def post_approval(negotiation_id: str, year: str) -> ResponseReturnValue:
    return DIALOGUE.approve(negotiation_id, year)


@follow_up.get("/negociations/<negotiation_id>/suivi/<year>/dialogue.pdf")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.READ_TABLE)
def dialogue_pdf(negotiation_id: str, year: str) -> ResponseReturnValue:
    """Only what was approved: until then the page is the document."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        review = DIALOGUE.review(session, actor, year)
        if review.approved_at is None:
            raise NotFound()
        content = json.loads(sealed_content(session, actor, review.id))
        reference = frame_of(session, actor).negotiation.reference
    name = f"{reference}-dialogue-{year}"
    return as_pdf(lambda: print_dialogue(content, fingerprint=review.content_hash), name)


@follow_up.errorhandler(Refusal)
@or_plainly
def say_what_is_wrong(refusal: Refusal) -> ResponseReturnValue:
    """The page again, with the reason and what was typed."""
    given = request.view_args or {}

    def page(*, opened: str, **told: Any) -> str:
        if "year" in given:
            return DIALOGUE.show("reviews/dialogue.html", given["negotiation_id"], given["year"], opened=opened, **told)
        return _follow_up("follow_up/follow_up.html", given["negotiation_id"], **told)

    return refused(refusal, page)


def _follow_up(template: str, negotiation_id: str, **more: Any) -> str:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        context = {"refusal": "", "kept": {}} | follow_up_context(session, frame) | more
        return render_template(template, **frame.context("texts", subsection="follow_up", **context))
