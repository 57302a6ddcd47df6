"""How many words of a text each party proposed first, and what part of the whole that is."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from negotiation.rules.redline_words import words_of

UNKNOWN = "?"
"""Of words that the texts don't settle. A party's id otherwise; None: of the template or the opening text."""

Origin = str | None


@dataclass(frozen=True)
class WordShares:
    """Words by origin. `waiting`: words of texts that were tabled a moment ago and not derived yet."""

    words: Mapping[Origin, int] = field(default_factory=dict)
    waiting: int = 0

    def __add__(self, other: "WordShares") -> "WordShares":
        both = Counter(self.words)
        both.update(other.words)
        return WordShares(dict(both), self.waiting + other.waiting)

    @property
    def total(self) -> int:
        return sum(self.words.values()) + self.waiting

    def of(self, origin: Origin) -> int:
        return self.words.get(origin, 0)

    def percents(self, origins: Sequence[Origin]) -> dict[Origin, int]:
        """Whole numbers of a hundred words, by origin; with all origins of the text they make 100 together."""
        return dict(zip(origins, percents_of([self.of(origin) for origin in origins], self.total), strict=True))


def percents_of(counts: Sequence[int], total: int | None = None) -> list[int]:
    """Parts of `total` (their sum) in whole hundredths: what rounding leaves goes to the largest remainders."""
    whole = sum(counts) if total is None else total
    if not whole:
        return [0] * len(counts)
    percents = [100 * count // whole for count in counts]
    remainders = sorted(range(len(counts)), key=lambda at: -(100 * counts[at] % whole))
    for at in remainders[: round(100 * sum(counts) / whole) - sum(percents)]:
        percents[at] += 1
    return percents


def shares_of(runs: Iterable[tuple[Origin, int, int]]) -> WordShares:
    """Of (origin, first version, words) in a row."""
    counted: Counter[Origin] = Counter()
    for origin, _, words in runs:
        counted[origin] += words
    return WordShares(dict(counted))


@lru_cache(maxsize=4096)
def count_words(text: str) -> int:
    """Words of a text, its Markdown signs left out; asked again for the same texts at each reading of a contract."""
    return len(words_of(text))
