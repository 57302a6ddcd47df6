"""A clause as a plain program sees it, written apart from `rules/lifecycle.py`: the real one is compared with it."""

from dataclasses import dataclass, field

from negotiation.rules.vocabulary import CONSENT_TO, REQUEST_OF_MOVE, ClauseState, Move, RequestKind

TEXTS = (Move.PROPOSAL, Move.COUNTER_PROPOSAL)
TALK = (Move.QUESTION, Move.ANSWER, Move.COMMENT)
ABOUT_A_REQUEST = (*CONSENT_TO, Move.REQUEST_REFUSAL, Move.REQUEST_WITHDRAWAL)
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
    maintained: set[str] = field(default_factory=set)
    left: frozenset[str] = frozenset()
    """The author of the text on the table, when it is no longer concerned."""
    request: tuple[RequestKind, frozenset[str]] | None = None
    """What is asked, and for a change of the concerned parties who would be."""
    consents: list[str] = field(default_factory=list)
    """Who consents to it, who asked first."""

    @property
    def author(self) -> str | None:
        return self.texts[self.current - 1][0] if self.current else None

    @property
    def fingerprint(self) -> str | None:
        return self.texts[self.current - 1][1] if self.current else None

    @property
    def behind(self) -> set[str]:
        """Whoever stands behind the text on the table: its author from the start, while it is concerned."""
        return self.accepted | ({self.author} - self.left if self.author else set())

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

    @property
    def asked(self) -> frozenset[str]:
        return self.concerned | (self.request[1] if self.request else frozenset())

    def allows(self, move: Move, party: str, parties: frozenset[str] = frozenset()) -> bool:
        """Whether this party may make this move now, whatever was on its screen."""
        if move in TALK:
            return True
        if self.given_up:
            return move is Move.PROPOSAL and party in self.concerned
        if move in ABOUT_A_REQUEST:
            return self.request is not None and party in self.asked and self._allows_about_it(move, party)
        if party not in self.concerned:
            return False
        if move is Move.CONCERNED_CHANGE and (len(parties) < 2 or parties == self.concerned):
            return False
        return self._allows_when_agreed(move, party) if self.agreed else self._allows_when_open(move, party)

    def _allows_about_it(self, move: Move, party: str) -> bool:
        assert self.request is not None
        if move is Move.REQUEST_REFUSAL:
            return party != self.consents[0]
        if move is Move.REQUEST_WITHDRAWAL:
            return party == self.consents[0]
        return CONSENT_TO[move] is self.request[0] and party not in self.consents

    def _allows_when_agreed(self, move: Move, party: str) -> bool:
        match move:
            case Move.RESERVE_LIFTED:
                return party in self.reserves | self.maintained
            case Move.RESERVE_MAINTAINED:
                return party in self.reserves
            case Move.REOPENING | Move.ABANDONMENT:
                return self.request is None
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
            case Move.RESERVE_LIFTED:
                return party in self.reserves | self.maintained
            case Move.RESERVE_MAINTAINED:
                return party in self.reserves
            case Move.ABANDONMENT | Move.CONCERNED_CHANGE:
                return self.request is None
        return False

    def table(self, author: str, fingerprint: str) -> None:
        self.texts.append((author, fingerprint))
        self.current, self.accepted, self.given_up = len(self.texts), set(), False
        self.left = frozenset()

    def make(self, move: Move, party: str, parties: frozenset[str] = frozenset()) -> None:
        """A move that tables no text, once it was allowed."""
        match move:
            case Move.RESERVE:
                self.reserves.add(party)
            case Move.RESERVE_LIFTED:
                self.reserves.discard(party)
                self.maintained.discard(party)
            case Move.RESERVE_MAINTAINED:
                self.reserves.discard(party)
                self.maintained.add(party)
            case Move.REOPENING | Move.ABANDONMENT | Move.CONCERNED_CHANGE:
                self.request, self.consents = (REQUEST_OF_MOVE[move], parties), []
                self._consent(party)
            case Move.REOPENING_CONSENT | Move.ABANDONMENT_CONSENT | Move.CONCERNED_CONSENT:
                self._consent(party)
            case Move.REQUEST_REFUSAL | Move.REQUEST_WITHDRAWAL:
                self.request, self.consents = None, []
            case Move.REJECTION:
                self.accepted.discard(party)
            case Move.WITHDRAWAL:
                self._withdraw()
            case Move.ACCEPTANCE:
                self.accepted.add(party)
                self._agree()

    def reopen(self) -> None:
        self.agreed, self.current, self.accepted = False, 0, set()
        self.request, self.consents = None, []

    def give_up(self) -> None:
        self.agreed, self.given_up, self.current, self.accepted = False, True, 0, set()
        self.reserves, self.maintained = set(), set()
        self.request, self.consents = None, []

    def lock(self) -> None:
        """Agreed: to change its parties, one would reopen it first."""
        self.agreed = self.agreed_once = True
        if self.request and self.request[0] is RequestKind.CONCERNED:
            self.request, self.consents = None, []

    def keep_only(self, parties: frozenset[str]) -> None:
        """Whoever is no longer concerned takes acceptance and reserves along; its text stays on the table."""
        self.accepted &= parties
        self.reserves &= parties
        self.maintained &= parties
        self.left = frozenset({self.author} - parties - {None, COMMON}) if self.current else frozenset()
        self.request, self.consents = None, []

    def _agree(self) -> None:
        if self.behind >= self.concerned:
            self.lock()

    def _consent(self, party: str) -> None:
        assert self.request is not None
        self.consents.append(party)
        if not set(self.consents) >= self.asked:
            return
        kind, parties = self.request
        if kind is RequestKind.REOPENING:
            self.reopen()
        elif kind is RequestKind.ABANDONMENT:
            self.give_up()
        else:
            self.concerned = parties
            self.keep_only(parties)
            if self.current:
                self._agree()

    def _withdraw(self) -> None:
        own_and_only = len(self.texts) == 1 and self.author != COMMON
        if self.is_engagement and own_and_only and not self.agreed_once:
            self.give_up()
        self.current, self.accepted = 0, set()
