"""Parts prepared inside a circle: written there, put on the table whole, or deleted without anybody else knowing.

What leaves bears the moment at which it leaves. Nothing dates or counts the time it was inside. Sources: product R1,
R16; trust T1, T8.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete
from sqlmodel import SQLModel, col

from negotiation.errors import AlreadyDone, CannotShape
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import canonical_markdown, readable_text, version_fingerprint
from negotiation.rules.policy import Actor
from negotiation.rules.values import as_entered, canonical_value
from negotiation.rules.vocabulary import SHARED, Action, Circle, Move
from negotiation.services.access import require
from negotiation.services.drafting import drafted_texts, restart_drafts
from negotiation.services.moves import needs_visa, open_clause
from negotiation.services.orders import Order
from negotiation.services.placing import is_proposed_by, may_stand, says_something, share_shape
from negotiation.services.shaping import (
    clauses_of_parts,
    family,
    is_shared,
    open_part,
    record_part,
    refuse_while_waiting,
)
from negotiation.services.visas import ask_for_part, submit_together, tell_deleted
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause, Part
from negotiation.store.exchange import Message
from negotiation.store.talk import Mention, SearchEntry, Task
from negotiation.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Shared:
    """What became of a part put on the table: how many texts were proposed, or how many wait inside for a visa, and how
    many are `kept` in a draft of the circle, because another party has to propose them."""

    proposed: int = 0
    waiting: int = 0
    kept: int = 0


def write_working(uow: UnitOfWork, actor: Actor, clause_id: str, *, text: str, value: object = None) -> None:
    """Write a clause of a part that is still inside: its text, and its value as a form holds it.

    Raises NotFound, NotAllowed, Frozen, UnreadableText, WrongValue, CannotShape when all parties read it already: what
    is on the table changes by moves only.
    """
    clause = open_clause(uow, actor, clause_id)
    circle = Circle.parse(clause.circle)
    require(actor, Action.SHAPE, circle=circle)
    if circle == SHARED:
        raise CannotShape(reason="shared")
    refuse_while_waiting(uow, actor, uow.session.get_one(Part, clause.part_id))
    written, typed = canonical_markdown(text), canonical_value(value, clause.value_kind)
    drafted = drafted_texts(uow.session, clause.part_id, circle=circle).get(clause.id)
    if (written, typed) == (clause.working_text, clause.working_value) and drafted in (None, written):
        return
    clause.working_text, clause.working_value = written, typed
    uow.session.flush()
    if drafted is not None and drafted != written:
        restart_drafts(uow, clause, circle=circle)
    facts = {
        "clause": clause.id,
        "part": clause.part_id,
        "text": written,
        "value": typed,
        "fingerprint": version_fingerprint(written, typed),
    }
    uow.record(
        Event(
            Kind.CLAUSE_WRITTEN,
            clause.negotiation_id,
            circle,
            actor.key,
            facts,
            clause_id=clause.id,
            part_id=clause.part_id,
        )
    )


def share_part(
    uow: UnitOfWork, actor: Actor, part_id: str, *, motive: str = "", words: str = "", despite_mandate: bool = False
) -> Shared:
    """Put an inside part and what hangs below it on the table, each clause that it wrote and has to agree on proposed
    in the party's name; what is written of other parties' clauses stays a draft of the circle.

    Where the party asks a visa for proposals, everything waits inside for it; `words` go with the request.
    Raises NotFound, NotAllowed, Frozen, AlreadyDone, CannotShape, OutsideMandate, VisaPending, UnreadableText.
    """
    return share_parts(uow, actor, [part_id], motive=motive, words=words, despite_mandate=despite_mandate)


def share_parts(
    uow: UnitOfWork,
    actor: Actor,
    part_ids: Iterable[str],
    *,
    motive: str = "",
    words: str = "",
    despite_mandate: bool = False,
) -> Shared:
    """Several at once, none of which hangs from another: their texts leave, or wait, as one gesture. A part without a
    word has nothing that a visa is asked for. Raises what `share_part` raises."""
    tops = [_about_to_leave(uow, actor, part_id) for part_id in part_ids]
    said = readable_text(motive)
    held = {top.id: clauses_of_parts(uow, family(uow, top)) for top in tops}
    clauses = [clause for each in held.values() for clause in each]
    written = [clause for clause in clauses if is_proposed_by(uow, clause, actor.party_id)]
    kept = sum(1 for clause in clauses if says_something(clause) and clause not in written)
    visa = needs_visa(uow.session, actor, Move.PROPOSAL) if written else None
    for top in tops:
        if visa is None or not any(clause in written for clause in held[top.id]):
            share_shape(uow, actor, top)
    bundle = new_id()
    orders = [
        (
            clause.id,
            Order(
                Move.PROPOSAL,
                text=clause.working_text,
                value=as_entered(clause.working_value, clause.value_kind),
                motive=said,
                bundle=bundle,
            ),
        )
        for clause in written
    ]
    if visa:
        ask_for_part(uow, actor, orders, role=visa, words=words, despite_mandate=despite_mandate)
        return Shared(waiting=len(orders), kept=kept)
    if orders:
        submit_together(uow, actor, orders, words=words, despite_mandate=despite_mandate)
    return Shared(proposed=len(orders), kept=kept)


def delete_inside(uow: UnitOfWork, actor: Actor, part_id: str) -> None:
    """Delete for good what is still inside, with what hangs below; its words stay in the circle's history.

    Raises NotFound, NotAllowed, Frozen, AlreadyDone, CannotShape while a visa is asked.
    """
    part = _inside(uow, actor, part_id)
    parts = family(uow, part)
    refuse_while_waiting(uow, actor, part)
    _take_drafts(uow, parts)
    clauses = clauses_of_parts(uow, parts)
    texts = {
        clause.id: {"label": clause.label, "text": clause.working_text, "value": clause.working_value}
        for clause in clauses
        if says_something(clause)
    }
    record_part(
        uow,
        actor,
        part,
        kind=Kind.PART_DROPPED,
        facts={"parts": [each.id for each in parts], "deleted": True, "texts": texts},
    )
    tell_deleted(uow, actor, clauses)
    _delete(uow, parts, [clause.id for clause in clauses])


# ---------------------------------------------------------------------- steps


def _inside(uow: UnitOfWork, actor: Actor, part_id: str) -> Part:
    part = open_part(uow, actor, part_id)
    if is_shared(part):
        raise AlreadyDone()
    return part


def _about_to_leave(uow: UnitOfWork, actor: Actor, part_id: str) -> Part:
    """The part, its words those that were typed last."""
    part = _inside(uow, actor, part_id)
    require(actor, Action.TABLE_TEXT, circle=Circle.parse(part.circle))
    may_stand(uow, part)
    refuse_while_waiting(uow, actor, part)
    _take_drafts(uow, family(uow, part))
    return part


def _take_drafts(uow: UnitOfWork, parts: Iterable[Part]) -> None:
    """What was typed in the live draft of the circle becomes the working text."""
    for part in parts:
        drafted = drafted_texts(uow.session, part.id, circle=Circle.parse(part.circle))
        for clause in clauses_of_parts(uow, [part]):
            clause.working_text = drafted.get(clause.id, clause.working_text)
    uow.session.flush()


_NAMED_BY_CLAUSE: tuple[type[SQLModel], ...] = (Message, Mention, Task, SearchEntry)
"""Rows that name a clause or a part without a key: what nothing takes away with it."""


def _delete(uow: UnitOfWork, parts: list[Part], clause_ids: list[str]) -> None:
    """Everything that was said and typed there goes with it: rows of a clause or a part by their keys, others here."""
    part_ids = [part.id for part in parts]
    for row in _NAMED_BY_CLAUSE:
        columns = row.__table__.columns  # type: ignore[attr-defined]
        uow.session.execute(delete(row).where(columns.clause_id.in_(clause_ids)))
        if "part_id" in columns:
            uow.session.execute(delete(row).where(columns.part_id.in_(part_ids)))
    uow.session.execute(delete(Clause).where(col(Clause.id).in_(clause_ids)))
    for part in reversed(parts):
        uow.session.execute(delete(Part).where(col(Part.id) == part.id))
