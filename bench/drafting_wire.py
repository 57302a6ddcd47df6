"""A WebSocket as thin as can be: hundreds of them must cost the load generator less than the server spends on them."""

import base64
import os
import socket
from collections.abc import Iterator

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
_LARGEST_READ = 1 << 16  # a larger one is a new mapping each time
_LONGEST_SILENCE = 60.0
"""Seconds: who waits longer for a server has learnt enough."""


class Link:
    """One connection after its handshake. `read` gives what has come, without waiting."""

    def __init__(self, port: int, path: str, headers: dict[str, str] | None = None) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), timeout=_LONGEST_SILENCE)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        asked = {
            "Host": f"127.0.0.1:{port}",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
            "Sec-WebSocket-Version": "13",
        } | (headers or {})
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in asked.items())]
        self._sock.sendall("\r\n".join([*lines, "", ""]).encode())
        self._received = bytearray()
        while b"\r\n\r\n" not in self._received:
            self._fill()
        head, _, rest = bytes(self._received).partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"no WebSocket here: {head[:1000]!r}")
        self._received = bytearray(rest)
        self._unsent, self._waits = bytearray(), True

    def fileno(self) -> int:
        return self._sock.fileno()

    def send(self, payload: bytes, *, kind: int = TEXT) -> None:
        frame = framed(payload, kind)
        if self._waits:
            self._sock.sendall(frame)
        else:
            self._unsent += frame
            self.pay()

    @property
    def owes(self) -> bool:
        """Whether some of what was said still waits here, for the server to read on."""
        return bool(self._unsent)

    def pay(self) -> bool:
        """Send what waits; whether nothing waits any more."""
        try:
            while self._unsent:
                del self._unsent[: self._sock.send(self._unsent)]
        except BlockingIOError:
            return False
        return True

    def settle(self) -> None:
        """From here on neither reading nor sending waits."""
        self._sock.setblocking(False)
        self._waits = False

    def read(self) -> Iterator[bytes]:
        """The messages that have come. Raises ConnectionError when the server closed."""
        try:
            self._fill()
        except BlockingIOError:
            return
        yield from self._messages()

    def receive(self) -> bytes:
        """What has come, whatever it is: for `unpack`, now or later. Raises as `read` does."""
        received = self._sock.recv(_LARGEST_READ)
        if not received:
            raise ConnectionError("the server closed the connection")
        return received

    def unpack(self, received: bytes) -> Iterator[bytes]:
        """The messages that are whole now."""
        self._received += received
        yield from self._messages()

    def wait(self) -> list[bytes]:
        """At least one message."""
        while not (found := list(self._messages())):
            self._fill()
        return found

    def close(self) -> None:
        self._sock.close()

    def _fill(self) -> None:
        self._received += self.receive()

    def _messages(self) -> Iterator[bytes]:
        """Whole unfragmented frames: none of the servers measured here cuts its messages."""
        buffer, place = self._received, 0
        while len(buffer) - place >= 2:
            length, start = buffer[place + 1] & 0x7F, place + 2
            if length == 126:
                length, start = int.from_bytes(buffer[start : start + 2]), start + 2
            elif length == 127:
                length, start = int.from_bytes(buffer[start : start + 8]), start + 8
            if len(buffer) < start + length:
                break
            kind, content, place = buffer[place] & 0x0F, bytes(buffer[start : start + length]), start + length
            if kind == CLOSE:
                raise ConnectionError(f"the server said goodbye: {content!r}")
            if kind == PING:
                self.send(content, kind=PONG)
            elif kind != PONG:
                yield content
        del buffer[:place]


def framed(payload: bytes, kind: int) -> bytes:
    """As a client sends it: masked, with a mask that changes nothing."""
    length = len(payload)
    if length < 126:
        head = bytes([0x80 | kind, 0x80 | length])
    elif length < 1 << 16:
        head = bytes([0x80 | kind, 0x80 | 126]) + length.to_bytes(2)
    else:
        head = bytes([0x80 | kind, 0x80 | 127]) + length.to_bytes(8)
    return head + bytes(4) + payload
