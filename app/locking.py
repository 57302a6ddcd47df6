"""A file that all signed is closed by whoever signed last; when that failed, the background closes it."""

import structlog

from app.database import current_store
from app.offloading import off_the_loop
from app.platform import current_platform
from negotiation.errors import Refusal
from negotiation.services.sealing import keep_lock, locked, signed_file
from negotiation.store.queries.signatures import unlocked, version_to_lock

log = structlog.get_logger()


def lock(negotiation_id: str) -> None:
    """Close the file that all signed, if it isn't yet. Raises SealFailed, SignedMeanwhile."""
    with current_store().reading() as session:
        version = version_to_lock(session, negotiation_id)
        file = signed_file(session, version) if version else None
    if version is None or file is None:
        return
    platform = current_platform()
    added = off_the_loop(locked, file, platform=platform)
    with current_store().unit_of_work() as uow:
        keep_lock(uow, added, platform=platform)


def lock_what_waits() -> None:
    """Close the files that nobody closed: a crash, or a failed seal, after the last signature."""
    with current_store().reading() as session:
        waiting = unlocked(session)
    for negotiation_id in waiting:
        try:
            lock(negotiation_id)
        except Refusal as refusal:
            log.warning("lock.failed", negotiation_id=negotiation_id, code=refusal.code)
