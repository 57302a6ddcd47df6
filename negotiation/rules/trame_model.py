"""What a template (« trame ») is: parties, calendar, framing note and articles of a kind of contract.

Domain reference sections 1, 3 and 4. A template is data: its texts and legal references change without touching code.
"""

import calendar
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from negotiation.rules import part_fields
from negotiation.rules.part_fields import Field
from negotiation.rules.values import Canonical
from negotiation.rules.vocabulary import PartKind, PartyKind, Phase, ValueKind
from negotiation.rules.working_days import is_working_day

STEPS = 3
"""Steps of an empty fiche action; more are added one by one."""


class MilestoneKind(StrEnum):
    """As the calendar of a scenario file writes them."""

    MEETING = "reunion"
    COPIL = "copil"
    COTECH = "cotech"
    DEADLINE = "echeance"
    SEANCE = "seance"
    CONSULTATION = "consultation"
    DELIBERATION = "deliberation"
    SIGNATURE = "signature"
    DIALOGUE = "dialogue_gestion"
    EVALUATION = "evaluation"


class OffsetUnit(StrEnum):
    WEEKS = "weeks"
    MONTHS = "months"


@dataclass(frozen=True)
class Milestone:
    """A date of the retro-planning, counted from the wished signature: `offset` is negative before it."""

    key: str
    kind: MilestoneKind
    title: str
    phase: Phase
    offset: int
    unit: OffsetUnit = OffsetUnit.WEEKS
    produces: str = ""

    def day(self, signature: date) -> date:
        """The last working day up to the offset. Raises OverflowError outside the calendar's years."""
        weeks, months = (self.offset, 0) if self.unit is OffsetUnit.WEEKS else (0, self.offset)
        day = _months_after(signature, months) + timedelta(weeks=weeks)
        while not is_working_day(day) and day != signature:
            day -= timedelta(days=1)
        return day


@dataclass(frozen=True)
class SuggestedParty:
    """Who usually sits at the table. `role`: what this party does there, in words."""

    kind: PartyKind
    role: str


@dataclass(frozen=True)
class TrameClause:
    """A field and what it starts with. `value` canonical, a list as a tuple; `names`: of what its values are ids."""

    field: str
    label: str
    value_kind: ValueKind = ValueKind.NONE
    unit: str = ""
    prompt: str = ""
    text: str = ""
    value: str | int | tuple[str, ...] | None = None
    names: str = ""

    @property
    def working_value(self) -> Canonical:
        """The value as a clause keeps it."""
        return list(self.value) if isinstance(self.value, tuple) else self.value


@dataclass(frozen=True)
class TramePart:
    """`source`: the legal reference that asks for the part, or « Plan type ».

    `clauses`: the fields of an article or a section; in other parts those that have a start, see `clauses_of`.
    """

    key: str
    kind: PartKind
    code: str
    title: str
    mandatory: bool = False
    source: str = ""
    clauses: tuple[TrameClause, ...] = ()
    children: tuple["TramePart", ...] = ()

    def walk(self) -> Iterator["TramePart"]:
        """The part and everything under it, in the order of reading."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Trame:
    """`legal_notes`: what the user must check before relying on the template."""

    key: str
    title: str
    summary: str
    sector: str
    contract_type: str
    legal_basis: tuple[str, ...]
    legal_notes: tuple[str, ...]
    duration_years: int
    extension_months_max: int
    parties: tuple[SuggestedParty, ...]
    milestones: tuple[Milestone, ...]
    framing: tuple[TramePart, ...]
    parts: tuple[TramePart, ...]

    def walk(self) -> Iterator[TramePart]:
        """Every part of the contract, in the order of reading; the framing note isn't part of it."""
        for part in self.parts:
            yield from part.walk()

    @property
    def mandatory_indicators(self) -> tuple[TramePart, ...]:
        return tuple(part for part in self.walk() if part.kind is PartKind.INDICATOR and part.mandatory)

    @property
    def mandatory_axes(self) -> tuple[TramePart, ...]:
        return tuple(part for part in self.walk() if part.kind is PartKind.STRATEGIC_OBJECTIVE and part.mandatory)


# ---------------------------------------------------------------------- empty parts


def fields_for(kind: PartKind, years: Sequence[int] = ()) -> tuple[TrameClause, ...]:
    """The fields of an empty part, in the order of reading; `years` of the contract make its targets or amounts."""
    match kind:
        case PartKind.INDICATOR:
            return (
                INDICATOR_FIELDS[:-_AFTER_TARGETS] + _yearly(target_field, years) + INDICATOR_FIELDS[-_AFTER_TARGETS:]
            )
        case PartKind.FUNDING_LINE:
            lines = FUNDING_LINE_FIELDS
            return lines[:-_AFTER_AMOUNTS] + _yearly(amount_field, years) + lines[-_AFTER_AMOUNTS:]
        case _:
            return _FIELDS[kind]


def clauses_of(part: TramePart, years: Sequence[int] = ()) -> tuple[TrameClause, ...]:
    """Every field of the part: those of its kind, with the template's start where it has one, then its own.

    The numbers of an indicator are in the unit that it says, as in an imported one.
    """
    own = {clause.field: clause for clause in part.clauses}
    if part.kind in (PartKind.ARTICLE, PartKind.FRAMING_SECTION) and own:
        return part.clauses
    empty = fields_for(part.kind, years)
    known = {clause.field for clause in empty}
    filled = [own.get(clause.field, clause) for clause in empty]
    filled += [clause for clause in part.clauses if clause.field not in known]
    if part.kind is PartKind.INDICATOR and "unit" in own:
        return tuple(_in_unit(clause, own["unit"].text) for clause in filled)
    return tuple(filled)


def known_field(kind: PartKind, name: str) -> TrameClause | None:
    """The empty field of that name in a part of that kind, whatever its year or its step; None when there is none."""
    stem, _, number = name.partition(".")
    if (kind, stem) in _NUMBERED and _NUMBER.fullmatch(number):
        return _NUMBERED[kind, stem](int(number))
    return _KNOWN.get(kind, {}).get(name)


def step_field(number: int) -> TrameClause:
    """A step of a fiche action: its words are the text, its date the value."""
    label = part_fields.STEP_LABEL.format(n=number)
    return TrameClause(f"steps.{number}", label, ValueKind.DATE, prompt=part_fields.STEP_PROMPT)


def target_field(year: int) -> TrameClause:
    label = part_fields.TARGET_LABEL.format(year=year)
    return TrameClause(f"targets.{year}", label, ValueKind.NUMBER, prompt=part_fields.TARGET_PROMPT)


def amount_field(year: int) -> TrameClause:
    label = part_fields.AMOUNT_LABEL.format(year=year)
    unit, prompt = part_fields.EURO, part_fields.AMOUNT_PROMPT
    return TrameClause(f"amounts.{year}", label, ValueKind.AMOUNT, unit, prompt)


def _in_unit(clause: TrameClause, unit: str) -> TrameClause:
    return replace(clause, unit=unit) if clause.value_kind is ValueKind.NUMBER and not clause.unit else clause


def _clause(field: Field) -> TrameClause:
    name = part_fields.FIELD_NAMES.get(field.name, field.name)
    return TrameClause(name, field.label, field.kind, field.unit, field.prompt, names=field.names)


def _clauses(*groups: Sequence[Field]) -> tuple[TrameClause, ...]:
    return tuple(_clause(field) for group in groups for field in group)


def _yearly(make: Callable[[int], TrameClause], years: Sequence[int]) -> tuple[TrameClause, ...]:
    return tuple(make(year) for year in sorted(years))


def _months_after(day: date, months: int) -> date:
    """The same day of another month, or its last day when it is shorter."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= years <= date.max.year:
        raise OverflowError(years)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


STRATEGIC_OBJECTIVE_FIELDS = _clauses(part_fields.STRATEGIC_OBJECTIVE, part_fields.STRATEGIC_OBJECTIVE_MORE)
OPERATIONAL_OBJECTIVE_FIELDS = _clauses(part_fields.OPERATIONAL_OBJECTIVE)
FICHE_FIELDS = (
    *_clauses(part_fields.FICHE_BEFORE_STEPS),
    *(step_field(number) for number in range(1, STEPS + 1)),
    *_clauses(part_fields.FICHE_AFTER_STEPS, part_fields.FICHE_MORE),
)
INDICATOR_FIELDS = _clauses(
    part_fields.INDICATOR_BEFORE_TARGETS, part_fields.INDICATOR_AFTER_TARGETS, part_fields.INDICATOR_MORE
)
FUNDING_LINE_FIELDS = _clauses(part_fields.LINE_BEFORE_AMOUNTS, part_fields.LINE_AFTER_AMOUNTS)
FRAMING_SECTIONS = tuple(
    TramePart(
        section.key,
        PartKind.FRAMING_SECTION,
        "",
        section.title,
        clauses=_clauses(section.fields, part_fields.FRAMING_MORE.get(section.key, ())),
    )
    for section in part_fields.FRAMING
)
"""The sections of an empty framing note."""

_AFTER_TARGETS = len(part_fields.INDICATOR_AFTER_TARGETS + part_fields.INDICATOR_MORE)
_AFTER_AMOUNTS = len(part_fields.LINE_AFTER_AMOUNTS)
_FIELDS: dict[PartKind, tuple[TrameClause, ...]] = {
    PartKind.ARTICLE: _clauses(part_fields.ARTICLE),
    PartKind.STRATEGIC_OBJECTIVE: STRATEGIC_OBJECTIVE_FIELDS,
    PartKind.OPERATIONAL_OBJECTIVE: OPERATIONAL_OBJECTIVE_FIELDS,
    PartKind.FICHE_ACTION: FICHE_FIELDS,
    PartKind.INDICATOR: INDICATOR_FIELDS,
    PartKind.FUNDING_LINE: FUNDING_LINE_FIELDS,
    PartKind.FRAMING_SECTION: _clauses(part_fields.FRAMING_FREE),
}
_KNOWN: dict[PartKind, dict[str, TrameClause]] = {
    kind: {clause.field: clause for clause in clauses} for kind, clauses in _FIELDS.items()
}
_KNOWN[PartKind.FRAMING_SECTION] |= {clause.field: clause for section in FRAMING_SECTIONS for clause in section.clauses}

_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_NUMBERED: dict[tuple[PartKind, str], Callable[[int], TrameClause]] = {
    (PartKind.FICHE_ACTION, "steps"): step_field,
    (PartKind.INDICATOR, "targets"): target_field,
    (PartKind.FUNDING_LINE, "amounts"): amount_field,
}
"""Fields that come once a step or once a year."""
