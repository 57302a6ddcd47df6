"""Somebody in a live draft of the real server, who says one thing at a time and waits for what it brings."""

import base64
import json
import select
import time
from dataclasses import dataclass, field
from typing import Any

from itsdangerous import URLSafeSerializer
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from bench.drafting_wire import Link
from negotiation.drafting.schema import SCHEMA_VERSION, clause_root
from negotiation.rules.policy import Method
from negotiation.services.signing_in import open_session
from negotiation.store.columns import new_id
from tests.builders import Table
from tests.e2e.serving import RunningServer

PATIENCE_SECONDS = 30


@dataclass
class Guest:
    """`told` are the updates of others, in the order they came; `closed` why the draft was closed, each time it was."""

    link: Link
    draft: dict[str, Any]
    clause_id: str
    document: Doc[Any]
    part_id: str
    told: list[dict[str, Any]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    _number: int = 10

    @classmethod
    def enter(
        cls, server: RunningServer, secret: str, table: Table, name: str, *, clause: str = "k01.markdown"
    ) -> "Guest":
        """`name`: `og.dg`, `ars.dg`…; a session of its own each time."""
        party, role = name.split(".")
        with server.store.unit_of_work() as uow:
            person = getattr(getattr(table, party), role)
            session = open_session(uow, person.person_id, method=Method.LINK)
            token = URLSafeSerializer(secret, salt="socket-token").dumps(session.session_id)
        origin = {"Cookie": f"navette={session.token}", "Origin": server.address}
        link = Link(server.port, "/socket.io/?EIO=4&transport=websocket", origin)
        link._sock.settimeout(PATIENCE_SECONDS)
        link.wait()
        link.send(f"40{json.dumps({'token': token})}".encode())
        link.wait()
        guest = cls(link, {}, table.clause_id(clause), Doc(), table.clause(clause).part_id)
        opened = guest.open()
        assert opened["ok"], opened
        guest.document.apply_update(base64.b64decode(opened["update"]))
        guest.draft = {"draft": opened["draft"], "epoch": opened["epoch"]}
        return guest

    def open(self) -> dict[str, Any]:
        order = {"part": self.part_id, "side": "commune", "schema": SCHEMA_VERSION, "state_vector": ""}
        return self.ask("open_draft", order)

    def ask(self, event: str, order: object) -> dict[str, Any]:
        """The acknowledgement."""
        self._number += 1
        self.link.send(f"42{self._number}{json.dumps([event, order])}".encode())
        mark, limit = b"43%d[" % self._number, time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < limit:
            for message in self.link.wait():
                self._note(message)
                if message.startswith(mark):
                    answer: dict[str, Any] = json.loads(message[len(mark) - 1 :])[0]
                    return answer
        raise AssertionError(f"no answer to {event}")

    def push(self, update: bytes, change: dict[str, object] | None = None) -> dict[str, Any]:
        right = self.draft | {"op": new_id(), "update": base64.b64encode(update).decode()}
        return self.ask("push_update", right | (change or {}))

    def written(self, words: str) -> bytes:
        """A paragraph more, as an update that wasn't pushed."""
        known = self.document.get_state()
        fragment = self.document.get(clause_root(self.clause_id), type=XmlFragment)
        fragment.children.append(XmlElement("paragraph", {}, [XmlText(words)]))
        return self.document.get_update(known)

    def taken_back(self) -> bytes:
        """The last paragraph less."""
        known = self.document.get_state()
        children = self.document.get(clause_root(self.clause_id), type=XmlFragment).children
        del children[len(children) - 1]
        return self.document.get_update(known)

    def hear(self, sequence: int) -> None:
        """Until the update of this number has come."""
        limit = time.monotonic() + PATIENCE_SECONDS
        while not any(each["seq"] >= sequence for each in self.told[-1:]):
            assert time.monotonic() < limit, f"{sequence} never came"
            for message in self.link.wait():
                self._note(message)

    def listen(self) -> None:
        """To what has come, without waiting: who answers no ping is cut off."""
        while select.select([self.link], [], [], 0)[0]:
            for message in self.link.wait():
                self._note(message)

    def _note(self, message: bytes) -> None:
        if message == b"2":
            self.link.send(b"3")
        elif message.startswith(b"42") and (heard := json.loads(message[2:]))[0] == "draft_updated":
            self.told.append(heard[1])
            self.document.apply_update(base64.b64decode(heard[1]["update"]))
        elif message.startswith(b'42["draft_closed"'):
            self.closed.append(json.loads(message[2:])[1]["reason"])
