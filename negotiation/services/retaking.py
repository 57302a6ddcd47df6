"""« À reprendre »: a text of one's own party whose base moved meanwhile, put back on the text that stands now.

Everything here is that party's inside until it is sent: nothing is written before. What leaves is a move like any
other, with the text that this very page showed: another text on the table meanwhile refuses it (trust T12, T20).
Source: product R15.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.drafting import markdown_bridge, schema
from negotiation.drafting.vet import WatchedDocument, library_failures_named
from negotiation.errors import IllegalMove, InvalidInput, NotFound, StaleClause
from negotiation.rules.lifecycle import Play, obstacle
from negotiation.rules.policy import Actor
from negotiation.rules.rebase import (
    Choice,
    Rebased,
    RebasedValue,
    RebaseState,
    rebase,
    rebase_value,
    resolve,
    state_of_both,
)
from negotiation.rules.values import as_entered
from negotiation.rules.vocabulary import TEXT_MOVES, Action, Circle, Move, VisaState
from negotiation.services.access import require
from negotiation.services.drafting import DraftSide, circle_of_side, drafted_text
from negotiation.services.moves import open_clause
from negotiation.services.orders import Order, Played, Seen
from negotiation.services.visas import Submitted, cancel_visa, submit
from negotiation.store.contract import Clause
from negotiation.store.exchange import Draft, DraftUpdate, MoveRow, Version
from negotiation.store.queries.clauses import ClauseCard, card_of
from negotiation.store.queries.exchanges import VersionView, versions_of
from negotiation.store.queries.inside import RequestView, request_view
from negotiation.store.queries.positions import Words, positions_of, starting_words, working_words
from negotiation.store.queries.visibility import visible
from negotiation.store.unit_of_work import UnitOfWork


class Source(StrEnum):
    """What is taken up again, as addresses name it."""

    VERSION = "version"
    VISA = "visa"
    DRAFT = "brouillon"


@dataclass(frozen=True)
class Wanted:
    """`name`: the number of a version, the id of a visa request, or the side of a draft."""

    source: Source
    name: str


@dataclass(frozen=True)
class Collision:
    """Three texts: the one that ours was written from, the one that stands now, and ours.

    `move`: how the result leaves. `request`: the visa request that it replaces.
    """

    card: ClauseCard
    wanted: Wanted
    base: Words
    common: Words
    ours: Words
    text: Rebased
    value: RebasedValue
    state: RebaseState
    move: Move
    request: RequestView | None = None

    @property
    def has_conflict(self) -> bool:
        return self.state is RebaseState.OVERLAPPING


@dataclass(frozen=True)
class Settled:
    """What a person chose: for each passage in conflict (by its index), and for the value if it is in conflict.

    `value`: a `Choice`, or what the field holds.
    """

    passages: Mapping[int, Choice | str]
    value: Choice | str | None = None


def collision_of(session: Session, actor: Actor, clause_id: str, wanted: Wanted) -> Collision:
    """Raises NotFound, also for what another party wrote, and IllegalMove on a clause that takes no text now."""
    require(actor, Action.READ_INSIDE, circle=Circle.inside(actor.party_id))
    card = card_of(session, actor, clause_id)
    if card is None:
        raise NotFound()
    current = card.situation.current
    move = Move.COUNTER_PROPOSAL if current else Move.PROPOSAL
    if reason := obstacle(card.situation, Play(move, actor.party_id)):
        raise IllegalMove(reason=reason, move=move)
    request = _request(session, actor, clause_id, wanted)
    base, ours = _base_and_ours(session, actor, card, wanted, request=request)
    common = _common(session, card)
    text, value = rebase(base.text, common.text, ours.text), rebase_value(base.value, common.value, ours.value)
    state = state_of_both(text, value, common=(common.text, common.value))
    return Collision(card, wanted, base, common, ours, text=text, value=value, state=state, move=move, request=request)


def result_of(collision: Collision, settled: Settled) -> Words:
    """The text and value that would be proposed.

    Raises InvalidInput (`field` "passage-3" or "value") on what isn't answered, UnreadableText.
    """
    rebased = collision.text
    text = rebased.text if rebased.text is not None else resolve(rebased, settled.passages)
    return Words(text, _value(collision, settled.value))


def retake(
    uow: UnitOfWork,
    actor: Actor,
    clause_id: str,
    *,
    wanted: Wanted,
    settle: Callable[[Collision], Settled],
    order: Order,
    words: str = "",
    despite_mandate: bool = False,
) -> Submitted:
    """Propose the result, or ask the visa that it needs; the request that it replaces is cancelled with it.

    `settle`: what was chosen, among the passages as they stand now. `order` carries the motive, the request key and
    what was on the screen. Raises what `collision_of`, `result_of`, `visas.submit` and `visas.cancel_visa` raise, and
    StaleClause; nothing is written then. The same request again writes nothing.
    """
    clause = open_clause(uow, actor, clause_id)
    require(actor, Action.TABLE_TEXT)
    if done := sent_already(uow, actor, clause, order):
        return done
    collision = collision_of(uow.session, actor, clause_id, wanted)
    current = collision.card.situation.current
    stands = Seen(current.number, current.fingerprint) if current else Seen()
    if order.seen != stands:
        raise StaleClause(current=stands.number, seen=order.seen.number)
    result = result_of(collision, settle(collision))
    if collision.request:
        cancel_visa(uow, actor, collision.request.id)
    filled = replace(order, move=collision.move, text=result.text, value=result.value)
    return submit(uow, actor, clause_id, filled, words=words, despite_mandate=despite_mandate)


def sent_already(uow: UnitOfWork, actor: Actor, clause: Clause, order: Order) -> Submitted | None:
    """After a double click our text is the one that stands, and nothing is left to take up (trust T13)."""
    query = (
        select(col(MoveRow.id), col(Version.number))
        .join(Version, col(Version.id) == MoveRow.version_id)
        .where(
            col(MoveRow.clause_id) == clause.id,
            col(MoveRow.member_id) == actor.member_id,
            col(MoveRow.request_key) == order.request_key,
            visible(MoveRow.circle, actor),
        )
    )
    done = uow.session.execute(query).one_or_none() if order.request_key else None
    return Submitted(played=Played(done.id, clause.state, done.number)) if done else None


def _value(collision: Collision, chosen: Choice | str | None) -> Any:
    """As a form would hold it. Raises InvalidInput."""
    kind = collision.card.value_kind
    if collision.value.state is not RebaseState.OVERLAPPING:
        return as_entered(collision.value.value, kind)
    if chosen is None:
        raise InvalidInput(field="value")
    if not isinstance(chosen, Choice):
        return chosen
    return as_entered((collision.common if chosen is Choice.COMMON else collision.ours).value, kind)


def _request(session: Session, actor: Actor, clause_id: str, wanted: Wanted) -> RequestView | None:
    if wanted.source is not Source.VISA:
        return None
    request = request_view(session, actor, wanted.name)
    if request.clause_id != clause_id or request.state is not VisaState.WAITING or request.move not in TEXT_MOVES:
        raise NotFound()
    return request


def _base_and_ours(
    session: Session, actor: Actor, card: ClauseCard, wanted: Wanted, *, request: RequestView | None
) -> tuple[Words, Words]:
    match wanted.source:
        case Source.VERSION:
            version = _own_version(session, actor, card, wanted.name)
            return _start(session, card, version), Words(version.text, version.value, version)
        case Source.VISA if request is not None:
            return _seen(session, card, request), Words(request.text, request.value)
        case _:
            return _draft(session, actor, card, wanted.name)


def _own_version(session: Session, actor: Actor, card: ClauseCard, name: str) -> VersionView:
    """The text of the actor's party that was replaced in this round. Raises NotFound when it isn't that one."""
    found = positions_of(session, actor, [card.id], party_ids=[actor.party_id])[card.id].parties[actor.party_id]
    if found.version is None or str(found.version.number) != name:
        raise NotFound()
    if card.situation.current and found.version.number == card.situation.current.number:
        raise NotFound()
    return found.version


def _start(session: Session, card: ClauseCard, version: VersionView) -> Words:
    """The text from which ours and the one that stands were written, as the synoptique shows it too."""
    current = card.situation.current
    return starting_words(session, card.id, (version.number, *((current.number,) if current else ())))


def _seen(session: Session, card: ClauseCard, request: RequestView) -> Words:
    """The text from which the request was written: what its asker had on the screen."""
    if request.seen_number is not None:
        version = versions_of(session, card.id, [request.seen_number])[request.seen_number]
        return Words(version.text, version.value, version)
    if card.agreed_text is not None:
        return Words(card.agreed_text, card.agreed_value)
    return working_words(session, [card.id])[card.id]


def _common(session: Session, card: ClauseCard) -> Words:
    if card.situation.current is None:
        return Words(card.text, card.value)
    number = card.situation.current.number
    version = versions_of(session, card.id, [number])[number]
    return Words(version.text, version.value, version)


def _draft(session: Session, actor: Actor, card: ClauseCard, side: str) -> tuple[Words, Words]:
    """A draft holds words only: its value is typed when it leaves, so the one that stands is kept."""
    if side not in (DraftSide.OURS, DraftSide.AUTHORITIES):
        raise NotFound()
    drafted = drafted_text(session, actor, card.id, side=side)
    if drafted is None:
        raise NotFound()
    value = _common(session, card).value
    return Words(_seeded(session, actor, card, side=side), value), Words(drafted, value)


def _seeded(session: Session, actor: Actor, card: ClauseCard, *, side: str) -> str:
    """What the draft started from: the platform's first update of its epoch."""
    query = (
        select(col(DraftUpdate.update))
        .join(Draft, (col(Draft.id) == DraftUpdate.draft_id) & (col(Draft.epoch) == DraftUpdate.epoch))
        .where(col(Draft.part_id) == card.part_id, col(Draft.circle) == str(circle_of_side(actor, side)))
        .order_by(col(DraftUpdate.sequence))
        .limit(1)
    )
    watched = WatchedDocument()
    watched.apply_vetted(bytes(session.execute(query).scalar_one()))
    with library_failures_named():
        return markdown_bridge.read_fragment(watched.document, schema.clause_root(card.id))
