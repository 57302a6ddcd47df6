"""What live drafts need when their clauses change under them: words set aside before a clause starts again, the clause
that starts again while the rest goes on, the text of a clause that was added to their part.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from pycrdt import Doc, Map, XmlFragment
from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.drafting import markdown_bridge, schema
from negotiation.drafting.vet import library_failures_named
from negotiation.rules.values import as_entered, tidy_entry
from negotiation.rules.vocabulary import SHARED, Circle
from negotiation.services.draft_log import kept_state, logged_updates
from negotiation.services.drafting import drafted_clauses, first_draft
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import Draft, DraftSetAside, DraftUpdate, DraftWriter, Version
from negotiation.store.unit_of_work import UnitOfWork

_ANEW = "anew:"
_FIRST_CLIENT = 2**20
_CLIENTS = 2**31


@dataclass(frozen=True)
class Rewritten:
    """What the platform itself wrote in a draft."""

    draft_id: str
    epoch: int
    sequence: int
    update: bytes


def draft_of(session: Session, clause: Clause, circle: Circle) -> Draft | None:
    """The draft of this circle in which the clause stands; None when nobody ever opened it."""
    query = select(Draft).where(col(Draft.part_id) == clause.part_id, col(Draft.circle) == str(circle))
    return session.execute(query).scalar_one_or_none()


def keep_words(uow: UnitOfWork, clause: Clause, circle: Circle = SHARED) -> None:
    """Before a clause starts again: its words and its value in this draft, each unless it was tabled one day."""
    draft = draft_of(uow.session, clause, circle)
    stood = drafted_clauses(uow.session, clause.part_id, circle=circle).get(clause.id) if draft else None
    if draft is None or stood is None:
        return
    known = _tabled(uow.session, clause)
    text = "" if stood.text in known.texts else stood.text
    value = "" if tidy_entry(stood.value, clause.value_kind) in known.values else stood.value
    if not text and not value:
        return
    uow.session.add(DraftSetAside(draft_id=draft.id, clause_id=clause.id, text=text, value=value))
    uow.session.flush()


def leave_words(uow: UnitOfWork, clause: Clause, circle: Circle) -> None:
    """Before its part goes on the table: what a clause says inside becomes the draft of its circle, and the clause says
    nothing any more."""
    text, value = clause.working_text, as_entered(clause.working_value, clause.value_kind)
    draft = draft_of(uow.session, clause, circle)
    if draft is None:
        first_draft(uow, uow.session.get_one(Part, clause.part_id), circle)
    else:
        write_anew(uow, draft, clause, text=text, value=value)
    clause.working_text, clause.working_value = "", None
    uow.session.flush()


def write_anew(uow: UnitOfWork, draft: Draft, clause: Clause, *, text: str, value: str) -> None:
    """This text takes the place of the clause's words in a draft, as an edit like another: what is being typed in the
    other clauses goes on, and whoever types in this one sees it change under his hand. `value`: as a field shows it."""
    locked = uow.session.execute(
        select(Draft).where(col(Draft.id) == draft.id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    with library_failures_named():
        document: Doc[Any] = Doc(client_id=_new_client())
        for content in _contents(uow.session, locked):
            document.apply_update(content)
        before = document.get_state()
        root = schema.clause_root(clause.id)
        children = document.get(root, type=XmlFragment).children
        with document.transaction():
            del children[: len(children)]
            markdown_bridge.write_fragment(document, root, markdown=text)
            _write_value(document.get(schema.VALUES_ROOT, type=Map), clause.id, value)
        update = document.get_update(before)
    _append(uow, locked, op_id=_ANEW + new_id(), update=update, client=document.client_id)


def written_anew(session: Session, part_id: str, circle: Circle) -> Rewritten | None:
    """The last such edit in the draft of this circle, for those who have it open."""
    query = (
        select(col(Draft.id), col(Draft.epoch), col(DraftUpdate.sequence), col(DraftUpdate.update))
        .join(Draft, (col(Draft.id) == col(DraftUpdate.draft_id)) & (col(Draft.epoch) == col(DraftUpdate.epoch)))
        .where(
            col(Draft.part_id) == part_id,
            col(Draft.circle) == str(circle),
            col(DraftUpdate.op_id).startswith(_ANEW, autoescape=True),
        )
        .order_by(col(DraftUpdate.sequence).desc())
        .limit(1)
    )
    found = session.execute(query).first()
    return Rewritten(found.id, found.epoch, found.sequence, bytes(found.update)) if found else None


def seed_added(uow: UnitOfWork, clause: Clause) -> None:
    """A clause added to a part: the drafts of the part that exist get its text."""
    circle = Circle.parse(clause.circle)
    query = select(Draft).where(col(Draft.part_id) == clause.part_id).with_for_update()
    for draft in uow.session.execute(query).scalars():
        if circle not in (SHARED, Circle.parse(draft.circle)):
            continue
        client = _new_client()
        _append(uow, draft, op_id=f"added:{clause.id}", update=_fragment(clause, client), client=client)


def _new_client() -> int:
    return _FIRST_CLIENT + secrets.randbelow(_CLIENTS - _FIRST_CLIENT)


def _append(uow: UnitOfWork, draft: Draft, *, op_id: str, update: bytes, client: int) -> None:
    draft.sequence += 1
    logged = DraftUpdate(draft_id=draft.id, sequence=draft.sequence, epoch=draft.epoch, op_id=op_id, update=update)
    uow.session.add(logged)
    uow.session.add(DraftWriter(draft_id=draft.id, epoch=draft.epoch, client_id=client))
    uow.session.flush()


def _contents(session: Session, draft: Draft) -> list[bytes]:
    """What the document is made of, as the log has it in this transaction."""
    state = kept_state(session, draft.id, epoch=draft.epoch)
    logged = logged_updates(session, draft.id, epoch=draft.epoch, after=state.sequence if state else 0)
    return [*([state.content] if state else ()), *(each.update for each in logged)]


def _write_value(values: "Map[Any]", clause_id: str, value: str) -> None:
    if value:
        values[clause_id] = value
    elif clause_id in values:
        del values[clause_id]


def _fragment(clause: Clause, client: int) -> bytes:
    with library_failures_named():
        document: Doc[Any] = Doc(client_id=client)
        markdown_bridge.write_fragment(document, schema.clause_root(clause.id), markdown=clause.working_text)
        return document.get_update()


@dataclass(frozen=True)
class _Tabled:
    """Everything that a clause said before all one day, and what it began with; values as a field shows them."""

    texts: frozenset[str]
    values: frozenset[str]


def _tabled(session: Session, clause: Clause) -> _Tabled:
    query = select(col(Version.text), col(Version.value)).where(col(Version.clause_id) == clause.id)
    rows = session.execute(query).all()
    values = [clause.working_value, *(row.value for row in rows)]
    return _Tabled(
        texts=frozenset([clause.working_text, *(row.text for row in rows)]),
        values=frozenset(as_entered(value, clause.value_kind) for value in values),
    )
