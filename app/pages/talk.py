"""What the pages of the discussion share: where one speaks, to whom, and what stands there already."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import request
from sqlmodel import Session

from app.pages.frame import Frame, asked_number
from app.pages.remembering import LASTING
from app.pages.thread_view import people_to_name, seconds_left, writable
from negotiation.errors import NotFound
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.vocabulary import SHARED, Action, Circle, Move
from negotiation.services.widening import is_wider
from negotiation.store.queries.discussion import Channel, MessageView, channel, message_of
from negotiation.store.queries.exchanges import MoveView
from negotiation.store.queries.parts import PartView, part_view
from negotiation.store.queries.people import AudienceView
from negotiation.store.queries.shape import establishments

IN_THE_MARGIN = 8
"""Messages."""


@dataclass(frozen=True)
class Spot:
    """The table, or a part of it. `key`: what page changes name it by."""

    address: str
    key: str
    title: str = ""
    part_id: str | None = None
    circle: Circle = SHARED


@dataclass(frozen=True)
class Beside:
    """The discussion in the margin of a part."""

    place: Spot
    name: str
    readers: AudienceView
    channels: dict[str, AudienceView]
    channel: Channel


def of_table(negotiation_id: str) -> Spot:
    return Spot(f"/negociations/{negotiation_id}/discussion", "discussion")


def of_part(part: PartView) -> Spot:
    address = f"/negociations/{part.negotiation_id}/texte/{part.id}/discussion"
    return Spot(address, f"discussion:{part.id}", f"{part.code} {part.title}".strip(), part.id, part.circle)


def read_part(session: Session, frame: Frame, part_id: str) -> PartView:
    """Raises NotFound."""
    return frame.read_by_party("part", part_id, read=lambda ours: part_view(session, ours.actor, part_id))


def may_speak(frame: Frame) -> bool:
    return decide(frame.actor, Action.SEND_MESSAGE, Target(frame.negotiation.id)) is Decision.ALLOW


def beside(session: Session, frame: Frame, part: PartView, name: str) -> Beside:
    """The channel of this part by the name of its audience. Raises NotFound for an audience that isn't the reader's."""
    place = of_part(part)
    channels = writable(frame, place.circle)
    if name not in channels:
        raise NotFound()
    readers = channels[name]
    circle, since = Circle.parse(readers.circle), asked_number("depuis")
    said = frame.read_by_party(
        "beside",
        part.id,
        circle,
        since,
        read=lambda ours: channel(session, ours.actor, circle, part_id=part.id, since=since, size=IN_THE_MARGIN),
    )
    return Beside(place, name, readers, channels, said)


def usual_audience(frame: Frame, part: PartView, *, tab: str = "") -> str:
    """What one speaks to unless one chooses: one's own party where one prepares, all parties elsewhere."""
    is_private = tab == "brouillon" or part.circle != SHARED
    return "ours" if is_private else "shared"


def around(session: Session, frame: Frame, part: PartView, *, tab: str = "") -> dict[str, Any]:
    """What the page of a part needs beside its clauses: its margin, and the names of the structures."""
    return {
        "structures": frame.read_by_party(
            "structures", read=lambda ours: dict(establishments(session, ours.actor)), seconds=LASTING
        ),
        "talk": beside(session, frame, part, usual_audience(frame, part, tab=tab)),
        "left_of": left_of(frame),
        "may_write": may_speak(frame),
        "usual": usual_audience(frame, part, tab=tab),
        "writable": _usual_first(writable(frame, part.circle), usual_audience(frame, part, tab=tab)),
        "people": people_to_name(session, frame),
    }


def prefilled(session: Session, frame: Frame, moves: tuple[Move, ...]) -> dict[str, str] | None:
    """The words of a message that becomes a comment, or else a proposal, for the form where they are read again before
    they leave. Raises NotFound."""
    asked = request.args.get("message", "")
    if not asked or request.method == "POST":
        return None
    message = message_of(session, frame.actor, asked)
    if message.recalled_at is not None:
        raise NotFound()
    words = {"text": message.text, "message": message.id}
    if request.args.get("en") == "commentaire":
        names = {audience.circle: name for name, audience in frame.audiences.items()}
        return words | {"move": str(Move.COMMENT), "readers": names.get(str(message.circle), "ours")}
    move = next((each for each in (Move.COUNTER_PROPOSAL, Move.PROPOSAL) if each in moves), None)
    if move is None:
        return None
    return words | {"move": str(move), "wider": "yes" if is_wider(SHARED, message.circle) else ""}


def _usual_first(channels: dict[str, AudienceView], usual: str) -> dict[str, AudienceView]:
    return dict(sorted(channels.items(), key=lambda each: each[0] != usual))


def left_of(frame: Frame) -> Callable[[MoveView | MessageView], int]:
    """For templates: how many seconds remain to take words back."""
    return partial(seconds_left, frame)
