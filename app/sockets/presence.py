"""Who is in which live draft through which socket: kept while it lasts, never stored, told within the draft alone."""

import hashlib
import time
from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from app.presence import Stay, at_the_table
from app.sockets.live import current_sockets
from negotiation.errors import InvalidInput
from negotiation.services.draft_seats import DraftSeat

CURSORS_PER_SECOND = 10.0
BURST = 5.0
LARGEST_SELECTION = 512
"""Characters of both places."""


@dataclass
class Peer:
    """One socket in one draft. Name, letter and party are the server's: a browser sends only where its caret is."""

    room: str
    draft_id: str
    public_id: str
    name: str
    letter: str
    party_id: str
    clause_id: str | None = None
    seat: DraftSeat | None = None
    stay: Stay | None = None
    """At whose table this is seen; None in a private draft, which nobody outside hears of."""
    _allowance: float = BURST
    _moved_at: float = field(default_factory=time.monotonic)

    def may_move(self) -> bool:
        """Whether this caret may be told now: too many are dropped, the next will do."""
        now = time.monotonic()
        self._allowance = min(BURST, self._allowance + (now - self._moved_at) * CURSORS_PER_SECOND)
        self._moved_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    def cursor(self, selection: dict[str, str] | None) -> dict[str, Any]:
        return {
            "draft": self.draft_id,
            "clause": self.clause_id,
            "peer": self.public_id,
            "name": self.name,
            "letter": self.letter,
            "party": self.party_id,
            "selection": selection,
        }


class Presence:
    """The peers of this process, by socket and draft."""

    def __init__(self) -> None:
        self._peers: dict[str, dict[str, Peer]] = {}

    def enter(self, sid: str, peer: Peer) -> None:
        self._peers.setdefault(sid, {})[peer.draft_id] = peer
        if peer.stay is not None:
            at_the_table().come(sid, peer.stay, draft_id=peer.draft_id)

    def peer(self, sid: str, draft_id: str) -> Peer | None:
        return self._peers.get(sid, {}).get(draft_id)

    def leave(self, sid: str, draft_id: str) -> Peer | None:
        at_the_table().leave(sid, draft_id=draft_id)
        return self._peers.get(sid, {}).pop(draft_id, None)

    def leave_all(self, sid: str) -> list[Peer]:
        return list(self._peers.pop(sid, {}).values())


def presence() -> Presence:
    found: Presence = current_app.extensions["draft_presence"]
    return found


def public_id_of(sid: str) -> str:
    """A socket's own id opens its long polling: others see only this."""
    return hashlib.sha256(sid.encode()).hexdigest()[:16]


def checked_selection(given: object) -> dict[str, str] | None:
    """Where the caret is, in words that only the editors understand; None once it left. Raises InvalidInput."""
    if given is None:
        return None
    if not isinstance(given, dict) or given.keys() != {"anchor", "head"}:
        raise InvalidInput(field="selection")
    if not all(isinstance(place, str) for place in given.values()) or sum(map(len, given.values())) > LARGEST_SELECTION:
        raise InvalidInput(field="selection")
    return given


def tell_gone(peer: Peer, sid: str) -> None:
    """Take the caret away from the others' screens."""
    if peer.clause_id is not None:
        current_sockets().emit("draft_cursor", peer.cursor(None), to=peer.room, skip_sid=sid)


def tell_presence() -> None:
    """Pages that show a table learn that somebody came or went, once a second at most: ids alone, as always."""
    for negotiation_id in at_the_table().changed():
        told = {"negotiation": negotiation_id}
        current_sockets().emit("presence_changed", told, to=room_of_presence(negotiation_id))


def room_of_presence(negotiation_id: str) -> str:
    return f"present:{negotiation_id}"


def forget_socket(sid: str) -> None:
    """The socket closed: its carets go, and it is at no table any more."""
    at_the_table().forget(sid)
    for peer in presence().leave_all(sid):
        tell_gone(peer, sid)
