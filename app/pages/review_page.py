"""The page of a dialogue de gestion and that of the evaluation: one shape, two tables of words.

Read whole or as the piece that changes, one move on a value, one agreement to several, the sealed content as a PDF.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from app.database import current_store
from app.errors import answer, sentence_of, status_of
from app.pages.frame import Frame, frame_of, reader_in
from app.pages.review_view import GESTURES
from app.pages.whole import answer_listed
from app.pages.writing import sent_key
from app.printing import printed
from negotiation.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    OutsideMandate,
    RecentSigninRequired,
    Refusal,
    SigninRequired,
)
from negotiation.rules.policy import Actor
from negotiation.rules.reviews import Field
from negotiation.rules.vocabulary import TEXT_MOVES, Action, Move, ReviewKind
from negotiation.services.access import require
from negotiation.services.bundles import Answer, accept_together
from negotiation.services.orders import Order, Seen
from negotiation.services.reviews import progress_value
from negotiation.services.visas import submit
from negotiation.store.queries.clauses import ClauseCard, cards_of_part
from negotiation.store.queries.reviews import ReviewView, review_of, reviews_of
from negotiation.store.unit_of_work import UnitOfWork

WAITS = "Le visa est demandé dans votre partie : personne d’autre n’en voit rien."
ACCEPTED = "Votre accord est enregistré, sur ce qui était à l’écran."
TABLED = "C’est proposé : toutes les parties le lisent."
DONE = "C’est enregistré : toutes les parties le lisent."
KEPT = ("clause", "value", "state", "percent", "text", "motive", "year", "on", "people", "seance", "reason")
"""What was typed comes back with the refusal."""
_YEAR = re.compile(r"[0-9]{4}")

Fill = Callable[[Session, Frame, ReviewView, str], dict[str, Any]]


@dataclass(frozen=True)
class ReviewPage:
    """What differs between the two. `reads`: what its reader must be allowed; `section`, `subsection`: its place in
    the tabs; `endpoint`: the page; `fill`: what it shows, with the clause whose form is open; `sealed`: what is said
    once all parties approved.

    `year`, everywhere: the exercise of a dialogue as the address says it; None for the evaluation, of which there is
    one.
    """

    kind: ReviewKind
    reads: Action
    section: str
    subsection: str
    endpoint: str
    sealed: str
    fill: Fill

    def review(self, session: Session, actor: Actor, year: str | None) -> ReviewView:
        """Raises NotFound."""
        if year is None:
            found = next(iter(reviews_of(session, actor, self.kind)), None)
        else:
            found = review_of(session, actor, self.kind, int(year)) if _YEAR.fullmatch(year) else None
        if found is None:
            raise NotFound()
        return found

    def show(self, template: str, negotiation_id: str, year: str | None = None, **more: Any) -> str:
        """The whole page, or the piece of it that changes; `more`: what a refusal adds. Raises NotFound."""
        with current_store().reading() as session:
            actor = reader_in(session, negotiation_id)
            require(actor, self.reads)
            frame = frame_of(session, actor)
            there = url_for(self.endpoint, negotiation_id=negotiation_id, **_named(year))
            context = {"refusal": "", "kept": {}, "subsection": self.subsection, "there": there}
            opened = more.pop("opened", request.args.get("valeur", ""))
            context |= self.fill(session, frame, self.review(session, actor, year), opened) | more
            return render_template(template, **frame.context(self.section, **context))

    def play(self, negotiation_id: str, year: str | None = None) -> ResponseReturnValue:
        """One move on one value: « clause number fingerprint » says which, as its page showed it."""
        with current_store().unit_of_work() as uow:
            actor = reader_in(uow.session, negotiation_id)
            require(actor, Action.MOVE)
            card, move, waits = play_asked(uow, actor, self._cards(uow.session, actor, year))
            sealed = self._is_sealed(uow.session, actor, year)
        self._say(move, waits=waits, sealed=sealed)
        return self.back(negotiation_id, year, anchor=f"valeur-{card.id}")

    def approve(self, negotiation_id: str, year: str | None = None) -> ResponseReturnValue:
        """Agree, for one's party, to the values that the form lists."""
        with current_store().unit_of_work() as uow:
            actor = reader_in(uow.session, negotiation_id)
            waits = accept_listed(uow, actor, self._cards(uow.session, actor, year))
            sealed = self._is_sealed(uow.session, actor, year)
        self._say(Move.ACCEPTANCE, waits=waits, sealed=sealed)
        return self.back(negotiation_id, year)

    def back(self, negotiation_id: str, year: str | None = None, *, anchor: str | None = None) -> ResponseReturnValue:
        return redirect(url_for(self.endpoint, negotiation_id=negotiation_id, _anchor=anchor, **_named(year)))

    def _cards(self, session: Session, actor: Actor, year: str | None) -> tuple[ClauseCard, ...]:
        return cards_of_part(session, actor, self.review(session, actor, year).part_id)

    def _is_sealed(self, session: Session, actor: Actor, year: str | None) -> bool:
        return self.review(session, actor, year).approved_at is not None

    def _say(self, move: Move, *, waits: bool, sealed: bool) -> None:
        said = {Move.ACCEPTANCE: ACCEPTED, **dict.fromkeys(TEXT_MOVES, TABLED)}.get(move, DONE)
        flash(WAITS if waits else self.sealed if sealed else said, "done")


def _named(year: str | None) -> dict[str, Any]:
    return {} if year is None else {"year": year}


def refused(refusal: Refusal, page: Callable[..., str]) -> ResponseReturnValue:
    """`page` again, with the reason and what was typed; plainly what isn't about what was typed."""
    elsewhere = NotFound | NotAllowed | SigninRequired | RecentSigninRequired | OutsideMandate
    if request.method == "GET" or isinstance(refusal, elsewhere):
        return answer(refusal)
    kept = {name: request.form.get(name, "") for name in KEPT}
    opened = kept["clause"].partition(" ")[0]
    return page(opened=opened, refusal=sentence_of(refusal), kept=kept), status_of(refusal)


def as_pdf(typeset: Callable[[], bytes], name: str) -> ResponseReturnValue:
    """The file, under that name. Raises Unprintable, PrintFailed."""
    return as_file(printed(typeset), f"{name}.pdf", "application/pdf")


def as_file(data: bytes | str, name: str, kind: str) -> ResponseReturnValue:
    response = make_response(data)
    response.headers["Content-Type"] = kind
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    response.headers["Content-Disposition"] = f'attachment; filename="{kept}"'
    return response


def day_asked() -> date:
    """When it was held, or started. Raises InvalidInput."""
    try:
        return date.fromisoformat(request.form.get("on", ""))
    except ValueError as error:
        raise InvalidInput(field="on") from error


def year_asked() -> int:
    """Raises InvalidInput."""
    given = request.form.get("year", "")
    if not _YEAR.fullmatch(given):
        raise InvalidInput(field="year")
    return int(given)


def play_asked(uow: UnitOfWork, actor: Actor, cards: Iterable[ClauseCard]) -> tuple[ClauseCard, Move, bool]:
    """The move that the form asks: on which clause, which one, whether it waits for a visa.

    Raises InvalidInput, NotFound (a clause that isn't among these), and what a move raises.
    """
    move = request.form.get("move", "")
    if move not in GESTURES:
        raise InvalidInput(field="move")
    seen = answer_listed(request.form.get("clause", ""))
    card = _among(cards, seen)
    tables = move in TEXT_MOVES
    order = Order(
        Move(move),
        text=request.form.get("text", "") if tables else "",
        motive=request.form.get("motive", ""),
        value=_value(card) if tables else None,
        seen=seen.seen if seen.seen.number else Seen(),  # 0: nothing was on the table
        request_key=sent_key(),
    )
    submitted = submit(uow, actor, card.id, order, words=request.form.get("words", ""))
    return card, Move(move), submitted.request_id is not None


def accept_listed(uow: UnitOfWork, actor: Actor, cards: Iterable[ClauseCard]) -> bool:
    """Agree, for one's party, to the values that the form lists; whether it waits for a visa. Raises the same."""
    held = list(cards)
    listed = [answer_listed(each) for each in request.form.getlist("clause")]
    for each in listed:
        _among(held, each)
    submitted = accept_together(uow, actor, listed, words=request.form.get("words", ""), request_key=sent_key())
    return any(each.request_id for each in submitted)


def _value(card: ClauseCard) -> Any:
    """What the form holds, in the shape that the clause takes. Raises InvalidInput."""
    if Field.of(card.field) is Field.PROGRESS:
        return progress_value(request.form.get("state", ""), request.form.get("percent", ""))
    return request.form.get("value", "") or None


def _among(cards: Iterable[ClauseCard], answer: Answer) -> ClauseCard:
    found = next((card for card in cards if card.id == answer.clause_id), None)
    if found is None:
        raise NotFound()
    return found
