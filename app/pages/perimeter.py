"""Le périmètre: the establishments and services of the contract, listed, added, changed, taken out."""

from dataclasses import dataclass, field

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.opening_form import Reader, StructureRow, read_structure
from app.pages.opening_words import sentence_of_fault
from app.security import serves
from negotiation.errors import InvalidInput, NotFound, Refusal, SigninRequired
from negotiation.rules.opening import Fault, Structure
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.vocabulary import Action, Side
from negotiation.services import perimeter as service
from negotiation.services.access import require
from negotiation.store.queries.opening import StructureView, perimeter_of
from negotiation.store.queries.people import PartyView

perimeter = Blueprint("perimeter", __name__)

NEW = "new"
_FIELDS = {"funders": "funder"}
"""The name of a field in the form, where it isn't that of the fault."""


@dataclass(frozen=True)
class Line:
    """A structure with its form. `seen`: what was on the screen when it was opened."""

    row: StructureRow
    view: StructureView | None = None
    seen: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    refusal: str = ""


@perimeter.get("/negociations/<negotiation_id>/perimetre")
@serves(Action.READ_TABLE)
def show_perimeter(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        return _page(session, negotiation_id)


@perimeter.post("/negociations/<negotiation_id>/perimetre")
@gestures
@serves(Action.SHAPE)
def change_perimeter(negotiation_id: str) -> ResponseReturnValue:
    """Add, change or take out one structure."""
    act, structure_id = request.form.get("act", ""), request.form.get("structure", NEW)
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.SHAPE)
        seen = request.form.get("seen", "")
        if act == "remove":
            service.remove_structure(uow, actor, structure_id, seen=seen)
        elif structure_id == NEW:
            service.add_structure(uow, actor, _structure(uow.session, negotiation_id))
        else:
            structure = _structure(uow.session, negotiation_id)
            service.change_structure(uow, actor, structure_id, structure, seen=seen)
    flash({"remove": "La structure est retirée du périmètre."}.get(act, "Le périmètre est enregistré."), "done")
    return redirect(url_for("perimeter.show_perimeter", negotiation_id=negotiation_id))


@perimeter.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    """The list again, the form open on what is wrong, with every typed word."""
    if request.method == "GET" or isinstance(refusal, NotFound | SigninRequired):
        return answer(refusal)
    negotiation_id = (request.view_args or {})["negotiation_id"]
    told = refusal.detail.get("errors")  # a sentence by name of field
    errors: dict[str, str] = told if isinstance(told, dict) else {}
    fault = refusal.detail.get("fault")
    if isinstance(refusal, InvalidInput) and isinstance(fault, Fault):
        named = str(refusal.detail["field"])
        errors = {_FIELDS.get(named, named): sentence_of_fault(fault)}
    words = "" if errors else sentence_of(refusal)
    kept = Line(_typed(), seen=request.form.get("seen", ""), errors=errors, refusal=words)
    with current_store().reading() as session:
        return _page(session, negotiation_id, kept=kept), status_of(refusal)


def _structure(session: Session, negotiation_id: str) -> Structure:
    reader = Reader()
    frame = frame_of(session, reader_in(session, negotiation_id))
    keys = {party.key: party.key for party in _funders(frame)}
    structure = read_structure(reader, "", _typed(), keys=keys)
    if reader.errors:
        raise InvalidInput(field=next(iter(reader.errors)), errors=reader.errors)
    return structure


def _typed() -> StructureRow:
    form = request.form
    return StructureRow(
        form.get("structure", NEW),
        name=form.get("name", ""),
        category=form.get("category", ""),
        finess=form.get("finess", ""),
        commune=form.get("commune", ""),
        places=form.get("places", ""),
        funders=tuple(form.getlist("funder")),
        authorised_until=form.get("until", ""),
    )


def _page(session: Session, negotiation_id: str, *, kept: Line | None = None) -> str:
    actor = reader_in(session, negotiation_id)
    require(actor, Action.READ_TABLE)
    frame = frame_of(session, actor)
    views = perimeter_of(session, negotiation_id)
    lines = [_line(view, kept) for view in views]
    fresh = kept if kept and kept.row.id == NEW else Line(StructureRow(NEW))
    may_shape = decide(actor, Action.SHAPE, Target(negotiation_id)) is Decision.ALLOW
    return render_template(
        "perimeter/perimeter.html",
        **frame.context(
            "texts",
            subsection="perimeter",
            lines=lines,
            fresh=fresh,
            places=sum(view.places for view in views),
            outside=sum(view.outside_authorisation for view in views),
            funders=[(party.key, party.short_name) for party in _funders(frame)],
            may_shape=may_shape and frame.negotiation.frozen_at is None,
            refusal=kept.refusal if kept else "",
        ),
    )


def _line(view: StructureView, kept: Line | None) -> Line:
    """As it stands, or as the reader had typed it."""
    if kept and kept.row.id == view.id:
        return Line(kept.row, view, kept.seen, kept.errors, kept.refusal)
    until = view.authorised_until.isoformat() if view.authorised_until else ""
    row = StructureRow(
        view.id, view.name, view.category, view.finess, view.commune, str(view.places), view.funders, until
    )
    return Line(row, view, view.fingerprint)


def _funders(frame: Frame) -> list[PartyView]:
    return [party for party in frame.parties.values() if party.side is Side.AUTHORITY]
