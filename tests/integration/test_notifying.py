"""Who is told what, and when: computed when a mail leaves, for whoever is still there, without a word of anybody's."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlmodel import col

from app.config import Settings
from negotiation.rules.vocabulary import Rhythm
from negotiation.services.notifying import _added, note_visit
from negotiation.store.columns import now
from negotiation.store.notifying import NoticeReader
from negotiation.store.people import Member
from negotiation.store.record import HistoryEntry
from tests.builders import Table, a_table
from tests.mail_server import PostBox
from tests.mail_table import choose, mail_round, mails, only
from tests.mornings import Clock, a_clock
from tests.visitors import Visitor, asks

ONCE = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def settings(mail_settings: Settings) -> Settings:
    return mail_settings


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=3)


@pytest.fixture
def clock(table: Table, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return a_clock(monkeypatch)


# ---------------------------------------------------------------------- the digest


def test_two_hundred_facts_make_one_digest(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    table.og.dg.propose("en01", "Nous visons 94 %.", value=94)
    for number in range(200):
        table.og.dg.comment("en01", f"Remarque {number}.")
    clock.next_morning()
    mail_round(app)
    mail_round(app)
    (letter,) = only(box, table.ars.dg)
    assert "200 messages" in letter.text.replace("\u00a0", " ")
    assert letter.header("Subject").replace("\u00a0", " ").startswith("Navette : 1 clause attend votre réponse, ")
    assert "EN01" in letter.text
    assert len({letter.recipient for letter in box.letters}) == len(box.letters)


def test_the_digest_says_first_what_waits_and_only_to_who_can_answer(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    table.og.dg.propose("en01", value=94)
    clock.next_morning()
    mail_round(app)
    (asked,), (reader,) = only(box, table.ars.dg), only(box, table.ars.lect)
    assert asked.text.index("Ce qui vous attend") < asked.text.index("Accusés de réception")
    assert "attend" not in reader.text
    (own,) = only(box, table.og.dg)
    assert "Ce qui a changé" not in own.text, "his own move is no news: he has its receipt"


def test_nothing_is_sent_when_nothing_changed(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    clock.next_morning()
    mail_round(app)
    assert box.letters == []
    table.og.dg.propose("en01", value=94)
    clock.next_morning()
    mail_round(app)
    assert len(only(box, table.ars.dg)) == 1
    clock.next_morning()
    mail_round(app)
    assert len(only(box, table.ars.dg)) == 1, "it still waits, and was said"


def test_what_comes_to_its_term_is_said_once_more(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    table.og.dg.propose("en01", value=94)
    for _ in range(14):
        clock.next_morning()
        mail_round(app)
    first, late = (each for each in only(box, table.ars.dg) if "historique" not in each.header("Subject"))
    assert "en retard" not in first.text
    assert "dont 1 en retard" in late.text


def test_what_was_read_on_the_page_is_no_news(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    table.og.dg.comment("en01")
    clock.pass_by(minutes=5)
    with table.store.unit_of_work() as uow:
        row = NoticeReader(person_id=table.cd.lect.person_id, negotiation_id=table.id, visited_at=clock.moment)
        uow.session.add(row)
    clock.next_morning()
    mail_round(app)
    assert only(box, table.cd.lect) == []
    assert len(only(box, table.ars.lect)) == 1


@ONCE
def test_an_open_page_notes_the_visit_once_an_hour(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.ars.dg.email)
    socket = reader.open_socket()
    for _ in range(2):
        assert asks(socket, "watch_table", {"negotiation": table.id})["ok"]
    with table.store.reading() as session:
        (row,) = session.execute(select(NoticeReader)).scalars()
    assert (row.person_id, row.visited_before_at) == (table.ars.dg.person_id, None)
    assert row.visited_at is not None


@ONCE
def test_an_import_is_no_news(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    with table.store.reading() as session:
        assert session.execute(select(HistoryEntry)).first()
    clock.next_morning()
    mail_round(app)
    assert box.letters == []


@ONCE
def test_whoever_chose_the_week_hears_on_monday_of_all_of_it(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    choose(table.ars.lect, Rhythm.WEEKLY)
    clock.next_weekday(0)
    mail_round(app)
    for number in range(3):
        table.og.dg.comment("en01", f"Remarque {number}.")
        clock.next_morning()
        mail_round(app)
    assert only(box, table.ars.lect) == []
    clock.next_weekday(0)
    mail_round(app)
    (letter,) = only(box, table.ars.lect)
    assert "3 messages" in letter.text.replace("\u00a0", " ")


@ONCE
def test_the_weekend_is_quiet_unless_one_reads_every_day(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    choose(table.cd.lect, Rhythm.DAILY, every_day="yes")
    clock.next_weekday(4)
    mail_round(app)
    table.og.dg.comment("en01")
    clock.pass_by(days=1)
    mail_round(app)
    assert [letter.recipient for letter in box.letters] == [table.cd.lect.email]


@ONCE
def test_a_removed_member_hears_nothing_of_what_waited_for_him(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    """Removed between the queue and the sending; another one's time ended."""
    table.og.dg.propose("en01", value=94)
    clock.next_morning()
    with app.app_context():
        from app.mailing import make_digests

        make_digests()
    assert len(mails(table.store)) == 15
    with table.store.unit_of_work() as uow:
        gone = update(Member).where(col(Member.id) == table.ars.dg.member.id).values(left_at=now())
        past = update(Member).where(col(Member.id) == table.ars.redac.member.id)
        uow.session.execute(gone)
        uow.session.execute(past.values(ends_on=now().date() - timedelta(days=2)))
    mail_round(app)
    assert only(box, table.ars.dg) == only(box, table.ars.redac) == []
    assert len(only(box, table.ars.lect)) == 1


@ONCE
def test_whoever_was_invited_and_never_came_hears_nothing(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    with table.store.unit_of_work() as uow:
        uow.session.execute(update(Member).where(col(Member.id) == table.ars.dg.member.id).values(invited_at=now()))
    table.og.dg.propose("en01", value=94)
    clock.next_morning()
    mail_round(app)
    assert only(box, table.ars.dg) == []


def test_two_tabs_that_open_at_once_are_one_reader(table: Table) -> None:
    """The second one looked before the first had committed: on PostgreSQL nothing makes it wait."""
    reader = table.ars.dg.actor
    with table.store.unit_of_work() as first:
        note_visit(first, reader, now())
    with table.store.unit_of_work() as second:
        gone = NoticeReader(person_id=reader.person_id, negotiation_id=table.id)
        assert not _added(second, gone)
        note_visit(second, reader, now())
    with table.store.reading() as session:
        assert len(session.execute(select(NoticeReader)).all()) == 1
