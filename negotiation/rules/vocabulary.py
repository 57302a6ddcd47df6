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
    FACILITATOR = "TIERS"
    """« Accompagnement par un tiers »: neutral, sees what is shared."""
    EVALUATOR = "EVALUATEUR"
    """Reads what is shared, until an end date."""


class Side(StrEnum):
    GESTIONNAIRE = "gestionnaire"
    AUTHORITY = "autorite"
    ASSOCIATE = "associe"
    """A partner, a facilitator, an evaluator: reads what is shared, decides nothing."""


SIDE_OF_KIND: dict[PartyKind, Side] = {
    PartyKind.GESTIONNAIRE: Side.GESTIONNAIRE,
    PartyKind.PARTNER: Side.ASSOCIATE,
    PartyKind.FACILITATOR: Side.ASSOCIATE,
    PartyKind.EVALUATOR: Side.ASSOCIATE,
    **dict.fromkeys(
        (
            PartyKind.REGIONAL_HEALTH_AGENCY,
            PartyKind.DEPARTMENT,
            PartyKind.METROPOLIS,
            PartyKind.STATE,
            PartyKind.OTHER_ATC,
        ),
        Side.AUTHORITY,
    ),
}


class Right(StrEnum):
    """Rights as scenario files and member lists write them."""

    REFERENT = "referent"
    REDACTEUR = "redacteur"
    VALIDEUR = "valideur"
    SIGNATAIRE = "signataire"
    FINANCIER = "financier"
    LECTEUR = "lecteur"
    COMMENTATEUR = "commentateur"
    ADMINISTRATEUR = "administrateur"
    FACILITATEUR = "facilitateur"
    EVALUATEUR = "evaluateur"


class Role(StrEnum):
    """What a person may do for a party."""

    READER = "reader"
    COMMENTER = "commenter"
    DRAFTER = "drafter"
    NEGOTIATOR = "negotiator"
    SIGNATORY = "signatory"
    PARTY_ADMINISTRATOR = "party_administrator"
    """Invites and removes the members of one party, and sets its visas."""
    FACILITATOR = "facilitator"
    EVALUATOR = "evaluator"


ROLES_OF_RIGHT: dict[Right, frozenset[Role]] = {
    Right.REFERENT: frozenset({Role.DRAFTER, Role.PARTY_ADMINISTRATOR}),
    Right.REDACTEUR: frozenset({Role.DRAFTER}),
    Right.FINANCIER: frozenset({Role.DRAFTER}),
    Right.VALIDEUR: frozenset({Role.NEGOTIATOR}),
    Right.SIGNATAIRE: frozenset({Role.SIGNATORY}),
    Right.LECTEUR: frozenset({Role.READER}),
    Right.COMMENTATEUR: frozenset({Role.COMMENTER}),
    Right.ADMINISTRATEUR: frozenset({Role.PARTY_ADMINISTRATOR}),
    Right.FACILITATEUR: frozenset({Role.FACILITATOR}),
    Right.EVALUATEUR: frozenset({Role.EVALUATOR}),
}
"""The referent is the one name that every party gives from the first day: he invites the others."""


class Phase(StrEnum):
    """Domain reference section 3."""

    CADRAGE = "cadrage"
    DIAGNOSTIC = "diagnostic"
    NEGOTIATION = "negociation"
    SIGNATURE = "signature"
    FOLLOW_UP = "suivi"
    EVALUATION = "evaluation"


PHASES_OF_THE_TABLE = (Phase.CADRAGE, Phase.DIAGNOSTIC, Phase.NEGOTIATION, Phase.SIGNATURE)
"""Those that the parties go through before the gel, and say themselves: the others follow from the signature."""


class NegotiationStatus(StrEnum):
    IN_NEGOTIATION = "in_negotiation"
    SIGNED = "signed"
    IN_FORCE = "in_force"
    IN_EVALUATION = "in_evaluation"


class DocumentKind(StrEnum):
    CADRAGE = "cadrage"
    CONTRACT = "contrat"
    MINUTES = "releves"
    """The relevés of the séances: negotiated like the contract, and no part of it."""
    FOLLOW_UP = "suivi"
    """The yearly dialogues de gestion, once the contract is signed."""
    EVALUATION = "evaluation"
    """The final evaluation, in the last year."""


NEGOTIATED = (DocumentKind.CADRAGE, DocumentKind.CONTRACT)
"""What the table is there to agree on: relevés only tell how it came about."""


class PartKind(StrEnum):
    ARTICLE = "article"
    STRATEGIC_OBJECTIVE = "strategic_objective"
    OPERATIONAL_OBJECTIVE = "operational_objective"
    FICHE_ACTION = "fiche_action"
    INDICATOR = "indicator"
    FUNDING_LINE = "funding_line"
    FRAMING_SECTION = "framing_section"
    MINUTES = "minutes"
    """The relevé de décisions of one séance."""
    DIALOGUE = "dialogue"
    """The dialogue de gestion of one exercise year."""
    EVALUATION = "evaluation"


class ReviewKind(StrEnum):
    """What the parties look back on once the contract is signed; each is a part of its kind."""

    DIALOGUE = "dialogue"
    EVALUATION = "evaluation"


LIVE_AFTER_GEL = frozenset({PartKind.DIALOGUE, PartKind.EVALUATION})
"""What is written about a frozen contract, and never into it."""
OUTSIDE_CONTRACT = LIVE_AFTER_GEL | {PartKind.MINUTES}
"""What is negotiated by the same moves, and is no part of what is signed: it moves while the contract is frozen."""


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
    ABANDONMENT = "abandonment"
    ABANDONMENT_CONSENT = "abandonment_consent"
    CONCERNED_CHANGE = "concerned_change"
    """Asks that other parties than now agree on the clause."""
    CONCERNED_CONSENT = "concerned_consent"
    REQUEST_REFUSAL = "request_refusal"
    REQUEST_WITHDRAWAL = "request_withdrawal"
    QUESTION = "question"
    ANSWER = "answer"
    COMMENT = "comment"


TEXT_MOVES = frozenset({Move.PROPOSAL, Move.COUNTER_PROPOSAL})
"""Moves that table a version."""

TALK_MOVES = frozenset({Move.QUESTION, Move.ANSWER, Move.COMMENT})
"""Moves that change no state."""


class RequestKind(StrEnum):
    """What every concerned party must consent to: nobody does it alone."""

    REOPENING = "reopening"
    ABANDONMENT = "abandonment"
    CONCERNED = "concerned"


REQUEST_OF_MOVE: dict[Move, RequestKind] = {
    Move.REOPENING: RequestKind.REOPENING,
    Move.ABANDONMENT: RequestKind.ABANDONMENT,
    Move.CONCERNED_CHANGE: RequestKind.CONCERNED,
}
CONSENT_TO: dict[Move, RequestKind] = {
    Move.REOPENING_CONSENT: RequestKind.REOPENING,
    Move.ABANDONMENT_CONSENT: RequestKind.ABANDONMENT,
    Move.CONCERNED_CONSENT: RequestKind.CONCERNED,
}


class ReserveState(StrEnum):
    OPEN = "open"
    LIFTED = "lifted"
    MAINTAINED = "maintained"
    """Declared « maintenue au contrat »: printed with both positions, blocks nothing."""
    MOOT = "moot"
    """Its engagement was withdrawn."""


class Gesture(StrEnum):
    """What a party may keep at home until a named role has given its visa."""

    PROPOSAL = "proposal"
    ACCEPTANCE = "acceptance"


GESTURE_OF_MOVE: dict[Move, Gesture] = {
    Move.PROPOSAL: Gesture.PROPOSAL,
    Move.COUNTER_PROPOSAL: Gesture.PROPOSAL,
    Move.ACCEPTANCE: Gesture.ACCEPTANCE,
}


class VisaState(StrEnum):
    WAITING = "waiting"
    GIVEN = "given"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Notice(StrEnum):
    """What a person may be told about by e-mail, each with its own rhythm."""

    YOUR_TURN = "your_turn"
    MENTION = "mention"
    VOIDED = "voided"
    """An acceptance that my party had given fell."""
    VISA = "visa"
    TASK = "task"
    MOVES = "moves"
    TALK = "talk"
    TABLE = "table"
    """Members, parts, perimeter, gel, signatures."""
    RECEIPT = "receipt"
    """A binding move with the fingerprint of its version: mine, or one that commits or asks my party (trust T14)."""


class Rhythm(StrEnum):
    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


class Action(StrEnum):
    """What the policy decides on: every route and every socket event names one."""

    # open to anybody
    SIGN_IN = "sign_in"
    VERIFY = "verify"
    # oneself
    SIGN_OUT = "sign_out"
    REAUTHENTICATE = "reauthenticate"
    LIST_OWN_NEGOTIATIONS = "list_own_negotiations"
    OPEN_NEGOTIATION = "open_negotiation"
    WRITE_TRAME = "write_trame"
    SET_NOTICES = "set_notices"
    UNSUBSCRIBE = "unsubscribe"
    # reading
    READ_TABLE = "read_table"
    READ_CLAUSE = "read_clause"
    READ_HISTORY = "read_history"
    EXPORT = "export"
    WATCH = "watch"
    SEARCH = "search"
    KEEP_VIEW = "keep_view"
    # talking
    COMMENT = "comment"
    SEND_MESSAGE = "send_message"
    SETTLE_THREAD = "settle_thread"
    WRITE_TASK = "write_task"
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
    ABANDON = "abandon"
    CHANGE_CONCERNED = "change_concerned"
    ANSWER_REQUEST = "answer_request"
    # shaping what is negotiated
    SHAPE = "shape"
    """Add, order, split, drop parts and clauses; describe the perimeter."""
    MOVE_PHASE = "move_phase"
    RECORD_CONSULTATION = "record_consultation"
    # one party's inside
    READ_INSIDE = "read_inside"
    GIVE_VISA = "give_visa"
    SET_MANDATE = "set_mandate"
    DELEGATE = "delegate"
    MANAGE_MEMBERS = "manage_members"
    CHOOSE_FATE = "choose_fate"
    DISCLOSE = "disclose"
    # live drafts
    READ_DRAFT = "read_draft"
    WRITE_DRAFT = "write_draft"
    # séances
    FOLLOW_SEANCE = "follow_seance"
    """Read it, be noted as present, follow its chair."""
    PLAN_SEANCE = "plan_seance"
    CHAIR_SEANCE = "chair_seance"
    RECORD_DECISION = "record_decision"
    # closing
    REQUEST_FREEZE = "request_freeze"
    SIGN = "sign"
    # following what was signed
    OPEN_REVIEW = "open_review"
    """Open the dialogue de gestion of a year, or the final evaluation."""
