"""Avis par courriel: what a person is told about a negotiation, how often, and the one click that stops it all."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.mailing import mail_is_set
from app.pages.frame import frame_of, reader_in
from app.security import serves
from negotiation.errors import InvalidInput, NotFound
from negotiation.rules.vocabulary import Action, Notice, Rhythm
from negotiation.services.notifying import Choices, negotiation_of_token, set_notices, unsubscribe
from negotiation.store.queries.negotiations import negotiation_view
from negotiation.store.queries.notices import pace_of, rhythms_of

notices = Blueprint("notices", __name__)

WORDS: dict[Notice, tuple[str, str]] = {
    Notice.YOUR_TURN: ("C’est à vous", "Une clause attend la réponse de votre partie."),
    Notice.MENTION: ("On vous nomme", "Dans un commentaire ou dans la discussion."),
    Notice.VOIDED: ("Une acceptation tombe", "Une version plus récente annule l’accord que votre partie avait donné."),
    Notice.VISA: ("Visas de votre partie", "Un visa est attendu de vous, ou celui que vous demandiez est rendu."),
    Notice.TASK: ("Vos tâches", "Une tâche vous est confiée, change ou arrive à son terme."),
    Notice.MOVES: ("Les mouvements", "Propositions, acceptations, refus, réserves."),
    Notice.TALK: ("Commentaires et discussion", "Ce qui s’écrit dans les cercles que vous lisez."),
    Notice.TABLE: ("La table", "Membres, plan du contrat, gel et signatures."),
    Notice.RECEIPT: (
        "Accusés de réception",
        "Chaque acte qui engage, le vôtre ou celui d’une autre partie : sa version, son empreinte, sa date.",
    ),
}
RHYTHMS: dict[Rhythm, str] = {
    Rhythm.IMMEDIATE: "Tout de suite",
    Rhythm.DAILY: "Chaque matin",
    Rhythm.WEEKLY: "Chaque lundi",
    Rhythm.OFF: "Jamais",
}


@notices.get("/negociations/<negotiation_id>/avis")
@serves(Action.SET_NOTICES)
def show_notices(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        frame = frame_of(session, actor)
        return render_template(
            "notices/choices.html",
            **frame.context(
                "notices",
                words=WORDS,
                options=list(RHYTHMS.items()),
                rhythms=rhythms_of(session, actor.person_id, negotiation_id),
                pace=pace_of(session, actor.person_id, negotiation_id),
                mail_is_set=mail_is_set(current_app.extensions["settings"]),
            ),
        )


@notices.post("/negociations/<negotiation_id>/avis")
@serves(Action.SET_NOTICES)
def keep_notices(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        set_notices(uow, actor, Choices(_chosen(), "working_days_only" in request.form))
    flash("Vos avis par courriel sont réglés pour cette négociation.", "done")
    return redirect(url_for("notices.show_notices", negotiation_id=negotiation_id))


@notices.get("/avis/arret/<token>")
@serves(Action.UNSUBSCRIBE)
def ask_unsubscribe(token: str) -> ResponseReturnValue:
    """A button only: a mail reader that opens links by itself stops nothing."""
    return _stopping("notices/stop.html", token)


@notices.post("/avis/arret/<token>")
@serves(Action.UNSUBSCRIBE)
def stop_notices(token: str) -> ResponseReturnValue:
    """The button of the page, or the mail program itself (RFC 8058): the address is the secret, no form token is."""
    with current_store().unit_of_work() as uow:
        if not unsubscribe(uow, token):
            raise NotFound()
    return _stopping("notices/stopped.html", token)


@notices.record_once
def _let_mail_programs_post(state: BlueprintSetupState) -> None:
    state.app.extensions["csrf"].exempt(stop_notices)


def _stopping(template: str, token: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        negotiation_id = negotiation_of_token(session, token)
        if negotiation_id is None:
            raise NotFound()
        title = negotiation_view(session, negotiation_id).title
    context: dict[str, Any] = {"title": title, "address": f"/negociations/{negotiation_id}/avis", "token": token}
    return render_template(template, **context)


def _chosen() -> dict[Notice, Rhythm]:
    """The rhythm of each notice that the form names. Raises InvalidInput."""
    chosen = {}
    for notice in Notice:
        given = request.form.get(f"rhythm_{notice}")
        if given is None:
            continue
        if given not in set(Rhythm):
            raise InvalidInput(field=f"rhythm_{notice}")
        chosen[notice] = Rhythm(given)
    return chosen
