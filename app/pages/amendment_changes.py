"""« Ce que l’avenant change »: clause by clause against the signed version, while it is negotiated and once it is
signed; and the consolidated version, the whole contract at its state, as PDF and for Word."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Literal

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlmodel import Session

from app.database import current_store
from app.limits import by_person, limiter
from app.offloading import off_the_loop
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.long_prints import Paper, given
from app.pages.pieces import piece
from app.pages.review_page import as_file
from app.pages.word import DOCX
from app.security import serves
from negotiation.documents.amendment_print import (
    changed_clauses,
    consolidated_notes,
    empty_years,
    is_added_year,
    is_of_the_avenant,
    kept_of,
    name_of_part,
    parts_changed,
    year_of,
)
from negotiation.documents.pdf_print import fingerprint_of, print_consolidated
from negotiation.documents.word_consolidated import word_consolidated
from negotiation.errors import NotFound
from negotiation.rules import redline
from negotiation.rules.french_names import day_words
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.contract_content import contract_as_it_stands
from negotiation.store.columns import now
from negotiation.store.queries.closing import FrozenVersionView, frozen_versions, in_force
from negotiation.store.queries.in_force import version_in_force
from negotiation.store.queries.places_of_clauses import Place, clauses_by_place

amendment_changes = Blueprint("amendment_changes", __name__)

COLUMNS = "colonnes"
Content = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A clause that differs from the signed version. `anchor`: its permanent place on the page; `html`: the text as it
    stands, marked against the signed one; `old` and `new`: {text, value_text}, `old` None for an added clause."""

    anchor: str
    clause_id: str
    code: str
    label: str
    state: str
    old: Content | None
    new: Content
    html: Markup
    is_year: bool
    """Of a year that the contract didn't reach before."""


@dataclass(frozen=True)
class Changed:
    """The changes of one part. `above`: the names of the parts around it."""

    title: str
    above: tuple[str, ...]
    is_own: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Counts:
    reworded: int
    added: int
    dropped: int


@amendment_changes.get("/negociations/<negotiation_id>/avenant/changements")
@serves(Action.READ_TABLE)
def show_changes(negotiation_id: str) -> ResponseReturnValue:
    """`?vue=colonnes`: side by side."""
    return _rendered("amendment/changes.html", negotiation_id)


@amendment_changes.get("/negociations/<negotiation_id>/avenant/changements/fragment")
@piece
@serves(Action.READ_TABLE)
def changes_fragment(negotiation_id: str) -> ResponseReturnValue:
    """The sheet alone, for a page that learns of a change."""
    return _rendered("amendment/_changes.html", negotiation_id)


@amendment_changes.get("/negociations/<negotiation_id>/version-consolidee.pdf")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.READ_TABLE)
def consolidated_pdf(negotiation_id: str) -> ResponseReturnValue:
    paper = _paper(negotiation_id)

    def typeset() -> bytes:
        return print_consolidated(
            dict(paper.content),
            fingerprint=paper.fingerprint,
            label=paper.label,
            kind=paper.kind,
            around={"date": paper.on.date().isoformat()},
        )

    return given(negotiation_id, Paper("consolidee", f"{paper.name}.pdf", lambda _: typeset))


@amendment_changes.get("/negociations/<negotiation_id>/version-consolidee.docx")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.READ_TABLE)
def consolidated_word(negotiation_id: str) -> ResponseReturnValue:
    paper = _paper(negotiation_id)
    data = off_the_loop(
        lambda: word_consolidated(paper.content, fingerprint=paper.fingerprint, kind=paper.kind, made_at=paper.on)
    )
    return as_file(data, f"{paper.name}.docx", DOCX)


@dataclass(frozen=True)
class _Paper:
    """What a consolidated version is made of. `on`: noon of the day of the gel, or of today."""

    content: Content
    fingerprint: str
    kind: Literal["frozen", "draft"]
    label: str
    on: datetime
    name: str


def _paper(negotiation_id: str) -> _Paper:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        content, version = _amended(session, negotiation_id)
        frame = frame_of(session, actor)
        if frame.is_closed_avenant:
            raise NotFound()
        reference = frame.negotiation.reference
    today = paris_day(version.frozen_at if version else now())
    return _Paper(
        content=content,
        fingerprint=fingerprint_of(content),
        kind="frozen" if version else "draft",
        label=version.label if version else f"Projet du {day_words(today)}",
        on=datetime.combine(today, time(12), UTC),
        name=f"{reference}-{'' if version else 'projet-'}version-consolidee",
    )


def _amended(session: Session, negotiation_id: str) -> tuple[Content, FrozenVersionView | None]:
    """What was frozen, else what stands. Raises NotFound where no avenant is negotiated."""
    version = version_in_force(session, negotiation_id)
    content = contract_as_it_stands(session, negotiation_id).content if version is None else json.loads(version.content)
    if "amendment" not in content:
        raise NotFound()
    return content, in_force(frozen_versions(session, negotiation_id)) if version else None


def _rendered(template: str, negotiation_id: str) -> str:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        content, version = _amended(session, negotiation_id)
        groups = tuple(_groups(session, frame, content))
        every = [change for group in groups if not group.is_own for change in group.changes]
        told = content["amendment"]
        return render_template(
            template,
            **frame.context(
                "texts",
                subsection="amendment_changes",
                told=told,
                notes=consolidated_notes(content),
                unset=tuple(_empty_years(session, frame, content)),
                groups=groups,
                counts=Counts(
                    sum(change.old is not None for change in every),
                    sum(change.old is None for change in every),
                    len(told["dropped"]),
                ),
                version=version,
                columns=request.args.get("vue") == COLUMNS,
            ),
        )


def _groups(session: Session, frame: Frame, content: Content) -> Iterator[Changed]:
    """Parts of the contract first, then what the avenant says of itself."""
    ids = clauses_by_place(session, frame.actor)
    number = content["amendment"]["number"]
    own = [part for part in content["parts"] if is_of_the_avenant(part, number)]
    for above, part in parts_changed([*kept_of(content), *own]):
        changes = tuple(_change(part, clause, ids, content["amendment"]) for clause in changed_clauses(part))
        yield Changed(name_of_part(part), above, part in own, changes)


def _empty_years(session: Session, frame: Frame, content: Content) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each part with the added years for which it says nothing, and the id of the clause of each."""
    ids = clauses_by_place(session, frame.actor)
    for part, clauses in empty_years(content):
        yield (
            name_of_part(part),
            [(year_of(clause), ids.get((part["kind"], part["key"], clause["field"]), "")) for clause in clauses],
        )


def _change(part: Content, clause: Content, ids: Mapping[Place, str], told: Content) -> Change:
    place = (part["kind"], part["key"], clause["field"])
    old = clause["before"]
    marks = redline.redline(old["text"] if old else "", clause["text"])
    is_marked = old is not None and old["text"] != clause["text"]
    return Change(
        anchor=".".join(place),
        clause_id=ids.get(place, ""),
        code=clause["code"],
        label=clause["label"],
        state=clause["state"],
        old=old,
        new=clause,
        is_year=is_added_year(clause, told),
        html=Markup(redline.to_html(marks)) if is_marked else Markup(),  # escaped by to_html
    )
