"""« Notre côté »: what a party keeps to itself: visas that wait, its rules, its mandates."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures
from app.pages.frame import Frame, frame_of, reader_in, reader_on_clause
from app.pages.inside_view import Pending, pending_of
from app.pages.pieces import piece
from app.pages.presentation import count_fr
from app.pages.seances_page import room_again
from app.pages.seances_view import seance_before
from app.pages.texts import clause_context
from app.pages.visa_places import places_of
from app.security import serves
from negotiation.errors import InvalidInput, NotFound, RecentSigninRequired, Refusal, SigninRequired
from negotiation.rules.mandate import ORDERED
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.values import as_entered
from negotiation.rules.visa import DECIDING_ROLES
from negotiation.rules.vocabulary import TEXT_MOVES, Action, Gesture, Role, Side, VisaState
from negotiation.services.access import require
from negotiation.services.mandates import Terms, set_mandate
from negotiation.services.visa_reminders import remind_visa
from negotiation.services.visas import cancel_visas, deciders, give_visas, refuse_visas, set_visa_rule
from negotiation.store.queries.clauses import cards_by_id
from negotiation.store.queries.inside import (
    mandates_of,
    refused_requests,
    request_view,
    settled_requests,
    visa_rules,
    waiting_requests,
)

inside = Blueprint("inside", __name__)

NO_VISA = "aucun"
"""As the form says that a gesture needs nobody's visa."""


@dataclass(frozen=True)
class Gathered:
    """Requests of one gesture, to decide together or one by one; a single one stands alone."""

    pending: tuple[Pending, ...]

    @property
    def may_decide(self) -> bool:
        return all(each.may_decide and each.is_ready for each in self.pending)


@inside.get("/negociations/<negotiation_id>/interne")
@serves(Action.READ_INSIDE)
def show_inside(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        return render_template("inside/party.html", **_context(session, negotiation_id))


@inside.get("/negociations/<negotiation_id>/fragment/interne")
@piece
@serves(Action.READ_INSIDE)
def inside_fragment(negotiation_id: str) -> ResponseReturnValue:
    """What waits, alone, for a page that learns of a change."""
    with current_store().reading() as session:
        return render_template("inside/_requests.html", **_context(session, negotiation_id))


@inside.post("/negociations/<negotiation_id>/interne/regles")
@gestures
@serves(Action.MANAGE_MEMBERS)
def set_rules(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.MANAGE_MEMBERS)
        for gesture in Gesture:
            if str(gesture) in request.form:
                set_visa_rule(uow, actor, gesture, _role(request.form[str(gesture)]))
    flash("Les visas demandés dans votre partie sont enregistrés.", "done")
    return redirect(url_for("inside.show_inside", negotiation_id=negotiation_id))


@inside.post("/negociations/<negotiation_id>/interne/visas/donner")
@gestures
@serves(Action.GIVE_VISA)
def give(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.GIVE_VISA)
        played = give_visas(uow, actor, _listed())
    left = count_fr(len(played), "geste est parti", "gestes sont partis")
    flash(f"Visa donné : {left}. L’heure affichée aux autres est celle de cet envoi.", "done")
    return _back(negotiation_id)


@inside.post("/negociations/<negotiation_id>/interne/visas/refuser")
@gestures
@serves(Action.GIVE_VISA)
def refuse(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.GIVE_VISA)
        refuse_visas(uow, actor, _listed(), answer=request.form.get("answer", ""))
    flash("Visa refusé : rien n’est parti, et votre motif reste interne.", "done")
    return _back(negotiation_id)


@inside.post("/negociations/<negotiation_id>/interne/visas/annuler")
@gestures
@serves(Action.MOVE)
def cancel(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.MOVE)
        cancel_visas(uow, actor, _listed())
    flash("Demande de visa annulée : rien n’est parti.", "done")
    return _back(negotiation_id)


@inside.post("/negociations/<negotiation_id>/interne/visas/rappeler")
@gestures
@serves(Action.MOVE)
def remind(negotiation_id: str) -> ResponseReturnValue:
    """Call requests of one's own to mind, to those whose visa they await."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.MOVE)
        for request_id in _listed():
            remind_visa(uow, actor, request_id)
    flash("Rappel enregistré dans votre partie : ceux dont le visa est attendu en seront prévenus.", "done")
    return _back(negotiation_id)


@inside.get("/clauses/<clause_id>/visas/<visa_id>")
@serves(Action.READ_INSIDE)
def change_visa(clause_id: str, visa_id: str) -> ResponseReturnValue:
    """« Modifier le texte »: the form again, with what waits in it; sending it replaces the request. « Reprendre ce
    texte » of a refusal: the same, and sending it asks anew."""
    with current_store().reading() as session:
        actor = reader_on_clause(session, clause_id)
        require(actor, Action.READ_INSIDE)
        found = request_view(session, actor, visa_id)
        waits = found.state is VisaState.WAITING
        if found.clause_id != clause_id or found.move not in TEXT_MOVES:
            raise NotFound()
        refused = {each.id for each in refused_requests(session, actor, clause_id)}
        if found.member_id != actor.member_id or not (waits or visa_id in refused):
            raise NotFound()
        card = cards_by_id(session, actor, [clause_id])[clause_id]
        kept = {
            "move": str(found.move),
            "text": found.text,
            "motive": found.motive,
            "value": as_entered(found.value, card.value_kind),
            "words": found.words,
        } | ({"replaces": found.id} if waits else {})
        return _clause_again(session, clause_id, "proposition", kept=kept)


@inside.post("/clauses/<clause_id>/mandat")
@gestures
@serves(Action.SET_MANDATE)
def write_mandate(clause_id: str) -> ResponseReturnValue:
    terms = Terms(*(request.form.get(name, "") for name in ("floor", "ceiling", "fallback", "leeway")))
    with current_store().unit_of_work() as uow:
        set_mandate(uow, reader_on_clause(uow.session, clause_id), clause_id, terms)
    flash("Le mandat interne est enregistré.", "done")
    return redirect(seance_before(clause_id, "") or url_for("texts.show_clause", clause_id=clause_id))


@inside.errorhandler(Refusal)
@or_plainly
def say_why(refusal: Refusal) -> ResponseReturnValue:
    """The page again, with the reason and every typed word."""
    if request.method == "GET" or isinstance(refusal, NotFound | SigninRequired | RecentSigninRequired):
        return answer(refusal)
    given = request.view_args or {}
    kept = {key: value for key, value in request.form.items() if key != "csrf_token"}
    clause_id = given.get("clause_id") or kept.get("back")
    told: dict[str, Any] = {"kept": kept, "refusal": sentence_of(refusal)}
    with current_store().reading() as session:
        if clause_id:
            page = _clause_again(session, clause_id, "", **told)
        else:
            page = render_template("inside/party.html", **_context(session, given["negotiation_id"]) | told)
        return page, status_of(refusal)


def _clause_again(session: Session, clause_id: str, tab: str, **told: Any) -> str:
    """The page on which the clause was open: the séance, or its fiche."""
    page = room_again(session, clause_id, tab, **told)
    return page or render_template("fiches/part.html", **clause_context(session, clause_id, tab, **told))


def _context(session: Session, negotiation_id: str) -> dict[str, Any]:
    actor = reader_in(session, negotiation_id)
    require(actor, Action.READ_INSIDE)
    frame = frame_of(session, actor)
    waiting, settled = waiting_requests(session, actor), settled_requests(session, actor)
    mandates = mandates_of(session, actor)
    cards = cards_by_id(session, actor, [*mandates, *(each.clause_id for each in (*waiting, *settled))])
    pending = pending_of(session, frame, waiting, cards=cards, mandates=mandates)
    return frame.context(
        "inside",
        kept={},
        refusal="",
        gathered=_gathered(pending),
        places=places_of(session, frame, pending),
        settled=[each for each in settled if each.clause_id in cards],
        mandates=[each for each in mandates.values() if each.clause_id in cards],
        cards=cards,
        bounded=ORDERED,
        rules={str(gesture): str(role) for gesture, role in visa_rules(session, actor).items()},
        deciding_roles=[str(role) for role in DECIDING_ROLES],
        deciders=_names(session, frame),
        may_rule=_may_rule(frame),
        decides=actor.side is not Side.ASSOCIATE,
    )


def _gathered(pending: tuple[Pending, ...]) -> list[Gathered]:
    """For me first, then the oldest; those of one gesture together."""
    bundles: dict[str, list[Pending]] = {}
    for each in pending:
        bundles.setdefault(each.request.bundle or each.request.id, []).append(each)
    found = [Gathered(tuple(those)) for those in bundles.values()]
    return sorted(found, key=lambda each: not any(one.may_decide for one in each.pending))


def _names(session: Session, frame: Frame) -> dict[str, list[str]]:
    found = deciders(session, frame.actor)
    return {str(role): [frame.members[each].title for each in members] for role, members in found.items()}


def _may_rule(frame: Frame) -> bool:
    allowed = decide(frame.actor, Action.MANAGE_MEMBERS, Target(frame.negotiation.id)) is Decision.ALLOW
    return allowed and frame.actor.side is not Side.ASSOCIATE and frame.negotiation.frozen_at is None


def _role(given: str) -> Role | None:
    if given == NO_VISA:
        return None
    if given not in {str(role) for role in DECIDING_ROLES}:
        raise InvalidInput(field="role")
    return Role(given)


def _listed() -> list[str]:
    listed = request.form.getlist("visa")
    if not listed:
        raise InvalidInput(field="visa")
    return listed


def _back(negotiation_id: str) -> ResponseReturnValue:
    """To the clause whose page held the form, or to our side."""
    clause_id = request.form.get("back", "")
    if clause_id:
        return redirect(seance_before(clause_id, "") or url_for("texts.show_clause", clause_id=clause_id))
    return redirect(url_for("inside.show_inside", negotiation_id=negotiation_id))
