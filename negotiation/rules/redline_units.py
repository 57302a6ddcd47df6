"""A text cut into units (paragraph, heading, list item, table row), and the units of two texts put side by side.

The cut is by lines, of the characters as they are: it loses none, whatever the text, canonical or not.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Sequence

from rapidfuzz.distance import Indel

from negotiation.rules.redline_model import LIST_KINDS, TABLE_KINDS, Unit, UnitKind
from negotiation.rules.redline_words import Alphabet, Span, aligned, words_of

LIKENESS = 0.35
"""Under this share of common words two units, or two phrases, replace each other whole."""
_MOST_PAIRS = 40_000
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_PREFIX = re.compile(r"[ \t]*(?:>[ \t]?)*[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?:#{1,6}[ \t]+)?")
_RULE = re.compile(r"[ \t>]*(?:(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|(?:\*[ \t]*){3,})$")
_UNDER_HEADER = re.compile(r"[ \t>]*\|(?=[^-]*-)[-:| \t]+$")
_CELL_EDGE = re.compile(r"(?<!\\)\|")

# A line of words right under one of these belongs to it.
_GOES_ON = LIST_KINDS | {UnitKind.PARAGRAPH}

Pair = tuple[Unit | None, Unit | None]


def split_units(text: str) -> list[Unit]:
    """The units of a text, in order; prefix, body and gap of all of them are the text again."""
    units: list[Unit] = []
    kind, prefix, body, gap = UnitKind.START, "", "", ""
    for line in _LINES.findall(text):
        words = line.removesuffix("\n")
        if not words.strip():
            gap += line
            continue
        if kind is UnitKind.TABLE_ROW and gap == "\n" and _UNDER_HEADER.match(words) and not _within_table(units):
            kind, gap = UnitKind.TABLE_HEADER, gap + line
            continue
        next_kind, next_prefix = _kind_and_prefix(words)
        end = line[len(words) :]
        if kind in _GOES_ON and next_kind is UnitKind.PARAGRAPH and gap == "\n":
            body, gap = f"{body}\n{words}", end
            continue
        units.append(Unit(kind, prefix, body, gap))
        kind, prefix, body, gap = next_kind, next_prefix, words[len(next_prefix) :], end
    units.append(Unit(kind, prefix, body, gap))
    return units


def cells(body: str) -> list[str]:
    """The row cut at its cell edges; the edges are left out, the pieces outside the first and last edge kept."""
    return _CELL_EDGE.split(body)


def paired(before: Sequence[Unit], after: Sequence[Unit]) -> Iterator[Pair]:
    """Both lists in one order: equal units first, then the likest of what stands between them."""
    alphabet = Alphabet()
    keys = [alphabet.spell([_key(unit) for unit in units]) for units in (before, after)]
    for op, i1, i2, j1, j2 in aligned(*keys):
        if op == "equal":
            yield from zip(before[i1:i2], after[j1:j2], strict=True)
        else:
            yield from _paired_by_likeness(before[i1:i2], after[j1:j2])


def _within_table(units: Sequence[Unit]) -> bool:
    return units[-1].kind in TABLE_KINDS and "\n\n" not in units[-1].gap


def _kind_and_prefix(words: str) -> tuple[UnitKind, str]:
    if _RULE.match(words):
        return UnitKind.RULE, ""
    found = _PREFIX.match(words)
    prefix = found.group() if found else ""
    if words[len(prefix) :].startswith("|"):
        return UnitKind.TABLE_ROW, prefix
    signs = prefix.replace(">", "").split()
    if not signs:
        return UnitKind.PARAGRAPH, prefix
    if signs[-1].startswith("#"):
        return UnitKind.HEADING, prefix
    return (UnitKind.NUMBERED if signs[-1][0].isdigit() else UnitKind.BULLET), prefix


def _key(unit: Unit) -> Hashable:
    return unit.body, unit.kind if unit.kind in TABLE_KINDS or unit.kind is UnitKind.START else None


def _paired_by_likeness(before: Sequence[Unit], after: Sequence[Unit]) -> Iterator[Pair]:
    pairs = _likest(before, after)
    i = j = 0
    for next_i, next_j in [*pairs, (len(before), len(after))]:
        yield from _unlike(before[i:next_i], after[j:next_j])
        if next_i < len(before):
            yield before[next_i], after[next_j]
        i, j = next_i + 1, next_j + 1


def _unlike(before: Sequence[Unit], after: Sequence[Unit]) -> Iterator[Pair]:
    if len(before) == len(after) == 1 and _may_replace(before[0], after[0]):
        yield before[0], after[0]
        return
    deleted: list[Pair] = [(unit, None) for unit in before]
    inserted: list[Pair] = [(None, unit) for unit in after]
    # Deeper items go with what stands above, not under an item that goes away.
    deeper = before and after and _indentation(after[0]) > _indentation(before[0])
    yield from inserted + deleted if deeper else deleted + inserted


def _may_replace(one: Unit, other: Unit) -> bool:
    """Without a word in common, but at the same place: one change to decide, not two."""
    return one.kind is other.kind and _indentation(one) == _indentation(other) and _may_pair(one, other)


def _indentation(unit: Unit) -> int:
    return len(unit.prefix) - len(unit.prefix.lstrip(" \t"))


def _may_pair(one: Unit, other: Unit) -> bool:
    if one.kind is UnitKind.START or other.kind is UnitKind.START:
        return one.kind is other.kind
    if one.kind in TABLE_KINDS or other.kind in TABLE_KINDS:
        # Rows of another width have no cell to compare with: the row is replaced.
        return one.kind is other.kind and len(cells(one.body)) == len(cells(other.body))
    return (one.kind is UnitKind.RULE) == (other.kind is UnitKind.RULE)


def _likest(before: Sequence[Unit], after: Sequence[Unit]) -> list[tuple[int, int]]:
    """The increasing pairs of indexes with the highest sum of likeness, each above `LIKENESS`."""
    if not before or not after:
        return []
    alphabet = Alphabet()
    left = [alphabet.spell(words_of(unit.body)) for unit in before]
    right = [alphabet.spell(words_of(unit.body)) for unit in after]

    def likeness(i: int, j: int) -> float:
        if not _may_pair(before[i], after[j]):
            return 0.0
        return float(Indel.normalized_similarity(left[i], right[j], score_cutoff=LIKENESS))

    return _best_path(len(left), len(right), likeness)


def _best_path(rows: int, columns: int, likeness: Callable[[int, int], float]) -> list[tuple[int, int]]:
    """Longest common subsequence weighted by likeness; in a band around the diagonal when there is much to compare."""
    band = max(3, _MOST_PAIRS // rows)
    best: list[dict[int, float]] = [{} for _ in range(rows + 1)]
    spans: list[Span] = []
    scores: dict[tuple[int, int], float] = {}
    for i in range(rows):
        middle = i * columns // rows
        spans.append((max(0, middle - band // 2), min(columns, middle + band // 2 + 1)))
        for j in range(*spans[i]):
            score = likeness(i, j)
            scores[i, j] = score
            paired_best = _at(best[i], j - 1, spans, i - 1) + score if score > LIKENESS else 0.0
            best[i + 1][j] = max(paired_best, _at(best[i], j, spans, i - 1), best[i + 1].get(j - 1, 0.0))
    return _walk_back(best, spans, scores)


def _at(row: dict[int, float], column: int, spans: Sequence[Span], index: int) -> float:
    """The score of a row at a column, which may lie outside its band."""
    if column < 0 or index < 0 or column < spans[index][0]:
        return 0.0
    return row.get(min(column, spans[index][1] - 1), 0.0)


def _walk_back(
    best: Sequence[dict[int, float]], spans: Sequence[Span], scores: dict[tuple[int, int], float]
) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    i = len(spans) - 1
    j = spans[-1][1] - 1 if spans else -1
    while i >= 0 and j >= 0:
        here = _at(best[i + 1], j, spans, i)
        if here == 0.0:
            break
        j = min(j, spans[i][1] - 1)
        if here == _at(best[i], j, spans, i - 1):
            i -= 1
        elif j - 1 >= spans[i][0] and here == best[i + 1].get(j - 1, 0.0):
            j -= 1
        else:
            pairs.append((i, j))
            i, j = i - 1, j - 1
    return pairs[::-1]
