"""What a form does to the values of a dialogue de gestion or an evaluation: one move, or one agreement to several."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import request

from app.pages.follow_up_view import GESTURES
from app.pages.whole import answer_listed
from app.pages.writing import sent_key
from negotiation.errors import InvalidInput, NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import TEXT_MOVES, Move
from negotiation.services.bundles import Answer, accept_together
from negotiation.services.orders import Order, Seen
from negotiation.services.visas import submit
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.unit_of_work import UnitOfWork


def play_asked(
    uow: UnitOfWork, actor: Actor, cards: Iterable[ClauseCard], *, value: Callable[[ClauseCard], Any]
) -> tuple[ClauseCard, Move, bool]:
    """The move that the form asks: on which clause, which one, whether it waits for a visa. « clause number
    fingerprint » says what its page showed; `value` reads what is typed, in the shape that the clause takes.

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
        value=value(card) if tables else None,
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


def _among(cards: Iterable[ClauseCard], answer: Answer) -> ClauseCard:
    found = next((card for card in cards if card.id == answer.clause_id), None)
    if found is None:
        raise NotFound()
    return found
