"""The PDF of a dialogue de gestion that every party approved."""

import json
import re

from flask import Blueprint, make_response
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.limits import by_person, limiter
from app.pages.frame import frame_of, reader_in
from app.printing import printed
from app.security import serves
from negotiation.documents.dialogue_print import print_dialogue
from negotiation.errors import NotFound
from negotiation.rules.vocabulary import Action, ReviewKind
from negotiation.services.access import require
from negotiation.store.queries.reviews import review_of, sealed_content

follow_up_file = Blueprint("follow_up_file", __name__)


@follow_up_file.get("/negociations/<negotiation_id>/suivi/<year>/dialogue.pdf")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.READ_TABLE)
def dialogue_pdf(negotiation_id: str, year: str) -> ResponseReturnValue:
    """Only what was approved: until then the page is the document."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        is_year = re.fullmatch(r"[0-9]{4}", year) is not None
        review = review_of(session, actor, ReviewKind.DIALOGUE, int(year)) if is_year else None
        if review is None or review.approved_at is None:
            raise NotFound()
        content = json.loads(sealed_content(session, actor, review.id))
        reference = frame_of(session, actor).negotiation.reference
    response = make_response(printed(lambda: print_dialogue(content, fingerprint=review.content_hash)))
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{reference}-dialogue-{year}")
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response
