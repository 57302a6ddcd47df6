"""What the pages of the discussion share: where one speaks, to whom, and what stands there already."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import request
from sqlmodel import Session

from app.pages.clause_view import READERS_OF_TAB
from app.pages.frame import Frame, asked_number
from app.pages.reader import is_for_anybody
from app.pages.remembering import LASTING
from app.pages.thread_view import people_to_name, seconds_left, seconds_since, writable
from negotiation.errors import NotFound
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.seances import SeanceState
from negotiation.rules.vocabulary import SHARED, Action, Circle, Move
from negotiation.services.widening import is_wider
from negotiation.store.queries.discussion import (
    PAGE,
    Channel,
    MessageView,
    around_message,
    channel,
    last_ranks,
    message_of,
)
from negotiation.store.queries.exchanges import MoveView
from negotiation.store.queries.parts import PartView, part_view
from negotiation.store.queries.people import AudienceView
from negotiation.store.queries.seances import SeanceCard, seances_of
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
class Room:
    """A channel: where one speaks and to whom; `channels` are the others that this reader has there, by name."""

    place: Spot
    name: str
    readers: AudienceView
    channels: dict[str, AudienceView]

    @property
    def circle(self) -> Circle:
        return Circle.parse(self.readers.circle)


@dataclass(frozen=True)
class Talk(Room):
    """A channel with what is said in it. `last`: how far each channel of this place has come, by name. `seance_id`: the
    séance during which one speaks here, "" outside."""

    channel: Channel
    last: dict[str, int]
    seance_id: str = ""


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


def room_of(session: Session, frame: Frame, name: str, *, part_id: str | None = None) -> Room:
    """The channel of the table, or of a part, by the name of its audience; "" for the usual one.

    Raises NotFound for a part or an audience that isn't the reader's."""
    part = read_part(session, frame, part_id) if part_id else None
    place = of_part(part) if part else of_table(frame.negotiation.id)
    channels = writable(frame, place.circle)
    name = name or (usual_audience(frame, part) if part else "shared")
    if name not in channels:
        raise NotFound()
    return Room(place, name, channels[name], channels)


def talk_in(
    session: Session, frame: Frame, room: Room, *, size: int = PAGE, seance_id: str = "", around: str = ""
) -> Talk:
    """The end of a channel, or the page that the address asks for: `avant` a rank, or all `depuis` one; or the one
    where the message `around` stands. Raises NotFound for a message that isn't the reader's."""
    before, since = asked_number("avant"), asked_number("depuis")
    if around:
        before = around_message(session, frame.actor, around)
    said = frame.read_by_party(
        "talk",
        room.circle,
        room.place.part_id,
        before,
        since,
        size,
        read=lambda ours: channel(
            session, ours.actor, room.circle, before, part_id=room.place.part_id, since=since, size=size
        ),
    )
    last = last_of(session, frame, room)
    return Talk(room.place, room.name, room.readers, room.channels, said, last, seance_id)


def last_of(session: Session, frame: Frame, room: Room) -> dict[str, int]:
    """How far each channel of this place has come, by name; read before what it says."""
    ranks = frame.read_by_party(
        "last said",
        room.place.part_id,
        read=lambda ours: last_ranks(session, ours.actor, room.place.part_id),
    )
    return {name: ranks.get(audience.circle, 0) for name, audience in room.channels.items()}


def panel(session: Session, frame: Frame, name: str = "shared", *, seance_id: str = "") -> dict[str, Any]:
    """What `discussion/_panel.html` needs to stand on another page: the channels of the table as tabs, one of them
    with its last messages and where to write. Raises NotFound."""
    return talk_rights(session, frame) | {
        "talk": talk_in(session, frame, room_of(session, frame, name), seance_id=seance_id),
        "left_of": left_of(frame),
        "people": people_to_name(session, frame),
    }


def talk_rights(session: Session, frame: Frame) -> dict[str, Any]:
    """What this reader may do with messages."""
    return {
        "may_write": may_speak(frame),
        "may_draft": may_draft(frame),
        "may_decide": may_decide(session, frame),
    }


def may_draft(frame: Frame) -> bool:
    return decide(frame.actor, Action.TABLE_TEXT, Target(frame.negotiation.id)) is Decision.ALLOW


def may_decide(session: Session, frame: Frame) -> bool:
    """Whether a message may become a decision of this reader: a séance is open. The margin of a part doesn't ask."""
    allowed = decide(frame.actor, Action.RECORD_DECISION, Target(frame.negotiation.id)) is Decision.ALLOW
    return allowed and bool(open_seances(session, frame))


def open_seances(session: Session, frame: Frame) -> tuple[SeanceCard, ...]:
    return frame.read_by_party(
        "open séances", read=lambda ours: seances_of(session, ours.actor, SeanceState.OPEN), seconds=LASTING
    )


def usual_audience(frame: Frame, part: PartView, *, tab: str = "") -> str:
    """What one speaks to unless one chooses: where one prepares, whoever prepares there; all parties elsewhere."""
    return READERS_OF_TAB.get(tab, "shared") if part.circle == SHARED else "ours"


def around(session: Session, frame: Frame, part: PartView, *, tab: str = "") -> dict[str, Any]:
    """What the page of a part needs beside its clauses: its margin, and the names of the structures."""
    usual = usual_audience(frame, part, tab=tab)
    return {
        "structures": frame.read_by_party(
            "structures", read=lambda ours: dict(establishments(session, ours.actor)), seconds=LASTING
        ),
        "talk": talk_in(session, frame, room_of(session, frame, usual, part_id=part.id), size=IN_THE_MARGIN),
        "left_of": left_of(frame),
        "may_write": may_speak(frame),
        "usual": usual,
        "writable": _usual_first(writable(frame, part.circle), usual),
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


def left_of_message(frame: Frame) -> Callable[[MessageView], int]:
    """The same for pieces written for all who read the same: what only its author may do stands between marks there,
    and is handed to nobody else (`rendering`)."""
    if not is_for_anybody():
        return partial(seconds_left, frame)
    return lambda said: 0 if said.recalled_at is not None else seconds_since(said.recorded_at)
