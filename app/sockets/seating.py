"""A socket that is let into what a member reads listens as long as that member sits with the same rights."""

from app.database import current_store
from app.sockets.live import live_sockets
from app.sockets.registry import Caller
from negotiation.errors import NotFound
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Role
from negotiation.services.members import standings
from negotiation.services.signing_in import enter_tables
from negotiation.store.queries.members import awaits_entry


def take_seat(caller: Caller, actor: Actor) -> None:
    """Keep for whom the socket listens, before it hears anything. Somebody invited while signed in enters now.

    Raises NotFound when the member left a moment ago.
    """
    store = current_store()
    with store.reading() as session:
        roles = standings(session, {actor.member_id}).get(actor.member_id)
        awaited = awaits_entry(session, actor.member_id)
    if roles is None:
        raise NotFound()
    keep_seat(caller, actor, roles=roles, awaited=awaited)


def keep_seat(caller: Caller, actor: Actor, *, roles: frozenset[Role], awaited: bool) -> None:
    """The same, for whom it was just read."""
    live_sockets().sit(caller.sid, actor.member_id, roles)
    if awaited:
        with current_store().unit_of_work() as uow:
            enter_tables(uow, actor.person_id)
