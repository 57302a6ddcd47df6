"""The moves of a clause: read the form, one service call, back to the clause. What is refused keeps what was typed."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures, talk
from app.pages.aftermath import TAKES_AWAY, told_after
from app.pages.clause_view import SIDE_OF_TAB
from app.pages.frame import frame_of, reader_on_clause
from app.pages.presentation import capital, the_party
from app.pages.seances_page import room_again
from app.pages.seances_view import seance_before
from app.pages.texts import clause_context
from app.pages.threads import SAID, keep_words, say
from app.pages.writing import sending_asked, sent_key
from app.security import serves
from negotiation.errors import (
    InvalidInput,
    NotFound,
    OutsideMandate,
    RecentSigninRequired,
    Refusal,
    SigninRequired,
    StaleClause,
)
from negotiation.rules.lifecycle import Origin
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import TEXT_MOVES, Action, Circle, Move
from negotiation.services.draft_starts import proposed
from negotiation.services.moves import Order, Seen
from negotiation.services.snapshots import Snapshot, snapshot
from negotiation.services.visas import Submitted, cancel_visa, submit
from negotiation.services.widening import asked_of_move
from negotiation.store import UnitOfWork
from negotiation.store.queries.exchanges import withdrawal_of
from negotiation.store.queries.inside import mandate_of
from negotiation.store.queries.people import audiences_of, parties_of

moves = Blueprint("moves", __name__)

DONE = {
    Move.PROPOSAL: "Votre proposition est partie : toutes les parties concernées la voient.",
    Move.COUNTER_PROPOSAL: "Votre contre-proposition est partie : toutes les parties concernées la voient.",
    Move.ACCEPTANCE: "Votre accord est enregistré sur la version que vous aviez à l’écran.",
    Move.REJECTION: "Votre refus et son motif sont partis.",
    Move.WITHDRAWAL: "Le retrait est enregistré.",
    Move.RESERVE: "Votre réserve est inscrite.",
    Move.RESERVE_LIFTED: "Votre réserve est levée.",
    Move.RESERVE_MAINTAINED: "Votre réserve sera imprimée au contrat avec les deux positions.",
    Move.REOPENING: "Votre demande de réouverture est partie.",
    Move.REOPENING_CONSENT: "Votre accord à la réouverture est enregistré.",
    Move.ABANDONMENT: "Votre demande d’abandon est partie.",
    Move.ABANDONMENT_CONSENT: "Votre accord à l’abandon est enregistré.",
    Move.CONCERNED_CHANGE: "Votre demande est partie : chaque partie concernée y consent, ou rien ne change.",
    Move.CONCERNED_CONSENT: "Votre accord à ce changement est enregistré.",
    Move.REQUEST_REFUSAL: "Votre refus et son motif sont partis.",
    Move.REQUEST_WITHDRAWAL: "La demande est retirée.",
    Move.QUESTION: "Votre question est partie.",
    Move.ANSWER: "Votre réponse est partie.",
    Move.COMMENT: "Votre commentaire est enregistré.",
}
WAITS = "Demande de visa envoyée. Jusqu’à la réponse, personne hors de votre partie n’en voit rien."


WRONG_FIELDS = {
    "missing_text": "text",
    "unreadable_text": "text",
    "nothing_changed": "text",
    "missing_motive": "motive",
    "wrong_value": "value",
}
"""The field that a refusal speaks of, by its code: the page leads back to it."""


@moves.post("/clauses/<clause_id>/moves")
@gestures
@talk
@serves(Action.MOVE)
def post_move(clause_id: str) -> ResponseReturnValue:
    move = _move()
    if move in SAID:
        return say(clause_id)
    if _field("fallback") and move in TEXT_MOVES:
        return _with_fallback(clause_id)
    with current_store().unit_of_work() as uow:
        actor = reader_on_clause(uow.session, clause_id)
        audience = audiences_of(uow.session, actor).get(request.form.get("readers", "shared"))
        if audience is None:
            raise NotFound()
        circle = Circle.parse(audience.circle)
        taken = _drafted(uow, actor, clause_id) if _comes_from_a_draft(move) else Snapshot(_field("text"))
        order = Order(
            move,
            text=taken.text,
            motive=_field("motive"),
            value=_value(),
            seen=_seen(),
            origin=_origin(),
            circle=circle,
            reply_to=request.form.get("reply_to") or None,
            parties=frozenset(request.form.getlist("parties")),
            request_key=sent_key(),
            written=taken.written,
            draft=taken.draft,
            message=asked_of_move(uow, actor, _field("message"), circle=circle, sending=sending_asked()),
        )
        if _field("replaces"):
            cancel_visa(uow, actor, _field("replaces"))
        knowingly = bool(_field("despite_mandate"))
        submitted = submit(uow, actor, clause_id, order, words=_field("words"), despite_mandate=knowingly)
        if submitted.played and _comes_from_a_draft(move):
            proposed(uow, actor, clause_id, side=_field("draft"))
    flash(WAITS if submitted.request_id else _done(clause_id, move, submitted), "done")
    at_seance = seance_before(clause_id, _next_tab(move))
    return redirect(at_seance or url_for("texts.show_clause", clause_id=clause_id, tab=_next_tab(move)))


@moves.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    """The clause again, with the reason above the form and every typed word still in it."""
    if _field("move") in SAID:
        return keep_words(refusal)
    clause_id = (request.view_args or {}).get("clause_id")
    if clause_id is None or isinstance(refusal, NotFound | SigninRequired | RecentSigninRequired):
        return answer(refusal)
    with current_store().reading() as session:
        said = _gone(session, refusal, clause_id) or sentence_of(refusal)
        told: dict[str, Any] = {"refusal": said, "wrong_field": WRONG_FIELDS.get(refusal.code, "")}
        told |= {"kept": _kept(), "breaches": _breaches(refusal)}
        page = room_again(session, clause_id, _tab_before(), **told)
        if page is None:
            page = render_template("fiches/part.html", **clause_context(session, clause_id, _tab_before(), **told))
        return page, status_of(refusal)


def _done(clause_id: str, move: Move, submitted: Submitted) -> str:
    """What was done, and what it took with it."""
    if submitted.played is None or move not in TAKES_AWAY:
        return DONE[move]
    with current_store().reading() as session:
        frame = frame_of(session, reader_on_clause(session, clause_id))
        move_id, seen = submitted.played.move_id, _seen().number
        told = told_after(session, frame, clause_id, move=move, move_id=move_id, seen=seen)
    return f"{DONE[move]} {told}".strip()


def _with_fallback(clause_id: str) -> ResponseReturnValue:
    """« Mettre le texte de repli »: the form again, with the mandate's text in the place of what was typed."""
    with current_store().reading() as session:
        mandate = mandate_of(session, reader_on_clause(session, clause_id), clause_id)
        if mandate is None or not mandate.fallback:
            raise NotFound()
        kept = {**_kept(), "text": mandate.fallback, "draft": ""}
        page = room_again(session, clause_id, "proposition", kept=kept)
        return page or render_template(
            "fiches/part.html", **clause_context(session, clause_id, "proposition", kept=kept)
        )


def _gone(session: Session, refusal: Refusal, clause_id: str) -> str:
    """Of a version that was answered when nothing stood any more: who withdrew it, if somebody did."""
    number = refusal.detail.get("seen")
    if not isinstance(refusal, StaleClause) or refusal.detail.get("current") or not isinstance(number, int):
        return ""
    actor = reader_on_clause(session, clause_id)
    withdrawal = withdrawal_of(session, actor, clause_id, number)
    if withdrawal is None:
        return f"La version {number} n’est plus sur la table. Votre réponse n’est pas partie."
    party = next(party for party in parties_of(session, actor.negotiation_id) if party.id == withdrawal.party_id)
    name = capital(the_party(party.short_name)).striptags()
    return f"{name} a retiré la version {number}. Votre réponse n’est pas partie."


def _kept() -> dict[str, str]:
    typed = {key: value for key, value in request.form.items() if key != "csrf_token"}
    return typed | {"value": _value() or ""} if "value" in typed else typed


def _breaches(refusal: Refusal) -> object:
    """What is outside the party's mandate, for its own page alone."""
    return refusal.detail["breaches"] if isinstance(refusal, OutsideMandate) else ()


def _comes_from_a_draft(move: Move) -> bool:
    """Without script there is no live draft: the plain field holds the text."""
    return move in TEXT_MOVES and bool(_field("draft")) and not _field("without_script")


def _drafted(uow: UnitOfWork, actor: Actor, clause_id: str) -> Snapshot:
    return snapshot(uow, actor, clause_id, side=_field("draft"))


def _tab_before() -> str:
    """The reading whose form was sent: a private draft that is refused never shows as a proposal."""
    drafts = {side: tab for tab, side in SIDE_OF_TAB.items()}
    said_in_the_margin = _field("move") in (Move.COMMENT, Move.ANSWER)
    return "" if said_in_the_margin else drafts.get(_field("draft"), "proposition")


def _next_tab(move: Move) -> str:
    return "proposition" if move in TEXT_MOVES else ""


def _field(name: str) -> str:
    return request.form.get(name, "")


def _value() -> str | None:
    """What its field holds, or the boxes ticked in its list, one item a line."""
    given = request.form.getlist("value")
    return "\n".join(given) if given else None


def _move() -> Move:
    given = _field("move")
    if given not in set(Move):
        raise InvalidInput(field="move")
    return Move(given)


def _origin() -> Origin:
    given = _field("origin") or Origin.PARTY
    if given not in set(Origin):
        raise InvalidInput(field="origin")
    return Origin(given)


def _seen() -> Seen:
    return Seen.told(request.form.get("seen_number", ""), request.form.get("seen_fingerprint", ""))
