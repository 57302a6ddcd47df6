"""Documents that the parties agree on by the moves of the contract, and that are no part of it: relevés, dialogues de
gestion, the final evaluation.

Each is a part of one document per kind; what it says is clauses that every party which decides approves.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import col

from negotiation.rules import lifecycle
from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.lifecycle import Approval, Origin, Play
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import LIVE_AFTER_GEL, ClauseKind, DocumentKind, Move, PartKind, Side, ValueKind
from negotiation.services.move_rows import write_move
from negotiation.services.moves import situation_of
from negotiation.services.orders import Order, Seen
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause, ClauseParty, Document, Part
from negotiation.store.people import Party
from negotiation.store.queries.clauses import ABOUT
from negotiation.store.queries.situations import APPROVAL
from negotiation.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Entry:
    """A clause to make. `about`: the id of the part or clause of the contract that it speaks of."""

    field: str
    label: str
    value_kind: ValueKind = ValueKind.NONE
    unit: str = ""
    about: str = ""


@dataclass(frozen=True)
class Place:
    """Where the part goes: the document of its kind, made with the first, under this title."""

    document: DocumentKind
    title: str
    part: PartKind


def part_apart(uow: UnitOfWork, negotiation_id: str, place: Place, *, key: str, title: str, seance: str = "") -> Part:
    """A part at the end of its document. `seance`: id of the one that it comes from, where there is one."""
    document = _document(uow, negotiation_id, place)
    last = uow.session.execute(select(func.max(Part.position)).where(col(Part.document_id) == document.id)).scalar()
    part = Part(
        id=new_id(),
        negotiation_id=negotiation_id,
        document_id=document.id,
        kind=place.part,
        key=key,
        code="",
        title=title,
        attributes={"seance_id": seance} if seance else {},
        position=(last or 0) + 1,
    )
    uow.session.add(part)
    uow.session.flush()
    return part


def clauses_apart(uow: UnitOfWork, part: Part, entries: Iterable[Entry]) -> list[Clause]:
    """One for each entry; every party that decides approves it, whether it was in the room or not."""
    approval = Approval.KEPT if part.kind in LIVE_AFTER_GEL else Approval.OPEN
    clauses = [
        Clause(
            id=new_id(),
            negotiation_id=part.negotiation_id,
            part_id=part.id,
            kind=ClauseKind.TEXT,
            field=entry.field,
            label=entry.label,
            position=position,
            value_kind=entry.value_kind,
            unit=entry.unit,
            attributes={APPROVAL: str(approval)} | ({ABOUT: entry.about} if entry.about else {}),
        )
        for position, entry in enumerate(entries)
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


def table_in_common(uow: UnitOfWork, actor: Actor, clause: Clause, text: str, *, bundle: str) -> None:
    """Put the text on the table in nobody's name: whoever drew it up only asked for it."""
    order = Order(Move.PROPOSAL, text=text, origin=Origin.TABLE_COMMUNE, seen=Seen(), bundle=bundle)
    at = situation_of(uow, clause)
    play = Play(order.move, min(at.concerned), fingerprint=version_fingerprint(text, None), origin=order.origin)
    write_move(uow, actor, clause, order=order, outcome=lifecycle.play(at, play))


def _document(uow: UnitOfWork, negotiation_id: str, place: Place) -> Document:
    query = select(Document).where(col(Document.negotiation_id) == negotiation_id, col(Document.kind) == place.document)
    document: Document | None = uow.session.execute(query).scalar_one_or_none()
    if document is None:
        document = Document(
            id=new_id(), negotiation_id=negotiation_id, kind=place.document, title=place.title, attributes={}
        )
        uow.session.add(document)
        uow.session.flush()
    return document
