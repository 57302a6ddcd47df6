"""Socket events for the authorisation matrix: each one, well formed, about what one names."""

from typing import Any

from flask_socketio import SocketIOTestClient

from negotiation.drafting.schema import SCHEMA_VERSION
from negotiation.store.columns import new_id
from tests.matrix_world import Who, World

UPDATE = "AAA="
"""The update that changes nothing."""


def open_page(world: World, who: Who) -> SocketIOTestClient:
    """A socket, as this person's page opens it."""
    return world.visitors[who.name].open_socket()


def events_about(*, negotiation: str, part: str, draft: str, clause: str, side: str = "commune") -> dict[str, Any]:
    """What a page sends under each name: the draft is opened first, and left last."""
    named = {"draft": draft, "epoch": 1}
    return {
        "watch_table": {"negotiation": negotiation},
        "sit_at_table": {"negotiation": negotiation},
        "open_draft": {"part": part, "side": side, "schema": SCHEMA_VERSION, "state_vector": ""},
        "push_update": {**named, "op": new_id(), "update": UPDATE},
        "pull_updates": {**named, "after": 0},
        "check_draft": {**named, "seq": 1, "hash": "0" * 64},
        "read_references": {"draft": draft, "clause": clause},
        "move_cursor": {"draft": draft, "clause": clause, "selection": None},
        "close_draft": {"draft": draft},
    }


def code_of(answer: dict[str, Any]) -> str:
    """« ok », or the code of the refusal."""
    return "ok" if answer["ok"] else str(answer["error"]["code"])
