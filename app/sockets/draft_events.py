"""The live draft, as pages and server speak about it: read the message, one service call, the acknowledgement.

An update's acknowledgement leaves after its commit; the others hear of it after that, in the draft's own room, the one
place where a socket carries content.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import NamedTuple

from flask import Flask, current_app
from flask_socketio import join_room, leave_room

from app.database import current_store
from app.errors import sentence_of
from app.presence import AtTheTable, Stay
from app.sockets.live import current_sockets
from app.sockets.plain_json import document_in_base64, in_base64
from app.sockets.presence import Peer, Presence, checked_selection, presence, public_id_of, tell_gone
from app.sockets.registry import Answer, Caller, Message, handles
from app.sockets.seating import keep_seat
from negotiation.drafting.schema import SCHEMA_VERSION, UUID
from negotiation.errors import Frozen, InvalidInput, NotFound, Refusal
from negotiation.events import Kind
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, Action, Circle
from negotiation.services import drafting
from negotiation.services.access import seated_on_part
from negotiation.services.draft_seats import DraftSeat, enter, seat_in_draft
from negotiation.services.drafting import LiveDrafts
from negotiation.services.setting_aside import written_anew
from negotiation.store import Announcement

LONGEST_UPDATE = 350_000
"""Characters: 256 kB in base64."""
LONGEST_STATE_VECTOR = 90_000


class SchemaOutdated(Refusal):
    """The page's editor is older than what drafts hold now."""

    code = "schema_outdated"


def install(app: Flask, *, gather_seconds: float) -> None:
    """`gather_seconds`: how long an update waits for company on its way to the disk."""
    app.extensions["live_drafts"] = LiveDrafts.of(app.extensions["store"], gather_seconds=gather_seconds)
    app.extensions["draft_presence"] = Presence()
    app.extensions["at_the_table"] = AtTheTable()
    app.extensions["store"].subscribe(lambda announcements: _close_what_changed(app, announcements))


@handles("open_draft", Action.READ_DRAFT)
def open_draft(caller: Caller, message: Message) -> Answer:
    """Join the draft's room, and learn what one lacks of it."""
    if message.whole("schema") != SCHEMA_VERSION:
        raise SchemaOutdated()
    part_id, side = message.text("part", longest=36), message.text("side")
    state_vector = _bytes(message, "state_vector", longest=LONGEST_STATE_VECTOR)
    person = caller.person
    with current_store().asking() as connection:
        seated = seated_on_part(connection, part_id, person_id=person.person_id, authentication=person.authentication)
        me = enter(connection, seated, part_id=part_id, side=side, session_id=person.session_id, origin=caller.sid)
    actor = seated.actor
    keep_seat(caller, actor, roles=me.roles, awaited=me.is_awaited)
    opened = drafting.open_found(_live(), me.found, state_vector=state_vector)
    room = room_of_draft(opened.draft_id, opened.epoch)
    join_room(room)
    peer = Peer(room, opened.draft_id, public_id_of(caller.sid), me.title, me.letter, actor.party_id)
    peer.seat = me.seat or _seat(caller, actor, opened.draft_id)
    if me.found.circle == SHARED:
        peer.stay = Stay(actor.negotiation_id, actor.member_id, lambda: peer.clause_id)
    presence().enter(caller.sid, peer)
    return {
        "draft": opened.draft_id,
        "epoch": opened.epoch,
        "schema": SCHEMA_VERSION,
        "seq": opened.sequence,
        "update": in_base64(opened.update) if state_vector else document_in_base64(opened.update),
        "clauses": {clause_id: str(lock) for clause_id, lock in opened.clauses.items()},
        "me": {"name": me.title, "letter": me.letter, "party": actor.party_id},
    }


class Push(NamedTuple):
    """An update as a page sends it."""

    draft_id: str
    epoch: int
    op_id: str
    update: bytes

    @classmethod
    def read(cls, message: Message) -> "Push":
        """Raises InvalidInput."""
        op_id = message.text("op", longest=36)
        if not UUID.match(op_id):
            raise InvalidInput(field="op")
        return cls(
            draft_id=message.text("draft", longest=36),
            epoch=message.whole("epoch", largest=2**31),
            op_id=op_id,
            update=_bytes(message, "update", longest=LONGEST_UPDATE),
        )


@handles("push_update", Action.WRITE_DRAFT)
def push_update(caller: Caller, message: Message) -> Answer:
    """Keep an update and acknowledge it; everything about the caller is read anew (see `hot_events`)."""
    push = Push.read(message)
    actor = _actor(caller, push.draft_id)
    stored = drafting.push_update(
        _live(),
        actor,
        draft_id=push.draft_id,
        epoch=push.epoch,
        op_id=push.op_id,
        update=push.update,
        origin=caller.sid,
    )
    peer = presence().peer(caller.sid, push.draft_id)
    if peer is not None:
        peer.seat = _seat(caller, actor, push.draft_id)
    return {"seq": stored.sequence}


@handles("pull_updates", Action.READ_DRAFT)
def pull_updates(caller: Caller, message: Message) -> Answer:
    draft_id, epoch = message.text("draft", longest=36), message.whole("epoch", largest=2**31)
    after = message.whole("after", largest=2**31)
    pulled = drafting.pull_updates(_live(), _actor(caller, draft_id), draft_id=draft_id, epoch=epoch, after=after)
    updates = [{"seq": logged.sequence, "update": as_text(logged.update)} for logged in pulled.updates]
    return {"seq": pulled.sequence, "updates": updates}


@handles("check_draft", Action.READ_DRAFT)
def check_draft(caller: Caller, message: Message) -> Answer:
    draft_id, epoch = message.text("draft", longest=36), message.whole("epoch", largest=2**31)
    checked = drafting.check_draft(
        _live(),
        _actor(caller, draft_id),
        draft_id=draft_id,
        epoch=epoch,
        sequence=message.whole("seq", largest=2**31),
        text_hash=message.text("hash", longest=64),
    )
    return {"same": checked.same, "seq": checked.sequence}


@handles("move_cursor", Action.READ_DRAFT)
def move_cursor(caller: Caller, message: Message) -> Answer:
    """Tell the draft's room where somebody is. Raises NotFound to who isn't in it."""
    draft_id, clause_id, selection = caret_of(message)
    drafting.readable_circle(_live(), _actor(caller, draft_id), draft_id=draft_id)
    peer = presence().peer(caller.sid, draft_id)
    if peer is None:
        raise NotFound()
    if selection is None or peer.may_move():
        peer.clause_id = clause_id
        current_sockets().emit("draft_cursor", peer.cursor(selection), to=peer.room, skip_sid=caller.sid)
    return None


def caret_of(message: Message) -> tuple[str, str, dict[str, str] | None]:
    """(draft, clause, place). Raises InvalidInput."""
    draft_id, clause_id = message.text("draft", longest=36), message.text("clause", longest=36)
    selection = checked_selection(message.raw("selection"))
    if not UUID.match(clause_id):
        raise InvalidInput(field="clause")
    return draft_id, clause_id, selection


@handles("close_draft", Action.READ_DRAFT)
def close_draft(caller: Caller, message: Message) -> Answer:
    """Leave. To leave where one never was changes nothing, and says nothing of what exists."""
    peer = presence().leave(caller.sid, message.text("draft", longest=36))
    if peer is not None:
        leave_room(peer.room)
        tell_gone(peer, caller.sid)
    return None


def drop_idle_rooms() -> None:
    """Unload the documents that nobody used for a while; the log has every word of them."""
    _live().rooms.drop_idle()


def room_of_draft(draft_id: str, epoch: int) -> str:
    """An epoch of its own room: what was written for a former one never reaches the new."""
    return f"draft:{draft_id}:{epoch}"


def _close_what_changed(app: Flask, announcements: Iterable[Announcement]) -> None:
    """A reopening starts the table commune anew, one clause may do so alone; a gel closes the contract's drafts, and
    those of a version that the parties void are open again to whoever still shows them."""
    with app.app_context():
        for told in announcements:
            if told.kind == Kind.CLAUSE_REOPENED and told.part_id:
                for draft_id, epoch in drafting.drafts_of(_live(), told.negotiation_id, part_id=told.part_id):
                    _close(draft_id, epoch - 1, reason="epoch_changed")
            elif told.kind == Kind.CLAUSE_WRITTEN and told.part_id:
                _tell_written_anew(told.part_id, Circle.parse(told.circle))
            elif told.kind == Kind.VERSION_FROZEN:
                for draft_id, epoch in drafting.drafts_of(_live(), told.negotiation_id):
                    _close(draft_id, epoch, reason=sentence_of(Frozen()))
            elif told.kind == Kind.VERSION_VOIDED:
                for draft_id, epoch in drafting.drafts_of(_live(), told.negotiation_id):
                    current_sockets().emit("draft_reopened", {"draft": draft_id}, to=room_of_draft(draft_id, epoch))


def _close(draft_id: str, epoch: int, *, reason: str) -> None:
    room = room_of_draft(draft_id, epoch)
    current_sockets().emit("draft_closed", {"draft": draft_id, "reason": reason}, to=room)


def _tell_written_anew(part_id: str, circle: Circle) -> None:
    """As the words of another: whoever types in the clause sees what his hand did not, and gets back what it took."""
    with current_store().reading() as session:
        written = written_anew(session, part_id, circle)
    if written is not None:
        update = {"draft": written.draft_id, "epoch": written.epoch, "seq": written.sequence}
        room = room_of_draft(written.draft_id, written.epoch)
        current_sockets().emit("draft_updated", update | {"update": as_text(written.update)}, to=room)


def _live() -> LiveDrafts:
    found: LiveDrafts = current_app.extensions["live_drafts"]
    return found


def _seat(caller: Caller, actor: Actor, draft_id: str) -> DraftSeat | None:
    with current_store().reading() as session:
        return seat_in_draft(session, actor, draft_id=draft_id, session_id=caller.person.session_id, origin=caller.sid)


def _actor(caller: Caller, draft_id: str) -> Actor:
    """The caller, acting in the negotiation of this draft. Raises NotFound."""
    person = caller.person
    with current_store().reading() as session:
        return drafting.actor_on_draft(
            session, draft_id, person_id=person.person_id, authentication=person.authentication
        )


def _bytes(message: Message, name: str, *, longest: int) -> bytes:
    """Bytes sent as base64 text. Raises InvalidInput."""
    try:
        return base64.b64decode(message.text(name, longest=longest), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(field=name) from None


def as_text(content: bytes) -> str:
    return base64.b64encode(content).decode()
