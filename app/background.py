"""What the server does by itself beside its requests: a round every second, each task in its own time."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from flask import Flask

from app.announcing import deliver_waiting, forget_delivered
from app.binding import bind_decisions
from app.crediting import credit_words, derive_past
from app.destroying import destroy_insides
from app.locking import lock_what_waits
from app.mailing import (
    forget_old_mails,
    make_digests,
    make_head_mails,
    make_immediate_mails,
    make_signin_mails,
    send_due_mails,
)
from app.preparing import forget_prepared_files
from app.sockets.draft_events import drop_idle_rooms
from app.sockets.presence import tell_presence
from app.sockets.watch import close_idle_connections, end_dead_sessions, end_lost_seats
from negotiation.documents.confinement import network_is_cut

log = structlog.get_logger()

SECONDS = 1.0


@dataclass(frozen=True)
class Task:
    run: Callable[[], None]
    every: float = SECONDS
    """Seconds from one start to the next, at least."""


TASKS = (
    Task(end_dead_sessions),
    Task(end_lost_seats),
    Task(close_idle_connections),
    Task(deliver_waiting),
    Task(tell_presence),
    Task(bind_decisions),
    Task(drop_idle_rooms, every=30),
    Task(forget_delivered, every=60),
    Task(lock_what_waits, every=60),
    Task(forget_prepared_files, every=60),
)

MAIL_TASKS = (
    Task(make_signin_mails),
    Task(make_immediate_mails, every=5),
    Task(make_digests, every=60),
    Task(make_head_mails, every=60),
    Task(send_due_mails),
    Task(forget_old_mails, every=3600),
)
"""In a round of their own: a mail server may take its time, a removed member's sockets may not."""

READING_TASKS = (Task(credit_words, every=10), Task(derive_past, every=10), Task(destroy_insides, every=600))
"""In a round of their own: a long log takes its time too, and so does writing the whole file anew."""


class Round:
    """Goes round the tasks, and knows when each was last started: the first time, all are."""

    def __init__(self, tasks: tuple[Task, ...] = TASKS, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._due = dict.fromkeys(tasks, 0.0)
        self._clock = clock
        self._began = clock()

    def go(self, app: Flask) -> None:
        """Each task whose time has come, once; one that fails is told, and tried again in its time."""
        now = self._clock() - self._began
        for task in [task for task, due in self._due.items() if due <= now]:
            self._due[task] = now + task.every
            _do(task, app)


def start_background(app: Flask) -> None:
    """Start the rounds in this process, once it serves."""
    say_what_is_open()
    sockets = app.extensions["socketio"]
    for tasks in (TASKS, MAIL_TASKS, READING_TASKS):
        sockets.start_background_task(_go_round, app, tasks)


def say_what_is_open() -> None:
    """Once, where the operator reads it: docs/security.md tells what it changes."""
    if not network_is_cut():
        log.warning("converters.reach_the_network")


def do_round(app: Flask, tasks: tuple[Task, ...] = TASKS) -> None:
    """Each task once, whenever it was last done."""
    Round(tasks).go(app)


def _do(task: Task, app: Flask) -> None:
    with app.app_context():
        try:
            task.run()
        except Exception as error:
            log.error("background.failed", task=task.run.__name__, exc_info=error)


def _go_round(app: Flask, tasks: tuple[Task, ...]) -> None:
    going = Round(tasks)
    while True:
        going.go(app)
        app.extensions["socketio"].sleep(SECONDS)
