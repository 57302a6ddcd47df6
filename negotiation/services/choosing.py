"""« Prendre certains paragraphes »: of a proposal or a draft, some units are taken and the rest is left.

Whole units only (paragraph, item, row, heading): the text that they change, with the chosen ones changed, leaves as a
text like any other, with the version that was on the screen; another text on the table meanwhile refuses it. Nothing is
written before. Source: live-drafting.md, decision 4; trust T12, T20.
"""

import hashlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlmodel import Session

from negotiation.drafting.authorship import Run
from negotiation.errors import IllegalMove, InvalidInput, NotFound, StaleClause
from negotiation.rules.lifecycle import Play, obstacle
from negotiation.rules.policy import Actor
from negotiation.rules.redline import UnitChange, redline_units, take_units
from negotiation.rules.values import as_entered, as_read
from negotiation.rules.vocabulary import Action, Move, ValueKind
from negotiation.services.access import require
from negotiation.services.crediting import written_in
from negotiation.services.drafted import Drafted
from negotiation.services.drafting import DraftSide, drafted_clause
from negotiation.services.moves import open_clause
from negotiation.services.orders import Order, Seen
from negotiation.services.retaking import sent_already
from negotiation.services.visas import Submitted, submit
from negotiation.store.contract import Clause
from negotiation.store.queries.clauses import ClauseCard, card_of
from negotiation.store.queries.exchanges import VersionView, versions_of
from negotiation.store.queries.positions import Words, base_of
from negotiation.store.unit_of_work import UnitOfWork

LONGEST_NUMBER = 9


class From(StrEnum):
    """What is chosen from, as addresses name it."""

    VERSION = "version"
    DRAFT = "brouillon"


@dataclass(frozen=True)
class Offer:
    """`base`: the text that the chosen units change; `offered`: the text that they come from. `move`: how the result
    leaves. `sign`: of both texts: what was ticked on another page is refused. `unread`: what stands in the field of a
    draft's value and can't be read as one; it isn't offered."""

    card: ClauseCard
    source: From
    name: str
    base: Words
    offered: Words
    units: tuple[UnitChange, ...]
    move: Move
    author_id: str | None = None
    unread: str = ""

    @property
    def sign(self) -> str:
        texts = f"{self.base.text}\0{self.base.value}\0{self.offered.text}\0{self.offered.value}"
        return hashlib.sha256(texts.encode()).hexdigest()[:32]

    @property
    def changes_value(self) -> bool:
        return bool(self.base.value != self.offered.value)


@dataclass(frozen=True)
class Taken:
    """What was ticked: units by their index, and the value."""

    units: frozenset[int] = frozenset()
    with_value: bool = False


def offer_of(session: Session, actor: Actor, clause_id: str, *, source: From, name: str) -> Offer:
    """`name`: the number of a version, or the side of a draft. Raises NotFound, NotAllowed, and IllegalMove on a clause
    that takes no text now."""
    require(actor, Action.TABLE_TEXT)
    card = card_of(session, actor, clause_id)
    if card is None:
        raise NotFound()
    current = card.situation.current
    move = Move.COUNTER_PROPOSAL if current else Move.PROPOSAL
    if reason := obstacle(card.situation, Play(move, actor.party_id)):
        raise IllegalMove(reason=reason, move=move)
    if source is From.VERSION:
        version = _version(session, card, name)
        is_current = current is not None and current.number == version.number
        base = base_of(session, version, card.id) if is_current else Words(card.text, card.value)
        offered, author_id = Words(version.text, version.value, version), version.author_id
        unread = ""
    else:
        base, author_id = Words(card.text, card.value), None
        drafted = _drafted(session, actor, card, name)
        value, unread = _read(drafted.value, card)
        offered = Words(drafted.text, base.value if unread else value)
    units = tuple(redline_units(base.text, offered.text))
    return Offer(card, source, name, base, offered, units, move, author_id, unread)


def words_taken(offer: Offer, taken: Taken) -> Words:
    """The text and value that would be proposed. Raises InvalidInput (`field` "units") when nothing is taken, or on
    what isn't offered; UnreadableText."""
    known = {unit.index for unit in offer.units}
    if not taken.units <= known or not (taken.units or (taken.with_value and offer.changes_value)):
        raise InvalidInput(field="units")
    value = offer.offered.value if taken.with_value else offer.base.value
    return Words(take_units(offer.base.text, offer.offered.text, taken.units), value)


def choose(
    uow: UnitOfWork,
    actor: Actor,
    clause_id: str,
    *,
    source: From,
    name: str,
    sign: str,
    taken: Taken,
    order: Order,
    words: str = "",
    despite_mandate: bool = False,
) -> Submitted:
    """Propose the result, or ask the visa that it needs. `order` carries the motive, the request key and what was seen.

    Raises what `offer_of`, `words_taken` and `visas.submit` raise, and StaleClause when either text moved since. The
    same request again writes nothing.
    """
    clause = open_clause(uow, actor, clause_id)
    require(actor, Action.TABLE_TEXT)
    if done := sent_already(uow, actor, clause, order):
        return done
    offer = offer_of(uow.session, actor, clause_id, source=source, name=name)
    current = offer.card.situation.current
    stands = Seen(current.number, current.fingerprint) if current else Seen()
    if order.seen != stands or offer.sign != sign:
        raise StaleClause(current=stands.number, seen=order.seen.number)
    result = words_taken(offer, taken)
    value: Any = as_entered(result.value, clause.value_kind)
    written = _written(uow, clause, offer, result.text)
    filled = replace(order, move=offer.move, text=result.text, value=value, written=written)
    return submit(uow, actor, clause_id, filled, words=words, despite_mandate=despite_mandate)


def _version(session: Session, card: ClauseCard, name: str) -> VersionView:
    number = int(name) if name.isdecimal() and len(name) <= LONGEST_NUMBER else 0
    found = versions_of(session, card.id, [number]).get(number)
    if found is None:
        raise NotFound()
    return found


def _drafted(session: Session, actor: Actor, card: ClauseCard, side: str) -> Drafted:
    if side not in set(DraftSide):
        raise NotFound()
    drafted = drafted_clause(session, actor, card.id, side=side)
    if drafted is None:
        raise NotFound()
    return drafted


def _read(entered: str, card: ClauseCard) -> tuple[Any, str]:
    """The value that a field of a draft holds; else None and what stands there, half typed."""
    if card.value_kind is ValueKind.NONE:
        return card.value, ""
    value = as_read(entered, card.value_kind)
    return value, entered.strip() if value is None else ""


def _written(uow: UnitOfWork, clause: Clause, offer: Offer, text: str) -> tuple[Run, ...]:
    """A text taken from the table commune's draft keeps its authors."""
    if offer.source is not From.DRAFT or offer.name != DraftSide.COMMUNE:
        return ()
    return written_in(uow, clause, text)
