"""La table: the board of a negotiation, the views that one keeps of it, the points of vigilance."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.pages import board
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.pieces import piece
from app.pages.plan_view import plan_shape
from app.pages.rendering import rendered
from app.pages.review_view import is_signed, reviews_due
from app.pages.shape_view import facts_for
from app.pages.start import start_of
from app.pages.whole import answerable, proposable
from app.presence import at_the_table
from app.security import serves
from negotiation.rules.checks import Level, points_of_vigilance
from negotiation.rules.turn import is_stuck
from negotiation.rules.vocabulary import Action, ClauseState, DocumentKind
from negotiation.services.access import require
from negotiation.services.views import forget_view, keep_view, rename_view
from negotiation.store.queries.clause_names import clause_names
from negotiation.store.queries.clauses import (
    ClauseCard,
    count_untouched,
    engagements_without_trails,
    touched_cards,
    untouched_cards,
    with_trails,
)
from negotiation.store.queries.negotiations import PlanEntry, next_meeting, plan_of
from negotiation.store.queries.parts import themes_of
from negotiation.store.queries.people import MemberView, PartyView, parties_of
from negotiation.store.queries.positions import clauses_to_retake
from negotiation.store.queries.shape import establishments
from negotiation.store.queries.turns import convergence_of, next_copil, rounds_by_clause
from negotiation.store.queries.views import views_of
from negotiation.store.queries.waiting import reopenings_due

table = Blueprint("table", __name__)

TOP_POINTS = 4
"""Points of vigilance beside the board; the others have their page."""


@table.get("/negociations/<negotiation_id>")
@serves(Action.READ_TABLE)
def show_table(negotiation_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        frame = _framed(session, negotiation_id)
        plan = _plan(session, frame)
        shown = _board(session, frame, plan) | _standing(session, frame, plan) | _beside(session, frame, plan)
        shown |= {"views": views_of(session, frame.actor), "present": _present(session, frame)}
        shown |= {"is_followed": is_signed(frame), "followed": reviews_due(session, [frame])}
        return render_template("negotiation/table.html", **frame.context("table", **shown))


@table.get("/negociations/<negotiation_id>/fragment/tableau")
@piece
@serves(Action.READ_TABLE)
def board_fragment(negotiation_id: str) -> ResponseReturnValue:
    """The board, for a page that learns of a change; the plan, the tally and « Où en est l'accord » come with it."""
    with current_store().reading() as session:
        frame = _framed(session, negotiation_id)
        plan = _plan(session, frame)
        views = views_of(session, frame.actor)

        def shown(reader: Frame) -> dict[str, Any]:
            facts = _board(session, reader, plan) | _standing(session, reader, plan) | {"views": views}
            return reader.context("table", beside_another=True, **facts)

        return rendered(frame, "negotiation/_board_fragment.html", views, context=shown)


@table.get("/negociations/<negotiation_id>/fragment/presents")
@piece
@serves(Action.READ_TABLE)
def presence_fragment(negotiation_id: str) -> ResponseReturnValue:
    """Who is at the table now, for a page that learns that somebody came or went."""
    with current_store().reading() as session:
        frame = _framed(session, negotiation_id)
        return render_template("negotiation/_presence.html", **frame.context("table", present=_present(session, frame)))


@table.get("/negociations/<negotiation_id>/vigilance")
@serves(Action.READ_TABLE)
def show_vigilance(negotiation_id: str) -> ResponseReturnValue:
    """Every point of vigilance."""
    with current_store().reading() as session:
        frame = _framed(session, negotiation_id)
        found = _vigilance(session, frame, _plan(session, frame))
        return render_template("negotiation/vigilance.html", **frame.context("table", **found))


@table.post("/negociations/<negotiation_id>/vues")
@serves(Action.KEEP_VIEW)
def keep_this_view(negotiation_id: str) -> ResponseReturnValue:
    """Keep the filters of the address under a name."""
    asked = board.Asked.told(request.form)
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        keep_view(uow, actor, name=request.form.get("name", ""), query=asked.address())
    flash("Vue gardée. Vous seul la voyez.", "done")
    return redirect(f"{url_for('table.show_table', negotiation_id=negotiation_id)}?{asked.address()}")


@table.post("/negociations/<negotiation_id>/vues/<view_id>")
@serves(Action.KEEP_VIEW)
def change_view(negotiation_id: str, view_id: str) -> ResponseReturnValue:
    """Give it another name, or forget it."""
    asked = board.Asked.told(request.form)
    forgotten = request.form.get("act") == "forget"
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        if forgotten:
            forget_view(uow, actor, view_id)
        else:
            rename_view(uow, actor, view_id, name=request.form.get("name", ""))
    flash("Vue oubliée." if forgotten else "Vue renommée.", "done")
    return redirect(f"{url_for('table.show_table', negotiation_id=negotiation_id)}?{asked.address()}")


def _framed(session: Session, negotiation_id: str) -> Frame:
    actor = reader_in(session, negotiation_id)
    require(actor, Action.READ_TABLE)
    return frame_of(session, actor)


def _plan(session: Session, frame: Frame) -> tuple[PlanEntry, ...]:
    return frame.read_by_party("plan", DocumentKind.CONTRACT, read=lambda ours: plan_of(session, ours.actor))


def _board(session: Session, frame: Frame, plan: tuple[PlanEntry, ...]) -> dict[str, object]:
    asked = board.Asked.told(request.args)
    found = frame.read_by_party("board", asked, read=lambda ours: _board_of(session, ours, plan, asked))
    shown = [row.card for group in found["page"].groups for row in group.rows]
    return found | {
        "tickable": {card.id for card in shown if answerable(frame, card) or proposable(frame, card)},
        "start": start_of(session, frame) if found["is_empty"] else None,
    }


def _board_of(session: Session, frame: Frame, plan: tuple[PlanEntry, ...], asked: board.Asked) -> dict[str, Any]:
    """The board as everybody of this party reads it."""
    mine = frame.actor.party_id
    engagements = engagements_without_trails(session, frame.actor)
    cards = engagements + touched_cards(session, frame.actor)
    rows = _rows(session, frame, cards)
    untouched = untouched_cards(session, frame.actor, board.UNTOUCHED.get(asked.state, ()))
    listed = rows + tuple(board.Row(card, frame.turns(card)) for card in untouched)
    places = themes_of(session, frame.actor)
    grouped = board.groups(listed, plan, asked, my_party=mine, essms_of=places.essms_of, themes=places.themes)
    page = board.page_of(grouped, asked.page)
    shown = [row.card for group in page.groups for row in group.rows]
    return {
        "page": page,
        "filters": board.filters(rows, mine, untouched=count_untouched(session, frame.actor)),
        "asked": asked,
        "essms": places.essms,
        "themes": sorted(set(places.themes.values()) - {""}),
        "marks": frame.marks(engagements),
        "standing": [card.state for card in cards if card.state is not ClauseState.WITHDRAWN],
        "mine": [row for row in rows if mine in row.holders],
        "late": [row for row in rows if row.turn.late_by],
        "hands": _hands(frame, rows),
        "reserved": [card for card in cards if card.state is not ClauseState.AGREED and card.situation.open_reserves],
        "trails": {card.id: frame.points(card) for card in with_trails(session, tuple(shown))},
        "to_retake": clauses_to_retake(session, frame.actor),
        "copil": next_copil(session, frame.negotiation.id, frame.today),
        "is_empty": not cards,
    }


def _hands(frame: Frame, rows: tuple[board.Row, ...]) -> list[tuple[PartyView, int, int]]:
    """The parties whose answer is awaited: for how many clauses, and for how many days the oldest has waited."""
    waiting: dict[str, list[int]] = {}
    for row in rows:
        for turn in row.turns:
            for party_id in turn.holders:
                waiting.setdefault(party_id, []).append(turn.days_waiting)
    return [(party, len(waiting[party.id]), max(waiting[party.id])) for party in frame.in_order(waiting)]


def _rows(session: Session, frame: Frame, cards: tuple[ClauseCard, ...]) -> tuple[board.Row, ...]:
    """With what each needs to say whose turn it is; too many rounds only where nothing is frozen."""
    found = rounds_by_clause(session, cards, frame.pace) if frame.negotiation.frozen_at is None else {}
    stuck = {clause_id: count for clause_id, count in found.items() if is_stuck(count, frame.pace.rounds)}
    return tuple(board.Row(card, frame.turns(card), stuck.get(card.id, 0)) for card in cards)


def _standing(session: Session, frame: Frame, plan: tuple[PlanEntry, ...]) -> dict[str, object]:
    """What moves with the board: the plan and « Où en est l'accord »."""
    return {
        "plan": plan,
        "shape": plan_shape(session, frame),
        "convergence": frame.read_by_party(
            "convergence", read=lambda ours: convergence_of(session, ours.negotiation.id)
        ),
    }


def _beside(session: Session, frame: Frame, plan: tuple[PlanEntry, ...]) -> dict[str, object]:
    """What stands around the board. `seated`: the parties with who entered, which no history tells: read anew."""
    return {
        "seated": parties_of(session, frame.negotiation.id),
        "untabled": sum(entry.untabled for entry in plan),
        "meeting": next_meeting(session, frame.negotiation.id, frame.today),
        "reopenings": reopenings_due(session, [frame.actor]) if frame.negotiation.frozen_at else (),
    } | _vigilance(session, frame, plan)


def _present(session: Session, frame: Frame) -> list[tuple[PartyView, list[tuple[str, list[str]]]]]:
    """Party by party: each title, with the clauses in whose common text its holder is. Whoever asks is there."""
    places = {frame.actor.member_id: frozenset[str](), **at_the_table().present(frame.negotiation.id)}
    written = {clause_id for clauses in places.values() for clause_id in clauses}
    names = clause_names(session, frame.actor, written) if written else {}
    here = [member for member in frame.members.values() if member.id in places and member.sits]
    first = sorted(here, key=lambda member: member.id != frame.actor.member_id)
    lines = [
        (member, [names[clause_id].said for clause_id in sorted(places[member.id]) if clause_id in names])
        for member in first
    ]
    return [
        (party, [(_title(frame, member), where) for member, where in lines if member.party.id == party.id])
        for party in frame.in_order(member.party.id for member in here)
    ]


def _title(frame: Frame, member: MemberView) -> str:
    return "Vous" if member.id == frame.actor.member_id else member.title


def _vigilance(session: Session, frame: Frame, plan: tuple[PlanEntry, ...]) -> dict[str, object]:
    """What blocks the gel first; nothing once it is done."""
    frozen = frame.negotiation.frozen_at is not None
    found = () if frozen else points_of_vigilance(facts_for(session, frame))
    points = sorted(found, key=lambda point: point.level is not Level.BLOCKS_FREEZE)
    keys = dict(establishments(session, frame.actor)) if points else {}
    return {
        "points": points,
        "top_points": points[:TOP_POINTS],
        "titles": {entry.id: f"{entry.code} {entry.title}".strip() for entry in plan},
        "names": keys | {party.key: party.short_name for party in frame.parties.values()},
    }
