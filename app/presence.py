"""Who is at which table now: whose screen shows it, and who has a text of the table commune open (product R24).

Kept while it lasts, in this process alone, never stored. Who works inside is not at the table: opening a private draft
changes nothing here, so that nothing of it can be told (trust T4).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import current_app

Places = Mapping[str, frozenset[str]]
"""By member: the clauses in whose common text he is, none while he only looks at the table."""


def nowhere() -> str | None:
    return None


@dataclass(frozen=True)
class Stay:
    """One page of somebody. `clause`: asks in which text he is just now; a caret moves many times a second."""

    negotiation_id: str
    member_id: str
    clause: Callable[[], str | None] = nowhere


@dataclass
class AtTheTable:
    """The stays of this process, by socket and by draft; "" is the page of the table itself."""

    _stays: defaultdict[str, dict[str, Stay]] = field(default_factory=lambda: defaultdict(dict))
    _told: dict[str, Places] = field(default_factory=dict)

    def come(self, sid: str, stay: Stay, *, draft_id: str = "") -> None:
        self._stays[sid][draft_id] = stay

    def leave(self, sid: str, *, draft_id: str) -> None:
        self._stays.get(sid, {}).pop(draft_id, None)

    def forget(self, sid: str) -> None:
        self._stays.pop(sid, None)

    def present(self, negotiation_id: str) -> Places:
        return self._present().get(negotiation_id, {})

    def changed(self) -> set[str]:
        """The negotiations where it is otherwise than when this was asked last."""
        now = self._present()
        before, self._told = self._told, now
        return {each for each in now.keys() | before.keys() if now.get(each) != before.get(each)}

    def _present(self) -> dict[str, Places]:
        found: defaultdict[str, defaultdict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for stays in self._stays.values():
            for stay in stays.values():
                clause_id = stay.clause()
                found[stay.negotiation_id][stay.member_id].update({clause_id} if clause_id else ())
        return {
            negotiation_id: {member_id: frozenset(clauses) for member_id, clauses in members.items()}
            for negotiation_id, members in found.items()
        }


def at_the_table() -> AtTheTable:
    found: AtTheTable = current_app.extensions["at_the_table"]
    return found
