"""An open séance: its pieces, where the chair leads, who is there, what is decided."""

from datetime import date
from uuid import UUID, uuid5

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.errors import or_plainly, wants_piece
from app.limits import gestures
from app.pages.clause_view import SIDE_OF_TAB
from app.pages.frame import Frame
from app.pages.pieces import piece
from app.pages.rendering import rendered
from app.pages.seances_page import acting, framed, refused
from app.pages.seances_view import (
    Context,
    Place,
    clause_context,
    decisions_context,
    earlier_context,
    on_screen,
    read_seance,
    seance_context,
)
from app.pages.writing import sent_key
from app.security import serves
from negotiation.errors import InvalidInput, Refusal, WrongValue
from negotiation.rules.seances import DecisionKind
from negotiation.rules.vocabulary import Action, ValueKind
from negotiation.services.orders import LONGEST_NUMBER, Seen
from negotiation.services.seance_agenda import point_at
from negotiation.services.seance_attendance import attend, note_guest, note_present, strike_out
from negotiation.services.seance_decisions import (
    Resolution,
    Voice,
    cancel_decision,
    confirm_decision,
    record_decision,
)

seances_room = Blueprint("seances_room", __name__)

PIECES = {
    "bandeau": "seances/_bar.html",
    "deroule": "seances/_agenda.html",
    "clause": "seances/_clause.html",
    "decisions": "seances/_decisions.html",
}


@seances_room.get(
    "/negociations/<negotiation_id>/seances/<seance_id>/fragment/<any(bandeau, deroule, clause, decisions):which>"
)
@piece
@serves(Action.FOLLOW_SEANCE)
def seance_fragment(negotiation_id: str, seance_id: str, which: str) -> ResponseReturnValue:
    """One piece of the page, for a page that learns of a change.

    Written once for those who read the same: what no history tells, where the séance is, goes into the question.
    """
    with current_store().reading() as session:
        frame = framed(session, negotiation_id)
        view, mine = read_seance(session, frame, seance_id)
        place = Place.told(request.args)
        card, tab = on_screen(session, frame, view, place)

        def shown(reader: Frame) -> Context:
            facts = seance_context(reader, view, mine, at=place, shown=card, shown_tab=tab)
            if which == "clause":
                facts = clause_context(session, reader, view, card, tab) | facts
            if which == "decisions":
                facts |= decisions_context(reader, view, mine, card)
            return reader.context("seances", **facts)

        if which == "clause" and tab in SIDE_OF_TAB:  # no history tells what stands in a live draft
            return render_template(PIECES[which], **shown(frame))
        return rendered(frame, PIECES[which], view, mine, context=shown)


@seances_room.post("/negociations/<negotiation_id>/seances/<seance_id>/pointeur")
@gestures
@serves(Action.CHAIR_SEANCE)
def post_pointer(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    """Take up a `point`, on its own clause or on the one named; without a point, a pause."""
    given = request.form
    with current_store().unit_of_work() as uow:
        actor = acting(uow, negotiation_id, Action.CHAIR_SEANCE)
        point_at(uow, actor, seance_id, given.get("point") or None, clause_id=given.get("clause") or None)
    if wants_piece():
        return "", 204
    return redirect(url_for("seances.show_seance", negotiation_id=negotiation_id, seance_id=seance_id))


@seances_room.post("/negociations/<negotiation_id>/seances/<seance_id>/presence")
@gestures
@serves(Action.FOLLOW_SEANCE)
def post_arrival(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    """Who signed in is there: sent by the page itself, by a button without script."""
    with current_store().unit_of_work() as uow:
        attend(uow, acting(uow, negotiation_id, Action.FOLLOW_SEANCE), seance_id)
    return _done(negotiation_id, seance_id, "presents")


@seances_room.post("/negociations/<negotiation_id>/seances/<seance_id>/presents")
@gestures
@serves(Action.CHAIR_SEANCE)
def post_present(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    """Whom the chair sees: a `member`, somebody without account (`party`, `name`), or nobody after all (`strike`)."""
    given = request.form
    with current_store().unit_of_work() as uow:
        actor = acting(uow, negotiation_id, Action.CHAIR_SEANCE)
        if "strike" in given:
            strike_out(uow, actor, seance_id, given["strike"])
        elif "member" in given:
            note_present(uow, actor, seance_id, given["member"])
        else:
            note_guest(uow, actor, seance_id, party_id=given.get("party", ""), name=given.get("name", ""))
    return _done(negotiation_id, seance_id, "presents")


@seances_room.post("/negociations/<negotiation_id>/seances/<seance_id>/decisions")
@gestures
@serves(Action.RECORD_DECISION)
def post_decision(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    """For one's own party, or for each of those ticked (`party`), all of them or none."""
    with current_store().unit_of_work() as uow:
        actor = acting(uow, negotiation_id, Action.RECORD_DECISION)
        for resolution in _resolutions():
            record_decision(uow, actor, seance_id, resolution)
    return _done(negotiation_id, seance_id, "decisions")


@seances_room.get("/negociations/<negotiation_id>/seances/<seance_id>/decisions")
@serves(Action.FOLLOW_SEANCE)
def show_decisions(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    """All of them, fifty at a time: the last ones, or those `avant` a rank."""
    given = request.args.get("avant", "")
    before = int(given) if given.isascii() and given.isdecimal() and len(given) <= LONGEST_NUMBER else None
    with current_store().reading() as session:
        frame = framed(session, negotiation_id)
        context = earlier_context(session, frame, seance_id, before=before)
        return render_template("seances/decisions.html", **frame.context("seances", **context))


@seances_room.post("/negociations/<negotiation_id>/seances/<seance_id>/decisions/<decision_id>")
@gestures
@serves(Action.RECORD_DECISION)
def settle_decision(negotiation_id: str, seance_id: str, decision_id: str) -> ResponseReturnValue:
    """Confirm it for one's party, or cancel it before it binds (`act`)."""
    with current_store().unit_of_work() as uow:
        actor = acting(uow, negotiation_id, Action.RECORD_DECISION)
        if request.form.get("act") == "cancel":
            cancel_decision(uow, actor, decision_id)
        else:
            knowingly = bool(request.form.get("despite_mandate"))
            confirm_decision(uow, actor, decision_id, despite_mandate=knowingly)
    return _done(negotiation_id, seance_id, "decisions")


@seances_room.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    return refused(refusal)


def _done(negotiation_id: str, seance_id: str, anchor: str) -> ResponseReturnValue:
    if wants_piece():
        return "", 204
    address = url_for("seances.show_seance", negotiation_id=negotiation_id, seance_id=seance_id)
    return redirect(f"{address}{Place.told(request.form).query}#{anchor}")


def _resolutions() -> list[Resolution]:
    """What the form decides, once for each party that it names, each under a key of its own that comes from the form's:
    the form sent twice is one decision of each."""
    given = request.form
    if given.get("kind", "") not in set(DecisionKind):
        raise InvalidInput(field="kind")
    kind = DecisionKind(given["kind"])
    parties: list[str | None] = [*given.getlist("party")] or [None]
    return [
        Resolution(
            kind,
            clause_id=given.get("clause") or None,
            seen=Seen.told(given.get("seen_number", ""), given.get("seen_fingerprint", "")),
            text=given.get("text", ""),
            party_id=party_id or None,
            owner=given.get("owner") or None,
            due_on=_day(given.get("due_on", "")),
            voice=Voice.PROPOSE if given.get("voice") == Voice.PROPOSE else Voice.DECIDE,
            despite_mandate=bool(given.get("despite_mandate")),
            request_key=_key_for(party_id),
        )
        for party_id in parties
    ]


def _key_for(party_id: str | None) -> str | None:
    key = sent_key()
    try:
        return str(uuid5(UUID(key), party_id)) if key and party_id else key
    except ValueError:
        return None


def _day(given: str) -> date | None:
    if not given.strip():
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise WrongValue(kind=str(ValueKind.DATE), given=given) from None
