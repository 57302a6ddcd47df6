"""Cadrage, diagnostic, indicateurs, finances, calendrier: what surrounds the text, in readable form."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.limits import gestures
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.totals import totals_of
from app.pages.whole import left_to_do
from app.security import serves
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.seances import SeanceState
from negotiation.rules.vocabulary import PHASES_OF_THE_TABLE, Action, DocumentKind, Phase
from negotiation.services.access import require
from negotiation.services.phasing import move_phase
from negotiation.store.queries import readings as queries
from negotiation.store.queries.parts import themes_of
from negotiation.store.queries.seances import seances_of

readings = Blueprint("readings", __name__)


@readings.get("/negociations/<negotiation_id>/cadrage")
@serves(Action.READ_TABLE)
def show_cadrage(negotiation_id: str) -> ResponseReturnValue:
    def read(session: Session, frame: Frame) -> dict[str, Any]:
        note = queries.framing_note(session, frame.actor)
        return {"note": note, "left": left_to_do(session, frame, (DocumentKind.CADRAGE,)) if note else None}

    return _shown(negotiation_id, "cadrage", read)


@readings.get("/negociations/<negotiation_id>/diagnostic")
@serves(Action.READ_TABLE)
def show_diagnostic(negotiation_id: str) -> ResponseReturnValue:
    def read(session: Session, frame: Frame) -> dict[str, Any]:
        essms = themes_of(session, frame.actor).essms
        return {"view": queries.diagnosis_view(session, frame.actor), "essms": essms}

    return _shown(negotiation_id, "diagnostic", read)


@readings.get("/negociations/<negotiation_id>/indicateurs")
@serves(Action.READ_TABLE)
def show_indicators(negotiation_id: str) -> ResponseReturnValue:
    return _shown(
        negotiation_id,
        "indicators",
        lambda session, frame: {"indicators": queries.indicators_of(session, frame.actor)},
    )


@readings.get("/negociations/<negotiation_id>/finances")
@serves(Action.READ_TABLE)
def show_finances(negotiation_id: str) -> ResponseReturnValue:
    def read(session: Session, frame: Frame) -> dict[str, Any]:
        finances = queries.finances_of(session, frame.actor)
        titles = queries.titles_of(session, frame.actor)
        return {"finances": finances, "totals": totals_of(finances, frame.by_key(), titles)}

    return _shown(negotiation_id, "finances", read)


@readings.get("/negociations/<negotiation_id>/calendrier")
@serves(Action.READ_TABLE)
def show_calendar(negotiation_id: str) -> ResponseReturnValue:
    def read(session: Session, frame: Frame) -> dict[str, Any]:
        target = Target(negotiation_id)
        may_say = decide(frame.actor, Action.MOVE_PHASE, target) is Decision.ALLOW
        held = [card for card in seances_of(session, frame.actor) if card.state is not SeanceState.CANCELLED]
        return {
            "seance_of": {card.calendar_key: card for card in held},
            "may_plan": decide(frame.actor, Action.PLAN_SEANCE, target) is Decision.ALLOW,
            "calendar": queries.calendar_of(session, negotiation_id),
            "phases": tuple(Phase),
            "phases_to_say": PHASES_OF_THE_TABLE if may_say and frame.negotiation.frozen_at is None else (),
        }

    return _shown(negotiation_id, "calendar", read)


@readings.post("/negociations/<negotiation_id>/phase")
@gestures
@serves(Action.MOVE_PHASE)
def say_phase(negotiation_id: str) -> ResponseReturnValue:
    """Where the parties say that the table has come."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        move_phase(uow, actor, request.form.get("phase", ""), seen=request.form.get("seen", ""))
    flash("La phase est enregistrée, et dite à toutes les parties.", "done")
    return redirect(url_for("readings.show_calendar", negotiation_id=negotiation_id))


def _shown(
    negotiation_id: str, subsection: str, read: Callable[[Session, Frame], dict[str, Any]]
) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        template = f"readings/{subsection}.html"
        return render_template(template, **frame.context("texts", subsection=subsection, **read(session, frame)))
