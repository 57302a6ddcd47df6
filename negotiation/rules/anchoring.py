"""Comments on a passage: which words they were made on, and where these words are in a later text.

No mark in the text itself: another party would see an internal comment's. An anchor is a quote and its context, on the
visible text of a clause; spaces and line ends don't count in comparing, since a browser's selection, a split paragraph
or a no-break space change them without changing a word.

Always locate from the text the comment was made on: a passage that was deleted and put back is found again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from negotiation.errors import InvalidInput
from negotiation.rules.markdown_tree import (
    Block,
    Blockquote,
    BulletList,
    Heading,
    OrderedList,
    Paragraph,
    Rule,
    Table,
    parse,
)
from negotiation.rules.markdown_tree import plain_text as words_of_inlines
from negotiation.rules.redline_model import Unit, UnitKind
from negotiation.rules.redline_units import LIKENESS, paired
from negotiation.rules.redline_words import Segment, compared, is_word

CONTEXT = 32
"""Characters kept before and after a quote."""
MAX_QUOTE = 500
_SHARE_KEPT = 1 / 3
"""Of the letters of a quote, those that must be there still for a rewritten passage to be the same passage."""
_TELLING_CONTEXT = 12
"""Letters of context in common that tell one of several twins from the others."""
_TELLING_QUOTE = 16
"""Letters of a quote that nobody writes twice by chance."""
_STAYED = 24
"""What standing where the text around it stayed is worth, in letters of context."""
_ROOM = 40


@dataclass(frozen=True, slots=True)
class Anchor:
    quote: str
    """The passage as it stands in the text, at most 500 characters of it, no blank edge."""
    before: str
    after: str
    start: int
    """Where the quote begins in the visible text, in characters."""


@dataclass(frozen=True, slots=True)
class Found:
    """Characters [start, end) of the new visible text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Orphan:
    """« Passage supprimé »: the thread stays on the clause, with the words it was made on."""

    quote: str


@dataclass(frozen=True, slots=True)
class _Letters:
    """A text without its blanks, and where each of its letters stands."""

    text: str
    places: list[int]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters [start, end) of the old text and those that stand for them in the new: the same ones when kept."""

    start: int
    end: int
    new_start: int
    new_end: int
    is_kept: bool
    in_kept_line: bool
    """Other words of the line are there still."""


def plain_text(markdown: str) -> str:
    """What a reader sees of a clause: a line for each paragraph, heading, item and row, a tab between cells, no
    bullet nor number. Raises `UnreadableText` like `parse`."""
    return "\n".join(_lines(parse(markdown)))


def anchor_of(text: str, start: int, end: int) -> Anchor:
    """The anchor of characters [start, end) of a visible text, cut at 500. Raises `InvalidInput` (`field` "quote")
    when there is nothing to read between them."""
    start, end = max(start, 0), min(end, len(text))
    selected = text[start:end]
    start += len(selected) - len(selected.lstrip())
    quote = text[start:end][:MAX_QUOTE].rstrip()
    if not quote:
        raise InvalidInput(field="quote")
    end = start + len(quote)
    return Anchor(quote, text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT], start)


def anchor_from_selection(text: str, quote: str, before: str, after: str) -> Anchor | None:
    """The anchor of what a browser says was selected, with some of the words around it; None when the visible text
    doesn't hold these words (another version was on the screen)."""
    letters = _letters(text)
    wanted = _squeezed(quote)
    context = _squeezed(before)[-CONTEXT:], _squeezed(after)[:CONTEXT]
    places = list(_occurrences(letters.text, wanted))
    if not places:
        return None
    best = max(places, key=lambda place: _context_score(context, letters.text, place, place + len(wanted)))
    return anchor_of(text, letters.places[best], letters.places[best + len(wanted) - 1] + 1)


def locate(anchor: Anchor, old_text: str, new_text: str) -> Found | Orphan:
    """Where the anchored words of `old_text` (visible text, the one the anchor was made on) are in `new_text`.

    The same words, told from twins by their context and by what stayed around them; else what they became, when a
    third of their letters is left or they were replaced inside a phrase that is still there; else an `Orphan`.
    """
    if not old_text.startswith(anchor.quote, anchor.start):
        # Not the very text it was made on: by its words and context, then.
        anchor = anchor_from_selection(old_text, anchor.quote, anchor.before, anchor.after) or anchor
    pieces = list(_pieces(old_text, new_text))
    return _same_words(anchor, old_text, new_text, pieces) or _rewritten(anchor, pieces) or Orphan(anchor.quote)


def _lines(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Paragraph(inlines) | Heading(_, inlines):
                yield words_of_inlines(inlines)
            case Blockquote(inside):
                yield from _lines(inside)
            case BulletList(items) | OrderedList(items, _):
                for item in items:
                    yield from _lines(item.blocks)
            case Table(rows):
                for row in rows:
                    yield "\t".join(words_of_inlines(cell) for cell in row)
            case Rule():
                pass


# -- the same words


def _same_words(anchor: Anchor, old_text: str, new_text: str, pieces: Sequence[_Piece]) -> Found | None:
    old, new, quote = _letters(old_text), _letters(new_text), _squeezed(anchor.quote)
    home = bisect_left(old.places, anchor.start)
    twins = set(_occurrences(old.text, quote))
    context = _context(old.text, home, home + len(quote))
    places = list(_occurrences(new.text, quote))
    is_alone = twins == {home} and len(places) == 1
    best: tuple[int, int] | None = None
    for place in places:
        origin = _origin(place, len(quote), old, new, pieces)
        score = _context_score(context, new.text, place, place + len(quote))
        if origin in twins and origin != home:
            theirs = _context_score(
                _context(old.text, origin, origin + len(quote)), new.text, place, place + len(quote)
            )
            if theirs > score:
                continue  # these are the words of another passage, which stayed there
        is_new = origin not in twins
        is_told = score >= _TELLING_CONTEXT or (is_new and len(quote) >= _TELLING_QUOTE)
        if not (is_alone or origin == home or is_told):
            continue
        rank = score + (_STAYED if origin == home else 0)
        if best is None or rank > best[0]:
            best = rank, place
    if best is None:
        return None
    return Found(new.places[best[1]], new.places[best[1] + len(quote) - 1] + 1)


def _origin(place: int, length: int, old: _Letters, new: _Letters, pieces: Sequence[_Piece]) -> int:
    """Where the letters of the new text from `place` on were in the old one, -1 when they didn't stay whole."""
    first, last = (_old_place(new.places[at], pieces) for at in (place, place + length - 1))
    if first is None or last is None:
        return -1
    start = bisect_left(old.places, first)
    return start if bisect_left(old.places, last) - start == length - 1 else -1


def _old_place(new_place: int, pieces: Sequence[_Piece]) -> int | None:
    index = bisect_right(pieces, new_place, key=lambda piece: piece.new_start) - 1
    while index >= 0 and pieces[index].new_end == pieces[index].new_start:
        index -= 1
    if index < 0 or not pieces[index].is_kept or pieces[index].new_end <= new_place:
        return None
    return pieces[index].start + new_place - pieces[index].new_start


def _context(letters: str, start: int, end: int) -> tuple[str, str]:
    return letters[max(0, start - CONTEXT) : start], letters[end : end + CONTEXT]


def _context_score(context: tuple[str, str], letters: str, start: int, end: int) -> int:
    """Letters in common right before and right after the passage, at most 64."""
    before, after = context
    left = _common(before[::-1], letters[max(0, start - CONTEXT) : start][::-1])
    return left + _common(after, letters[end : end + CONTEXT])


def _common(one: str, other: str) -> int:
    length = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        length += 1
    return length


def _letters(text: str) -> _Letters:
    places = [place for place, sign in enumerate(text) if not sign.isspace()]
    return _Letters("".join(text[place] for place in places), places)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _occurrences(letters: str, wanted: str) -> Iterator[int]:
    place = letters.find(wanted) if wanted else -1
    while place >= 0:
        yield place
        place = letters.find(wanted, place + 1)


# -- what they became


def _rewritten(anchor: Anchor, pieces: Sequence[_Piece]) -> Found | None:
    start, end = anchor.start, anchor.start + len(anchor.quote)
    touched = [piece for piece in pieces if piece.start < end and piece.end > start]
    kept = sum(_letters_between(anchor, piece) for piece in touched if piece.is_kept)
    wanted = sum(sign.isalnum() for sign in anchor.quote)
    if kept and kept >= _SHARE_KEPT * wanted:
        return _span(touched, start, end)
    if len(touched) == 1 and _is_replaced(touched[0], len(anchor.quote)):
        return Found(touched[0].new_start, touched[0].new_end)
    return None


def _letters_between(anchor: Anchor, piece: _Piece) -> int:
    here = anchor.quote[max(0, piece.start - anchor.start) : max(0, piece.end - anchor.start)]
    return sum(sign.isalnum() for sign in here)


def _span(touched: Sequence[_Piece], start: int, end: int) -> Found | None:
    """From the first to the last of what is left; what replaced a part of the passage alone is in it too."""
    spans = []
    for piece in touched:
        if piece.is_kept:
            shift = piece.new_start - piece.start
            spans.append((max(piece.start, start) + shift, min(piece.end, end) + shift))
        elif piece.start >= start and piece.end <= end and piece.new_end > piece.new_start:
            spans.append((piece.new_start, piece.new_end))
    if not spans:
        return None
    return Found(min(first for first, _ in spans), max(last for _, last in spans))


def _is_replaced(piece: _Piece, length: int) -> bool:
    """« 93,5 » became « 94 » in a sentence that is still there: the comment is on the new number."""
    if piece.is_kept or not piece.in_kept_line or piece.new_end == piece.new_start:
        return False
    return piece.end - piece.start <= 2 * length + _ROOM // 4 and piece.new_end - piece.new_start <= 3 * length + _ROOM


# -- the old text beside the new, line by line then word by word, as a redline shows it


def _pieces(old_text: str, new_text: str) -> Iterator[_Piece]:
    """In order; together they are the old text, and without the inserted lines the new one."""
    old_lines, new_lines = old_text.split("\n"), new_text.split("\n")
    at = new_at = 0
    for old, new in paired(_units(old_lines), _units(new_lines)):
        if old and new:
            yield from _pieces_of_line(old.body, new.body, at, new_at)
        elif old:
            yield _Piece(at, at + len(old.body), new_at, new_at, is_kept=False, in_kept_line=False)
        at += len(old.body) + 1 if old else 0
        new_at += len(new.body) + 1 if new else 0


def _units(lines: Sequence[str]) -> list[Unit]:
    return [Unit(UnitKind.PARAGRAPH, "", line, "\n") for line in lines]


def _pieces_of_line(old: str, new: str, at: int, new_at: int) -> Iterator[_Piece]:
    if old == new:
        yield _Piece(at, at + len(old), new_at, new_at + len(new), is_kept=True, in_kept_line=True)
        return
    segments = compared(old, new, LIKENESS)
    in_kept_line = any(is_word(token) for segment in segments for token in segment.kept)
    for segment in segments:
        before, after = _lengths(segment)
        yield _Piece(at, at + before, new_at, new_at + after, is_kept=not segment.is_edit, in_kept_line=in_kept_line)
        at, new_at = at + before, new_at + after


def _lengths(segment: Segment) -> tuple[int, int]:
    kept = sum(map(len, segment.kept))
    return kept + sum(map(len, segment.deleted)), kept + sum(map(len, segment.inserted))
