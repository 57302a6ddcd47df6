"""What a signed contract may become by an avenant: its kinds, its number, the limits of a new term.

Sources: CASF art. L. 313-11 and domain reference section 1 (five years at most, a sixth possible by extension), notes
of the trame « Avenant de prorogation » (six years in all, asked before the term). What is paid follows the financial
year, hence the 31 December of a résiliation. A rule that somebody may have good reasons to leave aside warns; only what
would make no sense is refused.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class AmendmentKind(StrEnum):
    CHANGE = "change"
    EXTENSION = "extension"
    TERMINATION = "termination"


@dataclass(frozen=True)
class Sort:
    """A kind of avenant. `contract_type` and `trame`: keys, as templates say them; `name`: in French."""

    contract_type: str
    trame: str
    name: str
    asks_term: bool = False


AMENDMENTS: dict[AmendmentKind, Sort] = {
    AmendmentKind.CHANGE: Sort("avenant", "avenant", "Avenant de modification"),
    AmendmentKind.EXTENSION: Sort(
        "avenant-prorogation", "avenant-prorogation", "Avenant de prorogation", asks_term=True
    ),
    AmendmentKind.TERMINATION: Sort("avenant-resiliation", "avenant-resiliation", "Avenant de résiliation"),
}
CONTRACT_TYPES = frozenset(sort.contract_type for sort in AMENDMENTS.values())
LONGEST_IN_ALL = 6
"""Years, extension included."""
LONGEST_REASON = 2000
"""Characters."""


class Refusal(StrEnum):
    """What makes no sense."""

    NO_REASON = "no_reason"
    NO_EFFECT = "no_effect"
    EFFECT_BEFORE_START = "effect_before_start"
    EFFECT_AFTER_TERM = "effect_after_term"
    NO_TERM = "no_term"
    TERM_NOT_LATER = "term_not_later"
    TERM_TOO_LATE = "term_too_late"
    """Beyond what the contract itself allows."""


class Caution(StrEnum):
    """What deserves a reason and blocks nothing."""

    OVER_SIX_YEARS = "over_six_years"
    AFTER_THE_TERM = "after_the_term"
    """Extended once it is over."""
    NOT_AT_YEAR_END = "not_at_year_end"
    """A résiliation within a financial year."""


@dataclass(frozen=True)
class Term:
    """The contract's frame: `ends_on` the term in force, `first_end` the one that was signed first. `months_max`: of
    extension in all, as the contract says; 0 when it says nothing."""

    starts_on: date
    ends_on: date
    first_end: date
    months_max: int


@dataclass(frozen=True)
class Asked:
    """What is asked of an avenant; None for a date that was left empty."""

    kind: AmendmentKind
    reason: str
    effect_on: date | None
    term_after: date | None = None


def refusals(asked: Asked, term: Term) -> tuple[tuple[str, Refusal], ...]:
    """(field, refusal), in the order of the form."""
    found: list[tuple[str, Refusal]] = []
    if not asked.reason.strip():
        found.append(("reason", Refusal.NO_REASON))
    if asked.effect_on is None:
        found.append(("effect_on", Refusal.NO_EFFECT))
    elif asked.effect_on < term.starts_on:
        found.append(("effect_on", Refusal.EFFECT_BEFORE_START))
    elif asked.kind is not AmendmentKind.EXTENSION and asked.effect_on > term.ends_on:
        found.append(("effect_on", Refusal.EFFECT_AFTER_TERM))
    if AMENDMENTS[asked.kind].asks_term:
        found += [("term_after", refusal) for refusal in _term_refusals(asked.term_after, term)]
    return tuple(found)


def cautions(asked: Asked, term: Term, *, today: date) -> tuple[Caution, ...]:
    """What to say before it is opened."""
    found: list[Caution] = []
    if asked.kind is AmendmentKind.EXTENSION and asked.term_after is not None:
        if asked.term_after > _years_after(term.starts_on, LONGEST_IN_ALL):
            found.append(Caution.OVER_SIX_YEARS)
        if today > term.ends_on:
            found.append(Caution.AFTER_THE_TERM)
    ends = asked.effect_on
    if asked.kind is AmendmentKind.TERMINATION and ends is not None and (ends.month, ends.day) != (12, 31):
        found.append(Caution.NOT_AT_YEAR_END)
    return tuple(found)


def next_number(taken: Iterable[int]) -> int:
    """One after the highest, whatever became of it: a number is given once."""
    return max(taken, default=0) + 1


def latest_term(term: Term) -> date | None:
    """The last term that the contract allows; None when it says nothing."""
    return _months_after(term.first_end, term.months_max) if term.months_max else None


def added_years(before: date, after: date | None) -> range:
    """Financial years that a later term adds; none without one. An added year without a value binds nobody to any: it
    is said, and blocks nothing, as a target that lacks in the contract itself (V04)."""
    return range(before.year + 1, after.year + 1 if after else 0)


def version_number(number: int, again: int = 0) -> str:
    """How the frozen text of an avenant is called: « A1 », and « A1.1 » when it was frozen again."""
    return f"A{number}.{again}" if again else f"A{number}"


def _term_refusals(term_after: date | None, term: Term) -> tuple[Refusal, ...]:
    if term_after is None:
        return (Refusal.NO_TERM,)
    if term_after <= term.ends_on:
        return (Refusal.TERM_NOT_LATER,)
    latest = latest_term(term)
    return (Refusal.TERM_TOO_LATE,) if latest is not None and term_after > latest else ()


def _months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of the month stays the last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if is_last else min(day.day, last))


def _years_after(starts_on: date, years: int) -> date:
    """The last day of so many years."""
    return _months_after(starts_on, 12 * years) - timedelta(days=1)
