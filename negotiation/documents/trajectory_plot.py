"""The path of a number as a drawing: steps from left to right, then the agreement, then the years observed.

Time has its own pair of lines, never a party's: what is promised is dashed grey with rings, what happened is solid ink
with squares (mock-ups, « Rules the second set adds » 2).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from negotiation.documents import plots
from negotiation.documents.plots import COMMON, PlotParty
from negotiation.rules.french_names import day_words, hour_words
from negotiation.rules.paris import paris_day
from negotiation.rules.plot_layout import Box, Label, Place, Placed, boxes_along, placed, ticks, width_of
from negotiation.rules.trajectory import Point, Trajectory, paths

MOST = 24
"""Values drawn, the last ones; all of them stand in the table and the files."""
_WIDTH, _HEIGHT = 1080.0, 352.0
_TOP, _BOTTOM = 52.0, 296.0
_NARROWEST = 40.0
"""Between two columns: marks are 30 wide."""
_ROOM = 96.0
"""Beyond the last column, for the words of the agreement."""


@dataclass(frozen=True)
class Drawing:
    svg: str
    width: float
    height: float

    @property
    def as_file(self) -> str:
        return plots.standalone(self.svg, width=self.width, height=self.height)


def trajectory_plot(
    path: Trajectory, parties: Sequence[PlotParty], *, title: str, desc: str, key: str
) -> Drawing | None:
    """None where there is nothing to draw: a sentence says it."""
    if not path.can_be_drawn:
        return None
    sheet = _Sheet(path, {party.id: party for party in parties})
    body = "".join((*sheet.axes(), *sheet.promise(), *sheet.lines(), *sheet.happened(), *sheet.marks(), *sheet.words()))
    drawn = plots.svg(body, width=sheet.width, height=_HEIGHT, key=key, title=title, desc=desc)
    return Drawing(drawn, sheet.width, _HEIGHT)


class _Sheet:
    """The drawing while it is made: columns for points, one for the agreement, one for each year."""

    def __init__(self, path: Trajectory, parties: Mapping[str, PlotParty]) -> None:
        self.path = path
        self.parties = parties
        self.points: tuple[Point, ...] = path.standing_points[-MOST:]
        numbers = [point.number for point in self.points] + [seen.number for seen in path.observed]
        numbers += [path.agreed.number] if path.agreed else []
        self.ticks = ticks(min(numbers), max(numbers))
        self.said_ticks = [path.said(_canonical(path, tick)) for tick in self.ticks]
        self.left = 24 + max(width_of(words, 14) for words in self.said_ticks)
        columns = len(self.points) + bool(path.agreed) + len(path.observed)
        first = self.left + 56
        self.width = max(_WIDTH, first + _NARROWEST * (columns - 1) + _ROOM)
        gap = (self.width - _ROOM - first) / max(1, columns - 1)
        self.xs = [first + gap * at for at in range(columns)]
        self.years_from = len(self.points) + bool(path.agreed)

    # ------------------------------------------------------------------ where

    def y(self, number: Decimal) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return _BOTTOM - float((number - low) / (high - low)) * (_BOTTOM - _TOP)

    def spot(self, at: int) -> tuple[float, float]:
        return self.xs[at], self.y(self.points[at].number)

    def year(self, at: int) -> tuple[float, float]:
        return self.xs[self.years_from + at], self.y(self.path.observed[at].number)

    def party(self, party_id: str | None) -> PlotParty:
        return self.parties.get(party_id or "", COMMON)

    def places(self) -> dict[str | None, list[int]]:
        """The columns of each party."""
        at = {point.step: place for place, point in enumerate(self.points)}
        return {who: [at[one.step] for one in those] for who, those in paths(self.points, self.parties).items()}

    # ------------------------------------------------------------------ what

    def axes(self) -> Iterable[str]:
        right = self.width - _ROOM + 16
        for tick, words in zip(self.ticks, self.said_ticks, strict=True):
            y = self.y(tick)
            yield plots.rule(self.left, y, right, y)
            yield plots.text(words, self.left - 12, y + 5, anchor="end")
        for spot in placed(self._under(), within=Box(0, _BOTTOM, self.width, _HEIGHT)).values():
            yield plots.label(spot)
        if self.path.observed and self.years_from:
            middle = (self.xs[self.years_from - 1] + self.xs[self.years_from]) / 2
            yield plots.rule(middle, 14, middle, _BOTTOM + 8, kind="now-line")
        if self.path.observed:
            yield plots.text("observé", self.xs[self.years_from], 20)

    def _under(self) -> Iterable[Label]:
        """The dates under the columns: the year with the first and wherever it changes."""
        days = [paris_day(point.at) for point in self.points]
        for at, point in enumerate(self.points):
            crowded = days.count(days[at]) > 1
            new_year = not at or days[at].year != days[at - 1].year
            rank = 0 if at in (0, len(self.points) - 1) else 1
            place = Place(self.xs[at], 338)
            yield Label(f"d{at:04}", _dates(point.at, with_hour=crowded, with_year=new_year), (place,), 14, rank)
        for at, seen in enumerate(self.path.observed):
            yield Label(f"y{at:04}", (str(seen.year),), (Place(self.year(at)[0], 338),), 14, -1)

    def promise(self) -> Iterable[str]:
        """From the agreement to the last year, dashed."""
        if self.path.agreed is None:
            return
        y, start = self.y(self.path.agreed.number), self.xs[len(self.points)]
        if self.path.observed:
            yield _stroke("aim", [(start, y), (self.xs[-1], y)], plots.SOFT, width=1.75, dash="6 4")
            for at in range(len(self.path.observed)):
                yield (
                    f'<circle class="aim-dot" cx="{self.year(at)[0]:.2f}" cy="{y:.2f}" r="4.5" fill="{plots.PAPER}"'
                    f' stroke="{plots.SOFT}" stroke-width="1.75"/>'
                )

    def lines(self) -> Iterable[str]:
        for who, places in self.places().items():
            if len(places) > 1:
                party = self.party(who)
                yield plots.of_party(party, plots.line(party, [self.spot(at) for at in places]))

    def happened(self) -> Iterable[str]:
        seen = [self.year(at) for at in range(len(self.path.observed))]
        if len(seen) > 1:
            yield _stroke("seen", seen, plots.INK, width=2.5)
        for x, y in seen:
            square = f'x="{x - 6:.2f}" y="{y - 6:.2f}" width="12" height="12"'
            yield f'<rect class="seen-dot" {square} fill="{plots.INK}"/>'

    def marks(self) -> Iterable[str]:
        for at, point in enumerate(self.points):
            party = self.party(point.party)
            yield plots.of_party(party, plots.mark(party, *self.spot(at)))
        if self.path.agreed:
            yield plots.seal(self.xs[len(self.points)], self.y(self.path.agreed.number))

    def words(self) -> Iterable[str]:
        spots = placed(
            self._labels(),
            within=Box(self.left, 0, self.width, _BOTTOM + 22),
            around=self._taken(),
            better_off=self._lines(),
        )
        for key, spot in spots.items():
            yield self._written(key, spot)

    def _written(self, key: str, spot: Placed) -> str:
        if key == "agreed":
            return plots.label(spot, kind="seal-text", weight=600)
        if key.startswith("v"):
            party = self.party(self.points[int(key[1:])].party)
            return plots.of_party(party, plots.label(spot, kind="val", weight=600))
        return plots.label(spot)

    def _labels(self) -> Iterable[Label]:
        if self.path.agreed:
            x, y = self.xs[len(self.points)], self.y(self.path.agreed.number)
            value = self.path.agreed.value
            yield Label("agreed", (self.path.said(value), self.path.bare(value)), _around(x, y, first="right"), 19)
        ends = {places[0] for places in self.places().values()} | {places[-1] for places in self.places().values()}
        for at, point in enumerate(self.points):
            rank = 3 if point.accepts else 1 if at in ends else 2
            texts = ("accord",) if point.accepts else (self.path.said(point.value), self.path.bare(point.value))
            key = f"{'a' if point.accepts else 'v'}{at:04}"
            yield Label(key, texts, _around(*self.spot(at)), 14 if point.accepts else 19, rank)
        for at, seen in enumerate(self.path.observed):
            yield Label(
                f"o{at:04}", (self.path.said(seen.value), self.path.bare(seen.value)), _around(*self.year(at)), 14, 1
            )

    def _taken(self) -> Iterable[Box]:
        spots = [self.spot(at) for at in range(len(self.points))]
        if self.path.agreed:
            spots.append((self.xs[len(self.points)], self.y(self.path.agreed.number)))
        for x, y in spots:
            yield Box(x - 16, y - 16, x + 16, y + 16)
        for at in range(len(self.path.observed)):
            x, y = self.year(at)
            yield Box(x - 8, y - 8, x + 8, y + 8)
        if self.path.observed:
            x = self.xs[self.years_from]
            yield Box(x - 30, 6, x + 30, 26)

    def _lines(self) -> Iterable[Box]:
        drawn = [[self.spot(at) for at in places] for places in self.places().values()]
        drawn.append([self.year(at) for at in range(len(self.path.observed))])
        if self.path.agreed and self.path.observed:
            y = self.y(self.path.agreed.number)
            drawn.append([(self.xs[len(self.points)], y), (self.xs[-1], y)])
        for spots in drawn:
            for start, end in pairwise(spots):
                yield from boxes_along(start, end)


def _around(x: float, y: float, *, first: str = "above") -> tuple[Place, ...]:
    """Beside a mark: above, below, then the corners."""
    above, below, right = Place(x, y - 22), Place(x, y + 36), Place(x + 22, y + 6, "start")
    corners = (
        Place(x + 18, y - 14, "start"),
        Place(x + 18, y + 26, "start"),
        Place(x - 18, y - 14, "end"),
        Place(x - 18, y + 26, "end"),
    )
    return (right, above, below, *corners) if first == "right" else (above, below, *corners, right)


def _stroke(kind: str, points: Sequence[tuple[float, float]], colour: str, *, width: float, dash: str = "") -> str:
    path = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path class="{kind}" d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'


def _dates(at: datetime, *, with_hour: bool, with_year: bool) -> tuple[str, ...]:
    """From the fullest: « 13 juin 2023 », « 27 juin, 10 h 45 », « 27 juin »."""
    whole = day_words(paris_day(at))
    short = whole.rsplit(" ", 1)[0]
    hour = f"{short}, {hour_words(at)}"
    return tuple(dict.fromkeys([*([whole] if with_year else []), *([hour] if with_hour else []), short]))


def _canonical(path: Trajectory, number: Decimal) -> object:
    """Back to what `value_text` reads: cents for an amount."""
    return int(number * 100) if path.kind == "amount" else format(number.normalize(), "f")
