"""Every socket event by name, with its policy action; and the one path each message takes.

The session's row is read again for each event: an open socket outlives a sign-out (trust S2). A refusal becomes an
acknowledgement with a code and a French sentence; so does what nobody foresaw (S6).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from flask import g

from app.database import current_store
from app.errors import acknowledgement, acknowledgement_of
from app.sockets.live import end_sockets, live_sockets
from app.sockets.pace import keep_pace
from negotiation.errors import InvalidInput, Refusal, SessionEnded
from negotiation.rules.vocabulary import Action
from negotiation.services.signing_in import SignedIn, read_session_by_id

log = structlog.get_logger()

Answer = dict[str, Any] | None


class Message:
    """What a page sent with an event. Each reading names the kind it expects; anything else raises InvalidInput."""

    def __init__(self, sent: tuple[Any, ...]) -> None:
        if len(sent) != 1 or not isinstance(sent[0], dict):
            raise InvalidInput(field="message")
        self._fields: dict[str, Any] = sent[0]

    def text(self, name: str, *, longest: int = 100) -> str:
        """A string of at most `longest` characters, without NUL: PostgreSQL keeps none."""
        value = self._fields.get(name)
        if not isinstance(value, str) or len(value) > longest or "\0" in value:
            raise InvalidInput(field=name)
        return value

    def whole(self, name: str, *, largest: int = 2**53 - 1) -> int:
        """A whole number from 0 to `largest`."""
        value = self._fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
            raise InvalidInput(field=name)
        return value

    def raw(self, name: str) -> Any:
        """Whatever is there, unchecked; None when nothing is."""
        return self._fields.get(name)


@dataclass(frozen=True)
class Caller:
    """Who sent the event: their session, read just now, and their socket."""

    person: SignedIn
    sid: str


Handler = Callable[[Caller, Message], Answer]


@dataclass(frozen=True)
class Registered:
    action: Action
    handler: Handler


EVENTS: dict[str, Registered] = {}
"""Every event that pages may send. A test fails on one without an action."""


def handles(event: str, action: Action) -> Callable[[Handler], Handler]:
    """Let `handler(caller, message)` answer this event: what it returns is added to `{"ok": true}`."""

    def register(handler: Handler) -> Handler:
        EVENTS[event] = Registered(action, handler)
        return handler

    return register


def receive(event: str, sent: tuple[Any, ...], sid: str) -> dict[str, Any]:
    """The acknowledgement of one event from this socket; never raises."""
    try:
        caller = _caller(sid)
        keep_pace(caller.person.session_id)
        registered = EVENTS.get(event)
        if registered is None:
            return acknowledgement_of("unknown_event")
        return {"ok": True} | (registered.handler(caller, Message(sent)) or {})
    except Refusal as refusal:
        return acknowledgement(refusal)
    except Exception as error:
        log.error("socket.failed", event_name=event[:60], exc_info=error)
        return acknowledgement_of("unexpected")


def _caller(sid: str) -> Caller:
    """Who sent it. Raises SessionEnded, after ending the other sockets of the same session."""
    session_id = live_sockets().session_of(sid)
    if session_id is None:
        raise SessionEnded()
    with current_store().asking() as connection:
        person = read_session_by_id(connection, session_id)
    if person is None:
        end_sockets(session_id)
        raise SessionEnded()
    g.signed_in = person
    return Caller(person, sid)
