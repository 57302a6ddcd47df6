"""A proposal put back on a text that moved meanwhile: base → common (now on the table), base → ours (the proposal).

By whole units only (paragraph, heading, list item, table row), never by words: two changes of one unit, of two units
that touch, or two insertions at one place are a conflict for a person to settle. Units that touch often speak of one
another, and a merge that nobody read costs more than a question. So do the same words added by both at two places, or
they would stand twice. The same change made by both is no conflict.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from negotiation.errors import InvalidInput, UnreadableText
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.rebase_stretches import Leaves, PassageKind, Side, Units, stretches
from negotiation.rules.rebase_units import (
    Entry,
    Leaf,
    leaves_of,
    put_in_place,
    row_by_hand,
    shared_depth,
    without_outer,
    written,
)
from negotiation.rules.values import Canonical


class RebaseState(StrEnum):
    UNTOUCHED = "untouched"
    """The common text is the base still: nothing to do."""
    CONTAINED = "contained"
    """Everything we changed is in the common text already."""
    CLEAN = "clean"
    """Our changes stand on the new common text, away from what changed there."""
    OVERLAPPING = "overlapping"
    """« À reprendre »: somebody has to choose."""


class Choice(StrEnum):
    COMMON = "common"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Passage:
    """One stretch of the three texts. Markdown of each, "" where it has nothing there; a piece of a list or table is
    shown as a list or table of its own."""

    kind: PassageKind
    base: str
    common: str
    ours: str
    units: Units = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Rebased:
    state: RebaseState
    text: str | None
    """Our proposal on the common text, canonical; None when OVERLAPPING."""
    passages: tuple[Passage, ...]
    """In order; those of the same three texts are always the same, so that an index can travel through a form."""


@dataclass(frozen=True, slots=True)
class RebasedValue:
    state: RebaseState
    value: Canonical
    """None when OVERLAPPING, and when our proposal has no value."""


def rebase(base: str, common: str, ours: str) -> Rebased:
    """Three canonical texts. Only raises `UnreadableText`, on a text that `canonical_markdown` would refuse."""
    sides = Units(leaves_of(base), leaves_of(common), leaves_of(ours))
    passages = tuple(_passage(kind, units) for kind, units in stretches(sides))
    if base == common:
        return Rebased(RebaseState.UNTOUCHED, written(sides.ours), passages)
    if ours in (base, common):
        return Rebased(RebaseState.CONTAINED, written(sides.common), passages)
    if any(passage.kind is PassageKind.CONFLICT for passage in passages):
        return Rebased(RebaseState.OVERLAPPING, None, passages)
    try:
        text = canonical_markdown(written(_merged(passages, {})))
    except UnreadableText:
        # Both together are more than one clause may hold: somebody has to shorten.
        return Rebased(RebaseState.OVERLAPPING, None, (_passage(PassageKind.CONFLICT, sides),))
    state = RebaseState.CONTAINED if text == written(sides.common) else RebaseState.CLEAN
    return Rebased(state, text, passages)


def rebase_value(base: Canonical, common: Canonical, ours: Canonical) -> RebasedValue:
    """The same for typed values, each whole: a list too. Never CLEAN, for a value can't be changed at two places."""
    if common == base:
        return RebasedValue(RebaseState.UNTOUCHED, ours)
    if ours in (base, common):
        return RebasedValue(RebaseState.CONTAINED, common)
    return RebasedValue(RebaseState.OVERLAPPING, None)


def state_of_both(text: Rebased, value: RebasedValue, *, common: tuple[str, Canonical]) -> RebaseState:
    """What a clause with a text and a value needs; `common` is (text, value) now on the table."""
    states = {text.state, value.state}
    if RebaseState.OVERLAPPING in states:
        return RebaseState.OVERLAPPING
    if states == {RebaseState.UNTOUCHED}:
        return RebaseState.UNTOUCHED
    return RebaseState.CONTAINED if (text.text, value.value) == common else RebaseState.CLEAN


def resolve(rebased: Rebased, choices: Mapping[int, Choice | str]) -> str:
    """The canonical text once each conflict (by its index in `passages`) is answered: a `Choice`, or Markdown written
    by hand ("" leaves the passage out; a plain "common" is that word, not the choice).

    Raises `InvalidInput` with `field` "passage-3" when that one is unanswered or isn't in conflict, `UnreadableText`
    on what was written by hand, or when the whole is more than a clause may hold.
    """
    conflicts = {index for index, passage in enumerate(rebased.passages) if passage.kind is PassageKind.CONFLICT}
    for index in sorted(conflicts ^ set(choices)):
        raise InvalidInput(field=f"passage-{index}")
    return canonical_markdown(written(_merged(rebased.passages, choices)))


def _merged(passages: Sequence[Passage], choices: Mapping[int, Choice | str]) -> Iterator[Leaf]:
    """Stretches that both have are written as the side before them has them: its first unit opens a list or goes on
    with one after what that side put there."""
    side = Side.COMMON
    for index, passage in enumerate(passages):
        units = passage.units
        match passage.kind:
            case PassageKind.ONLY_COMMON_CHANGED:
                side = Side.COMMON
            case PassageKind.ONLY_OURS_CHANGED:
                side = Side.OURS
            case PassageKind.CONFLICT:
                choice = choices[index]
                if not isinstance(choice, Choice):
                    yield from _by_hand(choice, units)
                    side = _joining(passages[index + 1 : index + 2])
                    continue
                side = Side(choice)
            case _:
                pass
        yield from units.common if side is Side.COMMON else units.ours


def _by_hand(text: str, units: Units) -> list[Leaf]:
    around = (*units.ours, *units.common, *units.base)
    neighbour = around[0] if around else None
    depth = shared_depth(around)
    leaves = leaves_of(canonical_markdown(row_by_hand(text, neighbour)))
    return put_in_place(leaves, neighbour, depth)


def _joining(following: Sequence[Passage]) -> Side:
    """After words written by hand, the side whose next unit goes on with a list rather than opens one."""
    for passage in following:
        first = passage.units.ours[:1]
        if first and any(step.entry is Entry.ITEM for step in first[0].steps):
            return Side.OURS
    return Side.COMMON


def _passage(kind: PassageKind, units: Units) -> Passage:
    depth = shared_depth((*units.base, *units.common, *units.ours))
    shown: dict[Leaves, str] = {}
    for leaves in (units.base, units.common, units.ours):
        if leaves not in shown:
            shown[leaves] = written(without_outer(leaves, depth))
    return Passage(kind, shown[units.base], shown[units.common], shown[units.ours], units)
