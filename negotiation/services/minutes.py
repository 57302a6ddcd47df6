"""The relevé de décisions: drawn up once from what a closed séance recorded, then corrected and approved as any text.

Its passages are clauses of a part of its own kind, tabled by the table commune: no party is behind them until it says
so. Co-drafting, counter-proposals, comments, reserves and acceptances are those of every clause; `approving` seals it.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from negotiation.documents.minutes_print import print_minutes
from negotiation.documents.pdf_print import PrintFailure, UnprintableText
from negotiation.errors import Frozen, NotFound, PrintFailed, SeanceInState, Unprintable
from negotiation.events import Event, Kind
from negotiation.rules import lifecycle
from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.lifecycle import Approval, Origin, Play
from negotiation.rules.minutes import Passage, passages
from negotiation.rules.policy import Actor
from negotiation.rules.seances import SeanceState
from negotiation.rules.vocabulary import SHARED, Action, ClauseKind, DocumentKind, Move, PartKind, Side, ValueKind
from negotiation.services.access import require
from negotiation.services.approving import content_so_far
from negotiation.services.move_rows import write_move
from negotiation.services.moves import situation_of
from negotiation.services.orders import Order, Seen
from negotiation.services.seance_rows import locked
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause, ClauseParty, Document, Part
from negotiation.store.minutes import Minutes
from negotiation.store.people import Party
from negotiation.store.queries.clauses import APPROVAL
from negotiation.store.queries.minutes import facts_of_seance, minutes_of
from negotiation.store.seances import Seance
from negotiation.store.unit_of_work import UnitOfWork

TITLE = "Relevés de décisions"


@dataclass(frozen=True)
class Printable:
    """A relevé to print. `fingerprint`: empty while it is a project."""

    content: dict[str, Any]
    fingerprint: str


def draw_up_minutes(uow: UnitOfWork, actor: Actor, seance_id: str) -> str:
    """The relevé of a séance that is over, made once: its part's id, whoever asks again.

    Raises NotFound, NotAllowed, SeanceInState, Frozen, UnreadableText.
    """
    require(actor, Action.PLAN_SEANCE)
    seance = _closed(uow, actor, seance_id)
    if found := minutes_of(uow.session, actor, seance.id):
        return found.part_id
    if uow.lock(seance.negotiation_id).frozen_at is not None:
        raise Frozen()
    written = passages(facts_of_seance(uow.session, actor, seance.id))
    part = _part(uow, seance)
    minutes = Minutes(
        negotiation_id=seance.negotiation_id, seance_id=seance.id, part_id=part.id, drawn_up_by=actor.member_id
    )
    uow.session.add(minutes)
    clauses = _clauses(uow, part, written)
    facts = {"seance": seance.id, "minutes": minutes.id, "title": seance.title, "passages": len(clauses)}
    uow.record(
        Event(
            Kind.MINUTES_DRAWN_UP,
            seance.negotiation_id,
            SHARED,
            actor.key,
            facts,
            part_id=part.id,
            seance_id=seance.id,
        )
    )
    bundle = new_id()
    for clause, passage in zip(clauses, written, strict=True):
        _table(uow, actor, clause, passage, bundle=bundle)
    return part.id


def minutes_to_print(session: Session, actor: Actor, seance_id: str) -> Printable:
    """What was approved, or the relevé as it stands. Raises NotFound, NotAllowed."""
    require(actor, Action.FOLLOW_SEANCE)
    minutes = minutes_of(session, actor, seance_id)
    if minutes is None:
        raise NotFound()
    content = json.loads(minutes.content) if minutes.approved_at else content_so_far(session, minutes.id)
    return Printable(content, minutes.content_hash)


def printed(record: Printable) -> bytes:
    """The PDF, made outside any transaction. Raises Unprintable, PrintFailed."""
    try:
        return print_minutes(record.content, fingerprint=record.fingerprint)
    except UnprintableText as refusal:
        raise Unprintable(character=refusal.character, where=refusal.where) from refusal
    except PrintFailure as failure:
        raise PrintFailed() from failure


def _closed(uow: UnitOfWork, actor: Actor, seance_id: str) -> Seance:
    seance = locked(uow, actor, seance_id, *SeanceState)
    if seance.state is not SeanceState.CLOSED:
        raise SeanceInState(reason=seance.state)
    return seance


def _part(uow: UnitOfWork, seance: Seance) -> Part:
    document = _document(uow, seance.negotiation_id)
    last = uow.session.execute(select(func.max(Part.position)).where(col(Part.document_id) == document.id)).scalar()
    part = Part(
        id=new_id(),
        negotiation_id=seance.negotiation_id,
        document_id=document.id,
        kind=PartKind.MINUTES,
        key=seance.id,
        code="",
        title=seance.title,
        attributes={"seance_id": seance.id},
        position=(last or 0) + 1,
    )
    uow.session.add(part)
    uow.session.flush()
    return part


def _document(uow: UnitOfWork, negotiation_id: str) -> Document:
    """The document of all relevés, made with the first."""
    query = select(Document).where(
        col(Document.negotiation_id) == negotiation_id, col(Document.kind) == DocumentKind.MINUTES
    )
    document: Document | None = uow.session.execute(query).scalar_one_or_none()
    if document is None:
        document = Document(
            id=new_id(), negotiation_id=negotiation_id, kind=DocumentKind.MINUTES, title=TITLE, attributes={}
        )
        uow.session.add(document)
        uow.session.flush()
    return document


def _clauses(uow: UnitOfWork, part: Part, written: tuple[Passage, ...]) -> list[Clause]:
    """One for each passage; every party that decides approves it, whether it was in the room or not."""
    clauses = [
        Clause(
            id=new_id(),
            negotiation_id=part.negotiation_id,
            part_id=part.id,
            kind=ClauseKind.TEXT,
            field=passage.key,
            label=passage.label,
            position=position,
            value_kind=ValueKind.NONE,
            attributes={APPROVAL: str(Approval.OPEN)},
        )
        for position, passage in enumerate(written)
    ]
    deciding = select(col(Party.id)).where(
        col(Party.negotiation_id) == part.negotiation_id, col(Party.side) != Side.ASSOCIATE
    )
    parties = sorted(uow.session.execute(deciding).scalars())
    for rows in (
        clauses,
        [ClauseParty(clause_id=clause.id, party_id=party_id) for clause in clauses for party_id in parties],
    ):
        uow.session.add_all(rows)
        uow.session.flush()
    return clauses


def _table(uow: UnitOfWork, actor: Actor, clause: Clause, passage: Passage, *, bundle: str) -> None:
    """Put the passage on the table in nobody's name: whoever drew the relevé up only asked for it."""
    order = Order(Move.PROPOSAL, text=passage.text, origin=Origin.TABLE_COMMUNE, seen=Seen(), bundle=bundle)
    at = situation_of(uow, clause)
    play = Play(order.move, min(at.concerned), fingerprint=version_fingerprint(passage.text, None), origin=order.origin)
    write_move(uow, actor, clause, order=order, outcome=lifecycle.play(at, play))
