"""L'historique: the chains as they are recorded."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.pages.frame import Frame, asked_number, frame_of, reader_in
from app.security import serves
from negotiation.errors import NotFound
from negotiation.rules.vocabulary import Action, Circle
from negotiation.services.access import require
from negotiation.store.queries.clause_names import clause_names
from negotiation.store.queries.history import history_page

history = Blueprint("history", __name__)


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
                names={key: frame.name_of(key) for key in _keys(frame)},
                readers_name=name,
                page=page,
                clauses=named,
            ),
        )


def _keys(frame: Frame) -> list[str]:
    """Of the members and parties that facts name."""
    return [member.key for member in frame.members.values()] + [party.key for party in frame.parties.values()]
