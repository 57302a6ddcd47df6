"""Decisions of a séance: recorded with one click, confirmed by the party that they commit, cancellable for a minute.

Whoever may commit his party decides for it; what anybody else notes for a party is proposed to it, and one of its
members who may confirms it. Neither is a move yet: see `seance_binding`. Source: issue 5, product R11.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlmodel import col

from negotiation.errors import (
    DecisionSettled,
    InvalidInput,
    MessageTooLong,
    MissingText,
    NotAllowed,
    NotFound,
    OutsideMandate,
    TooManyDecisions,
    VisaRequired,
)
from negotiation.events import Kind
from negotiation.rules import lifecycle
from negotiation.rules.clause_text import readable_text
from negotiation.rules.lifecycle import Play
from negotiation.rules.policy import ACTION_OF_MOVE, Actor, Decision, Target, decide
from negotiation.rules.seances import (
    DELAY,
    LONGEST_WORDS,
    MOST_PER_MINUTE,
    MOVE_OF_DECISION,
    NAMES_A_VERSION,
    NEEDS_WORDS,
    OPEN,
    DecisionKind,
    DecisionState,
    SeanceState,
)
from negotiation.rules.vocabulary import SHARED, Action, Move
from negotiation.services.access import require
from negotiation.services.mandates import breaches_of
from negotiation.services.moves import needs_visa, open_clause, situation_of
from negotiation.services.orders import Order, Seen
from negotiation.services.seance_attendance import note_arrival
from negotiation.services.seance_binding import tell
from negotiation.services.seance_rows import clause_on_table, locked, party_of_table, seated
from negotiation.services.tasks import LONGEST_TITLE as LONGEST_TASK
from negotiation.services.widening import Sending, source_message
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Clause
from negotiation.store.exchange import Version
from negotiation.store.queries.seance_moves import standing_at_opening
from negotiation.store.seances import Seance, SeanceDecision
from negotiation.store.unit_of_work import UnitOfWork

ON_A_CLAUSE = frozenset({DecisionKind.AGREEMENT, DecisionKind.RESERVE})
A_MINUTE = timedelta(minutes=1)


class Voice(StrEnum):
    DECIDE = "decide"
    """Commit one's own party, where one may; otherwise it is proposed."""
    PROPOSE = "propose"
    """Propose it to the party, even where one could decide: a colleague will confirm."""


@dataclass(frozen=True)
class Resolution:
    """What is decided. `seen`: the version on the screen. `party_id`: whose agreement, reserve or question it is, None
    being the recorder's own; or who has the task. `owner`: the member who has it. `despite_mandate`: warned of his
    party's mandate, the person goes on. `request_key`: the same form twice is one decision. `message_id`: the message
    it comes from, and `sending` whether its author knows that all parties read what is decided."""

    kind: DecisionKind
    clause_id: str | None = None
    seen: Seen = field(default=Seen())
    text: str = ""
    party_id: str | None = None
    owner: str | None = None
    due_on: date | None = None
    voice: Voice = Voice.DECIDE
    despite_mandate: bool = False
    request_key: str | None = None
    message_id: str | None = None
    sending: Sending = Sending.KNOWINGLY


def record_decision(uow: UnitOfWork, actor: Actor, seance_id: str, resolution: Resolution) -> str:
    """Record a decision of an open séance; returns its id. It waits a minute, or for its party.

    An agreement that its party noted already on this version, in the same words, is that one, confirmed if this person
    may.

    Raises NotFound, NotAllowed, SeanceInState, InvalidInput (`field`), MissingText, MessageTooLong, UnreadableText,
    Frozen, StaleClause, IllegalMove, WiderAudience, TooManyDecisions; to whoever decides for his party,
    RecentSigninRequired, VisaRequired, OutsideMandate.
    """
    require(actor, Action.RECORD_DECISION)
    seance = locked(uow, actor, seance_id, SeanceState.OPEN)
    if known := _done_already(uow, actor, resolution):
        return known
    if resolution.message_id:
        source_message(uow.session, actor, resolution.message_id, circle=SHARED, sending=resolution.sending)
    resolution = _checked(uow, actor, resolution)
    clause = _clause(uow, actor, resolution)
    same = _same_agreement(uow, seance, resolution, clause=clause)
    if same is not None:
        if same.state is DecisionState.PROPOSED and _decides(actor, resolution):
            _confirm(uow, actor, same, despite_mandate=resolution.despite_mandate)
        return same.id
    _within_pace(uow, actor, seance)
    decision = _new_row(uow, actor, seance, resolution, clause=clause)
    if _needs_a_party(resolution) and not _decides(actor, resolution):
        decision.state = DecisionState.PROPOSED
    else:
        _may_leave(uow, actor, resolution)
        _take(actor, decision)
    uow.session.add(decision)
    uow.session.flush()
    note_arrival(uow, actor, seance)
    tell(uow, actor.key, decision, Kind.DECISION_RECORDED, proposed=decision.state is DecisionState.PROPOSED)
    return decision.id


def confirm_decision(uow: UnitOfWork, actor: Actor, decision_id: str, *, despite_mandate: bool = False) -> None:
    """Decide, for one's party, what was proposed to it: it binds a minute later. Confirmed twice is confirmed once.

    Raises NotFound, NotAllowed, SeanceInState, DecisionSettled, StaleClause, IllegalMove, Frozen, RecentSigninRequired,
    VisaRequired, OutsideMandate.
    """
    require(actor, Action.RECORD_DECISION)
    seance, decision = _alive(uow, actor, decision_id)
    if decision.party_id != actor.party_id:
        raise NotAllowed(action=Action.RECORD_DECISION)
    if decision.state is DecisionState.WAITING:
        return
    _confirm(uow, actor, decision, despite_mandate=despite_mandate)
    note_arrival(uow, actor, seance)


def cancel_decision(uow: UnitOfWork, actor: Actor, decision_id: str) -> None:
    """Before it binds: who recorded it, who confirmed it, or the chair; and what is only proposed to a party, whoever
    could confirm it there. Raises NotFound, NotAllowed, SeanceInState, DecisionSettled."""
    require(actor, Action.RECORD_DECISION)
    seance, decision = _alive(uow, actor, decision_id)
    if actor.member_id not in {decision.recorded_by, decision.decided_by, seance.chair_id}:
        is_proposed = decision.state is DecisionState.PROPOSED
        if not (is_proposed and _decides(actor, _as_resolution(decision))):
            raise NotAllowed(action=Action.RECORD_DECISION)
    decision.state, decision.binds_at = DecisionState.CANCELLED, None
    decision.settled_at, decision.settled_by = now(), actor.member_id
    tell(uow, actor.key, decision, Kind.DECISION_CANCELLED)


def _checked(uow: UnitOfWork, actor: Actor, resolution: Resolution) -> Resolution:
    """With readable words, and the party that it concerns."""
    text = readable_text(resolution.text)
    limit = LONGEST_TASK if resolution.kind is DecisionKind.TASK else LONGEST_WORDS
    if len(text) > limit:
        raise MessageTooLong(limit=limit, length=len(text))
    if not text and (resolution.kind in NEEDS_WORDS or resolution.clause_id is None):
        raise MissingText()
    if resolution.kind in ON_A_CLAUSE and resolution.clause_id is None:
        raise InvalidInput(field="clause")
    if resolution.kind is not DecisionKind.TASK and (resolution.owner or resolution.due_on):
        raise InvalidInput(field="owner")
    return replace(resolution, text=text, party_id=_party(uow, actor, resolution))


def _party(uow: UnitOfWork, actor: Actor, resolution: Resolution) -> str | None:
    """Whose decision it is; nobody's for what is left to the COPIL, or a task that nobody has yet."""
    if resolution.owner:
        return seated(uow, actor.negotiation_id, {resolution.owner})[resolution.owner].party_id
    if resolution.party_id:
        return party_of_table(uow, actor, resolution.party_id).id
    return actor.party_id if resolution.kind in MOVE_OF_DECISION else None


def _needs_a_party(resolution: Resolution) -> bool:
    """Whether it becomes a move of its party."""
    return resolution.kind in MOVE_OF_DECISION and resolution.clause_id is not None


def _clause(uow: UnitOfWork, actor: Actor, resolution: Resolution) -> Clause | None:
    """The clause, which takes the move now. Raises NotFound, Frozen, StaleClause, IllegalMove."""
    if resolution.clause_id is None:
        return None
    clause = clause_on_table(uow, actor, resolution.clause_id)
    uow.refresh(clause)
    if _needs_a_party(resolution):
        open_clause(uow, actor, clause.id)
        _takes(uow, clause, resolution)
    return clause


def _takes(uow: UnitOfWork, clause: Clause, resolution: Resolution) -> None:
    at, move = situation_of(uow, clause), MOVE_OF_DECISION[resolution.kind]
    if resolution.party_id is None:
        raise NotFound()
    asked = Play(move, resolution.party_id, resolution.seen.number, resolution.seen.fingerprint)
    if resolution.kind in NAMES_A_VERSION:
        lifecycle.same_text_seen(at, asked)
    lifecycle.play(at, asked)


def _decides(actor: Actor, resolution: Resolution) -> bool:
    """Whether this person commits that party by this move; how recently he was recognised is asked afterwards."""
    move = MOVE_OF_DECISION.get(resolution.kind)
    if move is None or resolution.voice is Voice.PROPOSE or resolution.party_id != actor.party_id:
        return False
    return decide(actor, ACTION_OF_MOVE[move], Target(actor.negotiation_id)) is Decision.ALLOW


def _may_leave(uow: UnitOfWork, actor: Actor, resolution: Resolution) -> None:
    """What stands between this person and his own party's move. Said to him alone: nothing is written.

    Raises RecentSigninRequired, VisaRequired, OutsideMandate.
    """
    if not _needs_a_party(resolution) or resolution.clause_id is None:
        return
    move = MOVE_OF_DECISION[resolution.kind]
    require(actor, ACTION_OF_MOVE[move])
    if role := needs_visa(uow.session, actor, move):
        raise VisaRequired(role=role)
    if move is Move.ACCEPTANCE and not resolution.despite_mandate:
        order = Order(move, seen=resolution.seen)
        if breaches := breaches_of(uow, actor, resolution.clause_id, order):
            raise OutsideMandate(breaches=breaches)


def _confirm(uow: UnitOfWork, actor: Actor, decision: SeanceDecision, *, despite_mandate: bool) -> None:
    resolution = replace(_as_resolution(decision), despite_mandate=despite_mandate)
    if not _decides(actor, resolution):
        raise NotAllowed(action=ACTION_OF_MOVE[MOVE_OF_DECISION[decision.kind]])
    _clause(uow, actor, resolution)
    _may_leave(uow, actor, resolution)
    _take(actor, decision)
    tell(uow, actor.key, decision, Kind.DECISION_CONFIRMED)


def _take(actor: Actor, decision: SeanceDecision) -> None:
    """It has its author, and its minute begins."""
    moment = now()
    decision.state = DecisionState.WAITING
    decision.decided_by, decision.decided_at = actor.member_id, moment
    decision.method, decision.binds_at = actor.authentication.method, moment + DELAY


def _alive(uow: UnitOfWork, actor: Actor, decision_id: str) -> tuple[Seance, SeanceDecision]:
    """A decision that may still change, and its séance, locked. Raises NotFound, SeanceInState, DecisionSettled."""
    decision = uow.session.get(SeanceDecision, decision_id)
    if decision is None or decision.negotiation_id != actor.negotiation_id:
        raise NotFound()
    seance = locked(uow, actor, decision.seance_id, SeanceState.OPEN, SeanceState.CLOSED)
    uow.refresh(decision)
    if decision.state not in OPEN:
        raise DecisionSettled(reason=decision.state)
    if decision.state is DecisionState.WAITING and decision.binds_at is not None and decision.binds_at <= now():
        raise DecisionSettled(reason=DecisionState.BOUND)
    return seance, decision


def _as_resolution(decision: SeanceDecision) -> Resolution:
    return Resolution(
        decision.kind,
        clause_id=decision.clause_id,
        seen=Seen(decision.version_number, decision.fingerprint),
        text=decision.text,
        party_id=decision.party_id,
    )


def _same_agreement(
    uow: UnitOfWork, seance: Seance, resolution: Resolution, *, clause: Clause | None
) -> SeanceDecision | None:
    """The party's agreement on this very version that still waits here, in these words or when none are added. Other
    words are kept beside the first: both bind by the one move of the party."""
    if resolution.kind is not DecisionKind.AGREEMENT or clause is None:
        return None
    query = select(SeanceDecision).where(
        col(SeanceDecision.seance_id) == seance.id,
        col(SeanceDecision.clause_id) == clause.id,
        col(SeanceDecision.party_id) == resolution.party_id,
        col(SeanceDecision.kind) == DecisionKind.AGREEMENT,
        col(SeanceDecision.version_id) == clause.current_version_id,
        col(SeanceDecision.state).in_(OPEN),
    )
    found = uow.session.execute(query.order_by(col(SeanceDecision.rank))).scalars()
    return next((each for each in found if resolution.text in ("", each.text)), None)


def _within_pace(uow: UnitOfWork, actor: Actor, seance: Seance) -> None:
    """Each decision is told to everybody in the room, and to the chain. Raises TooManyDecisions."""
    mine = col(SeanceDecision.seance_id) == seance.id, col(SeanceDecision.recorded_by) == actor.member_id
    query = select(col(SeanceDecision.recorded_at)).where(*mine).order_by(col(SeanceDecision.rank).desc())
    first = uow.session.execute(query.offset(MOST_PER_MINUTE - 1).limit(1)).scalar()
    if first is not None and first > now() - A_MINUTE:
        raise TooManyDecisions(limit=MOST_PER_MINUTE)


def _done_already(uow: UnitOfWork, actor: Actor, resolution: Resolution) -> str | None:
    """The decision that this very form made, when it comes a second time (trust T13)."""
    if resolution.request_key is None:
        return None
    query = select(col(SeanceDecision.id)).where(
        col(SeanceDecision.recorded_by) == actor.member_id, col(SeanceDecision.request_key) == resolution.request_key
    )
    found: str | None = uow.session.execute(query).scalar()
    return found


def _new_row(
    uow: UnitOfWork, actor: Actor, seance: Seance, resolution: Resolution, *, clause: Clause | None
) -> SeanceDecision:
    last = uow.session.execute(
        select(func.max(SeanceDecision.rank)).where(col(SeanceDecision.seance_id) == seance.id)
    ).scalar()
    seen = uow.session.get(Version, clause.current_version_id) if clause and clause.current_version_id else None
    return SeanceDecision(
        id=new_id(),
        negotiation_id=seance.negotiation_id,
        seance_id=seance.id,
        point_id=seance.point_id,
        rank=(last or 0) + 1,
        kind=resolution.kind,
        party_id=resolution.party_id,
        clause_id=clause.id if clause else None,
        version_id=seen.id if seen else None,
        version_number=seen.number if seen else None,
        fingerprint=seen.fingerprint if seen else None,
        before_version_id=standing_at_opening(uow.session, seance, clause.id) if clause else None,
        text=resolution.text,
        owner_id=resolution.owner,
        due_on=resolution.due_on,
        state=DecisionState.WAITING,
        recorded_by=actor.member_id,
        request_key=resolution.request_key,
        message_id=resolution.message_id,
    )
