"""A séance under lock, and what is told of it: what the services of a séance share."""

from collections.abc import Collection

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import NotChair, NotFound, SeanceInState
from negotiation.events import Event, Kind, Signal
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.seances import SeanceState
from negotiation.rules.vocabulary import SHARED, Action
from negotiation.services.access import require, sits
from negotiation.store.columns import now
from negotiation.store.contract import Clause, Part
from negotiation.store.people import Member, Party
from negotiation.store.queries.visibility import on_the_table
from negotiation.store.seances import Seance
from negotiation.store.unit_of_work import UnitOfWork

ALIVE = (SeanceState.PLANNED, SeanceState.OPEN)


def locked(uow: UnitOfWork, actor: Actor, seance_id: str, *states: SeanceState) -> Seance:
    """The séance, its negotiation locked, in one of these states. Raises NotFound, SeanceInState."""
    seance = uow.session.get(Seance, seance_id)
    if seance is None or seance.negotiation_id != actor.negotiation_id:
        raise NotFound()
    uow.lock(seance.negotiation_id)
    uow.refresh(seance)
    if seance.state not in states:
        raise SeanceInState(reason=seance.state)
    return seance


def chaired(uow: UnitOfWork, actor: Actor, seance_id: str) -> Seance:
    """The open séance, for whoever chairs it and still may. Raises NotFound, NotAllowed, SeanceInState, NotChair."""
    require(actor, Action.CHAIR_SEANCE)
    seance = locked(uow, actor, seance_id, SeanceState.OPEN)
    require_chair(actor, seance)
    return seance


def require_chair(actor: Actor, seance: Seance) -> None:
    if seance.chair_id != actor.member_id:
        raise NotChair()


def seated(uow: UnitOfWork, negotiation_id: str, member_ids: Collection[str]) -> dict[str, Member]:
    """These members, by id, all of them at the table today. Raises NotFound."""
    query = select(Member).where(col(Member.negotiation_id) == negotiation_id, col(Member.id).in_(list(member_ids)))
    today = paris_day(now())
    found = {member.id: member for member in uow.session.execute(query).scalars() if sits(member, today)}
    if set(member_ids) - found.keys():
        raise NotFound()
    return found


def party_of_table(uow: UnitOfWork, actor: Actor, party_id: str) -> Party:
    """Raises NotFound."""
    party = uow.session.get(Party, party_id)
    if party is None or party.negotiation_id != actor.negotiation_id:
        raise NotFound()
    return party


def clause_on_table(uow: UnitOfWork, actor: Actor, clause_id: str) -> Clause:
    """A clause that every party reads and the contract holds: what is unknown, left out of it, or still inside a party,
    one's own included, is absent from a séance alike. Raises NotFound."""
    query = (
        select(Clause)
        .join(Part, col(Part.id) == Clause.part_id)
        .where(
            col(Clause.id) == clause_id,
            col(Clause.negotiation_id) == actor.negotiation_id,
            on_the_table(Clause.circle),
            col(Part.dropped_at).is_(None),
        )
    )
    clause: Clause | None = uow.session.execute(query).scalar_one_or_none()
    if clause is None:
        raise NotFound()
    return clause


def part_on_table(uow: UnitOfWork, actor: Actor, part_id: str) -> Part:
    """The same for a part. Raises NotFound."""
    query = select(Part).where(
        col(Part.id) == part_id,
        col(Part.negotiation_id) == actor.negotiation_id,
        on_the_table(Part.circle),
        col(Part.dropped_at).is_(None),
    )
    part: Part | None = uow.session.execute(query).scalar_one_or_none()
    if part is None:
        raise NotFound()
    return part


def record(uow: UnitOfWork, actor: Actor, seance: Seance, kind: Kind, **facts: object) -> None:
    """A fact of the séance, in the shared chain."""
    named = {"seance": seance.id, "title": seance.title, **facts}
    uow.record(Event(kind, seance.negotiation_id, SHARED, actor.key, named, seance_id=seance.id))


def signal(uow: UnitOfWork, actor: Actor, seance: Seance, what: Signal) -> None:
    """Tell the pages of the séance to look again; no chain keeps it."""
    uow.announce(Event(what, seance.negotiation_id, SHARED, actor.key, {}, seance_id=seance.id))
