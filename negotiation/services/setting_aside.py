"""What live drafts need when their clauses change under them: words set aside before a clause starts again, the text of
a clause that was added to their part.
"""

import secrets
from typing import Any

from pycrdt import Doc
from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.drafting import markdown_bridge, schema
from negotiation.drafting.vet import library_failures_named
from negotiation.rules.vocabulary import SHARED, Circle
from negotiation.services.drafting import drafted_texts
from negotiation.store.contract import Clause
from negotiation.store.exchange import Draft, DraftSetAside, DraftUpdate, DraftWriter, Version
from negotiation.store.unit_of_work import UnitOfWork

_FIRST_CLIENT = 2**20
_CLIENTS = 2**31


def draft_of(session: Session, clause: Clause, circle: Circle) -> Draft | None:
    """The draft of this circle in which the clause stands; None when nobody ever opened it."""
    query = select(Draft).where(col(Draft.part_id) == clause.part_id, col(Draft.circle) == str(circle))
    return session.execute(query).scalar_one_or_none()


def keep_words(uow: UnitOfWork, clause: Clause, circle: Circle = SHARED) -> None:
    """Before a clause starts again: its words in this draft, unless they were tabled one day."""
    draft = draft_of(uow.session, clause, circle)
    text = drafted_texts(uow.session, clause.part_id, circle=circle).get(clause.id) if draft else None
    if draft is None or not text or text == clause.working_text or _was_tabled(uow.session, clause, text):
        return
    uow.session.add(DraftSetAside(draft_id=draft.id, clause_id=clause.id, text=text))
    uow.session.flush()


def seed_added(uow: UnitOfWork, clause: Clause) -> None:
    """A clause added to a part: the drafts of the part that exist get its text."""
    circle = Circle.parse(clause.circle)
    query = select(Draft).where(col(Draft.part_id) == clause.part_id).with_for_update()
    for draft in uow.session.execute(query).scalars():
        if circle not in (SHARED, Circle.parse(draft.circle)):
            continue
        client = _FIRST_CLIENT + secrets.randbelow(_CLIENTS - _FIRST_CLIENT)
        draft.sequence += 1
        uow.session.add(
            DraftUpdate(
                draft_id=draft.id,
                sequence=draft.sequence,
                epoch=draft.epoch,
                op_id=f"added:{clause.id}",
                update=_fragment(clause, client),
            )
        )
        uow.session.add(DraftWriter(draft_id=draft.id, epoch=draft.epoch, client_id=client))
    uow.session.flush()


def _fragment(clause: Clause, client: int) -> bytes:
    with library_failures_named():
        document: Doc[Any] = Doc(client_id=client)
        markdown_bridge.write_fragment(document, schema.clause_root(clause.id), markdown=clause.working_text)
        return document.get_update()


def _was_tabled(session: Session, clause: Clause, text: str) -> bool:
    query = select(col(Version.text)).where(col(Version.clause_id) == clause.id)
    return text in set(session.execute(query).scalars())
