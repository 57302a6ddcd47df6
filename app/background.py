"""What the server does by itself, every second, beside its requests."""

import structlog
from flask import Flask

from app.announcing import deliver_waiting
from app.sockets.watch import close_idle_connections, end_dead_sessions

log = structlog.get_logger()

SECONDS = 1.0
TASKS = (end_dead_sessions, close_idle_connections, deliver_waiting)


def start_background(app: Flask) -> None:
    """Start the round in this process, once it serves."""
    sockets = app.extensions["socketio"]
    sockets.start_background_task(_go_round, app)


def do_round(app: Flask) -> None:
    """Each task once; one that fails is told, and tried again at the next round."""
    for task in TASKS:
        with app.app_context():
            try:
                task()
            except Exception as error:
                log.error("background.failed", task=task.__name__, exc_info=error)


def _go_round(app: Flask) -> None:
    while True:
        do_round(app)
        app.extensions["socketio"].sleep(SECONDS)
