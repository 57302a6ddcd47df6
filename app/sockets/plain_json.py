"""JSON as sockets speak it, in which what needs no escaping is put as it stands.

A document of 200 kB in base64 took longer to be looked through for characters to escape than to find out who may read
it (0.5 ms of the 2.3 ms that an opening then cost).
"""

import base64
import json
import secrets
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

_DOCUMENTS_KEPT = 8
"""Whoever comes into a draft between two edits is told the same bytes: a whole table does when a séance begins."""
_MARK = secrets.token_hex(16)
"""Where a plain text goes: nobody who writes can know it."""


@dataclass(frozen=True, slots=True)
class Plain:
    """What JSON writes between quotation marks as it is: letters, digits and what base64 has besides."""

    text: str


def in_base64(content: bytes) -> Plain:
    return Plain(base64.b64encode(content).decode())


document_in_base64 = lru_cache(maxsize=_DOCUMENTS_KEPT)(in_base64)
"""The same, kept for who asks next. The bytes of a draft that nobody wrote in are one object, whose hash is known."""


def dumps(content: object, **how: Any) -> str:
    """As `json.dumps`."""
    plain: list[str] = []

    def mark(value: object) -> str:
        if not isinstance(value, Plain):
            raise TypeError(f"{type(value).__name__} is nothing that JSON knows")
        plain.append(value.text)
        return _MARK

    first, *others = json.dumps(content, default=mark, **how).split(_MARK)
    return "".join([first, *chain.from_iterable(zip(plain, others, strict=True))])


loads = json.loads
