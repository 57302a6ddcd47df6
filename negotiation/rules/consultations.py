"""Who is heard before a CPOM is signed, and what each party's file is expected to hold of it.

Sources: domain reference, « Phase 4 » (consultations of the ESSMS and of the gestionnaire, then deliberations), 5.10,
checks V24 and V25. What is missing blocks nothing: some contracts need less.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from negotiation.rules.vocabulary import PartyKind


class ConsultationKind(StrEnum):
    OPINION = "avis"
    INFORMATION = "information"
    DELIBERATION = "deliberation"


@dataclass(frozen=True)
class Expected:
    """A body that a party is expected to have heard. `names`: how files and people call it, without accents or case."""

    body: str
    named: str
    kind: ConsultationKind
    names: frozenset[str]


WORKS_COUNCIL = Expected("CSE", "l’avis du CSE", ConsultationKind.OPINION, frozenset({"cse", "irp", "cssct"}))
RESIDENTS_COUNCIL = Expected("CVS", "l’avis du CVS", ConsultationKind.OPINION, frozenset({"cvs"}))
BOARD = Expected(
    "CA",
    "la délibération du conseil d’administration",
    ConsultationKind.DELIBERATION,
    frozenset({"ca", "conseil d'administration", "ag", "bureau", "conseil de surveillance"}),
)
ASSEMBLY = Expected(
    "Assemblée départementale",
    "la délibération de l’assemblée",
    ConsultationKind.DELIBERATION,
    frozenset({"assemblee departementale", "commission permanente", "conseil metropolitain"}),
)
EXPECTED: dict[PartyKind, tuple[Expected, ...]] = {
    PartyKind.GESTIONNAIRE: (WORKS_COUNCIL, RESIDENTS_COUNCIL, BOARD),
    PartyKind.DEPARTMENT: (ASSEMBLY,),
    PartyKind.METROPOLIS: (ASSEMBLY,),
}
"""The State and its agencies deliberate before nobody."""
TO_THE_STATE = frozenset({PartyKind.DEPARTMENT, PartyKind.METROPOLIS})
"""Parties whose deliberations are sent to the State before they bind (contrôle de légalité, V25)."""
_PLAIN = str.maketrans("éèêëàâîïôûüç’", "eeeeaaiiouuc'")


@dataclass(frozen=True)
class Missing:
    """What nobody recorded: a body not heard, or a deliberation not sent to the State. `party`: the key of the party
    whose it is."""

    party: str
    named: str


def missing(
    parties: Iterable[tuple[str, PartyKind]], recorded: Iterable[tuple[str, str, str, bool]]
) -> tuple[Missing, ...]:
    """In the order of the parties. `parties`: (key, kind); `recorded`: (party key, body, kind, sent to the State)."""
    told = [(party, body.strip().casefold().translate(_PLAIN), kind, sent) for party, body, kind, sent in recorded]
    found: list[Missing] = []
    for key, kind in parties:
        for expected in EXPECTED.get(kind, ()):
            heard = [each for each in told if each[0] == key and each[1] in expected.names]
            if not heard:
                found.append(Missing(key, expected.named))
        decided = [each for each in told if each[0] == key and each[2] == ConsultationKind.DELIBERATION]
        if kind in TO_THE_STATE and decided and not any(sent for *_, sent in decided):
            found.append(Missing(key, "la transmission de la délibération à l’État"))
    return tuple(found)
