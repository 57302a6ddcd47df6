"""Words inserted and deleted between two bodies.

Words are interned as characters, so that libraries written for characters compare words. Exact common subsequence by
rapidfuzz, always the same on every screen; beyond what its memory bears, diff-match-patch with a time limit.
"""

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

try:
    from fast_diff_match_patch import diff as _compiled_diff
except ImportError:  # no wheel for this Python or processor: the pure one serves
    _compiled_diff = None
from diff_match_patch import diff_match_patch

Span = tuple[int, int]
Opcode = tuple[str, int, int, int, int]
"""("equal" | "change", start and end in the first text, start and end in the second)"""

_MOST_CELLS = 200_000_000
"""Product of lengths up to which the exact comparison stays under 25 MB and some 20 ms."""
_TIME_LIMIT = 0.25
_FIRST_CODE = 0x100
_SURROGATES = (0xD800, 0x800)

# Marks and characters without width stay with the letters they change. Repetitions are bounded: a text of commas and
# digits must not be scanned again from each of its characters.
_LETTER = (
    r"(?:[^\W_]|[\u0300-\u036f\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]"
    r"|&\#\d{1,7};)"
)
_TOKENS = re.compile(
    rf"""
    \d{{1,3}}(?:[ \u00a0\u202f]\d{{3}}){{1,5}}(?!\d)(?:,\d+)?(?![^\W_])   # 840 000,50
  | \d{{1,20}}(?:[.,]\d{{1,20}}){{0,4}}(?!{_LETTER})                     # 93,5
  | {_LETTER}+(?:[-_]{_LETTER}+)*['’]?                                   # semi-internat, l'
  | \\\n | \\[^\w\s] | <br> | \*\* | ~~                                  # Markdown signs that act together
  | \]\((?:\\.|[^()\s\\])*\)
  | [ ]+ | .
    """,
    re.VERBOSE | re.DOTALL,
)
_WORD = re.compile(rf"\A{_LETTER}")
_PHRASE_ENDS = frozenset({",", ";", ":", ".", "!", "?", "(", ")", "«", "»", "–", "—", "\n", "\\\n", "<br>"})
_MARKDOWN_SIGNS = frozenset({"**", "*", "_", "~~", "["})


class Alphabet:
    """One character for each different thing, so that a list of things becomes a string."""

    def __init__(self) -> None:
        self._codes: dict[Hashable, str] = {}

    def spell(self, things: Iterable[Hashable]) -> str:
        return "".join(self._code(thing) for thing in things)

    def _code(self, thing: Hashable) -> str:
        code = self._codes.get(thing)
        if code is None:
            number = _FIRST_CODE + len(self._codes)
            if number >= _SURROGATES[0]:
                number += _SURROGATES[1]
            code = self._codes[thing] = chr(number)
        return code


@dataclass(slots=True)
class Segment:
    """Common tokens (`kept`), or tokens that others replace. Never both."""

    kept: list[str]
    deleted: list[str]
    inserted: list[str]

    @property
    def is_edit(self) -> bool:
        return bool(self.deleted or self.inserted)


def tokens_of(text: str) -> list[str]:
    """Words, numbers, spaces and signs; together they are the text."""
    return _TOKENS.findall(text)


def is_word(token: str) -> bool:
    return bool(_WORD.match(token))


def words_of(text: str) -> list[str]:
    return [token for token in _TOKENS.findall(text) if _WORD.match(token)]


def aligned(before: str, after: str) -> Iterator[Opcode]:
    """Opcodes of a longest common subsequence, neighbouring changes joined."""
    start, stop = _common_ends(before, after)
    if start:
        yield "equal", 0, start, 0, start
    inner_before, inner_after = before[start : len(before) - stop], after[start : len(after) - stop]
    if inner_before or inner_after:
        for op, i1, i2, j1, j2 in _joined(_raw_opcodes(inner_before, inner_after)):
            yield op, i1 + start, i2 + start, j1 + start, j2 + start
    if stop:
        yield "equal", len(before) - stop, len(before), len(after) - stop, len(after)


def compared(before: str, after: str, likeness: float) -> list[Segment]:
    """The two bodies as segments: whole words, few fragments, phrases less alike than `likeness` replaced whole."""
    left, right = tokens_of(before), tokens_of(after)
    alphabet = Alphabet()
    segments: list[Segment] = []
    for op, i1, i2, j1, j2 in aligned(alphabet.spell(left), alphabet.spell(right)):
        if op == "equal":
            segments.append(Segment(left[i1:i2], [], []))
        else:
            segments.append(Segment([], left[i1:i2], right[j1:j2]))
    _slide(segments)
    return _trimmed(_phrases_replaced(_absorbed(segments), likeness))


def _common_ends(before: Sequence[str], after: Sequence[str]) -> Span:
    shortest = min(len(before), len(after))
    start = 0
    while start < shortest and before[start] == after[start]:
        start += 1
    stop = 0
    while stop < shortest - start and before[-1 - stop] == after[-1 - stop]:
        stop += 1
    return start, stop


def _raw_opcodes(before: str, after: str) -> Iterator[Opcode]:
    if len(before) * len(after) <= _MOST_CELLS:
        for op in Indel.opcodes(before, after):
            yield op.tag, op.src_start, op.src_end, op.dest_start, op.dest_end
        return
    i = j = 0
    for sign, length in _timed_diff(before, after):
        next_i = i + (length if sign != "+" else 0)
        next_j = j + (length if sign != "-" else 0)
        yield "equal" if sign == "=" else "change", i, next_i, j, next_j
        i, j = next_i, next_j


def _timed_diff(before: str, after: str) -> Iterator[tuple[str, int]]:
    """("=", "-" or "+", number of words), by whichever build of diff-match-patch is here."""
    if _compiled_diff is not None:
        yield from _compiled_diff(before, after, timelimit=_TIME_LIMIT, checklines=False, cleanup="No")
        return
    engine = diff_match_patch()
    engine.Diff_Timeout = _TIME_LIMIT
    for sign, text in engine.diff_main(before, after, checklines=False):
        yield {-1: "-", 0: "=", 1: "+"}[sign], len(text)


def _joined(opcodes: Iterable[Opcode]) -> Iterator[Opcode]:
    pending: Opcode | None = None
    for op, i1, i2, j1, j2 in opcodes:
        kind = "equal" if op == "equal" else "change"
        if pending and pending[0] == kind:
            pending = (kind, pending[1], i2, pending[3], j2)
            continue
        if pending:
            yield pending
        pending = (kind, i1, i2, j1, j2)
    if pending:
        yield pending


def _slide(segments: list[Segment]) -> None:
    """« le[ bon] taux » becomes « le [bon ]taux »: a lone addition or deletion starts with a word, not with a space nor
    with the end of the phrase before it (« fin[. Suite]. » becomes « fin.[ Suite.] »)."""
    for position in range(1, len(segments) - 1):
        edit, following = segments[position], segments[position + 1]
        tokens = edit.inserted or edit.deleted
        if not edit.is_edit or (edit.inserted and edit.deleted):
            continue
        for is_slid in (_PHRASE_ENDS.__contains__, str.isspace):
            if is_slid(tokens[0]) and following.kept and following.kept[0] == tokens[0]:
                segments[position - 1].kept.append(tokens[0])
                tokens.append(tokens.pop(0))
                following.kept.pop(0)
    segments[:] = [segment for segment in segments if segment.kept or segment.is_edit]


def _absorbed(segments: Sequence[Segment]) -> list[Segment]:
    """Fewer fragments: what is common between two replacements joins them when it is less than either."""
    result: list[Segment] = []
    for segment in segments:
        if segment.is_edit and len(result) >= 2 and result[-2].is_edit and _too_thin(result[-2], result[-1], segment):
            kept, first = result.pop().kept, result.pop()
            segment = Segment([], first.deleted + kept + segment.deleted, first.inserted + kept + segment.inserted)
        elif segment.is_edit and result and result[-1].is_edit:
            first = result.pop()
            segment = Segment([], first.deleted + segment.deleted, first.inserted + segment.inserted)
        elif segment.kept and result and result[-1].kept:
            segment = Segment(result.pop().kept + segment.kept, [], [])
        result.append(segment)
    return result


def _trimmed(segments: Sequence[Segment]) -> list[Segment]:
    """What both sides of a replacement begin or end with is common after all: joining brought spaces in."""
    result: list[Segment] = []
    for segment in segments:
        start, stop = _common_ends(segment.deleted, segment.inserted)
        deleted, inserted = segment.deleted, segment.inserted
        result += [
            Segment(deleted[:start], [], []),
            Segment(segment.kept, deleted[start : len(deleted) - stop], inserted[start : len(inserted) - stop]),
            Segment(deleted[len(deleted) - stop :], [], []),
        ]
    return [segment for segment in result if segment.kept or segment.is_edit]


def _too_thin(left: Segment, between: Segment, right: Segment) -> bool:
    if any(_only_signs(edit.deleted + edit.inserted) for edit in (left, right)):
        # Bold put on or taken off changes no word: it must not draw unchanged words into a replacement.
        return False
    common = _count(between.kept)
    if not common:
        return not _PHRASE_ENDS.intersection(between.kept)
    replaced = all(edit.deleted and edit.inserted for edit in (left, right))
    return replaced and common < min(_weight(left), _weight(right))


def _only_signs(tokens: Iterable[str]) -> bool:
    return all(token in _MARKDOWN_SIGNS or token.startswith("](") for token in tokens)


def _weight(edit: Segment) -> int:
    return max(_count(edit.deleted), _count(edit.inserted))


def _count(tokens: Iterable[str]) -> int:
    return sum(1 for token in tokens if _WORD.match(token))


def _phrases_replaced(segments: Sequence[Segment], likeness: float) -> list[Segment]:
    result: list[Segment] = []
    phrase: list[Segment] = []
    for segment in segments:
        for piece, ends in _cut_at_phrase_ends(segment):
            phrase.append(piece)
            if ends:
                result.extend(_one_pair_if_unlike(phrase, likeness))
                phrase = []
    result.extend(_one_pair_if_unlike(phrase, likeness))
    return _absorbed(result)


def _cut_at_phrase_ends(segment: Segment) -> Iterator[tuple[Segment, int]]:
    """Pieces of a segment, each with 1 when a phrase ends after it."""
    start = 0
    for position, token in enumerate(segment.kept):
        if token in _PHRASE_ENDS:
            yield Segment(segment.kept[start : position + 1], [], []), 1
            start = position + 1
    if segment.is_edit:
        yield segment, 0
    elif start < len(segment.kept):
        yield Segment(segment.kept[start:], [], []), 0


def _one_pair_if_unlike(phrase: Sequence[Segment], likeness: float) -> list[Segment]:
    edits = [position for position, segment in enumerate(phrase) if segment.is_edit]
    if len(edits) < 2:
        return list(phrase)
    common = 2 * sum(_count(segment.kept) for segment in phrase)
    changed = sum(_count(segment.deleted) + _count(segment.inserted) for segment in phrase)
    if common >= likeness * (common + changed):
        return list(phrase)
    first, last = edits[0], edits[-1]
    inside = phrase[first : last + 1]
    pair = Segment(
        [],
        [token for segment in inside for token in segment.kept or segment.deleted],
        [token for segment in inside for token in segment.kept or segment.inserted],
    )
    return [*phrase[:first], pair, *phrase[last + 1 :]]
