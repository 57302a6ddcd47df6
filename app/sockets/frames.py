"""WebSocket frames (RFC 6455), the server's side, as thin as engine.io needs them: no extension, no fragment sent.

simple-websocket costs two greenlets, a parser of objects and a compressor a connection; this reads in the greenlet that
asks, and writes at once.
"""

import base64
import hashlib
import socket
import time
from collections import deque
from contextlib import suppress
from enum import IntEnum
from itertools import islice
from typing import Any

import gevent
from gevent.socket import wait_write

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_READ_BYTES = 65_536
_MOST_IN_A_WRITE = 64
_LONGEST_CONTROL = 125

FRAMES_PER_SECOND = 100.0
FRAMES_AT_ONCE = 300.0
"""What one connection may send. Beyond it we read more slowly, so the rest waits where it came from: a greenlet that
always finds something to read leaves the loop to nobody (measured: beside ten thousand pings a second, a dozen edits of
another member took 17 s)."""
BYTES_A_FRAME = 4_096
"""A longer frame counts for several."""


class Kind(IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


_KINDS = {kind.value: kind for kind in Kind}


class Goodbye(IntEnum):
    """Why a connection ends."""

    NORMAL = 1000
    PROTOCOL_ERROR = 1002
    NOT_HERE = 1003
    NOT_TEXT = 1007
    TOO_BIG = 1009


class ConnectionOver(OSError):
    """Nothing more can be read or written here."""


class _Broken(Exception):
    def __init__(self, code: Goodbye) -> None:
        super().__init__(code)
        self.code = code


def frame(payload: bytes, kind: Kind) -> bytes:
    """One whole frame as a server sends it: unmasked."""
    length = len(payload)
    if length < 126:
        head = bytes((0x80 | kind, length))
    elif length < 1 << 16:
        head = bytes((0x80 | kind, 126)) + length.to_bytes(2)
    else:
        head = bytes((0x80 | kind, 127)) + length.to_bytes(8)
    return head + payload


def accepted(key: str) -> str:
    """What answers the key of a client that asks for a WebSocket."""
    return base64.b64encode(hashlib.sha1((key + _GUID).encode(), usedforsecurity=False).digest()).decode()


class FramedSocket:
    """A connected gevent socket that speaks WebSocket. One greenlet reads; anybody writes, and waits for nobody."""

    def __init__(self, sock: Any, *, largest_message: int, most_queued: int) -> None:
        """`largest_message`, `most_queued`: bytes, of one message read and of what a slow reader leaves waiting."""
        self._sock = sock
        self._largest = largest_message
        self._most_queued = most_queued
        self._received = bytearray()
        self._queued: deque[bytes | memoryview] = deque()
        """As they were given: a frame for a room is one, however many of its readers are slow."""
        self._waiting = 0
        self._is_leaving = False
        self._is_over = False
        self._debt = 0.0
        self._counted_at = time.monotonic()
        self.heard_at = self._counted_at
        """When something last came, on the monotonic clock."""

    # ------------------------------------------------------------------ writing

    def send_frame(self, whole: bytes) -> None:
        """Write it now; what the network doesn't take waits, and a reader who lets too much wait is cut off.

        Raises ConnectionOver.
        """
        if self._is_leaving or self._is_over:
            raise ConnectionOver
        if self._queued:
            self._wait_with(whole)
            if self._waiting > self._most_queued:
                self.abort()
                raise ConnectionOver
            return
        try:
            sent: int = self._sock._sock.send(whole)  # gevent's own would wait
        except BlockingIOError:
            sent = 0
        except OSError:
            self.abort()
            raise ConnectionOver from None
        if sent < len(whole):
            self._wait_with(memoryview(whole)[sent:])
            gevent.spawn(self._write_queued)

    def close(self, code: Goodbye = Goodbye.NORMAL) -> None:
        """Say goodbye, and let go. Closing twice changes nothing."""
        if self._is_leaving or self._is_over:
            return
        with suppress(ConnectionOver):
            self.send_frame(frame(code.to_bytes(2), Kind.CLOSE))
        self._is_leaving = True
        if not self._queued:
            self.abort()

    def abort(self) -> None:
        """Let go without a word: whoever reads here or there learns it at once."""
        if self._is_over:
            return
        self._is_over = True
        self._queued.clear()
        self._waiting = 0
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def _wait_with(self, content: bytes | memoryview) -> None:
        self._queued.append(content)
        self._waiting += len(content)

    def _write_some(self, contents: list[bytes | memoryview]) -> int:
        try:
            sent: int = self._sock._sock.sendmsg(contents)
            return sent
        except BlockingIOError:
            return 0
        except OSError:
            self.abort()
            raise ConnectionOver from None

    def _write_queued(self) -> None:
        try:
            while self._queued:
                wait_write(self._sock.fileno(), timeout=self._sock.gettimeout())
                self._forget(self._write_some(list(islice(self._queued, _MOST_IN_A_WRITE))))
        except OSError:  # too slow, or gone
            self.abort()
        if self._is_leaving:
            self.abort()

    def _forget(self, sent: int) -> None:
        """So many bytes are gone."""
        self._waiting -= sent
        while sent:
            first = self._queued.popleft()
            if sent < len(first):
                self._queued.appendleft(memoryview(first)[sent:])
            sent -= min(sent, len(first))

    # ------------------------------------------------------------------ reading

    def read_message(self) -> str | bytes | None:
        """The next whole message; None once the connection is over. Answers pings, and ends what breaks the rules."""
        try:
            return self._next_message()
        except _Broken as broken:
            self.close(broken.code)
        except OSError:
            self.abort()
        return None

    def _next_message(self) -> str | bytes | None:
        parts, first = bytearray(), None
        while True:
            is_last, kind, payload = self._next_frame(len(parts))
            if kind is Kind.CLOSE:
                self.close()
                return None
            if kind is Kind.PING:
                self.send_frame(frame(payload, Kind.PONG))
            elif kind is not Kind.PONG:
                if (kind is Kind.CONTINUATION) != (first is not None):
                    raise _Broken(Goodbye.PROTOCOL_ERROR)
                first = kind if first is None else first
                parts += payload
                if is_last:
                    return _message(first, parts)

    def _next_frame(self, already: int) -> tuple[bool, Kind, bytes]:
        """(is it the last of its message, its kind, what it carries); `already` bytes of the message came before."""
        self._await(2)
        first, second = self._received[0], self._received[1]
        kind = _KINDS.get(first & 0x0F)
        if kind is None or first & 0x70 or not second & 0x80:  # an extension nobody agreed on; not masked
            raise _Broken(Goodbye.PROTOCOL_ERROR)
        is_last, length, start = bool(first & 0x80), second & 0x7F, 2
        if kind >= Kind.CLOSE and (not is_last or length > _LONGEST_CONTROL):
            raise _Broken(Goodbye.PROTOCOL_ERROR)
        if length > _LONGEST_CONTROL:
            start = 4 if length == 126 else 10
            self._await(start)
            length = int.from_bytes(self._received[2:start])
        if already + length > self._largest:
            raise _Broken(Goodbye.TOO_BIG)
        self._keep_pace(length)
        end = start + 4 + length
        self._await(end)
        mask, payload = self._received[start : start + 4], self._received[start + 4 : end]
        del self._received[:end]
        return is_last, kind, _unmasked(payload, mask)

    def _keep_pace(self, length: int) -> None:
        now = time.monotonic()
        paid = (now - self._counted_at) * FRAMES_PER_SECOND
        self._debt = max(0.0, self._debt - paid) + 1.0 + length / BYTES_A_FRAME
        self._counted_at = now
        if self._debt > FRAMES_AT_ONCE:
            gevent.sleep((self._debt - FRAMES_AT_ONCE) / FRAMES_PER_SECOND)

    def _await(self, length: int) -> None:
        """Until so many bytes have come."""
        while len(self._received) < length:
            more = b"" if self._is_over else self._read_some()
            if not more:
                raise ConnectionOver
            self._received += more

    def _read_some(self) -> bytes:
        """gevent's own `recv` first tries in vain, then sets a timer: for each message, a third of what reading it
        cost (measured)."""
        while True:
            gevent.get_hub().wait(self._sock._read_event)
            with suppress(BlockingIOError):
                read: bytes = self._sock._sock.recv(_READ_BYTES)
                self.heard_at = time.monotonic()
                return read


def _message(kind: Kind, content: bytearray) -> str | bytes:
    if kind is Kind.BINARY:
        return bytes(content)
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise _Broken(Goodbye.NOT_TEXT) from None


def _unmasked(payload: bytearray, mask: bytearray) -> bytes:
    """The whole of it as one large number: fifty times faster than byte by byte."""
    length = len(payload)
    pattern = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(pattern, "little")).to_bytes(length, "little")
