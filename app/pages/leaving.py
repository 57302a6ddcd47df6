"""« Tout emporter »: what one reader may carry away, in one file, and what stays. It is made while he waits."""

import re

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.limits import by_person, gestures, limiter
from app.pages.frame import frame_of, reader_in
from app.preparing import prepare_archive, steps_of_archive
from app.security import serves
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.carrying import Documents
from negotiation.services.exporting import collect_archive
from negotiation.services.preparing import begin, drop, own_bytes, own_file
from negotiation.store.prepared_files import PreparedKind

leaving = Blueprint("leaving", __name__)


@leaving.get("/negociations/<negotiation_id>/partir")
@serves(Action.EXPORT)
def show_leaving(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = _leaver(session, negotiation_id)
        frame, prepared = frame_of(session, actor), own_file(session, actor, PreparedKind.EXPORT)
        context = frame.context("versions", subsection="leaving", prepared=prepared)
        return render_template("versions/leaving.html", **context)


@leaving.get("/negociations/<negotiation_id>/partir/avancement")
@serves(Action.EXPORT)
def leaving_progress(negotiation_id: str) -> ResponseReturnValue:
    """How far the file is; nothing when it is where `?vu=` says that the page saw it."""
    with current_store().reading() as session:
        actor = _leaver(session, negotiation_id)
        prepared = own_file(session, actor, PreparedKind.EXPORT)
        if prepared and prepared.is_making and request.args.get("vu") == str(prepared.done):
            return "", 204
        frame = frame_of(session, actor)
        return render_template("versions/_prepared.html", **frame.context("versions", prepared=prepared))


@leaving.post("/negociations/<negotiation_id>/partir")
@limiter.limit("10 per minute", key_func=by_person)
@serves(Action.EXPORT)
def post_leaving(negotiation_id: str) -> ResponseReturnValue:
    """Begin the archive with its documents, or join the one that is being made."""
    page = redirect(url_for("leaving.show_leaving", negotiation_id=negotiation_id))
    with current_store().unit_of_work() as uow:
        actor = _leaver(uow.session, negotiation_id)
        uow.lock(negotiation_id)
        known = own_file(uow.session, actor, PreparedKind.EXPORT)
        if known and known.is_making:
            return page
        content = collect_archive(uow, actor, documents=Documents.ALL)
        reference = re.sub(r"[^A-Za-z0-9._-]+", "-", str(content.negotiation["reference"]))
        steps, file_name = steps_of_archive(content), f"{reference}-tout.zip"
        file_id = begin(uow, actor, PreparedKind.EXPORT, steps=steps, file_name=file_name)
    prepare_archive(actor, file_id, content)
    return page


@leaving.post("/negociations/<negotiation_id>/partir/effacer")
@gestures
@serves(Action.EXPORT)
def drop_leaving(negotiation_id: str) -> ResponseReturnValue:
    """Stop what is being made, or destroy what was."""
    with current_store().unit_of_work() as uow:
        drop(uow, _leaver(uow.session, negotiation_id), PreparedKind.EXPORT)
    return redirect(url_for("leaving.show_leaving", negotiation_id=negotiation_id))


@leaving.get("/negociations/<negotiation_id>/partir/dossier.zip")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.EXPORT)
def leaving_file(negotiation_id: str) -> ResponseReturnValue:
    """For who asked for it; for everybody else there is none."""
    with current_store().reading() as session:
        name, data = own_bytes(session, _leaver(session, negotiation_id), PreparedKind.EXPORT)
    response = make_response(data)
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _leaver(session: Session, negotiation_id: str) -> Actor:
    actor = reader_in(session, negotiation_id)
    require(actor, Action.EXPORT)
    return actor
