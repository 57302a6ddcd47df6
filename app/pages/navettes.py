"""« Par engagement »: every clause that moved, and the door to its navette."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.pages.frame import asked_number, frame_of, reader_in
from app.security import serves
from negotiation.rules.search_words import asked_words, holds_all
from negotiation.rules.vocabulary import Action, ClauseState
from negotiation.services.access import require
from negotiation.store.queries.navettes import MovedClause, moved_clauses, steps_of

navettes = Blueprint("navettes", __name__)

PAGE = 50
LONGEST = 120
"""Characters of the words looked for."""


@dataclass(frozen=True)
class Sought:
    """What the address asks for; empty = all."""

    words: str = ""
    party: str = ""
    state: str = ""

    @classmethod
    def told(cls) -> "Sought":
        asked = request.args
        return cls(asked.get("mots", "").strip()[:LONGEST], asked.get("qui", ""), asked.get("etat", ""))

    def address(self, page: int = 0) -> str:
        """The question part of the address that asks for the same, at that page."""
        said = {"mots": self.words, "qui": self.party, "etat": self.state, "page": page}
        return urlencode({name: value for name, value in said.items() if value})

    def among(self, clauses: Iterable[MovedClause]) -> tuple[MovedClause, ...]:
        words = asked_words(self.words)
        return tuple(
            each
            for each in clauses
            if (not self.party or self.party in each.concerned)
            and (not self.state or each.state == self.state)
            and (not words or holds_all(f"{each.code} {each.label} {each.part_code} {each.part_title}", words))
        )


@navettes.get("/negociations/<negotiation_id>/navettes")
@serves(Action.READ_HISTORY)
def show_navettes(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_HISTORY)
        frame = frame_of(session, actor)
        every, sought, page = moved_clauses(session, actor), Sought.told(), asked_number("page") or 0
        found = sought.among(every)
        shown = found[page * PAGE : (page + 1) * PAGE]
        return render_template(
            "history/navettes.html",
            **frame.context(
                "history",
                subsection="engagements",
                total=len(every),
                found=len(found),
                shown=shown,
                steps=steps_of(session, actor, [each.id for each in shown]),
                sought=sought,
                states=[state for state in ClauseState if any(each.state is state for each in every)],
                page=page,
                first=page * PAGE + 1,
                last=page * PAGE + len(shown),
            ),
        )
