"""Where a clause stands, what a move asks, what it changes: the values on which the lifecycle works."""

from dataclasses import dataclass, field
from enum import StrEnum

from negotiation.rules.vocabulary import ClauseKind, ClauseState, Move, RequestKind


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
    REQUEST_PENDING = "request_pending"
    NO_REQUEST = "no_request"
    OWN_REQUEST = "own_request"
    NOT_ASKED = "not_asked"
    """Neither concerned now nor by what is asked."""
    TOO_FEW_PARTIES = "too_few_parties"
    """Agreement takes two parties at least."""
    SAME_PARTIES = "same_parties"
    FOLLOWS = "follows"
    """The cell shows the value of an engagement, and is negotiated there."""
    APPROVED = "approved"
    """The relevé was approved by every party: its words no longer move."""
    EVERYBODY = "everybody"
    """A relevé is approved by every party of the table, whoever was in the room."""
    KEPT = "kept"
    """A line of a dialogue or of the evaluation is answered or left blank, never given up."""
    INSIDE = "inside"
    """What commits a party is said before all parties, never inside a circle."""


class Approval(StrEnum):
    """A clause of a relevé: every party of the table approves it, and once they approved the whole it moves no more."""

    OPEN = "open"
    KEPT = "kept"
    """Open too, in a dialogue or in the evaluation: what the contract promised stays to be spoken of."""
    APPROVED = "approved"


@dataclass(frozen=True)
class Tabled:
    """The version on the table. `author` is a party id, or None for the table commune."""

    number: int
    fingerprint: str
    author: str | None


@dataclass(frozen=True)
class Request:
    """What a party asks and every concerned party must consent to. `parties`: who would be concerned afterwards, for a
    request of that kind."""

    kind: RequestKind
    by: str
    consents: frozenset[str]
    parties: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Situation:
    """Where a clause stands. Party ids throughout."""

    concerned: frozenset[str]
    state: ClauseState = ClauseState.TO_WRITE
    current: Tabled | None = None
    versions: int = 0
    behind: frozenset[str] = frozenset()
    open_reserves: frozenset[str] = frozenset()
    maintained_reserves: frozenset[str] = frozenset()
    """« Maintenues au contrat »: they block nothing, and may still be lifted."""
    request: Request | None = None
    kind: ClauseKind = ClauseKind.ENGAGEMENT
    was_agreed: bool = False
    """Agreed once, whatever became of it since."""
    follows: str | None = None
    """The engagement whose agreed value this cell shows: one source for a number."""
    approval: Approval | None = None
    """None for a clause of the contract."""

    def waiting_for(self) -> frozenset[str]:
        """Parties whose answer is awaited, by a text or by a request: « la main est à »."""
        return self.owing_text() | self.owing_consent()

    def owing_text(self) -> frozenset[str]:
        """Parties whose answer the text on the table awaits."""
        is_settled = self.state is ClauseState.AGREED or self.current is None
        return frozenset() if is_settled else self.concerned - self.behind

    def owing_consent(self) -> frozenset[str]:
        """Parties whose consent the pending request awaits."""
        return self.asked() - self.request.consents if self.request else frozenset()

    def asked(self) -> frozenset[str]:
        """Parties whose consent the pending request needs: those concerned now and those that would be."""
        return self.concerned | self.request.parties if self.request else frozenset()


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
    parties: frozenset[str] = frozenset()
    """For a change of the concerned parties: who would be."""


@dataclass(frozen=True)
class Outcome:
    """What the move changes."""

    situation: Situation
    voided: frozenset[str] = frozenset()
    """Parties whose acceptance falls because a later version was tabled or the version was withdrawn."""
    became_agreed: bool = field(default=False)
    became_reopened: bool = field(default=False)
    became_abandoned: bool = field(default=False)
    became_concerned: bool = field(default=False)
    """The concerned parties are others now."""
