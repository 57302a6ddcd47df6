"""« Rappeler »: whoever waits for a visa says so again, inside, to those who may give it. Once a day at most.

Only the party's own chain records it: nothing that others read changes. Source: product R16.
"""

from negotiation.errors import AlreadyDone, NotAllowed, NotFound, RemindedToday
from negotiation.events import Event, Kind
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import Action, Circle, VisaState
from negotiation.services.access import require
from negotiation.store.columns import now
from negotiation.store.contract import Clause
from negotiation.store.inside import VisaRequest
from negotiation.store.queries.visa_reminders import last_reminders
from negotiation.store.unit_of_work import UnitOfWork


def remind_visa(uow: UnitOfWork, actor: Actor, request_id: str) -> None:
    """Call one's own request to mind, to those whose visa it awaits.

    Raises NotFound, NotAllowed (another's request), AlreadyDone (it was settled), RemindedToday.
    """
    request = uow.session.get(VisaRequest, request_id)
    if request is None or request.party_id != actor.party_id:
        raise NotFound()
    circle = Circle.parse(request.circle)
    require(actor, Action.READ_INSIDE, circle=circle)
    uow.lock(request.negotiation_id)
    uow.refresh(request)
    if request.member_id != actor.member_id:
        raise NotAllowed(action=Action.MOVE)
    if request.state is not VisaState.WAITING:
        raise AlreadyDone()
    last = last_reminders(uow.session, actor, [request.clause_id]).get(request.id)
    if last is not None and paris_day(last) >= paris_day(now()):
        raise RemindedToday()
    facts = {"visa": request.id, "clause": request.clause_id, "move": str(request.move)}
    part_id = uow.session.get_one(Clause, request.clause_id).part_id
    uow.record(
        Event(
            Kind.VISA_REMINDED,
            request.negotiation_id,
            circle,
            actor.key,
            facts,
            clause_id=request.clause_id,
            part_id=part_id,
        )
    )
