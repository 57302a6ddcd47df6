"""The board of clauses: groups by objective, filters, counts. Pure: from cards and plan to what the table shows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from negotiation.rules.vocabulary import ClauseKind, ClauseState, PartKind
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.negotiations import PlanEntry

ARTICLES = "Articles du contrat"


@dataclass(frozen=True)
class Filter:
    """A filter of the board: its key in the address, its words, how many clauses answer it."""

    key: str
    words: str
    count: int


@dataclass(frozen=True)
class Asked:
    """What the address asks for: a state filter, and a holder, establishment and theme (empty = all)."""

    state: str = ""
    holder: str = ""
    essms: str = ""
    theme: str = ""


@dataclass(frozen=True)
class Group:
    """Rows under one strategic objective, or the articles."""

    title: str
    cards: tuple[ClauseCard, ...]

    @property
    def agreed(self) -> int:
        return sum(1 for card in self.cards if card.state is ClauseState.AGREED)

    @property
    def total(self) -> int:
        return sum(1 for card in self.cards if card.state is not ClauseState.WITHDRAWN)


Test = Callable[[ClauseCard, str], bool]

STATE_FILTERS: dict[str, tuple[str, Test]] = {
    "a-moi": ("À moi de répondre", lambda card, mine: card.waits_for_party(mine)),
    "accord": ("Accord", lambda card, mine: card.state is ClauseState.AGREED),
    "accord-partiel": ("Accord partiel", lambda card, mine: card.state is ClauseState.PARTIALLY_AGREED),
    "proposee": ("Proposée", lambda card, mine: card.state is ClauseState.PROPOSED),
    "contre-proposee": ("Contre-proposée", lambda card, mine: card.state is ClauseState.COUNTERED),
    "a-ecrire": ("À écrire", lambda card, mine: card.state in (ClauseState.TO_WRITE, ClauseState.REOPENED)),
    "reserve": ("Réserve", lambda card, mine: bool(card.situation.open_reserves)),
    "retiree": ("Retirée", lambda card, mine: card.state is ClauseState.WITHDRAWN),
}


def filters(cards: Iterable[ClauseCard], my_party: str) -> tuple[Filter, ...]:
    """Each state filter with its count; « Toutes » first."""
    listed = list(cards)
    counted = [
        Filter(key, words, sum(1 for card in listed if test(card, my_party)))
        for key, (words, test) in STATE_FILTERS.items()
    ]
    return (Filter("", "Toutes", len(listed)), *counted)


def groups(
    cards: Iterable[ClauseCard],
    plan: tuple[PlanEntry, ...],
    asked: Asked,
    *,
    my_party: str,
    essms_of: Mapping[str, frozenset[str]],
    themes: Mapping[str, str],
) -> tuple[Group, ...]:
    """The rows that answer the filters, by strategic objective in the order of the plan, then the articles.

    `essms_of`: establishments by part id; `themes`: theme of each strategic objective by part id.
    """
    by_id = {entry.id: entry for entry in plan}
    kept: dict[str, list[ClauseCard]] = {}
    for card in cards:
        top = _objective(by_id, card.part_id)
        if _answers(card, asked, my_party) and _in_place(card, top, asked, essms_of, themes):
            kept.setdefault(top, []).append(card)
    order = [entry.id for entry in plan if entry.id in kept]
    titled = [(entry_title(by_id[part_id]), kept[part_id]) for part_id in order]
    if "" in kept:
        titled.append((ARTICLES, kept[""]))
    return tuple(Group(title, tuple(sorted(rows, key=_row_order))) for title, rows in titled)


def entry_title(entry: PlanEntry) -> str:
    return f"{entry.code}. {entry.title}" if entry.code else entry.title


def _row_order(card: ClauseCard) -> tuple[bool, str]:
    return card.kind is not ClauseKind.ENGAGEMENT, card.code


def _objective(by_id: Mapping[str, PlanEntry], part_id: str) -> str:
    """The strategic objective above a part; empty for articles and orphans."""
    entry = by_id.get(part_id)
    while entry is not None:
        if entry.kind is PartKind.STRATEGIC_OBJECTIVE:
            return entry.id
        entry = by_id.get(entry.parent_id or "")
    return ""


def _answers(card: ClauseCard, asked: Asked, my_party: str) -> bool:
    test = STATE_FILTERS.get(asked.state)
    if test and not test[1](card, my_party):
        return False
    return not asked.holder or card.waits_for_party(asked.holder)


def _in_place(
    card: ClauseCard,
    objective: str,
    asked: Asked,
    essms_of: Mapping[str, frozenset[str]],
    themes: Mapping[str, str],
) -> bool:
    if asked.essms and asked.essms not in essms_of.get(card.part_id, frozenset()):
        return False
    return not asked.theme or themes.get(objective) == asked.theme
