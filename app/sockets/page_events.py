"""What a page asks for its own freshness: to be told of changes at the table it shows."""

from flask_socketio import join_room

from app.database import current_store
from app.presence import Stay, at_the_table
from app.sockets.live import room_of
from app.sockets.presence import room_of_presence
from app.sockets.registry import Answer, Caller, Message, handles
from app.sockets.seating import take_seat
from negotiation.rules.policy import Actor, circles_of
from negotiation.rules.vocabulary import Action
from negotiation.services.access import actor_in, require
from negotiation.services.notifying import note_visit, visit_is_noted
from negotiation.store import Announcing
from negotiation.store.columns import now
from negotiation.store.queries.history import heads_reached


@handles("watch_table", Action.WATCH)
def watch_table(caller: Caller, message: Message) -> Answer:
    """Join the rooms of one's own circles; the server names them. `missed` when something happened between the making
    of the page (`reached`) and this moment. Raises NotFound."""
    actor = _watcher(caller, message)
    negotiation_id = actor.negotiation_id
    for circle in circles_of(actor):
        join_room(room_of(negotiation_id, str(circle)))
    with current_store().reading() as session:  # after joining: from here on the page is told
        missed = message.raw("reached") not in (None, heads_reached(session, actor))
        noted = visit_is_noted(session, actor, now())
    if not noted:
        with current_store().unit_of_work(Announcing.SILENT) as uow:
            note_visit(uow, actor, now())
    return {"missed": True} if missed else None


@handles("sit_at_table", Action.WATCH)
def sit_at_table(caller: Caller, message: Message) -> Answer:
    """The page shows the table: its reader is seen there, and learns who else is. Raises NotFound."""
    actor = _watcher(caller, message)
    at_the_table().come(caller.sid, Stay(actor.negotiation_id, actor.member_id))
    join_room(room_of_presence(actor.negotiation_id))
    return None


def _watcher(caller: Caller, message: Message) -> Actor:
    """The caller, let in to listen. Raises NotFound."""
    with current_store().reading() as session:
        actor = actor_in(
            session,
            message.text("negotiation"),
            person_id=caller.person.person_id,
            authentication=caller.person.authentication,
        )
    require(actor, Action.WATCH)
    take_seat(caller, actor)
    return actor
