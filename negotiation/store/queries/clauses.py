"""Clauses as cards: where each stands, who holds it, what text it shows. Costs don't grow with the history."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from negotiation.rules.lifecycle import Situation, Tabled
from negotiation.rules.policy import Actor
from negotiation.rules.vocabulary import (
    LIVE_AFTER_GEL,
    OUTSIDE_CONTRACT,
    REQUEST_OF_MOVE,
    ClauseKind,
    ClauseState,
    Move,
    ReserveState,
    ValueKind,
)
from negotiation.store.contract import Clause, ClauseParty, Part
from negotiation.store.exchange import MoveRow, Reserve, Version
from negotiation.store.queries.situations import APPROVAL, as_situation
from negotiation.store.queries.visibility import on_the_table, visible

TRAIL_LENGTH = 4
JOINED_AT = "joined_at"
"""Attribute of a clause: when each party that a change made concerned became so, in ISO form, by party id."""
ABOUT = "about"
"""Attribute of a clause of a dialogue or of an evaluation: id of the part or clause of the contract it speaks of."""

_agreed, _current, _followed_version = aliased(Version), aliased(Version), aliased(Version)
_followed = aliased(Clause)
_CARDS = (
    select(
        Clause,
        col(_agreed.text),
        col(_agreed.value),
        col(_current.text),
        col(_current.value),
        col(_current.number),
        col(_current.fingerprint),
        col(_current.author_party_id),
        col(_current.tabled_at),
        col(_followed.code),
        col(_followed_version.value),
    )
    .outerjoin(_agreed, col(_agreed.id) == Clause.agreed_version_id)
    .outerjoin(_current, col(_current.id) == Clause.current_version_id)
    .outerjoin(_followed, col(_followed.id) == Clause.follows_id)
    .outerjoin(
        _followed_version,
        and_(col(_followed_version.id) == _followed.agreed_version_id, col(_followed.state) == ClauseState.AGREED),
    )
)
"""Each clause with its agreed and tabled versions, and the engagement whose value it shows. Built once."""


@dataclass(frozen=True)
class Step:
    """A step of a number's path: who tabled it and the value in canonical form."""

    party_id: str | None
    value: Any


@dataclass(frozen=True)
class ReserveView:
    """`move_id`: the move that stated it, which the other parties answer."""

    party_id: str
    text: str
    state: ReserveState
    move_id: str


@dataclass(frozen=True)
class ClauseCard:
    """One clause as a part or the board shows it. `text`, `value`: what stands (agreed, else tabled, else working).

    `waits_for` are the party ids that hold it; `follows` the engagement whose value this cell shows.
    """

    id: str
    part_id: str
    kind: ClauseKind
    field: str
    code: str
    label: str
    value_kind: ValueKind
    unit: str
    debtor_id: str | None
    situation: Situation
    text: str
    value: Any
    agreed_text: str | None
    agreed_value: Any
    tabled_text: str | None
    tabled_value: Any
    moved_on: datetime | None
    revision: int
    attributes: dict[str, Any]
    negotiation_id: str = ""
    follows_id: str | None = None
    follows_code: str = ""
    reserves: tuple[ReserveView, ...] = ()
    trail: tuple[Step, ...] = ()
    held: Mapping[str, datetime] = made_by(default_factory=dict)
    """Since when each party that holds it owes an answer, by party id; empty when nobody does."""

    @property
    def state(self) -> ClauseState:
        return self.situation.state

    @property
    def waits_for(self) -> frozenset[str]:
        return self.situation.waiting_for()

    @property
    def held_since(self) -> datetime | None:
        """Since when somebody owes an answer here; None when nobody does."""
        return min(self.held.values(), default=None)

    @property
    def is_declared(self) -> bool:
        """Agreed because a file's signature declared it, not because somebody accepted it here."""
        return bool(self.attributes.get("declared")) and self.agreed_text is not None

    @property
    def is_after_gel(self) -> bool:
        """Whether it moves while the contract is frozen: it is approved with its document, and signed with none."""
        return APPROVAL in self.attributes

    def waits_for_party(self, party_id: str) -> bool:
        return party_id in self.waits_for


def cards_of_part(session: Session, actor: Actor, part_id: str) -> tuple[ClauseCard, ...]:
    """The clauses of a part that this person reads, in order."""
    return _cards(session, visible(Clause.circle, actor) & (col(Clause.part_id) == part_id))


def cards_of_parts(session: Session, actor: Actor, part_ids: Iterable[str]) -> dict[str, tuple[ClauseCard, ...]]:
    """The clauses of several parts, by part id, in order."""
    grouped: dict[str, list[ClauseCard]] = defaultdict(list)
    for card in _cards(session, visible(Clause.circle, actor) & col(Clause.part_id).in_(list(part_ids))):
        grouped[card.part_id].append(card)
    return {part_id: tuple(cards) for part_id, cards in grouped.items()}


def card_of(session: Session, actor: Actor, clause_id: str) -> ClauseCard | None:
    """One clause, with the path of its number."""
    cards = with_trails(session, _cards(session, visible(Clause.circle, actor) & (col(Clause.id) == clause_id)))
    return cards[0] if cards else None


def cards_by_id(session: Session, actor: Actor, clause_ids: Iterable[str]) -> dict[str, ClauseCard]:
    """The clauses named, those of relevés too, as far as this person reads them, by id."""
    named = col(Clause.id).in_(sorted(set(clause_ids))) & (col(Clause.negotiation_id) == actor.negotiation_id)
    dropped = _parts_where(col(Part.dropped_at).is_not(None), actor.negotiation_id)
    kept = visible(Clause.circle, actor) & col(Clause.part_id).not_in(dropped)
    return {card.id: card for card in _cards(session, kept & named)}


def cards_on_the_table(session: Session, negotiation_id: str) -> tuple[ClauseCard, ...]:
    """Every clause of the contract and its framing note that all parties share, in the order of their parts."""
    shared = (col(Clause.negotiation_id) == negotiation_id) & on_the_table(Clause.circle)
    return _cards(session, shared & in_the_contract(negotiation_id))


def in_the_contract(*negotiation_ids: str) -> ColumnElement[bool]:
    """Clauses of what these tables are there to agree on: neither those of a part that was dropped, nor of a relevé,
    nor of what follows the signature."""
    apart = col(Part.dropped_at).is_not(None) | col(Part.kind).in_(sorted(OUTSIDE_CONTRACT))
    return col(Clause.part_id).not_in(_parts_where(apart, *negotiation_ids))


def _parts_where(condition: ColumnElement[bool], *negotiation_ids: str) -> Select[str]:
    return select(col(Part.id)).where(col(Part.negotiation_id).in_(negotiation_ids), condition)


def engagement_cards(session: Session, actor: Actor) -> tuple[ClauseCard, ...]:
    """The engagements of a negotiation with the path of their numbers."""
    return with_trails(session, engagements_without_trails(session, actor))


def engagements_without_trails(session: Session, actor: Actor) -> tuple[ClauseCard, ...]:
    """The same where only states are shown."""
    return _cards(session, _readable(actor) & (col(Clause.kind) == ClauseKind.ENGAGEMENT))


def touched_cards(session: Session, actor: Actor) -> tuple[ClauseCard, ...]:
    """Clauses that aren't engagements and that a shared move touched."""
    moved = col(Clause.revision) > 0
    return _cards(session, _readable(actor) & (col(Clause.kind) != ClauseKind.ENGAGEMENT) & moved)


def untouched_cards(session: Session, actor: Actor, states: Iterable[ClauseState]) -> tuple[ClauseCard, ...]:
    """Clauses in one of these states that no move touched: neither engagements, nor cells that follow one."""
    wanted = list(states)
    return _cards(session, _readable(actor) & _untouched() & col(Clause.state).in_(wanted)) if wanted else ()


def count_untouched(session: Session, actor: Actor) -> dict[ClauseState, int]:
    """How many those are, by state."""
    query = select(col(Clause.state), func.count()).where(_readable(actor) & _untouched()).group_by(col(Clause.state))
    return dict(session.execute(query).all())


def _untouched() -> ColumnElement[bool]:
    return (col(Clause.revision) == 0) & (col(Clause.kind) != ClauseKind.ENGAGEMENT) & col(Clause.follows_id).is_(None)


def cards_of_tables(session: Session, negotiation_ids: Iterable[str]) -> dict[str, tuple[ClauseCard, ...]]:
    """Of several negotiations, what all parties read: the engagements, and the clauses that wait for somebody."""
    ids = sorted(set(negotiation_ids))
    awaited = col(Clause.current_version_id).is_not(None) & (col(Clause.state) != ClauseState.AGREED)
    wanted = (col(Clause.kind) == ClauseKind.ENGAGEMENT) | awaited | col(Clause.request_kind).is_not(None)
    shared = col(Clause.negotiation_id).in_(ids) & on_the_table(Clause.circle)
    found: dict[str, list[ClauseCard]] = {negotiation_id: [] for negotiation_id in ids}
    for card in _cards(session, shared & wanted & in_the_contract(*ids)):
        found[card.negotiation_id].append(card)
    return {negotiation_id: tuple(cards) for negotiation_id, cards in found.items()}


def cards_awaited_after_gel(session: Session, negotiation_ids: Iterable[str]) -> tuple[ClauseCard, ...]:
    """Of several negotiations, the lines of dialogues and evaluations that wait for somebody."""
    ids = sorted(set(negotiation_ids))
    awaited = col(Clause.current_version_id).is_not(None) & (col(Clause.state) != ClauseState.AGREED)
    live = col(Clause.part_id).in_(_parts_where(col(Part.kind).in_(sorted(LIVE_AFTER_GEL)), *ids))
    return _cards(session, on_the_table(Clause.circle) & live & (awaited | col(Clause.request_kind).is_not(None)))


def _readable(actor: Actor) -> ColumnElement[bool]:
    own = (col(Clause.negotiation_id) == actor.negotiation_id) & visible(Clause.circle, actor)
    return own & in_the_contract(actor.negotiation_id)


def _cards(session: Session, condition: Any) -> tuple[ClauseCard, ...]:
    query = _CARDS.where(condition).order_by(col(Clause.part_id), col(Clause.position))
    rows = session.execute(query).all()
    ids = [row[0].id for row in rows]
    concerned = _concerned(session, ids)
    reserves = _reserves(session, ids)
    asked = _asked_at(session, [row[0].id for row in rows if row[0].request_kind is not None])
    return tuple(
        _card(
            row,
            concerned=concerned[row[0].id],
            reserves=tuple(reserves[row[0].id]),
            asked_at=asked.get(row[0].id),
        )
        for row in rows
    )


def _card(
    row: Any, *, concerned: frozenset[str], reserves: tuple[ReserveView, ...], asked_at: datetime | None
) -> ClauseCard:
    clause, agreed_text, agreed_value, text, value, number, fingerprint, author, *rest = row
    tabled_at, follows_code, followed_value = rest
    tabled = Tabled(number, fingerprint, author) if number else None
    situation = as_situation(clause, concerned, tabled)
    if clause.state is ClauseState.AGREED and not clause.agreed_version_id:
        agreed_text, agreed_value = clause.working_text, clause.working_value
    if clause.follows_id:
        agreed_value = value = followed_value
    standing = _standing(clause, (agreed_text, agreed_value), (text, value))
    return ClauseCard(
        id=clause.id,
        part_id=clause.part_id,
        kind=clause.kind,
        field=clause.field,
        code=clause.code,
        label=clause.label,
        value_kind=clause.value_kind,
        unit=clause.unit,
        debtor_id=clause.debtor_party_id,
        situation=situation,
        text=standing[0],
        value=followed_value if clause.follows_id else standing[1],
        agreed_text=agreed_text,
        agreed_value=agreed_value,
        tabled_text=text,
        tabled_value=value,
        moved_on=clause.moved_on,
        revision=clause.revision,
        attributes=clause.attributes,
        negotiation_id=clause.negotiation_id,
        follows_id=clause.follows_id,
        follows_code=follows_code or "",
        reserves=reserves,
        held=_held(clause, situation, tabled_at=tabled_at, asked_at=asked_at),
    )


def _held(
    clause: Clause, situation: Situation, *, tabled_at: datetime | None, asked_at: datetime | None
) -> dict[str, datetime]:
    """Each party that owes an answer, with the oldest date since which it does: that of the text, or of the day it
    became concerned when that came later, or that of the request. Neither what others answer nor what anybody asks
    besides gives more time to those who already owe one."""
    owes_text = situation.owing_text()
    joined = clause.attributes.get(JOINED_AT, {})
    dates: dict[str, datetime] = {}
    for party_id in situation.waiting_for():
        texts = [tabled_at, datetime.fromisoformat(joined[party_id]) if party_id in joined else None]
        for_text = max((date for date in texts if date is not None), default=None) if party_id in owes_text else None
        for_request = asked_at if party_id in situation.owing_consent() else None
        since = min((date for date in (for_text, for_request) if date is not None), default=clause.moved_on)
        if since is not None:
            dates[party_id] = since
    return dates


def _asked_at(session: Session, clause_ids: list[str]) -> dict[str, datetime]:
    """When the request that is pending on each of these few clauses was made."""
    if not clause_ids:
        return {}
    query = (
        select(col(MoveRow.clause_id), func.max(col(MoveRow.at)))
        .where(col(MoveRow.clause_id).in_(clause_ids), col(MoveRow.type).in_(list(REQUEST_OF_MOVE)))
        .group_by(col(MoveRow.clause_id))
    )
    return dict(session.execute(query).all())


def _standing(clause: Clause, agreed: tuple[Any, Any], tabled: tuple[Any, Any]) -> tuple[str, Any]:
    """What the page shows as the clause's text: agreed if it is, else what is tabled, else what was last agreed,
    else the working text."""
    if clause.state is ClauseState.AGREED:
        return agreed[0] or "", agreed[1]
    if clause.current_version_id:
        return tabled[0] or "", tabled[1]
    if clause.agreed_version_id:
        return agreed[0] or "", agreed[1]
    return clause.working_text, clause.working_value


def _concerned(session: Session, clause_ids: list[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {clause_id: set() for clause_id in clause_ids}
    query = select(col(ClauseParty.clause_id), col(ClauseParty.party_id)).where(
        col(ClauseParty.clause_id).in_(clause_ids)
    )
    for clause_id, party_id in session.execute(query):
        found[clause_id].add(party_id)
    return {clause_id: frozenset(parties) for clause_id, parties in found.items()}


def _reserves(session: Session, clause_ids: list[str]) -> dict[str, list[ReserveView]]:
    found: dict[str, list[ReserveView]] = defaultdict(list)
    query = select(Reserve).where(
        col(Reserve.clause_id).in_(clause_ids), col(Reserve.state).in_([ReserveState.OPEN, ReserveState.MAINTAINED])
    )
    for row in session.execute(query).scalars():
        found[row.clause_id].append(ReserveView(row.party_id, row.text, row.state, row.move_id))
    return found


def with_trails(session: Session, cards: tuple[ClauseCard, ...]) -> tuple[ClauseCard, ...]:
    """The cards with the last few values tabled on each, oldest first; one that its author took back is no step."""
    ids = [card.id for card in cards if card.value_kind is not ValueKind.NONE]
    taken_back = select(col(MoveRow.version_id)).where(
        col(MoveRow.clause_id).in_(ids), col(MoveRow.type) == Move.WITHDRAWAL, col(MoveRow.version_id).is_not(None)
    )
    query = (
        select(col(Version.clause_id), col(Version.author_party_id), col(Version.value))
        .join(Clause, col(Clause.id) == Version.clause_id)
        .where(
            col(Version.clause_id).in_(ids),
            col(Version.number) > col(Clause.versions) - TRAIL_LENGTH,
            col(Version.id).not_in(taken_back),
        )
        .order_by(col(Version.clause_id), col(Version.number))
    )
    trails: dict[str, list[Step]] = defaultdict(list)
    for clause_id, party_id, value in session.execute(query):
        if value is not None:
            trails[clause_id].append(Step(party_id, value))
    return tuple(replace(card, trail=tuple(trails[card.id])) for card in cards)
