"""Two séances at once, in which people do whatever comes to their minds: most of it is refused, nothing is lost.

What is refused changes nothing; what is settled stays so; every decision that binds is one move of one member who may,
on the version that it names, and no other decision moved anything.

`NAVETTE_SEANCE_RUNS` mornings of `STEPS` acts each; `make faults` asks for 200.
"""

import os
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import Refusal
from negotiation.rules.seances import MOVE_OF_DECISION, SETTLED, DecisionKind, DecisionState, SeanceState
from negotiation.rules.vocabulary import Role
from negotiation.services.orders import Seen
from negotiation.services.seance_agenda import Item, add_point, move_point, point_at, remove_point
from negotiation.services.seance_attendance import attend, note_guest
from negotiation.services.seance_binding import request_of
from negotiation.services.seance_decisions import Voice
from negotiation.services.seances import leave_chair, open_seance, take_chair
from negotiation.store import Store
from negotiation.store.exchange import MoveRow
from negotiation.store.queries.decided import DecisionView
from negotiation.store.queries.seances import SeanceView
from negotiation.store.talk import Task
from tests.builders import Person, Table, a_table
from tests.seance_table import Meeting, a_seance, an_open_seance, bind_what_is_due

RUNS = int(os.environ.get("NAVETTE_SEANCE_RUNS", "2"))
STEPS = 60
CLAUSES = ("en01", "en02", "k01.markdown")
PARTIES = ("og", "ars", "cd")
NOWHERE = "99999999-9999-4999-8999-999999999999"

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


class Morning:
    """Two séances of one table, and who does what by chance."""

    def __init__(self, table: Table, chance: random.Random) -> None:
        self.table, self.chance = table, chance
        self.people = [
            getattr(getattr(table, party), role) for party in PARTIES for role in ("dg", "redac", "com", "lect")
        ]
        self.meetings = [an_open_seance(table, table.og.dg), an_open_seance(table, table.ars.dg)]
        for clause, author in zip(CLAUSES, (table.og.dg, table.ars.dg, table.cd.dg), strict=True):
            author.propose(clause, "Un premier texte.", value=95 if clause == "en01" else None)
        self.done = 0
        self.settled: dict[str, DecisionView] = {}
        self.look()

    # ------------------------------------------------------------------ what one may try

    def step(self) -> None:
        meeting, person = self.chance.choice(self.meetings), self.chance.choice(self.people)
        act = self.chance.choices([act for act, _ in ACTS], [weight for _, weight in ACTS])[0]
        before = self.seen
        try:
            act(self, meeting, person)
        except Refusal:
            assert self.look() == before, act.__name__
            return
        self.done += 1
        for view in self.look():
            self.check(view)

    def look(self) -> list[SeanceView]:
        self.seen = [meeting.seen_by(self.table.og.lect) for meeting in self.meetings]
        return self.seen

    def write(self, act: Callable[..., Any], meeting: Meeting, person: Person, *rest: Any, **named: Any) -> None:
        with self.table.store.unit_of_work() as uow:
            act(uow, person.actor, meeting.id, *rest, **named)

    def open(self, meeting: Meeting, person: Person) -> None:
        self.write(open_seance, meeting, person)

    def sit(self, meeting: Meeting, person: Person) -> None:
        named = self.chance.choice([None, *(each.member.id for each in self.people)])
        self.write(take_chair, meeting, person, instead_of=named)

    def stand_up(self, meeting: Meeting, person: Person) -> None:
        self.write(leave_chair, meeting, self.in_chair(meeting) or person)

    def arrange(self, meeting: Meeting, person: Person) -> None:
        person = self.in_chair(meeting) or person
        point = self.some_point(meeting)
        clause = self.chance.choice([*map(self.table.clause_id, CLAUSES), NOWHERE])
        act: tuple[Any, ...] = self.chance.choice(
            [
                (add_point, Item(clause_id=clause)),
                (add_point, Item(self.chance.choice(["La suite", ""]))),
                (remove_point, point),
            ]
        )
        self.write(act[0], meeting, person, *act[1:])

    def reorder(self, meeting: Meeting, person: Person) -> None:
        point, place = self.some_point(meeting), self.chance.randrange(-1, 5)
        self.write(move_point, meeting, self.in_chair(meeting) or person, point, place=place)

    def point(self, meeting: Meeting, person: Person) -> None:
        point = self.chance.choice([self.some_point(meeting), None])
        self.write(point_at, meeting, self.in_chair(meeting) or person, point)

    def come(self, meeting: Meeting, person: Person) -> None:
        if self.chance.random() < 0.5:
            self.write(attend, meeting, person)
            return
        chair = self.in_chair(meeting) or person
        self.write(note_guest, meeting, chair, party_id=self.table.cd.id, name=self.chance.choice(["Ada", "Bo"]))

    def decide(self, meeting: Meeting, person: Person) -> None:
        kind = self.chance.choice([DecisionKind.AGREEMENT] * 3 + list(DecisionKind))
        clause = (
            self.chance.choice([*CLAUSES, None]) if kind is not DecisionKind.AGREEMENT else self.chance.choice(CLAUSES)
        )
        rest: dict[str, Any] = {"text": self.chance.choice(["", "Ainsi.", "Autrement."])}
        if self.chance.random() < 0.5:
            rest["party_id"] = self.table.party_id(self.chance.choice(PARTIES))
        if self.chance.random() < 0.1:
            rest["seen"] = Seen(1, "0" * 64)
        if self.chance.random() < 0.1:
            rest["voice"] = Voice.PROPOSE
        if kind is DecisionKind.TASK:
            rest["owner"] = self.chance.choice(self.people).member.id
        meeting.record(person, kind, clause, **rest)

    def confirm(self, meeting: Meeting, person: Person) -> None:
        waiting = self.of_state(meeting, DecisionState.PROPOSED)
        if waiting and self.chance.random() < 0.8:
            decision = self.chance.choice(waiting)
            person = next(each for each in self.people if each.member.party_id == decision.party_id)
            meeting.confirm(person, decision.id)
        else:
            meeting.confirm(person, NOWHERE)

    def cancel(self, meeting: Meeting, person: Person) -> None:
        known = [each.id for each in meeting.seen_by(person).decisions]
        meeting.cancel(person, self.chance.choice([*known, NOWHERE]))

    def negotiate(self, meeting: Meeting, person: Person) -> None:
        clause = self.chance.choice(CLAUSES)
        value = self.chance.randrange(90, 99) if clause == "en01" else None
        number = self.chance.randrange(1000)
        self.chance.choice(
            [
                lambda: person.propose(clause, f"Texte {number}.", value=value),
                lambda: person.counter(clause, f"Autre texte {number}.", value=value),
                lambda: person.accept(clause),
                lambda: person.withdraw(clause),
            ]
        )()

    def wait(self, meeting: Meeting, person: Person) -> None:
        meeting.age(timedelta(seconds=self.chance.choice([20, 60])))
        bind_what_is_due(self.table.store)

    def close(self, meeting: Meeting, person: Person) -> None:
        if self.of_state(meeting, DecisionState.WAITING):
            meeting.a_minute_passes()
            return
        meeting.close(self.in_chair(meeting) or person)
        self.meetings[self.meetings.index(meeting)] = a_seance(self.table, self.table.cd.dg)

    # ------------------------------------------------------------------ what one finds

    def in_chair(self, meeting: Meeting) -> Person | None:
        """Whoever chairs, most of the time: otherwise anybody tries."""
        chair = meeting.seen_by(self.table.og.lect).card.chair_id
        found = [each for each in self.people if each.member.id == chair]
        return found[0] if found and self.chance.random() < 0.8 else None

    def some_point(self, meeting: Meeting) -> str:
        return self.chance.choice([*(each.id for each in meeting.seen_by(self.table.og.lect).points), NOWHERE])

    def of_state(self, meeting: Meeting, state: DecisionState) -> list[DecisionView]:
        return [each for each in meeting.seen_by(self.table.og.lect).decisions if each.state is state]

    def check(self, view: SeanceView) -> None:
        assert sum(point.is_current for point in view.points) == (view.point_id is not None)
        assert view.card.state is SeanceState.OPEN or view.point_id is None
        for decision in view.decisions:
            known = self.settled.get(decision.id)
            if known:
                assert (known.state, known.reason, known.move_id) == (decision.state, decision.reason, decision.move_id)
            elif decision.state in SETTLED:
                self.settled[decision.id] = decision


ACTS: tuple[tuple[Callable[[Morning, Meeting, Person], None], int], ...] = (
    (Morning.open, 3),
    (Morning.sit, 2),
    (Morning.stand_up, 1),
    (Morning.arrange, 3),
    (Morning.reorder, 1),
    (Morning.point, 2),
    (Morning.come, 1),
    (Morning.decide, 10),
    (Morning.confirm, 5),
    (Morning.cancel, 1),
    (Morning.negotiate, 8),
    (Morning.wait, 4),
    (Morning.close, 1),
)


@pytest.mark.parametrize("seed", range(1, RUNS + 1))
def test_whatever_people_try_in_a_seance_it_stays_true(store: Store, seed: int) -> None:
    table = a_table(store, parties=3)
    morning = Morning(table, random.Random(seed))
    for _ in range(STEPS):
        morning.step()
    assert morning.done > STEPS // 10, "a story in which nothing happens shows nothing"
    for meeting in morning.meetings:
        meeting.age()
    bind_what_is_due(store)
    for meeting in morning.meetings:
        morning.check(meeting.seen_by(table.og.lect))
    each_bound_decision_is_one_move(table, morning)


def each_bound_decision_is_one_move(table: Table, morning: Morning) -> None:
    with table.store.reading() as session:
        moves = {move.id: move for move in session.execute(select(MoveRow)).scalars()}
        asked = select(MoveRow).where(col(MoveRow.request_key).is_not(None))
        by_decision = {move.request_key: move for move in session.execute(asked).scalars()}
        tasks = {task.id for task in session.execute(select(Task)).scalars()}
    negotiators = {person.member.id for person in morning.people if Role.NEGOTIATOR in person.actor.roles}
    settled = morning.settled.values()
    bound = {request_of(each.id): each for each in settled if each.state is DecisionState.BOUND}
    assert by_decision.keys() <= bound.keys(), "what didn’t bind moved nothing"
    assert tasks == {each.task_id for each in bound.values() if each.task_id}
    for decision in bound.values():
        assert (decision.task_id is not None) == (decision.kind is DecisionKind.TASK)
        if decision.kind not in MOVE_OF_DECISION or decision.clause_id is None:
            assert decision.move_id is None
            continue
        move = moves[decision.move_id or ""]
        assert (move.type, move.clause_id, move.party_id) == (
            MOVE_OF_DECISION[decision.kind],
            decision.clause_id,
            decision.party_id,
        )
        if decision.kind is DecisionKind.AGREEMENT:
            assert move.version_id == decision.version_id
            assert move.member_id in negotiators
