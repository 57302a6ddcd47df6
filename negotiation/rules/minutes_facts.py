"""What the records of a séance say, as its relevé tells it: people and clauses are named, nothing is an id."""

from dataclasses import dataclass
from datetime import date, datetime

from negotiation.rules.seances import DecisionKind, Unbound
from negotiation.rules.vocabulary import Move


@dataclass(frozen=True)
class Who:
    """A party by its short name, and one of its people by title; either may be unknown: empty."""

    party: str
    person: str = ""


@dataclass(frozen=True)
class Told:
    """A version as it was read. `author`: short name of its party, None for the table commune; `value`: in words."""

    number: int
    author: str | None
    text: str
    value: str = ""


@dataclass(frozen=True)
class Act:
    """What a party did on a clause, decided or played. `version`: the number that it names; `words`: what was added."""

    move: Move
    who: Who
    at: datetime
    version: int | None = None
    words: str = ""


@dataclass(frozen=True)
class OnClause:
    """A clause on which something was decided or moved: what stood, what stands, who did what in order, and the words
    of a file's decisions. `is_compared`: whether what stood and stands is known at all."""

    name: str
    acts: tuple[Act, ...] = ()
    words: tuple[str, ...] = ()
    before: Told | None = None
    after: Told | None = None
    is_compared: bool = True


@dataclass(frozen=True)
class Said:
    """A reserve, a question, a task, what is left to the COPIL. `about`: name of the clause; `owner`: of a task."""

    words: str
    about: str = ""
    who: Who | None = None
    owner: Who | None = None
    due_on: date | None = None


@dataclass(frozen=True)
class Failed:
    """What was noted and bound nobody, with the reason."""

    kind: DecisionKind
    reason: Unbound
    about: str = ""
    who: Who | None = None
    words: str = ""


@dataclass(frozen=True)
class Present:
    """The people of one party: who was there, who was expected and wasn't."""

    party: str
    here: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Point:
    """A point of the agenda. `is_seen`: None when no record says. `minutes`: spent on it."""

    words: str
    is_seen: bool | None = None
    minutes: int | None = None


@dataclass(frozen=True)
class Next:
    """The next meeting of the calendar. `time` as « 14:00 », or empty."""

    title: str
    on: date
    time: str = ""


@dataclass(frozen=True)
class Facts:
    """A séance as it was recorded. `start`, `end`: hours as « 09:00 »; `opened_at`, `closed_at`: of one held here."""

    title: str
    on: date
    start: str = ""
    end: str = ""
    place: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    chair: Who | None = None
    note_taker: Who | None = None
    people: tuple[Present, ...] = ()
    points: tuple[Point, ...] = ()
    clauses: tuple[OnClause, ...] = ()
    decisions: tuple[str, ...] = ()
    """A file's decisions on no clause in particular."""
    reserves: tuple[Said, ...] = ()
    tasks: tuple[Said, ...] = ()
    questions: tuple[Said, ...] = ()
    to_copil: tuple[Said, ...] = ()
    failed: tuple[Failed, ...] = ()
    next: Next | None = None
