"""A clause as a plain program sees it, written apart from `rules/lifecycle.py`: the real one is compared with it."""

from dataclasses import dataclass, field

from negotiation.rules.vocabulary import ClauseState, Move

TEXTS = (Move.PROPOSAL, Move.COUNTER_PROPOSAL)
COMMON = ""
"""The author of a text of the table commune."""


@dataclass
class ClauseModel:
    """Parties by key. `texts`: who tabled each version, and its fingerprint; `current`: a number, 0 for none."""

    concerned: frozenset[str]
    is_engagement: bool
    texts: list[tuple[str, str]] = field(default_factory=list)
    current: int = 0
    accepted: set[str] = field(default_factory=set)
    agreed: bool = False
    agreed_once: bool = False
    given_up: bool = False
    reserves: set[str] = field(default_factory=set)
    reopening: list[str] = field(default_factory=list)
    """Who consents to a reopening, who asked first."""

    @property
    def author(self) -> str | None:
        return self.texts[self.current - 1][0] if self.current else None

    @property
    def fingerprint(self) -> str | None:
        return self.texts[self.current - 1][1] if self.current else None

    @property
    def behind(self) -> set[str]:
        """Whoever stands behind the text on the table: its author from the start."""
        return self.accepted | ({self.author} if self.author else set())

    @property
    def state(self) -> ClauseState:
        if self.given_up:
            return ClauseState.WITHDRAWN
        if self.agreed:
            return ClauseState.AGREED
        if not self.current:
            return ClauseState.REOPENED if self.agreed_once else ClauseState.TO_WRITE
        if self.accepted:
            return ClauseState.PARTIALLY_AGREED
        return ClauseState.COUNTERED if len(self.texts) > 1 else ClauseState.PROPOSED

    def allows(self, move: Move, party: str) -> bool:
        """Whether this party may make this move now, whatever was on its screen."""
        if move in (Move.QUESTION, Move.ANSWER, Move.COMMENT):
            return True
        if party not in self.concerned or self.given_up:
            return False
        return self._allows_when_agreed(move, party) if self.agreed else self._allows_when_open(move, party)

    def _allows_when_agreed(self, move: Move, party: str) -> bool:
        match move:
            case Move.RESERVE_LIFTED | Move.RESERVE_MAINTAINED:
                return party in self.reserves
            case Move.REOPENING:
                return not self.reopening
            case Move.REOPENING_CONSENT:
                return bool(self.reopening) and party not in self.reopening
            case Move.REJECTION:
                return bool(self.reopening) and party != self.reopening[0]
            case Move.WITHDRAWAL:
                return bool(self.reopening) and party == self.reopening[0]
        return False

    def _allows_when_open(self, move: Move, party: str) -> bool:
        match move:
            case Move.PROPOSAL | Move.RESERVE:
                return True
            case Move.COUNTER_PROPOSAL:
                return bool(self.texts)
            case Move.ACCEPTANCE:
                return bool(self.current) and party not in self.behind
            case Move.REJECTION:
                return bool(self.current) and party != self.author
            case Move.WITHDRAWAL:
                return bool(self.current) and self.author in (party, COMMON)
            case Move.RESERVE_LIFTED | Move.RESERVE_MAINTAINED:
                return party in self.reserves
        return False

    def table(self, author: str, fingerprint: str) -> None:
        self.texts.append((author, fingerprint))
        self.current, self.accepted = len(self.texts), set()

    def make(self, move: Move, party: str) -> None:
        """A move that tables no text, once it was allowed."""
        match move:
            case Move.RESERVE:
                self.reserves.add(party)
            case Move.RESERVE_LIFTED | Move.RESERVE_MAINTAINED:
                self.reserves.discard(party)
            case Move.REOPENING | Move.REOPENING_CONSENT:
                self._consent(party)
            case Move.REJECTION | Move.WITHDRAWAL if self.agreed:
                self.reopening = []
            case Move.REJECTION:
                self.accepted.discard(party)
            case Move.WITHDRAWAL:
                self._withdraw()
            case Move.ACCEPTANCE:
                self.accepted.add(party)
                self.agreed = self.behind >= self.concerned
                self.agreed_once = self.agreed_once or self.agreed

    def _consent(self, party: str) -> None:
        self.reopening.append(party)
        if set(self.reopening) >= self.concerned:
            self.agreed, self.current, self.accepted, self.reopening = False, 0, set(), []

    def _withdraw(self) -> None:
        own_and_only = len(self.texts) == 1 and self.author != COMMON
        self.given_up = self.is_engagement and own_and_only and not self.agreed_once
        self.current, self.accepted = 0, set()
        if self.given_up:
            self.reserves = set()
