"""People who type in a live draft as fast as they are acknowledged, through the sockets of the real server."""

import base64
import json
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from bench.drafting_wire import Link
from negotiation.drafting.schema import SCHEMA_VERSION
from negotiation.store.columns import new_id

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Operation:
    """One word on its way: what a browser keeps until it is acknowledged, and sends again as it was."""

    op_id: str
    word: str
    update: bytes


@dataclass
class TirelessWriter:
    """One page. What it wrote and was told of it outlives the server."""

    name: str
    cookie: str
    token: str
    part_id: str
    clause_id: str
    side: str = "commune"
    number: int = 1
    """Under which its messages are acknowledged: a whole number, another for each where they must be told apart."""
    acknowledged: dict[str, tuple[Operation, int]] = field(default_factory=dict)
    """By op id: what was acknowledged, under which sequence."""
    sending: Operation | None = None
    document: Doc[Any] = field(default_factory=Doc)
    _own: XmlText | None = None

    def enter(self, port: int) -> None:
        """Connect, open the draft, send again what was never acknowledged."""
        origin = {"Cookie": f"navette={self.cookie}", "Origin": f"http://127.0.0.1:{port}"}
        self.link = Link(port, "/socket.io/?EIO=4&transport=websocket", origin)
        self.link.wait()
        self._say("40", {"token": self.token})
        self._await(b"40")
        known = base64.b64encode(self.document.get_state()).decode()
        order = {"part": self.part_id, "side": self.side, "schema": SCHEMA_VERSION, "state_vector": known}
        self._say("420", ["open_draft", order])
        opened = json.loads(self._await(b"430")[3:])[0]
        assert opened["ok"], opened
        self.draft = {"draft": opened["draft"], "epoch": opened["epoch"]}
        if opened["update"]:
            self.document.apply_update(base64.b64decode(opened["update"]))
        self.link.settle()
        if self.sending is not None:
            self.send()

    def send(self) -> None:
        if self.sending is None:
            word, known = f"{self.name}n{len(self.acknowledged):05}.", self.document.get_state()
            self._write(word)
            self.sending = Operation(new_id(), word, self.document.get_update(known))
        update = base64.b64encode(self.sending.update).decode()
        self._say(f"42{self.number}", ["push_update", self.draft | {"op": self.sending.op_id, "update": update}])

    def _write(self, word: str) -> None:
        """At the end of one's own paragraph."""
        if self._own is None:
            self._own = XmlText(word)
            fragment = self.document.get(f"clause:{self.clause_id}", type=XmlFragment)
            fragment.children.append(XmlElement("paragraph", {}, [self._own]))
        else:
            self._own.insert(len(self._own), f" {word}")

    def listen(self) -> None:
        """Take the acknowledgement that came, if any, and write on."""
        for message in self.link.read():
            if message.startswith(mark := b"43%d[" % self.number):
                answer = json.loads(message[len(mark) - 1 :])[0]
                assert answer["ok"], answer
                assert self.sending is not None
                self.acknowledged[self.sending.op_id] = (self.sending, answer["seq"])
                self.sending = None

    def _say(self, kind: str, content: object) -> None:
        self.link.send((kind + json.dumps(content)).encode())

    def _await(self, kind: bytes) -> bytes:
        while True:
            for message in self.link.wait():
                assert not message.startswith(b"44"), message
                if message.startswith(kind):
                    return message


def write_together(writers: Sequence[TirelessWriter], *, words: int) -> float:
    """Everybody writes until so many words more were acknowledged; nobody stops there: what is under way stays so.
    Gives the moment (`time.monotonic`) of the first acknowledgement."""
    poller, by_fd = select.epoll(), {writer.link.fileno(): writer for writer in writers}
    reached = _acknowledged(writers)
    wanted, limit, first = words + reached, time.monotonic() + PATIENCE_SECONDS, None
    for fd, writer in by_fd.items():
        poller.register(fd, select.EPOLLIN)
        if writer.sending is None:  # else its answer is on its way, and would be taken for that of the next word
            writer.send()
    while (now := _acknowledged(writers)) < wanted:
        if now > reached:
            reached, limit = now, time.monotonic() + PATIENCE_SECONDS
            first = first or limit - PATIENCE_SECONDS
        assert time.monotonic() < limit, "the server stopped acknowledging"
        for fd, _ in poller.poll(1):
            by_fd[fd].listen()
            if by_fd[fd].sending is None:
                by_fd[fd].send()
    poller.close()
    return first or time.monotonic()


def _acknowledged(writers: Sequence[TirelessWriter]) -> int:
    return sum(len(writer.acknowledged) for writer in writers)
