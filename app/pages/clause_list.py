"""The clauses of a part in the order of its page: what is written, then the fields where nothing is yet, folded."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.pages.clause_view import groups_of_cards
from negotiation.rules.vocabulary import ClauseKind, ClauseState
from negotiation.store.queries.clauses import ClauseCard

FEWEST_FOLDED = 4
FOLD = "a-ecrire"
"""Stands in the list of ids where the folded ones begin."""


@dataclass(frozen=True)
class ClauseList:
    """`shown`, then `folded` under one line. `is_unfolded`: the open clause was one of those, its writer goes on with
    the next."""

    shown: tuple[ClauseCard, ...]
    folded: tuple[ClauseCard, ...] = ()
    is_unfolded: bool = False

    @property
    def ids(self) -> list[str]:
        """In the order of the page, as an open page follows it."""
        fold = [FOLD] if self.folded else []
        return [*(card.id for card in self.shown), *fold, *(card.id for card in self.folded)]


def clause_list(cards: tuple[ClauseCard, ...], open_id: str | None = None) -> ClauseList:
    """The open clause is never folded; a part where nothing is written, or few fields are left, shows them all."""
    ordered = tuple(card for group in groups_of_cards(cards).values() for card in group)
    empty = [card.id for card in ordered if _is_empty(card)]
    folded = tuple(card for card in ordered if card.id in empty and card.id != open_id)
    if len(folded) < FEWEST_FOLDED or len(empty) == len(ordered):
        return ClauseList(ordered)
    return ClauseList(_others(ordered, folded), folded, open_id in empty)


def _others(cards: Iterable[ClauseCard], folded: tuple[ClauseCard, ...]) -> tuple[ClauseCard, ...]:
    ids = {card.id for card in folded}
    return tuple(card for card in cards if card.id not in ids)


def _is_empty(card: ClauseCard) -> bool:
    """A field that nobody proposed, in which nothing stands, and which waits for nothing else."""
    if card.kind is ClauseKind.ENGAGEMENT or card.state is not ClauseState.TO_WRITE:
        return False
    has_words = bool(card.text) or card.value is not None or card.follows_id is not None
    is_talked = card.situation.versions > 0 or card.situation.request is not None or bool(card.reserves)
    return not (has_words or is_talked)
