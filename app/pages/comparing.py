"""« Comparer »: any two states of the contract, as redline or side by side; by default only what differs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlmodel import Session

from app.database import current_store
from app.pages.at_date import titled, trouble_of
from app.pages.clause_view import sign_of
from app.pages.frame import Frame, asked_number, frame_of, reader_in
from app.pages.moments import Moment
from app.security import serves
from negotiation.rules import redline
from negotiation.rules.vocabulary import Action, Side
from negotiation.services.access import require
from negotiation.store.columns import now
from negotiation.store.queries.at_date import clause_ids_at
from negotiation.store.queries.closing import FrozenVersionView, frozen_versions
from negotiation.store.queries.compared import (
    NOTHING,
    WHOLE,
    NamedClause,
    Said,
    State,
    StateKind,
    most_versions,
    names_of_clauses,
    said_by,
)
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.shape_at import Shape, shape_at

comparing = Blueprint("comparing", __name__)

PAGE = 20
"""Clauses on one page."""
OFFERED_VERSIONS = 12
FIRST, NOW, AGREED, COMMON, DATE = "v1", "maintenant", "accord", "commune", "date"
_VERSION = re.compile(r"v([1-9]\d{0,3})")


@dataclass(frozen=True)
class Asked:
    """What the address asks for: two states as it writes them, a part, everything or what differs, how it is shown."""

    before: str = FIRST
    after: str = NOW
    part: str = ""
    everything: str = ""
    view: str = ""

    @classmethod
    def told(cls) -> "Asked":
        asked = request.args
        return cls(
            _with_date(asked.get("de", ""), asked.get("de_jour", "")) or FIRST,
            _with_date(asked.get("a", ""), asked.get("a_jour", "")) or NOW,
            asked.get("partie", ""),
            "oui" if asked.get("tout") else "",
            "colonnes" if asked.get("vue") == "colonnes" else "",
        )

    def address(self, **changes: Any) -> str:
        """The question part of the permanent address, with these changes."""
        said = {
            "de": self.before,
            "a": self.after,
            "partie": self.part,
            "tout": self.everything,
            "vue": self.view,
        } | changes
        return urlencode({name: value for name, value in said.items() if value})


@dataclass(frozen=True)
class Row:
    """A clause in both states. `html`: the second marked against the first; `share`: percentage of the text changed."""

    clause: NamedClause
    before: Said
    after: Said
    html: Markup
    share: int


@dataclass(frozen=True)
class Counts:
    """How many clauses differ, are the same, aren't known in one of the states, or one of which says nothing: a party
    that took no position there differs from nobody."""

    different: int
    same: int
    unknown: int
    silent: int


def _with_date(written: str, day: str) -> str:
    """The state that the address or the form says; « date » in a form goes with the day beside it."""
    return day.strip()[:20] if written == DATE else written.strip()[:80]


@comparing.get("/negociations/<negotiation_id>/comparer")
@serves(Action.READ_HISTORY)
def show_comparison(negotiation_id: str) -> ResponseReturnValue:
    asked = Asked.told()
    if DATE in (request.args.get("de"), request.args.get("a")):
        return redirect(url_for("comparing.show_comparison", negotiation_id=negotiation_id) + "?" + asked.address())
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_HISTORY)
        frame = frame_of(session, actor)
        today = shape_at(session, negotiation_id, now())
        frozen = frozen_versions(session, negotiation_id)
        reading = _Reading(session, frame, today, frozen)
        states = [reading.state(asked.before), reading.state(asked.after)]
        trouble = next((each for each in states if isinstance(each, str)), "")
        told = {} if trouble else _compared(session, frame, asked, today, *states)  # type: ignore[arg-type]
        return render_template(
            "at_date/compare.html",
            **frame.context(
                "history",
                subsection="compare",
                asked=asked,
                trouble=trouble,
                names=(reading.name(asked.before), reading.name(asked.after)),
                moments=(Moment.told(asked.before), Moment.told(asked.after)),
                choices=reading.choices(),
                parts=titled(today),
                **told,
            ),
        )


@dataclass(frozen=True)
class _Reading:
    session: Session
    frame: Frame
    today: Shape
    frozen: tuple[FrozenVersionView, ...]

    def state(self, written: str) -> State | str:
        """The state that an address writes, or the key of the sentence that says why there is none."""
        if found := _VERSION.fullmatch(written):
            return State(StateKind.VERSION, number=int(found[1]))
        kind, _, named = written.partition("-")
        if kind == "partie" and named in self.frame.parties:
            return State(StateKind.PARTY, id=named)
        if kind == "fige" and named in {each.id for each in self.frozen}:
            return State(StateKind.FROZEN, id=named)
        if written == NOW:
            return State(StateKind.NOW, moment=now(), shape=self.today)
        if written == AGREED:
            return State(StateKind.AGREED)
        if written == COMMON:
            return State(StateKind.COMMON)
        moment = Moment.told(written)
        if trouble := trouble_of(self.frame, moment):
            return trouble
        assert moment is not None
        shape = shape_at(self.session, self.frame.actor.negotiation_id, moment.ends)
        return State(StateKind.DATE, moment=moment.ends, shape=shape)

    def choices(self) -> dict[str, str]:
        """What a form offers, as an address writes it, and its words."""
        most = min(most_versions(self.session, self.frame.actor), OFFERED_VERSIONS)
        return {
            NOW: "Ce qui est là aujourd’hui",
            AGREED: "Ce qui est accordé",
            **{f"v{number}": self.name(f"v{number}") for number in range(1, max(most, 1) + 1)},
            **{
                f"partie-{party.id}": self.name(f"partie-{party.id}")
                for party in self.frame.parties.values()
                if party.side is not Side.ASSOCIATE
            },
            COMMON: "Dernier texte de la table commune",
            **{f"fige-{each.id}": self.name(f"fige-{each.id}") for each in self.frozen},
        }

    def name(self, written: str) -> str:
        """How a page calls a state, without its date."""
        if found := _VERSION.fullmatch(written):
            return "Première version" if found[1] == "1" else f"Version {found[1]}"
        kind, _, named = written.partition("-")
        if kind == "partie" and named in self.frame.parties:
            return f"Dernière position : {self.frame.parties[named].short_name}"
        frozen = next((each for each in self.frozen if kind == "fige" and each.id == named), None)
        if frozen:
            return f"Version figée {frozen.number}{' (annulée)' if frozen.voided else ''}"
        words = {NOW: "Aujourd’hui", AGREED: "Ce qui est accordé", COMMON: "Dernier texte de la table commune"}
        return words.get(written, "")


def _compared(
    session: Session, frame: Frame, asked: Asked, today: Shape, before: State, after: State
) -> dict[str, Any]:
    part = next((part_id for part_id in titled(today) if part_id == asked.part), None)
    shapes = [today, *(each.shape for each in (before, after) if each.shape and each.kind is StateKind.DATE)]
    ids = tuple(
        dict.fromkeys(each for shape in shapes for each in clause_ids_at(session, frame.actor, shape, part_id=part))
    )
    first, second = (said_by(session, frame.actor, state, of=ids) for state in (before, after))
    pairs = {each: (first.get(each, NOTHING), second.get(each, NOTHING)) for each in ids}
    silent = _silent(before, first, ids) | _silent(after, second, ids)
    unknown = {each for each, (one, other) in pairs.items() if not (one.is_known and other.is_known)} - silent
    compared = [each for each in ids if each not in silent | unknown]
    different = [each for each in compared if not pairs[each][0].same_as(pairs[each][1])]
    wanted = list(ids) if asked.everything else different
    page = min(asked_number("page") or 0, max(0, len(wanted) - 1) // PAGE)
    shown = wanted[page * PAGE : (page + 1) * PAGE]
    clauses = names_of_clauses(session, frame.actor, shown)
    proposer = frame.parties.get(after.id) if after.kind is StateKind.PARTY else None
    rows = [_row(clauses[each], *pairs[each], proposer=proposer) for each in shown if each in clauses]
    known_parts = {part_id: title for shape in reversed(shapes) for part_id, title in titled(shape).items()}
    return {
        "groups": _groups(rows, known_parts),
        "proposer": proposer,
        "counts": Counts(len(different), len(compared) - len(different), len(unknown), len(silent)),
        "total": len(wanted),
        "page": page,
        "first": page * PAGE + 1,
        "last": page * PAGE + len(shown),
    }


def _silent(state: State, said: Mapping[str, Said], ids: Iterable[str]) -> set[str]:
    """A clause that wasn't in the contract at a date, or in a frozen version, differs; positions leave some out."""
    return set() if state.kind in WHOLE else set(ids) - set(said)


def _row(clause: NamedClause, before: Said, after: Said, *, proposer: PartyView | None) -> Row:
    """`proposer`: whose words the marks are. Between two states several parties wrote: then they are nobody's."""
    if not (before.is_known and after.is_known) or before.text == after.text:
        return Row(clause, before, after, Markup(), 0)
    marks = redline.redline(before.text, after.text)
    return Row(
        clause,
        before,
        after,
        Markup(redline.to_html(marks, inserted_by=sign_of(proposer))),  # escaped by to_html
        round(100 * redline.share_changed(marks)),
    )


def _groups(rows: Iterable[Row], titles: dict[str, str]) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    return tuple(
        (titles.get(part_id, ""), tuple(held)) for part_id, held in groupby(rows, key=lambda row: row.clause.part_id)
    )
