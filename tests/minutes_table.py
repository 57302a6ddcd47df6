"""Relevés for tests: those of séances held or told at a table of `tests.builders`.

relevé = a_relevé(meeting, table.ars.dg)
relevé.approve(table.og.dg)
"""

from dataclasses import dataclass

from negotiation.services.bundles import Answer, accept_together
from negotiation.services.minutes import draw_up_minutes
from negotiation.services.moves import play
from negotiation.services.orders import Order, Played, Seen
from negotiation.services.visas import Submitted
from negotiation.store.queries.clauses import ClauseCard, cards_of_part
from negotiation.store.queries.minutes import MinutesView, minutes_of
from tests.builders import Person, Table
from tests.seance_table import Meeting


def a_relevé(meeting: Meeting, person: Person) -> "Relevé":
    """Drawn up by this person, of a séance that is over."""
    with meeting.table.store.unit_of_work() as uow:
        draw_up_minutes(uow, person.actor, meeting.id)
    return Relevé(meeting.table, meeting.id)


@dataclass(frozen=True)
class Relevé:
    """A relevé under test. Passages are named by their key: `seance`, `decision.1`, `actions`…"""

    table: Table
    seance_id: str

    @property
    def view(self) -> MinutesView:
        with self.table.store.reading() as session:
            found = minutes_of(session, self.table.og.dg.actor, self.seance_id)
        assert found is not None
        return found

    @property
    def cards(self) -> dict[str, ClauseCard]:
        with self.table.store.reading() as session:
            cards = cards_of_part(session, self.table.og.dg.actor, self.view.part_id)
        return {card.field: card for card in cards}

    def text(self, key: str) -> str:
        return self.cards[key].text

    @property
    def words(self) -> str:
        """All of it, with the names of its passages."""
        return "\n\n".join(f"{card.label}\n\n{card.text}" for card in self.cards.values())

    def approve(self, person: Person) -> tuple[Submitted, ...]:
        """Every passage that waits for that person's party, in one gesture."""
        answers = self.awaited_of(person)
        with self.table.store.unit_of_work() as uow:
            return accept_together(uow, person.actor, answers)

    def awaited_of(self, person: Person) -> list[Answer]:
        """What that person's party has to approve, as its page shows it."""
        party = person.member.party_id
        return [Answer(card.id, _seen(card)) for card in self.cards.values() if card.waits_for_party(party)]

    def play(self, person: Person, key: str, order: Order) -> Played:
        with self.table.store.unit_of_work() as uow:
            return play(uow, person.actor, self.cards[key].id, order)

    def seen(self, key: str) -> Seen:
        return _seen(self.cards[key])


def _seen(card: ClauseCard) -> Seen:
    current = card.situation.current
    return Seen(current.number, current.fingerprint) if current else Seen()
