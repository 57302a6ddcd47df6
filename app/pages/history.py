"""L'historique: the chains as they are recorded."""

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.pages.frame import Frame, asked_number, frame_of, reader_in
from app.pages.private_history_view import inside_of
from app.security import serves
from negotiation.errors import NotFound
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.private_history import said_in
from negotiation.rules.vocabulary import Action, Circle
from negotiation.services.access import require
from negotiation.store.queries.clause_names import clause_names
from negotiation.store.queries.history import HistoryPage, history_page
from negotiation.store.queries.private_history import disclosable, disclosed_hashes

history = Blueprint("history", __name__)

OURS = "ours"
"""The circle of the reader's own party, as addresses name it."""


@history.get("/negociations/<negotiation_id>/historique")
@serves(Action.READ_HISTORY)
def show_history(negotiation_id: str) -> ResponseReturnValue:
    """The chain of one circle, newest first."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_HISTORY)
        frame = frame_of(session, actor)
        name = request.args.get("cercle", "shared")
        readers = frame.audiences.get(name)
        if readers is None:
            raise NotFound()
        page = history_page(session, actor, Circle.parse(readers.circle), asked_number("avant"))
        named = clause_names(session, actor, (entry.clause_id for entry in page.entries if entry.clause_id))
        return render_template(
            "history/chain.html",
            **frame.context(
                "history",
                subsection="chain",
                readers=readers,
                names=names_of(frame),
                readers_name=name,
                page=page,
                clauses=named,
                said_in=said_in,
                **(_inside(session, frame, page) if name == OURS else {}),
            ),
        )


def _inside(session: Session, frame: Frame, page: HistoryPage) -> dict[str, Any]:
    """What the reader's own chain says besides: what becomes of it, and what of it may be disclosed, or was."""
    inside = Target(frame.actor.negotiation_id, Circle.inside(frame.actor.party_id))
    may = decide(frame.actor, Action.DISCLOSE, inside) is Decision.ALLOW
    return {
        "inside": inside_of(session, frame),
        "disclosable": disclosable(session, frame.actor, page.entries) if may else frozenset(),
        "disclosed": disclosed_hashes(session, frame.actor),
    }


def names_of(frame: Frame) -> dict[str, str]:
    """Of the members and parties that facts name, by key."""
    keys = [member.key for member in frame.members.values()] + [party.key for party in frame.parties.values()]
    return {key: frame.name_of(key) for key in keys}
