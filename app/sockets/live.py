"""Which sockets are open here, for which session and which seats: so that a sign-out or a removal ends them at once."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from flask import current_app

from negotiation.rules.vocabulary import Role


class LiveSockets:
    """Sockets of this process by session id, and the members for whom each listens, with the roles they then had."""

    def __init__(self) -> None:
        self._session_of: dict[str, str] = {}
        self._sids_of: defaultdict[str, set[str]] = defaultdict(set)
        self._seats_of: defaultdict[str, dict[str, frozenset[Role]]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._session_of)

    def add(self, sid: str, session_id: str) -> None:
        self._session_of[sid] = session_id
        self._sids_of[session_id].add(sid)

    def remove(self, sid: str) -> None:
        self._seats_of.pop(sid, None)
        session_id = self._session_of.pop(sid, None)
        if session_id is None:
            return
        self._sids_of[session_id].discard(sid)
        if not self._sids_of[session_id]:
            del self._sids_of[session_id]

    def session_of(self, sid: str) -> str | None:
        return self._session_of.get(sid)

    def sids_of(self, session_id: str) -> tuple[str, ...]:
        return tuple(self._sids_of.get(session_id, ()))

    def sit(self, sid: str, member_id: str, roles: frozenset[Role]) -> None:
        """The socket was let into what this member reads, with these rights of his own."""
        if sid in self._session_of:
            self._seats_of[sid].setdefault(member_id, roles)

    def seats(self) -> Mapping[str, Mapping[str, frozenset[Role]]]:
        """Of each socket that listens for somebody: his roles when it began, by member id."""
        return {sid: dict(seats) for sid, seats in self._seats_of.items()}

    def sessions(self) -> frozenset[str]:
        return frozenset(self._sids_of)


def live_sockets() -> LiveSockets:
    found: LiveSockets = current_app.extensions["live_sockets"]
    return found


def current_sockets() -> Any:
    """The Socket.IO server of this application (flask_socketio.SocketIO)."""
    return current_app.extensions["socketio"]


def room_of(negotiation_id: str, circle: str) -> str:
    """The room of one circle of one negotiation. The server alone names rooms."""
    return f"table:{negotiation_id}:{circle}"


def end_sockets(session_id: str) -> None:
    """Tell the pages of this session that it is over, and disconnect them."""
    sockets = current_sockets()
    for sid in live_sockets().sids_of(session_id):
        sockets.emit("session_ended", {}, to=sid)
        sockets.server.disconnect(sid)


def end_seats(sid: str) -> None:
    """Tell the page that what its person may do here has changed, and disconnect it."""
    sockets = current_sockets()
    sockets.emit("rights_changed", {}, to=sid)
    sockets.server.disconnect(sid)
