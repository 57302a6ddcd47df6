"""Who first proposed each word of a clause, told from the texts that were tabled and nothing else.

A live draft knows every letter typed; a negotiation by versions knows texts alone, and two texts can often be told
apart in more than one way. So each clause is read twice, from its first word on and from its last one back: what both
readings give to the same party is that party's, anything else is nobody's to claim (`UNKNOWN`). A word or two that
stayed while everything around them was written anew may have been written anew too: unknown as well, unless they are
figures. Moved and retyped words follow the rule of `authorship`: words taken out and put back stay with whoever
proposed them first, from three words in a row on, or fewer at the same place. Product R10.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

from negotiation.drafting.authorship import (
    Author,
    Credited,
    Deletion,
    Provenance,
    Run,
    Step,
    changed,
    started,
    word_runs,
)
from negotiation.rules.anchoring import plain_text
from negotiation.rules.redline_words import Alphabet, aligned, is_word, tokens_of, words_of
from negotiation.rules.word_shares import UNKNOWN

_NEW = "+"
"""Who wrote a word of this step, until it is known that nobody doubts it."""
_BY_CHANCE = 2
"""Words in a row that a rewritten sentence may have in common with the former one by chance."""
_TELLING = 5
"""Words in a row that, said before, were taken up again."""
_MOST_LOOKED_AT = 40
"""Texts before this one from which words may be taken up again, beside the first: the last ones."""
_ALWAYS = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tabled:
    """A tabled text (Markdown). `by`: its party, None when the table commune tabled it; `base`: number of the version
    that it answers; `written`: of a text of the table commune, who wrote which words, as its draft recorded it."""

    number: int
    text: str
    by: Author
    base: int | None = None
    written: tuple[Run, ...] = ()


class Origin(NamedTuple):
    """So many words in a row by one author. `since`: number of the first version that said them; 0 before any, or when
    nobody knows."""

    author: Author
    since: int
    words: int


def origins(start: str, versions: Sequence[Tabled]) -> Mapping[int, tuple[Origin, ...]]:
    """By version number, whose the words of its visible text are, in their order.

    `start`: the text that stood there before anybody proposed one, which is nobody's. `versions` in their order.
    """
    forth = _read(_forth(start), [(each, _forth(each.text), each.written) for each in versions])
    back = _read(_back(start), [(each, _back(each.text), each.written[::-1]) for each in versions])
    return {number: _agreed(forth[number], back[number]) for number in forth}


def _forth(text: str) -> str:
    return plain_text(text)


def _back(text: str) -> str:
    """Its lines from the last to the first, and the words of each likewise. Signs between words keep apart what would
    make one word of two."""
    lines = [" · ".join(reversed(words_of(line))) for line in reversed(plain_text(text).splitlines())]
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Told:
    """A version in one of the two directions. `said`: the words of all the texts before it."""

    number: int
    by: str
    written: tuple[Run, ...]
    said: frozenset[str]

    def typed_by(self, party: str) -> Author:
        """An author who says in which version he began."""
        return UNKNOWN if party == UNKNOWN else f"{self.number} {party}"


def _party(author: Author) -> Author:
    return author.rpartition(" ")[2] if author else None


def _since(author: Author) -> int:
    return int(author.partition(" ")[0]) if author and " " in author else 0


def _read(start: str, texts: Iterable[tuple[Tabled, str, tuple[Run, ...]]]) -> dict[int, tuple[Run, ...]]:
    """Each version against the one it answers; what any text before it said may be taken up again."""
    states = {0: started(start).credited}
    said = frozenset(words_of(start))
    for tabled, text, written in texts:
        base = states[tabled.base if tabled.base in states else max(states)]
        looked_at = [states[0], *list(states.values())[1:][-_MOST_LOOKED_AT:]]
        earlier = tuple(Deletion(state, None, _ALWAYS) for state in looked_at)
        after = changed(Provenance(base), text, Step(_NEW, _ALWAYS, elsewhere=earlier)).credited
        states[tabled.number] = _settled(base, after, _Told(tabled.number, tabled.by or UNKNOWN, written, said))
        said |= frozenset(words_of(text))
    return {number: word_runs(credited) for number, credited in states.items() if number}


def _settled(base: Credited, credited: Credited, tabled: _Told) -> Credited:
    """The text of a step, each word with its author: what a draft saw a party type is that party's; of the rest, what
    is new is the version's author's, and what the texts don't settle nobody's."""
    words, told = words_of(credited.text), _spelled(word_runs(credited))
    drafted = _spelled(tabled.written)
    if len(drafted) == len(words):
        pairs = zip(drafted, told, strict=True)
        found = [tabled.typed_by(typed) if typed else UNKNOWN if author == _NEW else author for typed, author in pairs]
        return _by_words(credited.text, found)
    mine = tabled.typed_by(tabled.by)
    doubtful = _doubtful(words_of(base.text), words, told, tabled.said)
    authors = [
        UNKNOWN if at in doubtful and _party(author) != tabled.by else mine if author == _NEW else author
        for at, author in enumerate(told)
    ]
    return _by_words(credited.text, authors)


def _doubtful(before: Sequence[str], after: Sequence[str], told: Sequence[Author], said: frozenset[str]) -> set[int]:
    """Places of the words that two texts alone don't give to anybody: a few that stayed between two changes, a few
    that were said before (`said`) and stand elsewhere now. Figures are few, and tell."""
    alphabet = Alphabet()
    steps = list(aligned(alphabet.spell(before), alphabet.spell(after)))
    found: set[int] = set()
    for at, (op, _, _, start, end) in enumerate(steps):
        if op == "equal":
            found |= set(range(start, end)) if end - start <= _BY_CHANCE and 0 < at < len(steps) - 1 else set()
            continue
        for (author, _), places in groupby(range(start, end), key=lambda at: (told[at], _is_figure(after[at]))):
            run = list(places)
            few = _BY_CHANCE if author == _NEW else _TELLING - 1
            found |= set(run) if len(run) <= few and said.issuperset(after[at] for at in run) else set()
    return {at for at in found if not _is_figure(after[at])}


def _is_figure(word: str) -> bool:
    return any(map(str.isdigit, word))


def _by_words(text: str, authors: Sequence[Author]) -> Credited:
    """What stands between two words goes with the first of them."""
    runs: list[Run] = []
    each = iter(authors)
    author = authors[0] if authors else None
    for token in tokens_of(text):
        author = next(each) if is_word(token) else author
        runs.append((author, len(token)))
    return Credited(text, _joined(runs))


def _spelled(runs: Iterable[Run]) -> list[Author]:
    return [author for author, length in runs for _ in range(length)]


def _joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    return tuple(
        (author, sum(length for _, length in group)) for author, group in groupby(runs, key=lambda run: run[0])
    )


def _agreed(forth: Sequence[Run], back: Sequence[Run]) -> tuple[Origin, ...]:
    """Word by word, whose both readings say that it is, since the earlier of the two versions they name."""
    one, other = _spelled(forth), _spelled(reversed(back))
    if len(one) != len(other):
        return (Origin(UNKNOWN, 0, len(one)),) if one else ()
    words = [
        (_party(author), min(_since(author), _since(same))) if _party(author) == _party(same) else (UNKNOWN, 0)
        for author, same in zip(one, other, strict=True)
    ]
    return tuple(Origin(author, since, len(list(group))) for (author, since), group in groupby(words))
