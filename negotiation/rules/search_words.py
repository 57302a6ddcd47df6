"""What search compares: words without capitals or accents, and the passage around what was found. Pure.

A question finds a text when each of its words stands somewhere in it, inside longer words too: who types « evalu »
looks for « évaluation ». Positions are those of the text as people read it, so that it can be shown with its accents.
"""

import unicodedata
from dataclasses import dataclass

MOST_WORDS = 8
LONGEST_QUESTION = 200
"""Characters; what is typed beyond is left out."""
BEFORE, AFTER = 60, 160
"""Characters shown around the first word found."""
_WRITTEN = {"œ": "oe", "æ": "ae", "’": "'", "‘": "'"}
"""What neither decomposes nor folds."""


@dataclass(frozen=True)
class Stretch:
    """A run of characters of a passage; `found`: it is what was looked for."""

    text: str
    found: bool


def plain_words(text: str) -> str:
    """The text as search keeps it: no capital, no accent, one space between words."""
    return _folded(text)[0].strip()


def asked_words(question: str) -> tuple[str, ...]:
    """The words of a question, each once, in order; none where there is nothing to look for."""
    found = dict.fromkeys(plain_words(question[:LONGEST_QUESTION]).split())
    return tuple(found)[:MOST_WORDS]


def holds_all(text: str, words: tuple[str, ...]) -> bool:
    """Whether each word stands in the text."""
    folded = plain_words(text)
    return all(word in folded for word in words)


def passage(text: str, words: tuple[str, ...]) -> tuple[Stretch, ...]:
    """What stands around the first of these words in the text, each of them marked; its beginning if none does."""
    folded, places = _folded(text)
    spots = sorted(spot for word in words for spot in _spots(folded, word))
    first = places[spots[0][0]] if spots else 0
    start, end = _whole_words(text, first - BEFORE, first + AFTER)
    stretches, at = [Stretch("…" if start else "", found=False)], start
    for spot_start, spot_end in spots:
        low, high = places[spot_start], places[spot_end - 1] + 1
        if low < at or high > end:
            continue
        stretches += [Stretch(text[at:low], found=False), Stretch(text[low:high], found=True)]
        at = high
    stretches += [Stretch(text[at:end], found=False), Stretch("…" if end < len(text) else "", found=False)]
    return tuple(stretch for stretch in stretches if stretch.text)


def _folded(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the place of the one it comes from."""
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        plain = _plain(character)
        if plain == " " and letters[-1:] == [" "]:
            continue
        letters += plain
        places += [place] * len(plain)
    return "".join(letters), places


def _plain(character: str) -> str:
    if not character.isprintable() or character.isspace():
        return " "
    written = _WRITTEN.get(character.lower(), character.casefold())
    decomposed = unicodedata.normalize("NFKD", written)
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def _spots(folded: str, word: str) -> list[tuple[int, int]]:
    found, at = [], folded.find(word)
    while at >= 0:
        found.append((at, at + len(word)))
        at = folded.find(word, at + len(word))
    return found


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The bounds, moved to where words begin and end."""
    low, high = max(0, start), min(len(text), end)
    if low:
        cut = text.find(" ", low, max(0, start + BEFORE))
        low = cut + 1 if cut >= 0 else low
    if high < len(text):
        cut = text.rfind(" ", max(low, end - AFTER // 2), high)
        high = cut if cut >= 0 else high
    return low, high
