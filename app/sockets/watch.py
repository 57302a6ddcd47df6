"""What is looked at every second: sessions that ended elsewhere, members who left or whose rights changed, connections
that never said who they are, readers that don't read."""

import time
from typing import Any

from flask import current_app

from app.database import current_store
from app.sockets.live import current_sockets, end_seats, end_sockets, live_sockets
from app.sockets.pace import Paces
from negotiation.services.members import standings
from negotiation.services.signing_in import still_open

SECONDS_TO_SAY_WHO = 10.0
MOST_QUEUED = 4_000_000
"""Characters that wait for one reader (trust P6)."""
WORTH_WEIGHING = 32
"""Packets."""


def end_dead_sessions() -> None:
    """End the sockets of sessions signed out or expired, whoever signed them out."""
    live = live_sockets()
    sessions = live.sessions()
    if not sessions:
        return
    with current_store().reading() as session:
        dead = sessions - still_open(session, sessions)
    for session_id in dead:
        end_sockets(session_id)
    paces: Paces = current_app.extensions["socket_paces"]
    paces.forget_all_but(live.sessions())


def end_lost_seats() -> None:
    """End the sockets that listen for a member who left, whose last day is past, or whose rights are others now.

    Each event asks for the rights anew; this ends what is only listened to (trust T17, T31).
    """
    seats = live_sockets().seats()
    if not seats:
        return
    with current_store().reading() as session:
        now_held = standings(session, {member_id for held in seats.values() for member_id in held})
    for sid, held in seats.items():
        if any(now_held.get(member_id) != roles for member_id, roles in held.items()):
            end_seats(sid)


def close_idle_connections() -> None:
    """Close connections without a person, and those whose reader left too much waiting."""
    server = current_sockets().server
    first_seen: dict[str, float] = current_app.extensions.setdefault("unknown_connections", {})
    now = time.monotonic()
    engine = dict(server.eio.sockets)
    for eio_sid in first_seen.keys() - engine.keys():
        del first_seen[eio_sid]
    for eio_sid, connection in engine.items():
        known = server.manager.sid_from_eio_sid(eio_sid, "/") is not None
        if known:
            first_seen.pop(eio_sid, None)
        silent = not known and now - first_seen.setdefault(eio_sid, now) > SECONDS_TO_SAY_WHO
        if silent or _queued(connection) > MOST_QUEUED:
            connection.close(wait=False, abort=True)


def _queued(connection: Any) -> int:
    if connection.queue.qsize() < WORTH_WEIGHING:
        return 0
    return sum(len(packet.data or "") for packet in list(connection.queue.queue) if packet is not None)
