"""The projected view of a séance: what everybody at the table reads, whoever is signed in on that computer."""

from dataclasses import dataclass, replace

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlmodel import Session

from app.database import current_store
from app.pages.clause_view import sign_of
from app.pages.frame import Frame
from app.pages.pieces import piece
from app.pages.presentation import markdown
from app.pages.reader import WholeTable
from app.pages.seances_page import framed
from app.pages.seances_view import address_of
from app.security import serves
from negotiation.rules import redline
from negotiation.rules.seances import DecisionState
from negotiation.rules.values import Canonical, as_read
from negotiation.rules.vocabulary import SHARED, Action, ClauseState
from negotiation.services.draft_starts import written_since
from negotiation.store.queries.clauses import ClauseCard, card_of
from negotiation.store.queries.decided import DecisionView, Extent
from negotiation.store.queries.exchanges import VersionView, version_view, versions_of
from negotiation.store.queries.seances import seance_view

seances_wall = Blueprint("seances_wall", __name__)

LONG, LONGER = 420, 900
"""Characters of a text from which it is written smaller, twice."""
LAST = 3
"""Decisions shown under the text."""


@dataclass(frozen=True)
class OnTheWall:
    """The clause, as five metres let one read it. `html`: its text, marked against the version `before` where there is
    one. `is_drafted`: this is what the parties write together, where nothing is on the table or beyond `version`; the
    page follows it live. `value`: what stands beside the text. `size`: how much smaller it is written, "", "long" or
    "longer", as far as one knows without seeing it."""

    card: ClauseCard
    version: VersionView | None
    before: VersionView | None
    html: Markup
    value: Canonical
    is_drafted: bool

    @property
    def size(self) -> str:
        length = len(self.html.striptags())
        return "longer" if length > LONGER else "long" if length > LONG else ""


@seances_wall.get("/negociations/<negotiation_id>/seances/<seance_id>/projection")
@serves(Action.FOLLOW_SEANCE)
def show_wall(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    return _rendered("seances/wall.html", negotiation_id, seance_id)


@seances_wall.get("/negociations/<negotiation_id>/seances/<seance_id>/projection/fragment")
@piece
@serves(Action.FOLLOW_SEANCE)
def wall_fragment(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    return _rendered("seances/_wall.html", negotiation_id, seance_id)


def _rendered(template: str, negotiation_id: str, seance_id: str) -> str:
    with current_store().reading() as session:
        frame = _of_everybody(framed(session, negotiation_id))
        view = seance_view(session, frame.actor, seance_id, decisions=Extent.LAST)
        context = frame.context(
            "seances",
            view=view,
            seance=view.card,
            here=address_of(negotiation_id, seance_id),
            point=next((each for each in view.points if each.is_current), None),
            on_wall=_on_wall(session, frame, view.clause_id),
            last=_last(view.decisions),
        )
        return render_template(template, **context | {"me": None})


def _of_everybody(frame: Frame) -> Frame:
    """Without the party of who is signed in, its circles, and how far they have come."""
    shared = {"shared": frame.audiences["shared"]}
    return replace(frame, actor=WholeTable.of(frame.actor), audiences=shared, reached="", reader_id="")


def _on_wall(session: Session, frame: Frame, clause_id: str | None) -> OnTheWall | None:
    card = card_of(session, frame.actor, clause_id) if clause_id else None
    if card is None:
        return None
    current = card.situation.current
    version = versions_of(session, card.id, [current.number])[current.number] if current else None
    is_open = card.state not in (ClauseState.AGREED, ClauseState.WITHDRAWN) and card.follows_id is None
    written = written_since(session, card.id, circle=SHARED) if is_open else None
    if written is not None:
        value = as_read(written.value, card.value_kind)
        return OnTheWall(card, version, None, markdown(written.text), value, is_drafted=True)
    if version is None:
        return OnTheWall(card, None, None, markdown(card.text), card.value, is_drafted=is_open)
    if version.base_id is None:
        return OnTheWall(card, version, None, markdown(version.text), version.value, is_drafted=False)
    before = version_view(session, version.base_id)
    marks = redline.redline(before.text, version.text)
    author = frame.parties.get(version.author_id or "")
    html = Markup(redline.to_html(marks, inserted_by=sign_of(author)))  # escaped by to_html
    return OnTheWall(card, version, before, html, version.value, is_drafted=False)


def _last(decisions: tuple[DecisionView, ...]) -> tuple[DecisionView, ...]:
    return tuple(each for each in decisions if each.state is not DecisionState.CANCELLED)[-LAST:]
