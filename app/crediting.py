"""Who wrote what in the live drafts that this process serves, kept up a little behind their writers."""

import time
from collections.abc import Callable

from flask import current_app

from app.database import current_store
from negotiation.services.crediting import Crediting
from negotiation.services.drafting import LiveDrafts

REST = 9
"""Times as long as what was just worked: reading logs takes a tenth of this process at most."""


def credit_words() -> None:
    """A round; others have their turn every few milliseconds of it."""
    live: LiveDrafts = current_app.extensions["live_drafts"]
    crediting: Crediting = current_app.extensions.setdefault("crediting", Crediting(current_store()))
    crediting.pause = _rests(current_app.extensions["socketio"].sleep)
    crediting.follow(live.rooms.draft_ids())


def _rests(sleep: Callable[[float], object]) -> Callable[[], None]:
    worked_from = time.monotonic()

    def rest() -> None:
        nonlocal worked_from
        worked = time.monotonic() - worked_from
        sleep(min(REST * worked, 1.0))
        worked_from = time.monotonic()

    return rest
