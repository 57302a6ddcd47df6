"""Consultations et délibérations: whom each party heard before signing, recorded by itself, read by all."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures
from app.pages.frame import frame_of, reader_in
from app.security import serves
from negotiation.errors import InvalidInput, NotAllowed, NotFound, Refusal, SigninRequired, WrongValue
from negotiation.rules.consultations import TO_THE_STATE
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.vocabulary import Action, NegotiationStatus
from negotiation.services.access import require
from negotiation.services.consultations import Heard, correct_consultation, record_consultation, remove_consultation
from negotiation.store.queries.gate import missing_consultations
from negotiation.store.queries.readings import calendar_of

consultations = Blueprint("consultations", __name__)

NEW = "new"
FIELDS = ("body", "body_name", "kind", "on", "opinion", "reserve", "sent_on")
RECORDED = "C’est enregistré, et lu de toutes les parties."
REMOVED = "Cette ligne est retirée du registre ; l’histoire partagée la garde."
WRONG_FIELDS = {
    "body": "Nommez l’instance, en 200 caractères au plus.",
    "body_name": "200 caractères au plus.",
    "kind": "Choisissez la nature dans la liste.",
    "on": "Donnez la date de la réunion : elle ne peut pas être à venir.",
    "opinion": "200 caractères au plus.",
    "reserve": "2 000 caractères au plus.",
    "sent_on": "Une délibération se transmet le jour où elle est prise ou après, et pas à l’avance.",
}


@consultations.get("/negociations/<negotiation_id>/consultations")
@serves(Action.READ_TABLE)
def show_consultations(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        return _page(session, negotiation_id)


@consultations.post("/negociations/<negotiation_id>/consultations")
@gestures
@serves(Action.RECORD_CONSULTATION)
def post_consultation(negotiation_id: str) -> ResponseReturnValue:
    """Add, correct or take out one line of one's own party."""
    act, line = request.form.get("act", ""), request.form.get("consultation", "")
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        heard = Heard(**{name: request.form.get(name, "") for name in FIELDS})
        match act:
            case "add":
                record_consultation(uow, actor, heard)
            case "correct":
                correct_consultation(uow, actor, line, heard)
            case "remove":
                remove_consultation(uow, actor, line)
            case _:
                require(actor, Action.RECORD_CONSULTATION)
                raise InvalidInput(field="act")
    flash(REMOVED if act == "remove" else RECORDED, "done")
    return redirect(url_for("consultations.show_consultations", negotiation_id=negotiation_id))


@consultations.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    """The register again, the form open on what is wrong, with every typed word."""
    if request.method == "GET" or isinstance(refusal, NotFound | NotAllowed | SigninRequired):
        return answer(refusal)
    errors = _errors(refusal)
    more = {
        "open_line": request.form.get("consultation", "") or NEW,
        "kept": {name: request.form.get(name, "") for name in FIELDS},
        "errors": errors,
        "refusal": None if errors else sentence_of(refusal),
    }
    with current_store().reading() as session:
        return _page(session, (request.view_args or {})["negotiation_id"], **more), status_of(refusal)


def _page(session: Session, negotiation_id: str, **more: Any) -> str:
    actor = reader_in(session, negotiation_id)
    require(actor, Action.READ_TABLE)
    frame = frame_of(session, actor)
    may = decide(actor, Action.RECORD_CONSULTATION, Target(negotiation_id)) is Decision.ALLOW
    context: dict[str, Any] = {
        "lines": calendar_of(session, negotiation_id).consultations,
        "missing": missing_consultations(session, negotiation_id),
        "may_record": may and frame.negotiation.status is NegotiationStatus.IN_NEGOTIATION,
        "own_key": frame.me.party.key,
        "sends_to_the_state": frame.me.party.kind in TO_THE_STATE,
        "open_line": "",
        "kept": {},
        "errors": {},
        "refusal": None,
    }
    shown = frame.context("texts", subsection="calendar", **context | more)
    return render_template("readings/consultations.html", **shown)


def _errors(refusal: Refusal) -> dict[str, str]:
    match refusal:
        case InvalidInput() if str(refusal.detail.get("field")) in WRONG_FIELDS:
            field = str(refusal.detail["field"])
            return {field: WRONG_FIELDS[field]}
        case WrongValue():
            return {"on": sentence_of(refusal)}
        case _:
            return {}
