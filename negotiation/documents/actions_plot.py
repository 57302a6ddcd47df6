"""The actions of a contract in time, as a drawing: what is promised is dashed grey with rings, what happened is solid
ink with squares (mock-ups, « Rules the second set adds » 2). The table beside it says the same.

Colours are those of the page's style sheet: nothing is told by them, only by the line, the sign and the words.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from negotiation.documents import plots
from negotiation.rules.reviews import Noted, Planned, is_late, spread

WIDTH, LEFT, RIGHT = 1080, 292, 1056
TOP, ROW = 40, 62
LONGEST_TITLE = 38
"""Characters of a title beside its bar: 38 of 14 px stay left of it."""
LABEL_WIDTH = 50.0
"""« 100 % », with its margins."""


def actions_plot(actions: Sequence[Planned], *, start: date, end: date, today: date) -> str:
    """The SVG, or "" when there is no action. Bars end where the contract does."""
    if not actions:
        return ""
    scale = _Scale(start, end)
    height = TOP + ROW * len(actions) + 28
    late = [action for action in actions if is_late(action, today)]
    rows = "".join(
        _named(action, TOP + ROW * place, late="▲ " if action in late else "")
        + _promised(action, scale, TOP + ROW * place + 14)
        + _happened(action.notes, action.start, scale, TOP + ROW * place + 30)
        for place, action in enumerate(actions)
    )
    told = f"{len(actions)} actions de {start.year} à {end.year}, {len(late)} en retard. Le tableau dit la même chose."
    body = f"{_years(scale, height - 28)}{_today(scale, today, height)}{rows}"
    return plots.svg(body, width=WIDTH, height=height, key="actions", title="Les actions dans le temps", desc=told)


class _Scale:
    """Days to places, from the first day of the contract to its last."""

    def __init__(self, start: date, end: date) -> None:
        self.start, self.end = start, max(end, start)
        self.days = max(1, (self.end - start).days)

    def x(self, day: date) -> float:
        kept = min(max(day, self.start), self.end)
        return LEFT + (RIGHT - LEFT) * (kept - self.start).days / self.days


def _years(scale: _Scale, bottom: float) -> str:
    """A hairline where each year begins, and its number; those too close to the one before have none."""
    drawn, last = [], -LABEL_WIDTH
    for year in range(scale.start.year, scale.end.year + 1):
        x = scale.x(date(year, 1, 1))
        drawn.append(f'<path class="grid" d="M{x:.1f} 26V{bottom:.1f}"/>')
        if x - last >= LABEL_WIDTH:
            drawn.append(plots.text(str(year), x, 18, anchor="start"))
            last = x
    return "".join(drawn)


def _today(scale: _Scale, today: date, height: float) -> str:
    if not scale.start <= today <= scale.end:
        return ""
    x = scale.x(today)
    anchor = "end" if x > (LEFT + RIGHT) / 2 else "start"
    named = plots.text("aujourd’hui", x, height - 6, anchor=anchor)
    return plots.rule(x, 26, x, height - 22, kind="today-line") + named


def _named(action: Planned, top: float, *, late: str) -> str:
    """« ▲ FA04 · en retard », and the title under it. `late`: the sign of those that are."""
    state = "en retard" if late else (action.last.state if action.last else "")
    name = late + " · ".join(each for each in (action.code, state) if each)
    title = action.title if len(action.title) <= LONGEST_TITLE else f"{action.title[: LONGEST_TITLE - 1].rstrip()}…"
    return plots.text(name, 0, top + 18, anchor="start", weight=700 if late else 600) + plots.text(
        title, 0, top + 38, anchor="start"
    )


def _promised(action: Planned, scale: _Scale, y: float) -> str:
    known = [day for day in (action.start, action.due) if day is not None]
    if not known:
        return plots.text("Ses dates ne sont pas écrites au contrat.", LEFT, y + 5, anchor="start")
    first, last = scale.x(known[0]), scale.x(known[-1])
    rings = "".join(f'<circle class="aim-dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/>' for x in sorted({first, last}))
    return f'<path class="aim" d="M{first:.1f} {y:.1f}H{max(first, last):.1f}"/>{rings}'


def _happened(notes: Iterable[Noted], start: date | None, scale: _Scale, y: float) -> str:
    """From the beginning to the last dialogue; at each one a square, and how far the action was then."""
    by_year = {each.year: each for each in sorted(notes, key=lambda each: not each.is_declared)}
    said = sorted(by_year.values(), key=lambda each: each.on)
    if not said:
        return ""
    places = [scale.x(each.on) for each in said]
    first = min(scale.x(start), places[0]) if start else places[0]
    labels = spread(places, least=LABEL_WIDTH)
    over = max(0.0, labels[-1] - (RIGHT - LABEL_WIDTH / 2))
    squares = "".join(
        f'<rect class="seen-dot" x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10"/>' for x in places
    )
    words = "".join(plots.text(f"{each.percent} %", x - over, y + 21) for x, each in zip(labels, said, strict=True))
    return f'<path class="seen" d="M{first:.1f} {y:.1f}H{places[-1]:.1f}"/>{squares}{words}'
