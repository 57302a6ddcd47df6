"""A negotiation at a glance: who played how much and when, what moved, what never did, what waited, what is left of
each one's numbers and words. Figures only: nothing here says who negotiated well.

Each clause is summed up once (`ClauseSummary`) from its shared steps and kept; a glance adds summaries up, so that it
costs what the contract is long, and not its history.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Any

from negotiation.rules.navette import Delay, Step, responses
from negotiation.rules.paris import paris_day
from negotiation.rules.trajectory import as_number
from negotiation.rules.vocabulary import Move, ValueKind
from negotiation.rules.word_shares import UNKNOWN

RULE = 1
"""By which clauses are summed up today: what an earlier rule summed up counts for nothing."""
MOST_PERIODS = 24
_SPEAKS = frozenset({Move.COMMENT})
"""Said beside the negotiation: counted, but nobody's turn ends with it."""

Runs = Sequence[tuple[str | None, int, int]]
"""(party id | None | UNKNOWN, first version, words) in a row."""


@dataclass(frozen=True)
class Wait:
    """The longest time between two shared steps of a clause before its agreement. `until` None: it still waits.
    `days`: of the calendar."""

    since_step: str
    since: date
    until: date | None
    days: int


@dataclass(frozen=True)
class Distance:
    """Of one number. `first`: the first value that each party proposed; `last`: its last one; `agreed`: what stands."""

    first: Mapping[str, Decimal]
    last: Mapping[str, Decimal]
    agreed: Decimal | None

    def travelled(self, party: str) -> Decimal | None:
        """From what the party asked first to what was agreed, in the number's unit; None while nothing is agreed."""
        return None if self.agreed is None or party not in self.first else self.agreed - self.first[party]


@dataclass(frozen=True)
class ClauseSummary:
    """What is kept of one clause. `moves`: by month (« 2026-03 ») and party; `days`: how many answers of a party came
    after so many working days; `changed`: percent of the text that differs between the first version and the one that
    stands; `words`: (proposed, kept in the text that stands) by party."""

    moves: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    versions: int = 0
    changed: int = 0
    days: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    wait: Wait | None = None
    """Among those that ended."""
    last: tuple[str, date] | None = None
    """Since which step the clause waits, if it waits."""
    distance: Distance | None = None
    words: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return sum(count for of_month in self.moves.values() for count in of_month.values())


@dataclass(frozen=True)
class Glance:
    """The sum. `moves`: by month, every month from the first to the last, and party; `words` as in a summary."""

    moves: Mapping[str, Mapping[str, int]]
    delays: Mapping[str, Delay]
    words: Mapping[str, tuple[int, int]]

    @property
    def steps(self) -> int:
        return sum(count for of_month in self.moves.values() for count in of_month.values())


def moves_by_month(steps: Iterable[Step]) -> dict[str, dict[str, int]]:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for step in steps:
        counted[f"{paris_day(step.at):%Y-%m}"][step.party] += 1
    return {month: dict(by) for month, by in sorted(counted.items())}


def answering_days(steps: Iterable[Step]) -> dict[str, dict[int, int]]:
    counted: dict[str, Counter[int]] = defaultdict(Counter)
    for answer in responses(steps):
        counted[answer.answering][answer.days] += 1
    return {party: dict(days) for party, days in counted.items()}


def longest_wait(steps: Iterable[Step], agreed_by: Collection[str]) -> Wait | None:
    """`steps`: shared, in order; `agreed_by`: ids of those that completed an agreement. What is agreed waits for nobody
    until it is reopened."""
    told = [step for step in steps if step.move not in _SPEAKS]
    found = [
        Wait(one.id, paris_day(one.at), paris_day(other.at), (paris_day(other.at) - paris_day(one.at)).days)
        for one, other in pairwise(told)
        if one.id not in agreed_by
    ]
    return max(found, key=lambda wait: wait.days, default=None)


def waits_since(steps: Iterable[Step]) -> tuple[str, date] | None:
    last = next((step for step in reversed(list(steps)) if step.move not in _SPEAKS), None)
    return (last.id, paris_day(last.at)) if last else None


def wait_of(summary: ClauseSummary, today: date | None) -> Wait | None:
    """The longest, the one that goes on included. `today` None: the clause waits for nobody."""
    going_on = None
    if today and summary.last:
        step, since = summary.last
        going_on = Wait(step, since, None, max(0, (today - since).days))
    return max((wait for wait in (summary.wait, going_on) if wait), key=lambda wait: wait.days, default=None)


def distance_of(steps: Iterable[Step], *, kind: ValueKind, standing: Any) -> Distance | None:
    """None for what is no number, or was proposed without one."""
    first: dict[str, Decimal] = {}
    last: dict[str, Decimal] = {}
    for step in steps:
        if step.tables and step.author and (number := as_number(step.value, kind)) is not None:
            first.setdefault(step.author, number)
            last[step.author] = number
    return Distance(first, last, as_number(standing, kind)) if first else None


def words_kept(versions: Mapping[int, Runs], standing: int | None) -> dict[str, tuple[int, int]]:
    """By party: the words that it was the first to propose, in whatever version, and those of them that stand."""
    proposed: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for number, runs in versions.items():
        for author, since, words in runs:
            if author is None or author == UNKNOWN:
                continue
            proposed[author] += words if since == number else 0
            kept[author] += words if number == standing else 0
    return {party: (max(proposed[party], kept[party]), kept[party]) for party in proposed | kept}


def glance_of(summaries: Iterable[ClauseSummary]) -> Glance:
    moves: dict[str, Counter[str]] = defaultdict(Counter)
    days: dict[str, Counter[int]] = defaultdict(Counter)
    proposed: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for summary in summaries:
        for month, by in summary.moves.items():
            moves[month].update(by)
        for party, counted in summary.days.items():
            days[party].update(counted)
        for party, (told, stands) in summary.words.items():
            proposed[party] += told
            kept[party] += stands
    months = _every_month(moves)
    return Glance(
        {month: dict(moves[month]) for month in months},
        {party: _delay(party, counted) for party, counted in days.items()},
        {party: (proposed[party], kept[party]) for party in proposed},
    )


def periods(moves: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """The same by month, by quarter (« 2026 T2 ») or by year, so that no more than two dozen stand side by side in the
    life of a contract."""
    span = 1 if len(moves) <= MOST_PERIODS else 3 if len(moves) <= 3 * MOST_PERIODS else 12
    found: dict[str, Counter[str]] = {}
    for month, by in moves.items():
        year, number = month.split("-")
        name = {1: month, 3: f"{year} T{(int(number) + 2) // 3}", 12: year}[span]
        found.setdefault(name, Counter()).update(by)
    return {name: dict(by) for name, by in found.items()}


def _delay(party: str, counted: Mapping[int, int]) -> Delay:
    every = sorted(days for days, count in counted.items() for _ in range(count))
    return Delay(party, len(every), median(every), every[-1])


def _every_month(months: Iterable[str]) -> list[str]:
    """From the first to the last, the silent ones too."""
    known = sorted(months)
    if not known:
        return []
    found, (year, month) = [known[0]], map(int, known[0].split("-"))
    while found[-1] < known[-1]:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        found.append(f"{year:04}-{month:02}")
    return found
