"""A print of a whole contract: given at once, or made beside the requests when the contract is long, while a page of
its asker's own tells how far it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.limits import by_person, gestures, limiter
from app.pages.frame import frame_of, reader_in
from app.pages.review_page import as_file
from app.preparing import STEPS_OF_PRINT, prepare_print
from app.printing import printed
from app.security import serves
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.preparing import begin, drop, own_bytes, own_file
from negotiation.store import Announcing
from negotiation.store.prepared_files import PreparedKind
from negotiation.store.queries.contract_size import contract_size

long_prints = Blueprint("long_prints", __name__)

LONG = 300_000
"""Characters of a contract, by `contract_size`, from which its print is waited for on a page: some 60 pages of fiches,
or 130 of articles, which take one to two seconds to read and typeset; four hundred pages take more than five."""
PDF = "application/pdf"


@dataclass(frozen=True)
class Kind:
    """What is printed: its name, and where it is asked for, within the negotiation."""

    kind: PreparedKind
    name: str
    asked_at: str


KINDS: Mapping[str, Kind] = {
    "projet": Kind(PreparedKind.PROJECT, "Le projet de contrat", "projet.pdf"),
    "modifications": Kind(PreparedKind.MARKED, "Le projet avec ses modifications", "projet.pdf?modifications=oui"),
    "consolidee": Kind(PreparedKind.CONSOLIDATED, "La version consolidée", "version-consolidee.pdf"),
}
"""By their name in addresses."""
ONE = f"/negociations/<negotiation_id>/mise-en-page/<any({', '.join(KINDS)}):name>"


@dataclass(frozen=True)
class Paper:
    """A print that is asked for. `name`: one of KINDS. `read` reads the contract; what it returns typesets it, and
    touches no database."""

    name: str
    file_name: str
    read: Callable[[Session], Callable[[], bytes]]


def given(negotiation_id: str, paper: Paper) -> ResponseReturnValue:
    """The file; of a long contract, the page that tells how far it is. Raises Unprintable, PrintFailed."""
    with current_store().reading() as session:
        is_long = contract_size(session, negotiation_id) >= LONG
        typeset = None if is_long else paper.read(session)
    if typeset is not None:
        return as_file(printed(typeset), paper.file_name, PDF)
    _begin(negotiation_id, paper)
    return redirect(url_for("long_prints.show_print", negotiation_id=negotiation_id, name=paper.name))


@long_prints.get(ONE)
@serves(Action.READ_TABLE)
def show_print(negotiation_id: str, name: str) -> ResponseReturnValue:
    return _page("versions/printing.html", negotiation_id, name)


@long_prints.get(f"{ONE}/avancement")
@serves(Action.READ_TABLE)
def print_progress(negotiation_id: str, name: str) -> ResponseReturnValue:
    """How far the file is; nothing when it is where `?vu=` says that the page saw it."""
    return _page("versions/_printing.html", negotiation_id, name)


@long_prints.post(f"{ONE}/effacer")
@gestures
@serves(Action.READ_TABLE)
def drop_print(negotiation_id: str, name: str) -> ResponseReturnValue:
    """Stop what is being typeset, or destroy what was."""
    with current_store().unit_of_work(Announcing.SILENT) as uow:
        drop(uow, _reader(uow.session, negotiation_id), KINDS[name].kind)
    return redirect(url_for("long_prints.show_print", negotiation_id=negotiation_id, name=name))


@long_prints.get(f"{ONE}/fichier.pdf")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.READ_TABLE)
def print_file(negotiation_id: str, name: str) -> ResponseReturnValue:
    """For who asked for it; for everybody else there is none."""
    with current_store().reading() as session:
        file_name, data = own_bytes(session, _reader(session, negotiation_id), KINDS[name].kind)
    return as_file(data, file_name, PDF)


def _page(template: str, negotiation_id: str, name: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = _reader(session, negotiation_id)
        prepared = own_file(session, actor, KINDS[name].kind)
        if prepared and prepared.is_making and request.args.get("vu") == str(prepared.done):
            return "", 204
        frame = frame_of(session, actor)
        told = {"prepared": prepared, "print": KINDS[name], "print_name": name, "steps": STEPS_OF_PRINT}
        return render_template(template, **frame.context("versions", subsection="print", **told))


def _begin(negotiation_id: str, paper: Paper) -> None:
    """Or join what is being typeset already."""
    kind = KINDS[paper.name].kind
    with current_store().unit_of_work(Announcing.SILENT) as uow:
        actor = _reader(uow.session, negotiation_id)
        uow.lock(negotiation_id)
        known = own_file(uow.session, actor, kind)
        if known and known.is_making:
            return
        file_id = begin(uow, actor, kind, steps=STEPS_OF_PRINT, file_name=paper.file_name)
    prepare_print(actor, file_id, paper.read)


def _reader(session: Session, negotiation_id: str) -> Actor:
    actor = reader_in(session, negotiation_id)
    require(actor, Action.READ_TABLE)
    return actor
