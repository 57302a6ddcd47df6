"""The words of the trade, as closed lists. Whoever negotiates CPOMs should recognise the procedure here.

Sources: domain reference sections 2, 3 and 5; scenario format « How a file becomes a table ».
"""

from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    """Who may read: everything that carries text has exactly one."""

    SHARED = "shared"
    PARTY = "party"
    AUTHORITIES = "authorities"


@dataclass(frozen=True, order=True)
class Circle:
    """An audience made precise: all parties, one party's inside, or the authorities among themselves."""

    audience: Audience
    party_id: str | None = None

    def __str__(self) -> str:
        return f"party:{self.party_id}" if self.party_id else str(self.audience)

    @classmethod
    def parse(cls, text: str) -> "Circle":
        """Inverse of `str`. Raises ValueError on anything else."""
        if text.startswith("party:") and len(text) > len("party:"):
            return cls(Audience.PARTY, text.removeprefix("party:"))
        if text in (Audience.SHARED, Audience.AUTHORITIES):
            return cls(Audience(text))
        raise ValueError(text)

    @classmethod
    def inside(cls, party_id: str) -> "Circle":
        return cls(Audience.PARTY, party_id)


SHARED = Circle(Audience.SHARED)
AUTHORITIES = Circle(Audience.AUTHORITIES)


class PartyKind(StrEnum):
    GESTIONNAIRE = "OG"
    REGIONAL_HEALTH_AGENCY = "ARS"
    DEPARTMENT = "DEPARTEMENT"
    METROPOLIS = "METROPOLE"
    STATE = "ETAT"
    OTHER_ATC = "AUTRE_ATC"
    PARTNER = "PARTENAIRE"


class Side(StrEnum):
    GESTIONNAIRE = "gestionnaire"
    AUTHORITY = "autorite"
    ASSOCIATE = "associe"


class Right(StrEnum):
    """Rights as scenario files write them."""

    REFERENT = "referent"
    REDACTEUR = "redacteur"
    VALIDEUR = "valideur"
    SIGNATAIRE = "signataire"
    FINANCIER = "financier"
    LECTEUR = "lecteur"
    COMMENTATEUR = "commentateur"


class Role(StrEnum):
    """What a person may do for a party."""

    READER = "reader"
    COMMENTER = "commenter"
    DRAFTER = "drafter"
    NEGOTIATOR = "negotiator"
    SIGNATORY = "signatory"


ROLE_OF_RIGHT: dict[Right, Role] = {
    Right.REFERENT: Role.DRAFTER,
    Right.REDACTEUR: Role.DRAFTER,
    Right.FINANCIER: Role.DRAFTER,
    Right.VALIDEUR: Role.NEGOTIATOR,
    Right.SIGNATAIRE: Role.SIGNATORY,
    Right.LECTEUR: Role.READER,
    Right.COMMENTATEUR: Role.COMMENTER,
}


class Phase(StrEnum):
    """Domain reference section 3."""

    CADRAGE = "cadrage"
    DIAGNOSTIC = "diagnostic"
    NEGOTIATION = "negociation"
    SIGNATURE = "signature"
    FOLLOW_UP = "suivi"
    EVALUATION = "evaluation"


class NegotiationStatus(StrEnum):
    IN_NEGOTIATION = "in_negotiation"
    SIGNED = "signed"
    IN_FORCE = "in_force"
    IN_EVALUATION = "in_evaluation"


class DocumentKind(StrEnum):
    CADRAGE = "cadrage"
    CONTRACT = "contrat"


class PartKind(StrEnum):
    ARTICLE = "article"
    STRATEGIC_OBJECTIVE = "strategic_objective"
    OPERATIONAL_OBJECTIVE = "operational_objective"
    FICHE_ACTION = "fiche_action"
    INDICATOR = "indicator"
    FUNDING_LINE = "funding_line"
    FRAMING_SECTION = "framing_section"


class ClauseKind(StrEnum):
    TEXT = "text"
    """A text or a field of a fiche, objective, indicator or line."""
    ENGAGEMENT = "engagement"
    """Obliges a debtor party; negotiated under its own code (EN01)."""


class ValueKind(StrEnum):
    """Canonical forms: decimal string, whole cents, ISO date, plain string, list of strings."""

    NONE = "none"
    NUMBER = "number"
    AMOUNT = "amount"
    DATE = "date"
    CHOICE = "choice"
    LIST = "list"


class ClauseState(StrEnum):
    TO_WRITE = "to_write"
    PROPOSED = "proposed"
    COUNTERED = "countered"
    PARTIALLY_AGREED = "partially_agreed"
    AGREED = "agreed"
    REOPENED = "reopened"
    """Every concerned party consented to move an agreed clause; a new proposal is awaited."""
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    PROPOSAL = "proposal"
    COUNTER_PROPOSAL = "counter_proposal"
    ACCEPTANCE = "acceptance"
    REJECTION = "rejection"
    WITHDRAWAL = "withdrawal"
    RESERVE = "reserve"
    RESERVE_LIFTED = "reserve_lifted"
    RESERVE_MAINTAINED = "reserve_maintained"
    REOPENING = "reopening"
    REOPENING_CONSENT = "reopening_consent"
    QUESTION = "question"
    ANSWER = "answer"
    COMMENT = "comment"


TEXT_MOVES = frozenset({Move.PROPOSAL, Move.COUNTER_PROPOSAL})
"""Moves that table a version."""

TALK_MOVES = frozenset({Move.QUESTION, Move.ANSWER, Move.COMMENT})
"""Moves that change no state."""


class ReserveState(StrEnum):
    OPEN = "open"
    LIFTED = "lifted"
    MAINTAINED = "maintained"
    """Declared « maintenue au contrat »: printed with both positions, blocks nothing."""
    MOOT = "moot"
    """Its engagement was withdrawn."""


class Action(StrEnum):
    """What the policy decides on: every route and every socket event names one."""

    # open to anybody
    SIGN_IN = "sign_in"
    VERIFY = "verify"
    # oneself
    SIGN_OUT = "sign_out"
    REAUTHENTICATE = "reauthenticate"
    LIST_OWN_NEGOTIATIONS = "list_own_negotiations"
    # reading
    READ_TABLE = "read_table"
    READ_CLAUSE = "read_clause"
    READ_HISTORY = "read_history"
    EXPORT = "export"
    WATCH = "watch"
    # talking
    COMMENT = "comment"
    SEND_MESSAGE = "send_message"
    # moving: `MOVE` on the route, then one of the rows below per kind of move
    MOVE = "move"
    TABLE_TEXT = "table_text"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    STATE_RESERVE = "state_reserve"
    ASK = "ask"
    ACCEPT = "accept"
    SETTLE_RESERVE = "settle_reserve"
    REOPEN = "reopen"
    # live drafts
    READ_DRAFT = "read_draft"
    WRITE_DRAFT = "write_draft"
    # closing
    REQUEST_FREEZE = "request_freeze"
    SIGN = "sign"


ACTION_OF_MOVE: dict[Move, Action] = {
    Move.PROPOSAL: Action.TABLE_TEXT,
    Move.COUNTER_PROPOSAL: Action.TABLE_TEXT,
    Move.ACCEPTANCE: Action.ACCEPT,
    Move.REJECTION: Action.REJECT,
    Move.WITHDRAWAL: Action.WITHDRAW,
    Move.RESERVE: Action.STATE_RESERVE,
    Move.RESERVE_LIFTED: Action.SETTLE_RESERVE,
    Move.RESERVE_MAINTAINED: Action.SETTLE_RESERVE,
    Move.REOPENING: Action.REOPEN,
    Move.REOPENING_CONSENT: Action.REOPEN,
    Move.QUESTION: Action.ASK,
    Move.ANSWER: Action.ASK,
    Move.COMMENT: Action.COMMENT,
}
