"""Where things go in a plot: ticks of an axis, and labels that never overlap.

Pure geometry, in the units of the drawing. The same labels always go to the same places: the most important first, each
to the first of its places that is free, else in fewer words, else nowhere: what a plot leaves out stands in its table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

EM = 0.58
"""Mean width of a character over its size, on the wide side for Source Sans figures and words."""
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """Touching is no overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: "Box") -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text may stand: the point of its baseline, and which end of the text is there (start, middle, end)."""

    x: float
    y: float
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Label:
    """`texts`: from the fullest to the shortest. `places` in order of preference. The lowest `rank` goes first."""

    key: str
    texts: tuple[str, ...]
    places: tuple[Place, ...]
    size: float
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    key: str
    text: str
    at: Place
    size: float
    box: Box


def placed(
    labels: Iterable[Label], *, within: Box, around: Iterable[Box] = (), better_off: Iterable[Box] = ()
) -> dict[str, Placed]:
    """By key, those that found room within the drawing and beside the marks `around`. `better_off`: what a label covers
    only where it can't stand elsewhere (lines)."""
    taken, lines = list(around), list(better_off)
    found: dict[str, Placed] = {}
    for label in sorted(labels, key=lambda each: (each.rank, each.key)):
        spot = _spot(label, within, [*taken, *lines]) or _spot(label, within, taken)
        if spot is not None:
            found[label.key] = spot
            taken.append(spot.box)
    return found


def _spot(label: Label, within: Box, taken: Sequence[Box]) -> Placed | None:
    for text in label.texts:
        for place in label.places:
            box = box_of(text, place, label.size)
            if within.holds(box) and not any(box.overlaps(other) for other in taken):
                return Placed(label.key, text, place, label.size, box)
    return None


def box_of(text: str, place: Place, size: float) -> Box:
    """What a text covers at the most."""
    width = width_of(text, size)
    left = place.x - {"start": 0.0, "middle": width / 2, "end": width}[place.anchor]
    return Box(left, place.y - 0.82 * size, left + width, place.y + 0.28 * size)


def width_of(text: str, size: float) -> float:
    return len(text) * EM * size


def boxes_along(start: tuple[float, float], end: tuple[float, float], *, every: float = 12) -> tuple[Box, ...]:
    """Small boxes on a segment, which stand for it."""
    (x1, y1), (x2, y2) = start, end
    pieces = max(1, round(max(abs(x2 - x1), abs(y2 - y1)) / every))
    spots = ((x1 + (x2 - x1) * at / pieces, y1 + (y2 - y1) * at / pieces) for at in range(pieces + 1))
    return tuple(Box(x - 2, y - 2, x + 2, y + 2) for x, y in spots)


def ticks(lowest: Decimal, highest: Decimal, *, about: int = 5) -> tuple[Decimal, ...]:
    """Round values, evenly spread, that hold both ends between them; at least two."""
    if lowest > highest:
        lowest, highest = highest, lowest
    if lowest == highest:
        room = max(abs(lowest) / 20, Decimal(1))
        lowest, highest = lowest - room, highest + room
    rough = (highest - lowest) / about
    power = Decimal(10) ** rough.adjusted()
    step = next(power * each for each in _STEPS if power * each >= rough)
    first = (lowest / step).to_integral_value(ROUND_FLOOR)
    last = (highest / step).to_integral_value(ROUND_CEILING)
    return tuple(step * at for at in range(int(first), int(last) + 1))
