"""Files that came back from Word, as their own party reads them: what each would change on the text that stands now."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from negotiation.documents.word_changes import (
    Applied,
    Changed,
    Exported,
    Standing,
    applied,
    changed,
    is_reshaped,
    words,
)
from negotiation.documents.word_model import ClauseTexts, FoundChange, FoundComment, Outside
from negotiation.errors import InvalidInput, NotFound, StaleClause, UnreadableText
from negotiation.rules.lifecycle import Play, Reason, obstacle
from negotiation.rules.policy import Actor
from negotiation.rules.redline import UnitChange, redline_units, take_units
from negotiation.rules.vocabulary import TALK_MOVES, Move
from negotiation.services.orders import Seen
from negotiation.store.contract import Clause
from negotiation.store.exchange import MoveRow
from negotiation.store.exchange_files import WordExport
from negotiation.store.queries.clauses import ClauseCard, cards_by_id
from negotiation.store.queries.people import PartyView, parties_of
from negotiation.store.queries.visibility import visible
from negotiation.store.word_returns import ReturnState, WordReturn

MOST_LISTED = 20


@dataclass(frozen=True)
class Returned:
    """A file that waits to be confirmed, in a list."""

    id: str
    file_name: str
    at: datetime
    member_id: str


@dataclass(frozen=True)
class ReturnedClause:
    """A clause whose words came back changed. `obstacle`: why its text can't be proposed; None when it can."""

    card: ClauseCard
    change: Changed
    applied: Applied
    current: str
    """The text that stands on the table."""
    move: Move
    obstacle: Reason | None

    @property
    def stands(self) -> Seen:
        current = self.card.situation.current
        return Seen(current.number, current.fingerprint) if current else Seen()

    @cached_property
    def units(self) -> tuple[UnitChange, ...]:
        """The changes that can be taken one by one, of the text that stands."""
        return tuple(redline_units(self.current, self.applied.text))

    def text_with(self, taken: Collection[int] | None) -> str:
        """The text that stands with these changes alone; None takes them all. Raises StaleClause on what is no change,
        InvalidInput `take` when there is none, `emptied` when no word would be left; UnreadableText."""
        if taken is None:
            return self.applied.text
        if not taken:
            raise InvalidInput(field="take")
        if not set(taken) <= {unit.index for unit in self.units}:
            raise StaleClause(seen=self.stands.number)
        text = take_units(self.current, self.applied.text, set(taken))
        if not words(text):
            raise InvalidInput(field="emptied")
        return text


@dataclass(frozen=True)
class ReturnView:
    """A preview. `unreadable`: clauses whose words no clause may hold, with the refusal; `emptied`: clauses whose every
    word was struck; `missing`: exported clauses that the file has no more; `strangers`: clauses that it names and that
    aren't at this table."""

    id: str
    file_name: str
    size: int
    at: datetime
    member_id: str
    state: ReturnState
    exported_at: datetime | None
    """None when nobody knows what was exported: the file is compared with the text that stands now."""
    recognised: int = 0
    exported: int = 0
    clauses: tuple[ReturnedClause, ...] = ()
    done: tuple[ClauseCard, ...] = ()
    emptied: tuple[ClauseCard, ...] = ()
    missing: tuple[ClauseCard, ...] = ()
    unreadable: tuple[tuple[ClauseCard, UnreadableText], ...] = ()
    strangers: int = 0
    reshaped: int = 0
    comments: tuple[FoundComment, ...] = ()
    cards: Mapping[str, ClauseCard] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    """Clause → the version on its table."""
    outside: Outside = field(default=Outside())
    changes_elsewhere: int = 0
    """Revisions outside every clause, but for those that came with the export."""


@dataclass(frozen=True)
class _Export:
    at: datetime
    texts: Mapping[str, Exported]


def returns_waiting(session: Session, actor: Actor) -> tuple[Returned, ...]:
    """What the party brought and hasn't settled, newest first."""
    query = (
        select(WordReturn)
        .where(
            col(WordReturn.negotiation_id) == actor.negotiation_id,
            visible(WordReturn.circle, actor),
            col(WordReturn.state) == ReturnState.WAITING,
        )
        .order_by(col(WordReturn.at).desc(), col(WordReturn.id))
        .limit(MOST_LISTED)
    )
    return tuple(Returned(row.id, row.file_name, row.at, row.member_id) for row in session.execute(query).scalars())


def own_return(session: Session, actor: Actor, return_id: str) -> WordReturn:
    """Raises NotFound, also for another party's."""
    query = select(WordReturn).where(
        col(WordReturn.id) == return_id,
        col(WordReturn.negotiation_id) == actor.negotiation_id,
        visible(WordReturn.circle, actor),
    )
    row: WordReturn | None = session.execute(query).scalar_one_or_none()
    if row is None:
        raise NotFound()
    return row


def exported_texts(session: Session, actor: Actor, export_id: str) -> _Export | None:
    """What this export held; None when this person reads no such export at this table."""
    query = select(WordExport).where(
        col(WordExport.id) == export_id,
        col(WordExport.negotiation_id) == actor.negotiation_id,
        visible(WordExport.circle, actor),
    )
    row = session.execute(query).scalar_one_or_none()
    if row is None:
        return None
    texts = {key: Exported(said.get("agreed", ""), said.get("proposed", "")) for key, said in row.texts.items()}
    return _Export(row.at, texts)


def return_view(session: Session, actor: Actor, return_id: str) -> ReturnView:
    """The preview, on the texts that stand now. Raises NotFound."""
    row = own_return(session, actor, return_id)
    head = ReturnView(row.id, row.file_name, row.size, row.at, row.member_id, row.state, None)
    if row.state is not ReturnState.WAITING:
        return head
    return _Preview(session, actor, row).view(head)


class _Preview:
    """A file beside the table."""

    def __init__(self, session: Session, actor: Actor, row: WordReturn) -> None:
        self.session, self.actor, self.row = session, actor, row
        self.reading: dict[str, Any] = row.reading
        self.export = exported_texts(session, actor, self.reading["export_id"])
        self.texts = [ClauseTexts(**each) for each in self.reading["clauses"]]
        self.changes = [FoundChange(**each) for each in self.reading["changes"]]
        named = [each.clause_id for each in self.texts]
        self.cards = cards_by_id(session, actor, [*named, *(self.export.texts if self.export else ())])

    def view(self, head: ReturnView) -> ReturnView:
        found: dict[str, list[Any]] = {"clauses": [], "done": [], "emptied": [], "unreadable": []}
        reshaped = 0
        for texts in self.texts:
            card = self.cards.get(texts.clause_id)
            if card is None:
                continue
            reshaped += is_reshaped(texts, self._exported(card.id))
            self._sort(card, texts, found)
        named = {each.clause_id for each in self.texts}
        exported = self.export.texts if self.export else {}
        return replace(
            head,
            exported_at=self.export.at if self.export else None,
            recognised=len(named & self.cards.keys()),
            exported=len(exported),
            missing=tuple(self.cards[key] for key in exported if key not in named and key in self.cards),
            strangers=len(named - self.cards.keys()),
            reshaped=reshaped,
            comments=self._comments(),
            cards=self.cards,
            versions=self._versions(),
            outside=Outside(**self.reading["outside"]),
            changes_elsewhere=self._changes_elsewhere(),
            clauses=tuple(found["clauses"]),
            done=tuple(found["done"]),
            emptied=tuple(found["emptied"]),
            unreadable=tuple(found["unreadable"]),
        )

    def _changes_elsewhere(self) -> int:
        """But for those that an export itself shows, under the names of the parties."""
        names = [name for party in parties_of(self.session, self.actor.negotiation_id) for name in _names(party)]
        asked = (each for each in self.changes if not each.clause_id and each.text.strip())
        return sum(1 for each in asked if not each.author.startswith(tuple(names)))

    def _exported(self, clause_id: str) -> Exported | None:
        return self.export.texts.get(clause_id) if self.export else None

    def _sort(self, card: ClauseCard, texts: ClauseTexts, found: dict[str, list[Any]]) -> None:
        current = _text_of_table(card)
        tracked = [each for each in self.changes if each.clause_id == card.id]
        try:
            change = changed(texts, self._exported(card.id), current, tracked)
            if change is None:
                return
            result = applied(change, current)
        except UnreadableText as refusal:
            found["unreadable"].append((card, refusal))
            return
        if result.standing is Standing.DONE or words(result.text) == words(current):
            found["done"].append(card)
        elif not words(result.text):
            found["emptied"].append(card)
        else:
            move = Move.COUNTER_PROPOSAL if card.situation.current else Move.PROPOSAL
            reason = obstacle(card.situation, Play(move, self.actor.party_id))
            found["clauses"].append(ReturnedClause(card, change, result, current, move, reason))

    def _comments(self) -> tuple[FoundComment, ...]:
        """Those of clauses at this table that nobody of the party reads here yet: an export carries them out too."""
        asked = [FoundComment(**each) for each in self.reading["comments"]]
        kept = [each for each in asked if each.clause_id in self.cards and each.text.strip()]
        said = self._said({each.clause_id for each in kept})
        return tuple(each for each in kept if not _is_known(each, said[each.clause_id]))

    def _said(self, clause_ids: Iterable[str]) -> dict[str, list[str]]:
        query = select(col(MoveRow.clause_id), col(MoveRow.text)).where(
            col(MoveRow.clause_id).in_(list(clause_ids)),
            col(MoveRow.type).in_(list(TALK_MOVES)),
            visible(MoveRow.circle, self.actor),
        )
        said: dict[str, list[str]] = {clause_id: [] for clause_id in self.cards}
        for row in self.session.execute(query):
            said[row.clause_id].append(words(row.text))
        return said

    def _versions(self) -> dict[str, str]:
        query = select(col(Clause.id), col(Clause.current_version_id)).where(col(Clause.id).in_(list(self.cards)))
        return {row.id: row.current_version_id or "" for row in self.session.execute(query)}


def _names(party: PartyView) -> tuple[str, ...]:
    return tuple(f"{name} –" for name in (party.name, party.short_name) if name)


def _is_known(comment: FoundComment, said: Iterable[str]) -> bool:
    written = words(comment.text)
    return any(each and written.endswith(each) for each in said)


def _text_of_table(card: ClauseCard) -> str:
    return card.tabled_text if card.tabled_text is not None else card.text
