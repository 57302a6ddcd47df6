"""Who is told what, and when: computed when a mail leaves, for whoever is still there, without a word of anybody's."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlmodel import col

from app import create_app
from app.background import MAIL_TASKS, do_round
from app.config import Settings
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Circle, Gesture, Move, Notice, Rhythm, Role
from negotiation.services.discussing import send_message
from negotiation.services.moves import Order, Seen, play
from negotiation.services.notifying import Choices, set_notices
from negotiation.store import Store
from negotiation.store.columns import now
from negotiation.store.exchange import MoveRow
from negotiation.store.inside import Mandate, VisaRequest, VisaRule
from negotiation.store.notifying import Mail, NoticeReader
from negotiation.store.people import Member
from negotiation.store.record import HistoryEntry
from negotiation.store.talk import Mention, Task
from tests.builders import Person, Table, a_table
from tests.mail_server import Arrived, PostBox
from tests.mornings import Clock, a_clock
from tests.visitors import Visitor, asks

ONCE = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def box() -> Iterator[PostBox]:
    with PostBox() as opened:
        yield opened


@pytest.fixture
def settings(database_url: str, tmp_path: Path, box: PostBox) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        database_url=database_url,
        port=8000,
        log_level="error",
        email_url=box.url,
        email_from="Navette <navette@exemple.example>",
    )


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=3)


@pytest.fixture
def clock(table: Table, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return a_clock(monkeypatch)


def act(person: Person, move: Move, clause: str, text: str = "", **rest: Any) -> str:
    """A move as somebody makes it on a page: it is announced."""
    tabled = person.table.current(clause)
    seen = Seen(tabled.number, tabled.fingerprint) if tabled else Seen()
    order = Order(move, text=text, **{"seen": seen} | rest)
    with person.table.store.unit_of_work() as uow:
        return play(uow, person.actor, person.table.clause_id(clause), order).move_id


def mentions(author: Person, somebody: Person, circle: Circle = SHARED, text: str = "Qu’en dites-vous ?") -> str:
    """A comment that names somebody, as the composer writes it."""
    tabled = author.table.current("en01")
    seen = Seen(tabled.number, tabled.fingerprint) if tabled else Seen()
    with author.table.store.unit_of_work() as uow:
        order = Order(Move.COMMENT, text=text, circle=circle, seen=seen)
        played = play(uow, author.actor, author.table.clause_id("en01"), order)
        named = Mention(
            negotiation_id=author.table.id,
            circle=str(circle),
            member_id=somebody.member.id,
            by_member_id=author.member.id,
            clause_id=author.table.clause_id("en01"),
            move_id=played.move_id,
        )
        uow.session.add(named)
    return played.move_id


def choose(person: Person, rhythm: Rhythm, *notices: Notice, every_day: str = "") -> None:
    with person.table.store.unit_of_work() as uow:
        chosen = Choices(dict.fromkeys(notices or Notice, rhythm), working_days_only=not every_day)
        set_notices(uow, person.actor, chosen)


def only(box: PostBox, person: Person) -> list[Arrived]:
    return [letter for letter in box.letters if letter.recipient == person.email]


def mails(store: Store) -> list[Mail]:
    with store.reading() as session:
        return list(session.execute(select(Mail)).scalars())


def mail_round(app: Flask) -> None:
    app.extensions.pop("mail_pause_ends", None)
    for _ in range(4):  # twenty mails at a time
        do_round(app, MAIL_TASKS)


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
    assert asked.text.index("Ce qui vous attend") < asked.text.index("Ce qui a changé")
    assert "attend" not in reader.text
    assert only(box, table.og.dg) == [], "his own move is no news"


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
    first, late = only(box, table.ars.dg)
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


# ---------------------------------------------------------------------- at once


def test_who_is_named_hears_of_it_once_the_words_cant_be_taken_back(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    mentions(table.og.dg, table.ars.lect)
    clock.moment = now() + timedelta(seconds=28)
    mail_round(app)
    assert mails(table.store) == []
    clock.pass_by(seconds=5)
    mail_round(app)
    (letter,) = box.letters
    assert letter.recipient == table.ars.lect.email
    assert "on vous nomme" in letter.header("Subject")
    mail_round(app)
    assert len(box.letters) == 1


def test_words_taken_back_make_no_mail_leave(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    move_id = mentions(table.og.dg, table.ars.lect)
    with table.store.unit_of_work() as uow:
        uow.session.execute(update(MoveRow).where(col(MoveRow.id) == move_id).values(recalled_at=now(), text=""))
        erased = update(HistoryEntry).where(col(HistoryEntry.kind) == "comment.written")
        uow.session.execute(erased.values(payload=None, salt=""))
    mail_round(app)
    clock.next_morning()
    mail_round(app)
    assert only(box, table.ars.lect) == []


def test_many_mentions_are_one_mail_and_the_next_waits_a_while(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    for number in range(20):
        mentions(table.og.dg, table.ars.lect, text=f"Et ceci ? {number}")
    mail_round(app)
    mentions(table.cd.dg, table.ars.lect)
    mail_round(app)
    (letter,) = box.letters
    assert "20 fois" in letter.text
    clock.pass_by(minutes=5)
    mail_round(app)
    assert len(box.letters) == 2


@ONCE
def test_a_mention_read_meanwhile_is_no_news(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    mentions(table.og.dg, table.ars.lect)
    with table.store.unit_of_work() as uow:
        uow.session.execute(update(Mention).values(seen_at=now()))
    mail_round(app)
    assert box.letters == []


def test_a_party_hears_at_once_that_its_acceptance_fell(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    table.og.dg.propose("en01", value=94)
    table.ars.dg.accept("en01")
    act(table.cd.dg, Move.COUNTER_PROPOSAL, "en01", "Un autre texte.", value=95, motive="Il le faut.")
    mail_round(app)
    assert {letter.recipient.partition(".")[0] for letter in box.letters} == {"ars"}
    assert "une acceptation de votre partie est tombée" in box.letters[0].header("Subject")


@ONCE
def test_your_turn_can_be_told_at_once_unless_it_passed_meanwhile(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    for person in (table.ars.dg, table.cd.dg):
        choose(person, Rhythm.IMMEDIATE, Notice.YOUR_TURN)
    act(table.og.dg, Move.PROPOSAL, "en01", "Nous visons 94 %.", value=94)
    table.cd.dg.accept("en01")
    mail_round(app)
    assert [letter.recipient for letter in box.letters] == [table.ars.dg.email]


@ONCE
def test_a_visa_is_told_to_who_gives_it_and_to_nobody_outside(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    with table.store.unit_of_work() as uow:
        uow.session.add(a_visa(table))
    clock.next_morning()
    mail_round(app)
    assert [letter.recipient for letter in box.letters] == [table.og.sign.email]
    assert "1 visa attendu de vous" in box.letters[0].header("Subject").replace("\u00a0", " ")


@ONCE
def test_the_queue_survives_a_restart_without_doubling(
    app: Flask, table: Table, clock: Clock, box: PostBox, settings: Settings
) -> None:
    mentions(table.og.dg, table.ars.lect)
    with app.app_context():
        from app.mailing import make_immediate_mails

        make_immediate_mails()
    again = create_app(settings)
    mail_round(again)
    mail_round(app)
    assert len(box.letters) == 1
    again.extensions["store"].engine.dispose()


# ---------------------------------------------------------------------- not a word


def a_visa(table: Table, word: str = "") -> VisaRequest:
    return VisaRequest(
        negotiation_id=table.id,
        party_id=table.og.id,
        circle=str(table.og.inside),
        clause_id=table.clause_id("en01"),
        member_id=table.og.redac.member.id,
        role=Role.SIGNATORY,
        move=Move.PROPOSAL,
        text=word,
        motive=word,
        words=word,
    )


def test_no_mail_holds_a_word_of_anybody(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    """Shared texts and motives, comments, messages, drafts, visas, mandates, tasks: told by number to everybody."""
    word = "canari" + "0123456789abcdef"
    for person in (getattr(getattr(table, party), role) for party in ("og", "ars", "cd") for role in ("dg", "lect")):
        choose(person, Rhythm.IMMEDIATE, Notice.TALK, Notice.MOVES, Notice.YOUR_TURN)
    act(table.og.dg, Move.PROPOSAL, "en01", f"Texte {word}.", value=94, motive=f"Motif {word}.")
    act(table.ars.dg, Move.COUNTER_PROPOSAL, "en01", f"Autre {word}.", value=95, motive=f"Motif {word}.")
    for circle, person in ((SHARED, table.og.dg), (table.og.inside, table.og.dg), (AUTHORITIES, table.ars.dg)):
        mentions(person, person.table.og.lect if circle == table.og.inside else table.cd.lect, circle, f"Dit {word}.")
        with table.store.unit_of_work() as uow:
            send_message(uow, person.actor, circle=circle, text=f"Message {word}.")
    inside = {"negotiation_id": table.id, "circle": str(table.og.inside)}
    clause_id = table.clause_id("en01")
    with table.store.unit_of_work() as uow:
        uow.session.add(a_visa(table, word))
        uow.session.add(VisaRule(**inside, party_id=table.og.id, gesture=Gesture.ACCEPTANCE, role=Role.SIGNATORY))
        mandate = {"party_id": table.og.id, "clause_id": clause_id, "member_id": table.og.dg.member.id}
        uow.session.add(Mandate(**inside, **mandate, fallback=word, leeway=word, floor="93"))
        owner = table.og.lect.member.id
        uow.session.add(Task(**inside, title=word, owner_id=owner, created_by=owner, clause_id=clause_id))
    mail_round(app)
    clock.next_morning()
    mail_round(app)
    kinds = {letter.header("Subject").replace("\u00a0", " ") for letter in box.letters}
    assert len(box.letters) > 15
    assert any("visa attendu" in kind for kind in kinds)
    assert any("on vous nomme" in kind for kind in kinds)
    assert [letter.recipient for letter in box.letters if word in letter.opened] == []
    assert [letter.recipient for letter in box.letters if "94 %" in letter.opened or "95 %" in letter.opened] == []


@ONCE
def test_what_happens_inside_changes_no_mail_of_the_others(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    """Not even whether one is sent."""
    for _ in range(20):
        table.og.dg.note("en01", "Entre nous.")
        table.ars.dg.tell_authorities("en01", "Entre autorités.")
    clock.next_morning()
    mail_round(app)
    told = {letter.recipient.partition(".")[0]: letter.text.replace("\u00a0", " ") for letter in box.letters}
    assert set(told) == {"og", "ars", "cd"}
    assert all("20 messages" in text for text in told.values())
    assert only(box, table.og.dg) == [], "he wrote them himself, and the authorities' are not for him"
