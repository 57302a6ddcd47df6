"""Redlines: what one text changed in another, unit by unit and word by word.

For display and for deciding unit by unit; never to patch a text. Both texts come back from a redline to the character,
and two texts that differ at all show at least one mark.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from itertools import pairwise

from negotiation.rules.markdown_tree import parse, serialise
from negotiation.rules.redline_html import PartySign, to_html
from negotiation.rules.redline_model import (
    LIST_KINDS,
    TABLE_KINDS,
    Change,
    Op,
    Redline,
    RedlineBlock,
    Run,
    Unit,
    UnitKind,
    ValueChange,
)
from negotiation.rules.redline_notices import with_notices
from negotiation.rules.redline_units import LIKENESS, cells, paired, split_units
from negotiation.rules.redline_words import compared, words_of

__all__ = [
    "Change",
    "Op",
    "PartySign",
    "Redline",
    "RedlineBlock",
    "Run",
    "Unit",
    "UnitChange",
    "UnitKind",
    "ValueChange",
    "marks",
    "reconstruct_after",
    "reconstruct_before",
    "redline",
    "redline_units",
    "share_changed",
    "take_units",
    "to_html",
]

_MOVED = "passage déplacé"
_SPACING = "présentation modifiée : lignes vides ou bordures"
_KINDS = {
    UnitKind.PARAGRAPH: "paragraphe",
    UnitKind.HEADING: "titre",
    UnitKind.BULLET: "élément de liste",
    UnitKind.NUMBERED: "élément numéroté",
    UnitKind.RULE: "filet",
}


@dataclass(frozen=True, slots=True)
class UnitChange:
    """One change that can be taken or left. `index` is its place among the blocks: the same for the same two texts."""

    index: int
    change: Change
    before: str
    after: str


def redline(before: str, after: str, before_value: str | None = None, after_value: str | None = None) -> Redline:
    """The differences between two texts, whatever they hold, and between two values as the reader sees them
    (`value_text`)."""
    blocks: list[RedlineBlock] = []
    for old, new in paired(split_units(before), split_units(after)):
        if old is None or new is None:
            blocks.append(_one_sided(old, new))
        elif old.kind is not UnitKind.START or old.gap or new.gap:
            blocks.append(_two_sided(old, new))
    value = ValueChange(before_value, after_value) if before_value != after_value else None
    return Redline(_with_moves(_with_surroundings(blocks)), value)


def reconstruct_before(redline: Redline) -> str:
    """The first text, to the character."""
    return "".join(
        block.before.prefix + _text(block.runs, {Op.EQUAL, Op.DELETE}) + block.before.gap
        for block in redline.blocks
        if block.before
    )


def reconstruct_after(redline: Redline) -> str:
    """The second text, to the character."""
    return "".join(
        block.after.prefix + _text(block.runs, {Op.EQUAL, Op.INSERT}) + block.after.gap
        for block in redline.blocks
        if block.after
    )


def marks(redline: Redline) -> int:
    """How many changes the reader is shown: a replaced phrase counts for one, a whole unit too."""
    count = 1 if redline.value else 0
    for block in redline.blocks:
        if block.change in (Change.INSERTED, Change.DELETED):
            count += 1
            continue
        changed = [run.op is not Op.EQUAL for run in block.runs]
        count += len(block.notices) + sum(1 for was, now in pairwise([False, *changed]) if now and not was)
    return count


def share_changed(redline: Redline) -> float:
    """Words deleted or inserted over the words of both texts, from 0 (no word changed) to 1 (no word in common)."""
    runs = [run for block in redline.blocks for run in block.runs]
    words = {op: sum(len(words_of(run.text)) for run in runs if run.op is op) for op in Op}
    changed = words[Op.DELETE] + words[Op.INSERT]
    total = changed + 2 * words[Op.EQUAL]
    return changed / total if total else 0.0


def redline_units(before: str, after: str) -> list[UnitChange]:
    """The changes that can be decided one by one: a paragraph, a list item, a table row, a heading."""
    return [
        UnitChange(index, block.change, _unit_text(block.before), _unit_text(block.after))
        for index, block in enumerate(redline(before, after).blocks)
        if block.change is not Change.SAME
    ]


def take_units(before: str, after: str, chosen: Set[int]) -> str:
    """`before` with the chosen changes of `redline_units` made: none gives `before` exactly, all give `after`.

    Anything between is rewritten in canonical style (lists renumbered). Raises ValueError on an index that is no
    change, `UnreadableText` like `parse`.
    """
    blocks = redline(before, after).blocks
    changes = {index for index, block in enumerate(blocks) if block.change is not Change.SAME}
    if not chosen <= changes:
        raise ValueError(f"no such change: {sorted(chosen - changes)}")
    if chosen == changes:
        return after
    if not chosen:
        return before
    taken = [(block.after if index in chosen else block.before) for index, block in enumerate(blocks)]
    return serialise(parse(_joined(unit for unit in taken if unit)))


def _one_sided(old: Unit | None, new: Unit | None) -> RedlineBlock:
    if new:
        return RedlineBlock(Change.INSERTED, None, new, with_notices([Run(Op.INSERT, new.body)] if new.body else []))
    body = old.body if old else ""
    return RedlineBlock(Change.DELETED, old, None, with_notices([Run(Op.DELETE, body)] if body else []))


def _two_sided(old: Unit, new: Unit) -> RedlineBlock:
    if old.body == new.body:
        return RedlineBlock(Change.SAME, old, new, (Run(Op.EQUAL, old.body),) if old.body else ())
    runs = _row_runs(old.body, new.body) if new.kind in TABLE_KINDS else _runs(old.body, new.body)
    return RedlineBlock(Change.CHANGED, old, new, with_notices(_merged(runs)))


def _row_runs(before: str, after: str) -> list[Run]:
    """Cell by cell: a change never crosses the edge of a cell."""
    runs: list[Run] = []
    for number, (old, new) in enumerate(zip(cells(before), cells(after), strict=True)):
        if number:
            runs.append(Run(Op.EQUAL, "|"))
        runs.extend(_runs(old, new))
    return runs


def _runs(before: str, after: str) -> list[Run]:
    runs: list[Run] = []
    for segment in compared(before, after, LIKENESS):
        runs.append(Run(Op.EQUAL, "".join(segment.kept)))
        runs.append(Run(Op.DELETE, "".join(segment.deleted)))
        runs.append(Run(Op.INSERT, "".join(segment.inserted)))
    return [run for run in runs if run.text]


def _merged(runs: Iterable[Run]) -> list[Run]:
    merged: list[Run] = []
    for run in runs:
        if merged and merged[-1].op is run.op:
            merged[-1] = Run(run.op, merged[-1].text + run.text)
        else:
            merged.append(run)
    return merged


def _with_surroundings(blocks: list[RedlineBlock]) -> list[RedlineBlock]:
    """Adds what changed around the words, unless a unit added or removed beside it explains it."""
    result: list[RedlineBlock] = []
    renumbering = False
    for position, block in enumerate(blocks):
        following = blocks[position + 1] if position + 1 < len(blocks) else None
        if block.shown.kind not in LIST_KINDS:
            renumbering = False
        if not (block.before and block.after):
            renumbering = renumbering or block.shown.kind is UnitKind.NUMBERED
            result.append(block)
            continue
        notices = []
        if block.before.prefix != block.after.prefix and not (renumbering and _only_number_differs(block)):
            notices.append(_prefix_notice(block.before, block.after))
        stays_beside = following is None or (following.before and following.after)
        if block.before.gap != block.after.gap and stays_beside:
            notices.append(_SPACING)
        changed = replace(block, change=Change.CHANGED, notices=tuple(notices)) if notices else block
        result.append(changed)
    return result


def _only_number_differs(block: RedlineBlock) -> bool:
    return all(
        unit is not None and unit.kind is UnitKind.NUMBERED for unit in (block.before, block.after)
    ) and _without_digits(block.before) == _without_digits(block.after)


def _without_digits(unit: Unit | None) -> str:
    return "".join(sign for sign in unit.prefix.strip() if not sign.isdigit()) if unit else ""


def _prefix_notice(old: Unit, new: Unit) -> str:
    if old.kind is not new.kind:
        return f"{_KINDS.get(old.kind, 'ligne')} devenu {_KINDS.get(new.kind, 'ligne')}"
    if old.kind is UnitKind.HEADING:
        return "niveau de titre modifié"
    if old.kind is UnitKind.NUMBERED and old.prefix.strip() != new.prefix.strip():
        return f"numéro modifié : {old.prefix.strip()} devient {new.prefix.strip()}"
    if ">" in old.prefix + new.prefix:
        return "citation modifiée"
    return "niveau ou puce de liste modifiés" if old.kind in LIST_KINDS else "retrait modifié"


def _with_moves(blocks: list[RedlineBlock]) -> tuple[RedlineBlock, ...]:
    """A unit deleted here and inserted there with the same words was moved: both places say so."""
    bodies = {
        change: {block.shown.body for block in blocks if block.change is change and block.shown.body.strip()}
        for change in (Change.DELETED, Change.INSERTED)
    }
    moved = bodies[Change.DELETED] & bodies[Change.INSERTED]
    one_sided = (Change.DELETED, Change.INSERTED)
    return tuple(
        replace(block, notices=(*block.notices, _MOVED))
        if block.change in one_sided and block.shown.body in moved
        else block
        for block in blocks
    )


def _text(runs: Iterable[Run], ops: Set[Op]) -> str:
    return "".join(run.text for run in runs if run.op in ops)


def _unit_text(unit: Unit | None) -> str:
    return unit.prefix + unit.body if unit else ""


def _joined(units: Iterable[Unit]) -> str:
    """Units that were not neighbours get a blank line between them, which a list or a table doesn't need."""
    text = ""
    previous: Unit | None = None
    for unit in units:
        if unit.kind is UnitKind.TABLE_ROW and not _goes_on_table(previous, unit):
            # A table that lost its header is a table still: its first row takes the place. A row of another width
            # starts a table of its own, or the cells beyond the header would be lost.
            unit = replace(unit, kind=UnitKind.TABLE_HEADER, gap="\n|" + "---|" * (len(cells(unit.body)) - 2) + "\n")
        text += _between(previous, unit) + unit.prefix + unit.body
        previous = unit
    return text + (previous.gap if previous else "")


def _goes_on_table(previous: Unit | None, row: Unit) -> bool:
    return previous is not None and previous.kind in TABLE_KINDS and len(cells(previous.body)) == len(cells(row.body))


def _between(previous: Unit | None, unit: Unit) -> str:
    if previous is None:
        return ""
    if previous.kind is UnitKind.TABLE_HEADER:
        return previous.gap if unit.kind is UnitKind.TABLE_ROW else previous.gap.rstrip("\n") + "\n\n"
    together = LIST_KINDS if previous.kind in LIST_KINDS else TABLE_KINDS
    if previous.kind in together and unit.kind in together and "\n\n" not in previous.gap:
        return "\n"
    return "\n\n"
