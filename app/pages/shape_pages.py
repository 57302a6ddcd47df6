"""The pages of the forms that shape the contract, first shown or shown again with the reason of a refusal.

`told`: `kept` what was typed, `kept_lists` what was ticked, `refusal` the sentence.
"""

from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.errors import sentence_of
from app.pages.frame import frame_of, reader_in, reader_on_clause
from app.pages.shape_view import addable, deciding, written
from app.pages.texts import part_context
from negotiation.errors import CannotShape, NotFound
from negotiation.rules.vocabulary import SHARED, Action, Move, ValueKind
from negotiation.services import splitting
from negotiation.services.access import require
from negotiation.services.drafting import drafted_texts
from negotiation.services.moves import needs_visa
from negotiation.store.queries.clauses import ClauseCard, card_of, cards_of_part
from negotiation.store.queries.negotiations import plan_of
from negotiation.store.queries.parts import part_of_clause, part_view
from negotiation.store.queries.shape import establishments, inside_with, waits_for_visa


def add_page(session: Session, negotiation_id: str, word: str, under: str, **told: Any) -> ResponseReturnValue:
    actor = reader_in(session, negotiation_id)
    part = part_view(session, actor, under) if under else None
    require(actor, Action.SHAPE, circle=part.circle if part else SHARED)
    possible = addable(part.kind, part.document) if part else addable(None)
    if word not in possible:
        raise NotFound()
    frame = frame_of(session, actor)
    cards = cards_of_part(session, actor, part.id) if part else ()
    return render_template(
        "shaping/add.html",
        **frame.context(
            "texts",
            subsection="text",
            plan=plan_of(session, actor),
            part=part,
            word=word,
            essms=establishments(session, actor),
            deciding=deciding(frame),
            cells=[card for card in cards if _may_follow(card)],
            kept=told.get("kept") or {},
            kept_lists=told.get("kept_lists") or {},
            refusal=told.get("refusal", ""),
        ),
    )


def _may_follow(card: ClauseCard) -> bool:
    """A number that nobody negotiates yet: an engagement may give it its value."""
    is_number = card.value_kind in (ValueKind.NUMBER, ValueKind.AMOUNT)
    return is_number and not card.follows_id and not card.situation.versions


def inside_page(session: Session, negotiation_id: str, part_id: str, template: str, **told: Any) -> ResponseReturnValue:
    actor = reader_in(session, negotiation_id)
    part = part_view(session, actor, part_id)
    require(actor, Action.SHAPE, circle=part.circle)
    if part.circle == SHARED:
        return to_part(negotiation_id, part_id)
    together = inside_with(session, actor, part)
    frame = frame_of(session, actor)
    drafted = {
        clause_id: text
        for each in together
        for clause_id, text in drafted_texts(session, each.part.id, circle=part.circle).items()
    }
    return render_template(
        template,
        **frame.context(
            "texts",
            subsection="text",
            part=part,
            plan=plan_of(session, actor, part.document),
            together=written(together),
            drafted=drafted,
            waiting=waits_for_visa(session, actor, together),
            asks_visa=needs_visa(session, actor, Move.PROPOSAL) is not None,
            kept=told.get("kept") or {},
            refusal=told.get("refusal", ""),
            outside=told.get("outside", ""),
        ),
    )


def split_page(session: Session, clause_id: str, refusal: str = "") -> ResponseReturnValue:
    actor = reader_on_clause(session, clause_id)
    card = card_of(session, actor, clause_id)
    if card is None:
        raise NotFound()
    part = part_view(session, actor, card.part_id)
    require(actor, Action.SHAPE, circle=part.circle)
    drafted = drafted_texts(session, part.id, circle=part.circle) if part.circle != SHARED else {}
    text = drafted.get(card.id, card.text)
    reason = splitting.cannot_split(card, text)
    frame = frame_of(session, actor)
    return render_template(
        "shaping/split.html",
        **frame.context(
            "texts",
            subsection="text",
            part=part,
            plan=plan_of(session, actor, part.document),
            card=card,
            pieces=splitting.pieces(text) if not reason else [],
            why_not=sentence_of(CannotShape(reason=reason)) if reason else "",
            refusal=refusal,
        ),
    )


def part_page(session: Session, given: dict[str, str], told: dict[str, Any]) -> str:
    if "clause_id" in given:
        actor = reader_on_clause(session, given["clause_id"])
        part_id = part_of_clause(session, actor, given["clause_id"])
    else:
        actor, part_id = reader_in(session, given["negotiation_id"]), given["part_id"]
    require(actor, Action.READ_CLAUSE)
    context = part_context(session, frame_of(session, actor), part_id)
    return render_template("fiches/part.html", **context | {"typed_inside": told["kept"], "refusal": told["refusal"]})


def to_part(negotiation_id: str, part_id: str, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("texts.show_part", negotiation_id=negotiation_id, part_id=part_id, _anchor=anchor))
