"""What many people ask at the same moment is read once for those who read the same.

When a move is played, every open page of the table asks for the same fragments: sixty people are three parties, and a
party's members with the same roles read the same facts. What is remembered is what the filtered queries gave *one* of
them, under a key that says everything on which their answer depends: the reader's circles (party and side), his roles,
how far the history of those circles had come, and the day. Nothing that isn't a fact of those chains goes in here: no
live draft, no form token, nothing of one person alone. Measured by `python -m bench live`.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from flask import Flask, current_app

from app.pages.frame import Frame

MOST = 256
"""Answers kept; the oldest goes first. A history that moves on leaves its answers behind, and they go too."""

Read = TypeVar("Read")


class Remembered:
    """Answers by key, the least recently asked forgotten first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._answers)

    def answer(self, key: Hashable, read: Callable[[], Read]) -> Read:
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return cast(Read, self._answers[key])
        found = read()
        with self._lock:
            self._answers[key] = found
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return found


def install(app: Flask) -> None:
    app.extensions["remembered"] = Remembered()


def remembered(frame: Frame, what: str, *about: Hashable, read: Callable[[], Read]) -> Read:
    """`read()`, or what it gave a moment ago to somebody with the same circles, roles and history.

    `what` and `about` name the question. `read` must depend on nothing else than the frame's circles, roles, day and
    history.
    """
    actor = frame.actor
    reader = (actor.negotiation_id, actor.party_id, actor.side, actor.roles, frame.reached, frame.today)
    kept: Remembered = current_app.extensions["remembered"]
    return kept.answer((*reader, what, *about), read)
