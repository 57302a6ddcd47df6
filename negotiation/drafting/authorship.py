"""Who wrote it: which party wrote which words of a clause, as its text changes under several hands.

Pure: a text, the party that changed it, and what is remembered of what was taken out. Words that stay keep their
author through whatever is done around them (split, join, heading, list, move); a word belongs to the party that typed
most of its letters; words taken out and put back stay with whoever wrote them, be it by undo, cut and paste, or by
hand at the same place. Nobody is credited with what was there before the draft. Source: live-drafting.md, « Who wrote
it »; product R10.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher
from itertools import groupby

from negotiation.drafting.authorship_words import word_changes
from negotiation.rules.redline_words import Alphabet, aligned, is_word, tokens_of

Author = str | None
"""A party; None for what was there when the draft began."""
Run = tuple[Author, int]
"""So many characters, or words, in a row by one author."""

MOST_REMEMBERED = 40
"""Deletions of one clause that can still be put back."""
LONGEST_REMEMBERED = 20_000
"""Characters of them, in all."""
_TELLING = 3
"""Words in a row that nobody writes twice by chance."""
_MOST_COMPARED = 4_000


@dataclass(frozen=True, slots=True)
class Credited:
    """A text, and who wrote each of its characters: `runs` cover it, in order."""

    text: str = ""
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True, slots=True)
class Deletion:
    """Words that a party took out, and whose they were. `before` and `after`: the words they stood between.

    `place`: where they stood, while nothing else was changed since; -1 afterwards.
    """

    words: Credited
    by: Author
    at: datetime
    before: str = ""
    after: str = ""
    place: int = -1


@dataclass(frozen=True, slots=True)
class Provenance:
    """One clause: its text now, and what was taken out of it, latest last."""

    credited: Credited = Credited()
    deletions: tuple[Deletion, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A party's change, and when. `elsewhere`: what was taken out of other clauses of the same draft, latest last."""

    by: Author
    at: datetime
    elsewhere: tuple[Deletion, ...] = ()


def started(text: str) -> Provenance:
    """A text that was there before anybody wrote."""
    return Provenance(Credited(text, ((None, len(text)),) if text else ()))


def changed(before: Provenance, text: str, step: Step) -> Provenance:
    """The clause once a party made its text this one."""
    if text == before.credited.text:
        return before
    change = _Change(before.credited, text)
    taken_out = [_deletion(change, piece, step) for piece in change.pieces if piece.old]
    memory = [*step.elsewhere, *before.deletions, *taken_out]
    runs = [run for piece in change.pieces for run in _runs_of(change, piece, step, memory)]
    return Provenance(_credited(text, runs), _remembered(before.deletions, taken_out))


def carried(credited: Credited, text: str) -> Credited:
    """The same words in another form of the text (its visible text once canonical): what is new there is nobody's."""
    change = _Change(credited, text)
    runs: list[Run] = []
    for piece in change.pieces:
        runs += piece.kept or [(None, len(piece.new))]
    return _credited(text, runs)


def word_runs(credited: Credited) -> tuple[Run, ...]:
    """(author, number of words) in a row: the compact form that is kept with a version."""
    authors = [author for _, _, author in _authored_words(credited)]
    return tuple((author, len(list(group))) for author, group in groupby(authors))


def shares(runs: Iterable[Run]) -> dict[Author, int]:
    """Words by author."""
    counted: Counter[Author] = Counter()
    for author, words in runs:
        counted[author] += words
    return dict(counted)


def spans_of(text: str, runs: Sequence[Run]) -> tuple[tuple[int, int, Author], ...]:
    """Characters [start, end) of a visible text by author, signs between two words of his included.

    Empty when these aren't the runs of this text.
    """
    words = list(_words(text))
    if len(words) != sum(count for _, count in runs):
        return ()
    spans, at = [], 0
    for author, count in runs:
        spans.append((words[at][0], words[at + count - 1][1], author))
        at += count
    return tuple(spans)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters that stayed (`kept`: whose they are), or `old` ones in the place of which there are `new` ones."""

    kept: Sequence[Run] = ()
    old: str = ""
    new: str = ""
    old_at: int = 0
    new_at: int = 0


class _Authors:
    """Who wrote which characters, asked by place."""

    def __init__(self, credited: Credited) -> None:
        self._runs = credited.runs
        self._ends = []
        end = 0
        for _, length in credited.runs:
            end += length
            self._ends.append(end)

    def between(self, start: int, end: int) -> list[Run]:
        found: list[Run] = []
        index = bisect_right(self._ends, start)
        while start < end and index < len(self._ends):
            stop = min(end, self._ends[index])
            found.append((self._runs[index][0], stop - start))
            start, index = stop, index + 1
        return found


class _Change:
    """Two texts side by side: line by line, then word by word in the lines that differ."""

    def __init__(self, before: Credited, after: str) -> None:
        self.old, self.new = before.text, after
        self.authors = _Authors(before)
        self.pieces = tuple(self._pieces())

    def _pieces(self) -> Iterator[_Piece]:
        olds, news = _lines(self.old), _lines(self.new)
        alphabet = Alphabet()
        at = new_at = 0
        keys = [alphabet.spell(line.removesuffix("\n") for line in lines) for lines in (olds, news)]
        for op, i1, i2, j1, j2 in aligned(*keys):
            old, new = "".join(olds[i1:i2]), "".join(news[j1:j2])
            if op == "equal":
                # But for the end of the last line, which only a line after it has.
                same = min(len(old), len(new))
                yield self._kept(at, same)
                yield _Piece(old=old[same:], new=new[same:], old_at=at + same, new_at=new_at + same)
            else:
                yield from self._in_lines(old, new, at, new_at)
            at, new_at = at + len(old), new_at + len(new)

    def _in_lines(self, old: str, new: str, at: int, new_at: int) -> Iterator[_Piece]:
        for deleted, inserted, kept in word_changes(old, new):
            if kept:
                yield self._kept(at, len(kept))
            elif deleted or inserted:
                yield _Piece(old=deleted, new=inserted, old_at=at, new_at=new_at)
            at, new_at = at + len(deleted) + len(kept), new_at + len(inserted) + len(kept)

    def _kept(self, at: int, length: int) -> _Piece:
        return _Piece(kept=self.authors.between(at, at + length))


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _runs_of(change: _Change, piece: _Piece, step: Step, memory: Sequence[Deletion]) -> Sequence[Run]:
    if not piece.new:
        return piece.kept
    around = _around(change.new, piece.new_at, piece.new_at + len(piece.new))
    return _typed(piece.new, around, step.by, memory)


def _typed(inserted: str, around: tuple[str, str], by: Author, memory: Sequence[Deletion]) -> list[Run]:
    """The author of each inserted character: whoever wrote these words before, else the party that acts."""
    words = list(_words(inserted))
    if not words:
        return [(by, len(inserted))]
    told = [inserted[start:end] for start, end in words]
    for deletion in reversed(memory):
        found = _put_back(told, around, deletion)
        if found is None:
            continue
        first, count, theirs = found
        start, end = words[first][0], words[first + count - 1][1]
        middle = _as_before(words[first : first + count], theirs)
        left = _typed(inserted[:start], (around[0], told[first]), by, memory) if start else []
        right = _typed(inserted[end:], (told[first + count - 1], around[1]), by, memory) if end < len(inserted) else []
        return [*left, *middle, *right]
    return [(by, len(inserted))]


def _put_back(
    told: list[str], around: tuple[str, str], deletion: Deletion
) -> tuple[int, int, list[tuple[int, list[Run]]]] | None:
    """(first word, number of words, each one's letters and authors) of what was taken out and is here again."""
    places = list(_words(deletion.words.text))
    theirs = [deletion.words.text[start:end] for start, end in places]
    if told == theirs and (len(told) >= _TELLING or around == (deletion.before, deletion.after)):
        first, first_there, count = 0, 0, len(told)
    elif min(len(told), len(theirs)) < _TELLING or len(told) * len(theirs) > _MOST_COMPARED**2:
        return None
    else:
        match = SequenceMatcher(None, told, theirs, autojunk=False).find_longest_match()
        first, first_there, count = match.a, match.b, match.size
        if count < _TELLING:
            return None
    authors = _Authors(deletion.words)
    return (
        first,
        count,
        [(end - start, authors.between(start, end)) for start, end in places[first_there : first_there + count]],
    )


def _as_before(words: Sequence[tuple[int, int]], theirs: Sequence[tuple[int, list[Run]]]) -> list[Run]:
    """Word by word; what stands between two words goes with the first."""
    runs: list[Run] = []
    for (_, end), (following, _), (_, authors) in zip(words, [*words[1:], (words[-1][1], 0)], theirs, strict=True):
        runs += authors
        if following > end:
            runs.append((authors[-1][0], following - end))
    return runs


def _deletion(change: _Change, piece: _Piece, step: Step) -> Deletion:
    end = piece.old_at + len(piece.old)
    before, after = _around(change.old, piece.old_at, end)
    words = Credited(piece.old, tuple(change.authors.between(piece.old_at, end)))
    return Deletion(words, step.by, step.at, before, after, piece.old_at)


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """The word before and the word after a place, "" at the edge of the text."""
    before, after = tokens_of(text[max(0, start - 60) : start]), tokens_of(text[end : end + 60])
    return next((token for token in reversed(before) if is_word(token)), ""), next(filter(is_word, after), "")


def _remembered(earlier: Sequence[Deletion], latest: Sequence[Deletion]) -> tuple[Deletion, ...]:
    """The last ones, as far as they are worth remembering. A word taken out letter by letter is one deletion."""
    kept = list(earlier)
    if len(latest) == 1 and kept and (joined := _joined(kept[-1], latest[0])):
        kept[-1] = joined
    else:
        kept = [replace(each, place=-1) for each in kept] + list(latest)
    kept = [each for each in kept[-MOST_REMEMBERED:] if each.words.text.strip()]
    length = sum(len(each.words.text) for each in kept)
    while kept and length > LONGEST_REMEMBERED:
        length -= len(kept.pop(0).words.text)
    return tuple(kept)


def _joined(one: Deletion, other: Deletion) -> Deletion | None:
    if one.by != other.by or one.place < 0:
        return None
    if other.place + len(other.words.text) == one.place:
        words = _credited(other.words.text + one.words.text, [*other.words.runs, *one.words.runs])
        return replace(other, words=words, after=one.after)
    if other.place == one.place:
        words = _credited(one.words.text + other.words.text, [*one.words.runs, *other.words.runs])
        return replace(other, words=words, before=one.before)
    return None


def _credited(text: str, runs: Iterable[Run]) -> Credited:
    joined = tuple(
        (author, sum(length for _, length in group)) for author, group in groupby(runs, key=lambda run: run[0])
    )
    return Credited(text, tuple(run for run in joined if run[1]))


def _words(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for token in tokens_of(text):
        if is_word(token):
            yield at, at + len(token)
        at += len(token)


def _authored_words(credited: Credited) -> Iterator[tuple[int, int, Author]]:
    authors = _Authors(credited)
    for start, end in _words(credited.text):
        letters: Counter[Author] = Counter()
        for author, length in authors.between(start, end):
            letters[author] += length
        yield start, end, letters.most_common(1)[0][0]
