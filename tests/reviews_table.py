"""Dialogues de gestion for tests, at a contract that three parties signed.

dialogue = a_dialogue(a_signed_table(store), table.og.dg)
dialogue.say(table.og.dg, "observed.i01", "Source : ERRD.", "93,2")
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from negotiation.rules.reviews import Standing
from negotiation.rules.vocabulary import Move, NegotiationStatus, ReviewKind
from negotiation.services.moves import play
from negotiation.services.orders import Order, Played, Seen
from negotiation.services.reviews import Meeting, open_dialogue
from negotiation.store import Announcing, Store
from negotiation.store.contract import Negotiation
from negotiation.store.queries.clauses import ClauseCard, cards_of_part
from negotiation.store.queries.reviews import ReviewView, review_of, standings_of
from negotiation.store.reviews import Review
from tests.builders import Person, Table, a_table
from tests.closing_table import closing_scenario

YEAR = 2024


def a_signed_table(store: Store, status: NegotiationStatus = NegotiationStatus.IN_FORCE) -> Table:
    """Signed as a file declares it, once for all tests; in force from 2024 to 2028."""
    content = closing_scenario(status="signed")
    content["signature"]["status"] = "signed"
    for engagement in content["engagements"]:
        engagement["status"] = "accepted"
    line = content["financial_lines"][0]
    line["amounts"] |= {str(YEAR): 31000}
    line["total"] += 31000
    return in_force(a_table(store, content), status)


def in_force(table: Table, status: NegotiationStatus = NegotiationStatus.IN_FORCE) -> Table:
    """The same frozen table, said signed, from 2024 to 2028."""
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        negotiation = uow.session.get_one(Negotiation, table.id)
        negotiation.status, negotiation.signed_on = status, date(2023, 12, 12)
        negotiation.contract_start, negotiation.contract_end = date(2024, 1, 1), date(2028, 12, 31)
    return table


def a_dialogue(table: Table, person: Person, *, year: int = YEAR, **meeting: Any) -> "Dialogue":
    """Opened by this person, held on 19 June of the next year unless told otherwise."""
    told = {"on": date(year + 1, 6, 19), "people": "Directeur général\nResponsable de l’offre"} | meeting
    with table.store.unit_of_work() as uow:
        open_dialogue(uow, person.actor, year, meeting=Meeting(**told))
    return Dialogue(table, year)


@dataclass(frozen=True)
class Dialogue:
    """A dialogue under test. Its clauses are named by their field: `observed.i01`, `conclusions`…"""

    table: Table
    year: int

    @property
    def view(self) -> ReviewView:
        with self.table.store.reading() as session:
            found = review_of(session, self.table.og.dg.actor, ReviewKind.DIALOGUE, self.year)
        assert found is not None
        return found

    @property
    def content(self) -> dict[str, Any]:
        """What was sealed."""
        with self.table.store.reading() as session:
            found: dict[str, Any] = json.loads(session.get_one(Review, self.view.id).content)
        return found

    def cards(self, person: Person | None = None) -> dict[str, ClauseCard]:
        with self.table.store.reading() as session:
            found = cards_of_part(session, (person or self.table.og.dg).actor, self.view.part_id)
        return {card.field: card for card in found}

    def standing(self, field: str) -> tuple[Standing, frozenset[str]]:
        card = self.cards()[field]
        with self.table.store.reading() as session:
            return standings_of(session, self.table.og.dg.actor, [card])[card.id]

    def say(self, person: Person, field: str, words: str, value: object = None, *, motive: str = "Motif.") -> Played:
        """Propose, or answer what stands by another."""
        tabled = self.cards()[field].situation.current
        move = Move.COUNTER_PROPOSAL if tabled else Move.PROPOSAL
        return self.play(person, field, move, text=words, value=value, motive=motive)

    def play(self, person: Person, field: str, move: Move, **told: Any) -> Played:
        card = self.cards()[field]
        with self.table.store.unit_of_work() as uow:
            return play(uow, person.actor, card.id, Order(move, seen=seen(card), **told))

    def approve(self, person: Person, *fields: str) -> None:
        """What waits for that person's party, or only these."""
        party = person.member.party_id
        for field, card in self.cards().items():
            if card.waits_for_party(party) and (not fields or field in fields):
                self.play(person, field, Move.ACCEPTANCE)


def seen(card: ClauseCard) -> Seen:
    current = card.situation.current
    return Seen(current.number, current.fingerprint) if current else Seen()
