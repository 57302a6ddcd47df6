"""« Ajouter ces parties »: what a file from Word holds becomes parts and clauses of an open contract, all or none.

By the same rules as what is added by hand: prepared inside the circle that is chosen (`adding`), or, for the table,
written inside and put there at once (`inside_parts`), with the visas that the party asks for proposals.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from negotiation.errors import CannotShape, FileRefused, Frozen, InvalidInput, UnreadableText
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.policy import Actor
from negotiation.rules.trame import UNDER, fields_for
from negotiation.rules.trame_from_headings import Titled
from negotiation.rules.vocabulary import SHARED, Circle, Move, PartKind
from negotiation.rules.word_parts import (
    LABEL_OF_OWN_WORDS,
    FoundPart,
    FoundText,
    field_for,
    found_parts,
    holders,
    may_stand_at_top,
    plain_words,
    same_words,
)
from negotiation.services.adding import NewClause, NewPart, add_clause, add_part
from negotiation.services.inside_parts import share_parts, write_working
from negotiation.services.orders import Order
from negotiation.services.placing import clauses_of_part
from negotiation.services.visas import submit_together
from negotiation.store.columns import new_id
from negotiation.store.contract import Part
from negotiation.store.queries.clauses import cards_of_part
from negotiation.store.queries.negotiations import PlanEntry, plan_of
from negotiation.store.queries.parts import part_view
from negotiation.store.unit_of_work import UnitOfWork

MOST_NAMED = 5
"""Titles that a refusal says by name."""
LARGEST_PLAN = 1_500_000
"""Bytes of texts: they go to the browser and come back, since nothing is kept before somebody confirms."""
MOST_AT_ONCE = 100
"""Lines added in one gesture: nobody else writes meanwhile, and a hundred take some seconds on the table."""
_OF_A_LETTER = 3
"""Bytes that a form takes for each byte beyond ASCII."""


@dataclass
class AddedParts:
    """What became of it. `part_ids`: new parts; `texts`: written clauses, of which so many are `proposed`, or wait for
    their visa; `first`: the part to show."""

    part_ids: list[str] = field(default_factory=list)
    texts: int = 0
    proposed: int = 0
    waiting: int = 0
    first: str = ""


def parts_of_sections(sections: Sequence[Titled], plan: Sequence[PlanEntry]) -> tuple[FoundPart, ...]:
    """What the file would add, each text as a clause keeps it.

    Raises FileRefused `no_headings`, `too_heavy`; CannotShape `there_already` when the contract has every part of it;
    UnreadableText with the `title` under which it stands.
    """
    found = found_parts(sections)
    if not found:
        raise FileRefused(reason="no_headings")
    if sum(_weight(text.text) for part in found for text in part.texts) > LARGEST_PLAN:
        raise FileRefused(reason="too_heavy")
    there = known_titles(plan)
    if all(plain_words(part.title) in there for part in found):
        raise _there_already(part.title for part in found)
    return tuple(_canonical(part) for part in found)


def known_titles(plan: Iterable[PlanEntry]) -> Mapping[str, PlanEntry]:
    """The parts that this person reads, by their titles' words."""
    return {plain_words(entry.title): entry for entry in plan}


def add_parts(
    uow: UnitOfWork,
    actor: Actor,
    parts: Sequence[FoundPart],
    taken: frozenset[int],
    *,
    circle: Circle,
    parties: frozenset[str] = frozenset(),
    words: str = "",
) -> AddedParts:
    """The lines that are `taken`, each where its kind puts it. `parties`: ids of those whose agreement is asked, none
    for the usual ones; `words` go with a request for a visa.

    Raises InvalidInput: `take` for none, `many` (`given`) for more than MOST_AT_ONCE; CannotShape: `there_already`
    (`titles`), `left_out` when the line above isn't taken, `no_place`, `misplaced`, `on_the_table` for clauses of a
    part that all read, in a circle that isn't everybody's; and what `add_part`, `add_clause`, `write_working` and
    `share_parts` raise.
    """
    if uow.lock(actor.negotiation_id).frozen_at is not None:
        raise Frozen()
    chosen = [place for place in sorted(taken) if place < len(parts)]
    if not chosen:
        raise InvalidInput(field="take")
    if len(chosen) > MOST_AT_ONCE:
        raise InvalidInput(field="many", given=len(chosen))
    there = known_titles(plan_of(uow.session, actor))
    again = [parts[place].title for place in chosen if parts[place].kind and plain_words(parts[place].title) in there]
    if again:
        raise _there_already(again)
    return _Adding(uow, actor, parts, circle=circle, parties=parties).add(chosen, words=words)


class _Adding:
    """One gesture."""

    def __init__(
        self, uow: UnitOfWork, actor: Actor, parts: Sequence[FoundPart], *, circle: Circle, parties: frozenset[str]
    ) -> None:
        self.uow, self.actor, self.parts = uow, actor, parts
        self.is_shared = circle == SHARED
        self.written_in = Circle.inside(actor.party_id) if self.is_shared else circle
        self.parties = parties
        self.above = holders(parts)
        self.ids: dict[int, str] = {}
        """The part of each line that became one, or that its clauses went to."""
        self.leaving: list[str] = []
        self.orders: list[tuple[str, Order]] = []
        self.done = AddedParts()

    def add(self, chosen: Sequence[int], *, words: str) -> AddedParts:
        for place in chosen:
            part = self.parts[place]
            held_by = self._held_by(place)
            if part.kind is None:
                self._add_clauses(part, held_by)
            else:
                self.ids[place] = self._add_part(part, part.kind, held_by)
            self.done.first = self.done.first or self.ids.get(place) or held_by or ""
        self._put_on_table(words)
        return self.done

    def _held_by(self, place: int) -> str | None:
        """Id of the part that holds this line; None at the top of the contract. Raises CannotShape."""
        part, above = self.parts[place], self.above[place]
        if part.under:
            return part.under
        if above is None:
            if not may_stand_at_top(part):
                raise CannotShape(reason="no_place", title=part.title)
            return None
        if above not in self.ids:
            raise CannotShape(reason="left_out", title=part.title, above=self.parts[above].title)
        return self.ids[above]

    def _add_part(self, part: FoundPart, kind: PartKind, held_by: str | None) -> str:
        above = part_view(self.uow.session, self.actor, held_by).kind if held_by else None
        if kind not in UNDER.get(above, frozenset()):
            raise CannotShape(reason="misplaced", title=part.title)
        new = NewPart(kind=kind, title=part.title, parent_id=held_by, circle=self.written_in, parties=self.parties)
        part_id = add_part(self.uow, self.actor, new)
        self.done.part_ids.append(part_id)
        if self.is_shared and (held_by is None or self._is_on_table(held_by)):
            self.leaving.append(part_id)
        row = self.uow.session.get_one(Part, part_id)
        fields = {clause.field: clause.id for clause in clauses_of_part(self.uow, row)}
        for text in part.texts:
            named = field_for(text, kind, fields_for(kind))
            self._write(fields.pop(named, "") or self._new_clause(part_id, text), text)
        return part_id

    def _add_clauses(self, part: FoundPart, held_by: str | None) -> None:
        """The texts of a line that is no part: its own under its title."""
        if held_by is None:
            raise CannotShape(reason="no_place", title=part.title)
        is_on_table = self._is_on_table(held_by)
        if is_on_table and not self.is_shared:
            raise CannotShape(reason="on_the_table", title=part.title)
        texts = [FoundText(text.label or part.title, text.text) for text in part.texts]
        labels = [card.label for card in cards_of_part(self.uow.session, self.actor, held_by)]
        again = [text.label for text in texts if any(same_words(text.label, label) for label in labels)]
        if again:
            raise _there_already(again)
        for text in texts:
            clause_id = self._new_clause(held_by, text)
            if is_on_table:
                self.orders.append((clause_id, Order(Move.PROPOSAL, text=text.text)))
                self.done.texts += 1
            else:
                self._write(clause_id, text)

    def _new_clause(self, part_id: str, text: FoundText) -> str:
        new = NewClause(label=text.label or LABEL_OF_OWN_WORDS, parties=self.parties)
        return add_clause(self.uow, self.actor, part_id, new)

    def _write(self, clause_id: str, text: FoundText) -> None:
        write_working(self.uow, self.actor, clause_id, text=text.text)
        self.done.texts += 1

    def _put_on_table(self, words: str) -> None:
        if self.leaving:
            shared = share_parts(self.uow, self.actor, self.leaving, words=words)
            self.done.proposed, self.done.waiting = shared.proposed, shared.waiting
        if self.orders:
            bundle = new_id()
            orders = [(clause_id, Order(each.move, text=each.text, bundle=bundle)) for clause_id, each in self.orders]
            submitted = submit_together(self.uow, self.actor, orders, words=words)
            waiting = sum(1 for each in submitted if each.request_id)
            self.done.waiting += waiting
            self.done.proposed += len(submitted) - waiting

    def _is_on_table(self, part_id: str) -> bool:
        return part_view(self.uow.session, self.actor, part_id).circle == SHARED


def _canonical(part: FoundPart) -> FoundPart:
    try:
        texts = tuple(FoundText(text.label, canonical_markdown(text.text)) for text in part.texts)
    except UnreadableText as refusal:
        raise UnreadableText(**refusal.detail, title=part.title) from refusal
    return FoundPart(part.kind, part.title, texts)


def _weight(text: str) -> int:
    """Bytes in a form."""
    written = len(text.encode())
    return written + (_OF_A_LETTER - 1) * (written - sum(letter.isascii() for letter in text))


def _there_already(titles: Iterable[str]) -> CannotShape:
    listed = list(titles)
    named = ", ".join(f"« {title} »" for title in listed[:MOST_NAMED])
    more = len(listed) - MOST_NAMED
    return CannotShape(
        reason="there_already", titles=f"{named} et {more} autre{'s' * (more > 1)}" if more > 0 else named
    )
