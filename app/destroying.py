"""What a party chose to have destroyed is announced, then destroyed, on its day, whoever looks on."""

from collections.abc import Callable
from datetime import datetime

import structlog

from app.database import current_store
from negotiation.services.destroying import announce, destroy, note_wiped
from negotiation.store import UnitOfWork
from negotiation.store.columns import now
from negotiation.store.queries.private_history import unwiped_fates, waiting_fates

log = structlog.get_logger()


def destroy_insides() -> None:
    """Each in a transaction of its own: one that fails is told, tried again at the next round, and keeps no other."""
    store, moment = current_store(), now()
    with store.reading() as session:
        waiting = waiting_fates(session)
    for fate_id in waiting:
        _try(announce, fate_id, moment)
        _try(destroy, fate_id, moment)
    with store.reading() as session:
        owed = unwiped_fates(session)
    if owed and store.wipe():
        with store.unit_of_work() as uow:
            note_wiped(uow, owed, moment)


def _try(step: Callable[[UnitOfWork, str, datetime], bool], fate_id: str, moment: datetime) -> None:
    try:
        with current_store().unit_of_work() as uow:
            step(uow, fate_id, moment)
    except Exception as error:
        log.error("destruction.failed", fate=fate_id, exc_info=error)
