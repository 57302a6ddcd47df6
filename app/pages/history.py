"""L'historique: the navette of a clause, and the chains as they are recorded."""

from dataclasses import dataclass, replace

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlmodel import Session

from app.database import current_store
from app.pages.authorship import Authorship, authorship_of
from app.pages.clause_view import sign_of
from app.pages.frame import Frame, asked_number, frame_of, reader_in, reader_on_clause
from app.security import serves
from negotiation.errors import NotFound
from negotiation.rules import redline
from negotiation.rules.vocabulary import SHARED, TEXT_MOVES, Action, Circle
from negotiation.services.access import require
from negotiation.store.queries.clause_names import clause_names
from negotiation.store.queries.clauses import ClauseCard, card_of
from negotiation.store.queries.effects import felled_by
from negotiation.store.queries.exchanges import MoveView, VersionView, navette_page, versions_of
from negotiation.store.queries.history import history_page
from negotiation.store.queries.parts import part_of_clause, part_view
from negotiation.store.queries.seance_moves import Sitting, sittings_on

history = Blueprint("history", __name__)


@dataclass(frozen=True)
class NavetteStep:
    """A move, with the version it tables marked against the one before, and the séance in which it was played."""

    move: MoveView
    version: VersionView | None
    before: VersionView | None
    html: Markup | None
    share: int
    authorship: Authorship | None = None
    sitting: Sitting | None = None


@history.get("/clauses/<clause_id>/navette")
@serves(Action.READ_HISTORY)
def show_navette(clause_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_on_clause(session, clause_id)
        require(actor, Action.READ_HISTORY)
        frame = frame_of(session, actor)
        card = card_of(session, actor, clause_id)
        if card is None:
            raise NotFound()
        page = navette_page(session, actor, clause_id, _page())
        return render_template(
            "history/navette.html",
            **frame.context(
                "history",
                subsection="engagements",
                card=card,
                part=part_view(session, actor, part_of_clause(session, actor, clause_id)),
                steps=_steps(session, frame, card, page.moves),
                felled=felled_by(session, actor, clause_id, (move.id for move in page.moves)),
                older=page.older,
                total=page.total,
            ),
        )


@history.get("/negociations/<negotiation_id>/historique")
@serves(Action.READ_HISTORY)
def show_history(negotiation_id: str) -> ResponseReturnValue:
    """The chain of one circle, newest first."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_HISTORY)
        frame = frame_of(session, actor)
        name = request.args.get("cercle", "shared")
        readers = frame.audiences.get(name)
        if readers is None:
            raise NotFound()
        page = history_page(session, actor, Circle.parse(readers.circle), asked_number("avant"))
        named = clause_names(session, actor, (entry.clause_id for entry in page.entries if entry.clause_id))
        return render_template(
            "history/chain.html",
            **frame.context(
                "history",
                subsection="chain",
                readers=readers,
                names={key: frame.name_of(key) for key in _keys(frame)},
                readers_name=name,
                page=page,
                clauses=named,
            ),
        )


def _keys(frame: Frame) -> list[str]:
    """Of the members and parties that facts name."""
    return [member.key for member in frame.members.values()] + [party.key for party in frame.parties.values()]


def _page() -> int:
    return asked_number("page") or 0


def _steps(session: Session, frame: Frame, card: ClauseCard, moves: tuple[MoveView, ...]) -> tuple[NavetteStep, ...]:
    numbers = {move.version_number for move in moves if move.version_number}
    wanted = sorted(numbers | {number - 1 for number in numbers if number > 1})
    versions = versions_of(session, card.id, wanted)
    sittings = sittings_on(session, frame.actor, card.id)
    return tuple(replace(_step(frame, move, versions), sitting=_sitting_of(move, sittings)) for move in moves)


def _sitting_of(move: MoveView, sittings: tuple[Sitting, ...]) -> Sitting | None:
    """Only what everybody reads was said in a séance."""
    if move.circle != SHARED:
        return None
    return next((sitting for sitting in sittings if sitting.includes(move.at)), None)


def _step(frame: Frame, move: MoveView, versions: dict[int, VersionView]) -> NavetteStep:
    version = versions.get(move.version_number or 0)
    before = versions.get(version.number - 1) if version and move.type in TEXT_MOVES else None
    authorship = authorship_of(frame, version.text, move.written) if version else None
    if version is None or before is None:
        return NavetteStep(move, version, None, None, 0, authorship)
    marks = redline.redline(before.text, version.text)
    author = frame.parties.get(version.author_id or "")
    html = Markup(redline.to_html(marks, inserted_by=sign_of(author)))  # escaped by to_html
    return NavetteStep(move, version, before, html, round(100 * redline.share_changed(marks)), authorship)
