"""What changed between two lines, word by word, as whoever typed it would tell it; `authorship` says whose they are.

Other rules than a redline's, which joins changes so that a reader sees few: here a word that stayed must stay with its
author, and a correction leaves him the letters that he typed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from negotiation.rules.redline_words import Alphabet, aligned, is_word, tokens_of

_NEAR = 24
"""Tokens within which a corrected word is looked for."""

_BLANK = re.compile(r"(?<!\d)[ \n]|[ \n](?!\d)")
"""Where a text may be cut: never within a figure."""
_LONGEST_WORD = 200
"""Letters back to which a blank is looked for; beyond, the text is cut into words from its beginning."""

_Token = tuple[str, str]
"""A word or a sign, and the blanks after it: blanks don't count in comparing."""
_Edit = tuple[list[_Token], list[_Token], list[tuple[_Token, _Token]]]
"""Tokens deleted, tokens inserted in their place, or pairs kept: one of the first two, or the third."""


def word_changes(old: str, new: str) -> Iterator[tuple[str, str, str]]:
    """(deleted, inserted, kept) letters: one of the first two, or the third."""
    start, stop = _same_ends(old, new)
    yield "", "", old[:start]
    yield from _changes_between(old[start : len(old) - stop], new[start : len(new) - stop])
    yield "", "", old[len(old) - stop :]


def _same_ends(old: str, new: str) -> tuple[int, int]:
    """Letters that both begin with, and end with, up to a blank: of a long text one word changed, the rest is not cut
    into words. A figure (840 000) is one word."""
    same = _same_start(old, new)
    start = max((blank.end() for blank in _BLANK.finditer(old, max(0, same - _LONGEST_WORD), same)), default=0)
    rest, new_rest = old[start:], new[start:]
    stop = _same_start(rest[::-1], new_rest[::-1])
    blank = _BLANK.search(old, len(old) - stop)
    return start, len(old) - blank.start() if blank and stop else 0


def _same_start(one: str, other: str) -> int:
    """By halves, each compared at once."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _changes_between(old: str, new: str) -> Iterator[tuple[str, str, str]]:
    left, right = _with_blanks(old), _with_blanks(new)
    alphabet = Alphabet()
    keys = [alphabet.spell(core for core, _ in tokens) for tokens in (left, right)]
    edits: list[_Edit] = []
    for op, i1, i2, j1, j2 in aligned(*keys):
        same = op == "equal"
        edit: _Edit = (left[i1:i2], right[j1:j2], [])
        if same:
            edit = ([], [], list(zip(*edit[:2], strict=True)))
        if not same and len(edits) >= 2 and _is_chance(edits[-2], edits[-1], edit):
            kept, before = edits.pop()[2], edits.pop()
            edit = (
                [*before[0], *(one for one, _ in kept), *edit[0]],
                [*before[1], *(other for _, other in kept), *edit[1]],
                [],
            )
        edits.append(edit)
    for deleted, inserted, kept in edits:
        yield from _corrected(deleted, inserted)
        stayed = ""
        for (core, blanks), (_, other_blanks) in kept:
            stayed += core
            if blanks == other_blanks:
                stayed += blanks
                continue
            yield "", "", stayed
            yield blanks, other_blanks, ""
            stayed = ""
        yield "", "", stayed


def _with_blanks(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    for token in tokens_of(text):
        if token.isspace() and tokens:
            tokens[-1] = (tokens[-1][0], tokens[-1][1] + token)
        else:
            tokens.append((token, ""))
    return tokens


def _is_chance(left: _Edit, kept: _Edit, right: _Edit) -> bool:
    """Whether what stands between two replacements says less than either of them: a word or two that two rewritten
    passages happen to share."""
    sides = (*left[:2], *right[:2])
    return 0 < _count(one for one, _ in kept[2]) < min(map(_count, sides))


def _count(tokens: Iterable[_Token]) -> int:
    return sum(is_word(core) for core, _ in tokens)


def _corrected(deleted: Sequence[_Token], inserted: Sequence[_Token]) -> Iterator[tuple[str, str, str]]:
    """A word in the place of one that it resembles is that word corrected: the letters they share are kept."""
    alone = len(deleted) == len(inserted) == 1
    at, typed = 0, ""
    for core, blanks in inserted:
        near = range(at, min(len(deleted), at + _NEAR)) if is_word(core) else ()
        found = next((place for place in near if _resembles(deleted[place][0], core, alone=alone)), None)
        if found is None:
            typed += core + blanks
            continue
        former, former_blanks = deleted[found]
        start, stop = _common_ends(former, core)
        yield _letters(deleted[at:found]), typed, ""
        yield "", "", core[:start]
        yield former[start : len(former) - stop], core[start : len(core) - stop], ""
        yield "", "", core[len(core) - stop :]
        yield ("", "", blanks) if blanks == former_blanks else (former_blanks, blanks, "")
        at, typed = found + 1, ""
    yield _letters(deleted[at:]), typed, ""


def _letters(tokens: Iterable[_Token]) -> str:
    return "".join(core + blanks for core, blanks in tokens)


def _resembles(one: str, other: str, *, alone: bool) -> bool:
    """More than half of its letters; where one word alone changed, also letters only added or only taken out. A figure
    is no figure corrected: 850 000 is somebody's who says it in the place of 840 000."""
    if not is_word(one) or any(map(str.isdigit, one + other)):
        return False
    common = sum(_common_ends(one, other))
    return 2 * common > max(len(one), len(other)) or (alone and 0 < common == min(len(one), len(other)))


def _common_ends(one: str, other: str) -> tuple[int, int]:
    """Letters that both begin with, and letters that both end with."""
    shortest = min(len(one), len(other))
    start = 0
    while start < shortest and one[start] == other[start]:
        start += 1
    stop = 0
    while stop < shortest - start and one[-1 - stop] == other[-1 - stop]:
        stop += 1
    return start, stop
