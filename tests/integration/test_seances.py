"""Séances: planned, opened, chaired by one person at a time, closed; and what a server that starts again finds."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.errors import (
    AgendaFull,
    ChairTaken,
    InvalidInput,
    NotAllowed,
    NotChair,
    NotFound,
    PointDiscussed,
    SeanceInState,
    UnreadableText,
)
from negotiation.events import Signal
from negotiation.rules.seances import MOST_POINTS, DecisionState, SeanceState
from negotiation.rules.vocabulary import SHARED, PartKind
from negotiation.services.adding import NewPart, add_part
from negotiation.services.announcements import waiting_announcements
from negotiation.services.seance_agenda import (
    Item,
    add_point,
    add_points,
    change_point,
    move_point,
    point_at,
    remove_point,
)
from negotiation.services.seance_attendance import attend, expect, note_guest, note_present, strike_out
from negotiation.services.seances import cancel_seance, change_plan, leave_chair, open_seance, plan_seance, take_chair
from negotiation.services.shaping import drop_part
from negotiation.store import Store, connect_store
from negotiation.store.contract import Clause
from negotiation.store.queries.history import heads_reached
from negotiation.store.queries.navette import steps_of
from negotiation.store.queries.readings import calendar_of
from negotiation.store.queries.seance_moves import moves_during, sittings_on
from negotiation.store.queries.seances import seance_view, seances_of
from negotiation.store.record import Outbox
from negotiation.store.seances import Seance
from tests.builders import Person, Table, a_table
from tests.scenarios import EHPAD, sample
from tests.seance_table import A_DAY, a_plan, a_seance, an_open_seance
from tests.visitors import Visitor

CLAUSE = "k01.markdown"


@pytest.fixture
def table(store: Store) -> Table:
    return a_table(store, parties=3)


def test_the_calendar_shows_a_seance_held_here_as_a_date(app: Flask) -> None:
    table = a_table(app.extensions["store"], parties=3)
    an_open_seance(table, table.ars.dg)
    page = Visitor(app).enter(table.og.lect.email).get(f"/negociations/{table.id}/calendrier")
    assert (page.status_code, page.text.count("Co-rédaction 2")) == (200, 1)


def calendar(table: Table) -> list[dict[str, object]]:
    with table.store.reading() as session:
        return [item for item in calendar_of(session, table.id).items if item["kind"] == "seance"]


# ---------------------------------------------------------------------- planned


def test_a_planned_seance_is_in_the_calendar_and_its_item_follows_it(table: Table) -> None:
    meeting = a_seance(table, table.cd.redac, place="Visioconférence", chair=table.cd.dg.member.id)
    (item,) = calendar(table)
    assert (item["on"], item["time"], item["place"]) == (A_DAY, "09:00", "Visioconférence")
    with table.store.unit_of_work() as uow:
        change_plan(uow, table.og.dg.actor, meeting.id, a_plan(start="14:00", end="16:00"))
    (item,) = calendar(table)
    assert (item["time"], item["status"]) == ("14:00", "planned")
    card = meeting.seen_by(table.og.lect).card
    assert (card.state, card.facilitator_id, card.chair_id) == (SeanceState.PLANNED, None, None)
    with table.store.unit_of_work() as uow:
        cancel_seance(uow, table.og.dg.actor, meeting.id)
        cancel_seance(uow, table.og.dg.actor, meeting.id)
    assert calendar(table)[0]["status"] == "cancelled"
    with pytest.raises(SeanceInState), table.store.unit_of_work() as uow:
        open_seance(uow, table.og.dg.actor, meeting.id)


def test_a_meeting_of_the_calendar_becomes_one_seance_and_no_more(table: Table) -> None:
    first = a_seance(table, table.og.dg)
    item = str(calendar(table)[0]["id"])
    with pytest.raises(InvalidInput), table.store.unit_of_work() as uow:
        plan_seance(uow, table.og.dg.actor, a_plan(calendar_item=item))
    with table.store.unit_of_work() as uow:
        cancel_seance(uow, table.og.dg.actor, first.id)
        plan_seance(uow, table.og.dg.actor, a_plan(calendar_item=item))
    assert len(calendar(table)) == 1


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
@pytest.mark.parametrize(
    "wrong", [{"title": " "}, {"title": "x" * 201}, {"start": "25:00"}, {"start": "9h"}, {"end": "08:00"}]
)
def test_a_plan_that_cannot_be_read_is_refused(table: Table, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        a_seance(table, table.og.dg, **wrong)
    with pytest.raises(UnreadableText):
        a_seance(table, table.og.dg, title="Séance \u202eecnaés")


def test_whoever_only_reads_or_comments_neither_plans_nor_opens(table: Table) -> None:
    meeting = a_seance(table, table.og.dg)
    for person in (table.og.lect, table.ars.com):
        with pytest.raises(NotAllowed):
            a_seance(table, person)
        with pytest.raises(NotAllowed), table.store.unit_of_work() as uow:
            open_seance(uow, person.actor, meeting.id)


def test_the_seance_of_another_table_does_not_exist(store: Store, table: Table) -> None:
    other = a_table(store, parties=2)
    meeting = an_open_seance(other, other.og.dg)
    with pytest.raises(NotFound):
        meeting.seen_by(table.og.dg)
    with pytest.raises(NotFound), store.unit_of_work() as uow:
        take_chair(uow, table.og.dg.actor, meeting.id)


# ---------------------------------------------------------------------- the agenda


def test_the_agenda_holds_clauses_parts_and_words_in_the_order_one_gives(table: Table) -> None:
    meeting = a_seance(table, table.og.dg)
    items = [
        Item(clause_id=table.clause_id("en01"), minutes=20),
        Item(part_id=table.part_id("k01")),
        Item("Calendrier de la suite", minutes=10),
    ]
    with table.store.unit_of_work() as uow:
        first, second, third = add_points(uow, table.ars.redac.actor, meeting.id, items)
        again = add_point(uow, table.cd.redac.actor, meeting.id, items[0])
        move_point(uow, table.og.dg.actor, meeting.id, third, place=0)
        change_point(uow, table.og.dg.actor, meeting.id, third, title="La suite", minutes=5)
    assert again == first
    points = meeting.seen_by(table.cd.lect).points
    assert [point.id for point in points] == [third, first, second]
    assert [(point.title, point.planned_minutes) for point in points] == [("La suite", 5), ("", 20), ("", None)]
    assert points[1].code == "EN01"
    with table.store.unit_of_work() as uow:
        remove_point(uow, table.og.dg.actor, meeting.id, first)
    assert [point.id for point in meeting.seen_by(table.og.dg).points] == [third, second]


def test_an_agenda_of_five_hundred_points_is_refused_whole(table: Table) -> None:
    meeting = a_seance(table, table.og.dg)
    with pytest.raises(AgendaFull) as refused, table.store.unit_of_work() as uow:
        add_points(uow, table.og.dg.actor, meeting.id, [Item(f"Point {number}") for number in range(500)])
    assert refused.value.detail == {"limit": MOST_POINTS}
    assert meeting.seen_by(table.og.dg).points == ()


def test_what_is_unknown_dropped_or_inside_is_absent_alike(table: Table) -> None:
    meeting = a_seance(table, table.og.dg)
    with table.store.unit_of_work() as uow:
        drop_part(uow, table.og.dg.actor, table.part_id("fa01"))
        inside = add_part(uow, table.og.dg.actor, NewPart(PartKind.ARTICLE, "Chez nous", None, table.og.inside))
        (clause_id,) = uow.session.execute(select(col(Clause.id)).where(col(Clause.part_id) == inside)).scalars()
    absent = ("nowhere", table.part_id("fa01"), inside)
    listed = [Item(part_id=each) for each in absent] + [Item(clause_id=each) for each in ("nowhere", clause_id)]
    for item in listed:
        with pytest.raises(NotFound), table.store.unit_of_work() as uow:
            add_point(uow, table.og.dg.actor, meeting.id, item)


# ---------------------------------------------------------------------- open


def test_the_pointer_counts_the_time_of_each_point_and_is_no_history(table: Table) -> None:
    meeting = a_seance(table, table.og.dg)
    with table.store.unit_of_work() as uow:
        first, second = add_points(uow, table.og.dg.actor, meeting.id, [Item("Un"), Item("Deux")])
        open_seance(uow, table.og.dg.actor, meeting.id)
    with table.store.reading() as session:
        heads = heads_reached(session, table.og.dg.actor)
    with table.store.unit_of_work() as uow:
        point_at(uow, table.og.dg.actor, meeting.id, first)
        point_at(uow, table.og.dg.actor, meeting.id, second, clause_id=table.clause_id(CLAUSE))
    view = meeting.seen_by(table.cd.lect)
    assert (view.point_id, view.clause_id) == (second, table.clause_id(CLAUSE))
    assert [point.is_current for point in view.points] == [False, True]
    assert view.points[0].began_at and view.points[0].ended_at
    with table.store.reading() as session:
        assert heads_reached(session, table.og.dg.actor) == heads
    with pytest.raises(PointDiscussed), table.store.unit_of_work() as uow:
        remove_point(uow, table.og.dg.actor, meeting.id, first)
    with pytest.raises(NotChair), table.store.unit_of_work() as uow:
        point_at(uow, table.ars.dg.actor, meeting.id, first)
    with pytest.raises(NotFound), table.store.unit_of_work() as uow:
        point_at(uow, table.og.dg.actor, meeting.id, first, clause_id="nowhere")


def test_pages_are_told_of_the_pointer_by_the_id_of_its_seance_alone(table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    with table.store.unit_of_work() as uow:
        point = add_point(uow, table.og.dg.actor, meeting.id, Item(clause_id=table.clause_id(CLAUSE)))
        point_at(uow, table.og.dg.actor, meeting.id, point)
        told = uow.announcements[-1]
    assert (told.kind, told.circle, told.seance_id) == (Signal.SEANCE_POINTED, str(SHARED), meeting.id)
    assert (told.part_id, told.clause_id) == (None, None)
    with table.store.reading() as session:
        waiting = session.execute(select(Outbox).where(col(Outbox.id) == told.id)).scalar_one()
        (again,) = [each for each in waiting_announcements(session, older_than=timedelta(-1)) if each.id == told.id]
    assert (waiting.entry_id, again) == (None, told)


def test_of_two_chairs_the_second_is_told_and_may_take_over_knowingly(table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    with pytest.raises(ChairTaken) as refused, table.store.unit_of_work() as uow:
        open_seance(uow, table.ars.dg.actor, meeting.id)
    assert refused.value.detail == {"chair": table.og.dg.member.id}
    with pytest.raises(ChairTaken), table.store.unit_of_work() as uow:
        take_chair(uow, table.ars.dg.actor, meeting.id, instead_of=table.cd.dg.member.id)
    with table.store.unit_of_work() as uow:
        take_chair(uow, table.ars.dg.actor, meeting.id, instead_of=table.og.dg.member.id)
    assert meeting.seen_by(table.og.dg).card.chair_id == table.ars.dg.member.id
    with pytest.raises(NotChair), table.store.unit_of_work() as uow:
        point_at(uow, table.og.dg.actor, meeting.id, None)


def test_the_chair_leaves_and_the_seance_goes_on(table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    with table.store.unit_of_work() as uow:
        point = add_point(uow, table.og.dg.actor, meeting.id, Item("Un"))
        point_at(uow, table.og.dg.actor, meeting.id, point)
        leave_chair(uow, table.og.dg.actor, meeting.id)
    view = meeting.seen_by(table.cd.lect)
    assert (view.card.state, view.card.chair_id, view.point_id) == (SeanceState.OPEN, None, point)
    with table.store.unit_of_work() as uow:
        take_chair(uow, table.cd.redac.actor, meeting.id)
        point_at(uow, table.cd.redac.actor, meeting.id, None)
    meeting.close(table.cd.redac)


def test_a_server_that_starts_again_finds_everything(database_url: str, table: Table) -> None:
    table.ars.dg.propose(CLAUSE)
    meeting = an_open_seance(table, table.og.dg)
    with table.store.unit_of_work() as uow:
        point = add_point(uow, table.og.dg.actor, meeting.id, Item(clause_id=table.clause_id(CLAUSE)))
        point_at(uow, table.og.dg.actor, meeting.id, point)
        note_guest(uow, table.og.dg.actor, meeting.id, party_id=table.cd.id, name="Une invitée")
    meeting.agree(table.og.dg, CLAUSE)
    before = meeting.seen_by(table.og.dg)
    table.store.engine.dispose()
    again = connect_store(database_url)
    with again.reading() as session:
        after = seance_view(session, table.og.dg.actor, meeting.id)
    again.engine.dispose()
    assert after == before
    assert (after.point_id, after.decisions[0].state) == (point, DecisionState.WAITING)


def test_two_seances_are_held_at_once(table: Table) -> None:
    one, two = an_open_seance(table, table.og.dg), an_open_seance(table, table.ars.dg, title="Finances")
    with table.store.unit_of_work() as uow:
        point = add_point(uow, table.og.dg.actor, one.id, Item("Un"))
        point_at(uow, table.og.dg.actor, one.id, point)
    assert (one.seen_by(table.cd.dg).point_id, two.seen_by(table.cd.dg).point_id) == (point, None)
    with pytest.raises(NotFound), table.store.unit_of_work() as uow:
        point_at(uow, table.ars.dg.actor, two.id, point)
    two.close(table.ars.dg)
    with table.store.reading() as session:
        assert [card.id for card in seances_of(session, table.cd.lect.actor, SeanceState.OPEN)] == [one.id]


def test_a_closed_seance_does_not_change(table: Table) -> None:
    meeting = an_open_seance(table, table.og.dg)
    with pytest.raises(NotChair):
        meeting.close(table.ars.dg)
    meeting.close(table.og.dg)
    meeting.close(table.og.dg)
    assert calendar(table)[0]["status"] == "done"
    for act in (leave_chair, open_seance, attend):
        with pytest.raises(SeanceInState), table.store.unit_of_work() as uow:
            act(uow, table.og.dg.actor, meeting.id)
    with pytest.raises(SeanceInState):
        meeting.close(table.ars.dg)


# ---------------------------------------------------------------------- who is there


def present(table: Table, person: Person, meeting_id: str) -> list[tuple[str | None, str, bool, bool]]:
    with table.store.reading() as session:
        found = seance_view(session, person.actor, meeting_id).attendance
    return [(each.member_id, each.name, each.is_expected, each.is_present) for each in found]


def test_who_is_expected_and_who_came_are_both_kept(table: Table) -> None:
    meeting = a_seance(table, table.og.dg)
    dg, redac, other = table.og.dg.member.id, table.ars.redac.member.id, table.cd.dg.member.id
    with table.store.unit_of_work() as uow:
        expect(uow, table.og.dg.actor, meeting.id, {dg, redac, other})
        expect(uow, table.og.dg.actor, meeting.id, {dg, redac})
        open_seance(uow, table.og.dg.actor, meeting.id)
        attend(uow, table.cd.lect.actor, meeting.id)
        attend(uow, table.cd.lect.actor, meeting.id)
        note_present(uow, table.og.dg.actor, meeting.id, other)
        guest = note_guest(uow, table.og.dg.actor, meeting.id, party_id=table.ars.id, name="Une  stagiaire")
        assert note_guest(uow, table.og.dg.actor, meeting.id, party_id=table.ars.id, name="Une stagiaire") == guest
    assert set(present(table, table.ars.lect, meeting.id)) == {
        (dg, "", True, True),
        (redac, "", True, False),
        (table.cd.lect.member.id, "", False, True),
        (other, "", False, True),
        (None, "Une stagiaire", False, True),
    }
    with table.store.unit_of_work() as uow:
        strike_out(uow, table.og.dg.actor, meeting.id, guest)
    assert len(present(table, table.ars.lect, meeting.id)) == 4
    with pytest.raises(NotChair), table.store.unit_of_work() as uow:
        note_guest(uow, table.ars.dg.actor, meeting.id, party_id=table.ars.id, name="Quelqu’un")
    with pytest.raises(NotFound), table.store.unit_of_work() as uow:
        note_guest(uow, table.og.dg.actor, meeting.id, party_id="nowhere", name="Quelqu’un")


# ---------------------------------------------------------------------- what moved during one


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_the_navette_says_what_was_played_in_a_seance(app: Flask) -> None:
    table = a_table(app.extensions["store"], parties=3)
    table.og.dg.note("en01", "Nous tiendrons.")
    meeting = an_open_seance(table, table.ars.dg)
    with table.store.unit_of_work() as uow:
        add_point(uow, table.ars.dg.actor, meeting.id, Item(part_id=table.part_id("i01")))
    table.ars.dg.propose("en01", "Nous visons 94 %.", value=94)
    table.ars.dg.propose("k01.markdown", "Un article.")
    reader = Visitor(app).enter(table.og.lect.email)
    pages = [reader.get(f"/clauses/{table.clause_id(name)}/navette").text for name in ("en01", "k01.markdown")]
    assert [page.count('<span class="tag-session">en séance') for page in pages] == [1, 0], (
        "neither our own notes nor what wasn’t on the agenda"
    )


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_the_moves_of_a_file_that_fall_in_a_seance_are_of_that_seance(store: Store) -> None:
    table = a_table(store, sample(EHPAD))
    with store.reading() as session:
        actor = table.og.dg.actor
        sittings = sittings_on(session, actor, table.clause_id("en01"))
        moments = [step.at for step in steps_of(session, actor, table.clause_id("en01"))]
    assert sittings
    assert any(sitting.includes(moment) for sitting in sittings for moment in moments)
    with store.unit_of_work() as uow:
        for row in uow.session.execute(select(Seance)).scalars():
            row.start = "le matin"
    with store.reading() as session:
        assert sittings_on(session, actor, table.clause_id("en01")) == (), "a file may write its hours in any way"


# ---------------------------------------------------------------------- those of a file


@pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
def test_a_seance_of_a_file_reads_like_a_closed_one(store: Store) -> None:
    content = sample(EHPAD)
    table = a_table(store, content)
    told = content["sessions"]
    with store.reading() as session:
        cards = seances_of(session, table.og.dg.actor)
        views = [seance_view(session, table.og.dg.actor, card.id) for card in cards]
        assert all(moves_during(session, table.og.dg.actor, card.id) == () for card in cards)
    assert {card.state for card in cards} == {SeanceState.CLOSED}
    assert all(card.is_imported and card.facilitator_id for card in cards)
    by_title = {each["title"]: each for each in told}
    for view in views:
        file = by_title[view.card.title]
        assert [point.title for point in view.points] == file["agenda"]
        assert [decision.text for decision in view.decisions] == [each["text"] for each in file["decisions"]]
        assert len(view.attendance) == len(file["attendees"]) > 0
        assert all(
            decision.clause_id
            for decision, each in zip(view.decisions, file["decisions"], strict=True)
            if each["engagement_id"]
        )
    with pytest.raises(SeanceInState), store.unit_of_work() as uow:
        open_seance(uow, table.og.dg.actor, cards[0].id)
