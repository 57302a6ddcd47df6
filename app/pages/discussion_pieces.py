"""The pieces of the discussion: its messages, those that came since, those before, and the whole beside another page.

A message is on sixty screens at once, each of which asks for what it doesn't have yet: they ask for the same, and it is
written once for those who read the same (`rendering`). Measured by `python -m bench discussion`.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.pages.frame import Frame, asked_number, frame_of, reader_in
from app.pages.pieces import piece
from app.pages.references import address_of, named_besides, with_references
from app.pages.rendering import rendered
from app.pages.talk import (
    IN_THE_MARGIN,
    Room,
    last_of,
    left_of,
    left_of_message,
    may_draft,
    may_speak,
    panel,
    room_of,
    talk_in,
    talk_rights,
)
from app.pages.thread_view import people_to_name
from app.security import serves
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.referencing import references_for
from negotiation.store.queries.discussion import channel, channel_after

discussion_pieces = Blueprint("discussion_pieces", __name__)
for _filter in (with_references, named_besides, address_of):
    discussion_pieces.add_app_template_filter(_filter)

REACHED = "Navette-Reached"
"""Header: how far each channel of the place has come, « shared=12 ours=4 »; a page then marks those it doesn't show."""


@discussion_pieces.get("/negociations/<negotiation_id>/discussion/fragment")
@piece
@serves(Action.READ_TABLE)
def discussion_fragment(negotiation_id: str) -> ResponseReturnValue:
    """The messages alone, from the first that the page shows."""
    return _answered(negotiation_id, None, _messages)


@discussion_pieces.get("/negociations/<negotiation_id>/texte/<part_id>/discussion/fragment")
@piece
@serves(Action.READ_CLAUSE)
def part_discussion_fragment(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    return _answered(negotiation_id, part_id, _messages)


@discussion_pieces.get("/negociations/<negotiation_id>/discussion/messages")
@piece
@serves(Action.READ_TABLE)
def more_messages(negotiation_id: str) -> ResponseReturnValue:
    """The messages after a rank (`apres`), or the page before one (`avant`), without anything around them."""
    return _answered(negotiation_id, None, _more)


@discussion_pieces.get("/negociations/<negotiation_id>/texte/<part_id>/discussion/messages")
@piece
@serves(Action.READ_CLAUSE)
def more_part_messages(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    return _answered(negotiation_id, part_id, _more)


@discussion_pieces.get("/negociations/<negotiation_id>/texte/<part_id>/discussion/marge")
@piece
@serves(Action.READ_CLAUSE)
def part_discussion_margin(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    """The discussion as the margin of the part shows it."""
    return _answered(negotiation_id, part_id, _margin)


@discussion_pieces.get("/negociations/<negotiation_id>/discussion/panneau")
@piece
@serves(Action.READ_TABLE)
def discussion_panel(negotiation_id: str) -> ResponseReturnValue:
    """The whole discussion of the table, beside something else: its channels as tabs, messages, where to write."""
    return _answered(negotiation_id, None, _panel)


@discussion_pieces.get("/negociations/<negotiation_id>/discussion/reperes")
@piece
@serves(Action.READ_TABLE)
def offered_references(negotiation_id: str) -> ResponseReturnValue:
    """What `#` may name to those who read a channel."""
    return _answered(negotiation_id, None, _references)


def _answered(
    negotiation_id: str, part_id: str | None, write: Callable[[Session, Frame, Room], str]
) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_CLAUSE if part_id else Action.READ_TABLE)
        frame = frame_of(session, actor)
        room = room_of(session, frame, request.args.get("cercle", ""), part_id=part_id)
        reached = last_of(session, frame, room)
        answer = make_response(write(session, frame, room))
    answer.headers[REACHED] = " ".join(f"{name}={rank}" for name, rank in reached.items())
    return answer


def _messages(session: Session, frame: Frame, room: Room) -> str:
    def shown(reader: Frame) -> dict[str, Any]:
        talk = talk_in(session, frame, room)
        return reader.context("discussion", talk=talk, left_of=left_of_message(reader), **talk_rights(session, reader))

    return rendered(frame, "discussion/_messages.html", context=shown)


def _more(session: Session, frame: Frame, room: Room) -> str:
    after, before, part_id = asked_number("apres"), asked_number("avant"), room.place.part_id
    said = frame.read_by_party(
        "more said",
        room.circle,
        part_id,
        after,
        before,
        read=lambda ours: (
            channel(session, ours.actor, room.circle, before, part_id=part_id)
            if after is None
            else channel_after(session, ours.actor, room.circle, after, part_id=part_id)
        ),
    )

    def shown(reader: Frame) -> dict[str, Any]:
        left = left_of_message(reader)
        return reader.context("discussion", room=room, channel=said, left_of=left, **talk_rights(session, reader))

    return rendered(frame, "discussion/_more.html", context=shown)


def _margin(session: Session, frame: Frame, room: Room) -> str:
    def shown(reader: Frame) -> dict[str, Any]:
        talk = talk_in(session, frame, room, size=IN_THE_MARGIN)
        people = people_to_name(session, reader)
        return reader.context(
            "texts",
            talk=talk,
            left_of=left_of(reader),
            people=people,
            may_write=may_speak(reader),
            may_draft=may_draft(reader),
        )

    return rendered(frame, "discussion/_beside.html", context=shown)


def _panel(session: Session, frame: Frame, room: Room) -> str:
    seance_id = request.args.get("seance", "")
    return render_template(
        "discussion/_panel.html", **frame.context("discussion", **panel(session, frame, room.name, seance_id=seance_id))
    )


def _references(session: Session, frame: Frame, room: Room) -> str:
    offered = frame.read_by_party(
        "references", room.circle, read=lambda ours: references_for(session, ours.actor, room.circle)
    )
    return render_template("discussion/_references.html", references=offered)
