"""Whose agreement a clause will ask, chosen while it is prepared inside: on the table, that changes by consent only."""

from sqlalchemy import delete, select
from sqlmodel import col

from negotiation.errors import CannotShape, NotFound
from negotiation.events import Event, Kind
from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.lifecycle import FEWEST_PARTIES
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, Action, Circle, Side
from negotiation.services.access import require
from negotiation.services.moves import open_clause
from negotiation.services.placing import keys_of
from negotiation.services.shaping import refuse_while_waiting
from negotiation.store.contract import ClauseParty, Part
from negotiation.store.people import Party
from negotiation.store.unit_of_work import UnitOfWork


def choose_parties(uow: UnitOfWork, actor: Actor, clause_id: str, parties: frozenset[str]) -> None:
    """Set the parties of a clause that is still inside; whoever prepares it always agrees too, since they propose it.

    Raises NotFound, NotAllowed, Frozen, CannotShape: all parties read it, its visa waits, they are too few, or it would
    oblige somebody who isn't asked.
    """
    clause = open_clause(uow, actor, clause_id)
    circle = Circle.parse(clause.circle)
    require(actor, Action.SHAPE, circle=circle)
    if circle == SHARED:
        raise CannotShape(reason="shared")
    refuse_while_waiting(uow, actor, uow.session.get_one(Part, clause.part_id))
    of_clause = col(ClauseParty.clause_id) == clause.id
    before = frozenset(uow.session.execute(select(col(ClauseParty.party_id)).where(of_clause)).scalars())
    wanted = parties | {actor.party_id}
    if wanted == before:
        return
    deciding = select(col(Party.id)).where(
        col(Party.negotiation_id) == actor.negotiation_id, col(Party.side) != Side.ASSOCIATE
    )
    known = frozenset(uow.session.execute(deciding).scalars())
    if not wanted <= known:
        raise NotFound()
    if len(wanted) < min(FEWEST_PARTIES, len(known)):
        raise CannotShape(reason="too_few")
    if clause.debtor_party_id is not None and clause.debtor_party_id not in wanted:
        raise CannotShape(reason="debtor")
    uow.session.execute(delete(ClauseParty).where(of_clause, col(ClauseParty.party_id).not_in(wanted)))
    uow.session.add_all(ClauseParty(clause_id=clause.id, party_id=party) for party in sorted(wanted - before))
    uow.session.flush()
    facts = {
        "clause": clause.id,
        "part": clause.part_id,
        "text": clause.working_text,
        "value": clause.working_value,
        "fingerprint": version_fingerprint(clause.working_text, clause.working_value),
        "parties": keys_of(uow, wanted),
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
