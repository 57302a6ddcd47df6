"""« La main est à »: who holds a clause, since when, until when, and whether it goes round in circles.

Sources: product consequence 1 (one view of whose turn it is, the same clock for both sides), V18 (10 working days to
answer). Everything here comes from shared moves alone, so that every party reads the same thing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from negotiation.rules.lifecycle import Situation
from negotiation.rules.working_days import DEFAULT_RESPONSE_DAYS, add_working_days, working_days_between

DEFAULT_ROUNDS = 3
"""From so many rounds on, the table suggests taking the clause to the COPIL, which arbitrates (issue 3, point 6); the
note de cadrage may say another number.

Three: each has then answered three times, and who still disagrees doesn't lack another text. A suggestion, never a
rule: a long negotiation in good order is nobody's fault.
"""


@dataclass(frozen=True)
class Turn:
    """`holders`: parties whose answer is awaited, by id; empty when nobody's is, and then nothing else is set.

    `due_on`: last day to answer. `days_waiting`: calendar days since the hand passed, which is what people count.
    `late_by`: working days past `due_on`, 0 when not late.
    """

    holders: frozenset[str]
    since: date | None = None
    due_on: date | None = None
    days_waiting: int = 0
    late_by: int = 0


def turn_of(
    situation: Situation, *, since: date | None, today: date, response_days: int = DEFAULT_RESPONSE_DAYS
) -> Turn:
    """Who holds the clause. `since`: the day of the move that passed the hand, declared or recorded; None if unknown.

    A clause without text, or that everybody agreed to leave, waits for nobody in particular.
    """
    holders = situation.waiting_for()
    if not holders or since is None:
        return Turn(holders)
    due_on = add_working_days(since, response_days)
    return Turn(
        holders=holders,
        since=since,
        due_on=due_on,
        days_waiting=max((today - since).days, 0),
        late_by=working_days_between(due_on, today),
    )


def urgency(turn: Turn) -> tuple[int, int, int]:
    """Sort key: the latest first, then who waits longest, and last what waits for nobody."""
    return (0 if turn.holders else 1, -turn.late_by, -turn.days_waiting)


def rounds_of(authors: Sequence[str | None]) -> int:
    """How many rounds (« tours ») of positions were exchanged: in a round each who writes has spoken once, two parties
    at least; who speaks again begins the next.

    `authors`: those of the versions since the last agreement or reopening, oldest first. A party that revises its own
    text doesn't speak twice; a text of the table commune (None) is written together, and is nobody's position.
    """
    complete, spoke, last = 0, set[str](), None
    for author in authors:
        if author is None or author == last:
            continue
        if author in spoke:
            complete, spoke = complete + 1, set()
        spoke.add(author)
        last = author
    return complete + (len(spoke) > 1)


def is_stuck(rounds: int, limit: int = DEFAULT_ROUNDS) -> bool:
    """Whether to suggest the COPIL."""
    return rounds >= limit
