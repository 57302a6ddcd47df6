"""What becomes of a party's inside after the signature: its choice, and one fact of it that everybody will read."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures
from app.pages.closing import rendered
from app.pages.frame import frame_of, reader_in
from app.pages.history import names_of
from app.security import serves
from negotiation.errors import AlreadyDone, InvalidInput, NotFound, Refusal
from negotiation.rules.policy import Actor
from negotiation.rules.private_history import said_in
from negotiation.rules.vocabulary import Action, Circle
from negotiation.services.access import require
from negotiation.services.private_history import KEPT, choose_fate, disclose
from negotiation.store.queries.clause_names import ClauseName, clause_names
from negotiation.store.queries.history import EntryView, entry_view
from negotiation.store.queries.private_history import disclosable, fact_of, is_disclosed

private_history = Blueprint("private_history", __name__)

WRONG_FIELDS = {
    "fate": "Choisissez l’une des deux.",
    "years": "Donnez un nombre d’années entier, de 1 à 30.",
}


@private_history.post("/negociations/<negotiation_id>/historique-interne")
@gestures
@serves(Action.CHOOSE_FATE)
def post_fate(negotiation_id: str) -> ResponseReturnValue:
    fate, years = request.form.get("fate", ""), request.form.get("years", "")
    with current_store().unit_of_work() as uow:
        choose_fate(uow, reader_in(uow.session, negotiation_id), fate, years=years)
    kept = "Votre historique interne sera gardé."
    flash(kept if fate == KEPT else "Votre historique interne sera détruit, comme vous l’avez choisi.", "done")
    return redirect(url_for("closing.show_versions", negotiation_id=negotiation_id, _anchor="interne"))


@private_history.get("/negociations/<negotiation_id>/historique/<entry_id>/devoiler")
@serves(Action.DISCLOSE)
def show_disclosure(negotiation_id: str, entry_id: str) -> ResponseReturnValue:
    """Exactly what everybody will read, before it is disclosed."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.DISCLOSE, circle=Circle.inside(actor.party_id))
        entry, frame = _own_fact(session, actor, entry_id), frame_of(session, actor)
        page = frame.context(
            "history",
            subsection="chain",
            entry=entry,
            names=names_of(frame),
            clauses=_named(session, actor, entry),
            said=said_in(entry.facts or {}),
            is_disclosed=is_disclosed(session, actor, entry.header_hash),
        )
        return render_template("history/disclosing.html", **page)


@private_history.post("/negociations/<negotiation_id>/historique/<entry_id>/devoiler")
@gestures
@serves(Action.DISCLOSE)
def post_disclosure(negotiation_id: str, entry_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        sequence = disclose(uow, reader_in(uow.session, negotiation_id), entry_id)
    flash("Ce fait est dévoilé : toutes les parties le lisent désormais ici.", "done")
    return redirect(url_for("history.show_history", negotiation_id=negotiation_id, _anchor=f"fait-{sequence}"))


@private_history.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    """« Versions et signature » again, with the reason and what was typed."""
    if not isinstance(refusal, InvalidInput | AlreadyDone) or "entry_id" in (request.view_args or {}):
        return answer(refusal)
    field = str(refusal.detail.get("field", ""))
    page = rendered(
        "versions/versions.html",
        (request.view_args or {})["negotiation_id"],
        inside_kept={name: request.form.get(name, "") for name in WRONG_FIELDS},
        inside_errors={field: WRONG_FIELDS[field]} if field in WRONG_FIELDS else {},
        refusal=None if field in WRONG_FIELDS else sentence_of(refusal),
    )
    return page, status_of(refusal)


def _own_fact(session: Session, actor: Actor, entry_id: str) -> EntryView:
    """Raises NotFound, also for a fact that may not be disclosed."""
    row = fact_of(session, actor, entry_id)
    entry = entry_view(row) if row else None
    if entry is None or not disclosable(session, actor, [entry]):
        raise NotFound()
    return entry


def _named(session: Session, actor: Actor, entry: EntryView) -> dict[str, ClauseName]:
    named: Any = clause_names(session, actor, [entry.clause_id] if entry.clause_id else [])
    return dict(named)
