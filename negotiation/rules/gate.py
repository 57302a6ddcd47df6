"""What keeps a contract from being frozen, clause by clause.

Sources: domain reference V20 (an acceptance missing at freeze), FORMAT.md (a withdrawn engagement blocks nothing),
architecture « Moves » (a reserve blocks unless its author maintains it to the contract).
"""

from dataclasses import dataclass
from enum import StrEnum

from negotiation.rules.checks_placeholders import to_complete
from negotiation.rules.lifecycle import Situation
from negotiation.rules.vocabulary import ClauseKind, ClauseState


class OpenReason(StrEnum):
    """Why the gel waits."""

    ENGAGEMENT_NOT_AGREED = "engagement_not_agreed"
    TEXT_NOT_AGREED = "text_not_agreed"
    RESERVE_OPEN = "reserve_open"
    REQUEST_PENDING = "request_pending"
    NO_SIGNATORY = "no_signatory"
    """Nobody at the table may sign for a party that decides: frozen, the contract could never be signed."""


@dataclass(frozen=True)
class AtGate:
    """A clause as the gate sees it. `text`, `value`: what stands in it, agreed or not."""

    kind: ClauseKind
    situation: Situation
    text: str = ""
    value: object = None

    @property
    def is_written(self) -> bool:
        """Whether anybody ever wrote anything here."""
        return bool(self.text) or self.value is not None or self.situation.versions > 0

    @property
    def is_to_complete(self) -> bool:
        """Whether what was put forth still holds words of the template between brackets: worth a look, never in the
        way."""
        return bool(to_complete(self.situation, self.text))


def open_reasons(clause: AtGate) -> tuple[OpenReason, ...]:
    """Every reason why this clause keeps the contract open; empty when it doesn't.

    A clause that nobody wrote is left empty and blocks nothing, unless it is an engagement: that one is owed an answer.
    """
    at = clause.situation
    if at.state is ClauseState.WITHDRAWN:
        return ()
    reasons: list[OpenReason] = []
    if at.state is not ClauseState.AGREED:
        if clause.kind is ClauseKind.ENGAGEMENT:
            reasons.append(OpenReason.ENGAGEMENT_NOT_AGREED)
        elif clause.is_written:
            reasons.append(OpenReason.TEXT_NOT_AGREED)
    if at.request:
        reasons.append(OpenReason.REQUEST_PENDING)
    if at.open_reserves:
        reasons.append(OpenReason.RESERVE_OPEN)
    return tuple(reasons)
