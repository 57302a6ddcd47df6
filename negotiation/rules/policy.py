"""Who may do what: one table, one function.

`decide` answers HIDE for what belongs to another side's inside or to another negotiation, so that it reads exactly like
what doesn't exist; REFUSE for what the person sees but may not do; ALLOW otherwise. Sources: architecture « Policy »,
FORMAT.md « Rights », trust T1.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from negotiation.rules.vocabulary import SHARED, Action, Audience, Circle, Move, Role, Side


class Decision(StrEnum):
    ALLOW = "allow"
    REFUSE = "refuse"
    HIDE = "hide"


class Method(StrEnum):
    """How the person was recognised."""

    LINK = "link"
    PASSWORD = "password"
    DECLARED = "declared"
    """An import: the file says who did it, nobody signed in."""


@dataclass(frozen=True)
class Authentication:
    """How and when the person was last recognised. Every move keeps how (trust T14)."""

    method: Method
    at: datetime


@dataclass(frozen=True)
class Actor:
    """A person acting for a party in one negotiation. `key` is the member's readable id (« og.dg »)."""

    person_id: str
    member_id: str
    party_id: str
    negotiation_id: str
    side: Side
    roles: frozenset[Role]
    key: str
    authentication: Authentication
    lent: frozenset[Role] = frozenset()
    """Those of the roles that only absent colleagues lend."""

    @property
    def is_declared(self) -> bool:
        return self.authentication.method is Method.DECLARED


@dataclass(frozen=True)
class Target:
    """What the action is about: a negotiation, and the circle of the thing."""

    negotiation_id: str
    circle: Circle = field(default=SHARED)


EVERYONE = frozenset(Role)
COMMENTERS = frozenset({Role.COMMENTER, Role.DRAFTER, Role.NEGOTIATOR, Role.SIGNATORY, Role.FACILITATOR})
DRAFTERS = frozenset({Role.DRAFTER, Role.NEGOTIATOR})
NEGOTIATORS = frozenset({Role.NEGOTIATOR})
SIGNATORIES = frozenset({Role.SIGNATORY})
ADMINISTRATORS = frozenset({Role.PARTY_ADMINISTRATOR})
DECIDERS = NEGOTIATORS | SIGNATORIES
"""Who commits the party."""
CHAIRS = DRAFTERS | {Role.FACILITATOR}
"""Who holds a séance: anybody who works on the text, or who is there for that."""

ROLES: dict[Action, frozenset[Role]] = {
    Action.READ_TABLE: EVERYONE,
    Action.READ_CLAUSE: EVERYONE,
    Action.READ_HISTORY: EVERYONE,
    Action.EXPORT: EVERYONE,
    Action.WATCH: EVERYONE,
    Action.SEARCH: EVERYONE,
    Action.KEEP_VIEW: EVERYONE,
    Action.SETTLE_THREAD: COMMENTERS,
    Action.WRITE_TASK: COMMENTERS,
    Action.COMMENT: COMMENTERS,
    Action.SEND_MESSAGE: COMMENTERS,
    Action.MOVE: COMMENTERS,
    Action.TABLE_TEXT: DRAFTERS,
    Action.REJECT: DRAFTERS,
    Action.WITHDRAW: DRAFTERS,
    Action.STATE_RESERVE: DRAFTERS,
    Action.ASK: DRAFTERS,
    Action.ACCEPT: NEGOTIATORS,
    Action.SETTLE_RESERVE: NEGOTIATORS,
    Action.REOPEN: NEGOTIATORS,
    Action.ABANDON: NEGOTIATORS,
    Action.CHANGE_CONCERNED: NEGOTIATORS,
    Action.ANSWER_REQUEST: NEGOTIATORS,
    Action.SHAPE: DRAFTERS,
    Action.MOVE_PHASE: NEGOTIATORS,
    Action.RECORD_CONSULTATION: DRAFTERS | SIGNATORIES | ADMINISTRATORS,
    Action.READ_INSIDE: EVERYONE,
    Action.GIVE_VISA: EVERYONE,
    Action.SET_MANDATE: DECIDERS,
    Action.DELEGATE: COMMENTERS | ADMINISTRATORS,
    Action.MANAGE_MEMBERS: ADMINISTRATORS,
    Action.CHOOSE_FATE: ADMINISTRATORS | SIGNATORIES,
    Action.DISCLOSE: DECIDERS,
    Action.READ_DRAFT: EVERYONE,
    Action.WRITE_DRAFT: DRAFTERS,
    Action.FOLLOW_SEANCE: EVERYONE,
    Action.PLAN_SEANCE: CHAIRS,
    Action.CHAIR_SEANCE: CHAIRS,
    Action.RECORD_DECISION: COMMENTERS,
    Action.REQUEST_FREEZE: DECIDERS,
    Action.SIGN: SIGNATORIES,
    Action.OPEN_REVIEW: DRAFTERS,
}
"""Roles of which one suffices. Actions absent from this table concern nobody's negotiation (see OPEN_TO).

Whose visa is asked is the party's own rule: the role that it names is checked beside this table."""

ASSOCIATE_ACTIONS = frozenset(
    {
        Action.READ_TABLE,
        Action.READ_CLAUSE,
        Action.READ_HISTORY,
        Action.EXPORT,
        Action.WATCH,
        Action.COMMENT,
        Action.SEND_MESSAGE,
        Action.MOVE,
        Action.READ_DRAFT,
        Action.SEARCH,
        Action.KEEP_VIEW,
        Action.SETTLE_THREAD,
        Action.WRITE_TASK,
        Action.READ_INSIDE,
        Action.MANAGE_MEMBERS,
        Action.CHOOSE_FATE,
        Action.FOLLOW_SEANCE,
        Action.PLAN_SEANCE,
        Action.CHAIR_SEANCE,
        Action.RECORD_DECISION,
    }
)
"""A partner, a facilitator or an evaluator reads shared things and comments; never decides, never drafts.
What he records in a séance commits nobody until a member of the party confirms it."""


class OpenTo(StrEnum):
    ANYBODY = "anybody"
    SIGNED_IN = "signed_in"


OPEN_TO: dict[Action, OpenTo] = {
    Action.SIGN_IN: OpenTo.ANYBODY,
    Action.VERIFY: OpenTo.ANYBODY,
    Action.SIGN_OUT: OpenTo.SIGNED_IN,
    Action.REAUTHENTICATE: OpenTo.SIGNED_IN,
    Action.UNSUBSCRIBE: OpenTo.ANYBODY,
    Action.LIST_OWN_NEGOTIATIONS: OpenTo.SIGNED_IN,
    Action.OPEN_NEGOTIATION: OpenTo.SIGNED_IN,
    Action.WRITE_TRAME: OpenTo.SIGNED_IN,
    Action.SET_NOTICES: OpenTo.SIGNED_IN,
}

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
    Move.ABANDONMENT: Action.ABANDON,
    Move.ABANDONMENT_CONSENT: Action.ABANDON,
    Move.CONCERNED_CHANGE: Action.CHANGE_CONCERNED,
    Move.CONCERNED_CONSENT: Action.CHANGE_CONCERNED,
    Move.REQUEST_REFUSAL: Action.ANSWER_REQUEST,
    Move.REQUEST_WITHDRAWAL: Action.ANSWER_REQUEST,
    Move.QUESTION: Action.ASK,
    Move.ANSWER: Action.ASK,
    Move.COMMENT: Action.COMMENT,
}

FRESHNESS_SECONDS: dict[Action, int] = {
    Action.ACCEPT: 12 * 3600,
    Action.REOPEN: 12 * 3600,
    Action.ABANDON: 12 * 3600,
    Action.CHANGE_CONCERNED: 12 * 3600,
    Action.GIVE_VISA: 12 * 3600,
    Action.DISCLOSE: 12 * 3600,
    Action.REQUEST_FREEZE: 120,
    Action.SIGN: 120,
}
"""How recent the sign-in or re-authentication must be: a working day to commit the party, this moment to close."""

BY_PASSWORD = frozenset({Action.REQUEST_FREEZE, Action.SIGN})
"""A single-use link may have been forwarded: closing asks for what its person alone knows."""


def sees(actor: Actor, circle: Circle) -> bool:
    """Whether what belongs to this circle exists for this person."""
    if circle.audience is Audience.SHARED:
        return True
    if circle.audience is Audience.PARTY:
        return circle.party_id == actor.party_id
    return actor.side is Side.AUTHORITY


def circles_of(actor: Actor) -> tuple[Circle, ...]:
    """Every circle this person reads, the shared one first."""
    inside = [Circle.inside(actor.party_id)] if actor.party_id else []  # nobody in particular has none
    own = [SHARED, *inside, Circle(Audience.AUTHORITIES)]
    return tuple(circle for circle in own if sees(actor, circle))


def as_anybody(actor: Actor) -> Actor:
    """The same person as one who reads only what all at the table read: what is written for everybody is made of it."""
    return replace(actor, party_id="", side=Side.ASSOCIATE)


def decide(actor: Actor, action: Action, target: Target) -> Decision:
    """ALLOW, REFUSE or HIDE. The order matters: what is hidden never says that a right is missing."""
    if actor.negotiation_id != target.negotiation_id or not sees(actor, target.circle):
        return Decision.HIDE
    if actor.side is Side.ASSOCIATE and action not in ASSOCIATE_ACTIONS:
        return Decision.REFUSE
    return Decision.ALLOW if actor.roles & ROLES.get(action, frozenset()) else Decision.REFUSE


def is_fresh(actor: Actor, action: Action, now: datetime) -> bool:
    """Whether the person was recognised recently and well enough for this action; what a file declares isn't judged."""
    seconds = FRESHNESS_SECONDS.get(action)
    if seconds is None or actor.is_declared:
        return True
    if action in BY_PASSWORD and actor.authentication.method is not Method.PASSWORD:
        return False
    return now - actor.authentication.at <= timedelta(seconds=seconds)
