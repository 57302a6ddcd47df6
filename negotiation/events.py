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
    QUESTION_ASKED = "question.asked"
    QUESTION_ANSWERED = "question.answered"
    COMMENT_WRITTEN = "comment.written"
    DRAFT_NOTED = "draft.noted"
    MESSAGE_SENT = "message.sent"
    FREEZE_REQUESTED = "freeze.requested"
    FREEZE_CANCELLED = "freeze.cancelled"
    VERSION_FROZEN = "version.frozen"
    VERSION_SIGNED = "version.signed"
    ARCHIVE_EXPORTED = "archive.exported"


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
    Move.QUESTION: Kind.QUESTION_ASKED,
    Move.ANSWER: Kind.QUESTION_ANSWERED,
    Move.COMMENT: Kind.COMMENT_WRITTEN,
}


@dataclass(frozen=True)
class Event:
    """Something that happened, in one circle of one negotiation. `actor` is a member id, or `import` / `platform`."""

    kind: Kind
    negotiation_id: str
    circle: Circle
    actor: str
    payload: Payload
    clause_id: str | None = None
    part_id: str | None = None
