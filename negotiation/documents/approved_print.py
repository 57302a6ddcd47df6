"""What every party approved, printed again from its content: the same bytes as the PDF that was taken away."""

from collections.abc import Callable, Mapping
from typing import Any

from negotiation.documents.dialogue_print import print_dialogue
from negotiation.documents.evaluation_print import print_evaluation
from negotiation.documents.minutes_print import print_minutes
from negotiation.rules.vocabulary import ReviewKind

NAMES: dict[ReviewKind | None, str] = {
    None: "le relevé approuvé",
    ReviewKind.DIALOGUE: "le dialogue approuvé",
    ReviewKind.EVALUATION: "l’évaluation approuvée",
}
_PRINTED: dict[ReviewKind | None, Callable[..., bytes]] = {
    None: print_minutes,
    ReviewKind.DIALOGUE: print_dialogue,
    ReviewKind.EVALUATION: print_evaluation,
}


def print_approved(kind: ReviewKind | None, content: Mapping[str, Any], *, fingerprint: str) -> bytes:
    """`kind`: None for the relevé of a séance. Raises PrintFailure."""
    return _PRINTED[kind](content, fingerprint=fingerprint)
