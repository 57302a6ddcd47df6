"""A mail server for tests: it speaks real SMTP, keeps what it took, and can be made to refuse or to hang.

with PostBox() as box:
    box.answers.append("451 not now")     # to the next mail's words; then it takes them again
    ...
    box.letters[0].text
"""

import asyncio
import socket
import ssl
from collections import deque
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

OK = "250 taken"
HANGS = "hangs"


@dataclass(frozen=True)
class Arrived:
    """A mail as it came: `raw` bytes, and read."""

    sender: str
    recipient: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        read = message_from_bytes(self.raw, policy=default)
        assert isinstance(read, EmailMessage)
        return read

    def header(self, name: str) -> str:
        return str(self.message[name])

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def opened(self) -> str:
        """Every header and every part, decoded, and the bytes as they came."""
        headers = "\n".join(f"{name}: {value}" for name, value in self.message.items())
        return "\n".join((headers, self.text, self.html, self.raw.decode("utf-8", "replace")))

    def _part(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        assert body is not None
        return str(body.get_content())


class PostBox:
    """A server on a free port. `answers`: to the words of the next mails, in order; `refused`: recipients and why."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.letters: list[Arrived] = []
        self.answers: deque[str] = deque()
        self.refused: dict[str, str] = {}
        self.secured: list[bool] = []
        self.port = free_port()
        rest = {"tls_context": tls, "require_starttls": True} if tls else {}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **rest)

    def __enter__(self) -> "PostBox":
        self._controller.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def ids(self) -> list[str]:
        return [letter.header("Message-ID") for letter in self.letters]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.answers.popleft() if self.answers else OK
        self.secured.append(session.ssl is not None)
        if answer.startswith("2") or answer == HANGS:
            self.letters.append(Arrived(envelope.mail_from, envelope.rcpt_tos[0], envelope.content))
        if answer == HANGS:
            await asyncio.sleep(3)
        return OK if answer == HANGS else answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
