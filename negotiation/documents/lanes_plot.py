"""« Qui a joué, quand »: one lane for each party, the steps in order, in lines of a few steps like a score.

A line holds what a sheet of paper is wide enough for; what follows goes to the line below, so that nothing is hidden by
the edge of a screen and everything prints.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from negotiation.documents import plots
from negotiation.documents.plots import COMMON, PlotParty
from negotiation.documents.trajectory_plot import Drawing
from negotiation.rules.french_names import day_words
from negotiation.rules.paris import paris_day
from negotiation.rules.plot_layout import Box, Label, Place, placed

A_LINE = 8
"""Steps."""
_WIDTH, _LANE, _HEAD, _GAP = 1080.0, 72.0, 44.0, 18.0
_FIRST, _LAST = 220.0, 1010.0


@dataclass(frozen=True, slots=True)
class Beat:
    """A step in its lane. `texts`: what it is, from the fullest to the shortest; `sign`: a mark of its own ("seal", "?"
    and so on), the party's shape when empty; `sitting`: played in a séance."""

    party: str
    at: datetime
    texts: tuple[str, ...]
    sign: str = ""
    sitting: bool = False


def lanes_plot(
    beats: Sequence[Beat], parties: Sequence[PlotParty], *, title: str, desc: str, key: str
) -> Drawing | None:
    """`parties`: those that have a lane, in order. None without any step."""
    if not beats:
        return None
    lanes = {party.id: at for at, party in enumerate(parties)}
    a_line = _HEAD + _LANE * len(parties) + _GAP
    lines = [beats[at : at + A_LINE] for at in range(0, len(beats), A_LINE)]
    body = [piece for at, line in enumerate(lines) for piece in _line(line, parties, lanes, top=at * a_line)]
    height = len(lines) * a_line - _GAP
    drawn = plots.svg("".join(body), width=_WIDTH, height=height, key=key, title=title, desc=desc)
    return Drawing(drawn, _WIDTH, height)


def _line(beats: Sequence[Beat], parties: Sequence[PlotParty], lanes: dict[str, int], *, top: float) -> Iterable[str]:
    middles = {party.id: top + _HEAD + _LANE * at + 28 for at, party in enumerate(parties)}
    for party in parties:
        yield from _lane(party, middles[party.id])
    gap = (_LAST - _FIRST) / (A_LINE - 1)
    xs = [_FIRST + gap * at for at in range(len(beats))]
    heads, words = _labels(beats, xs, middles, top)
    for spot in placed(heads, within=Box(0, top, _WIDTH, top + _HEAD)).values():
        yield plots.label(spot)
    marks = [
        Box(x - 17, middles[beat.party] - 17, x + 17, middles[beat.party] + 17) for x, beat in _at(xs, beats, middles)
    ]
    for spot in placed(words, within=Box(0, top, _WIDTH, top + _HEAD + _LANE * len(parties)), around=marks).values():
        yield plots.label(spot)
    by_id = {party.id: party for party in parties}
    for x, beat in _at(xs, beats, middles):
        party = by_id.get(beat.party, COMMON)
        yield plots.of_party(party, _mark(party, beat, x, middles[beat.party]))


def _at(xs: Sequence[float], beats: Sequence[Beat], middles: dict[str, float]) -> Iterable[tuple[float, Beat]]:
    return ((x, beat) for x, beat in zip(xs, beats, strict=True) if beat.party in middles)


def _lane(party: PlotParty, y: float) -> Iterable[str]:
    band = f'x="0" y="{y - 28:.2f}" width="{_WIDTH:.0f}" height="{_LANE - 6:.0f}" rx="3"'
    name = plots.text(_shortened(party.name), 46, y + 5, kind="lane-name", anchor="start", weight=600)
    yield f'<rect class="lane-band" {band} fill="{plots.WELL}"/>'
    line = plots.line(party, [(172, y), (_WIDTH - 20, y)], faint=True)
    yield plots.of_party(party, line + plots.mark(party, 22, y) + name)


def _shortened(name: str) -> str:
    """What stands before the lane begins."""
    return name if len(name) <= 16 else f"{name[:15].rstrip()}…"


def _mark(party: PlotParty, beat: Beat, x: float, y: float) -> str:
    if beat.sign == "seal":
        return plots.seal(x, y)
    return plots.ring(beat.sign, x, y) if beat.sign else plots.mark(party, x, y)


def _labels(
    beats: Sequence[Beat], xs: Sequence[float], middles: dict[str, float], top: float
) -> tuple[list[Label], list[Label]]:
    heads: list[Label] = []
    words: list[Label] = []
    for at, (x, beat) in enumerate(zip(xs, beats, strict=True)):
        day = paris_day(beat.at)
        whole = day_words(day)
        short = whole.rsplit(" ", 1)[0]
        new_year = not at or paris_day(beats[at - 1].at).year != day.year
        heads.append(Label(f"d{at:02}", (whole, short) if new_year else (short,), (Place(x, top + 16),), 14))
        if beat.sitting:
            heads.append(Label(f"s{at:02}", ("en séance",), (Place(x, top + 33),), 14))
        if beat.party in middles:
            words.append(Label(f"w{at:02}", beat.texts, (Place(x, middles[beat.party] + 32),), 14))
    return heads, words
