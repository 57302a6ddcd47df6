"""Every fact, in the past tense. Names are stored in the history and never renamed.

A payload holds facts only (ids, fingerprints, numbers as strings, whole cents): no float, no French, no HTML.
Texts of versions and messages are in the payload: they are the facts that the chain proves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from negotiation.rules.vocabulary import Circle, Move

Payload = Mapping[str, object]


class Kind(StrEnum):
    NEGOTIATION_IMPORTED = "negotiation.imported"
    CLAUSE_PROPOSED = "clause.proposed"
    CLAUSE_COUNTERED = "clause.countered"
    CLAUSE_ACCEPTED = "clause.accepted"
    CLAUSE_REJECTED = "clause.rejected"
    CLAUSE_WITHDRAWN = "clause.withdrawn"
    CLAUSE_AGREED = "clause.agreed"
    CLAUSE_REOPENED = "clause.reopened"
    RESERVE_STATED = "reserve.stated"
    RESERVE_LIFTED = "reserve.lifted"
    RESERVE_MAINTAINED = "reserve.maintained"
    REOPENING_REQUESTED = "reopening.requested"
    REOPENING_CONSENTED = "reopening.consented"
    ABANDONMENT_REQUESTED = "abandonment.requested"
    ABANDONMENT_CONSENTED = "abandonment.consented"
    CLAUSE_ABANDONED = "clause.abandoned"
    CONCERNED_REQUESTED = "concerned.requested"
    CONCERNED_CONSENTED = "concerned.consented"
    CONCERNED_CHANGED = "concerned.changed"
    REQUEST_REFUSED = "request.refused"
    REQUEST_WITHDRAWN = "request.withdrawn"
    QUESTION_ASKED = "question.asked"
    QUESTION_ANSWERED = "question.answered"
    COMMENT_WRITTEN = "comment.written"
    DRAFT_NOTED = "draft.noted"
    MESSAGE_SENT = "message.sent"
    WORDS_RECALLED = "words.recalled"
    """A comment or message taken back within its delay: its own payload is erased."""
    THREAD_RESOLVED = "thread.resolved"
    THREAD_REOPENED = "thread.reopened"
    TASK_OPENED = "task.opened"
    TASK_CHANGED = "task.changed"
    TASK_SETTLED = "task.settled"
    NEGOTIATION_OPENED = "negotiation.opened"
    PERIMETER_CHANGED = "perimeter.changed"
    PHASE_CHANGED = "phase.changed"
    CONSULTATION_RECORDED = "consultation.recorded"
    PART_ADDED = "part.added"
    PART_CHANGED = "part.changed"
    PART_MOVED = "part.moved"
    PART_DROPPED = "part.dropped"
    PART_RESTORED = "part.restored"
    CLAUSE_ADDED = "clause.added"
    CLAUSE_SPLIT = "clause.split"
    CLAUSE_WRITTEN = "clause.written"
    """The working text of a clause that nobody has tabled yet."""
    PARTY_JOINED = "party.joined"
    MEMBER_INVITED = "member.invited"
    MEMBER_CHANGED = "member.changed"
    MEMBER_LEFT = "member.left"
    DELEGATION_SET = "delegation.set"
    DELEGATION_ENDED = "delegation.ended"
    DELEGATION_USED = "delegation.used"
    """A shared act that its author could do for an absent colleague only."""
    VISA_RULE_SET = "visa_rule.set"
    VISA_ASKED = "visa.asked"
    VISA_REMINDED = "visa.reminded"
    VISA_GIVEN = "visa.given"
    VISA_REFUSED = "visa.refused"
    VISA_CANCELLED = "visa.cancelled"
    MANDATE_SET = "mandate.set"
    SEANCE_PLANNED = "seance.planned"
    SEANCE_CHANGED = "seance.changed"
    SEANCE_CANCELLED = "seance.cancelled"
    SEANCE_OPENED = "seance.opened"
    SEANCE_CHAIRED = "seance.chaired"
    SEANCE_CLOSED = "seance.closed"
    DECISION_RECORDED = "decision.recorded"
    """Words come with what became of it: until then it may be cancelled."""
    DECISION_CONFIRMED = "decision.confirmed"
    DECISION_BOUND = "decision.bound"
    DECISION_UNBOUND = "decision.unbound"
    DECISION_CANCELLED = "decision.cancelled"
    MINUTES_DRAWN_UP = "minutes.drawn_up"
    MINUTES_APPROVED = "minutes.approved"
    """By every party that decides: the fingerprint of the relevé, and of each of its passages."""
    REVIEW_OPENED = "review.opened"
    """The dialogue de gestion of a year, or the final evaluation."""
    REVIEW_APPROVED = "review.approved"
    """By every party that decides: the fingerprint of the whole, and of each of its values."""
    AVENANT_OPENED = "avenant.opened"
    """In the chain of the contract: which avenant, to what; its own chain says from which text it starts."""
    AVENANT_SIGNED = "avenant.signed"
    AVENANT_CLOSING = "avenant.closing"
    """A party would close an avenant without follow-up; every party that decides consents."""
    AVENANT_CLOSED = "avenant.closed"
    FREEZE_REQUESTED = "freeze.requested"
    FREEZE_CANCELLED = "freeze.cancelled"
    VERSION_FROZEN = "version.frozen"
    VERSION_SIGNED = "version.signed"
    VERSION_DECLINED = "version.declined"
    """A signatory says why he doesn't sign."""
    VERSION_LOCKED = "version.locked"
    """All signed: the file is closed, and has this fingerprint."""
    REOPENING_ASKED = "version.reopening_asked"
    """A party wants the frozen version reopened, before anybody signs it."""
    REOPENING_AGREED = "version.reopening_agreed"
    REOPENING_DECLINED = "version.reopening_declined"
    REOPENING_TAKEN_BACK = "version.reopening_taken_back"
    """The request itself, or one party's consent to it."""
    VERSION_VOIDED = "version.voided"
    """Every party consented: this frozen version is none any more."""
    SIGNATURE_DELEGATED = "signature.delegated"
    SIGNATURE_REMINDED = "signature.reminded"
    PAPER_BROUGHT = "signature.paper_brought"
    """The scan of a signature by hand, by its fingerprint; it counts once each other party confirmed it."""
    PAPER_CONFIRMED = "signature.paper_confirmed"
    ACT_JOINED = "signature.act_joined"
    """The file of the act that authorises a signatory, by its fingerprint, before he signs."""
    SIGNING_TERMS_SET = "signing.terms_set"
    ARCHIVE_EXPORTED = "archive.exported"
    WORD_EXPORTED = "word.exported"
    """A text left for Word: which part, and how; in the chain of the party of whoever took it."""
    INSIDE_FATE_CHOSEN = "inside.fate_chosen"
    """What becomes of a party's inside after the signature, in its own chain."""
    INSIDE_DESTRUCTION_ANNOUNCED = "inside.destruction_announced"
    INSIDE_DESTROYED = "inside.destroyed"
    """How many rows of each kind went, and no word of them."""
    FACT_DISCLOSED = "fact.disclosed"
    """A fact of a party's inside that the party lets everybody read, with what opens its commitment."""


class Signal(StrEnum):
    """What open pages are told and no chain keeps: where the screens of a séance are, who came, what is planned."""

    SEANCE_POINTED = "seance.pointed"
    SEANCE_ATTENDED = "seance.attended"
    SEANCE_AGENDA = "seance.agenda"


KIND_OF_MOVE: dict[Move, Kind] = {
    Move.PROPOSAL: Kind.CLAUSE_PROPOSED,
    Move.COUNTER_PROPOSAL: Kind.CLAUSE_COUNTERED,
    Move.ACCEPTANCE: Kind.CLAUSE_ACCEPTED,
    Move.REJECTION: Kind.CLAUSE_REJECTED,
    Move.WITHDRAWAL: Kind.CLAUSE_WITHDRAWN,
    Move.RESERVE: Kind.RESERVE_STATED,
    Move.RESERVE_LIFTED: Kind.RESERVE_LIFTED,
    Move.RESERVE_MAINTAINED: Kind.RESERVE_MAINTAINED,
    Move.REOPENING: Kind.REOPENING_REQUESTED,
    Move.REOPENING_CONSENT: Kind.REOPENING_CONSENTED,
    Move.ABANDONMENT: Kind.ABANDONMENT_REQUESTED,
    Move.ABANDONMENT_CONSENT: Kind.ABANDONMENT_CONSENTED,
    Move.CONCERNED_CHANGE: Kind.CONCERNED_REQUESTED,
    Move.CONCERNED_CONSENT: Kind.CONCERNED_CONSENTED,
    Move.REQUEST_REFUSAL: Kind.REQUEST_REFUSED,
    Move.REQUEST_WITHDRAWAL: Kind.REQUEST_WITHDRAWN,
    Move.QUESTION: Kind.QUESTION_ASKED,
    Move.ANSWER: Kind.QUESTION_ANSWERED,
    Move.COMMENT: Kind.COMMENT_WRITTEN,
}


@dataclass(frozen=True)
class Event:
    """Something that happened, in one circle of one negotiation; a signal is only announced.

    `actor` is a member id, or `import` / `platform`.
    """

    kind: Kind | Signal
    negotiation_id: str
    circle: Circle
    actor: str
    payload: Payload
    clause_id: str | None = None
    part_id: str | None = None
    seance_id: str | None = None
