"""Who wrote what in the live drafts that this process serves, kept up a little behind their writers."""

from flask import current_app

from app.database import current_store
from negotiation.services.crediting import Crediting
from negotiation.services.drafting import LiveDrafts


def credit_words() -> None:
    """A round; others have their turn every few milliseconds of it."""
    live: LiveDrafts = current_app.extensions["live_drafts"]
    _crediting().follow(live.rooms.draft_ids())


def _crediting() -> Crediting:
    sockets = current_app.extensions["socketio"]
    found: Crediting = current_app.extensions.setdefault(
        "crediting", Crediting(current_store(), pause=lambda: sockets.sleep(0))
    )
    return found
