"""What the server tells its operator: one line of JSON an event, without clause text and without secrets.

A request is told by its rule (« /connexion/lien/<token> »), never by its address: an address may open an account. Of
an exception nobody foresaw, the line says its kind and where it went through; its message only when it speaks of the
machine, since others may quote what people wrote.
"""

import logging
import secrets
import sys
import time
import traceback
from typing import Any

import structlog
from flask import Flask, Response, g, request
from sqlalchemy.exc import DBAPIError
from structlog.typing import EventDict, WrappedLogger

from app.config import Settings

SPEAK_OF_THE_MACHINE = (OSError, ImportError, AttributeError, NameError, TypeError, NotImplementedError)
DENIED = frozenset({401, 403, 404})
"""Who asked is then told to the operator, by a random id: what is denied leaves no other trace (trust 3.1)."""
LOUD = ("werkzeug", "engineio", "socketio", "engineio.server", "socketio.server", "geventwebsocket", "flask-limiter")
QUIET_ON_A_TERMINAL = "warning"


def configure_logging(settings: Settings) -> None:
    """Once a process: structlog and the libraries' own loggers end in the same lines on stderr."""
    on_terminal = sys.stderr.isatty()
    level = (settings.log_level or (QUIET_ON_A_TERMINAL if on_terminal else "info")).upper()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_failure,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    shown: Any = (
        structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
        )
    )
    root = logging.getLogger()
    root.handlers = [lines]
    root.setLevel(level)
    for name in LOUD:
        logging.getLogger(name).setLevel("WARNING")


def tell_failure(logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
    """Replace an exception by its kind, its way through the code and, where safe, its message."""
    given = line.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if not isinstance(error, BaseException):
        return line
    line["failure"] = type(error).__name__
    line["way"] = [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(cause, SPEAK_OF_THE_MACHINE) or cause is not error:
        line["message"] = (str(cause).splitlines() or [""])[0][:200]
    if error.__cause__ is not None:
        line["because"] = type(error.__cause__).__name__
    return line


def install(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_tell)


def _begin() -> None:
    """Once for a request and for the pieces of a page that it asks for (`app.pages.pieces`)."""
    g.setdefault("request_id", secrets.token_hex(6))
    g.setdefault("begun", time.perf_counter())


def _tell(response: Response) -> Response:
    rule = request.url_rule.rule if request.url_rule else ""
    milliseconds = round((time.perf_counter() - g.get("begun", time.perf_counter())) * 1000, 1)
    signed_in = g.get("signed_in")
    denied = {"person": signed_in.person_id} if signed_in and response.status_code in DENIED else {}
    structlog.get_logger().info(
        "request",
        method=request.method,
        rule=rule,
        status=response.status_code,
        ms=milliseconds,
        request_id=g.get("request_id", ""),
        **denied,
    )
    return response
