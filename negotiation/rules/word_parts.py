"""The parts that a file from Word would add to an open contract: a guess, corrected line by line before it is taken.

Cut as a trame is (`trame_from_headings`), then laid flat: the kind of a line says what holds it, the last line above
that may (`UNDER`), so that whoever corrects a kind moves the line with what hangs from it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from negotiation.rules.part_fields import FICHE_BEFORE_STEPS
from negotiation.rules.trame import UNDER, TrameClause
from negotiation.rules.trame_from_headings import MAIN, Titled, parts_from
from negotiation.rules.vocabulary import PartKind, ValueKind

KINDS = (
    PartKind.ARTICLE,
    PartKind.STRATEGIC_OBJECTIVE,
    PartKind.OPERATIONAL_OBJECTIVE,
    PartKind.FICHE_ACTION,
)
"""What a heading of a file may become."""
DESCRIPTION = "description"
OWN_WORDS = {PartKind.ARTICLE: MAIN, PartKind.FICHE_ACTION: DESCRIPTION}
"""The field that takes the words right under the heading of a part; elsewhere they are a clause of their own."""
LABEL_OF_OWN_WORDS = next(each.label for each in FICHE_BEFORE_STEPS if each.name == DESCRIPTION)
_ALIKE = str.maketrans({"\u2019": "'", "\u00a0": " ", "\u202f": " ", "\u2011": "-"})


@dataclass(frozen=True)
class FoundText:
    """Words of a part. `label`: the heading that they stand under; none for those right under the part's own."""

    label: str
    text: str


@dataclass(frozen=True)
class FoundPart:
    """A line of the plan. `kind` None: no part, its texts are clauses of the one above. `under`: id of the part of the
    contract that holds it, whatever stands above it in the file."""

    kind: PartKind | None
    title: str
    texts: tuple[FoundText, ...] = ()
    under: str = ""


def found_parts(sections: Sequence[Titled]) -> tuple[FoundPart, ...]:
    """In the order of the file; none when there is no heading."""
    return tuple(_flat(parts_from(sections)))


def holders(parts: Sequence[FoundPart]) -> list[int | None]:
    """For each, the place of the line that holds it; None at the top of the contract, under a part of it, or where no
    line may."""
    return [_holder(parts, place) for place in range(len(parts))]


def may_stand_at_top(part: FoundPart) -> bool:
    return part.kind is not None and part.kind in UNDER[None]


def same_words(one: str, other: str) -> bool:
    return plain_words(one) == plain_words(other)


def plain_words(title: str) -> str:
    """A title as two people would call it the same: « Durée du contrat : » and « durée du contrat »."""
    return " ".join(title.translate(_ALIKE).split()).casefold().rstrip(" :.")


def field_for(text: FoundText, kind: PartKind, fields: Iterable[TrameClause]) -> str:
    """The field of the part that these words fill, by its label; "" for a clause of their own."""
    if not text.label:
        return OWN_WORDS.get(kind, "")
    worded = (each for each in fields if each.value_kind is ValueKind.NONE)
    return next((each.field for each in worded if same_words(each.label, text.label)), "")


def _flat(parts: Iterable[dict[str, Any]]) -> Iterator[FoundPart]:
    for part in parts:
        kind = PartKind(part["kind"])
        own = OWN_WORDS.get(kind, DESCRIPTION)
        texts = (FoundText("" if each["field"] == own else each["label"], each["text"]) for each in part["clauses"])
        yield FoundPart(kind, part["title"], tuple(each for each in texts if each.text.strip()))
        yield from _flat(part["children"])


def _holder(parts: Sequence[FoundPart], place: int) -> int | None:
    part = parts[place]
    if part.under or may_stand_at_top(part):
        return None
    for above in range(place - 1, -1, -1):
        kind = parts[above].kind
        if kind is not None and (part.kind is None or part.kind in UNDER.get(kind, ())):
            return above
    return None
