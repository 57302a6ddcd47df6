"""Les séances: those of the table, planning one, and its page, whatever it has come to."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import or_plainly
from app.limits import gestures
from app.pages.frame import frame_of, reader_in
from app.pages.seances_page import acting, framed, planning_page, refused, seance_page
from app.pages.seances_view import may
from app.security import serves
from negotiation.errors import InvalidInput, NotFound, Refusal
from negotiation.rules.seances import SeanceState
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.minutes import draw_up_minutes
from negotiation.services.seances import (
    Plan,
    cancel_seance,
    change_plan,
    close_seance,
    leave_chair,
    open_seance,
    plan_seance,
    take_chair,
)
from negotiation.store.queries.readings import calendar_of
from negotiation.store.queries.seances import SeanceCard, seances_of

seances = Blueprint("seances", __name__)


@seances.get("/negociations/<negotiation_id>/seances")
@serves(Action.FOLLOW_SEANCE)
def show_seances(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        frame = framed(session, negotiation_id)
        cards = seances_of(session, frame.actor)
        return render_template(
            "seances/seances.html",
            **frame.context("seances", may_plan=may(frame, Action.PLAN_SEANCE), **_by_state(cards)),
        )


@seances.get("/negociations/<negotiation_id>/seances/nouvelle")
@serves(Action.PLAN_SEANCE)
def show_new(negotiation_id: str) -> ResponseReturnValue:
    """The form of a plan; `rendez_vous` names the calendar's item that it is."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.PLAN_SEANCE)
        return planning_page(session, frame_of(session, actor), _from_calendar(session, negotiation_id))


@seances.post("/negociations/<negotiation_id>/seances")
@gestures
@serves(Action.PLAN_SEANCE)
def post_new(negotiation_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = acting(uow, negotiation_id, Action.PLAN_SEANCE)
        seance_id = plan_seance(uow, actor, _plan())
    flash("La séance est prévue, et au calendrier. Préparez-en l’ordre du jour.", "done")
    return _to(negotiation_id, seance_id)


@seances.get("/negociations/<negotiation_id>/seances/<seance_id>")
@serves(Action.FOLLOW_SEANCE)
def show_seance(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        return seance_page(session, framed(session, negotiation_id), seance_id)


@seances.post("/negociations/<negotiation_id>/seances/<seance_id>/plan")
@gestures
@serves(Action.PLAN_SEANCE)
def post_plan(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = acting(uow, negotiation_id, Action.PLAN_SEANCE)
        change_plan(uow, actor, seance_id, _plan())
    flash("Le changement est enregistré, au calendrier aussi.", "done")
    return _to(negotiation_id, seance_id)


@seances.post("/negociations/<negotiation_id>/seances/<seance_id>/annulation")
@gestures
@serves(Action.PLAN_SEANCE)
def post_cancellation(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        cancel_seance(uow, acting(uow, negotiation_id, Action.PLAN_SEANCE), seance_id)
    flash("La séance est annulée.", "done")
    return redirect(url_for("seances.show_seances", negotiation_id=negotiation_id))


@seances.post("/negociations/<negotiation_id>/seances/<seance_id>/ouverture")
@gestures
@serves(Action.CHAIR_SEANCE)
def post_opening(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        open_seance(uow, acting(uow, negotiation_id, Action.CHAIR_SEANCE), seance_id)
    return _to(negotiation_id, seance_id)


@seances.post("/negociations/<negotiation_id>/seances/<seance_id>/animation")
@gestures
@serves(Action.CHAIR_SEANCE)
def post_chair(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    """Take the chair, from the member whom the form names if it isn't empty; or leave it (`act`)."""
    with current_store().unit_of_work() as uow:
        actor = acting(uow, negotiation_id, Action.CHAIR_SEANCE)
        if request.form.get("act") == "leave":
            leave_chair(uow, actor, seance_id)
        else:
            take_chair(uow, actor, seance_id, instead_of=request.form.get("instead_of") or None)
    return _to(negotiation_id, seance_id)


@seances.post("/negociations/<negotiation_id>/seances/<seance_id>/cloture")
@gestures
@serves(Action.CHAIR_SEANCE)
def post_closing(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        close_seance(uow, acting(uow, negotiation_id, Action.CHAIR_SEANCE), seance_id)
    drawn_up = _drawn_up(negotiation_id, seance_id)
    flash(f"La séance est close{', et son relevé de décisions établi' if drawn_up else ''}.", "done")
    return _to(negotiation_id, seance_id)


@seances.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    return refused(refusal)


def _drawn_up(negotiation_id: str, seance_id: str) -> bool:
    """Whether the relevé could be drawn up at once. The séance is closed all the same: its page offers it again."""
    try:
        with current_store().unit_of_work() as uow:
            draw_up_minutes(uow, acting(uow, negotiation_id, Action.PLAN_SEANCE), seance_id)
    except Refusal:
        return False
    return True


def _to(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    return redirect(url_for("seances.show_seance", negotiation_id=negotiation_id, seance_id=seance_id))


def _by_state(cards: tuple[SeanceCard, ...]) -> dict[str, list[SeanceCard]]:
    def those(*states: SeanceState) -> list[SeanceCard]:
        return [card for card in cards if card.state in states]

    over = those(SeanceState.CLOSED, SeanceState.CANCELLED)
    return {"coming": those(SeanceState.PLANNED), "open": those(SeanceState.OPEN), "over": over[::-1]}


def _from_calendar(session: Session, negotiation_id: str) -> dict[str, str]:
    """What the form begins with, from the calendar's item that the address names. Raises NotFound."""
    asked = request.args.get("rendez_vous", "")
    if not asked:
        return {}
    item = next((each for each in calendar_of(session, negotiation_id).items if each["id"] == asked), None)
    if item is None:
        raise NotFound()
    on = item["on"]
    return {
        "title": str(item["title"]),
        "on": on.isoformat() if isinstance(on, date) else "",
        "start": str(item["time"] or ""),
        "place": str(item["place"] or ""),
        "calendar_item": asked,
    }


def _plan() -> Plan:
    given = request.form
    return Plan(
        title=given.get("title", ""),
        on=_day(given.get("on", "")),
        start=given.get("start", ""),
        end=given.get("end", ""),
        place=given.get("place", ""),
        chair=given.get("chair") or None,
        note_taker=given.get("note_taker") or None,
        calendar_item=given.get("calendar_item") or None,
    )


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise InvalidInput(field="on") from None
