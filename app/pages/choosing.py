"""« Prendre certains paragraphes »: the units of a proposal or of a draft, a box to tick for each."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import gestures
from app.pages.clause_view import sign_of
from app.pages.frame import Frame, frame_of, reader_on_clause
from app.pages.inside_view import visas_for_me
from app.pages.moves import DONE, WAITS, WRONG_FIELDS
from app.pages.presentation import markdown
from app.pages.writing import clause_to_choose_again, sent_key
from app.security import serves
from negotiation.errors import (
    InvalidInput,
    NotFound,
    NothingChanged,
    OutsideMandate,
    Refusal,
    StaleClause,
)
from negotiation.rules import redline
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.redline import Change
from negotiation.rules.vocabulary import Action, Gesture, Move
from negotiation.services.choosing import From, Offer, Taken, choose, offer_of, words_taken
from negotiation.services.orders import Order, Seen
from negotiation.store.queries.people import PartyView
from negotiation.store.queries.positions import Words

choosing = Blueprint("choosing", __name__)

NOTHING = "Cochez au moins un passage à prendre. Rien n’est parti."
ALL_OF_IT = "C’est la version qui est sur la table, entière : acceptez-la, ou laissez un passage. Rien n’est parti."


@dataclass(frozen=True)
class ShownUnit:
    """A change that can be taken or left, marked. `kind`: how it is called beside its box."""

    index: int
    kind: str
    html: Markup
    is_taken: bool


@dataclass(frozen=True)
class Asked:
    """What the form says; nothing on a page that is only opened."""

    taken: Taken = field(default_factory=Taken)
    motive: str = ""
    words: str = ""
    is_sent: bool = False


KINDS = {Change.INSERTED: "Passage ajouté", Change.DELETED: "Passage supprimé", Change.CHANGED: "Passage modifié"}


@choosing.get("/clauses/<clause_id>/choisir")
@serves(Action.TABLE_TEXT)
def show_choosing(clause_id: str) -> ResponseReturnValue:
    return _page(clause_id, Asked())


@choosing.post("/clauses/<clause_id>/choisir")
@gestures
@serves(Action.TABLE_TEXT)
def post_choosing(clause_id: str) -> ResponseReturnValue:
    """« Voir le résultat » shows it and writes nothing; the other button sends what was shown."""
    asked = _asked()
    if request.form.get("act") != "send":
        return _page(clause_id, asked)
    source, name = _wanted()
    with current_store().unit_of_work() as uow:
        submitted = choose(
            uow,
            reader_on_clause(uow.session, clause_id),
            clause_id,
            source=source,
            name=name,
            sign=request.form.get("sign", ""),
            taken=asked.taken,
            order=Order(Move.COUNTER_PROPOSAL, motive=asked.motive, seen=_seen(), request_key=sent_key()),
            words=asked.words,
            despite_mandate=bool(request.form.get("despite_mandate")),
        )
    flash(WAITS if submitted.request_id else DONE[Move.COUNTER_PROPOSAL], "done")
    return redirect(url_for("texts.show_clause", clause_id=clause_id, tab="proposition"))


@choosing.errorhandler(Refusal)
@or_plainly
def keep_what_was_ticked(refusal: Refusal) -> ResponseReturnValue:
    """The page again, on the texts that stand now."""
    clause_id = clause_to_choose_again(refusal)
    return _page(clause_id, _asked(), refusal) if clause_id else answer(refusal)


def _page(clause_id: str, asked: Asked, refusal: Refusal | None = None) -> ResponseReturnValue:
    source, name = _wanted()
    with current_store().reading() as session:
        actor = reader_on_clause(session, clause_id)
        offer = offer_of(session, actor, clause_id, source=source, name=name)
        if asked.is_sent and request.form.get("sign") != offer.sign:
            # The boxes were those of other texts: nothing stays ticked that nobody ticked.
            asked = Asked(motive=asked.motive, words=asked.words)
        context = _context(session, frame_of(session, actor), offer, asked=asked, refusal=refusal)
        return render_template("choosing/choose.html", **context), status_of(refusal) if refusal else 200


def _context(session: Session, frame: Frame, offer: Offer, *, asked: Asked, refusal: Refusal | None) -> dict[str, Any]:
    author = frame.parties.get(offer.author_id or "")
    return frame.context(
        "texts",
        subsection="choosing",
        offer=offer,
        card=offer.card,
        author=author,
        units=_units(offer, asked.taken, author),
        asked=asked,
        preview=_preview(offer, asked.taken, frame.me.party),
        refusal=_told(refusal),
        lacks_motive=refusal is not None and WRONG_FIELDS.get(refusal.code) == "motive",
        is_stale=isinstance(refusal, StaleClause),
        breaches=refusal.detail["breaches"] if isinstance(refusal, OutsideMandate) else (),
        may_send=frame.negotiation.frozen_at is None
        and decide(frame.actor, Action.TABLE_TEXT, Target(frame.negotiation.id)) is Decision.ALLOW,
        visa_role=visas_for_me(session, frame).get(Gesture.PROPOSAL),
        form_address=_address(offer),
    )


def _address(offer: Offer) -> str:
    question = urlencode({str(offer.source): offer.name})
    return f"{url_for('choosing.show_choosing', clause_id=offer.card.id)}?{question}"


def _units(offer: Offer, taken: Taken, author: PartyView | None) -> tuple[ShownUnit, ...]:
    return tuple(
        ShownUnit(unit.index, KINDS[unit.change], _marked(unit.before, unit.after, author), unit.index in taken.units)
        for unit in offer.units
    )


def _marked(before: str, after: str, author: PartyView | None) -> Markup:
    return Markup(redline.to_html(redline.redline(before, after), inserted_by=sign_of(author)))  # escaped by to_html


@dataclass(frozen=True)
class Preview:
    words: Words
    html: Markup


def _preview(offer: Offer, taken: Taken, own: PartyView) -> Preview | None:
    """« Ce qui sera proposé », marked against the text that the units change; None while nothing is taken."""
    try:
        result = words_taken(offer, taken)
    except Refusal:
        return None
    html = _marked(offer.base.text, result.text, own) if offer.base.text else markdown(result.text)
    return Preview(result, html)


def _told(refusal: Refusal | None) -> str:
    if isinstance(refusal, InvalidInput):
        return NOTHING
    if isinstance(refusal, NothingChanged):
        return ALL_OF_IT
    return sentence_of(refusal) if refusal else ""


def _asked() -> Asked:
    ticked = frozenset(int(each) for each in request.form.getlist("unit") if each.isdecimal() and len(each) < 7)
    return Asked(
        taken=Taken(ticked, with_value=bool(request.form.get("with_value"))),
        motive=request.form.get("motive", ""),
        words=request.form.get("words", ""),
        is_sent=True,
    )


def _wanted() -> tuple[From, str]:
    """What the address names. Raises NotFound."""
    for source in From:
        if name := request.args.get(source):
            return source, name
    raise NotFound()


def _seen() -> Seen:
    return Seen.told(request.form.get("seen_number", ""), request.form.get("seen_fingerprint", ""))
