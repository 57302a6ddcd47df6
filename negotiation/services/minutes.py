"""The relevé de décisions: drawn up once from what a closed séance recorded, then corrected and approved as any text.

Its passages are clauses of a part of its own kind, tabled by the table commune: no party is behind them until it says
so. Co-drafting, counter-proposals, comments, reserves and acceptances are those of every clause; `approving` seals it.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from negotiation.documents.minutes_print import print_minutes
from negotiation.documents.pdf_print import PrintFailure, UnprintableText
from negotiation.errors import NotFound, PrintFailed, SeanceInState, Unprintable
from negotiation.events import Event, Kind
from negotiation.rules.minutes import passages
from negotiation.rules.policy import Actor
from negotiation.rules.seances import SeanceState
from negotiation.rules.vocabulary import SHARED, Action, DocumentKind, PartKind
from negotiation.services.access import require
from negotiation.services.apart import Entry, Place, clauses_apart, part_apart, table_in_common
from negotiation.services.approving import content_so_far
from negotiation.services.seance_rows import locked
from negotiation.store.columns import new_id
from negotiation.store.minutes import Minutes
from negotiation.store.queries.minutes import facts_of_seance, minutes_of
from negotiation.store.seances import Seance
from negotiation.store.unit_of_work import UnitOfWork

PLACE = Place(DocumentKind.MINUTES, "Relevés de décisions", PartKind.MINUTES)


@dataclass(frozen=True)
class Printable:
    """A relevé to print. `fingerprint`: empty while it is a project."""

    content: dict[str, Any]
    fingerprint: str


def draw_up_minutes(uow: UnitOfWork, actor: Actor, seance_id: str) -> str:
    """The relevé of a séance that is over, made once: its part's id, whoever asks again.

    Raises NotFound, NotAllowed, SeanceInState, UnreadableText.
    """
    require(actor, Action.PLAN_SEANCE)
    seance = _closed(uow, actor, seance_id)
    if found := minutes_of(uow.session, actor, seance.id):
        return found.part_id
    written = passages(facts_of_seance(uow.session, actor, seance.id))
    part = part_apart(uow, seance.negotiation_id, PLACE, key=seance.id, title=seance.title, seance=seance.id)
    minutes = Minutes(
        negotiation_id=seance.negotiation_id, seance_id=seance.id, part_id=part.id, drawn_up_by=actor.member_id
    )
    uow.session.add(minutes)
    clauses = clauses_apart(uow, part, [Entry(passage.key, passage.label) for passage in written])
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
        table_in_common(uow, actor, clause, passage.text, bundle=bundle)
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
