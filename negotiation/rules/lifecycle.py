"""The life of a clause: who may play which move, and what becomes of it.

Agreement counts parties, not sides: a clause is agreed when every concerned party stands behind the same version.
The author's party stands behind its own text from the start and never accepts it; a version « de la table commune »
has no author party, so every concerned party accepts it. Source: architecture « Moves », FORMAT.md « Moves ».
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from negotiation.errors import IllegalMove, StaleClause
from negotiation.rules.vocabulary import TALK_MOVES, ClauseKind, ClauseState, Move


class Reason(StrEnum):
    """Why a move is illegal."""

    NOT_CONCERNED = "not_concerned"
    LOCKED = "locked"
    NOT_AGREED = "not_agreed"
    NOTHING_TABLED = "nothing_tabled"
    NOTHING_TO_COUNTER = "nothing_to_counter"
    OWN_TEXT = "own_text"
    ALREADY_BEHIND = "already_behind"
    NOT_THE_AUTHOR = "not_the_author"
    NO_RESERVE = "no_reserve"
    WITHDRAWN = "withdrawn"
    REOPENING_PENDING = "reopening_pending"
    NO_REOPENING = "no_reopening"
    FOLLOWS = "follows"
    """The cell shows the value of an engagement, and is negotiated there."""
    INSIDE = "inside"
    """What commits a party is said before all parties, never inside a circle."""


@dataclass(frozen=True)
class Tabled:
    """The version on the table. `author` is a party id, or None for the table commune."""

    number: int
    fingerprint: str
    author: str | None


@dataclass(frozen=True)
class Situation:
    """Where a clause stands. Party ids throughout."""

    concerned: frozenset[str]
    state: ClauseState = ClauseState.TO_WRITE
    current: Tabled | None = None
    versions: int = 0
    behind: frozenset[str] = frozenset()
    open_reserves: frozenset[str] = frozenset()
    reopening: frozenset[str] = frozenset()
    """Parties that consent to a pending reopening; empty when none is pending."""
    reopening_by: str | None = None
    kind: ClauseKind = ClauseKind.ENGAGEMENT
    was_agreed: bool = False
    """Agreed once, whatever became of it since."""
    follows: str | None = None
    """The engagement whose agreed value this cell shows: one source for a number."""

    def waiting_for(self) -> frozenset[str]:
        """Parties whose answer is awaited: « la main est à »."""
        if self.state is ClauseState.AGREED:
            return self.concerned - self.reopening if self.reopening else frozenset()
        return self.concerned - self.behind if self.current else frozenset()


class Origin(StrEnum):
    """Where a tabled text comes from: one party's hand, or the table commune (no author party)."""

    PARTY = "party"
    TABLE_COMMUNE = "table_commune"


@dataclass(frozen=True)
class Play:
    """One move as it is played. `version`, `fingerprint`: the text that was on the screen, or the new one."""

    move: Move
    party: str
    version: int | None = None
    fingerprint: str | None = None
    origin: Origin = Origin.PARTY


@dataclass(frozen=True)
class Outcome:
    """What the move changes."""

    situation: Situation
    voided: frozenset[str] = frozenset()
    """Parties whose acceptance falls because a later version was tabled or the version was withdrawn."""
    became_agreed: bool = field(default=False)
    became_reopened: bool = field(default=False)


UNLOCKED = frozenset(ClauseState) - {ClauseState.AGREED, ClauseState.WITHDRAWN}
TABLED = frozenset({ClauseState.PROPOSED, ClauseState.COUNTERED, ClauseState.PARTIALLY_AGREED})
NOT_WITHDRAWN = frozenset(ClauseState) - {ClauseState.WITHDRAWN}
ANY = frozenset(ClauseState)

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


def _rejectable(at: Situation, play: Play) -> Reason | None:
    if at.state is ClauseState.AGREED:
        if not at.reopening:
            return Reason.LOCKED
        return Reason.OWN_TEXT if at.reopening_by == play.party else None
    return _tabled(at, play) or _not_own_text(at, play)


def _withdrawable(at: Situation, play: Play) -> Reason | None:
    if at.state is ClauseState.AGREED:
        return None if at.reopening_by == play.party else Reason.LOCKED
    return _tabled(at, play) or _own_or_common_text(at, play)


def _has_reserve(at: Situation, play: Play) -> Reason | None:
    return None if play.party in at.open_reserves else Reason.NO_RESERVE


def _no_reopening_yet(at: Situation, play: Play) -> Reason | None:
    return Reason.REOPENING_PENDING if at.reopening else None


def _may_consent(at: Situation, play: Play) -> Reason | None:
    if not at.reopening:
        return Reason.NO_REOPENING
    return Reason.ALREADY_BEHIND if play.party in at.reopening else None


@dataclass(frozen=True)
class Rule:
    """A row of the table: the states in which a move exists, and what must hold besides."""

    states: frozenset[ClauseState]
    conditions: tuple[Condition, ...] = ()


RULES: dict[Move, Rule] = {
    Move.PROPOSAL: Rule(UNLOCKED, (_concerned, _holds_its_own_value)),
    Move.COUNTER_PROPOSAL: Rule(UNLOCKED, (_concerned, _holds_its_own_value, _countable)),
    Move.ACCEPTANCE: Rule(TABLED, (_concerned, _tabled, _not_own_text, _not_yet_behind)),
    Move.REJECTION: Rule(NOT_WITHDRAWN, (_concerned, _rejectable)),
    Move.WITHDRAWAL: Rule(NOT_WITHDRAWN, (_concerned, _withdrawable)),
    Move.RESERVE: Rule(UNLOCKED, (_concerned,)),
    Move.RESERVE_LIFTED: Rule(NOT_WITHDRAWN, (_concerned, _has_reserve)),
    Move.RESERVE_MAINTAINED: Rule(NOT_WITHDRAWN, (_concerned, _has_reserve)),
    Move.REOPENING: Rule(frozenset({ClauseState.AGREED}), (_concerned, _no_reopening_yet)),
    Move.REOPENING_CONSENT: Rule(frozenset({ClauseState.AGREED}), (_concerned, _may_consent)),
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
    rule = RULES[play.move]
    if at.state not in rule.states:
        if rule.states == frozenset({ClauseState.AGREED}):
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


def play(at: Situation, move: Play) -> Outcome:
    """The situation after `move`.

    Raises IllegalMove (with its `reason`), or StaleClause when the move answers another text than the current one.
    """
    if reason := obstacle(at, move):
        raise IllegalMove(reason=reason, move=move.move)
    return _EFFECTS[move.move](at, move)


def same_text_seen(at: Situation, seen: Play) -> None:
    """Refuse an answer given on another screen: version and fingerprint must be the current ones.

    Raises StaleClause (T12).
    """
    number = at.current.number if at.current else None
    fingerprint = at.current.fingerprint if at.current else None
    if (seen.version, seen.fingerprint) != (number, fingerprint):
        raise StaleClause(current=number, seen=seen.version)


def _counted(at: Situation) -> Situation:
    """State from the number of parties behind the current version."""
    if at.current is None:
        return at
    if len(at.concerned) > 1 and at.behind >= at.concerned:
        return replace(at, state=ClauseState.AGREED, behind=at.concerned)
    beyond_author = at.behind - {at.current.author}
    if beyond_author:
        return replace(at, state=ClauseState.PARTIALLY_AGREED)
    return replace(at, state=ClauseState.COUNTERED if at.versions > 1 else ClauseState.PROPOSED)


def _table(at: Situation, move: Play) -> Outcome:
    author = None if move.origin is Origin.TABLE_COMMUNE else move.party
    number = at.versions + 1
    if move.version not in (None, number):
        raise StaleClause(current=at.versions, seen=move.version)
    after = replace(
        at,
        current=Tabled(number=number, fingerprint=move.fingerprint or "", author=author),
        versions=number,
        behind=frozenset({author} if author else ()),
    )
    before_author = at.current.author if at.current else None
    counted = _counted(after)
    return Outcome(counted, voided=at.behind - {before_author}, became_agreed=counted.state is ClauseState.AGREED)


def _accept(at: Situation, move: Play) -> Outcome:
    same_text_seen(at, move)
    after = _counted(replace(at, behind=at.behind | {move.party}))
    return Outcome(after, became_agreed=after.state is ClauseState.AGREED)


def _reject(at: Situation, move: Play) -> Outcome:
    if at.state is ClauseState.AGREED:
        return Outcome(replace(at, reopening=frozenset(), reopening_by=None))
    same_text_seen(at, move)
    return Outcome(_counted(replace(at, behind=at.behind - {move.party})))


def _withdraw(at: Situation, move: Play) -> Outcome:
    if at.state is ClauseState.AGREED:
        return Outcome(replace(at, reopening=frozenset(), reopening_by=None))
    author = at.current.author if at.current else None
    state = _emptied(at)
    after = replace(
        at,
        current=None,
        behind=frozenset(),
        state=state,
        open_reserves=frozenset() if state is ClauseState.WITHDRAWN else at.open_reserves,
    )
    return Outcome(after, voided=at.behind - {author})


def _emptied(at: Situation) -> ClauseState:
    """What a clause becomes when the text on the table is withdrawn.

    A party gives up an engagement by withdrawing its own, only version. It takes nothing else out of the contract
    alone: neither a text, nor what was agreed once, nor what the table commune proposed.
    """
    if at.was_agreed:
        return ClauseState.REOPENED
    of_one_party = at.current is not None and at.current.author is not None
    if at.kind is ClauseKind.ENGAGEMENT and at.versions == 1 and of_one_party:
        return ClauseState.WITHDRAWN
    return ClauseState.TO_WRITE


def _reserve(at: Situation, move: Play) -> Outcome:
    return Outcome(replace(at, open_reserves=at.open_reserves | {move.party}))


def _settle_reserve(at: Situation, move: Play) -> Outcome:
    return Outcome(replace(at, open_reserves=at.open_reserves - {move.party}))


def _consent(at: Situation, move: Play) -> Outcome:
    by = at.reopening_by or move.party
    consents = at.reopening | {move.party}
    if consents >= at.concerned:
        after = replace(
            at,
            state=ClauseState.REOPENED,
            current=None,
            behind=frozenset(),
            reopening=frozenset(),
            reopening_by=None,
            was_agreed=True,
        )
        return Outcome(after, became_reopened=True)
    return Outcome(replace(at, reopening=consents, reopening_by=by))


def _talk(at: Situation, move: Play) -> Outcome:
    return Outcome(at)


_EFFECTS: dict[Move, Callable[[Situation, Play], Outcome]] = {
    Move.PROPOSAL: _table,
    Move.COUNTER_PROPOSAL: _table,
    Move.ACCEPTANCE: _accept,
    Move.REJECTION: _reject,
    Move.WITHDRAWAL: _withdraw,
    Move.RESERVE: _reserve,
    Move.RESERVE_LIFTED: _settle_reserve,
    Move.RESERVE_MAINTAINED: _settle_reserve,
    Move.REOPENING: _consent,
    Move.REOPENING_CONSENT: _consent,
    **dict.fromkeys(TALK_MOVES, _talk),
}
