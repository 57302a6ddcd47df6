"""One gesture for many clauses: table the working texts of a part or of the contract, accept a whole part at once.

Each clause keeps its own move; the bundle ties them together. It is all or nothing: one stale clause refuses the
gesture, so that nothing is agreed that nobody saw whole. Where the party asks a visa, the whole gesture waits for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import IllegalMove
from negotiation.rules.lifecycle import Reason
from negotiation.rules.policy import Actor
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import Action, ClauseKind, ClauseState, Move
from negotiation.services.access import require
from negotiation.services.orders import Order, Played, Seen
from negotiation.services.visas import Submitted, submit_together
from negotiation.store.columns import new_id
from negotiation.store.contract import Clause, ClauseParty
from negotiation.store.exchange import MoveRow
from negotiation.store.inside import VisaRequest
from negotiation.store.queries.clauses import in_the_contract
from negotiation.store.queries.visibility import on_the_table, visible
from negotiation.store.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Answer:
    """A clause of the list, with the version and fingerprint that were on the screen."""

    clause_id: str
    seen: Seen


def accept_together(
    uow: UnitOfWork,
    actor: Actor,
    answers: Iterable[Answer],
    *,
    words: str = "",
    despite_mandate: bool = False,
    request_key: str | None = None,
) -> tuple[Submitted, ...]:
    """Accept each listed version. The same request again (same `request_key`) gives what the first one did.

    Raises what `visas.submit_together` raises, and IllegalMove for an empty list.
    """
    require(actor, Action.ACCEPT)
    if done := _done_already(uow, actor, request_key):
        return done
    listed = tuple(answers)
    if not listed:
        raise IllegalMove(reason=Reason.NOTHING_TABLED, move=Move.ACCEPTANCE)
    bundle = request_key or new_id()
    orders = [(answer.clause_id, Order(Move.ACCEPTANCE, seen=answer.seen, bundle=bundle)) for answer in listed]
    return submit_together(uow, actor, orders, words=words, despite_mandate=despite_mandate)


def propose_working_texts(
    uow: UnitOfWork,
    actor: Actor,
    part_ids: Iterable[str],
    *,
    only: frozenset[str] | None = None,
    words: str = "",
    despite_mandate: bool = False,
    request_key: str | None = None,
) -> tuple[Submitted, ...]:
    """Table, in the name of the actor's party, every working text of these parts that nobody tabled yet; of these
    clauses `only` where they are named.

    Raises what `visas.submit_together` raises, and IllegalMove when there is none.
    """
    require(actor, Action.TABLE_TEXT)
    if done := _done_already(uow, actor, request_key):
        return done
    clauses = [clause for clause in _untabled(uow, actor, part_ids) if only is None or clause.id in only]
    if not clauses:
        raise IllegalMove(reason=Reason.NOTHING_TABLED, move=Move.PROPOSAL)
    bundle = request_key or new_id()
    orders = [
        (
            clause.id,
            Order(
                Move.PROPOSAL,
                text=clause.working_text,
                value=as_entered(clause.working_value, clause.value_kind),
                bundle=bundle,
            ),
        )
        for clause in clauses
    ]
    return submit_together(uow, actor, orders, words=words, despite_mandate=despite_mandate)


def _done_already(uow: UnitOfWork, actor: Actor, request_key: str | None) -> tuple[Submitted, ...]:
    """What this very gesture did, when it comes a second time (trust T13): the key of its form is its bundle."""
    if request_key is None:
        return ()
    uow.lock(actor.negotiation_id)
    moves = select(MoveRow).where(
        col(MoveRow.member_id) == actor.member_id, col(MoveRow.bundle) == request_key, visible(MoveRow.circle, actor)
    )
    kept = select(col(VisaRequest.id)).where(
        col(VisaRequest.member_id) == actor.member_id,
        col(VisaRequest.bundle) == request_key,
        visible(VisaRequest.circle, actor),
    )
    played = [
        Submitted(played=Played(move.id, uow.session.get_one(Clause, move.clause_id).state, None))
        for move in uow.session.execute(moves).scalars()
    ]
    return (*played, *(Submitted(request_id=each) for each in uow.session.execute(kept).scalars()))


def _untabled(uow: UnitOfWork, actor: Actor, part_ids: Iterable[str]) -> list[Clause]:
    mine = select(col(ClauseParty.clause_id)).where(col(ClauseParty.party_id) == actor.party_id)
    query = (
        select(Clause)
        .where(
            col(Clause.negotiation_id) == actor.negotiation_id,
            col(Clause.part_id).in_(list(part_ids)),
            on_the_table(Clause.circle),
            in_the_contract(actor.negotiation_id),
            col(Clause.kind) == ClauseKind.TEXT,
            col(Clause.state) == ClauseState.TO_WRITE,
            col(Clause.versions) == 0,
            col(Clause.follows_id).is_(None),
            col(Clause.id).in_(mine),
        )
        .order_by(col(Clause.part_id), col(Clause.position))
    )
    return [clause for clause in uow.session.execute(query).scalars() if _says_something(clause)]


def _says_something(clause: Clause) -> bool:
    return bool(clause.working_text) or clause.working_value is not None
