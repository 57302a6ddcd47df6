"""What a party alone sees of a clause: its mandate, what waits for a visa, what the others see meanwhile; and that its
acceptance fell, which concerns nobody else."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from app.pages.clause_view import sign_of
from app.pages.frame import Frame
from negotiation.rules import redline
from negotiation.rules.lifecycle import Play
from negotiation.rules.mandate import ORDERED, Breach, Mandate, outside
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.values import as_entered
from negotiation.rules.visa import Place, Standing, place_of
from negotiation.rules.vocabulary import GESTURE_OF_MOVE, TEXT_MOVES, Action, Gesture, Role, Side
from negotiation.services.visa_rules import deciders, visas_for
from negotiation.store.columns import now
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.fallen import Fallen, fallen_acceptances
from negotiation.store.queries.inside import MandateView, RequestView, mandate_of, refused_requests, waiting_requests
from negotiation.store.queries.people import MemberView
from negotiation.store.queries.visa_reminders import last_reminders


@dataclass(frozen=True)
class Pending:
    """A request that waits. `html`: its marks against the text that stands, None when it brings no text.

    `value_before`, `value`: canonical. `awaited`: who may give the visa, the asker left out.
    """

    request: RequestView
    card: ClauseCard
    place: Place
    html: Markup | None
    value_before: Any
    value: Any
    breaches: tuple[Breach, ...]
    asker: MemberView
    awaited: tuple[MemberView, ...]
    is_mine: bool
    may_decide: bool
    may_cancel: bool
    """Who asked; the administrator where nobody's refusal would do, or where the refusal isn't his to give."""
    reminded_at: datetime | None = None
    may_remind: bool = False
    """Once a day, while somebody may let it go."""

    @property
    def is_ready(self) -> bool:
        return self.place.standing is Standing.READY

    @property
    def is_to_redo(self) -> bool:
        return self.place.standing is Standing.TO_REDO


@dataclass(frozen=True)
class InsideBlock:
    """The internal block of an open clause. `visa_for`: whose visa this person's gestures need, by gesture."""

    mandate: MandateView | None
    floor: str
    ceiling: str
    is_bounded: bool
    may_set: bool
    pending: tuple[Pending, ...]
    visa_for: dict[Gesture, Role]
    fallen: Fallen | None = None
    refused: tuple[RequestView, ...] = ()

    @property
    def shows(self) -> bool:
        return self.mandate is not None or bool(self.pending) or bool(self.refused) or self.may_set

    @property
    def waits(self) -> frozenset[Gesture]:
        """Gestures that the party already keeps waiting on this clause."""
        return frozenset(GESTURE_OF_MOVE[each.request.move] for each in self.pending)


def inside_block(session: Session, frame: Frame, card: ClauseCard) -> InsideBlock | None:
    """None for a partner, who decides nothing: neither mandate nor visa concerns it."""
    actor = frame.actor
    if actor.side is Side.ASSOCIATE:
        return None
    mandate = frame.read_by_party("mandate", card.id, read=lambda ours: mandate_of(session, ours.actor, card.id))
    requests = frame.read_by_party("waiting", card.id, read=lambda ours: waiting_requests(session, ours.actor, card.id))
    mandates = {card.id: mandate} if mandate else {}
    return InsideBlock(
        mandate=mandate,
        floor=as_entered(mandate.floor, card.value_kind) if mandate else "",
        ceiling=as_entered(mandate.ceiling, card.value_kind) if mandate else "",
        is_bounded=card.value_kind in ORDERED,
        may_set=may_set_mandate(frame) and (mandate is not None or _decides(frame, card)),
        pending=pending_of(session, frame, requests, cards={card.id: card}, mandates=mandates),
        visa_for=visas_for_me(session, frame),
        refused=frame.read_by_party(
            "refused", card.id, read=lambda ours: refused_requests(session, ours.actor, card.id)
        ),
        fallen=frame.read_by_party("fallen", card.id, read=lambda ours: _fallen(session, ours, card)),
    )


def _decides(frame: Frame, card: ClauseCard) -> bool:
    """Whether the clause is this party's to agree on, now or by the request that waits."""
    return frame.actor.party_id in card.situation.concerned | card.situation.asked()


def _fallen(session: Session, frame: Frame, card: ClauseCard) -> Fallen | None:
    return fallen_acceptances(session, [card], party_ids=[frame.actor.party_id]).get(card.id)


def may_set_mandate(frame: Frame) -> bool:
    if frame.negotiation.frozen_at is not None:
        return False
    return decide(frame.actor, Action.SET_MANDATE, Target(frame.negotiation.id)) is Decision.ALLOW


def visas_for_me(session: Session, frame: Frame) -> dict[Gesture, Role]:
    """The rules of the party that hold back whoever has these roles, read once a page."""
    return frame.read("visas for me", read=lambda: visas_for(session, frame.actor))


def pending_of(
    session: Session,
    frame: Frame,
    requests: Iterable[RequestView],
    *,
    cards: dict[str, ClauseCard],
    mandates: dict[str, MandateView],
) -> tuple[Pending, ...]:
    """The requests as pages show them; those whose clause isn't among the cards are left out."""
    listed = [request for request in requests if request.clause_id in cards]
    awaited = frame.read_by_party("deciders", read=lambda ours: deciders(session, ours.actor)) if listed else {}
    mine = [request.clause_id for request in listed if request.member_id == frame.actor.member_id]
    reminders = last_reminders(session, frame.actor, mine) if mine else {}
    found = (
        _pending(frame, request, cards[request.clause_id], mandates.get(request.clause_id), awaited)
        for request in listed
    )
    return tuple(_reminded(each, reminders.get(each.request.id)) for each in found)


def outside_of(mandate: MandateView | None, card: ClauseCard, value: Any) -> tuple[Breach, ...]:
    return outside(Mandate(card.value_kind, mandate.floor, mandate.ceiling), value) if mandate else ()


def _pending(
    frame: Frame,
    request: RequestView,
    card: ClauseCard,
    mandate: MandateView | None,
    awaited: dict[Role, tuple[str, ...]],
) -> Pending:
    actor, tables = frame.actor, request.move in TEXT_MOVES
    is_mine = request.member_id == actor.member_id
    decides = request.role in actor.roles and not is_mine
    value = request.value if tables else card.tabled_value
    place = _place(frame, card, request)
    refuses = decides and place.standing is not Standing.CLOSED
    return Pending(
        request=request,
        card=card,
        place=place,
        html=_marked(frame, card, request) if tables else None,
        value_before=card.value,
        value=value,
        breaches=outside_of(mandate, card, value),
        asker=frame.members[request.member_id],
        awaited=tuple(frame.members[each] for each in awaited.get(request.role, ()) if each != request.member_id),
        is_mine=is_mine,
        may_decide=decides,
        may_cancel=is_mine or (Role.PARTY_ADMINISTRATOR in actor.roles and not refuses),
    )


def _reminded(pending: Pending, at: datetime | None) -> Pending:
    """Whether its author may call it to mind now."""
    waits = pending.is_mine and pending.is_ready and bool(pending.awaited)
    is_free = at is None or paris_day(at) < paris_day(now())
    return replace(pending, reminded_at=at, may_remind=waits and is_free)


def _place(frame: Frame, card: ClauseCard, request: RequestView) -> Place:
    if frame.negotiation.frozen_at is not None and not card.is_after_gel:
        return Place(Standing.CLOSED)
    asked = Play(request.move, frame.actor.party_id, request.seen_number, request.seen_fingerprint)
    return place_of(card.situation, asked)


def _marked(frame: Frame, card: ClauseCard, request: RequestView) -> Markup:
    marks = redline.redline(card.text, request.text)
    return Markup(redline.to_html(marks, inserted_by=sign_of(frame.me.party)))  # escaped by to_html
