"""The navette of a clause: its steps, who answered whom and in how long, and what a reader may pick among them.

Response times: whoever tables a text, asks a question or makes a request waits for the others; the first thing that
another party says of it is its answer. The clock runs from the text that stands, as for « la main est à »: a new text
starts it again for everybody. Days are working days (`working_days`), the same for both sides. Everything is counted on
shared steps alone, so that every party reads the same figures.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median
from typing import Any, NamedTuple

from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import (
    CONSENT_TO,
    REQUEST_OF_MOVE,
    SHARED,
    TEXT_MOVES,
    Circle,
    Move,
    Phase,
)
from negotiation.rules.working_days import working_days_between

_ANSWERS_A_TEXT = frozenset({Move.ACCEPTANCE, Move.REJECTION, Move.RESERVE})
_ANSWERS_A_REQUEST = frozenset({*CONSENT_TO, Move.REQUEST_REFUSAL})
_ORDER = list(Phase)


class Step(NamedTuple):
    """A step without its words; a navette may have a thousand of them. `version`: number of the version that it tables
    or answers, `value` that version's value in canonical form, `author` the party whose version it is (None = table
    commune, or no version)."""

    id: str
    move: Move
    party: str
    at: datetime
    circle: Circle = SHARED
    version: int | None = None
    value: Any = None
    author: str | None = None
    reply_to: str | None = None
    is_declared: bool = False

    @property
    def is_shared(self) -> bool:
        return self.circle is SHARED or self.circle == SHARED

    @property
    def tables(self) -> bool:
        return self.move in TEXT_MOVES


@dataclass(frozen=True, slots=True)
class Response:
    """`waiting` waited for `answering` during so many working days, from the step `asked` to the step `answered`."""

    waiting: str
    answering: str
    asked: str
    answered: str
    days: int


@dataclass(frozen=True, slots=True)
class Delay:
    """All the answers of one party. `median` and `longest` in working days."""

    party: str
    answers: int
    median: float
    longest: int


def responses(steps: Iterable[Step]) -> tuple[Response, ...]:
    """Every answer among the shared steps of one clause, in the order in which they were given."""
    return tuple(_Listening().to(step for step in steps if step.is_shared))


def delays(answers: Iterable[Response]) -> dict[str, Delay]:
    """By party that answered."""
    days: dict[str, list[int]] = defaultdict(list)
    for answer in answers:
        days[answer.answering].append(answer.days)
    return {party: Delay(party, len(those), median(those), max(those)) for party, those in days.items()}


class _Listening:
    """What is still to be answered while the steps go by."""

    def __init__(self) -> None:
        self.text: Step | None = None
        self.answered: set[str] = set()
        self.questions: list[Step] = []
        self.request: Step | None = None
        self.consented: set[str] = set()

    def to(self, steps: Iterable[Step]) -> Iterator[Response]:
        for step in steps:
            if step.move in TEXT_MOVES:
                yield from self._text(step)
                self.text, self.answered = step, {step.party}
            elif step.move in _ANSWERS_A_TEXT:
                yield from self._text(step)
            elif step.move is Move.WITHDRAWAL and self.text and self.text.version == step.version:
                self.text = None
            elif step.move in (Move.QUESTION, Move.ANSWER):
                yield from self._question(step)
            elif step.move in REQUEST_OF_MOVE:
                self.request, self.consented = step, {step.party}
            elif step.move in _ANSWERS_A_REQUEST:
                yield from self._request(step)
            elif step.move is Move.REQUEST_WITHDRAWAL:
                self.request = None

    def _text(self, step: Step) -> Iterator[Response]:
        if self.text is not None and step.party not in self.answered:
            self.answered.add(step.party)
            yield _response(self.text, step)

    def _question(self, step: Step) -> Iterator[Response]:
        if step.move is Move.QUESTION:
            self.questions.append(step)
            return
        others = [asked for asked in self.questions if asked.party != step.party]
        asked = next((each for each in others if each.id == step.reply_to), others[0] if others else None)
        if asked is not None:
            self.questions.remove(asked)
            yield _response(asked, step)

    def _request(self, step: Step) -> Iterator[Response]:
        if self.request is not None and step.party not in self.consented:
            self.consented.add(step.party)
            yield _response(self.request, step)
        if step.move is Move.REQUEST_REFUSAL:
            self.request = None


def _response(asked: Step, answer: Step) -> Response:
    days = working_days_between(paris_day(asked.at), paris_day(answer.at))
    return Response(asked.party, answer.party, asked.id, answer.id, days)


@dataclass(frozen=True)
class PhaseClock:
    """In which phase a table was, at any moment.

    `changes`: what its parties said, (moment, phase before, phase after), in order. `calendar`: the days of its file,
    for steps that a file declares. `now`: its phase today.
    """

    now: Phase
    changes: Sequence[tuple[datetime, Phase, Phase]] = ()
    calendar: Sequence[tuple[date, Phase]] = ()
    signed_on: date | None = None

    def phase_of(self, step: Step) -> Phase:
        """Of a declared step: the latest phase of the calendar that day, no earlier than the negotiation, which a step
        supposes, and no later than the signature before the contract is signed (as an import says it)."""
        if self.signed_on is not None and paris_day(step.at) > self.signed_on:
            return Phase.FOLLOW_UP
        if step.is_declared:
            day = paris_day(step.at)
            over = [phase for on, phase in self.calendar if on <= day]
            reached = max(over, key=_ORDER.index, default=Phase.NEGOTIATION)
            latest = min(reached, Phase.SIGNATURE, key=_ORDER.index)
            return max(latest, Phase.NEGOTIATION, key=_ORDER.index)
        before = [after for at, _, after in self.changes if at <= step.at]
        if before:
            return before[-1]
        return self.changes[0][1] if self.changes else min(self.now, Phase.SIGNATURE, key=_ORDER.index)


@dataclass(frozen=True)
class Wanted:
    """What a reader picks; nothing stands for everything. `seance`: the id of one, "toutes" or "hors"."""

    party: str = ""
    phase: Phase | None = None
    seance: str = ""

    def __bool__(self) -> bool:
        return bool(self.party or self.phase or self.seance)


IN_ANY, IN_NONE = "toutes", "hors"


@dataclass(frozen=True)
class Navette:
    """The steps of one clause as one person reads them, oldest first, each with its phase and its séance (id)."""

    steps: tuple[Step, ...]
    phases: Mapping[str, Phase] = field(default_factory=dict)
    seances: Mapping[str, str] = field(default_factory=dict)

    def picked(self, wanted: Wanted) -> tuple[Step, ...]:
        if not wanted:
            return self.steps
        return tuple(step for step in self.steps if self._answers(step, wanted))

    def _answers(self, step: Step, wanted: Wanted) -> bool:
        seance = self.seances.get(step.id, "")
        sought = {"": True, IN_ANY: bool(seance), IN_NONE: not seance}.get(wanted.seance, seance == wanted.seance)
        party = not wanted.party or step.party == wanted.party
        return party and sought and (wanted.phase is None or self.phases.get(step.id) is wanted.phase)


@dataclass(frozen=True)
class Leaf:
    """One page of steps, the newest being page 0. `older`, `newer`: page numbers, None at the ends."""

    steps: tuple[Step, ...]
    number: int
    older: int | None
    newer: int | None


def leaf(steps: Sequence[Step], page: int, *, size: int) -> Leaf:
    """Pages are counted from the newest step, so that the first says where things stand; beyond the oldest, nothing."""
    end = max(0, len(steps) - page * size)
    start = max(0, end - size)
    return Leaf(
        tuple(steps[start:end]),
        page,
        older=page + 1 if start > 0 else None,
        newer=page - 1 if page > 0 else None,
    )


def page_of(steps: Sequence[Step], step_id: str, *, size: int) -> int | None:
    """The page that holds a step; None when none does."""
    place = next((place for place, step in enumerate(reversed(steps)) if step.id == step_id), None)
    return None if place is None else place // size
