"""The store of the running application."""

from flask import current_app

from negotiation.store import Store


def current_store() -> Store:
    """The store of the application that handles this request or socket event."""
    store: Store = current_app.extensions["store"]
    return store
