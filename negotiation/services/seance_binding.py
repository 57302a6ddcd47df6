"""What a decision of a séance becomes once its minute is over: a move, a task, or the reason why it is neither.

Bound once: the state of the row changes in the transaction of the move, behind the negotiation's lock, and the move
bears the decision's own request key. Whoever comes second finds nothing left to do.
"""

from collections import Counter
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import (
    DecisionsWaiting,
    NotAllowed,
    NotFound,
    Refusal,
    StaleClause,
)
from negotiation.events import Event, Kind
from negotiation.rules.policy import Actor, Authentication, Method
from negotiation.rules.seances import MOVE_OF_DECISION, DecisionKind, DecisionState, Unbound
from negotiation.rules.vocabulary import SHARED, Move
from negotiation.services.access import actor_in, with_voices_lent
from negotiation.services.mentioning import readers_of
from negotiation.services.moves import play
from negotiation.services.orders import Order, Seen
from negotiation.services.seance_rows import clause_on_table
from negotiation.services.tasks import Wish, open_task
from negotiation.store.columns import now
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow
from negotiation.store.people import Member, Party
from negotiation.store.queries.decided import due_decisions
from negotiation.store.seances import Seance, SeanceDecision
from negotiation.store.unit_of_work import UnitOfWork


def bind_decision(uow: UnitOfWork, decision_id: str, moment: datetime) -> bool:
    """Bind a decision that has waited its minute, or say why it can't; whether it was still to be done.

    One negotiation a transaction: two that wait for each other's locks would get nowhere.
    """
    decision = uow.session.get(SeanceDecision, decision_id)
    if decision is None:
        return False
    uow.lock(decision.negotiation_id)
    uow.refresh(decision)
    if decision.state is not DecisionState.WAITING or decision.binds_at is None or decision.binds_at > moment:
        return False
    reason = _carried_out(uow, decision)
    _settle(uow, decision, reason, moment=moment)
    return True


def settle_all(uow: UnitOfWork, seance: Seance, moment: datetime) -> dict[str, int]:
    """At the end of a séance, locked: what is due binds, and what no party confirmed says so. How many by state.

    Raises DecisionsWaiting (`count`, `seconds`) while something may still be cancelled.
    """
    for decision_id in due_decisions(uow.session, moment, seance_id=seance.id):
        bind_decision(uow, decision_id, moment)
    query = select(SeanceDecision).where(col(SeanceDecision.seance_id) == seance.id).order_by(col(SeanceDecision.rank))
    decisions = list(uow.session.execute(query).scalars())
    waiting = [each.binds_at for each in decisions if each.state is DecisionState.WAITING and each.binds_at]
    if waiting:
        raise DecisionsWaiting(count=len(waiting), seconds=int((max(waiting) - moment).total_seconds()))
    for decision in decisions:
        if decision.state is DecisionState.PROPOSED:
            decision.move_id = _own_acceptance(uow, decision)
            _settle(uow, decision, None if decision.move_id else Unbound.NOT_CONFIRMED, moment=moment)
    return {str(state): count for state, count in Counter(each.state for each in decisions).items()}


def tell(uow: UnitOfWork, actor_key: str, decision: SeanceDecision, kind: Kind, **facts: object) -> None:
    """A fact of a decision, in the shared chain; it names the version that was seen."""
    session = uow.session
    party = session.get(Party, decision.party_id) if decision.party_id else None
    clause = session.get(Clause, decision.clause_id) if decision.clause_id else None
    named: dict[str, object] = {
        "seance": decision.seance_id,
        "decision": decision.id,
        "decided": str(decision.kind),
        "party": party.key if party else None,
        "version": decision.version_number,
        "fingerprint": decision.fingerprint,
        **facts,
    }
    place = {"clause_id": decision.clause_id, "part_id": clause.part_id if clause else None}
    uow.record(Event(kind, decision.negotiation_id, SHARED, actor_key, named, **place, seance_id=decision.seance_id))


def request_of(decision_id: str) -> str:
    """The request key of the move that a decision becomes. Everybody reads the decision's id, and a form takes any key
    of 36 characters: this one is shorter, so that no move of one's own passes for it beforehand."""
    return UUID(decision_id).hex


def words_of(uow: UnitOfWork, decision: SeanceDecision) -> dict[str, object]:
    """What it says, as the history keeps it once it can't be cancelled any more."""
    owner = uow.session.get(Member, decision.owner_id) if decision.owner_id else None
    return {
        "text": decision.text,
        "owner": owner.key if owner else None,
        "due": decision.due_on.isoformat() if decision.due_on else None,
    }


def _settle(uow: UnitOfWork, decision: SeanceDecision, reason: Unbound | None, *, moment: datetime) -> None:
    decision.state = DecisionState.UNBOUND if reason else DecisionState.BOUND
    decision.reason, decision.settled_at = reason, moment
    uow.session.flush()
    taker = uow.session.get_one(Member, decision.decided_by or decision.recorded_by).key
    if reason:
        facts: dict[str, object] = {"reason": str(reason)}
    else:
        facts = {"move": decision.move_id, "task": decision.task_id}
    kind = Kind.DECISION_UNBOUND if reason else Kind.DECISION_BOUND
    tell(uow, taker, decision, kind, **words_of(uow, decision), **facts)


def _carried_out(uow: UnitOfWork, decision: SeanceDecision) -> Unbound | None:
    """Do what was decided, in the name of who decided; why not otherwise. A refused move has written nothing."""
    try:
        actor = _taker(uow, decision)
    except NotFound:
        return Unbound.NOT_ENTITLED
    try:
        if decision.clause_id:
            clause_on_table(uow, actor, decision.clause_id)
        if decision.kind is DecisionKind.TASK:
            decision.task_id = _open_task(uow, actor, decision)
        elif decision.kind in MOVE_OF_DECISION and decision.clause_id:
            decision.move_id = _own_acceptance(uow, decision) or _play(uow, actor, decision, decision.clause_id)
    except StaleClause:
        return Unbound.TEXT_CHANGED
    except NotAllowed:
        return Unbound.NOT_ENTITLED
    except Refusal:
        return Unbound.NOT_POSSIBLE
    return None


def _taker(uow: UnitOfWork, decision: SeanceDecision) -> Actor:
    """Whoever decided, with the rights that he has now, which all parties read; and the voices lent to him when he
    decided, which are his party's own affair. How recently he was recognised was asked then too: the minute, or a
    server that was away, takes nothing from it. Raises NotFound once he isn't at the table."""
    member = uow.session.get_one(Member, decision.decided_by or decision.recorded_by)
    how = Authentication(decision.method or Method.LINK, now())
    actor = actor_in(uow.session, decision.negotiation_id, person_id=member.person_id, authentication=how)
    return with_voices_lent(uow.session, actor, decision.decided_at or decision.recorded_at)


def _play(uow: UnitOfWork, actor: Actor, decision: SeanceDecision, clause_id: str) -> str:
    order = Order(
        MOVE_OF_DECISION[decision.kind],
        text=decision.text,
        seen=Seen(decision.version_number, decision.fingerprint),
        request_key=request_of(decision.id),
        decision=decision.id,
    )
    return play(uow, actor, clause_id, order).move_id


def _open_task(uow: UnitOfWork, actor: Actor, decision: SeanceDecision) -> str:
    """A task of all: what a party does at home has no place in a séance. Its owner may have left meanwhile."""
    owner = decision.owner_id if decision.owner_id in readers_of(uow, actor, SHARED) else None
    wish = Wish(SHARED, decision.text, owner=owner, due_on=decision.due_on, clause_id=decision.clause_id)
    return open_task(uow, actor, wish)


def _own_acceptance(uow: UnitOfWork, decision: SeanceDecision) -> str | None:
    """The move by which the party accepted this very version meanwhile, some other way; None when it didn't."""
    clause = uow.session.get(Clause, decision.clause_id) if decision.clause_id else None
    if decision.kind is not DecisionKind.AGREEMENT or clause is None:
        return None
    uow.refresh(clause)
    if clause.current_version_id != decision.version_id or decision.party_id not in clause.behind:
        return None
    query = select(col(MoveRow.id)).where(
        col(MoveRow.clause_id) == clause.id,
        col(MoveRow.party_id) == decision.party_id,
        col(MoveRow.type) == Move.ACCEPTANCE,
        col(MoveRow.version_id) == decision.version_id,
        col(MoveRow.circle) == str(SHARED),
    )
    found: str | None = uow.session.execute(query.order_by(col(MoveRow.rank).desc()).limit(1)).scalar()
    return found
