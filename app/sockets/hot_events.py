"""The two events that come with every keystroke, on a path of their own: no Flask context, no session read anew.

Who writes was resolved as they opened the draft; whether it still holds is asked where many are asked at once: in the
transaction that stores their updates, and before carets are told. What is out of the ordinary takes the common path
(`registry.receive`), which reads everything again and knows every refusal.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import structlog
from flask import Flask
from pycrdt import merge_updates

from app.errors import acknowledgement, acknowledgement_of
from app.sockets import draft_events
from app.sockets.draft_events import Push, room_of_draft
from app.sockets.live import LiveSockets
from app.sockets.pace import Paces
from app.sockets.presence import Peer, Presence
from app.sockets.registry import Message, receive
from app.sockets.transport import DirectTransport, Told, as_json
from negotiation.drafting.updates import ClaimLapsed, Kept
from negotiation.drafting.vet import library_failures_named
from negotiation.drafting.wire import Reason
from negotiation.errors import Refusal, UpdateRefused
from negotiation.services.draft_seats import push_from_seat, still_seated
from negotiation.services.drafting import LiveDrafts

log = structlog.get_logger()

CARETS_GATHER_SECONDS = 0.05
"""Between two looks at the carets that no edit took along; the second that sees one tells it."""
MOST_MERGED = 100
"""Updates: merging is quadratic."""
REFUSED_COSTS = 10.0
"""Events: behind a refused update the document is built anew and what stood there is vetted again, at the cost of who
sent it and not of who writes beside."""
_HOT = re.compile(r'42([0-9]{0,15})(?=\["(push_update|move_cursor)",)')
"""How Socket.IO writes an event: its number, when an answer is wanted; its name, and what it carries."""
_read = json.JSONDecoder().raw_decode


class HotEvents:
    """`push_update` and `move_cursor` of one application, and what its drafts tell their rooms."""

    def __init__(self, app: Flask, transport: DirectTransport, *, gather_seconds: float) -> None:
        self._app = app
        self._transport = transport
        self._sockets: Any = app.extensions["socketio"]
        self._live: LiveSockets = app.extensions["live_sockets"]
        self._paces: Paces = app.extensions["socket_paces"]
        self._presence: Presence = app.extensions["draft_presence"]
        self._gather_seconds = gather_seconds
        self._carets: dict[str, tuple[Peer, Any]] = {}
        """By socket and draft: the last place of each caret that wasn't told yet."""
        self._tells_soon = False

    def install(self) -> None:
        self._sockets.server.on("push_update", handler=self.push_update)
        self._sockets.server.on("move_cursor", handler=self.move_cursor)
        self._transport.hear = self.hear

    def push_update(self, sid: str, *sent: Any) -> dict[str, Any]:
        answer = self._answer("push_update", self._pushed, sid, sent)
        session_id = self._live.session_of(sid)
        if not answer["ok"] and session_id is not None:
            self._paces.charge(session_id, events=REFUSED_COSTS)
        return answer

    def move_cursor(self, sid: str, *sent: Any) -> dict[str, Any]:
        return self._answer("move_cursor", self._moved, sid, sent)

    def hear(self, connection_id: str, message: str, answer: Callable[[str], None]) -> bool:
        """Deal with one of the two as it came, without engine.io's and Socket.IO's packets; all else is theirs."""
        found, manager = _HOT.match(message), self._sockets.server.manager
        if found is None or connection_id in self._sockets.server._binary_packet:
            return False
        sid = manager.sid_from_eio_sid(connection_id, "/")
        if not manager.is_connected(sid, "/"):
            return False
        try:
            (_, *sent), end = _read(message, found.end())
        except (ValueError, RecursionError):
            return False
        if end != len(message):
            return False
        number, event = found.groups()
        answered = (self.push_update if event == "push_update" else self.move_cursor)(sid, *sent)
        if number:
            answer(f"43{number}{as_json([answered])}")
        return True

    def tell(self, kept: Kept) -> None:
        """What was just committed, to everybody in the draft but its only author: several updates as one. The carets
        of the authors go with it: what they point at is there, and who they are was looked at in that transaction."""
        told = []
        for start in range(0, len(kept.updates), MOST_MERGED):
            some = kept.updates[start : start + MOST_MERGED]
            first = kept.first + start
            origins = {new.writer.origin for new in some}
            content = {"draft": kept.draft_id, "epoch": kept.epoch, "seq": first + len(some) - 1}
            if len(some) > 1:
                content["first"] = first
            content["update"] = draft_events.as_text(_merged([new.update for new in some]))
            told.append(Told("draft_updated", content, but=origins.pop() if len(origins) == 1 else None))
        room = room_of_draft(kept.draft_id, kept.epoch)
        self._transport.tell(room, [*told, *self._carets_of(kept, room)])

    def _answer(
        self, event: str, act: Callable[[str, Message], dict[str, Any] | None], sid: str, sent: tuple[Any, ...]
    ) -> dict[str, Any]:
        try:
            answer = act(sid, Message(sent))
        except ClaimLapsed:
            answer = None
        except UpdateRefused as refusal:
            if refusal.detail.get("reason") != Reason.UNKNOWN_ROOT:  # a clause may have been added since
                return acknowledgement(refusal)
            answer = None
        except Refusal as refusal:
            return acknowledgement(refusal)
        except Exception as error:
            log.error("socket.failed", event_name=event, exc_info=error)
            return acknowledgement_of("unexpected")
        if answer is not None:
            return answer
        with self._app.app_context():
            return receive(event, sent, sid)

    def _pushed(self, sid: str, message: Message) -> dict[str, Any] | None:
        push, session_id = Push.read(message), self._live.session_of(sid)
        peer = self._presence.peer(sid, push.draft_id)
        seat = peer.seat if peer else None
        if session_id is None or seat is None or not seat.may_write or push.epoch != seat.epoch:
            return None
        self._paces.keep(session_id)
        stored = push_from_seat(self._drafts, seat, op_id=push.op_id, update=push.update)
        return {"ok": True, "seq": stored.sequence}

    def _moved(self, sid: str, message: Message) -> dict[str, Any] | None:
        draft_id, clause_id, selection = draft_events.caret_of(message)
        session_id, peer = self._live.session_of(sid), self._presence.peer(sid, draft_id)
        if session_id is None or peer is None or peer.seat is None:
            return None
        self._paces.keep(session_id)
        if not self._gather_seconds and not still_seated(self._drafts, [peer.seat.claim]):
            return None
        if selection is None or peer.may_move():
            peer.clause_id = clause_id
            self._carets[f"{sid} {draft_id}"] = (peer, selection)
            if not self._gather_seconds:
                self._tell_carets(list(self._carets))
            elif not self._tells_soon:
                self._tells_soon = True
                self._sockets.start_background_task(self._tell_carets_soon)
        return {"ok": True}

    def _tell_carets_soon(self) -> None:
        """Those that were there at the last look: one whose edit is on its way goes with it, in one write."""
        waited: list[str] = []
        while self._carets:
            self._sockets.sleep(CARETS_GATHER_SECONDS)
            try:
                self._tell_carets(waited)
            except Exception as error:
                log.error("socket.failed", event_name="move_cursor", exc_info=error)
            waited = list(self._carets)
        self._tells_soon = False

    def _tell_carets(self, keys: Iterable[str]) -> None:
        """The last place of each, of those who are still in the draft and still may be."""
        carets = {key: self._carets.pop(key) for key in keys if key in self._carets}
        if not carets:
            return
        held = still_seated(self._drafts, [peer.seat.claim for peer, _ in carets.values() if peer.seat])
        by_room: defaultdict[str, list[Told]] = defaultdict(list)
        for key, (peer, selection) in carets.items():
            sid, _, draft_id = key.partition(" ")
            if peer.seat and peer.seat.claim in held and self._presence.peer(sid, draft_id) is peer:
                by_room[peer.room].append(Told("draft_cursor", peer.cursor(selection), but=sid))
        for room, told in by_room.items():
            self._transport.tell(room, told)

    def _carets_of(self, kept: Kept, room: str) -> Iterator[Told]:
        """Of who wrote what was just kept, if they still stand in that room as they did then."""
        for sid, claim in {new.writer.origin: new.writer.claim for new in kept.updates}.items():
            peer, selection = self._carets.get(f"{sid} {kept.draft_id}", (None, None))
            is_there = peer is not None and self._presence.peer(sid, kept.draft_id) is peer and peer.room == room
            if peer and peer.seat and is_there and peer.seat.claim == claim:
                del self._carets[f"{sid} {kept.draft_id}"]
                yield Told("draft_cursor", peer.cursor(selection), but=sid)

    @property
    def _drafts(self) -> LiveDrafts:
        found: LiveDrafts = self._app.extensions["live_drafts"]
        return found


def _merged(updates: list[bytes]) -> bytes:
    if len(updates) == 1:
        return updates[0]
    with library_failures_named():
        return merge_updates(*updates)
