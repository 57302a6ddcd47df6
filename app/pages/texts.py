"""La fiche, l'article, l'objectif: a part of the contract with its clause cards, one of them open."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.pages.clause_list import clause_list
from app.pages.clause_view import SIDE_OF_TAB, OpenClause, default_tab, open_clause, tab_asked
from app.pages.frame import Frame, frame_of, reader_in, reader_on_clause
from app.pages.inside_view import inside_block, visas_for_me
from app.pages.pieces import piece
from app.pages.plan_view import plan_shape
from app.pages.rendering import rendered
from app.pages.shape_view import addable, may_shape, shape_of
from app.pages.talk import around, prefilled, read_part
from app.pages.thread_view import threads_shown
from app.pages.whole import answerable, proposable
from app.security import serves
from negotiation.errors import NotFound
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.vocabulary import SHARED, Action
from negotiation.services.access import require
from negotiation.services.draft_starts import newer_version, set_aside
from negotiation.services.drafting import drafted_text
from negotiation.store.queries.clauses import (
    ClauseCard,
    card_of,
    cards_of_part,
    cards_of_parts,
    with_trails,
)
from negotiation.store.queries.negotiations import plan_of
from negotiation.store.queries.parts import PartView, part_of_clause, part_view
from negotiation.store.queries.positions import clauses_to_retake

texts = Blueprint("texts", __name__)


@texts.get("/negociations/<negotiation_id>/texte")
@serves(Action.READ_TABLE)
def first_part(negotiation_id: str) -> ResponseReturnValue:
    """The door to the text: its first part."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        plan = plan_of(session, actor)
        if not plan:
            frame = frame_of(session, actor)
            first = addable(None) if may_shape(frame) else ()
            return render_template("fiches/empty.html", **frame.context("texts", plan=plan, addable=first))
        return redirect(url_for("texts.show_part", negotiation_id=negotiation_id, part_id=plan[0].id))


@texts.get("/negociations/<negotiation_id>/texte/<part_id>")
@serves(Action.READ_CLAUSE)
def show_part(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_CLAUSE)
        return render_template("fiches/part.html", **part_context(session, frame_of(session, actor), part_id))


@texts.get("/negociations/<negotiation_id>/texte/<part_id>/fragment")
@piece
@serves(Action.READ_CLAUSE)
def part_fragment(negotiation_id: str, part_id: str) -> ResponseReturnValue:
    """The plan and the closed clauses of the part, for a page that learns of a change; `ouverte` names the open one."""
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_CLAUSE)
        frame = frame_of(session, actor)
        part = read_part(session, frame, part_id)
        around = frame.read_by_party("around part", part_id, read=lambda ours: _around_part(session, ours, part))
        opened = next((card.id for card in around["cards"] or () if card.id == request.args.get("ouverte")), None)
        again = url_for("texts.part_fragment", negotiation_id=part.negotiation_id, part_id=part.id, ouverte=opened)
        listed = clause_list(around["cards"], opened) if around["cards"] is not None else None
        shape = plan_shape(session, frame)
        shown = around | {"shape": shape, "refreshed_by": again, "opened_id": opened, "listed": listed}
        return rendered(
            frame,
            "fiches/_around.html",
            context=lambda reader: reader.context("texts", subsection="text", part=part, **shown),
        )


@texts.get("/clauses/<clause_id>", defaults={"tab": ""})
@texts.get("/clauses/<clause_id>/<any(accorde, proposition, 'table-commune', brouillon, 'entre-autorites'):tab>")
@serves(Action.READ_CLAUSE)
def show_clause(clause_id: str, tab: str) -> ResponseReturnValue:
    """The part with this clause open, in one of its readings. One that isn't the reader's doesn't exist."""
    with current_store().reading() as session:
        context = clause_context(session, clause_id, tab)
        if tab and context["opened"].tab != tab:
            raise NotFound()
        return render_template("fiches/part.html", **context)


@texts.get("/clauses/<clause_id>/fragment/<any(carte, marge):which>")
@piece
@serves(Action.READ_CLAUSE)
def clause_fragment(clause_id: str, which: str) -> ResponseReturnValue:
    """The card or the margin of an open clause, for a page that learns of a change."""
    with current_store().reading() as session:
        actor = reader_on_clause(session, clause_id)
        require(actor, Action.READ_CLAUSE)
        frame = frame_of(session, actor)
        card = frame.read_by_party("card", clause_id, read=lambda ours: card_of(session, ours.actor, clause_id))
        if card is None:
            raise NotFound()
        part = read_part(session, frame, card.part_id)
        tab = tab_asked(frame, request.args.get("onglet", ""))

        def shown(reader: Frame) -> dict[str, Any]:
            facts = open_context(session, reader, card, tab=tab) | around(session, reader, part, tab=tab)
            return reader.context("texts", subsection="text", part=part, **facts)

        template = {"carte": "fiches/_clause_open.html", "marge": "fiches/_rail.html"}[which]
        if tab in SIDE_OF_TAB:  # no history tells what stands in a live draft
            return render_template(template, **shown(frame))
        return rendered(frame, template, context=shown)


def clause_context(session: Session, clause_id: str, tab: str, **more: Any) -> dict[str, Any]:
    """The context of a part's page with one clause open. Raises NotFound."""
    actor = reader_on_clause(session, clause_id)
    require(actor, Action.READ_CLAUSE)
    frame = frame_of(session, actor)
    return part_context(session, frame, part_of_clause(session, actor, clause_id), open_id=clause_id, tab=tab) | more


def part_context(session: Session, frame: Frame, part_id: str, *, open_id: str = "", tab: str = "") -> dict[str, Any]:
    """A part, its clauses, what hangs below it, and the open clause if there is one."""
    part = part_view(session, frame.actor, part_id)
    tab = tab_asked(frame, tab)
    cards = with_trails(session, cards_of_part(session, frame.actor, part.id))
    opened = next((card for card in cards if card.id == open_id), None)
    if open_id and opened is None:
        raise NotFound()
    plan = plan_of(session, frame.actor, part.document)
    below = [entry for entry in plan if entry.parent_id == part.id]
    return frame.context(
        "texts",
        subsection="text",
        part=part,
        above=[entry for entry in plan if entry.id == part.parent_id],
        plan=plan,
        listed=clause_list(cards, open_id),
        below=below,
        below_cards=cards_of_parts(session, frame.actor, [entry.id for entry in below]),
        acceptable=[card for card in cards if answerable(frame, card)],
        proposable=[card for card in cards if proposable(frame, card)],
        default_tab=default_tab,
        to_retake=clauses_to_retake(session, frame.actor),
        visa_for=visas_for_me(session, frame),
        shape=shape_of(session, frame, part, plan, cards),
        typed_inside={},
        **open_context(session, frame, opened, tab=tab),
        **around(session, frame, part, tab=tab),
    )


def _around_part(session: Session, frame: Frame, part: PartView) -> dict[str, Any]:
    """What a part's page shows beside the open clause. Of a part prepared inside, whose clauses are forms, none."""
    is_shared = part.circle == SHARED
    return {
        "plan": plan_of(session, frame.actor, part.document),
        "cards": cards_of_part(session, frame.actor, part.id) if is_shared else None,
        "to_retake": clauses_to_retake(session, frame.actor),
    }


def open_context(session: Session, frame: Frame, card: ClauseCard | None, *, tab: str) -> dict[str, Any]:
    """The open clause, and what this person may do in it; nothing of the other clauses."""
    target = Target(frame.negotiation.id)
    compare = request.args.get("comparer", "")
    opened = (
        frame.read(
            "open", card.id, tab, compare, read=lambda: open_clause(session, frame, card, tab=tab, compare=compare)
        )
        if card
        else None
    )
    draft = _draft_context(session, frame, opened) if opened and opened.side else {"drafted": None}
    beside = draft["drafted"] or opened.starting_text if opened and opened.side else None
    return {
        "opened": opened,
        "inside": inside_block(session, frame, card) if card else None,
        "threads": threads_shown(session, frame, opened.card, drafted=beside) if opened else None,
        **draft,
        "may_comment": decide(frame.actor, Action.COMMENT, target) is Decision.ALLOW,
        "may_draft": decide(frame.actor, Action.WRITE_DRAFT, target) is Decision.ALLOW,
        "kept": prefilled(session, frame, opened.moves) if opened else None,
        "asks": False,
        "refusal": "",
        "wrong_field": "",
    }


def _draft_context(session: Session, frame: Frame, opened: OpenClause) -> dict[str, Any]:
    """A draft as it is now, never remembered: what it says, the version it doesn't know of, what was set aside."""
    clause_id, side = opened.card.id, opened.side
    return {
        "drafted": drafted_text(session, frame.actor, clause_id, side=side, apart=current_store().apart),
        "newer": newer_version(session, frame.actor, clause_id, side=side),
        "asides": set_aside(session, frame.actor, clause_id, side=side),
    }
