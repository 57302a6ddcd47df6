"""How much each party played, period by period: a band for each party, a bar for each period, its number above it."""

from collections.abc import Mapping, Sequence

from negotiation.documents import plots
from negotiation.documents.plots import PlotParty
from negotiation.documents.trajectory_plot import Drawing
from negotiation.rules.plot_layout import width_of

_WIDTH, _BAND, _HEAD, _FOOT = 1080.0, 84.0, 12.0, 34.0
_FIRST, _LAST = 190.0, 1064.0
_WIDEST = 46.0
_FARTHEST = 110.0
"""Between two bars: on a narrow screen, that shows the left of the plot first, a few periods begin there."""
_TALLEST = 44.0


def moves_plot(
    periods: Mapping[str, Mapping[str, int]], parties: Sequence[PlotParty], *, title: str, desc: str, key: str
) -> Drawing | None:
    """`periods`: words of each period in order, and how many moves by party id. None without any move."""
    most = max((count for by in periods.values() for count in by.values()), default=0)
    if not most:
        return None
    gap = min((_LAST - _FIRST) / len(periods), _FARTHEST)
    wide = min(_WIDEST, gap * 0.62)
    body: list[str] = []
    for lane, party in enumerate(parties):
        floor = _HEAD + _BAND * (lane + 1) - 8
        body.append(plots.rule(_FIRST, floor, _LAST, floor))
        shown = [
            plots.mark(party, 22, floor - 28),
            plots.text(_shortened(party.name), 46, floor - 23, kind="lane-name", anchor="start", weight=600),
        ]
        for at, by in enumerate(periods.values()):
            if count := by.get(party.id, 0):
                shown.append(_bar(_FIRST + gap * (at + 0.5), floor, wide, _TALLEST * count / most, count))
        body.append(plots.of_party(party, "".join(shown)))
    floor = _HEAD + _BAND * len(parties)
    body += _names(list(periods), gap, floor + 18)
    height = floor + _FOOT
    drawn = plots.svg("".join(body), width=_WIDTH, height=height, key=key, title=title, desc=desc)
    return Drawing(drawn, _WIDTH, height)


def _bar(middle: float, floor: float, wide: float, tall: float, count: int) -> str:
    left, top = middle - wide / 2, floor - max(tall, 2)
    size = f'width="{wide:.2f}" height="{floor - top:.2f}"'
    return f'<rect class="bar" x="{left:.2f}" y="{top:.2f}" {size} fill="currentColor"/>' + plots.text(
        str(count), middle, top - 6, kind="axis"
    )


def _names(names: Sequence[str], gap: float, y: float) -> list[str]:
    """As many as stand without touching: all, or every second, third…"""
    widest = max(width_of(name, 14) for name in names) + 14
    every = next(step for step in range(1, len(names) + 1) if gap * step >= widest or step == len(names))
    return [plots.text(name, _FIRST + gap * (at + 0.5), y) for at, name in enumerate(names) if at % every == 0]


def _shortened(name: str) -> str:
    return name if len(name) <= 15 else f"{name[:14].rstrip()}…"
