"""The path of a number: who proposed which value, round by round, what was agreed, and what was observed later.

Source: product R9. Built on shared steps alone; a text without value, and one that its author took back, are no point
of the sentence nor of the line, but the latter keeps its row in the table.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from negotiation.rules.french_display import value_text
from negotiation.rules.french_names import day_words
from negotiation.rules.navette import Step
from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import Move, ValueKind

NUMERIC = (ValueKind.NUMBER, ValueKind.AMOUNT)
ARROW = " → "
MOST_IN_A_SENTENCE = 7
"""Values of one party: beyond, the sentence keeps the first two and the last three."""
COMMON = "Table commune"


@dataclass(frozen=True, slots=True)
class Point:
    """A value on the path. `party`: who holds it, None for a text of the table commune; `value` canonical, `number` the
    same as a number, amounts in euros. `accepts`: by accepting a version of another."""

    step: str
    party: str | None
    at: datetime
    round: int
    version: int
    value: Any
    number: Decimal
    accepts: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """`on` None: a file declares it, without saying when. `step`: the one that completed it."""

    value: Any
    number: Decimal
    on: date | None = None
    step: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A value observed in a year, in canonical form. `standing`: what it is worth, in a word; empty when nothing is to
    be said."""

    year: int
    value: Any
    number: Decimal
    standing: str = ""


@dataclass(frozen=True)
class Trajectory:
    """`kind`, `unit`: of the clause. `agreed`: what stands agreed today."""

    kind: ValueKind
    unit: str = ""
    points: tuple[Point, ...] = ()
    agreed: Agreement | None = None
    observed: tuple[Seen, ...] = ()

    @property
    def is_numeric(self) -> bool:
        return self.kind in NUMERIC

    @property
    def standing_points(self) -> tuple[Point, ...]:
        """Those that nobody took back."""
        return tuple(point for point in self.points if not point.withdrawn)

    @property
    def can_be_drawn(self) -> bool:
        """Two values make a line; one is a sentence."""
        return self.is_numeric and len(self.standing_points) + len(self.observed) > 1

    def said(self, value: Any) -> str:
        return value_text(value, self.unit, self.kind)

    def bare(self, value: Any) -> str:
        """Without its unit."""
        return value_text(value, None, self.kind).removesuffix("€").rstrip("\u00a0")


def trajectory(
    steps: Iterable[Step],
    *,
    kind: ValueKind,
    unit: str = "",
    agreed_by: Collection[str] = (),
    standing: Any = None,
    observed: Iterable[tuple[int, Any, str]] = (),
) -> Trajectory:
    """`steps` of one clause, in order. `agreed_by`: ids of the steps that completed an agreement; `standing`: the value
    agreed today (None: none); `observed`: (year, canonical value, standing)."""
    shared = [step for step in steps if step.is_shared]
    withdrawn = {step.version for step in shared if step.move is Move.WITHDRAWAL}
    completed = [step for step in shared if step.id in agreed_by]
    points = tuple(_points(shared, kind=kind, withdrawn=withdrawn, agreed_by=set(agreed_by)))
    agreed = None
    if (number := as_number(standing, kind)) is not None:
        last = next((step for step in reversed(completed) if step.value == standing), None)
        agreed = Agreement(standing, number, paris_day(last.at) if last else None, last.id if last else "")
    seen = tuple(
        Seen(year, value, number, words)
        for year, value, words in sorted(observed, key=lambda each: each[0])
        if (number := as_number(value, kind)) is not None
    )
    return Trajectory(kind, unit, points, agreed, seen)


def as_number(value: Any, kind: ValueKind) -> Decimal | None:
    """None for what isn't a number; an amount in euros."""
    if value is None or kind not in NUMERIC:
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    return number / 100 if kind is ValueKind.AMOUNT else number


def _points(
    steps: Sequence[Step], *, kind: ValueKind, withdrawn: Collection[int | None], agreed_by: Collection[str]
) -> Iterable[Point]:
    tour = _Rounds()
    for step in steps:
        if step.tables:
            tour.speaks(step.author)
        accepts = step.move is Move.ACCEPTANCE
        if (step.tables or accepts) and (number := as_number(step.value, kind)) is not None:
            holder = step.party if accepts else step.author
            gone = step.version in withdrawn
            yield Point(step.id, holder, step.at, tour.number, step.version or 0, step.value, number, accepts, gone)
        if step.id in agreed_by:
            tour.ends()


class _Rounds:
    """The number of the round (« tour »), as `turn.rounds_of` counts them: who speaks again begins the next, who
    revises its own text doesn't, a text of the table commune is nobody's."""

    def __init__(self) -> None:
        self.number = 1
        self.spoke: set[str] = set()
        self.last: str | None = None

    def speaks(self, author: str | None) -> None:
        if author is None or author == self.last:
            return
        if author in self.spoke:
            self.number, self.spoke = self.number + 1, set()
        self.spoke.add(author)
        self.last = author

    def ends(self) -> None:
        """All agree: what comes is another round."""
        if self.spoke or self.last:
            self.number, self.spoke, self.last = self.number + 1, set(), None


def paths(points: Iterable[Point], parties: Iterable[str]) -> dict[str | None, tuple[Point, ...]]:
    """The points of each party in the order given, the table commune last; those without any are left out."""
    found: dict[str | None, list[Point]] = {party: [] for party in [*parties, None]}
    for point in points:
        found.setdefault(point.party, []).append(point)
    return {party: tuple(those) for party, those in found.items() if those}


def sentence(path: Trajectory, names: Mapping[str, str]) -> str:
    """« Orlinde : 70 → 74 → 76 ; ARS : 85 → 80 → 76 ; accord : 76 places le 12 mars 2026. » `names`: short names by
    party id, in the order of the table."""
    if not path.is_numeric:
        return "Cette clause ne porte pas de valeur chiffrée."
    points = path.standing_points
    pieces = [
        f"{names.get(party, '') if party else COMMON} : {_said_path(path, those)}"
        for party, those in paths(points, names).items()
    ]
    if path.agreed:
        when = f" le {day_words(path.agreed.on)}" if path.agreed.on else ", que le fichier importé déclare sans date"
        pieces.append(f"accord : {path.said(path.agreed.value)}{when}")
    if path.observed:
        seen = ", ".join(f"{path.said(each.value)} en {each.year}" for each in path.observed)
        pieces.append(f"observé : {seen}")
    if not points and not path.agreed:
        gone = "Toutes les valeurs proposées ont été retirées"
        pieces.insert(0, gone if path.points else "Aucune valeur n’a encore été proposée")
    elif len(points) == 1 and not path.agreed:
        pieces.append("une seule valeur jusqu’ici")
    return f"{' ; '.join(pieces)}."


def _said_path(path: Trajectory, points: Sequence[Point]) -> str:
    """A value held twice in a row is said once."""
    values = [point.value for at, point in enumerate(points) if not at or point.value != points[at - 1].value]
    said = [path.bare(value) for value in values[:-1]] + [path.said(values[-1])]
    if len(said) > MOST_IN_A_SENTENCE:
        said = [*said[:2], "…", *said[-3:]]
    return ARROW.join(said)
