"""The final evaluation for tests, at a contract that three parties signed.

evaluation = an_evaluation(a_signed_table(store), table.og.dg)
evaluation.say(table.og.dg, "outcome.en01", "Palier tenu.", "tenu")
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from negotiation.rules.vocabulary import ReviewKind
from negotiation.services.evaluating import open_evaluation
from negotiation.services.reviews import Meeting
from negotiation.store.queries.reviews import ReviewView, reviews_of
from tests.builders import Person, Table
from tests.reviews_table import Dialogue

REASON = "Les parties préparent le contrat suivant dès maintenant."


def an_evaluation(table: Table, person: Person, **told: Any) -> "EvaluationOf":
    """Opened by this person, before the last year, with a reason."""
    asked = {"reason": REASON, "meeting": Meeting(date(2026, 3, 2), "Évaluatrice extérieure")} | told
    with table.store.unit_of_work() as uow:
        opened = open_evaluation(uow, person.actor, **asked)
        return EvaluationOf(table, opened.year)


@dataclass(frozen=True)
class EvaluationOf(Dialogue):
    """An evaluation under test. Its clauses are named by their field: `outcome.en01`, `lessons`, `conclusions`…"""

    @property
    def view(self) -> ReviewView:
        with self.table.store.reading() as session:
            (found,) = reviews_of(session, self.table.og.dg.actor, ReviewKind.EVALUATION)
        return found
