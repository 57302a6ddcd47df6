"""« La suite d’un message »: what it becomes, a comment, a proposal, a task, or a decision of a séance that is open."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.talk import open_seances, talk_rights
from app.pages.thread_view import people_to_name
from app.pages.writing import sending_asked, sent_key
from app.security import serves
from negotiation.errors import InvalidInput, NotFound, RecentSigninRequired, Refusal, SigninRequired, WiderAudience
from negotiation.rules.seances import DecisionKind
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.orders import Seen
from negotiation.services.seance_decisions import Resolution, record_decision
from negotiation.store.queries.clauses import ClauseCard, cards_of_part, engagement_cards
from negotiation.store.queries.discussion import MessageView, message_of

message_steps = Blueprint("message_steps", __name__)

BECOMES = ("commentaire", "proposition", "tache", "decision")
DECIDED = {
    DecisionKind.RESERVE: "Une réserve de votre partie",
    DecisionKind.QUESTION: "Une question de votre partie",
    DecisionKind.TASK: "Une action à mener",
    DecisionKind.SENT_TO_COPIL: "Un renvoi au COPIL",
}
"""An agreement is taken on the text itself, not on words about it."""


@message_steps.get("/negociations/<negotiation_id>/messages/<message_id>/suite")
@serves(Action.READ_TABLE)
def show_next_step(negotiation_id: str, message_id: str) -> ResponseReturnValue:
    """« En faire… »: a comment, a proposal or a decision on a clause that one chooses, or a task."""
    with current_store().reading() as session:
        asked = request.args.get("en", "")
        becomes = asked if asked in BECOMES else BECOMES[0]
        return _rendered(session, negotiation_id, message_id, becomes=becomes, clause_id=request.args.get("clause", ""))


@message_steps.post("/negociations/<negotiation_id>/messages/<message_id>/decision")
@gestures
@serves(Action.RECORD_DECISION)
def decide_on_message(negotiation_id: str, message_id: str) -> ResponseReturnValue:
    """Record what the form says in an open séance."""
    given = request.form
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.RECORD_DECISION)
        if given.get("kind", "") not in set(DECIDED):
            raise InvalidInput(field="kind")
        resolution = Resolution(
            DecisionKind(given["kind"]),
            clause_id=given.get("clause") or None,
            seen=Seen.told(given.get("seen_number", ""), given.get("seen_fingerprint", "")),
            text=given.get("text", ""),
            request_key=sent_key(),
            message_id=message_id,
            sending=sending_asked(),
        )
        record_decision(uow, actor, given.get("seance", ""), resolution)
    flash("La décision est notée. Elle vaut dans une minute, sauf annulation à l’écran de la séance.", "done")
    with current_store().reading() as session:
        frame = frame_of(session, reader_in(session, negotiation_id))
        message = message_of(session, frame.actor, message_id)
    where: dict[str, Any] = {
        "negotiation_id": negotiation_id,
        "cercle": _name_of(frame, message),
        "message": message.id,
    }
    if message.part_id:
        return redirect(url_for("discussion.show_part_discussion", part_id=message.part_id, **where))
    return redirect(url_for("discussion.show_discussion", **where))


@message_steps.errorhandler(Refusal)
@or_plainly
def keep_what_was_typed(refusal: Refusal) -> ResponseReturnValue:
    """The form again, with the reason and every typed word."""
    if request.method == "GET" or isinstance(refusal, NotFound | SigninRequired | RecentSigninRequired):
        return answer(refusal)
    asks, given = isinstance(refusal, WiderAudience), request.view_args or {}
    with current_store().reading() as session:
        page = _rendered(
            session,
            given["negotiation_id"],
            given["message_id"],
            becomes="decision",
            clause_id=request.form.get("clause", "") or "aucune",
            kept=request.form,
            refusal="" if asks else sentence_of(refusal),
            asks=sentence_of(refusal) if asks else "",
        )
        return page, status_of(refusal)


def _rendered(
    session: Session, negotiation_id: str, message_id: str, *, becomes: str, clause_id: str = "", **kept: Any
) -> str:
    """Raises NotFound."""
    actor = reader_in(session, negotiation_id)
    require(actor, Action.READ_TABLE)
    frame = frame_of(session, actor)
    message = message_of(session, actor, message_id)
    if message.recalled_at is not None:
        raise NotFound()
    cards = cards_of_part(session, actor, message.part_id) if message.part_id else engagement_cards(session, actor)
    return render_template(
        "discussion/next_step.html",
        **frame.context(
            "discussion",
            message=message,
            message_name=_name_of(frame, message),
            becomes=becomes,
            cards=[card for card in cards if card.follows_id is None],
            chosen=_chosen(cards, clause_id),
            clause_asked=clause_id,
            decided=DECIDED,
            seances=open_seances(session, frame),
            people=people_to_name(session, frame),
            **talk_rights(session, frame),
            **({"kept": {}, "refusal": "", "asks": ""} | kept),
        ),
    )


def _chosen(cards: tuple[ClauseCard, ...], clause_id: str) -> ClauseCard | None:
    return next((card for card in cards if card.id == clause_id), None)


def _name_of(frame: Frame, message: MessageView) -> str:
    names = {audience.circle: name for name, audience in frame.audiences.items()}
    return names.get(str(message.circle), "ours")
