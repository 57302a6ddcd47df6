"""Who may sit at a table and how: the kinds of party that may join, the rights that each may give, signs and keys.

Sources: domain reference section 2; issue « Members ».
"""

import re
import unicodedata
from collections.abc import Collection

from negotiation.rules.vocabulary import SIDE_OF_KIND, PartyKind, Right, Side

_DECIDING = (
    Right.REFERENT,
    Right.ADMINISTRATEUR,
    Right.REDACTEUR,
    Right.FINANCIER,
    Right.VALIDEUR,
    Right.SIGNATAIRE,
    Right.COMMENTATEUR,
    Right.LECTEUR,
)
_ASSOCIATED = {
    PartyKind.PARTNER: (Right.ADMINISTRATEUR, Right.COMMENTATEUR, Right.LECTEUR),
    PartyKind.FACILITATOR: (Right.ADMINISTRATEUR, Right.FACILITATEUR, Right.LECTEUR),
    PartyKind.EVALUATOR: (Right.ADMINISTRATEUR, Right.EVALUATEUR, Right.LECTEUR),
}
_FIRST = {
    PartyKind.PARTNER: (Right.ADMINISTRATEUR, Right.COMMENTATEUR),
    PartyKind.FACILITATOR: (Right.ADMINISTRATEUR, Right.FACILITATEUR),
    PartyKind.EVALUATOR: (Right.ADMINISTRATEUR, Right.EVALUATEUR),
}
MAY_JOIN = (
    PartyKind.PARTNER,
    PartyKind.FACILITATOR,
    PartyKind.EVALUATOR,
    PartyKind.REGIONAL_HEALTH_AGENCY,
    PartyKind.DEPARTMENT,
    PartyKind.METROPOLIS,
    PartyKind.STATE,
    PartyKind.OTHER_ATC,
)
"""A table has one gestionnaire, from its first day."""
_LETTERS = {
    PartyKind.GESTIONNAIRE: "G",
    PartyKind.REGIONAL_HEALTH_AGENCY: "A",
    PartyKind.DEPARTMENT: "D",
    PartyKind.METROPOLIS: "D",
    PartyKind.STATE: "E",
    PartyKind.OTHER_ATC: "T",
    PartyKind.PARTNER: "P",
    PartyKind.FACILITATOR: "F",
    PartyKind.EVALUATOR: "V",
}
_LONGEST_KEY = 30
"""Characters: a member's key, made of two of them, is the actor of a link of the history (80 at most)."""


def rights_of_kind(kind: PartyKind) -> tuple[Right, ...]:
    """The rights that such a party may give, in the order in which a form shows them."""
    return _ASSOCIATED.get(kind, _DECIDING)


def first_rights(kind: PartyKind) -> tuple[Right, ...]:
    """The rights of whoever is invited to bring such a party to the table."""
    return _FIRST.get(kind, (Right.REFERENT,))


def decides(kind: PartyKind) -> bool:
    return SIDE_OF_KIND[kind] is not Side.ASSOCIATE


def leaves_one_day(kind: PartyKind) -> bool:
    """Whether its members are invited until a day: an evaluator has no business here afterwards (trust T31)."""
    return kind is PartyKind.EVALUATOR


def free_letter(kind: PartyKind, taken: Collection[str]) -> str:
    """The sign of a party that joins: that of its kind, numbered when another has it. No sign ever changes."""
    letter = _LETTERS[kind]
    if not any(sign.rstrip("0123456789") == letter for sign in taken):
        return letter
    return next(f"{letter}{number}" for number in range(2, 100) if f"{letter}{number}" not in taken)


def free_key(words: str, taken: Collection[str], *, within: str = "") -> str:
    """A readable key that nobody has: « dreets », « dreets.cheffe-de-service-2 » within the party `dreets`."""
    stem = f"{within[:_LONGEST_KEY]}.{_plain(words)}" if within else _plain(words)
    numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return stem if stem not in taken else next(key for key in numbered if key not in taken)


def _plain(words: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only)[:_LONGEST_KEY].strip("-") or "x"
