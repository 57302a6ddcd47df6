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
    How,
    Standing,
    applied,
    changed,
    is_reshaped,
    words,
)
from negotiation.documents.word_model import ClauseTexts, FoundChange, FoundComment, FoundValue, Outside
from negotiation.errors import InvalidInput, NotFound, StaleClause, UnreadableText, WrongValue
from negotiation.rules.lifecycle import Play, Reason, obstacle
from negotiation.rules.policy import Actor
from negotiation.rules.redline import UnitChange, redline_units, take_units
from negotiation.rules.values import Canonical, as_entered
from negotiation.rules.vocabulary import TALK_MOVES, Move, ValueKind
from negotiation.services.orders import Seen
from negotiation.services.word_export import DRAFT_HAND
from negotiation.services.word_matching import (
    Matched,
    matched_in,
    names_of_clauses,
    sign_of_matching,
    texts_matched,
)
from negotiation.services.word_values import NamedValues
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
class ReturnedValue:
    """A value that came back changed, in the words of its reader. `value`: what is read of `given`, None for nothing;
    `is_read`: whether it could be read at all; `moved`: whether the table's has changed since the export."""

    before: str
    given: str
    how: How
    value: Canonical = None
    is_read: bool = True
    moved: bool = False


@dataclass(frozen=True)
class ReturnedClause:
    """A clause whose words or value came back changed. `obstacle`: why it can't be proposed; None when it can."""

    card: ClauseCard
    change: Changed
    applied: Applied
    current: str
    """The text that stands on the table."""
    move: Move
    obstacle: Reason | None
    value: ReturnedValue | None = None
    has_draft: bool = False
    """Whether the export held the party's own draft of it: what came back is then, in part or whole, that draft."""

    @property
    def takes_value(self) -> bool:
        return self.value is not None and self.value.is_read

    def entered(self) -> str:
        """The value that would be proposed, as a field shows it."""
        value = self.value.value if self.value and self.value.is_read else self.card.value
        return as_entered(value, self.card.value_kind)

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
    misread: tuple[tuple[ClauseCard, ReturnedValue], ...] = ()
    """Values that came back in words that can't be read."""
    sections: tuple[Matched, ...] = ()
    """Of a file without marks: what is taken for which clause."""
    matching: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """Clause → how it is named to match a section."""
    changes_elsewhere: int = 0
    """Revisions outside every clause, but for those that came with the export."""


@dataclass(frozen=True)
class _Export:
    at: datetime
    texts: Mapping[str, Exported]
    values: Mapping[str, str]
    drafted: frozenset[str]


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
    texts = {key: Exported(said["agreed"], said["proposed"]) for key, said in row.texts.items() if "agreed" in said}
    values = {key: said["value"] for key, said in row.texts.items() if "value" in said}
    return _Export(row.at, texts, values, frozenset(key for key, said in row.texts.items() if "draft" in said))


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
        self.texts = [*(ClauseTexts(**each) for each in self.reading["clauses"]), *texts_matched(self.reading)]
        self.changes = [FoundChange(**each) for each in self.reading["changes"]]
        self.values = {each["clause_id"]: FoundValue(**each) for each in self.reading.get("values", ())}
        named = [each.clause_id for each in self.texts]
        self.cards = cards_by_id(session, actor, [*named, *self.values, *(self.export.texts if self.export else ())])
        self.named_values = NamedValues(session, actor)

    def view(self, head: ReturnView) -> ReturnView:
        found: dict[str, list[Any]] = {"clauses": [], "done": [], "emptied": [], "unreadable": [], "misread": []}
        reshaped = 0
        for texts in self.texts:
            card = self.cards.get(texts.clause_id)
            if card is None:
                continue
            reshaped += is_reshaped(texts, self._exported(card.id))
            self._sort(card, texts, found)
        with_text = {each.clause_id for each in self.texts}
        for clause_id in self.values:
            if clause_id in self.cards and clause_id not in with_text:
                self._sort(self.cards[clause_id], None, found)
        names = names_of_clauses(self.session, self.actor) if "sections" in self.reading else {}
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
            misread=tuple(found["misread"]),
            sections=matched_in(self.reading, names),
            matching=sign_of_matching(self.reading),
            names=names,
        )

    def _changes_elsewhere(self) -> int:
        """But for those that an export itself shows, under the names of the parties."""
        asked = (each for each in self.changes if not (each.clause_id or each.value_of) and each.text.strip())
        return sum(1 for each in asked if not each.author.startswith(self.signatures))

    @cached_property
    def signatures(self) -> tuple[str, ...]:
        """How the authors of an export's own revisions begin."""
        return tuple(name for party in parties_of(self.session, self.actor.negotiation_id) for name in _names(party))

    def _exported(self, clause_id: str) -> Exported | None:
        return self.export.texts.get(clause_id) if self.export else None

    def _sort(self, card: ClauseCard, texts: ClauseTexts | None, found: dict[str, list[Any]]) -> None:
        current = _text_of_table(card)
        tracked = [each for each in self.changes if each.clause_id == card.id]
        value = self._value(card)
        if value and not value.is_read:
            found["misread"].append((card, value))
        try:
            change = changed(texts, self._exported(card.id), current, tracked) if texts else None
            result = applied(change, current) if change else None
        except UnreadableText as refusal:
            found["unreadable"].append((card, refusal))
            return
        says_more = result is not None and result.standing is not Standing.DONE and words(result.text) != words(current)
        if result and says_more and not words(result.text):
            found["emptied"].append(card)
        elif says_more or (value and value.is_read):
            found["clauses"].append(self._returned(card, current, change if says_more else None, result, value))
        elif result:
            found["done"].append(card)

    def _returned(
        self,
        card: ClauseCard,
        current: str,
        change: Changed | None,
        result: Applied | None,
        value: ReturnedValue | None,
    ) -> ReturnedClause:
        """`change` None: the value alone came back changed."""
        move = Move.COUNTER_PROPOSAL if card.situation.current else Move.PROPOSAL
        reason = obstacle(card.situation, Play(move, self.actor.party_id))
        if change is None or result is None:
            change, result = Changed(current, current, frozenset()), Applied(current, Standing.READY)
        if value and value.is_read:
            change = replace(change, hows=change.hows | {value.how})
            result = replace(result, standing=Standing.TO_REDO) if value.moved else result
        has_draft = self.export is not None and card.id in self.export.drafted
        return ReturnedClause(card, change, result, current, move, reason, value, has_draft)

    def _value(self, card: ClauseCard) -> ReturnedValue | None:
        """None where no word of it changed, or where the table says it already."""
        asked = self.values.get(card.id)
        if asked is None or card.value_kind is ValueKind.NONE or card.follows_id:
            return None
        now_said = self.named_values.shown(card, card.value)
        exported = self.export.values.get(card.id) if self.export else None
        if words(asked.accepted) in (words(now_said), words(now_said if exported is None else exported)):
            return None
        hands = [each.author for each in self.changes if each.value_of == card.id]
        is_tracked = any(not each.startswith(self.signatures) or each.endswith(DRAFT_HAND) for each in hands)
        how = How.TRACKED if is_tracked else How.UNTRACKED
        found = ReturnedValue(now_said, asked.accepted, How.COMPARED if exported is None else how)
        try:
            value = self.named_values.read(card, asked.accepted)
        except (WrongValue, UnreadableText):
            return replace(found, is_read=False)
        moved = exported is not None and words(exported) != words(now_said)
        return None if value == card.value else replace(found, value=value, moved=moved)

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
