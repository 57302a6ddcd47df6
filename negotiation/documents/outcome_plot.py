"""What was promised year by year and what was observed, for the row of an engagement in the evaluation: promised in
grey dashes with rings, observed in solid ink with squares, and at the right where each party began (mock-ups,
« Rules the second set adds » 2). The sentence and the row say the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from negotiation.documents import plots
from negotiation.documents.plots import PlotParty
from negotiation.documents.trajectory_plot import Drawing
from negotiation.rules.french_display import value_text
from negotiation.rules.plot_layout import Box, Label, Place, boxes_along, placed, ticks, width_of
from negotiation.rules.reviews import spread
from negotiation.rules.trajectory import as_number
from negotiation.rules.vocabulary import ValueKind

_WIDTH, _HEIGHT, _TOP, _BOTTOM = 760.0, 236.0, 24.0, 196.0
_BESIDE = 112.0
"""At the right, for a party's mark and its first value."""
_LEAST = 30.0
"""Between two marks of parties."""
Years = Mapping[int, Any]


@dataclass(frozen=True)
class Course:
    """A number over the years, in canonical form: `promised` with where it started, `seen`; `first`: each party with
    the first value that it proposed."""

    kind: ValueKind
    unit: str
    promised: Years
    seen: Years
    first: Sequence[tuple[PlotParty, Any]] = ()

    def said(self, value: Any) -> str:
        return value_text(value, self.unit, self.kind)

    def number(self, value: Any) -> Decimal | None:
        return as_number(value, self.kind)


def outcome_plot(course: Course, *, title: str, desc: str, key: str) -> Drawing | None:
    """None where fewer than two numbers are known of the years."""
    sheet = _Sheet(course)
    if len(sheet.promised) + len(sheet.seen) < 2:
        return None
    body = "".join((*sheet.axes(), *sheet.lines(), *sheet.words(), *sheet.parties()))
    return Drawing(plots.svg(body, width=_WIDTH, height=_HEIGHT, key=key, title=title, desc=desc), _WIDTH, _HEIGHT)


class _Sheet:
    """The drawing while it is made: one column a year."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.promised, self.seen = self._numbers(course.promised), self._numbers(course.seen)
        self.first = [(party, number) for party, value in course.first if (number := course.number(value)) is not None]
        years = sorted({*self.promised, *self.seen}) or [0]
        numbers = [*self.promised.values(), *self.seen.values(), *(number for _, number in self.first)] or [Decimal(0)]
        self.ticks = ticks(min(numbers), max(numbers), about=4)
        self.left = 24 + max(width_of(self._said(tick), 14) for tick in self.ticks)
        self.right = _WIDTH - (_BESIDE if self.first else 36.0)
        span = max(1, years[-1] - years[0])
        room = self.right - self.left - 48
        self.xs = {year: self.left + 24 + room * (year - years[0]) / span for year in years}

    def axes(self) -> Iterable[str]:
        for tick in self.ticks:
            y = self._y(tick)
            yield plots.rule(self.left, y, self.right, y)
            yield plots.text(self._said(tick), self.left - 12, y + 5, anchor="end")
        under = [Label(str(year), (str(year),), (Place(x, 226),), 14) for year, x in self.xs.items()]
        for spot in placed(under, within=Box(0, _BOTTOM, _WIDTH, _HEIGHT)).values():
            yield plots.label(spot)

    def lines(self) -> Iterable[str]:
        promised, seen = self._spots(self.promised), self._spots(self.seen)
        if len(promised) > 1:
            yield _line("aim", promised, f'stroke="{plots.SOFT}" stroke-width="1.75" stroke-dasharray="6 4"')
        if len(seen) > 1:
            yield _line("seen", seen, f'stroke="{plots.INK}" stroke-width="2.5"')
        for x, y in promised:
            ring = f'fill="{plots.PAPER}" stroke="{plots.SOFT}" stroke-width="1.75"'
            yield f'<circle class="aim-dot" cx="{x:.2f}" cy="{y:.2f}" r="4.5" {ring}/>'
        for x, y in seen:
            corner = f'x="{x - 5:.2f}" y="{y - 5:.2f}"'
            yield f'<rect class="seen-dot" {corner} width="10" height="10" fill="{plots.INK}"/>'

    def words(self) -> Iterable[str]:
        """The observed values, the last one first, where there is room beside the lines."""
        labels = []
        for rank, year in enumerate(sorted(self.seen, reverse=True)):
            said = self.course.said(self.course.seen[year])
            labels.append(Label(f"{rank:04}", (said,), _around(*self._spot(year, self.seen)), 14, rank))
        drawn = [self._spots(self.promised), self._spots(self.seen)]
        marks = [Box(x - 7, y - 7, x + 7, y + 7) for spots in drawn for x, y in spots]
        lines = [box for spots in drawn for start, end in pairwise(spots) for box in boxes_along(start, end)]
        room = Box(self.left, 0, self.right, _BOTTOM + 14)
        for spot in placed(labels, within=room, around=marks, better_off=lines).values():
            yield plots.label(spot, weight=600)

    def parties(self) -> Iterable[str]:
        """Each at its first value; those too near each other are set a little lower."""
        order = sorted(self.first, key=lambda each: self._y(each[1]))
        places = spread([self._y(number) for _, number in order], least=_LEAST)
        over = max(0.0, places[-1] - (_BOTTOM + 12)) if places else 0.0
        for (party, number), y in zip(order, places, strict=True):
            x, low = self.right + 22, y - over
            words = plots.text(self._said(number), x + 20, low + 5, anchor="start")
            yield plots.of_party(party, plots.mark(party, x, low)) + words

    # ------------------------------------------------------------------ where

    def _numbers(self, years: Years) -> dict[int, Decimal]:
        read = {year: self.course.number(value) for year, value in sorted(years.items())}
        return {year: number for year, number in read.items() if number is not None}

    def _spots(self, years: Mapping[int, Decimal]) -> list[tuple[float, float]]:
        return [self._spot(year, years) for year in years]

    def _spot(self, year: int, years: Mapping[int, Decimal]) -> tuple[float, float]:
        return self.xs[year], self._y(years[year])

    def _y(self, number: Decimal) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return _BOTTOM - float((number - low) / (high - low)) * (_BOTTOM - _TOP)

    def _said(self, number: Decimal) -> str:
        is_amount = self.course.kind is ValueKind.AMOUNT
        return self.course.said(int(number * 100) if is_amount else format(number.normalize(), "f"))


def _around(x: float, y: float) -> tuple[Place, ...]:
    return (
        Place(x, y - 13),
        Place(x, y + 24),
        Place(x + 12, y - 9, "start"),
        Place(x - 12, y - 9, "end"),
        Place(x + 12, y + 20, "start"),
        Place(x - 12, y + 20, "end"),
    )


def _line(kind: str, spots: Sequence[tuple[float, float]], drawn: str) -> str:
    path = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in spots)
    return f'<path class="{kind}" d="{path}" fill="none" {drawn}/>'
