"""Tasks: whose, for when, out of what; and nobody else's business."""

from datetime import date

import pytest

from negotiation.errors import InvalidInput, MissingText, NotAllowed, NotFound, WiderAudience
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Circle, TaskState
from negotiation.services.discussing import send_message
from negotiation.services.tasks import Wish, change_task, open_task, settle_task
from negotiation.services.widening import Sending
from negotiation.store import Store
from negotiation.store.queries.discussion import message_of
from negotiation.store.queries.history import heads_reached
from negotiation.store.queries.tasks import TaskView, tasks_for, tasks_page
from negotiation.store.queries.threads import threads_page
from tests.builders import Person, Table, a_table

CLAUSE = "k01.markdown"


@pytest.fixture
def table(store: Store) -> Table:
    return a_table(store, parties=3)


def note(person: Person, title: str = "Chiffrer", circle: Circle = SHARED, **rest: object) -> str:
    with person.table.store.unit_of_work() as uow:
        return open_task(uow, person.actor, Wish(circle, title, **rest))  # type: ignore[arg-type]


def read(person: Person, **asked: object) -> list[TaskView]:
    with person.table.store.reading() as session:
        return list(tasks_page(session, person.actor, **asked).tasks)  # type: ignore[arg-type]


def test_mine_come_first_then_the_late_ones(table: Table) -> None:
    mine, other = table.og.dg.member.id, table.ars.dg.member.id
    note(table.og.dg, "Sans date")
    note(table.og.dg, "Bientôt", owner=other, due_on=date(2026, 3, 1))
    note(table.og.dg, "Tard", owner=other, due_on=date(2026, 9, 1))
    note(table.og.dg, "À moi", owner=mine)
    found = read(table.og.dg)
    assert [task.title for task in found] == ["À moi", "Bientôt", "Tard", "Sans date"]
    assert [task.is_late(date(2026, 6, 1)) for task in found] == [False, True, False, False]
    with table.store.reading() as session:
        assert [task.title for task in tasks_for(session, table.og.dg.actor)] == ["À moi"]


def test_a_task_is_done_dropped_and_taken_up_again(table: Table) -> None:
    task = note(table.og.dg)
    for state in (TaskState.DONE, TaskState.DONE, TaskState.OPEN, TaskState.DROPPED):
        with table.store.unit_of_work() as uow:
            settle_task(uow, table.ars.dg.actor, task, state)
        (found,) = read(table.og.dg)
        assert found.state is state
        assert (found.settled_by is None) == (state is TaskState.OPEN)


def test_it_may_be_given_to_whoever_reads_it_and_to_nobody_else(table: Table) -> None:
    task = note(table.og.dg, circle=table.og.inside)
    with pytest.raises(NotFound), table.store.unit_of_work() as uow:
        change_task(uow, table.og.dg.actor, task, owner=table.ars.dg.member.id, due_on=None)
    with table.store.unit_of_work() as uow:
        change_task(uow, table.og.dg.actor, task, owner=table.og.redac.member.id, due_on=date(2026, 4, 1))
    (found,) = read(table.og.redac)
    assert (found.owner_id, found.due_on) == (table.og.redac.member.id, date(2026, 4, 1))
    with pytest.raises(NotFound):
        note(table.ars.dg, circle=AUTHORITIES, owner=table.og.dg.member.id)


def test_a_comment_or_a_message_becomes_a_task_and_each_leads_to_the_other(table: Table) -> None:
    comment = table.og.dg.comment(CLAUSE, "Il faut le chiffrer.").move_id
    with table.store.unit_of_work() as uow:
        message = send_message(uow, table.og.dg.actor, circle=SHARED, text="À demander au siège.")
    from_comment, from_message = note(table.og.dg, comment=comment), note(table.og.dg, message=message)
    found = {task.id: task for task in read(table.ars.dg)}
    assert found[from_comment].comment_id == comment
    assert found[from_comment].clause_id == table.clause_id(CLAUSE)
    assert found[from_message].message_id == message
    with table.store.reading() as session:
        (thread,) = threads_page(session, table.ars.dg.actor, table.clause_id(CLAUSE)).threads
        assert thread.tasks == (from_comment,)
        assert message_of(session, table.ars.dg.actor, message).became.tasks == 1


def test_private_words_never_become_a_shared_task_unless_somebody_means_it(table: Table) -> None:
    comment = table.og.dg.note(CLAUSE, "Notre plancher.").move_id
    with pytest.raises(WiderAudience):
        note(table.og.dg, comment=comment)
    note(table.og.dg, comment=comment, sending=Sending.KNOWINGLY)
    (found,) = read(table.ars.dg)
    assert found.comment_id is None, "the task is shared, where it comes from is not"
    with pytest.raises(NotFound):
        note(table.ars.dg, comment=comment)


def test_nothing_of_a_private_task_is_seen_outside(table: Table) -> None:
    shared = note(table.og.dg, "Devant tous")
    with table.store.reading() as session:
        before, read_before = heads_reached(session, table.ars.dg.actor), read(table.ars.dg)
    private = note(table.og.dg, "Entre nous", table.og.inside, owner=table.og.dg.member.id)
    with table.store.unit_of_work() as uow:
        settle_task(uow, table.og.dg.actor, private, TaskState.DONE)
    with table.store.reading() as session:
        assert heads_reached(session, table.ars.dg.actor) == before
    assert read(table.ars.dg) == read_before
    for wanted in (private, "inconnue"):
        with pytest.raises(NotFound), table.store.unit_of_work() as uow:
            settle_task(uow, table.ars.dg.actor, wanted, TaskState.OPEN)
    assert [task.id for task in read(table.ars.dg)] == [shared]


def test_a_task_says_something_short(table: Table) -> None:
    with pytest.raises(MissingText):
        note(table.og.dg, "  ")
    with pytest.raises(InvalidInput):
        note(table.og.dg, "a" * 301)
    with pytest.raises(NotAllowed):
        note(table.og.lect, "Je lis")
