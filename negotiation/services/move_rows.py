"""What a move writes: its version, its row, where the clause stands after it, and its entries in the chain."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import col

from negotiation.errors import IllegalMove, StaleClause
from negotiation.events import KIND_OF_MOVE, Event, Kind
from negotiation.rules.lifecycle import Outcome, Reason, Situation
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import SHARED, TALK_MOVES, TEXT_MOVES, Move, ReserveState
from negotiation.services.drafting import restart_drafts
from negotiation.services.orders import Order
from negotiation.services.setting_aside import keep_words
from negotiation.store.columns import new_id, now
from negotiation.store.contract import Clause, ClauseParty
from negotiation.store.exchange import MoveRow, Reserve, Version
from negotiation.store.people import Party
from negotiation.store.queries.clauses import JOINED_AT
from negotiation.store.queries.exchanges import WRITTEN
from negotiation.store.unit_of_work import UnitOfWork


def write_move(uow: UnitOfWork, actor: Actor, clause: Clause, *, order: Order, outcome: Outcome) -> MoveRow:
    """The rows of a shared move and its entries in the shared chain."""
    moment = order.at or now()
    answered = clause.current_version_id
    version = None
    if order.move in TEXT_MOVES:
        version = _table_version(uow, actor, clause, order=order, outcome=outcome)
    move = move_row(uow, actor, clause, order=order, version_id=version.id if version else answered)
    fallen = _settle_reserves(uow, clause, move, after=outcome.situation)
    concerned: frozenset[str] = frozenset()
    if outcome.became_concerned:
        concerned = _concerned_now(uow, clause)
        _note_joined(clause, concerned, outcome.situation.concerned, moment=moment)
    _update_clause(clause, outcome, version=version, moment=moment, move=order.move)
    _compare_and_set(uow)
    if outcome.became_concerned:
        _write_concerned(uow, clause, outcome.situation.concerned)
    if outcome.became_reopened:
        keep_words(uow, clause)
        restart_drafts(uow, clause)
    _record(uow, actor, clause, order=order, move=move, outcome=outcome, fallen=fallen, concerned=concerned)
    return move


def _table_version(uow: UnitOfWork, actor: Actor, clause: Clause, *, order: Order, outcome: Outcome) -> Version:
    tabled = outcome.situation.current
    if tabled is None:
        raise IllegalMove(reason=Reason.NOTHING_TABLED, move=order.move)
    version = Version(
        negotiation_id=clause.negotiation_id,
        clause_id=clause.id,
        number=tabled.number,
        author_party_id=tabled.author,
        member_id=actor.member_id,
        text=order.text,
        value=order.value,
        fingerprint=tabled.fingerprint,
        base_version_id=_base(uow, clause, order.move),
        motive=order.motive,
        tabled_at=order.at or now(),
    )
    uow.session.add(version)
    return version


def _base(uow: UnitOfWork, clause: Clause, move: Move) -> str | None:
    """A counter-proposal answers what is on the table; a competing proposal starts from where that one started."""
    current = uow.session.get(Version, clause.current_version_id) if clause.current_version_id else None
    if current is None:
        return clause.agreed_version_id
    return current.base_version_id if move is Move.PROPOSAL else current.id


def move_row(uow: UnitOfWork, actor: Actor, clause: Clause, *, order: Order, version_id: str | None) -> MoveRow:
    last = uow.session.execute(select(func.max(MoveRow.rank)).where(col(MoveRow.clause_id) == clause.id)).scalar()
    move = MoveRow(
        id=new_id(),
        negotiation_id=clause.negotiation_id,
        clause_id=clause.id,
        circle=str(order.circle),
        key=order.key,
        rank=(last or 0) + 1,
        type=order.move,
        party_id=actor.party_id,
        member_id=actor.member_id,
        text=order.text,
        motive=order.motive,
        value=order.value,
        version_id=None if order.move in TALK_MOVES else version_id,
        reply_to_id=order.reply_to,
        bundle=order.bundle,
        request_key=order.request_key,
        message_id=order.message,
        attributes={WRITTEN: [list(run) for run in order.written]} if order.written else {},
        at=order.at or now(),
    )
    uow.session.add(move)
    return move


def _settle_reserves(uow: UnitOfWork, clause: Clause, move: MoveRow, *, after: Situation) -> frozenset[str]:
    """Write what became of the reserves; the parties whose own fell, with no word from them."""
    if move.type is Move.RESERVE:
        uow.session.add(
            Reserve(
                negotiation_id=clause.negotiation_id,
                clause_id=clause.id,
                party_id=move.party_id,
                move_id=move.id,
                text=move.text or move.motive,
                state=ReserveState.OPEN,
            )
        )
        return frozenset()
    own = col(Reserve.party_id) == move.party_id
    if move.type is Move.RESERVE_LIFTED:
        found, settled = [own], ReserveState.LIFTED
    elif move.type is Move.RESERVE_MAINTAINED:
        found, settled = [own, col(Reserve.state) == ReserveState.OPEN], ReserveState.MAINTAINED
    else:
        standing = after.open_reserves | after.maintained_reserves
        found, settled = [col(Reserve.party_id).not_in(standing)], ReserveState.MOOT
    alive = col(Reserve.state).in_([ReserveState.OPEN, ReserveState.MAINTAINED])
    settling = select(Reserve).where(col(Reserve.clause_id) == clause.id, alive, *found)
    reserves = uow.session.execute(settling).scalars().all()
    for reserve in reserves:
        reserve.state, reserve.settled_by_move_id = settled, move.id
    return frozenset(each.party_id for each in reserves if settled is ReserveState.MOOT)


def _update_clause(clause: Clause, outcome: Outcome, *, version: Version | None, moment: datetime, move: Move) -> None:
    after = outcome.situation
    if version is not None:
        clause.current_version_id = version.id
    elif after.current is None:
        clause.current_version_id = None
    if outcome.became_agreed:
        clause.agreed_version_id = clause.current_version_id
        clause.attributes = {key: fact for key, fact in clause.attributes.items() if key != "declared"}
    clause.state = after.state
    clause.versions = after.versions
    clause.behind = sorted(after.behind)
    clause.open_reserves = sorted(after.open_reserves)
    clause.maintained_reserves = sorted(after.maintained_reserves)
    request = after.request
    clause.request_kind = request.kind if request else None
    clause.request_by = request.by if request else None
    clause.request_consents = sorted(request.consents) if request else []
    clause.request_parties = sorted(request.parties) if request else []
    clause.revision += 1
    if move not in TALK_MOVES:
        clause.moved_on = moment


def _concerned_now(uow: UnitOfWork, clause: Clause) -> frozenset[str]:
    query = select(col(ClauseParty.party_id)).where(col(ClauseParty.clause_id) == clause.id)
    return frozenset(uow.session.execute(query).scalars())


def _note_joined(clause: Clause, before: frozenset[str], parties: frozenset[str], *, moment: datetime) -> None:
    """Since when those agree here who didn't before: the clocks of the others run on."""
    known = {key: at for key, at in clause.attributes.get(JOINED_AT, {}).items() if key in parties}
    joined = known | dict.fromkeys(sorted(parties - before), moment.isoformat())
    clause.attributes = clause.attributes | {JOINED_AT: joined}


def _write_concerned(uow: UnitOfWork, clause: Clause, parties: frozenset[str]) -> None:
    uow.session.execute(delete(ClauseParty).where(col(ClauseParty.clause_id) == clause.id))
    uow.session.add_all(ClauseParty(clause_id=clause.id, party_id=party_id) for party_id in sorted(parties))


def _compare_and_set(uow: UnitOfWork) -> None:
    """Write the clause where its revision is still the one that was read. Raises StaleClause."""
    try:
        uow.session.flush()
    except StaleDataError as error:
        raise StaleClause() from error


def _record(
    uow: UnitOfWork,
    actor: Actor,
    clause: Clause,
    *,
    order: Order,
    move: MoveRow,
    outcome: Outcome,
    fallen: frozenset[str],
    concerned: frozenset[str],
) -> None:
    """`concerned`: by whom it was agreed on until then, where the parties change."""
    happening = event_of(uow, actor, clause, order=order, move=move, kind=KIND_OF_MOVE[order.move])
    became = _what_became(uow, outcome, fallen=fallen) if order.move not in TALK_MOVES else {}
    uow.record(replace(happening, payload={**happening.payload, **became}))
    for kind, happened in (
        (Kind.CONCERNED_CHANGED, outcome.became_concerned),
        (Kind.CLAUSE_AGREED, outcome.became_agreed),
        (Kind.CLAUSE_REOPENED, outcome.became_reopened),
        (Kind.CLAUSE_ABANDONED, outcome.became_abandoned),
    ):
        if happened:
            facts = {
                "clause": clause.id,
                "version": outcome.situation.versions,
                "move": move.id,
                "parties": _keys(uow, outcome.situation.concerned),
            }
            if kind is Kind.CONCERNED_CHANGED:
                facts["before"] = _keys(uow, concerned)
            uow.record(
                Event(
                    kind, clause.negotiation_id, SHARED, actor.key, facts, clause_id=clause.id, part_id=clause.part_id
                )
            )


def event_of(uow: UnitOfWork, actor: Actor, clause: Clause, *, order: Order, move: MoveRow, kind: Kind) -> Event:
    party = uow.session.get_one(Party, actor.party_id)
    facts: dict[str, Any] = {
        "clause": clause.id,
        "move": move.id,
        "party": party.key,
        "text": order.text,
        "motive": order.motive,
        "authentication": str(actor.authentication.method),
    }
    if order.circle == SHARED and move.version_id:
        version = uow.session.get_one(Version, move.version_id)
        facts |= {"version": version.number, "fingerprint": version.fingerprint}
    if order.move in TEXT_MOVES:
        facts |= {"value": order.value, "origin": str(order.origin)}
    if order.written:
        facts[WRITTEN] = [[_key(uow, party_id), words] for party_id, words in order.written]
    if order.parties:
        facts["parties"] = _keys(uow, order.parties)
    if order.reply_to:
        facts["reply_to"] = order.reply_to
    if order.bundle:
        facts["bundle"] = order.bundle
    if order.at:
        facts["declared_at"] = order.at.isoformat()
    return Event(
        kind, clause.negotiation_id, order.circle, actor.key, facts, clause_id=clause.id, part_id=clause.part_id
    )


def _what_became(uow: UnitOfWork, outcome: Outcome, *, fallen: frozenset[str]) -> dict[str, Any]:
    """The state that the move left, whose acceptances fell, and whose reserves did."""
    voided = {"voided": _keys(uow, outcome.voided)} if outcome.voided else {}
    reserves = {"reserves_fallen": _keys(uow, fallen)} if fallen else {}
    return {"state": str(outcome.situation.state), **voided, **reserves}


def _key(uow: UnitOfWork, party_id: str | None) -> str | None:
    return uow.session.get_one(Party, party_id).key if party_id else None


def _keys(uow: UnitOfWork, party_ids: Iterable[str]) -> list[str]:
    return sorted(uow.session.get_one(Party, party_id).key for party_id in party_ids)
