"""The board of clauses: groups by objective, filters, counts, pages. Pure: from cards and plan to what one sees."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from urllib.parse import urlencode

from negotiation.rules.search_words import asked_words, holds_all
from negotiation.rules.turn import Turn
from negotiation.rules.vocabulary import ClauseKind, ClauseState, PartKind
from negotiation.store.queries.clauses import ClauseCard
from negotiation.store.queries.negotiations import PlanEntry
from negotiation.store.queries.shape_at import PartAt

ARTICLES = "Articles du contrat"
EVERYTHING = "Engagements et clauses discutées"
"""What the board holds, whatever its state: the fields that nobody has touched stand behind a filter."""
PAGE = 100
"""Rows on a page: with 500, it weighed 870 kB."""
UNTOUCHED: dict[str, frozenset[ClauseState]] = {
    "accord": frozenset({ClauseState.AGREED}),
    "a-ecrire": frozenset({ClauseState.TO_WRITE}),
    "rouverte": frozenset({ClauseState.REOPENED}),
    "retiree": frozenset({ClauseState.WITHDRAWN}),
}
"""Filters that also list what no move has touched: hundreds of fields to write, or agreed as a file declared."""
_NAMES = {"state": "etat", "holder": "main", "essms": "essms", "theme": "theme", "words": "mots", "page": "page"}
LONGEST = 120
"""Characters of one thing asked."""


@dataclass(frozen=True)
class Filter:
    """A filter of the board: its key in the address, its words, how many clauses answer it; `untouched`: how many of
    those no move has touched, which the whole board leaves out."""

    key: str
    words: str
    count: int
    untouched: int = 0


@dataclass(frozen=True)
class Asked:
    """What the address asks for: a state filter, a holder, establishment, theme and words (empty = all), a page."""

    state: str = ""
    holder: str = ""
    essms: str = ""
    theme: str = ""
    words: str = ""
    page: int = 0

    @classmethod
    def told(cls, given: Mapping[str, str]) -> "Asked":
        """As an address says it; what it says otherwise is left out."""
        texts = {name: given.get(_NAMES[name], "").strip()[:LONGEST] for name in _NAMES if name != "page"}
        page = given.get(_NAMES["page"], "")
        return cls(**texts, page=int(page) if page.isascii() and page.isdecimal() and len(page) < 5 else 0)

    def address(self, **changes: str | int) -> str:
        """The question part of the address that asks for this, with these changes; another filter starts anew."""
        asked = replace(self, **({"page": 0} | changes))  # type: ignore[arg-type]
        said = {_NAMES[field.name]: getattr(asked, field.name) for field in fields(asked)}
        return urlencode({name: value for name, value in said.items() if value})

    @property
    def is_everything(self) -> bool:
        return not self.address()


class Late(StrEnum):
    """Whose answer is late."""

    OURS = "ours"
    THEIRS = "theirs"


@dataclass(frozen=True)
class Row:
    """A clause on the board. `turns`: one for each day since which parties hold it, the oldest first. `rounds`: of the
    negotiation, where they are too many. `place`: its objective, or the articles, where the row stands outside of its
    group."""

    card: ClauseCard
    turns: tuple[Turn, ...]
    rounds: int = 0
    place: str = ""

    @property
    def turn(self) -> Turn:
        """That of whoever holds it for the longest."""
        return self.turns[0]

    @property
    def holders(self) -> frozenset[str]:
        return frozenset[str]().union(*(turn.holders for turn in self.turns))

    def is_late_for(self, party_id: str) -> bool:
        """Whether this very party is late, whoever else is."""
        return any(turn.late_by > 0 and party_id in turn.holders for turn in self.turns)


@dataclass(frozen=True)
class Group:
    """Rows under one strategic objective, or the articles. `agreed` and `total` count those of other pages too, and
    those that are late, which stand together at the top in groups of their own (`late`)."""

    title: str
    rows: tuple[Row, ...]
    agreed: int
    total: int
    late: Late | None = None


@dataclass(frozen=True)
class Page:
    """The rows of one page by group, and the number of the next one. `late_total`: those of all pages."""

    groups: tuple[Group, ...]
    next: int | None
    late_total: int = 0

    @property
    def late(self) -> tuple[Group, ...]:
        return tuple(group for group in self.groups if group.late)

    @property
    def on_time(self) -> tuple[Group, ...]:
        return tuple(group for group in self.groups if not group.late)


Test = Callable[[Row, str], bool]

STATE_FILTERS: dict[str, tuple[str, Test]] = {
    "a-moi": ("À moi de répondre", lambda row, mine: mine in row.holders),
    "en-retard": ("En retard", lambda row, mine: row.turn.late_by > 0),
    "accord": ("Accord", lambda row, mine: row.card.state is ClauseState.AGREED),
    "accord-partiel": ("Accord partiel", lambda row, mine: row.card.state is ClauseState.PARTIALLY_AGREED),
    "proposee": ("Proposée", lambda row, mine: row.card.state is ClauseState.PROPOSED),
    "contre-proposee": ("Contre-proposée", lambda row, mine: row.card.state is ClauseState.COUNTERED),
    "rouverte": ("Rouverte", lambda row, mine: row.card.state is ClauseState.REOPENED),
    "a-ecrire": ("À écrire", lambda row, mine: row.card.state is ClauseState.TO_WRITE),
    "reserve": ("Réserve", lambda row, mine: bool(row.card.reserves)),
    "a-arbitrer": ("À porter au COPIL", lambda row, mine: row.rounds > 0),
    "retiree": ("Retirée", lambda row, mine: row.card.state is ClauseState.WITHDRAWN),
}


def filters(
    rows: Iterable[Row], my_party: str, *, untouched: Mapping[ClauseState, int] | None = None
) -> tuple[Filter, ...]:
    """Each state filter with its count, all together first. `untouched`: how many clauses are not among the rows."""
    listed, others = list(rows), untouched or {}
    counted = []
    for key, (words, test) in STATE_FILTERS.items():
        besides = sum(others.get(state, 0) for state in UNTOUCHED.get(key, frozenset()))
        counted.append(Filter(key, words, sum(test(row, my_party) for row in listed) + besides, besides))
    return (Filter("", EVERYTHING, len(listed)), *counted)


def groups(
    rows: Iterable[Row],
    plan: tuple[PlanEntry, ...],
    asked: Asked,
    *,
    my_party: str,
    essms_of: Mapping[str, frozenset[str]],
    themes: Mapping[str, str],
) -> tuple[Group, ...]:
    """The rows that answer the filters: what is late first, my party's then the others', then by strategic objective
    in the order of the plan, and the articles. Each row stands once.

    `essms_of`: establishments by part id; `themes`: theme of each strategic objective by part id.
    """
    by_id = {entry.id: entry for entry in plan}
    words = asked_words(asked.words)
    kept: dict[str, list[Row]] = {}
    for row in rows:
        top = _objective(by_id, row.card.part_id)
        if _answers(row, asked, my_party, words) and _in_place(row.card, top, asked, essms_of, themes):
            kept.setdefault(top, []).append(row)
    order = [entry.id for entry in plan if entry.id in kept]
    titled = [(entry_title(by_id[part_id]), kept[part_id]) for part_id in order]
    if "" in kept:
        titled.append((ARTICLES, kept[""]))
    on_time = tuple(_group(title, rows) for title, rows in titled)
    return (*_late(titled, my_party), *(group for group in on_time if group.rows))


def page_of(grouped: tuple[Group, ...], page: int) -> Page:
    """So many rows from there on; a group that goes on keeps its title and its counts."""
    first, last, at = page * PAGE, (page + 1) * PAGE, 0
    late_total = sum(group.total for group in grouped if group.late)
    shown = []
    for group in grouped:
        rows = group.rows[max(0, first - at) : max(0, last - at)]
        at += len(group.rows)
        if rows:
            shown.append(replace(group, rows=rows))
    return Page(tuple(shown), page + 1 if at > last else None, late_total)


def entry_title(entry: PlanEntry | PartAt) -> str:
    """« 2. Parcours », but « Annexes opposables » without its number, « Annexes »."""
    is_said = f"{entry.title} ".startswith(f"{entry.code} ")
    return f"{entry.code}. {entry.title}" if entry.code and not is_said else entry.title


def _group(title: str, rows: list[Row]) -> Group:
    counted = [row.card.state for row in rows if row.card.state is not ClauseState.WITHDRAWN]
    agreed = sum(state is ClauseState.AGREED for state in counted)
    on_time = (row for row in rows if not row.turn.late_by)
    return Group(title, tuple(sorted(on_time, key=_row_order)), agreed, len(counted))


def _late(titled: list[tuple[str, list[Row]]], my_party: str) -> Iterator[Group]:
    """What my party has to answer, then what the others have; each group with the latest first."""
    found = [replace(row, place=title) for title, rows in titled for row in rows if row.turn.late_by]
    ours = [row for row in found if row.is_late_for(my_party)]
    theirs = [row for row in found if not row.is_late_for(my_party)]
    for late, rows in ((Late.OURS, ours), (Late.THEIRS, theirs)):
        if rows:
            yield Group("", tuple(sorted(rows, key=_row_order)), agreed=0, total=len(rows), late=late)


def _row_order(row: Row) -> tuple[int, bool, str]:
    """The latest first, then the engagements in the order of their codes."""
    return -row.turn.late_by, row.card.kind is not ClauseKind.ENGAGEMENT, row.card.code


def _objective(by_id: Mapping[str, PlanEntry], part_id: str) -> str:
    """The strategic objective above a part; empty for articles and orphans."""
    entry = by_id.get(part_id)
    while entry is not None:
        if entry.kind is PartKind.STRATEGIC_OBJECTIVE:
            return entry.id
        entry = by_id.get(entry.parent_id or "")
    return ""


def _answers(row: Row, asked: Asked, my_party: str, words: tuple[str, ...]) -> bool:
    test = STATE_FILTERS.get(asked.state)
    if test and not test[1](row, my_party):
        return False
    if asked.holder and asked.holder not in row.holders:
        return False
    return not words or holds_all(f"{row.card.code} {row.card.label} {row.card.text}", words)


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
