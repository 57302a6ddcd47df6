"""What was decided in a séance binds once its minute is over, whoever looks on."""

import structlog

from app.database import current_store
from negotiation.services.seance_binding import bind_decision
from negotiation.store.columns import now
from negotiation.store.queries.decided import due_decisions

log = structlog.get_logger()


def bind_decisions() -> None:
    """Each in a transaction of its own: one that fails is told, tried again at the next round, and keeps no other."""
    store = current_store()
    moment = now()
    with store.reading() as session:
        due = due_decisions(session, moment)
    for decision_id in due:
        try:
            with store.unit_of_work() as uow:
                bind_decision(uow, decision_id, moment)
        except Exception as error:
            log.error("decision.failed", decision=decision_id, exc_info=error)
