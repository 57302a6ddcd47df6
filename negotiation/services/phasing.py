"""The phase of a table, which its parties say themselves until the gel: a COPIL closes each, which no clock knows.

Source: domain reference section 3. Whoever negotiates for a party may say it, and may take it back: it commits nobody,
refuses nothing to anybody, and the history tells every party who did.
"""

from negotiation.errors import Frozen, InvalidInput, StaleClause
from negotiation.events import Event, Kind
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import PHASES_OF_THE_TABLE, SHARED, Action, Phase
from negotiation.services.access import require
from negotiation.store.unit_of_work import UnitOfWork


def move_phase(uow: UnitOfWork, actor: Actor, asked: str, *, seen: str) -> Phase:
    """`seen`: the phase that was on the screen. Asking again for the phase in which the table stands changes nothing.

    Raises NotAllowed, Frozen, InvalidInput, StaleClause.
    """
    require(actor, Action.MOVE_PHASE)
    negotiation = uow.lock(actor.negotiation_id)
    if negotiation.frozen_at is not None:
        raise Frozen()
    if asked not in PHASES_OF_THE_TABLE:
        raise InvalidInput(field="phase")
    phase, before = Phase(asked), negotiation.phase
    if phase is before:
        return phase
    if seen != before:
        raise StaleClause()
    negotiation.phase = phase
    facts = {"phase": str(phase), "before": str(before)}
    uow.record(Event(Kind.PHASE_CHANGED, actor.negotiation_id, SHARED, actor.key, facts))
    return phase
