"""What changed between what was exported and what came back, clause by clause: in words, never in mere shape.

Word rewrites shapes by itself (a table's head, a dash for a bullet), so a paragraph whose words are the same keeps the
exported spelling. Source: documents.md « Word in », product R6.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from negotiation.documents.word_model import ClauseTexts, FoundChange
from negotiation.errors import UnreadableText
from negotiation.rules.anchoring import plain_text
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.rebase import RebaseState, rebase
from negotiation.rules.redline import redline, redline_units, take_units
from negotiation.rules.redline_model import Op


class How(StrEnum):
    """How a change stands in the file; a clause may have been changed in two ways."""

    TRACKED = "tracked"
    UNTRACKED = "untracked"
    """Typed while tracking was off."""
    UNDONE = "undone"
    """A proposal that the export showed as a revision, rejected in Word."""
    COMPARED = "compared"
    """Nobody knows what was exported: the file against the text that stands now."""


@dataclass(frozen=True)
class Exported:
    """A clause as the file held it when it left: without the open proposals, and with them. Markdown."""

    agreed: str
    proposed: str


class Standing(StrEnum):
    """A change beside the text that stands on the table now."""

    READY = "ready"
    REAPPLIED = "reapplied"
    """The text moved since the export, elsewhere: the change stands on it."""
    TO_REDO = "to_redo"
    """The same passages moved: somebody has to look."""
    DONE = "done"
    """The table says it already."""


@dataclass(frozen=True)
class Changed:
    """`before`: what was exported; `after`: what came back, in the exported spelling where its words are the same."""

    before: str
    after: str
    hows: frozenset[How]
    authors: tuple[str, ...] = ()
    """As the file declares them."""


@dataclass(frozen=True)
class Applied:
    """`text`: what would be proposed on the text that stands now."""

    text: str
    standing: Standing


def changed(
    texts: ClauseTexts, exported: Exported | None, current: str, tracked: Iterable[FoundChange]
) -> Changed | None:
    """None where no word changed. `current`: the text of the table, for a file whose export is unknown; `tracked`: the
    revisions in this clause. Raises UnreadableText on words that no clause may hold."""
    before = exported.proposed if exported else current
    accepted = canonical_markdown(texts.accepted)
    if words(accepted) == words(before):
        return None
    known = _exported_marks(exported)
    marks = [each for each in tracked if each.text.strip() and words(each.text) not in known]
    return Changed(
        before, in_the_same_spelling(before, accepted), _hows(texts, exported, has_marks=bool(marks)), _authors(marks)
    )


def is_reshaped(texts: ClauseTexts, exported: Exported | None) -> bool:
    """Whether only the shape changed: bold, a list made of paragraphs."""
    return (
        exported is not None
        and words(texts.accepted) == words(exported.proposed)
        and texts.accepted != exported.proposed
    )


def applied(change: Changed, current: str) -> Applied:
    """The change on the text that stands now."""
    rebased = rebase(canonical_markdown(change.before), canonical_markdown(current), change.after)
    match rebased.state:
        case RebaseState.UNTOUCHED:
            return Applied(change.after, Standing.READY)
        case RebaseState.CONTAINED:
            return Applied(current, Standing.DONE)
        case RebaseState.CLEAN:
            return Applied(rebased.text or "", Standing.REAPPLIED)
        case RebaseState.OVERLAPPING:
            return Applied(change.after, Standing.TO_REDO)


def in_the_same_spelling(before: str, after: str) -> str:
    """`after`, but `before` wherever a paragraph, an item or a row has the same words."""
    units = redline_units(before, after)
    chosen = {unit.index for unit in units if words(unit.before) != words(unit.after)}
    if len(chosen) == len(units):
        return after
    try:
        kept = canonical_markdown(take_units(before, after, chosen))
    except (ValueError, UnreadableText):
        return after
    # Rather a foreign shape than a word lost.
    return kept if words(kept) == words(after) else after


def words(markdown: str) -> str:
    """The words alone, as a reader hears them: one kind of space, apostrophe, quotation mark and dash."""
    try:
        visible = plain_text(markdown)
    except UnreadableText:
        visible = markdown
    plain = unicodedata.normalize("NFC", visible).translate(_ALIKE)
    return _SPACES.sub(" ", _LOOSE.sub("", plain)).strip()


def letters(markdown: str) -> str:
    """The words without the spaces between them. LibreOffice, saving again, hangs the mark of a struck paragraph on an
    inserted neighbour: rejected, two paragraphs run together, and nobody typed anything."""
    return words(markdown).replace(" ", "")


_SPACES = re.compile(r"\s+")
_LOOSE = re.compile(r"\s+(?=[:;?!%€»])|(?<=«)\s+|[\u00ad\u200b\u2060\ufeff]")
_ALIKE = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\u2011": "-", "\u2010": "-"})


def _exported_marks(exported: Exported | None) -> frozenset[str]:
    """The words of the revisions that the export itself showed: they are no change of whoever reviewed it."""
    if exported is None or exported.agreed == exported.proposed:
        return frozenset()
    blocks = redline(exported.agreed, exported.proposed).blocks
    return frozenset(words(run.text) for block in blocks for run in block.runs if run.op is not Op.EQUAL)


def _hows(texts: ClauseTexts, exported: Exported | None, *, has_marks: bool) -> frozenset[How]:
    if exported is None:
        return frozenset({How.COMPARED})
    base = letters(texts.rejected)
    if base not in (letters(exported.agreed), letters(exported.proposed)):
        return frozenset({How.UNTRACKED, *([How.TRACKED] if has_marks else [])})
    if not has_marks:
        # What was exported as a revision is one no more, and its words are gone.
        is_undone = base == letters(exported.agreed) != letters(exported.proposed)
        return frozenset({How.UNDONE if is_undone else How.UNTRACKED})
    return frozenset({How.TRACKED})


def _authors(marks: Iterable[FoundChange]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.author for each in marks if each.author.strip()))
