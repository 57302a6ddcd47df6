"""The words and numbers of a séance: its states, what may be decided in it, how long a decision waits.

Sources: issue 5, product R11, domain reference 5.9. Pure: no clock, no row.
"""

from datetime import timedelta
from enum import StrEnum

from negotiation.rules.vocabulary import Move

DELAY = timedelta(seconds=60)
"""A decision binds so long after it was taken: until then its author or the chair may cancel it."""
MOST_POINTS = 100
"""Points of one agenda."""
MOST_PRESENT = 300
"""People of one attendance list."""
MOST_PER_MINUTE = 30
"""Decisions that one person notes in a minute, for whatever parties: nobody speaks so fast."""
LONGEST_TITLE = 200
LONGEST_WORDS = 2_000
"""Characters, of what a decision says."""
LONGEST_PLAN = 24 * 60
"""Minutes that a point may be given."""


class SeanceState(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    """Over: so is every séance that a file tells."""
    CANCELLED = "cancelled"
    """Planned, and never held."""


class DecisionKind(StrEnum):
    AGREEMENT = "agreement"
    RESERVE = "reserve"
    QUESTION = "question"
    TASK = "task"
    SENT_TO_COPIL = "sent_to_copil"


class DecisionState(StrEnum):
    PROPOSED = "proposed"
    """Somebody noted it for a party: it waits for one of its members who may."""
    WAITING = "waiting"
    """Taken by somebody who may: it binds in a minute, unless cancelled."""
    BOUND = "bound"
    UNBOUND = "unbound"
    """It could not bind, and says why: nothing else happened."""
    CANCELLED = "cancelled"


OPEN = frozenset({DecisionState.PROPOSED, DecisionState.WAITING})
SETTLED = frozenset({DecisionState.BOUND, DecisionState.UNBOUND, DecisionState.CANCELLED})


class Unbound(StrEnum):
    """Why a decision didn't bind, as every party reads it: nothing of what a party asks of its own people shows."""

    TEXT_CHANGED = "text_changed"
    """Another version stands than the one that was on the screen."""
    NOT_ENTITLED = "not_entitled"
    """Whoever took it left the table, or lost the right to commit the party: both are shared facts. Of a visa asked
    since, or a voice taken back, nothing shows."""
    NOT_POSSIBLE = "not_possible"
    """The clause no longer takes this move, or is no longer there."""
    NOT_CONFIRMED = "not_confirmed"
    """Noted for a party, which had not confirmed it when the séance closed."""


MOVE_OF_DECISION: dict[DecisionKind, Move] = {
    DecisionKind.AGREEMENT: Move.ACCEPTANCE,
    DecisionKind.RESERVE: Move.RESERVE,
    DecisionKind.QUESTION: Move.QUESTION,
}
"""The move that a decision on a clause becomes when it binds; the others move nothing."""

NAMES_A_VERSION = frozenset({DecisionKind.AGREEMENT, DecisionKind.RESERVE})
"""What commits on a text names the version that was seen, and falls with it."""

NEEDS_WORDS = frozenset({DecisionKind.RESERVE, DecisionKind.QUESTION, DecisionKind.TASK})
"""An agreement, or what is left to the COPIL, may go without saying more."""
