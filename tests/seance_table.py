"""Séances for tests: planned and opened through the services, at a table of `tests.builders`.

meeting = an_open_seance(table, table.ars.dg)
decision = meeting.agree(table.og.dg, "en01")
meeting.a_minute_passes()
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.seances import DELAY, DecisionKind, DecisionState
from negotiation.services.orders import Seen
from negotiation.services.seance_binding import bind_decision
from negotiation.services.seance_decisions import Resolution, cancel_decision, confirm_decision, record_decision
from negotiation.services.seances import Plan, close_seance, open_seance, plan_seance
from negotiation.store import Store
from negotiation.store.columns import now
from negotiation.store.queries.decided import DecisionView, decision_view, due_decisions
from negotiation.store.queries.seances import SeanceView, seance_view
from negotiation.store.seances import SeanceDecision
from tests.builders import Person, Table

A_DAY = date(2026, 7, 9)


def a_plan(**wanted: Any) -> Plan:
    return Plan(**{"title": "Co-rédaction 2", "on": A_DAY, "start": "09:00", "end": "12:30"} | wanted)


def a_seance(table: Table, planner: Person, **wanted: Any) -> "Meeting":
    with table.store.unit_of_work() as uow:
        return Meeting(table, plan_seance(uow, planner.actor, a_plan(**wanted)))


def an_open_seance(table: Table, chair: Person, **wanted: Any) -> "Meeting":
    meeting = a_seance(table, chair, **wanted)
    with table.store.unit_of_work() as uow:
        open_seance(uow, chair.actor, meeting.id)
    return meeting


def bind_what_is_due(store: Store) -> int:
    """As the server's round does: how many decisions were settled."""
    with store.reading() as session:
        due = due_decisions(session, now())
    settled = 0
    for decision_id in due:
        with store.unit_of_work() as uow:
            settled += bind_decision(uow, decision_id, now())
    return settled


@dataclass(frozen=True)
class Meeting:
    """A séance under test."""

    table: Table
    id: str

    def seen_by(self, person: Person) -> SeanceView:
        with self.table.store.reading() as session:
            return seance_view(session, person.actor, self.id)

    def decided(self, decision_id: str) -> DecisionView:
        with self.table.store.reading() as session:
            return decision_view(session, self.table.og.dg.actor, decision_id)[1]

    def state(self, decision_id: str) -> DecisionState:
        return self.decided(decision_id).state

    def record(self, person: Person, kind: DecisionKind, clause: str | None = None, **rest: Any) -> str:
        """What was seen is what stands, unless `seen` says otherwise."""
        tabled = self.table.current(clause) if clause else None
        seen = Seen(tabled.number, tabled.fingerprint) if tabled else Seen()
        clause_id = self.table.clause_id(clause) if clause else None
        resolution = Resolution(kind, **{"clause_id": clause_id, "seen": seen} | rest)
        with self.table.store.unit_of_work() as uow:
            return record_decision(uow, person.actor, self.id, resolution)

    def agree(self, person: Person, clause: str, **rest: Any) -> str:
        return self.record(person, DecisionKind.AGREEMENT, clause, **rest)

    def confirm(self, person: Person, decision_id: str) -> None:
        with self.table.store.unit_of_work() as uow:
            confirm_decision(uow, person.actor, decision_id)

    def cancel(self, person: Person, decision_id: str) -> None:
        with self.table.store.unit_of_work() as uow:
            cancel_decision(uow, person.actor, decision_id)

    def close(self, person: Person) -> None:
        with self.table.store.unit_of_work() as uow:
            close_seance(uow, person.actor, self.id)

    def age(self, by: timedelta = DELAY) -> None:
        """What waits was noted and decided so long ago."""
        with self.table.store.unit_of_work() as uow:
            here = col(SeanceDecision.seance_id) == self.id
            for decision in uow.session.execute(select(SeanceDecision).where(here)).scalars():
                decision.recorded_at -= by
                if decision.binds_at is not None:
                    decision.binds_at -= by

    def a_minute_passes(self) -> int:
        """As the server's round goes: how many decisions were settled."""
        self.age()
        return bind_what_is_due(self.table.store)
