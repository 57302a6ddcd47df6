"""Le relevé de décisions: read it, approve it, ask a correction, keep its PDF. Passages are corrected as clauses."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import by_person, gestures, limiter
from app.pages.clause_view import sign_of
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.inside_view import visas_for_me
from app.pages.pieces import piece
from app.pages.whole import answer_listed, answerable
from app.pages.writing import sent_key
from app.security import serves
from negotiation.errors import NotAllowed, NotFound, RecentSigninRequired, Refusal, SigninRequired
from negotiation.rules import redline
from negotiation.rules.french_names import the_name
from negotiation.rules.minutes_reading import BeforeAfter, before_after
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.seances import SeanceState
from negotiation.rules.vocabulary import Action, ClauseState, Move, Side
from negotiation.services.access import require
from negotiation.services.bundles import accept_together
from negotiation.services.minutes import draw_up_minutes, minutes_to_print, printed
from negotiation.services.moves import play
from negotiation.services.orders import Order
from negotiation.store.queries.clauses import ClauseCard, cards_of_part
from negotiation.store.queries.exchanges import versions_of
from negotiation.store.queries.inside import waiting_requests
from negotiation.store.queries.minutes import AnswerView, MinutesView, answers_on, minutes_of
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.seances import seance_view

minutes = Blueprint("minutes", __name__)


@dataclass(frozen=True)
class Compared:
    """A passage that reads side by side. `author`: the party whose text came after, where the passage names it."""

    texts: BeforeAfter
    author: PartyView | None


@dataclass(frozen=True)
class Asked:
    """A correction that a party asks and nobody made yet."""

    card: ClauseCard
    answer: AnswerView


@dataclass(frozen=True)
class Standing:
    """Where a party stands: `left` passages to approve, what it asks to correct, and its last word of approval."""

    party: PartyView
    left: int
    asked: tuple[Asked, ...]
    last: AnswerView | None

    @property
    def has_approved(self) -> bool:
        return not self.left


@dataclass(frozen=True)
class Correction:
    """A passage that changed since the relevé was drawn up. `html`: its marks."""

    card: ClauseCard
    number: int
    author: PartyView | None
    motive: str
    at: datetime
    html: Markup


@minutes.get("/negociations/<negotiation_id>/seances/<seance_id>/releve")
@serves(Action.FOLLOW_SEANCE)
def show_minutes(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    return _rendered("minutes/minutes.html", negotiation_id, seance_id)


@minutes.get("/negociations/<negotiation_id>/seances/<seance_id>/releve/fragment")
@piece
@serves(Action.FOLLOW_SEANCE)
def minutes_fragment(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    """The sheet and its margin, for a page that learns of a change."""
    return _rendered("minutes/_sheet.html", negotiation_id, seance_id)


@minutes.post("/negociations/<negotiation_id>/seances/<seance_id>/releve")
@gestures
@serves(Action.PLAN_SEANCE)
def post_minutes(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    """Draw it up; said twice, it is drawn up once."""
    with current_store().unit_of_work() as uow:
        draw_up_minutes(uow, reader_in(uow.session, negotiation_id), seance_id)
    flash("Le relevé est établi. Chaque partie l’approuve, ou en demande la correction.", "done")
    return _back(negotiation_id, seance_id)


@minutes.post("/negociations/<negotiation_id>/seances/<seance_id>/releve/approbation")
@gestures
@serves(Action.ACCEPT)
def post_approval(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    """Approve, for one's party, the passages that the form lists: « clause number fingerprint » each."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        _record(uow.session, frame_of(uow.session, actor), seance_id)
        answers = [answer_listed(listed) for listed in request.form.getlist("clause")]
        words = request.form.get("words", "")
        submitted = accept_together(uow, actor, answers, words=words, request_key=sent_key())
        view = minutes_of(uow.session, actor, seance_id)
    if any(each.request_id for each in submitted):
        flash("Le visa est demandé dans votre partie : personne d’autre n’en voit rien.", "done")
    elif view and view.approved_at:
        flash("Toutes les parties ont approuvé : le relevé est figé, avec son empreinte.", "done")
    else:
        flash("Votre approbation est enregistrée, sur le texte à l’écran.", "done")
    return _back(negotiation_id, seance_id)


@minutes.post("/negociations/<negotiation_id>/seances/<seance_id>/releve/correction")
@gestures
@serves(Action.REJECT)
def post_correction(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    """Say why one's party doesn't approve a passage as it is; every party reads it."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        _record(uow.session, frame_of(uow.session, actor), seance_id)
        passage = answer_listed(request.form.get("passage", ""))
        motive = request.form.get("motive", "")
        order = Order(Move.REJECTION, motive=motive, seen=passage.seen, request_key=sent_key())
        play(uow, actor, passage.clause_id, order)
    flash("Votre demande de correction est lue de toutes les parties.", "done")
    return _back(negotiation_id, seance_id)


@minutes.get("/negociations/<negotiation_id>/seances/<seance_id>/releve.pdf")
@limiter.limit("30 per minute", key_func=by_person)
@serves(Action.FOLLOW_SEANCE)
def minutes_pdf(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        record = minutes_to_print(session, actor, seance_id)
        reference = frame_of(session, actor).negotiation.reference
    day = record.content["seance"]["on"]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{reference}-releve-{day}{'' if record.fingerprint else '-projet'}")
    response = make_response(printed(record))
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


@minutes.errorhandler(Refusal)
@or_plainly
def say_what_is_wrong(refusal: Refusal) -> ResponseReturnValue:
    """The page again, with the reason and the words that were typed."""
    elsewhere = NotFound | NotAllowed | SigninRequired | RecentSigninRequired
    if request.method == "GET" or isinstance(refusal, elsewhere):
        return answer(refusal)
    given = request.view_args or {}
    kept = {name: request.form.get(name, "") for name in ("passage", "motive")}
    page = _rendered(
        "minutes/minutes.html", given["negotiation_id"], given["seance_id"], refusal=sentence_of(refusal), kept=kept
    )
    return page, status_of(refusal)


def _rendered(template: str, negotiation_id: str, seance_id: str, **more: Any) -> str:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.FOLLOW_SEANCE)
        frame = frame_of(session, actor)
        context = {"refusal": "", "kept": {}} | _context(session, frame, seance_id) | more
        return render_template(template, **frame.context("seances", **context))


def _context(session: Session, frame: Frame, seance_id: str) -> dict[str, Any]:
    seance = seance_view(session, frame.actor, seance_id).card
    record = minutes_of(session, frame.actor, seance_id)
    over = seance.state is SeanceState.CLOSED
    around = {
        "seance": seance,
        "record": record,
        "is_over": over,
        "may_draw_up": over and _may(frame, Action.PLAN_SEANCE),
    }
    return around | (_of_record(session, frame, record) if record else {})


def _of_record(session: Session, frame: Frame, record: MinutesView) -> dict[str, Any]:
    cards = cards_of_part(session, frame.actor, record.part_id)
    kept = [card for card in cards if card.state is not ClauseState.WITHDRAWN]
    answers = answers_on(session, frame.actor, record.part_id)
    waiting = {each.clause_id for each in waiting_requests(session, frame.actor)}
    standings = [
        _standing(party, kept, answers) for party in frame.parties.values() if party.side is not Side.ASSOCIATE
    ]
    return {
        "cards": kept,
        "compared": _compared(frame, kept),
        "standings": standings,
        "approved": sum(standing.has_approved for standing in standings),
        "acceptable": [card for card in kept if answerable(frame, card) and card.id not in waiting],
        "refusable": {card.id for card in kept if Move.REJECTION in frame.moves(card)},
        "writable": {card.id for card in kept if Move.COUNTER_PROPOSAL in frame.moves(card)},
        "waits_for_visa": any(card.id in waiting for card in kept),
        "visa_for": visas_for_me(session, frame),
        "corrections": _corrections(session, frame, kept, answers),
    }


def _compared(frame: Frame, cards: list[ClauseCard]) -> dict[str, Compared]:
    """By clause id, the passages that hold a text before and after."""
    named = {the_name(party.short_name): party for party in frame.parties.values()}
    found = {card.id: before_after(card.text) for card in cards}
    return {key: Compared(texts, named.get(texts.by)) for key, texts in found.items() if texts is not None}


def _standing(party: PartyView, cards: list[ClauseCard], answers: tuple[AnswerView, ...]) -> Standing:
    mine = [each for each in answers if each.party_id == party.id]
    left = [card for card in cards if card.waits_for_party(party.id)]
    refused = {each.clause_id: each for each in mine if each.move is Move.REJECTION}
    asked = tuple(Asked(card, refused[card.id]) for card in left if card.id in refused and _stands(card, refused))
    last = next((each for each in reversed(mine) if each.move is not Move.REJECTION), None)
    return Standing(party, len(left), asked, None if left else last)


def _stands(card: ClauseCard, refused: dict[str, AnswerView]) -> bool:
    """Whether the refusal is of the version that is on the table."""
    current = card.situation.current
    return current is not None and refused[card.id].version == current.number


def _corrections(
    session: Session, frame: Frame, cards: list[ClauseCard], answers: tuple[AnswerView, ...]
) -> tuple[Correction, ...]:
    tabled = {(each.clause_id, each.version): each for each in answers if each.author_id == each.party_id}
    found = []
    for card in cards:
        current = card.situation.current
        if current is None or current.number == 1:
            continue
        versions = versions_of(session, card.id, [1, current.number])
        author = frame.parties.get(current.author or "")
        marks = redline.redline(versions[1].text, versions[current.number].text)
        html = Markup(redline.to_html(marks, inserted_by=sign_of(author)))  # escaped by to_html
        said = tabled.get((card.id, current.number))
        at = versions[current.number].tabled_at
        found.append(Correction(card, current.number, author, said.words if said else "", at, html))
    return tuple(found)


def _record(session: Session, frame: Frame, seance_id: str) -> MinutesView:
    """Raises NotFound."""
    record = minutes_of(session, frame.actor, seance_id)
    if record is None:
        raise NotFound()
    return record


def _may(frame: Frame, action: Action) -> bool:
    return decide(frame.actor, action, Target(frame.negotiation.id)) is Decision.ALLOW


def _back(negotiation_id: str, seance_id: str) -> ResponseReturnValue:
    return redirect(url_for("minutes.show_minutes", negotiation_id=negotiation_id, seance_id=seance_id))
