"""« Retour de Word »: a reviewed file is brought, its changes are shown, and nothing leaves before somebody says so."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlmodel import Session

from app.database import current_store
from app.errors import REASONS, answer, or_plainly, sentence_of, status_of
from app.limits import gestures
from app.pages.choosing import KINDS, ShownUnit
from app.pages.clause_view import sign_of
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.inside_view import visas_for_me
from app.pages.writing import sent_key
from app.security import serves, takes_up_to
from negotiation.documents.docx_package import LARGEST_FILE
from negotiation.documents.word_changes import How, Standing
from negotiation.documents.word_model import FoundComment
from negotiation.documents.word_reading import ReadingFailed, read_reviewed
from negotiation.errors import (
    AlreadyDone,
    FileRefused,
    Frozen,
    InvalidInput,
    NotAllowed,
    NotFound,
    OutsideMandate,
    RecentSigninRequired,
    Refusal,
    SigninRequired,
    StaleClause,
)
from negotiation.rules import redline
from negotiation.rules.clause_text import french_typography
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.vocabulary import Action, Circle, Gesture, ValueKind
from negotiation.services.orders import Seen
from negotiation.services.word_preview import ReturnedClause, ReturnView, own_return, return_view, returns_waiting
from negotiation.services.word_return import (
    Chosen,
    drop_return,
    keep_return,
    match_return,
    prepare_return,
    propose_return,
)
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.negotiations import plan_of

word_return = Blueprint("word_return", __name__)

FORM_ROOM = 100_000
"""Bytes around the file."""
LABELS = {
    How.TRACKED: "suivie",
    How.UNTRACKED: "non suivie",
    How.UNDONE: "rejetée dans Word",
    How.COMPARED: "comparée au texte actuel",
}

NAMES_OF_VALUES = {
    ValueKind.NUMBER: "Nombre illisible",
    ValueKind.AMOUNT: "Montant illisible",
    ValueKind.DATE: "Date illisible",
    ValueKind.CHOICE: "Choix illisible",
    ValueKind.LIST: "Liste changée",
}
WRONG = {
    "take": "Cochez au moins un changement de chaque clause à reprendre.",
    "emptied": "Avec ces seuls changements, une clause n’aurait plus un mot : cochez aussi ce qui les remplace.",
}


@dataclass(frozen=True)
class ShownChange:
    """A clause that came back changed. `html`: marked against the text that stands now; `ticked`: whether it is taken
    unless somebody unticks it."""

    clause: ReturnedClause
    html: Markup
    labels: tuple[tuple[str, str], ...]
    """(kind, words) of how it was changed."""
    ticked: bool
    reason: str = ""
    """Why its text can't be proposed."""
    units: tuple[ShownUnit, ...] = ()
    """The changes of its text, where there are several to choose from, the value's counted."""
    with_value: bool = True
    """Whether the value is ticked, where it came back changed."""

    @property
    def is_in_part(self) -> bool:
        return bool(self.units) and not (self.with_value and all(unit.is_taken for unit in self.units))

    @property
    def card(self) -> ClauseCard:
        return self.clause.card


@word_return.get("/negociations/<negotiation_id>/retour-de-word")
@serves(Action.READ_INSIDE)
def show_deposit(negotiation_id: str) -> ResponseReturnValue:
    return _deposit(negotiation_id)


@word_return.post("/negociations/<negotiation_id>/retour-de-word")
@gestures
@takes_up_to(LARGEST_FILE + FORM_ROOM)
@serves(Action.WRITE_DRAFT)
def post_file(negotiation_id: str) -> ResponseReturnValue:
    """Read the file apart, keep what it says, show it. Raises NotFound, NotAllowed, Frozen, FileRefused."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        inside = Target(negotiation_id, circle=Circle.inside(actor.party_id))
        if decide(actor, Action.WRITE_DRAFT, inside) is not Decision.ALLOW:
            raise NotAllowed()
        if frame_of(session, actor).negotiation.frozen_at is not None:
            raise Frozen()
    given = request.files.get("file")
    if given is None or not given.filename:
        raise InvalidInput(field="file")
    data = given.stream.read(LARGEST_FILE + 1)
    try:
        # Not on a thread: it waits for a child process, which only the loop can watch, and holds nobody meanwhile.
        reviewed = read_reviewed(data)
    except ReadingFailed as failure:
        raise FileRefused(reason=str(failure.fault)) from failure
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        return_id = keep_return(uow, actor, reviewed, file_name=given.filename, size=len(data), request_key=sent_key())
    return redirect(url_for("word_return.show_return", negotiation_id=negotiation_id, return_id=return_id))


@word_return.get("/negociations/<negotiation_id>/retour-de-word/<return_id>")
@serves(Action.READ_INSIDE)
def show_return(negotiation_id: str, return_id: str) -> ResponseReturnValue:
    return _preview(negotiation_id, return_id)


@word_return.post("/negociations/<negotiation_id>/retour-de-word/<return_id>")
@gestures
@serves(Action.WRITE_DRAFT)
def post_return(negotiation_id: str, return_id: str) -> ResponseReturnValue:
    """« Préparer », « Proposer maintenant » or « Tout laisser »."""
    act = request.form.get("act", "")
    deposit = url_for("word_return.show_deposit", negotiation_id=negotiation_id)
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        own_return(uow.session, actor, return_id)  # first of all: whoever doesn't read it learns nothing of its form
        match act:
            case "prepare":
                prepare_return(uow, actor, return_id, _chosen())
                said = _taken()
            case "propose":
                submitted = propose_return(
                    uow,
                    actor,
                    return_id,
                    _chosen(),
                    motive=request.form.get("motive", ""),
                    words=request.form.get("words", ""),
                    despite_mandate=request.form.get("despite_mandate") == "1",
                )
                waits = any(each.request_id for each in submitted)
                said = "Les textes attendent leur visa." if waits else "Les textes sont proposés."
            case "match":
                match_return(uow, actor, return_id, _matches())
                return redirect(url_for("word_return.show_return", negotiation_id=negotiation_id, return_id=return_id))
            case "drop":
                drop_return(uow, actor, return_id)
                said = "Rien n’est repris de ce fichier."
            case _:
                raise InvalidInput(field="act")
    flash(said, "done")
    clause_ids = request.form.getlist("take")
    if act == "drop" or not clause_ids:
        return redirect(deposit)
    tab = "brouillon" if act == "prepare" else "proposition"
    return redirect(url_for("texts.show_clause", clause_id=clause_ids[0], tab=tab))


@word_return.errorhandler(Refusal)
@or_plainly
def keep_what_was_chosen(refusal: Refusal) -> ResponseReturnValue:
    """The same page with the refusal above, and what was ticked and typed."""
    said_elsewhere = NotFound | NotAllowed | SigninRequired | RecentSigninRequired
    if request.method == "GET" or isinstance(refusal, said_elsewhere):
        return answer(refusal)
    arguments = request.view_args or {}
    if "return_id" in arguments and not isinstance(refusal, AlreadyDone):
        return _preview(arguments["negotiation_id"], arguments["return_id"], refusal)
    return _deposit(arguments["negotiation_id"], refusal)


def _taken() -> str:
    taken = request.form.getlist("take")
    count, left = len(taken), sum(_left(clause_id) for clause_id in taken)
    texts = f"{count} texte{'s' if count > 1 else ''}"
    comments = len(request.form.getlist("comment"))
    if not count:
        return "Les commentaires sont repris en interne."
    more = f" et {comments} commentaire{'s' if comments > 1 else ''} en interne" if comments else ""
    rest = f" {left} changement{'s' if left > 1 else ''} du fichier laissé{'s' if left > 1 else ''}." if left else ""
    return f"{texts} dans notre brouillon{more} : relisez avant de proposer.{rest}"


def _left(clause_id: str) -> int:
    """How many changes of a clause were shown a box and not ticked."""
    shown = request.form.get(f"units-{clause_id}", "0")
    taken = len(_ticked_units(clause_id)) + (f"value-{clause_id}" in request.form)
    return max(0, int(shown) - taken) if shown.isdecimal() and len(shown) < 7 else 0


def _ticked_units(clause_id: str) -> frozenset[int]:
    asked = request.form.getlist(f"unit-{clause_id}")
    return frozenset(int(each) for each in asked if each.isdecimal() and len(each) < 7)


def _deposit(negotiation_id: str, refusal: Refusal | None = None) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        frame = frame_of(session, actor)
        context = frame.context(
            "texts",
            subsection="word_return",
            waiting=returns_waiting(session, actor),
            may_write=_may_write(frame),
            refusal=_told(refusal),
        )
        return render_template("word/deposit.html", **context), status_of(refusal) if refusal else 200


def _told(refusal: Refusal | None) -> str:
    if refusal is None:
        return ""
    if isinstance(refusal, InvalidInput) and refusal.detail.get("field") == "match":
        return f"« {refusal.detail.get('given')} » ne désigne aucune clause de cette table. Rien n’a changé."
    if isinstance(refusal, InvalidInput):
        return WRONG.get(str(refusal.detail.get("field")), "Choisissez un fichier.")
    return sentence_of(refusal)


def _preview(negotiation_id: str, return_id: str, refusal: Refusal | None = None) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        frame = frame_of(session, actor)
        view = return_view(session, actor, return_id)
        if view.state != "waiting":
            raise NotFound()
        context = frame.context("texts", subsection="word_return", **_shown(session, frame, view, refusal))
        return render_template("word/return.html", **context), status_of(refusal) if refusal else 200


def _shown(session: Session, frame: Frame, view: ReturnView, refusal: Refusal | None) -> dict[str, Any]:
    again = request.method == "POST"
    ticked = frozenset(request.form.getlist("take")) if again else None
    said = frozenset(request.form.getlist("comment")) if again else None
    changes = tuple(_change(frame, each, ticked) for each in view.clauses)
    return {
        "view": view,
        "parts": {part.id: part for part in plan_of(session, frame.actor)},
        "bringer": frame.members.get(view.member_id),
        "changes": tuple(each for each in changes if not each.reason),
        "locked": tuple(each for each in changes if each.reason),
        "comments": tuple((each, said is None or each.key in said, _place(view, each)) for each in view.comments),
        "misread": tuple((card, value, NAMES_OF_VALUES[card.value_kind]) for card, value in view.misread),
        "unreadable": tuple((card, sentence_of(fault)) for card, fault in view.unreadable),
        "refusal": _told(refusal),
        "is_stale": isinstance(refusal, StaleClause),
        "outside_mandate": isinstance(refusal, OutsideMandate),
        "may_write": _may_write(frame),
        "may_propose": decide(frame.actor, Action.TABLE_TEXT, Target(frame.negotiation.id)) is Decision.ALLOW,
        "visa_role": visas_for_me(session, frame).get(Gesture.PROPOSAL),
        "motive": request.form.get("motive", "") if again else "",
        "words": request.form.get("words", "") if again else "",
    }


def _may_write(frame: Frame) -> bool:
    inside = Target(frame.negotiation.id, circle=Circle.inside(frame.actor.party_id))
    return decide(frame.actor, Action.WRITE_DRAFT, inside) is Decision.ALLOW and frame.negotiation.frozen_at is None


def _change(frame: Frame, clause: ReturnedClause, ticked: frozenset[str] | None) -> ShownChange:
    key = clause.card.id
    marked = redline.redline(clause.current, clause.applied.text)
    html = Markup(redline.to_html(marked, inserted_by=sign_of(frame.me.party)))  # escaped by to_html
    labels = [(str(how), LABELS[how]) for how in How if how in clause.change.hows]
    if clause.applied.standing is Standing.TO_REDO:
        labels.append(("to_redo", "à reprendre"))
    reason = ""
    if clause.obstacle is not None:
        reason = french_typography(
            REASONS.get(("illegal_move", str(clause.obstacle)), "Cette clause ne se propose pas.")
        )
    by_itself = clause.applied.standing is not Standing.TO_REDO and not clause.has_draft
    return ShownChange(
        clause,
        html,
        units=_units(frame, clause, again=ticked is not None),
        with_value=ticked is None or f"units-{key}" not in request.form or f"value-{key}" in request.form,
        labels=tuple(labels),
        ticked=by_itself if ticked is None else key in ticked,
        reason=reason,
    )


def _units(frame: Frame, clause: ReturnedClause, *, again: bool) -> tuple[ShownUnit, ...]:
    """A box for each change, all ticked on a page that is only opened; none where there is but one change."""
    if len(clause.units) + clause.takes_value < 2:
        return ()
    ticked = frozenset(unit.index for unit in clause.units)
    if again and f"units-{clause.card.id}" in request.form:
        # The boxes of another text are none of this one's: nothing stays ticked that nobody ticked.
        ticked = _ticked_units(clause.card.id) if _seen(clause.card.id) == clause.stands else frozenset()
    sign = sign_of(frame.me.party)
    return tuple(
        ShownUnit(
            unit.index,
            KINDS[unit.change],
            Markup(redline.to_html(redline.redline(unit.before, unit.after), inserted_by=sign)),  # escaped by to_html
            unit.index in ticked,
        )
        for unit in clause.units
    )


def _place(view: ReturnView, comment: FoundComment) -> ClauseCard:
    return view.cards[comment.clause_id]


def _chosen() -> Chosen:
    """What was ticked, with the version that the preview showed for each."""
    seen, units = {}, {}
    for clause_id in request.form.getlist("take"):
        seen[clause_id] = _seen(clause_id)
        if f"units-{clause_id}" in request.form:
            units[clause_id] = _ticked_units(clause_id)
    values = frozenset(clause_id for clause_id in units if f"value-{clause_id}" in request.form)
    return Chosen(seen, frozenset(request.form.getlist("comment")), units, values, request.form.get("matching", ""))


def _matches() -> dict[int, str]:
    """What was typed beside each section of a file without marks."""
    prefix = "match-"
    asked = ((name.removeprefix(prefix), typed) for name, typed in request.form.items() if name.startswith(prefix))
    return {int(index): typed for index, typed in asked if index.isdecimal() and len(index) < 7}


def _seen(clause_id: str) -> Seen:
    number, _, fingerprint = request.form.get(f"seen-{clause_id}", "").partition(":")
    return Seen.told(number, fingerprint)
