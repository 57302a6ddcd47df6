"""Files that take long are made beside the requests: a greenlet tells each step, threads and children do the work."""

import re
from collections.abc import Callable
from dataclasses import replace

import structlog
from flask import current_app
from gevent import monkey
from sqlmodel import Session

from app.database import current_store
from app.errors import sentence_of
from app.offloading import off_the_loop
from app.platform import current_platform
from app.printing import printed
from negotiation.documents.archive import ArchiveContent
from negotiation.errors import NotFound, Refusal, Unprintable
from negotiation.rules.policy import Actor
from negotiation.services.access import actor_in
from negotiation.services.carrying import made, name_of_document
from negotiation.services.exporting import pack_archive, record_export
from negotiation.services.preparing import (
    forget_prepared,
    has_old_prepared,
    note_failed,
    note_ready,
    note_step,
)
from negotiation.store import Announcing
from negotiation.store.columns import now

log = structlog.get_logger()

PACKING = "le dossier et son manifeste"
READING, TYPESETTING = "lire le contrat", "vérifier ses caractères et le mettre en page"
STEPS_OF_PRINT = (READING, TYPESETTING)
_PAGE = re.compile(rb"/Type ?/Page\b")


def steps_of_archive(content: ArchiveContent) -> tuple[str, ...]:
    """What `prepare_archive` tells, in order."""
    return (*map(name_of_document, content.makers), PACKING)


def prepare_archive(actor: Actor, file_id: str, content: ArchiveContent) -> None:
    """Make the archive of a file that was begun. Its asker finds it, or that it failed, where he asked."""
    _beside(lambda: _watched(file_id, lambda: _make_archive(actor, file_id, content)))


def prepare_print(actor: Actor, file_id: str, read: Callable[[Session], Callable[[], bytes]]) -> None:
    """Typeset a contract whose file was begun. `read` reads it; what that returns is pure, and gives the PDF."""
    _beside(lambda: _watched(file_id, lambda: _make_print(actor, file_id, read)))


def forget_prepared_files() -> None:
    store = current_store()
    with store.reading() as session:
        has_old = has_old_prepared(session, now())
    if has_old:
        with store.unit_of_work(Announcing.SILENT) as uow:
            forget_prepared(uow, now())


def _make_archive(actor: Actor, file_id: str, content: ArchiveContent) -> None:
    files = dict(content.files)
    for done, (name, make) in enumerate(content.makers.items()):
        if not _tell(file_id, name_of_document(name), done=done):
            return
        files |= off_the_loop(made, {name: make})
    if not _tell(file_id, PACKING, done=len(content.makers)):
        return
    archive = off_the_loop(pack_archive, replace(content, files=files, makers={}), current_platform().keys)
    with current_store().unit_of_work() as uow:
        here = actor_in(
            uow.session,
            actor.negotiation_id,
            person_id=actor.person_id,
            authentication=actor.authentication,
        )
        if note_ready(uow, file_id, archive.data):
            record_export(uow, here, archive)


def _make_print(actor: Actor, file_id: str, read: Callable[[Session], Callable[[], bytes]]) -> None:
    with current_store().reading() as session:
        typeset = read(session)
    if not _tell(file_id, TYPESETTING, done=STEPS_OF_PRINT.index(TYPESETTING)):
        return
    pdf = printed(typeset)
    pages = len(_PAGE.findall(pdf))
    with current_store().unit_of_work(Announcing.SILENT) as uow:
        actor_in(uow.session, actor.negotiation_id, person_id=actor.person_id, authentication=actor.authentication)
        note_ready(uow, file_id, pdf, told=f"{pages} page{'s' if pages > 1 else ''}")


def _tell(file_id: str, step: str, *, done: int) -> bool:
    with current_store().unit_of_work(Announcing.SILENT) as uow:
        return note_step(uow, file_id, step, done=done)


def _watched(file_id: str, make: Callable[[], None]) -> None:
    try:
        make()
    except Exception as error:
        # Who left the table while his file was made has no file; a character that no font has is the writers' affair.
        if not isinstance(error, NotFound | Unprintable):
            log.error("preparing.failed", exc_info=error)
        with current_store().unit_of_work(Announcing.SILENT) as uow:
            note_failed(uow, file_id, told=sentence_of(error) if isinstance(error, Refusal) else "")


def _beside(work: Callable[[], None]) -> None:
    """After the answer where an event loop turns, else at once."""
    if not monkey.is_module_patched("threading"):
        work()
        return
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def work_there() -> None:
        with app.app_context():
            work()

    app.extensions["socketio"].start_background_task(work_there)
