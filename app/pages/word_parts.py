"""« Ajouter des parties depuis un fichier Word »: the file is read, its plan shown and corrected; nothing is kept
before somebody confirms. Between the two pages the plan is in the browser alone, as the fields of the second."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.presentation import count_fr
from app.pages.shape_view import deciding
from app.security import serves, takes_up_to
from negotiation.documents.docx_package import LARGEST_FILE
from negotiation.documents.word_reading import ReadingFailed, Section, read_sections
from negotiation.errors import (
    FileRefused,
    Frozen,
    InvalidInput,
    NotAllowed,
    NotFound,
    RecentSigninRequired,
    Refusal,
    SigninRequired,
)
from negotiation.rules.policy import Actor
from negotiation.rules.trame_from_headings import Titled, grouping_titles
from negotiation.rules.trame_reading import MOST_PARTS
from negotiation.rules.vocabulary import SHARED, Action, Circle, Move, PartKind
from negotiation.rules.word_parts import KINDS, FoundPart, FoundText, holders, plain_words
from negotiation.services.access import require
from negotiation.services.moves import needs_visa
from negotiation.services.word_parts import MOST_AT_ONCE, AddedParts, add_parts, known_titles, parts_of_sections
from negotiation.store.queries.negotiations import PlanEntry, plan_of
from negotiation.store.queries.people import audiences_of

word_parts = Blueprint("word_parts", __name__)

FORM_ROOM = 100_000
"""Bytes around the file."""
CLAUSES = "clauses"
"""Said instead of a kind: the line is no part, its texts are clauses."""
_LINE = re.compile(r"titre-(\d{1,3})")
_MOST_TEXTS = 200
_WRONG = {
    "take": "Cochez au moins une ligne.",
    "many": f"{{given}} lignes : {MOST_AT_ONCE} au plus à la fois. Décochez, puis déposez à nouveau le fichier.",
    "title": "Un intitulé manque ou est trop long.",
    "under": "« {given} » ne désigne aucune partie du contrat : choisissez-la dans la liste.",
}


@dataclass(frozen=True)
class ShownLine:
    """A line of the plan. `texts`: (place, text, whether it is taken); `there`: the part of the contract that has its
    title; `under`: what was typed of the part that holds it, `above` the title of the line that does."""

    place: int
    part: FoundPart
    is_taken: bool
    texts: tuple[tuple[int, FoundText, bool], ...]
    there: PlanEntry | None = None
    under: str = ""
    above: str = ""

    @property
    def may_hold(self) -> bool:
        """Whether what hangs from it has a place: here, or in the part of the contract that says the same."""
        return self.is_taken or (self.there is not None and self.there.kind is self.part.kind)


@word_parts.get("/negociations/<negotiation_id>/ajouter-depuis-word")
@serves(Action.SHAPE)
def show_deposit(negotiation_id: str) -> ResponseReturnValue:
    return _deposit(negotiation_id)


@word_parts.post("/negociations/<negotiation_id>/ajouter-depuis-word")
@gestures
@takes_up_to(LARGEST_FILE + FORM_ROOM)
@serves(Action.SHAPE)
def post_file(negotiation_id: str) -> ResponseReturnValue:
    """Read the file apart and show its plan. Raises NotFound, NotAllowed, Frozen, FileRefused, CannotShape."""
    with current_store().reading() as session:
        plan = plan_of(session, _shaper(session, negotiation_id))
    given = request.files.get("file")
    if given is None or not given.filename:
        raise InvalidInput(field="file")
    sections = _read(given.stream.read(LARGEST_FILE + 1))
    return _preview(negotiation_id, parts_of_sections(sections, plan), grouping=grouping_titles(sections))


@word_parts.post("/negociations/<negotiation_id>/ajouter-depuis-word/confirmer")
@gestures
@serves(Action.SHAPE)
def confirm(negotiation_id: str) -> ResponseReturnValue:
    """Add what is ticked, all or nothing. Raises what `add_parts` raises."""
    with current_store().unit_of_work() as uow:
        actor = _shaper(uow.session, negotiation_id)
        entries = _by_name(plan_of(uow.session, actor))
        parts = [_corrected(part, place, entries) for place, part in enumerate(_sent())]
        circle = _circle(uow.session, actor)
        added = add_parts(
            uow,
            actor,
            parts,
            _ticked(),
            circle=circle,
            parties=frozenset(request.form.getlist("parties")),
            words=request.form.get("words", ""),
        )
    flash(_said(added, is_shared=circle == SHARED), "done")
    return redirect(url_for("texts.show_part", negotiation_id=negotiation_id, part_id=added.first))


@word_parts.errorhandler(Refusal)
@or_plainly
def keep_what_was_chosen(refusal: Refusal) -> ResponseReturnValue:
    """The same page with the refusal above, and what was ticked and typed."""
    said_elsewhere = NotFound | NotAllowed | SigninRequired | RecentSigninRequired
    if request.method == "GET" or isinstance(refusal, said_elsewhere):
        return answer(refusal)
    negotiation_id = (request.view_args or {})["negotiation_id"]
    if (request.endpoint or "").endswith(".confirm") and not isinstance(refusal, Frozen):
        return _preview(negotiation_id, _sent(), refusal, grouping=request.form.getlist("grouping"))
    return _deposit(negotiation_id, refusal)


def _shaper(session: Session, negotiation_id: str) -> Actor:
    """Asked before anything of the form is read. Raises NotFound, NotAllowed, Frozen."""
    actor = reader_in(session, negotiation_id)
    require(actor, Action.SHAPE, circle=SHARED)
    if frame_of(session, actor).negotiation.frozen_at is not None:
        raise Frozen()
    return actor


def _read(data: bytes) -> list[Titled]:
    try:
        # Not on a thread: it waits for a child process, which only the loop can watch, and holds nobody meanwhile.
        sections: Sequence[Section] = read_sections(data)
    except ReadingFailed as failure:
        raise FileRefused(reason=str(failure.fault)) from failure
    return [Titled(each.level, each.title, each.text) for each in sections]


# ---------------------------------------------------------------------- pages


def _deposit(negotiation_id: str, refusal: Refusal | None = None) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.SHAPE, circle=SHARED)
        frame = frame_of(session, actor)
        page = render_template(
            "word/parts_deposit.html",
            **frame.context("texts", subsection="text", plan=plan_of(session, actor), refusal=_told(refusal)),
        )
    return page, status_of(refusal) if refusal else 200


def _preview(
    negotiation_id: str, parts: Sequence[FoundPart], refusal: Refusal | None = None, *, grouping: Sequence[str]
) -> ResponseReturnValue:
    """`grouping`: titles of the file that no line holds."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.SHAPE, circle=SHARED)
        frame = frame_of(session, actor)
        plan = plan_of(session, actor)
        page = render_template(
            "word/parts_preview.html",
            **frame.context(
                "texts",
                subsection="text",
                plan=plan,
                lines=_lines(parts, plan, again=refusal is not None),
                grouping=grouping,
                kinds=KINDS,
                names=tuple(_by_name(plan)),
                deciding=deciding(frame),
                readers=_readers(frame),
                parties_kept=request.form.getlist("parties") if refusal else None,
                readers_kept=request.form.get("readers", "ours"),
                words=request.form.get("words", ""),
                asks_visa=needs_visa(session, actor, Move.PROPOSAL) is not None,
                refusal=_told(refusal),
            ),
        )
    return page, status_of(refusal) if refusal else 200


def _lines(parts: Sequence[FoundPart], plan: Sequence[PlanEntry], *, again: bool) -> list[ShownLine]:
    """`again`: as they were sent. Else everything is ticked but what the contract has already: what hangs from that
    goes to the contract's own part."""
    there, above, ticked = known_titles(plan), holders(parts), _ticked()
    names = {entry.id: name for name, entry in _by_name(plan).items()}
    found: list[ShownLine] = []
    for place, part in enumerate(parts):
        known = there.get(plain_words(part.title)) if part.kind else None
        held_by = above[place]
        texts = tuple(
            (at, text, not again or f"texte-{place}-{at}" in request.form) for at, text in enumerate(part.texts)
        )
        if again:
            is_taken, under = place in ticked, request.form.get(f"sous-{place}", "")
        else:
            holder = found[held_by] if held_by is not None else None
            is_taken = known is None and (holder is None or holder.may_hold)
            under = names.get(holder.there.id, "") if holder and holder.there else ""
        title = parts[held_by].title if held_by is not None and not under else ""
        found.append(ShownLine(place, part, is_taken, texts, known, under, title))
    return found


def _readers(frame: Frame) -> tuple[str, ...]:
    """The circles that may be chosen, the narrowest first."""
    return tuple(name for name in ("ours", "authorities", "shared") if name in frame.audiences)


def _told(refusal: Refusal | None) -> str:
    """With the title of the line that it is about, where the refusal knows it."""
    if refusal is None:
        return ""
    if isinstance(refusal, InvalidInput):
        told = _WRONG.get(str(refusal.detail.get("field")), "Choisissez un fichier.")
        return told.format(given=refusal.detail.get("given", ""))
    where = refusal.detail.get("title", "")
    said = sentence_of(refusal)
    return f"« {where} » : {said[:1].lower()}{said[1:]}" if where else said


def _said(added: AddedParts, *, is_shared: bool) -> str:
    parts, texts = len(added.part_ids), added.texts
    what = [
        *([count_fr(parts, "partie")] if parts else []),
        *([count_fr(texts, "texte")] if texts else []),
    ]
    listed = " et ".join(what)
    if not is_shared:
        return f"En interne : {listed}. Les autres parties n’en savent rien."
    if added.waiting:
        return (
            f"Ajouté : {listed}. {count_fr(added.waiting, 'texte attend', 'textes attendent')} le visa de votre partie."
        )
    return f"Sur la table : {listed}, au nom de votre partie."


# ---------------------------------------------------------------------- what was sent


def _sent() -> list[FoundPart]:
    """Every line as the form holds it, before what was typed of its place is looked up."""
    places = sorted(int(found[1]) for name in request.form if (found := _LINE.fullmatch(name)))
    if places != list(range(len(places))) or len(places) > MOST_PARTS:
        raise InvalidInput(field="take")
    return [FoundPart(_kind(place), _line(f"titre-{place}"), tuple(_texts_of(place))) for place in places]


def _texts_of(place: int) -> Iterable[FoundText]:
    for number in range(_MOST_TEXTS):
        text = request.form.get(f"mots-{place}-{number}")
        if text is None:
            return
        yield FoundText(_line(f"intitule-{place}-{number}"), text)


def _corrected(part: FoundPart, place: int, entries: Mapping[str, PlanEntry]) -> FoundPart:
    """The line with its ticked texts, under the part that was named. Raises InvalidInput `under`."""
    texts = tuple(text for number, text in enumerate(part.texts) if f"texte-{place}-{number}" in request.form)
    typed = _line(f"sous-{place}")
    if typed and typed not in entries and place in _ticked():
        raise InvalidInput(field="under", given=typed)
    entry = entries.get(typed)
    return FoundPart(part.kind, part.title, texts, under=entry.id if entry else "")


def _ticked() -> frozenset[int]:
    asked = request.form.getlist("take")
    return frozenset(int(each) for each in asked if each.isdecimal() and len(each) < 4)


def _kind(place: int) -> PartKind | None:
    asked = request.form.get(f"nature-{place}", "")
    if asked == CLAUSES:
        return None
    if asked not in set(KINDS):
        raise InvalidInput(field="kind")
    return PartKind(asked)


def _circle(session: Session, actor: Actor) -> Circle:
    """Inside unless the form says otherwise. Raises NotFound for a circle that this person doesn't write to."""
    readers = audiences_of(session, actor).get(request.form.get("readers") or "ours")
    if readers is None:
        raise NotFound()
    return Circle.parse(readers.circle)


def _by_name(plan: Iterable[PlanEntry]) -> dict[str, PlanEntry]:
    """The parts that may hold something, as a list names them: « 1.2 Accueil de jour »."""
    named: dict[str, PlanEntry] = {}
    for entry in plan:
        if entry.kind in KINDS:
            inside = "" if entry.circle == SHARED else " (interne)"
            named.setdefault(_on_a_line(f"{entry.code} {entry.title}{inside}"), entry)
    return named


def _line(name: str) -> str:
    return _on_a_line(request.form.get(name, ""))


def _on_a_line(words: str) -> str:
    return " ".join(words.split())
