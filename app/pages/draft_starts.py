"""« Une nouvelle version a été déposée »: what the writers of an open draft make of it."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.limits import gestures
from app.pages.clause_view import SIDE_OF_TAB
from app.pages.frame import reader_on_clause
from app.pages.seances_view import seance_before
from app.security import serves
from negotiation.rules.vocabulary import Action
from negotiation.services.draft_starts import go_on, start_again

draft_starts = Blueprint("draft_starts", __name__)

STARTED = "Le texte repart de la version déposée. Les mots d’avant sont gardés dessous."
KEPT = "Le brouillon reste tel quel."
TABS = {side: tab for tab, side in SIDE_OF_TAB.items()}


@draft_starts.post("/clauses/<clause_id>/depart")
@gestures
@serves(Action.WRITE_DRAFT)
def post_start(clause_id: str) -> ResponseReturnValue:
    """« Repartir de la version 3 », or « Garder ce texte »."""
    side, seen = request.form.get("draft", ""), request.form.get("seen_fingerprint", "")
    starts = request.form.get("act") == "start"
    with current_store().unit_of_work() as uow:
        actor = reader_on_clause(uow.session, clause_id)
        if starts:
            start_again(uow, actor, clause_id, side=side, seen=seen)
        else:
            go_on(uow, actor, clause_id, side=side, seen=seen)
    flash(STARTED if starts else KEPT, "done")
    tab = TABS.get(side, "")
    return redirect(seance_before(clause_id, tab) or url_for("texts.show_clause", clause_id=clause_id, tab=tab))
