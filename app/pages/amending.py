"""Les avenants: those to a contract with what became of each, the form that opens one, how one is closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, or_plainly, sentence_of, status_of
from app.limits import by_person, gestures, limiter
from app.mailing import mail_is_set
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.review_view import is_signed, may_open
from app.security import serves
from negotiation.errors import InvalidInput, NotAllowed, NotFound, RecentSigninRequired, Refusal, SigninRequired
from negotiation.rules.amendment import AMENDMENTS, AmendmentKind, Asked, Caution, latest_term
from negotiation.rules.amendment import Refusal as Wrong
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.vocabulary import Action
from negotiation.services.access import require
from negotiation.services.amending import Offer, Wanted, cautions_of, offer_of, open_amendment
from negotiation.services.amending_end import ask_to_close, consent_to_close, may_close_alone, refuse_to_close
from negotiation.services.contract_content import contract_parts
from negotiation.services.members import Carried
from negotiation.store.queries.amendments import amendment_row, amendments_to, declared_amendments
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.reviews import amendments_of

amending = Blueprint("amending", __name__)

OPENED_AN_HOUR = "20 per hour"
WRONG_WORDS = {
    Wrong.NO_REASON: "Dites pourquoi : le motif figure dans l’avenant.",
    Wrong.NO_EFFECT: "Dites quand l’avenant prend effet.",
    Wrong.EFFECT_BEFORE_START: "Cette date précède le début du contrat.",
    Wrong.EFFECT_AFTER_TERM: "Cette date vient après le terme du contrat.",
    Wrong.NO_TERM: "Dites le nouveau terme.",
    Wrong.TERM_NOT_LATER: "Le nouveau terme doit venir après le terme en vigueur.",
    Wrong.TERM_TOO_LATE: "Ce terme dépasse la prorogation que le contrat permet.",
}
CAUTION_WORDS = {
    Caution.OVER_SIX_YEARS: "Avec ce terme, le contrat dure plus de six ans en tout : vérifiez ce que les textes "
    "permettent.",
    Caution.AFTER_THE_TERM: "Le terme du contrat est passé : vérifiez qu’une prorogation est encore possible.",
    Caution.NOT_AT_YEAR_END: "Les budgets suivent l’année civile : une résiliation prend d’ordinaire effet un 31 "
    "décembre.",
}
FIELD_WORDS = {
    "kind": "Choisissez ce que l’avenant fait.",
    "reason": "Ce motif ne se lit pas, ou il est trop long.",
    "effect_on": "Cette date ne se lit pas.",
    "term_after": "Cette date ne se lit pas.",
    "requested_by": "Dites quelle partie le demande.",
    "clauses": "Une des clauses cochées n’est pas dans le texte signé : relisez la liste.",
}


@dataclass(frozen=True)
class Openable:
    """A part of the signed text with the clauses that may be opened."""

    title: str
    clauses: tuple[ClauseCard, ...]


@amending.get("/negociations/<negotiation_id>/avenants")
@serves(Action.READ_TABLE)
def show_amendments(negotiation_id: str) -> ResponseReturnValue:
    return _page(negotiation_id)


@amending.post("/negociations/<negotiation_id>/avenants")
@limiter.limit(OPENED_AN_HOUR, key_func=by_person)
@gestures
@serves(Action.OPEN_REVIEW)
def post_amendment(negotiation_id: str) -> ResponseReturnValue:
    """Open one, for all the parties of the contract."""
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.OPEN_REVIEW)
        wanted = _wanted(request.form)
        warned = cautions_of(uow.session, actor, wanted.asked)
        by_mail = mail_is_set(current_app.extensions["settings"])
        opened = open_amendment(uow, actor, wanted, carried=Carried.BY_MAIL if by_mail else Carried.BY_HAND)
    flash("L’avenant est ouvert : les mêmes personnes y siègent, avec les mêmes droits.", "done")
    for caution in warned:
        flash(CAUTION_WORDS[caution], "")
    return redirect(url_for("table.show_table", negotiation_id=opened))


@amending.post("/negociations/<negotiation_id>/avenants/cloture")
@gestures
@serves(Action.ABANDON)
def post_closing(negotiation_id: str) -> ResponseReturnValue:
    """Close the avenant without follow-up: ask it, consent to it, refuse it."""
    act = request.form.get("act", "")
    with current_store().unit_of_work() as uow:
        actor = reader_in(uow.session, negotiation_id)
        require(actor, Action.ABANDON)
        if act == "ask":
            closed = ask_to_close(uow, actor, request.form.get("reason", ""))
        elif act == "consent":
            closed = consent_to_close(uow, actor)
        elif act == "refuse":
            closed = False
            refuse_to_close(uow, actor)
        else:
            raise InvalidInput(field="act")
    flash("L’avenant est clos sans suite." if closed else "C’est enregistré : toutes les parties le lisent.", "done")
    return redirect(url_for("amending.show_amendments", negotiation_id=negotiation_id))


@amending.errorhandler(Refusal)
@or_plainly
def say_what_is_wrong(refusal: Refusal) -> ResponseReturnValue:
    """The page again, with the reason and what was typed."""
    elsewhere = NotFound | NotAllowed | SigninRequired | RecentSigninRequired
    if request.method == "GET" or isinstance(refusal, elsewhere):
        return answer(refusal)
    errors = {}
    if isinstance(refusal, InvalidInput):
        field, fault = str(refusal.detail.get("field")), refusal.detail.get("fault")
        errors[field] = WRONG_WORDS[Wrong(str(fault))] if fault else FIELD_WORDS.get(field, sentence_of(refusal))
    page = _page((request.view_args or {})["negotiation_id"], refusal=sentence_of(refusal), errors=errors)
    return page, status_of(refusal)


def _page(negotiation_id: str, *, refusal: str = "", errors: Mapping[str, str] | None = None) -> str:
    with current_store().reading() as session:
        actor = reader_in(session, negotiation_id)
        require(actor, Action.READ_TABLE)
        frame = frame_of(session, actor)
        row = amendment_row(session, negotiation_id)
        context = _of_amendment(session, frame, row) if row else _of_contract(session, frame)
        typed = request.form if request.method == "POST" else {}
        told = {"refusal": refusal, "errors": errors or {}, "typed": typed, "chosen": _chosen()}
        template = "amending/amendment.html" if row else "amending/amendments.html"
        return render_template(template, **frame.context("texts", subsection="follow_up", **context | told))


def _chosen() -> set[str]:
    """Clauses ticked: in the form sent back, else named by the address of a dialogue."""
    return set(request.form.getlist("clause") if request.method == "POST" else request.args.getlist("clause"))


def _of_contract(session: Session, frame: Frame) -> dict[str, Any]:
    offer = offer_of(session, frame.actor) if may_open(frame) else None
    return {
        "is_signed": is_signed(frame),
        "listed": amendments_to(session, frame.actor),
        "declared": declared_amendments(session, frame.negotiation.id),
        "offer": offer,
        "parts": _openable(session, offer) if offer else (),
        "askers": [(party.key, party.name) for party in offer.parties] if offer else (),
        "latest": latest_term(offer.term) if offer else None,
        "kinds": [(str(kind), sort.name) for kind, sort in AMENDMENTS.items()],
        "asked": _asked_by_dialogues(session, frame, offer) if offer else frozenset(),
    }


def _openable(session: Session, offer: Offer) -> tuple[Openable, ...]:
    """By part, in the order of the contract."""
    held: dict[str, list[ClauseCard]] = {}
    for card in offer.clauses:
        held.setdefault(card.part_id, []).append(card)
    return tuple(
        Openable(f"{part.code} {part.title}".strip(), tuple(held[part.id]))
        for part in contract_parts(session, offer.base_id)
        if part.id in held
    )


def _asked_by_dialogues(session: Session, frame: Frame, offer: Offer) -> frozenset[str]:
    """Clauses that a dialogue would have adjusted by an avenant: named themselves, or by their part."""
    about = {each.about for each in amendments_of(session, frame.actor)}
    return frozenset(card.id for card in offer.clauses if card.id in about or card.part_id in about)


def _of_amendment(session: Session, frame: Frame, row: Any) -> dict[str, Any]:
    target = Target(frame.negotiation.id)
    is_open = row.settled_at is None and frame.negotiation.frozen_at is None
    own = frame.parties[frame.actor.party_id].key
    return {
        "row": row,
        "name": AMENDMENTS[row.kind].name,
        "may_close": is_open and decide(frame.actor, Action.ABANDON, target) is Decision.ALLOW,
        "alone": may_close_alone(session, row, frame.actor),
        "has_consented": own in row.closing.get("consents", ()),
    }


def _wanted(form: Any) -> Wanted:
    """Raises InvalidInput."""
    try:
        kind = AmendmentKind(form.get("kind", ""))
    except ValueError as error:
        raise InvalidInput(field="kind") from error
    term = _day("term_after") if AMENDMENTS[kind].asks_term else None
    asked = Asked(kind, form.get("reason", ""), _day("effect_on"), term)
    return Wanted(asked, form.get("requested_by", ""), tuple(form.getlist("clause")))


def _day(name: str) -> date | None:
    """None when it was left empty. Raises InvalidInput."""
    given = request.form.get(name, "").strip()
    try:
        return date.fromisoformat(given) if given else None
    except ValueError as error:
        raise InvalidInput(field=name) from error
