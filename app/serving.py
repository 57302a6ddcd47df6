"""`navette serve`: gunicorn with one gevent worker, for pages, files and sockets (decision 6).

gevent must patch the standard library before anything else is imported: a lock made before would stop every greenlet
of the thread that waits for it. So `run` starts a fresh interpreter that patches first.
"""

import gc
import os
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from app import create_app
from app.background import start_background
from app.config import Settings
from app.observability import configure_logging
from negotiation.store import migrate

PATCHED_START = "from gevent import monkey; monkey.patch_all(); from app.serving import serve; serve()"
GRACE_SECONDS = 10
CLOSING_SECONDS = 0.1
HANG_SECONDS = 60
"""A worker that doesn't turn for so long is replaced."""
CONNECTIONS = 2000
YOUNG_OBJECTS = 20_000
"""As many new objects before the garbage collector looks at them; Python's own 700 come with every few keystrokes."""


def run(settings: Settings) -> NoReturn:
    """Bring the database up to date and serve until told to stop: the process becomes the server."""
    settings.signing_key()
    migrate(settings.database_url)
    environment = {**os.environ, **settings.as_environment()}
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, "-c", PATCHED_START], environment)


def serve() -> None:
    """In an interpreter that gevent has patched."""
    from gunicorn.app.base import BaseApplication  # reads sys.modules: after patching only
    from gunicorn.workers.ggevent import GeventWorker

    settings = Settings()
    configure_logging(settings)
    os.umask(0o077)  # what is kept is the owner's alone

    class Worker(GeventWorker):  # type: ignore[misc]
        def handle_exit(self, sig: int, frame: Any) -> None:
            """Stop: pages are told to come back to the next process, requests in flight finish."""
            import gevent

            super().handle_exit(sig, frame)
            gevent.spawn(_close_sockets, self.wsgi, self.sockets)

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            options: dict[str, Any] = {
                "bind": f"{settings.host}:{settings.port}",
                "workers": 1,
                "worker_class": Worker,
                "worker_connections": CONNECTIONS,
                "timeout": HANG_SECONDS,
                "graceful_timeout": GRACE_SECONDS,
                "keepalive": 2,
                "control_socket_disable": True,
                "post_worker_init": _begin,
                "loglevel": "warning",
            }
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return create_app(settings)

    Server().run()


def _begin(worker: Any) -> None:
    """What was loaded stays for good: a collection that walked through it would hold every keystroke up meanwhile."""
    start_background(worker.wsgi)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)


def _close_sockets(app: Any, listeners: Iterable[Any]) -> None:
    """Close each connection under its socket: the page then comes back by itself.

    Not before this process has stopped listening, a second later: a page comes back sooner than that, and would hold
    it until the end of its grace. Again and again, because some were just coming in.
    """
    import gevent

    while any(listener.fileno() >= 0 for listener in listeners):
        gevent.sleep(CLOSING_SECONDS)
    while True:
        app.extensions["socketio"].server.eio.disconnect()
        gevent.sleep(CLOSING_SECONDS)
