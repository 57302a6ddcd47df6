"""After commit, open pages learn that something changed: a type and ids, never content.

Each page then fetches its own fragment, filtered for its own reader; so a wrong room can't leak a text. What was
emitted is marked in the outbox a moment later, many at once; what a dead process left there is emitted again.
"""

from collections import deque
from collections.abc import Iterable
from datetime import timedelta

from flask import Flask, current_app

from app.database import current_store
from app.sockets.live import current_sockets, room_of
from negotiation.services.announcements import (
    delete_announcements,
    delivered_announcements,
    mark_delivered,
    waiting_announcements,
)
from negotiation.store import Announcement

PATIENCE = timedelta(seconds=3)
"""How long an announcement may wait before somebody else delivers it."""
KEPT = timedelta(days=1)
"""How long what was delivered stays in the outbox, for who looks into a page that heard nothing."""


def install(app: Flask) -> None:
    emitted: deque[str] = deque()
    app.extensions["emitted_announcements"] = emitted
    app.extensions["store"].subscribe(lambda announcements: _emit(app, announcements))


def deliver_waiting() -> None:
    """Mark what was emitted, then emit what nobody delivered. Called every second, and once at start."""
    store = current_store()
    _mark(_taken())
    with store.reading() as session:
        waiting = waiting_announcements(session, older_than=PATIENCE)
    if waiting:
        _emit(current_app._get_current_object(), waiting)  # type: ignore[attr-defined]
        _mark(_taken())


def forget_delivered() -> None:
    """Take out of the outbox what was delivered long ago: a few at a time, so that nobody waits behind it."""
    store = current_store()
    with store.reading() as session:
        old = delivered_announcements(session, older_than=KEPT)
    if old:
        with store.unit_of_work() as uow:
            delete_announcements(uow, old)


def _emit(app: Flask, announcements: Iterable[Announcement]) -> None:
    with app.app_context():
        sockets = current_sockets()
        for told in announcements:
            change = {
                "type": told.kind,
                "negotiation": told.negotiation_id,
                "part": told.part_id,
                "clause": told.clause_id,
                "seance": told.seance_id,
            }
            sockets.emit("page_changed", change, to=room_of(told.negotiation_id, told.circle))
            app.extensions["emitted_announcements"].append(told.id)


def _taken() -> list[str]:
    emitted: deque[str] = current_app.extensions["emitted_announcements"]
    return [emitted.popleft() for _ in range(len(emitted))]


def _mark(announcement_ids: list[str]) -> None:
    if announcement_ids:
        with current_store().unit_of_work() as uow:
            mark_delivered(uow, announcement_ids)
