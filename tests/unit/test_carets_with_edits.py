"""A caret goes with the edit it belongs to, in one write; one without an edit is told a little later."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from app.sockets.hot_events import HotEvents
from app.sockets.live import LiveSockets
from app.sockets.pace import Paces
from app.sockets.presence import Peer, Presence
from app.sockets.transport import Told
from negotiation.drafting.updates import Claim, Kept, NewUpdate, Writer
from negotiation.services.draft_seats import DraftSeat

DRAFT, CLAUSE, ROOM = "d" * 36, "11111111-1111-4111-8111-111111111111", "draft:" + "d" * 36 + ":1"
CLAIM = Claim("session", "member", ("redacteur",))
WRITER = Writer("alice", "gestionnaire", CLAIM, "alice-socket")


class Table:
    """Alice in a draft. `between[n]`: what happens while the server waits for the (n + 1)th look at the carets."""

    def __init__(self) -> None:
        self.told: list[list[str]] = []
        self.between: list[Callable[[], object]] = []
        self.tasks: list[Callable[[], None]] = []
        live, presence = LiveSockets(), Presence()
        live.add("alice-socket", "session")
        peer = Peer(ROOM, DRAFT, "public", "Alice", "G", "gestionnaire")
        peer.seat = DraftSeat(DRAFT, 1, writer=WRITER, claim=CLAIM, may_write=True, clauses={})
        presence._peers["alice-socket"] = {DRAFT: peer}
        app: Any = SimpleNamespace(
            extensions={
                "socketio": SimpleNamespace(sleep=self._sleep, start_background_task=self.tasks.append),
                "live_sockets": live,
                "socket_paces": Paces(self._sleep),
                "draft_presence": presence,
                "live_drafts": SimpleNamespace(log=SimpleNamespace(holding=self._holding)),
            }
        )
        transport: Any = SimpleNamespace(tell=self._tell)
        self.hot = HotEvents(app, transport, gather_seconds=0.006)

    def point(self) -> None:
        sent = {"draft": DRAFT, "clause": CLAUSE, "selection": {"anchor": "a", "head": "a"}}
        assert self.hot.move_cursor("alice-socket", sent) == {"ok": True}

    def store(self) -> None:
        self.hot.tell(Kept(DRAFT, 1, 2, (NewUpdate("op", b"\x00\x00", WRITER, frozenset(), frozenset()),)))

    def look(self) -> None:
        for task in self.tasks:
            task()

    def _sleep(self, seconds: float) -> None:
        if self.between:
            self.between.pop(0)()

    def _tell(self, room: str, told: Iterable[Told]) -> None:
        assert room == ROOM
        self.told.append([each.event for each in told])

    def _holding(self, claims: Iterable[Claim]) -> set[Claim]:
        return set(claims)


@pytest.fixture
def table() -> Table:
    return Table()


def test_a_caret_whose_edit_is_on_its_way_at_a_look_goes_with_it(table: Table) -> None:
    table.point()
    table.between = [lambda: None, table.store]
    table.look()
    assert table.told == [["draft_updated", "draft_cursor"]]


def test_a_caret_without_an_edit_is_told_at_the_second_look(table: Table) -> None:
    table.point()
    table.between = [lambda: None, lambda: table.told.append([])]
    table.look()
    assert table.told == [[], ["draft_cursor"]]


def test_who_points_again_later_is_looked_after_again(table: Table) -> None:
    table.point()
    table.look()
    table.tasks.clear()
    table.point()
    table.look()
    assert table.told == [["draft_cursor"], ["draft_cursor"]]
