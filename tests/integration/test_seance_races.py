"""Two servers at the same moment on one séance: everything happens once, and whoever comes second is told."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlmodel import col

from app.binding import bind_decisions
from negotiation.errors import Refusal
from negotiation.events import Kind
from negotiation.rules.seances import DELAY, DecisionKind, DecisionState
from negotiation.rules.vocabulary import SHARED, Move
from negotiation.services.bundles import accept_together
from negotiation.services.minutes import draw_up_minutes
from negotiation.services.seance_binding import bind_decision
from negotiation.services.seance_decisions import cancel_decision
from negotiation.services.seances import open_seance
from negotiation.store import Store, connect_store
from negotiation.store.columns import now
from negotiation.store.exchange import MoveRow
from negotiation.store.queries.decided import due_decisions
from negotiation.store.queries.history import history_page
from tests.builders import Person, Table, a_table
from tests.minutes_table import Relevé
from tests.seance_table import Meeting, a_seance, an_open_seance, bind_what_is_due

CLAUSE = "en01"
ROUNDS = 5
DONE = "done"

Act = Callable[[Store], object]


@pytest.fixture
def table(store: Store) -> Table:
    made = a_table(store, parties=3)
    made.ars.dg.propose(CLAUSE, "Nous visons 94 %.", value=94)
    return made


@pytest.fixture
def servers(database_url: str) -> Iterator[tuple[Store, Store]]:
    both = connect_store(database_url), connect_store(database_url)
    yield both
    for server in both:
        server.engine.dispose()


def at_once(servers: tuple[Store, Store], *acts: Act) -> list[object]:
    """What came of each act, or the code of its refusal."""
    start = Barrier(len(acts))

    def run(server: Store, act: Act) -> object:
        start.wait()
        try:
            return act(server)
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, servers, acts))


def binding(decision: str) -> Act:
    """By a server whose clock is a minute ahead."""

    def bind(server: Store) -> bool:
        with server.unit_of_work() as uow:
            return bind_decision(uow, decision, now() + DELAY)

    return bind


def questions(table: Table) -> int:
    asked = select(func.count()).select_from(MoveRow).where(col(MoveRow.type) == Move.QUESTION)
    with table.store.reading() as session:
        return session.execute(asked).scalar_one()


def ask(table: Table, meeting: Meeting) -> str:
    return meeting.record(table.og.dg, DecisionKind.QUESTION, CLAUSE, text="Et en 2030 ?")


def test_two_servers_bind_a_decision_once(table: Table, servers: tuple[Store, Store]) -> None:
    meeting = an_open_seance(table, table.ars.dg)
    for _ in range(ROUNDS):
        decision = ask(table, meeting)
        answers = at_once(servers, binding(decision), binding(decision))
        assert sorted(map(str, answers)) == ["False", "True"]
        assert meeting.state(decision) is DecisionState.BOUND
    assert questions(table) == ROUNDS


def test_what_is_cancelled_at_the_last_moment_binds_or_is_cancelled_never_both(
    table: Table, servers: tuple[Store, Store]
) -> None:
    meeting = an_open_seance(table, table.ars.dg)

    def cancel(server: Store) -> str:
        with server.unit_of_work() as uow:
            cancel_decision(uow, actor, decision)
        return DONE

    actor = table.og.dg.actor
    for _ in range(ROUNDS):
        decision = ask(table, meeting)
        before = questions(table)
        at_once(servers, binding(decision), cancel)
        bound = questions(table) - before
        assert meeting.state(decision) is (DecisionState.BOUND if bound else DecisionState.CANCELLED)


def test_of_two_who_open_a_seance_at_once_one_chairs_and_the_other_is_told(
    table: Table, servers: tuple[Store, Store]
) -> None:
    def opening(person: Person, meeting: Meeting) -> Act:
        actor = person.actor

        def act(server: Store) -> str:
            with server.unit_of_work() as uow:
                open_seance(uow, actor, meeting.id)
            return DONE

        return act

    for _ in range(ROUNDS):
        meeting = a_seance(table, table.og.dg)
        answers = at_once(servers, opening(table.og.dg, meeting), opening(table.ars.dg, meeting))
        assert sorted(map(str, answers)) == ["chair_taken", DONE]
        chair = table.og.dg if answers[0] == DONE else table.ars.dg
        assert meeting.seen_by(table.cd.lect).card.chair_id == chair.member.id


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_the_servers_own_round_binds_what_is_due(app: Flask) -> None:
    table = a_table(app.extensions["store"], parties=3)
    table.ars.dg.propose(CLAUSE, "Nous visons 94 %.", value=94)
    meeting = an_open_seance(table, table.ars.dg)
    decision = ask(table, meeting)
    meeting.age()
    with app.app_context():
        bind_decisions()
    assert meeting.state(decision) is DecisionState.BOUND


def test_a_relevé_is_drawn_up_once_and_sealed_once(table: Table, servers: tuple[Store, Store]) -> None:
    meeting = an_open_seance(table, table.ars.dg)
    meeting.close(table.ars.dg)
    first, second = table.ars.dg, table.og.dg

    def drawing_up(person: Person) -> Act:
        actor = person.actor

        def draw_up(server: Store) -> object:
            with server.unit_of_work() as uow:
                return draw_up_minutes(uow, actor, meeting.id)

        return draw_up

    one, other = at_once(servers, drawing_up(first), drawing_up(second))
    assert one == other
    relevé = Relevé(table, meeting.id)
    relevé.approve(table.cd.dg)

    def approving(person: Person) -> Act:
        actor, answers = person.actor, relevé.awaited_of(person)

        def approve(server: Store) -> object:
            with server.unit_of_work() as uow:
                return len(accept_together(uow, actor, answers))

        return approve

    assert at_once(servers, approving(first), approving(second)) == [len(relevé.cards)] * 2
    with table.store.reading() as session:
        told = [entry.kind for entry in history_page(session, first.actor, SHARED).entries]
    assert told.count(Kind.MINUTES_APPROVED) == 1
    assert relevé.view.content_hash


def test_a_server_that_was_away_binds_when_it_is_back(database_url: str, table: Table) -> None:
    meeting = an_open_seance(table, table.ars.dg)
    decision = meeting.agree(table.og.dg, CLAUSE)
    meeting.age(timedelta(days=2))
    table.store.engine.dispose()
    again = connect_store(database_url)
    with again.reading() as session:
        assert due_decisions(session, now()) == (decision,)
    assert bind_what_is_due(again) == 1
    again.engine.dispose()
    assert meeting.state(decision) is DecisionState.BOUND
