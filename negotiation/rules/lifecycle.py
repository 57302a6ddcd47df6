"""The life of a clause: who may play which move, and what becomes of it.

Agreement counts parties, not sides: a clause is agreed when every concerned party stands behind the same version.
The author's party stands behind its own text from the start and never accepts it; a version « de la table commune »
has no author party, so every concerned party accepts it. Source: architecture « Moves », FORMAT.md « Moves ».
"""

from collections.abc import Callable
from dataclasses import dataclass

from negotiation.errors import IllegalMove
from negotiation.rules.lifecycle_effects import EFFECTS, same_text_seen
from negotiation.rules.situation import Approval, Origin, Outcome, Play, Reason, Request, Situation, Tabled
from negotiation.rules.vocabulary import CONSENT_TO, TALK_MOVES, ClauseState, Move

__all__ = [
    "RULES",
    "Approval",
    "Origin",
    "Outcome",
    "Play",
    "Reason",
    "Request",
    "Rule",
    "Situation",
    "Tabled",
    "may_compete",
    "obstacle",
    "play",
    "possible_moves",
    "same_text_seen",
]

UNLOCKED = frozenset(ClauseState) - {ClauseState.AGREED, ClauseState.WITHDRAWN}
TABLED = frozenset({ClauseState.PROPOSED, ClauseState.COUNTERED, ClauseState.PARTIALLY_AGREED})
PROPOSABLE = UNLOCKED | {ClauseState.WITHDRAWN}
"""What was withdrawn or given up may be proposed anew: it then needs everybody's agreement again."""
LOCKED = frozenset({ClauseState.AGREED})
NOT_WITHDRAWN = frozenset(ClauseState) - {ClauseState.WITHDRAWN}
ANY = frozenset(ClauseState)
FEWEST_PARTIES = 2

Condition = Callable[[Situation, Play], Reason | None]


def _concerned(at: Situation, play: Play) -> Reason | None:
    return None if play.party in at.concerned else Reason.NOT_CONCERNED


def _tabled(at: Situation, play: Play) -> Reason | None:
    return None if at.current else Reason.NOTHING_TABLED


def _countable(at: Situation, play: Play) -> Reason | None:
    return None if at.versions else Reason.NOTHING_TO_COUNTER


def _holds_its_own_value(at: Situation, play: Play) -> Reason | None:
    return Reason.FOLLOWS if at.follows else None


def _not_own_text(at: Situation, play: Play) -> Reason | None:
    return Reason.OWN_TEXT if at.current and at.current.author == play.party else None


def _not_yet_behind(at: Situation, play: Play) -> Reason | None:
    return Reason.ALREADY_BEHIND if play.party in at.behind else None


def _own_or_common_text(at: Situation, play: Play) -> Reason | None:
    mine = at.current is not None and at.current.author in (play.party, None)
    return None if mine else Reason.NOT_THE_AUTHOR


def _withdrawable(at: Situation, play: Play) -> Reason | None:
    return _tabled(at, play) or _own_or_common_text(at, play)


def _has_reserve(at: Situation, play: Play) -> Reason | None:
    return None if play.party in at.open_reserves else Reason.NO_RESERVE


def _has_reserve_to_lift(at: Situation, play: Play) -> Reason | None:
    return None if play.party in at.open_reserves | at.maintained_reserves else Reason.NO_RESERVE


def _no_request_yet(at: Situation, play: Play) -> Reason | None:
    return Reason.REQUEST_PENDING if at.request else None


def _names_other_parties(at: Situation, play: Play) -> Reason | None:
    """Asked only once the parties are named: whether the move exists doesn't depend on them."""
    if not play.parties:
        return None
    if len(play.parties) < FEWEST_PARTIES:
        return Reason.TOO_FEW_PARTIES
    return Reason.SAME_PARTIES if play.parties == at.concerned else None


def _may_consent(at: Situation, play: Play) -> Reason | None:
    if at.request is None or at.request.kind is not CONSENT_TO[play.move]:
        return Reason.NO_REQUEST
    if play.party not in at.asked():
        return Reason.NOT_ASKED
    return Reason.ALREADY_BEHIND if play.party in at.request.consents else None


def _may_refuse(at: Situation, play: Play) -> Reason | None:
    if at.request is None:
        return Reason.NO_REQUEST
    if play.party not in at.asked():
        return Reason.NOT_ASKED
    return Reason.OWN_REQUEST if at.request.by == play.party else None


def _own_request(at: Situation, play: Play) -> Reason | None:
    if at.request is None:
        return Reason.NO_REQUEST
    return None if at.request.by == play.party else Reason.NOT_THE_AUTHOR


@dataclass(frozen=True)
class Rule:
    """A row of the table: the states in which a move exists, and what must hold besides."""

    states: frozenset[ClauseState]
    conditions: tuple[Condition, ...] = ()


RULES: dict[Move, Rule] = {
    Move.PROPOSAL: Rule(PROPOSABLE, (_concerned, _holds_its_own_value)),
    Move.COUNTER_PROPOSAL: Rule(UNLOCKED, (_concerned, _holds_its_own_value, _countable)),
    Move.ACCEPTANCE: Rule(TABLED, (_concerned, _tabled, _not_own_text, _not_yet_behind)),
    Move.REJECTION: Rule(UNLOCKED, (_concerned, _tabled, _not_own_text)),
    Move.WITHDRAWAL: Rule(UNLOCKED, (_concerned, _withdrawable)),
    Move.RESERVE: Rule(UNLOCKED, (_concerned,)),
    Move.RESERVE_LIFTED: Rule(NOT_WITHDRAWN, (_concerned, _has_reserve_to_lift)),
    Move.RESERVE_MAINTAINED: Rule(NOT_WITHDRAWN, (_concerned, _has_reserve)),
    Move.REOPENING: Rule(LOCKED, (_concerned, _no_request_yet)),
    Move.REOPENING_CONSENT: Rule(LOCKED, (_may_consent,)),
    Move.ABANDONMENT: Rule(NOT_WITHDRAWN, (_concerned, _no_request_yet)),
    Move.ABANDONMENT_CONSENT: Rule(NOT_WITHDRAWN, (_may_consent,)),
    Move.CONCERNED_CHANGE: Rule(UNLOCKED, (_concerned, _no_request_yet, _names_other_parties)),
    Move.CONCERNED_CONSENT: Rule(NOT_WITHDRAWN, (_may_consent,)),
    Move.REQUEST_REFUSAL: Rule(NOT_WITHDRAWN, (_may_refuse,)),
    Move.REQUEST_WITHDRAWAL: Rule(NOT_WITHDRAWN, (_own_request,)),
    Move.QUESTION: Rule(ANY),
    Move.ANSWER: Rule(ANY),
    Move.COMMENT: Rule(ANY),
}

_REASON_OF_STATE: dict[ClauseState, Reason] = {
    ClauseState.AGREED: Reason.LOCKED,
    ClauseState.WITHDRAWN: Reason.WITHDRAWN,
    ClauseState.TO_WRITE: Reason.NOTHING_TABLED,
    ClauseState.REOPENED: Reason.NOTHING_TABLED,
}


def obstacle(at: Situation, play: Play) -> Reason | None:
    """Why this move can't be played now, or None when it can."""
    if at.approval is Approval.APPROVED and play.move not in TALK_MOVES:
        return Reason.APPROVED
    if at.approval and play.move is Move.CONCERNED_CHANGE:
        return Reason.EVERYBODY
    if at.approval is Approval.KEPT and play.move is Move.ABANDONMENT:
        return Reason.KEPT
    rule = RULES[play.move]
    if at.state not in rule.states:
        if rule.states == LOCKED:
            return Reason.NOT_AGREED
        return _REASON_OF_STATE.get(at.state, Reason.LOCKED)
    return next((reason for condition in rule.conditions if (reason := condition(at, play))), None)


def possible_moves(at: Situation, party: str) -> tuple[Move, ...]:
    """Moves this party could play now, rights aside, in the order of the table.

    A proposal is offered while nothing is on the table, a counter-proposal once something is.
    """
    moves = (move for move in RULES if obstacle(at, Play(move, party)) is None)
    hidden = Move.PROPOSAL if at.current else Move.COUNTER_PROPOSAL
    return tuple(move for move in moves if move is not hidden)


def may_compete(at: Situation, party: str) -> bool:
    """Whether this party could table another text beside the one on the table: a proposal that `possible_moves` doesn't
    offer, for the usual answer is a counter-proposal."""
    return at.current is not None and obstacle(at, Play(Move.PROPOSAL, party)) is None


def play(at: Situation, move: Play) -> Outcome:
    """The situation after `move`.

    Raises IllegalMove (with its `reason`), or StaleClause when the move answers another text than the current one.
    """
    if reason := obstacle(at, move):
        raise IllegalMove(reason=reason, move=move.move)
    return EFFECTS[move.move](at, move)
