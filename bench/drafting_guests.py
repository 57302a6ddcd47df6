"""People in a draft, of whichever server: all drive the same socket, and tell one ledger what has reached them."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from bench.drafting_hosts import Peer
from bench.drafting_ledger import Ledger
from bench.drafting_load import Deliveries, Navettist, Pass
from bench.drafting_wire import BINARY, Link

_SYNC, _AWARENESS, _AUTH, _SYNC_REPLY, _SAVED = 0, 1, 2, 4, 8
_ASK, _ANSWER, _UPDATE = 0, 1, 2
_NOTHING = b"\x00\x00"
"""An update that holds nothing."""


class Guest(Protocol):
    """Somebody in a draft. `start`: the document they found; `opening_ms`: from the question to the whole answer."""

    link: Link
    draft: str
    start: bytes
    opening_ms: float

    def push(self, updates: list[bytes]) -> None: ...

    def point(self) -> None:
        """Send a caret."""

    def is_free(self) -> bool:
        """Whether another push may leave."""

    def answers(self, message: bytes) -> bool:
        """Whether this message is only for the writer, who acts on it at once."""

    def update_in(self, message: bytes) -> bytes | None:
        """What the message brings of the document, if anything."""

    def keep_alive(self) -> None:
        """What a page sends by itself now and then."""


Enter = Callable[[int], Guest]
"""The person of this place comes in."""


def tell(ledger: Ledger, guest: Guest, place: int, *, message: bytes, moment: float) -> None:
    if not guest.answers(message) and (update := guest.update_in(message)):
        ledger.arrived(place, update, moment)


class OwnGuest(Navettist):
    """Socket.IO in text frames, as the editor speaks it: one push of a writer on its way at a time."""

    def __init__(self, port: int, entry: Pass) -> None:
        super().__init__(port, entry, Deliveries())
        self._entry = entry

    def push(self, updates: list[bytes], dues: list[float] | None = None) -> None:
        super().push(updates, dues or [0.0])

    def answers(self, message: bytes) -> bool:
        if message[:2] == b"43" or message == b"2":
            self.heard(message, 0.0)
            return True
        return False

    def update_in(self, message: bytes) -> bytes | None:
        if message[:17] == b'42["draft_updated':
            return base64.b64decode(json.loads(message[2:])[1]["update"])
        return None

    def keep_alive(self) -> None:
        """The server asks, and is answered."""


class YjsGuest:
    """The Yjs protocol in binary frames: what is typed leaves at once, as the peers' own providers do it."""

    def __init__(self, port: int, peer: Peer, draft: str, *, client: int) -> None:
        self.draft = draft
        self._head = _text(draft) if peer.prefixed else b""
        self._client, self._carets = client, 0
        self.saved = 0
        """How many of one's messages the server said it has taken."""
        began = time.monotonic()
        self.link = Link(port, f"/{draft}")
        if not peer.loads_on_connection:
            began = time.monotonic()
        if peer.prefixed:
            self._say(bytes([_AUTH, 0]) + _text("") + _text("4.7.0"))
        self.start = b""
        if peer.keeps:
            self.ask()
        self.began = began
        self.opening_ms = (time.monotonic() - began) * 1000

    def ask(self, known: bytes = b"\x00") -> None:
        """Have the document told, but for what this state vector knows; all that was said before is then taken in."""
        self._say(bytes([_SYNC, _ASK]) + _sized(known))
        while True:
            for message in self.link.wait():
                kind, what, content = self._read(message)
                if kind in (_SYNC, _SYNC_REPLY) and what == _ANSWER:
                    self.start = content
                    return
                if kind in (_SYNC, _SYNC_REPLY) and what == _ASK:
                    self._say(bytes([_SYNC, _ANSWER]) + _sized(_NOTHING))

    def push(self, updates: list[bytes]) -> None:
        for update in updates:
            self._say(bytes([_SYNC, _UPDATE]) + _sized(update))

    def point(self) -> None:
        self._carets += 1
        place = {"type": None, "tname": None, "item": {"client": self._client, "clock": 1234}, "assoc": 0}
        person = {"name": "Camille Lefebvre", "color": "#8250df"}
        state = json.dumps({"user": person, "cursor": {"anchor": place, "head": place}}, separators=(",", ":"))
        told = _number(1) + _number(self._client) + _number(self._carets) + _text(state)
        self._say(bytes([_AWARENESS]) + _sized(told))

    def keep_alive(self) -> None:
        self.point()

    def is_free(self) -> bool:
        return True

    def answers(self, message: bytes) -> bool:
        if self._read(message)[0] == _SAVED:
            self.saved += 1
            return True
        return False

    def update_in(self, message: bytes) -> bytes | None:
        kind, what, content = self._read(message)
        return content if kind == _SYNC and what in (_ANSWER, _UPDATE) else None

    def _say(self, content: bytes) -> None:
        self.link.send(self._head + content, kind=BINARY)

    def _read(self, message: bytes) -> tuple[int, int, bytes]:
        """Kind, kind within it, and the bytes; of anything but a document's messages only the kind."""
        place = len(self._head)
        if self._head and not message.startswith(self._head):
            raise RuntimeError(f"a message for somebody else: {message[:80]!r}")
        kind = message[place]
        if kind not in (_SYNC, _SYNC_REPLY):
            return kind, 0, b""
        length, begins = _read_number(message, place + 2)
        return kind, message[place + 1], message[begins : begins + length]


def entries(peer: Peer, port: int, drafts: list[str]) -> Enter:
    return lambda place: YjsGuest(port, peer, drafts[place], client=place + 1)


# ---------------------------------------------------------------------- lib0's numbers


def _number(value: int) -> bytes:
    return bytes(_sevens(value))


def _sevens(value: int) -> Iterator[int]:
    while value > 127:
        yield value & 127 | 128
        value >>= 7
    yield value


def _sized(content: bytes) -> bytes:
    return _number(len(content)) + content


def _text(content: str) -> bytes:
    return _sized(content.encode())


def _read_number(content: bytes, place: int) -> tuple[int, int]:
    """The number, and where it ends."""
    value = shift = 0
    while True:
        value |= (content[place] & 127) << shift
        place, shift = place + 1, shift + 7
        if content[place - 1] < 128:
            return value, place
