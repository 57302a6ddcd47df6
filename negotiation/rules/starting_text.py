"""« Texte de départ »: the text from which others were written, the same on every page that compares them.

Versions form a tree: a counter-proposal answers the version on the table, a competing proposal starts from what that
one answers. The text from which several start is the nearest one that each of them answers, directly or not.
"""

from collections.abc import Iterable, Mapping

Bases = Mapping[int, int | None]
"""By number of a version, that of the version it answers; None where it was written from what stood before any."""


def answered_by(number: int, bases: Bases) -> tuple[int, ...]:
    """The versions that this one answers, directly or not, the nearest first."""
    found: list[int] = []
    base = bases.get(number)
    while base is not None and base not in found:
        found.append(base)
        base = bases.get(base)
    return tuple(found)


def common_start(numbers: Iterable[int], bases: Bases) -> int | None:
    """The version from which all of these were written; None where that is what stood before any of them."""
    first, *others = (answered_by(number, bases) for number in numbers)
    return next((number for number in first if all(number in each for each in others)), None)
