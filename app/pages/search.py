"""La recherche: in what this person may read, and in nothing else."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app import limits
from app.database import current_store
from app.pages.frame import asked_number, frame_of, reader_in
from app.security import serves
from negotiation.rules.search_words import LONGEST_QUESTION, asked_words
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.store.queries import search as queries

search = Blueprint("search", __name__)

HEADINGS = {
    "clause": "Clauses",
    "part": "Fiches, articles et objectifs",
    "move": "Commentaires, questions et motifs",
    "message": "Messages",
    "task": "Tâches",
}


@search.get("/negociations/<negotiation_id>/recherche")
@limits.searches
@serves(Action.SEARCH)
def show_search(negotiation_id: str) -> ResponseReturnValue:
    question = request.args.get("q", "").strip()[:LONGEST_QUESTION]
    page = asked_number("page") or 0
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.SEARCH)
        words = asked_words(question)
        seances = queries.seances_talked(session, actor)
        within = _within(seances)
        found = queries.search(session, actor, words, within=within, page=page)
        frame = frame_of(session, actor)
        places = {str(view.circle): name for name, view in frame.audiences.items()}
        return render_template(
            "search/search.html",
            **frame.context(
                "search",
                question=question,
                words=words,
                found=found,
                headings=HEADINGS,
                page=page,
                places=places,
                within=within,
                seances=seances,
            ),
        )


def _within(seances: dict[str, str]) -> queries.Within:
    """Whatever the address names that isn't there narrows nothing."""
    kind, seance_id = request.args.get("dans", ""), request.args.get("seance", "")
    return queries.Within(kind if kind in HEADINGS else "", seance_id if seance_id in seances else "")
