"""The words of moves and phases, once: nouns for lists, tables, plots and files."""

from collections.abc import Mapping

from negotiation.rules.vocabulary import Move, Phase

MOVE_WORDS: Mapping[str, str] = {
    Move.PROPOSAL: "proposition",
    Move.COUNTER_PROPOSAL: "contre-proposition",
    Move.ACCEPTANCE: "accord",
    Move.REJECTION: "refus",
    Move.WITHDRAWAL: "retrait",
    Move.RESERVE: "réserve",
    Move.RESERVE_LIFTED: "réserve levée",
    Move.RESERVE_MAINTAINED: "réserve maintenue au contrat",
    Move.REOPENING: "demande de réouverture",
    Move.REOPENING_CONSENT: "réouverture acceptée",
    Move.ABANDONMENT: "demande d’abandon",
    Move.ABANDONMENT_CONSENT: "abandon accepté",
    Move.CONCERNED_CHANGE: "demande de changer les parties concernées",
    Move.CONCERNED_CONSENT: "parties concernées acceptées",
    Move.REQUEST_REFUSAL: "refus de la demande",
    Move.REQUEST_WITHDRAWAL: "retrait de la demande",
    Move.QUESTION: "question",
    Move.ANSWER: "réponse",
    Move.COMMENT: "commentaire",
}
SHORT_MOVE_WORDS: Mapping[Move, str] = {
    Move.RESERVE_MAINTAINED: "Maintenue",
    Move.RESERVE_LIFTED: "Levée",
    Move.REOPENING: "Demande",
    Move.REOPENING_CONSENT: "Consent",
    Move.ABANDONMENT: "Demande",
    Move.ABANDONMENT_CONSENT: "Consent",
    Move.CONCERNED_CHANGE: "Demande",
    Move.CONCERNED_CONSENT: "Consent",
    Move.REQUEST_REFUSAL: "Refus",
    Move.REQUEST_WITHDRAWAL: "Retrait",
    Move.COMMENT: "Comm.",
}
"""Where there is little room."""
MOVE_SIGNS: Mapping[Move, str] = {
    Move.QUESTION: "?",
    Move.ANSWER: "R",
    Move.COMMENT: "…",
    Move.ACCEPTANCE: "seal",
    Move.REJECTION: "×",
    Move.WITHDRAWAL: "−",
    Move.RESERVE: "!",
    Move.RESERVE_LIFTED: "+",
    Move.RESERVE_MAINTAINED: "!",
}
"""In the lanes. A text has the shape of its party; what is asked of all, an arrow."""
REQUEST_SIGN = "→"
PHASE_WORDS: Mapping[str, str] = {
    Phase.CADRAGE: "Cadrage",
    Phase.DIAGNOSTIC: "Diagnostic",
    Phase.NEGOTIATION: "Négociation",
    Phase.SIGNATURE: "Rédaction et signature",
    Phase.FOLLOW_UP: "Suivi",
    Phase.EVALUATION: "Évaluation",
}


def move_fr(move: object) -> str:
    """« contre-proposition »; nothing for what is no move."""
    return MOVE_WORDS.get(str(move), "")


def phase_fr(phase: object) -> str:
    """« Rédaction et signature »; nothing where the fact was withheld."""
    return PHASE_WORDS.get(str(phase), "")
