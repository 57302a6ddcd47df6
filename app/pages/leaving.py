"""« Tout emporter »: what one reader may carry away, in one file, and what stays."""

import re

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.limits import by_person, limiter
from app.offloading import off_the_loop
from app.pages.frame import frame_of, reader_in
from app.security import serves
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.carrying import Documents
from negotiation.services.exporting import collect_archive, pack_archive, record_export

leaving = Blueprint("leaving", __name__)


@leaving.get("/negociations/<negotiation_id>/partir")
@serves(Action.EXPORT)
def show_leaving(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.EXPORT)
        frame = frame_of(session, actor)
        return render_template("versions/leaving.html", **frame.context("versions", subsection="leaving"))


@leaving.post("/negociations/<negotiation_id>/partir")
@limiter.limit("10 per minute", key_func=by_person)
@serves(Action.EXPORT)
def post_leaving(negotiation_id: str) -> ResponseReturnValue:
    """The archive with its documents. They are typeset between the two transactions, beside the event loop."""
    with current_store().unit_of_work() as uow:
        content = collect_archive(uow, reader_in(uow.session, negotiation_id), documents=Documents.ALL)
    archive = off_the_loop(pack_archive, content)
    with current_store().unit_of_work() as uow:
        record_export(uow, reader_in(uow.session, negotiation_id), archive)
    reference = re.sub(r"[^A-Za-z0-9._-]+", "-", str(content.negotiation["reference"]))
    response = make_response(archive.data)
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{reference}-tout.zip"'
    return response
