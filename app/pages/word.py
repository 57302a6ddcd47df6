"""« Word »: what may leave, in which form, with which comments; and the files themselves."""

import re
from typing import TypeVar

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.limits import by_person, limiter
from app.offloading import off_the_loop
from app.pages.frame import frame_of, reader_in
from app.security import serves
from negotiation.documents.pandoc import ConversionFailed, program
from negotiation.documents.word_contract import WordContract, print_odt, print_word
from negotiation.errors import InvalidInput, WordFailed
from negotiation.rules.vocabulary import Action
from negotiation.rules.word_choices import WordComments, WordKind
from negotiation.services.access import require
from negotiation.services.word_export import WordChoice, collect_word, new_export_id, record_word
from negotiation.store.queries.negotiations import plan_of

word = Blueprint("word", __name__)

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
Asked = TypeVar("Asked", WordKind, WordComments)


@word.get("/negociations/<negotiation_id>/word")
@serves(Action.EXPORT)
def show_word(negotiation_id: str) -> ResponseReturnValue:
    """The choices; `partie` names the part that is chosen already."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.EXPORT)
        frame = frame_of(session, actor)
        parts = plan_of(session, actor)
        asked = request.args.get("partie", "")
        chosen = next((part for part in parts if part.id == asked), None)
        return render_template(
            "word/export.html",
            **frame.context("texts", subsection="word", parts=parts, chosen=chosen, has_odt=program() is not None),
        )


@word.post("/negociations/<negotiation_id>/word")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.EXPORT)
def export_word(negotiation_id: str) -> ResponseReturnValue:
    """The file. It is written between two transactions: nobody waits for it."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.EXPORT)
        choice = _choice()
        contract = collect_word(session, actor, choice)
        reference = frame_of(session, actor).negotiation.reference
    export_id = new_export_id()
    data = off_the_loop(_written, contract, choice.kind, export_id)
    with current_store().unit_of_work() as uow:
        record_word(uow, reader_in(uow.session, negotiation_id), choice, export_id=export_id, contract=contract)
    return _file(data, name=_name(reference, contract, choice), kind=choice.kind)


def _choice() -> WordChoice:
    """OpenDocument leaves without comments. Raises InvalidInput."""
    kind, comments = _asked(WordKind, "kind"), _asked(WordComments, "comments")
    return WordChoice(
        kind=kind,
        comments=WordComments.NONE if kind is WordKind.ODT else comments,
        part_id=request.form.get("part") or None,
        is_tracking=request.form.get("tracking") == "1",
        has_draft=kind is WordKind.TRACKED and request.form.get("draft") == "1",
    )


def _asked(values: type[Asked], name: str) -> Asked:
    try:
        return values(request.form.get(name, ""))
    except ValueError:
        raise InvalidInput(field=name) from None


def _written(contract: WordContract, kind: WordKind, export_id: str) -> bytes:
    """Raises WordFailed."""
    if kind is not WordKind.ODT:
        return print_word(contract, export_id=export_id)
    try:
        return print_odt(contract, export_id=export_id)
    except ConversionFailed as failure:
        raise WordFailed(reason=failure.reason) from failure


def _name(reference: str, contract: WordContract, choice: WordChoice) -> str:
    """« CPOM-2027-FA05-suivi-interne »: what it is, and who may not get it."""
    said = [
        reference,
        contract.parts[0].code if choice.part_id else "",
        "suivi" if choice.kind is WordKind.TRACKED else "",
        "interne" if contract.notice else "",
    ]
    return "-".join(each for each in said if each)


def _file(data: bytes, *, name: str, kind: WordKind) -> ResponseReturnValue:
    response = make_response(data)
    response.headers["Content-Type"] = ODT if kind is WordKind.ODT else DOCX
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name) or "contrat"
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{safe}.{"odt" if kind is WordKind.ODT else "docx"}"'
    )
    return response
