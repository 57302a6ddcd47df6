"""Three texts side by side: the stretches that neither, one or both sides changed, and what is in conflict there.

The rules are told in `rebase`, which writes texts from these stretches.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum

from negotiation.rules.rebase_units import Content, Leaf, as_redline_unit
from negotiation.rules.redline_units import paired


class PassageKind(StrEnum):
    SAME = "same"
    ONLY_COMMON_CHANGED = "only_common_changed"
    ONLY_OURS_CHANGED = "only_ours_changed"
    BOTH_SAME = "both_same"
    """Both made the same change: « rien à choisir »."""
    CONFLICT = "conflict"


Leaves = tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Units:
    """The three versions of a passage, unit by unit: what `resolve` writes from."""

    base: Leaves
    common: Leaves
    ours: Leaves


class Side(StrEnum):
    COMMON = "common"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class _Region:
    """Units [start, end) of the base that one side replaced by its units [first, last)."""

    side: Side
    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Change:
    """Words that one side put at a passage, and words that it took from there."""

    added: frozenset[Content]
    removed: frozenset[Content]


Stretch = tuple[PassageKind, Units]

_ALONE = {Side.COMMON: PassageKind.ONLY_COMMON_CHANGED, Side.OURS: PassageKind.ONLY_OURS_CHANGED}


def stretches(sides: Units) -> list[Stretch]:
    """In order; together they are each of the three texts, unit by unit."""
    return _with_doubts(list(_stretches(sides)))


def _stretches(sides: Units) -> Iterator[Stretch]:
    base, common, ours = sides.base, sides.common, sides.ours
    regions = [*_regions(Side.COMMON, base, common), *_regions(Side.OURS, base, ours)]
    at, at_common, at_ours = 0, 0, 0
    for group in _groups(sorted(regions, key=lambda region: (region.start, region.end))):
        start, end = group[0].start, max(region.end for region in group)
        if kept := start - at:
            yield (
                PassageKind.SAME,
                Units(base[at:start], common[at_common : at_common + kept], ours[at_ours : at_ours + kept]),
            )
        at, at_common, at_ours = end, at_common + kept, at_ours + kept
        next_common = at_common + end - start + _growth(group, Side.COMMON)
        next_ours = at_ours + end - start + _growth(group, Side.OURS)
        units = Units(base[start:end], common[at_common:next_common], ours[at_ours:next_ours])
        at_common, at_ours = next_common, next_ours
        yield from _judged({region.side for region in group}, units)
    if at < len(base):
        yield PassageKind.SAME, Units(base[at:], common[at_common:], ours[at_ours:])


def _regions(side: Side, base: Leaves, other: Leaves) -> Iterator[_Region]:
    """What one side changed: each unit changed in place by itself, additions and deletions that touch together."""
    i = j = 0
    loose: _Region | None = None
    for old, new in paired([as_redline_unit(leaf) for leaf in base], [as_redline_unit(leaf) for leaf in other]):
        if old is None or new is None:
            begun = loose or _Region(side, i, i, j, j)
            i, j = i + (old is not None), j + (new is not None)
            loose = replace(begun, end=i, last=j)
            continue
        if loose:
            yield loose
        same = base[i].identity == other[j].identity
        # A unit added or removed just before may have taken the first place in the list: no change of this one.
        if not same or not (base[i].entries == other[j].entries or (loose and _enters_otherwise(base[i], other[j]))):
            yield _Region(side, i, i + 1, j, j + 1)
        i, j, loose = i + 1, j + 1, None
    if loose:
        yield loose


def _enters_otherwise(old: Leaf, new: Leaf) -> bool:
    """It opens a list that it went on with, or the other way round; where both open one, the list counts otherwise."""
    differing = [pair for pair in zip(old.entries, new.entries, strict=True) if pair[0] != pair[1]]
    return not any(one[0] is other[0] for one, other in differing)


def _groups(regions: Sequence[_Region]) -> list[list[_Region]]:
    """Regions of the two sides that touch are one group, with all that stands between them."""
    groups: list[list[_Region]] = []
    for region in regions:
        first = len(groups)
        for index in range(len(groups) - 1, -1, -1):
            reach = max(other.end for other in groups[index])
            if reach < region.start:
                break
            if any(other.side is not region.side and other.end >= region.start for other in groups[index]):
                first = index
        joined = [other for group in groups[first:] for other in group]
        groups[first:] = [[*joined, region]]
    return groups


def _growth(group: Sequence[_Region], side: Side) -> int:
    return sum((region.last - region.first) - (region.end - region.start) for region in group if region.side is side)


def _judged(sides: set[Side], units: Units) -> Iterator[Stretch]:
    if sides == {Side.COMMON}:
        yield PassageKind.ONLY_COMMON_CHANGED, units
    elif sides == {Side.OURS}:
        yield PassageKind.ONLY_OURS_CHANGED, units
    elif _same(units.common, units.ours):
        yield PassageKind.BOTH_SAME, units
    else:
        yield from _peeled(units)


def _peeled(units: Units) -> Iterator[Stretch]:
    """Both changed here, and not alike. When one side made the whole of the other's change and more beside it, only
    the more is left, and nothing is to choose."""
    base, common, ours = units.base, units.common, units.ours
    head = _same_length(common, ours)
    tail = _same_length(common[head:][::-1], ours[head:][::-1])
    rest_common, rest_ours = common[head : len(common) - tail], ours[head : len(ours) - tail]
    for kind, rest in (
        (PassageKind.ONLY_COMMON_CHANGED, rest_ours),
        (PassageKind.ONLY_OURS_CHANGED, rest_common),
    ):
        place = _place_in(base, rest, head, tail)
        if head + tail and place is not None:
            start, end = place
            yield from _if_any(Units(base[:start], common[:head], ours[:head]))
            yield kind, Units(base[start:end], rest_common, rest_ours)
            yield from _if_any(Units(base[end:], common[len(common) - tail :], ours[len(ours) - tail :]))
            return
    yield from [(PassageKind.CONFLICT, units)] if base else _written_apart(common, ours)


def _written_apart(common: Leaves, ours: Leaves) -> Iterator[Stretch]:
    """Two texts that started from nothing: what both say is said, and only what stands between is to choose. When
    both say the same at two places, the whole is one question: two answers could say it twice."""
    one, other = ([(leaf.identity, leaf.entries) for leaf in leaves] for leaves in (common, ours))
    found: list[Stretch] = []
    at_common = at_ours = 0
    for same in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks():
        if same.a > at_common or same.b > at_ours:
            found.append((PassageKind.CONFLICT, Units((), common[at_common : same.a], ours[at_ours : same.b])))
        at_common, at_ours = same.a + same.size, same.b + same.size
        if same.size:
            found.append((PassageKind.BOTH_SAME, Units((), common[same.a : at_common], ours[same.b : at_ours])))
    asked = [units for kind, units in found if kind is PassageKind.CONFLICT]
    theirs = {leaf.content for units in asked for leaf in units.common if leaf.has_words}
    if theirs & {leaf.content for units in asked for leaf in units.ours}:
        found = [(PassageKind.CONFLICT, Units((), common, ours))]
    yield from found


def _place_in(base: Leaves, rest: Leaves, head: int, tail: int) -> tuple[int, int] | None:
    """Where `rest`, left by peeling one side, stands unchanged in the base once what was peeled took its own place
    (one unit for one: otherwise nobody can tell what replaced what)."""
    if not rest:
        return (min(head, len(base)), min(head, len(base))) if len(base) <= head + tail else None
    fits = len(base) == head + len(rest) + tail and _same(base[head : head + len(rest)], rest)
    return (head, head + len(rest)) if fits else None


def _if_any(units: Units) -> Iterator[Stretch]:
    if units.base or units.common:
        yield PassageKind.BOTH_SAME, units


def _same(one: Leaves, other: Leaves) -> bool:
    return len(one) == len(other) == _same_length(one, other)


def _same_length(one: Leaves, other: Leaves) -> int:
    length = 0
    for left, right in zip(one, other, strict=False):
        if left.identity != right.identity or left.entries != right.entries:
            break
        length += 1
    return length


def _with_doubts(stretches: Sequence[Stretch]) -> list[Stretch]:
    """In conflict too: words that both added, each at another place (they would stand twice), and both ends of a move
    when the other side touched one (they would stand twice, or nowhere)."""
    kinds = [kind for kind, _ in stretches]
    changes = {
        Side.COMMON: [_change(units.base, units.common) for _, units in stretches],
        Side.OURS: [_change(units.base, units.ours) for _, units in stretches],
    }
    added = {
        side: {words for index, change in enumerate(changes[side]) if kinds[index] is kind for words in change.added}
        for side, kind in _ALONE.items()
    }
    twins = added[Side.COMMON] & added[Side.OURS]
    doubtful = {
        index
        for side, kind in _ALONE.items()
        for index, change in enumerate(changes[side])
        if kinds[index] is kind and twins & change.added
    }
    while doubtful := doubtful or _ends_of_moves(changes, kinds):
        for index in doubtful:
            kinds[index] = PassageKind.CONFLICT
        doubtful = set()
    return [(kind, units) for kind, (_, units) in zip(kinds, stretches, strict=True)]


def _ends_of_moves(changes: Mapping[Side, Sequence[_Change]], kinds: Sequence[PassageKind]) -> set[int]:
    """Passages that one side alone changed, and where it put or took words that it moved from or to a place which the
    other side changed too."""
    found: set[int] = set()
    for side, kind in _ALONE.items():
        added = {words for change in changes[side] for words in change.added}
        removed = {words for change in changes[side] for words in change.removed}
        shared = {
            words
            for index, change in enumerate(changes[side])
            if kinds[index] in (PassageKind.CONFLICT, PassageKind.BOTH_SAME)
            for words in change.added | change.removed
        }
        moved = added & removed & shared
        found |= {
            index
            for index, change in enumerate(changes[side])
            if kinds[index] is kind and moved & (change.added | change.removed)
        }
    return found


def _change(before: Leaves, after: Leaves) -> _Change:
    was, now = (Counter(leaf.content for leaf in leaves if leaf.has_words) for leaves in (before, after))
    return _Change(frozenset(now - was), frozenset(was - now))
