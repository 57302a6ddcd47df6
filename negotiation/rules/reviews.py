"""The follow-up of a signed contract: what a dialogue de gestion says, how a value reads against its target, what is
late.

Pure: facts in, words out. Sources: domain reference section 3 (phase 5), 5.11, rules V29 and V30; issue 6 point 6.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from negotiation.rules.french_display import NO_BREAK_SPACE, value_text
from negotiation.rules.french_names import day_words
from negotiation.rules.vocabulary import ClauseState, ValueKind

FIRST_MONTH, LAST_MONTH = 6, 9
"""A dialogue is held from June to September of the year that follows its exercise (domain reference, section 3)."""
MONTHS_BEFORE_END = 6
"""An extension is asked at least so long before the end (V29)."""
MONTHS_OF_EVALUATION = 12
_PERCENT = re.compile(r"(\d{1,3})[ \u00a0\u202f]?%")
_EXTENSION = frozenset({"contract_end", "duration_years", "extension_months_max"})


class ActionState(StrEnum):
    """How an action stands; stored as people read it."""

    ON_TIME = "à l’heure"
    LATE = "en retard"
    DONE = "faite"
    GIVEN_UP = "abandonnée"


class Resolution(StrEnum):
    """What is decided on an engagement for the years left (product R20); stored as people read it."""

    KEEP = "maintenir"
    AMEND = "ajuster par avenant"
    CLOSE = "clore"


class Outcome(StrEnum):
    """What became of an engagement (domain reference 5.13); stored as people read it, the kept ones first."""

    HELD = "tenu"
    PARTLY = "partiellement tenu"
    MISSED = "non tenu"
    POINTLESS = "sans objet"

    @classmethod
    def read(cls, value: object) -> "Outcome | None":
        """None for what isn't one: nothing yet, or words that somebody typed otherwise."""
        return cls(value) if isinstance(value, str) and value in set(cls) else None


def opens_early(end: date, today: date) -> bool:
    """An evaluation is made in the last year of the contract; before it, one says why (domain reference, phase 6)."""
    return today <= months_before(end, MONTHS_OF_EVALUATION)


@dataclass(frozen=True)
class Progress:
    """How far an action is: a list clause holds [state, « 60 % »]."""

    state: ActionState
    percent: int

    @property
    def items(self) -> list[str]:
        return [str(self.state), f"{self.percent} %"]

    @classmethod
    def read(cls, value: object) -> "Progress | None":
        """None for what isn't one: nothing yet, or words that somebody typed otherwise."""
        if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
            return None
        percent = _PERCENT.fullmatch(str(value[1]))
        if percent is None or value[0] not in set(ActionState) or int(percent[1]) > 100:
            return None
        return cls(ActionState(value[0]), int(percent[1]))


class Field(StrEnum):
    """What the clauses of a dialogue, or of an evaluation, are: `field` is one of these words, then what it speaks of
    (« observed.i01 »)."""

    MEETING = "meeting"
    OBSERVED = "observed"
    PROGRESS = "progress"
    REALISED = "realised"
    DECISION = "decision"
    OUTCOME = "outcome"
    LESSONS = "lessons"
    THEMES = "themes"
    OPINION = "opinion"
    CONCLUSIONS = "conclusions"
    """The minutes: once every party approved them and nothing is contested, the whole is sealed."""

    @classmethod
    def of(cls, field: str) -> "Field":
        return cls(field.partition(".")[0])


CHOICES: dict[Field, tuple[StrEnum, ...]] = {
    Field.PROGRESS: tuple(ActionState),
    Field.DECISION: tuple(Resolution),
    Field.OUTCOME: tuple(Outcome),
}
"""The words among which a value is chosen; that of an action has a percentage besides."""


def other_words(field: str, value: object) -> Field | None:
    """Which kind of clause this value isn't one of the few words of; None when it is, or when any value will do."""
    kind = Field.of(field)
    if kind is Field.PROGRESS:
        return None if Progress.read(value) else kind
    return None if kind not in CHOICES or (isinstance(value, str) and value in CHOICES[kind]) else kind


GROUPS = (
    (Field.MEETING, "Dialogue et présents"),
    (Field.OBSERVED, "Indicateurs"),
    (Field.PROGRESS, "Actions"),
    (Field.REALISED, "Lecture financière"),
    (Field.DECISION, "Engagements : ce qui est décidé"),
    (Field.CONCLUSIONS, "Compte rendu"),
)
"""The parts of a dialogue, in the order of reading."""


class Standing(StrEnum):
    """What a value is worth: said by a file, proposed by a party, agreed to by all, or not by one."""

    DECLARED = "declared"
    PROPOSED = "proposed"
    VALIDATED = "validated"
    CONTESTED = "contested"


STANDING_WORDS: dict[str, str] = {
    Standing.DECLARED: "déclaré",
    Standing.PROPOSED: "proposé",
    Standing.VALIDATED: "validé",
    Standing.CONTESTED: "contesté",
}
"""Beside an observed value."""


def standing_of(state: ClauseState, *, is_tabled: bool, contested_by: frozenset[str]) -> Standing | None:
    """None while nothing is on the table. `contested_by`: parties that refused this version and don't stand behind it,
    or have a reserve open on it; a counter-proposal that nobody joined yet contests what it answers."""
    if contested_by:
        return Standing.CONTESTED
    if state is ClauseState.AGREED:
        return Standing.VALIDATED
    if not is_tabled:
        return None
    return Standing.CONTESTED if state is ClauseState.COUNTERED else Standing.PROPOSED


# ---------------------------------------------------------------------- a value against its target


class Reading(StrEnum):
    HELD = "held"
    MISSED = "missed"
    BESIDE = "beside"
    """No side is the better one: only the distance is told."""


@dataclass(frozen=True)
class Against:
    """A value read against a target: `words` « palier manqué de 2 points »."""

    reading: Reading
    words: str


def against(observed: object, target: object, *, direction: object, unit: str) -> Against | None:
    """None when one of them lacks or is no number. `direction`: « up », « down », anything else says no side."""
    numbers = _number(observed), _number(target)
    if numbers[0] is None or numbers[1] is None:
        return None
    gap = numbers[0] - numbers[1]
    if gap == 0:
        return Against(Reading.HELD, "palier tenu")
    far = _distance(abs(gap), unit)
    if direction not in ("up", "down"):
        return Against(Reading.BESIDE, f"{far} {'au-dessus' if gap > 0 else 'au-dessous'} du palier")
    if (gap > 0) == (direction == "up"):
        return Against(Reading.HELD, f"palier tenu, {far} {'au-dessus' if gap > 0 else 'au-dessous'}")
    return Against(Reading.MISSED, f"palier manqué de {far}")


def spent(realised: object, agreed: object) -> Against | None:
    """Cents realised against cents agreed: « 12 000 € de moins que l’accordé ». None when one of them lacks."""
    if not isinstance(realised, int) or not isinstance(agreed, int):
        return None
    gap = realised - agreed
    if gap == 0:
        return Against(Reading.HELD, "comme accordé")
    far = value_text(abs(gap), None, ValueKind.AMOUNT)
    return Against(Reading.BESIDE, f"{far} de {'plus' if gap > 0 else 'moins'} que l’accordé")


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _distance(gap: Decimal, unit: str) -> str:
    """Two percentages differ by points."""
    if unit.strip() != "%":
        return value_text(str(gap), unit, ValueKind.NUMBER)
    return f"{value_text(str(gap), None, ValueKind.NUMBER)}{NO_BREAK_SPACE}{'point' if gap < 2 else 'points'}"


# ---------------------------------------------------------------------- years, and what is late


class YearState(StrEnum):
    APPROVED = "approved"
    OPENED = "opened"
    DECLARED = "declared"
    MISSING = "missing"
    AWAITED = "awaited"
    """Between June and September of the next year."""
    TO_COME = "to_come"


@dataclass(frozen=True)
class Held:
    """A dialogue that was held, or declared so. `is_approved`: sealed here."""

    year: int
    on: date
    is_declared: bool = False
    is_approved: bool = False


def state_of_year(year: int, held: Iterable[Held], today: date) -> YearState:
    """What is written here comes before what a file declares."""
    found = sorted((each for each in held if each.year == year), key=lambda each: each.is_declared)
    if found:
        first = found[0]
        if first.is_declared:
            return YearState.DECLARED
        return YearState.APPROVED if first.is_approved else YearState.OPENED
    if today > date(year + 1, LAST_MONTH, 30):
        return YearState.MISSING
    return YearState.AWAITED if today >= date(year + 1, FIRST_MONTH, 1) else YearState.TO_COME


@dataclass(frozen=True)
class Warned:
    """A point of attention that blocks nothing: its code in the domain reference, and the sentence."""

    code: str
    words: str


@dataclass(frozen=True)
class Asked:
    """A change of the contract that was asked: by an avenant that a file declares, one that is negotiated here, or a
    decision of a dialogue. `what`: « La prorogation de l’avenant 2 a été demandée »; `extends`: whether it is of the
    term."""

    what: str
    on: date
    extends: bool

    @classmethod
    def declared(cls, number: int, on: date, fields: Iterable[str]) -> "Asked":
        """`fields`: those that it changes."""
        extends = bool(_EXTENSION & set(fields))
        what = f"l’avenant {number} a été demandé"
        return cls(f"La prorogation de {what}e" if extends else what.capitalize(), on, extends)


def warnings(
    years: Iterable[int], held: Sequence[Held], *, end: date, today: date, asked: Iterable[Asked] = ()
) -> tuple[Warned, ...]:
    """V30: no dialogue for a year, or one outside its months. V29: an extension asked too late, or not yet asked though
    it is; a decision to adjust too, since the avenant that it wants comes as late. In that order."""
    found = [
        Warned("V30", f"Aucun dialogue de gestion n’est enregistré pour l’exercice {year}.")
        for year in years
        if state_of_year(year, held, today) is YearState.MISSING
    ]
    found += [
        Warned(
            "V30",
            f"Le dialogue de l’exercice {each.year} est daté du {day_words(each.on)}, hors de juin à septembre.",
        )
        for each in sorted(held, key=lambda each: (each.year, each.on))
        if not FIRST_MONTH <= each.on.month <= LAST_MONTH
    ]
    return (*found, *_warnings_of_the_term(tuple(asked), end=end, today=today))


def _warnings_of_the_term(asked: Sequence[Asked], *, end: date, today: date) -> tuple[Warned, ...]:
    latest = months_before(end, MONTHS_BEFORE_END)
    found = [
        Warned("V29", f"{each.what} le {day_words(each.on)}, moins de six mois avant le terme du {day_words(end)}.")
        for each in asked
        if each.on > latest
    ]
    if latest < today <= end and not any(each.extends for each in asked):
        words = f"Le contrat se termine le {day_words(end)} : la prorogation se demandait avant le {day_words(latest)}."
        found.append(Warned("V29", words))
    return tuple(found)


def months_before(day: date, months: int) -> date:
    """The same day so many months before, or the last one of that month."""
    whole = day.year * 12 + day.month - 1 - months
    year, month = divmod(whole, 12)
    first, following = (date(each // 12, each % 12 + 1, 1) for each in (whole, whole + 1))
    return date(year, month + 1, min(day.day, (following - first).days))


# ---------------------------------------------------------------------- actions in time


@dataclass(frozen=True)
class Noted:
    """What one dialogue said of an action."""

    on: date
    year: int
    percent: int
    state: str
    is_declared: bool = False


@dataclass(frozen=True)
class Planned:
    """An action with its dates, as agreed; either may lack."""

    part_id: str
    code: str
    title: str
    start: date | None
    due: date | None
    notes: tuple[Noted, ...] = ()

    @property
    def last(self) -> Noted | None:
        return max(self.notes, key=lambda each: (each.on, not each.is_declared), default=None)


def is_late(action: Planned, today: date) -> bool:
    """Past its date without being done or given up, or said to be late."""
    last = action.last
    settled = last is not None and (last.percent == 100 or last.state in (ActionState.DONE, ActionState.GIVEN_UP))
    if settled:
        return False
    said = last is not None and last.state == ActionState.LATE
    return said or (action.due is not None and action.due < today)


def spread(places: Sequence[float], *, least: float) -> tuple[float, ...]:
    """The same places, in the same order, moved to the right as little as keeps each `least` after the one before."""
    moved: list[float] = []
    for place in places:
        moved.append(place if not moved else max(place, moved[-1] + least))
    return tuple(moved)
