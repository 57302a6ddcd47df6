"""Les trames: those of the product to read and copy, one's own to edit, bring as a file and take away."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures
from app.pages.opening_form import KINDS
from app.pages.trame_form import head_of, place_in_words, wordings_of
from app.security import serves, takes_up_to
from app.signin.session import current_person
from negotiation.documents.docx_package import LARGEST_FILE, is_from_word
from negotiation.documents.word_reading import ReadingFailed, read_sections
from negotiation.errors import FileRefused, InvalidFile, InvalidInput, NotFound, Refusal, SigninRequired
from negotiation.rules import trame_editing as editing
from negotiation.rules.trame import (
    UNDER,
    MilestoneKind,
    OffsetUnit,
    Trame,
    TramePart,
    as_mapping,
    built_in_trame,
    clauses_of,
    trame_as_toml,
)
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import Action, PartKind, Phase
from negotiation.services import trames as service
from negotiation.services.word_trame import trame_of_word
from negotiation.store.queries.opening import own_trame, trames_for

trames = Blueprint("trames", __name__)

TURNS = (
    PartKind.ARTICLE,
    PartKind.STRATEGIC_OBJECTIVE,
    PartKind.OPERATIONAL_OBJECTIVE,
    PartKind.FICHE_ACTION,
)
"""What a line of the plan may become."""
FORM_ROOM = 100_000
LONGEST_FORM = 2_000_000
"""Bytes: the words of one part, or the head of a template."""


@trames.get("/trames")
@serves(Action.WRITE_TRAME)
def list_trames() -> ResponseReturnValue:
    return _list()


@trames.post("/trames")
@gestures
@takes_up_to(LARGEST_FILE + FORM_ROOM)
@serves(Action.WRITE_TRAME)
def import_trame() -> ResponseReturnValue:
    """A TOML file, or one from Word or Writer cut at its headings, becomes one's own template.

    Raises InvalidFile, InvalidInput, FileRefused."""
    given = request.files.get("file")
    if given is None or not given.filename:
        raise InvalidInput(field="file")
    data = given.stream.read(LARGEST_FILE + 1)
    if is_from_word(given.filename, data):
        return _import_word(given.filename, data)
    with current_store().unit_of_work() as uow:
        trame_id = service.import_trame(uow, current_person().person_id, data)
    flash("La trame est importée : elle est à vous.", "done")
    return redirect(url_for("trames.edit_trame", trame_id=trame_id))


def _import_word(file_name: str, data: bytes) -> ResponseReturnValue:
    try:
        # Not on a thread: it waits for a child process, which only the loop can watch, and holds nobody meanwhile.
        sections = read_sections(data)
    except ReadingFailed as failure:
        raise FileRefused(reason=str(failure.fault)) from failure
    with current_store().unit_of_work() as uow:
        trame_id = trame_of_word(uow, current_person().person_id, sections, file_name=file_name)
    flash("Le fichier est découpé à ses titres. Relisez le plan : chaque ligne se corrige.", "done")
    return redirect(f"{url_for('trames.edit_trame', trame_id=trame_id)}#plan")


@trames.get("/trames/modeles/<model>")
@serves(Action.WRITE_TRAME)
def show_model(model: str) -> ResponseReturnValue:
    trame = built_in_trame(model)
    return render_template("trames/model.html", trame=trame, clauses_of=clauses_of)


@trames.post("/trames/modeles/<model>")
@gestures
@serves(Action.WRITE_TRAME)
def copy_model(model: str) -> ResponseReturnValue:
    trame = built_in_trame(model)
    with current_store().unit_of_work() as uow:
        person_id = current_person().person_id
        trame_id = service.copy_trame(uow, person_id, trame, title=f"{trame.title} (ma trame)")
    flash("La copie est à vous : modifiez-la, personne d’autre ne la voit.", "done")
    return redirect(url_for("trames.edit_trame", trame_id=trame_id))


@trames.get("/trames/modeles/<model>/export")
@serves(Action.WRITE_TRAME)
def export_model(model: str) -> ResponseReturnValue:
    return _file(built_in_trame(model))


@trames.get("/trames/<trame_id>")
@serves(Action.WRITE_TRAME)
def edit_trame(trame_id: str) -> ResponseReturnValue:
    return _edit(trame_id, as_mapping(_own(trame_id)))


@trames.post("/trames/<trame_id>")
@gestures
@takes_up_to(LONGEST_FORM)
@serves(Action.WRITE_TRAME)
def save_trame(trame_id: str) -> ResponseReturnValue:
    """Title, summary, references, length, parties, calendar. Raises NotFound, InvalidFile."""
    head = head_of(request.form)
    with current_store().unit_of_work() as uow:
        service.change_trame(
            uow, current_person().person_id, trame_id, lambda mapping: editing.with_head(mapping, head)
        )
    flash("La trame est enregistrée.", "done")
    return redirect(url_for("trames.edit_trame", trame_id=trame_id))


@trames.post("/trames/<trame_id>/plan")
@gestures
@serves(Action.WRITE_TRAME)
def change_plan(trame_id: str) -> ResponseReturnValue:
    """Up, down, out, into the one above, of another kind, or one part more.

    Raises NotFound, InvalidFile, InvalidInput."""
    act, _, key = request.form.get("act", "").partition(":")
    added: list[str] = []

    def change(mapping: dict[str, Any]) -> dict[str, Any]:
        match act:
            case "up":
                return editing.moved(mapping, key, editing.Step.UP)
            case "down":
                return editing.moved(mapping, key, editing.Step.DOWN)
            case "remove":
                return editing.without_part(mapping, key)
            case "merge":
                return editing.merged(mapping, key)
            case "turn":
                return editing.turned(mapping, key, _kind(request.form.get("kind", "")))
            case "add":
                title = request.form.get("title", "")
                kind = _kind(request.form.get("kind", ""))
                changed, fresh = editing.with_part(mapping, kind, title, under=request.form.get("under") or None)
                added.append(fresh)
                return changed
            case _:
                raise InvalidInput(field="act")

    with current_store().unit_of_work() as uow:
        service.change_trame(uow, current_person().person_id, trame_id, change)
    if added:
        return redirect(url_for("trames.edit_part", trame_id=trame_id, part_key=added[0]))
    return redirect(f"{url_for('trames.edit_trame', trame_id=trame_id)}#plan")


@trames.get("/trames/<trame_id>/parties/<part_key>")
@serves(Action.WRITE_TRAME)
def edit_part(trame_id: str, part_key: str) -> ResponseReturnValue:
    return _edit_part(trame_id, part_key)


@trames.post("/trames/<trame_id>/parties/<part_key>")
@gestures
@takes_up_to(LONGEST_FORM)
@serves(Action.WRITE_TRAME)
def save_part(trame_id: str, part_key: str) -> ResponseReturnValue:
    """The words of one part; a clause more or less. Raises NotFound, InvalidFile."""
    act, _, field = request.form.get("act", "").partition(":")
    head, wordings = wordings_of(request.form)

    def change(mapping: dict[str, Any]) -> dict[str, Any]:
        changed = editing.reworded(mapping, part_key, head, wordings)
        if act == "apart":
            return editing.set_apart(changed, part_key, field)[0]
        if act == "remove-clause":
            return editing.without_clause(changed, part_key, field)
        if act == "add-clause":
            return editing.with_clause(changed, part_key, request.form.get("label", ""))
        return changed

    with current_store().unit_of_work() as uow:
        service.change_trame(uow, current_person().person_id, trame_id, change)
    flash("La partie est enregistrée.", "done")
    here = url_for("trames.edit_part", trame_id=trame_id, part_key=part_key)
    return redirect(here if act else f"{url_for('trames.edit_trame', trame_id=trame_id)}#plan")


@trames.get("/trames/<trame_id>/export")
@serves(Action.WRITE_TRAME)
def export_trame(trame_id: str) -> ResponseReturnValue:
    return _file(_own(trame_id))


@trames.get("/trames/<trame_id>/supprimer")
@serves(Action.WRITE_TRAME)
def ask_before_deleting(trame_id: str) -> ResponseReturnValue:
    return render_template("trames/delete.html", trame=_own(trame_id), trame_id=trame_id)


@trames.post("/trames/<trame_id>/supprimer")
@gestures
@serves(Action.WRITE_TRAME)
def delete_trame(trame_id: str) -> ResponseReturnValue:
    with current_store().unit_of_work() as uow:
        service.delete_trame(uow, current_person().person_id, trame_id)
    flash("La trame est supprimée. Les négociations déjà ouvertes gardent tout.", "done")
    return redirect(url_for("trames.list_trames"))


@trames.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    """The same page with the fault at its place, and every typed word."""
    if request.method == "GET" or isinstance(refusal, NotFound | SigninRequired):
        return answer(refusal)
    arguments = request.view_args or {}
    trame_id, part_key = arguments.get("trame_id"), arguments.get("part_key")
    if trame_id is None:
        sentence = (
            "Choisissez un fichier .docx, .odt ou .toml."
            if isinstance(refusal, InvalidInput)
            else _sentence(refusal, None)
        )
        return _list(refused=sentence), status_of(refusal)
    mapping = as_mapping(_own(trame_id))
    if part_key is not None:
        return _edit_part(trame_id, part_key, refused=_sentence(refusal, mapping)), status_of(refusal)
    typed = editing.with_head(mapping, head_of(request.form)) if "duration_years" in request.form else mapping
    return _edit(trame_id, typed, refused=_sentence(refusal, mapping)), status_of(refusal)


def _sentence(refusal: Refusal, mapping: dict[str, Any] | None) -> str:
    """« Article 4, Gouvernance, texte : le texte est trop long. »"""
    if isinstance(refusal, InvalidInput) and mapping is not None and refusal.detail.get("field") in ("act", "kind"):
        return "Cette partie ne peut pas prendre cette place : mettez d’abord au-dessus d’elle ce qui doit la porter."
    if not isinstance(refusal, InvalidFile):
        return sentence_of(refusal)
    place = place_in_words(str(refusal.detail["path"]), mapping)
    problem = str(refusal.detail["problem"])
    return f"{place} : {problem}." if place else f"{problem[:1].upper()}{problem[1:]}."


def _own(trame_id: str) -> Trame:
    with current_store().reading() as session:
        return own_trame(session, current_person().person_id, trame_id).trame


def _list(*, refused: str = "") -> str:
    with current_store().reading() as session:
        cards = trames_for(session, current_person().person_id)
    return render_template("trames/trames.html", cards=cards, refused=refused)


def _edit(trame_id: str, mapping: dict[str, Any], *, refused: str = "") -> str:
    return render_template(
        "trames/edit.html",
        trame_id=trame_id,
        mapping=mapping,
        refused=refused,
        kinds=KINDS,
        milestone_kinds=tuple(MilestoneKind),
        units=tuple(OffsetUnit),
        phases=tuple(Phase),
        tops=sorted(UNDER[None]),
        turns=TURNS,
    )


def _edit_part(trame_id: str, part_key: str, *, refused: str = "") -> str:
    trame = _own(trame_id)
    part = _part(trame, part_key)
    typed = wordings_of(request.form)[1] if refused else {}
    return render_template(
        "trames/part.html",
        trame_id=trame_id,
        trame=trame,
        part=part,
        clauses=clauses_of(part),
        entered=lambda clause: as_entered(clause.working_value, clause.value_kind),
        typed=typed,
        head=request.form if refused else None,
        under=sorted(UNDER.get(part.kind, ())),
        refused=refused,
    )


def _part(trame: Trame, key: str) -> TramePart:
    every = [*trame.walk(), *(inner for part in trame.framing for inner in part.walk())]
    found = next((part for part in every if part.key == key), None)
    if found is None:
        raise NotFound()
    return found


def _kind(typed: str) -> PartKind:
    try:
        return PartKind(typed)
    except ValueError as error:
        raise InvalidInput(field="kind") from error


def _file(trame: Trame) -> Response:
    name = f"trame-{trame.key}.toml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(trame_as_toml(trame), mimetype="application/toml", headers=headers)
