"""What the reader's own party chose for its inside, as « Versions et signature » and the internal chain say it."""

from dataclasses import dataclass

from sqlmodel import Session

from app.pages.frame import Frame
from negotiation.rules.policy import Decision, Target, decide
from negotiation.rules.vocabulary import Action, Circle, Side
from negotiation.services.private_history import DESTROYED, KEPT
from negotiation.store.queries.private_history import Fate, fate_of


@dataclass(frozen=True)
class InsideView:
    """`chosen`: the value of its form; `has_authorities`: the party also reads what several parties hold."""

    fate: Fate
    chosen: str
    may_choose: bool
    has_authorities: bool


def inside_of(session: Session, frame: Frame) -> InsideView:
    fate = fate_of(session, frame.actor)
    inside = Target(frame.actor.negotiation_id, Circle.inside(frame.actor.party_id))
    return InsideView(
        fate=fate,
        chosen=KEPT if fate.years is None else DESTROYED,
        may_choose=fate.destroyed_at is None and decide(frame.actor, Action.CHOOSE_FATE, inside) is Decision.ALLOW,
        has_authorities=frame.actor.side is Side.AUTHORITY,
    )
