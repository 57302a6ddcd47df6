"""What the clauses of a part have come to in a draft, read from its log."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from pycrdt import Map
from sqlmodel import Session

from negotiation.drafting import markdown_bridge, schema
from negotiation.drafting.updates import DocumentState
from negotiation.drafting.vet import WatchedDocument, library_failures_named
from negotiation.services.draft_log import kept_state, logged_updates
from negotiation.store.exchange import Draft
from negotiation.store.unit_of_work import Apart

Read = TypeVar("Read")


@dataclass(frozen=True)
class Drafted:
    """What a clause starts from, or has come to, in a draft: its text, and its value as a field shows it."""

    text: str
    value: str


def at_once(work: Callable[[], Read]) -> Read:
    return work()


def standing(
    session: Session, draft: Draft, clause_ids: Iterable[str], *, apart: Apart = at_once
) -> dict[str, Drafted]:
    """By clause id. Read from the log inside this transaction: waiting for a room here could wait for ever.

    `apart`: where the document is built and its text derived. That takes 0.1 s for fifty thousand characters.
    """
    state = kept_state(session, draft.id, epoch=draft.epoch)
    logged = logged_updates(session, draft.id, epoch=draft.epoch, after=state.sequence if state else 0)
    updates = [each.update for each in logged]
    found: dict[str, Drafted] = apart(partial(_derived, state, updates, tuple(clause_ids)))
    return found


def document_of(session: Session, draft: Draft) -> bytes:
    """One update that makes the document as it stands."""
    watched = WatchedDocument()
    state = kept_state(session, draft.id, epoch=draft.epoch)
    if state is not None:
        watched.restore(state.content, half_characters=())
    for each in logged_updates(session, draft.id, epoch=draft.epoch, after=state.sequence if state else 0):
        watched.restore(each.update, half_characters=())
    with library_failures_named():
        return watched.document.get_update()


def _derived(state: DocumentState | None, updates: Sequence[bytes], clause_ids: Sequence[str]) -> dict[str, Drafted]:
    watched = WatchedDocument()
    if state is not None:
        watched.restore(state.content, half_characters=state.half_characters)
    for update in updates:
        watched.apply_vetted(update)
    with library_failures_named():
        values = watched.document.get(schema.VALUES_ROOT, type=Map).to_py() or {}
        return {
            clause_id: Drafted(
                markdown_bridge.read_fragment(watched.document, schema.clause_root(clause_id)),
                str(values.get(clause_id, "")),
            )
            for clause_id in clause_ids
        }
