"""La discussion: one channel per circle, of the table and beside each part; what a message becomes."""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of, wants_piece
from app.limits import gestures, words
from app.pages.frame import frame_of, reader_in
from app.pages.talk import left_of, room_of, talk_in, talk_rights
from app.pages.thread_view import people_to_name
from app.pages.writing import sending_asked, writing_asked
from app.security import serves
from negotiation.errors import NotFound, Refusal, SigninRequired, WiderAudience
from negotiation.rules.vocabulary import Action, Circle
from negotiation.services.access import require
from negotiation.services.discussing import send_message
from negotiation.services.recalling import recall_message
from negotiation.store.queries.discussion import message_of, part_channels
from negotiation.store.queries.people import audiences_of

discussion = Blueprint("discussion", __name__)

ASKS = "Navette-Asks"
"""Header of a refusal: the field that sends the words all the same, once their author has said yes."""


@discussion.get("/negociations/<negotiation_id>/discussion")
@serves(Action.READ_TABLE)
def show_discussion(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        return _rendered(session, negotiation_id)


@discussion.get("/negociations/<negotiation_id>/texte/<part_id>/discussion")
@serves(Action.READ_CLAUSE)
def show_part_discussion(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        return _rendered(session, negotiation_id, part_id=part_id)


@discussion.post("/negociations/<negotiation_id>/discussion")
@words
@serves(Action.SEND_MESSAGE)
def post_message(negotiation_id: str) -> ResponseReturnValue:
    name = _send(negotiation_id, None)
    if wants_piece():
        return "", 204
    return redirect(f"{_channel_address(negotiation_id, None, name)}#ecrire")


@discussion.post("/negociations/<negotiation_id>/texte/<part_id>/discussion")
@words
@serves(Action.SEND_MESSAGE)
def post_part_message(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    name = _send(negotiation_id, part_id)
    if wants_piece():
        return "", 204
    if request.form.get("back") == "margin" and name == "shared":
        return redirect(f"{url_for('texts.show_part', negotiation_id=negotiation_id, part_id=part_id)}#discussion")
    return redirect(f"{_channel_address(negotiation_id, part_id, name)}#ecrire")


@discussion.post("/negociations/<negotiation_id>/messages/<message_id>/reprise")
@gestures
@serves(Action.SEND_MESSAGE)
def take_message_back(negotiation_id: str, message_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        recall_message(uow, actor, message_id)
        message = message_of(uow.session, actor, message_id)
    if wants_piece():
        return "", 204
    flash("Votre message est retiré : personne n’en a reçu de courriel.", "done")
    with current_store().reading() as session:
        names = {audience.circle: name for name, audience in audiences_of(session, actor).items()}
    return redirect(_channel_address(negotiation_id, message.part_id, names.get(str(message.circle), "shared")))


@discussion.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    """The channel again, with the reason and every typed word; the reason alone to a page that keeps them itself."""
    given = request.view_args or {}
    asks = isinstance(refusal, WiderAudience)
    if wants_piece() and request.method == "POST":
        told = make_response(answer(refusal))
        told.headers[ASKS] = "confirmed" if asks else ""
        return told
    if request.method == "GET" or "message_id" in given or isinstance(refusal, NotFound | SigninRequired):
        return answer(refusal)
    with current_store().reading() as session:
        page = _rendered(
            session,
            given["negotiation_id"],
            part_id=given.get("part_id"),
            name=request.form.get("readers", "shared"),
            kept=request.form.get("text", ""),
            named=request.form.getlist("mention"),
            refusal="" if asks else sentence_of(refusal),
            asks=sentence_of(refusal) if asks else "",
        )
        return page, status_of(refusal)


def _channel_address(negotiation_id: str, part_id: str | None, name: str) -> str:
    if part_id is None:
        return url_for("discussion.show_discussion", negotiation_id=negotiation_id, cercle=name)
    return url_for("discussion.show_part_discussion", negotiation_id=negotiation_id, part_id=part_id, cercle=name)


def _send(negotiation_id: str, part_id: str | None) -> str:
    """Send what the form says; returns the name of its audience."""
    name = request.form.get("readers", "shared")
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        readers = audiences_of(uow.session, actor).get(name)
        if readers is None:
            raise NotFound()
        send_message(
            uow,
            actor,
            circle=Circle.parse(readers.circle),
            text=request.form.get("text", ""),
            part_id=part_id,
            seance_id=request.form.get("seance") or None,
            writing=writing_asked(sending_asked()),
        )
    return name


def _rendered(session: Session, negotiation_id: str, *, part_id: str | None = None, name: str = "", **kept: Any) -> str:
    actor = reader_in(session, negotiation_id)
    require(actor, Action.READ_TABLE)
    frame = frame_of(session, actor)
    room = room_of(session, frame, name or request.args.get("cercle", ""), part_id=part_id)
    return render_template(
        "discussion/channel.html",
        **frame.context(
            "discussion",
            talk=talk_in(session, frame, room, around=request.args.get("message", "")),
            beside=() if part_id else part_channels(session, actor, room.circle),
            people=people_to_name(session, frame),
            left_of=left_of(frame),
            **talk_rights(session, frame),
            **({"kept": "", "named": (), "refusal": "", "asks": ""} | kept),
        ),
    )
