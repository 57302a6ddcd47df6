"""What can't wait until the morning; and not a word of anybody's in any mail."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlmodel import col

from app import create_app
from app.config import Settings
from negotiation.rules.vocabulary import AUTHORITIES, SHARED, Gesture, Move, Notice, Rhythm, Role
from negotiation.services.discussing import send_message
from negotiation.store.columns import now
from negotiation.store.exchange import MoveRow
from negotiation.store.inside import Mandate, VisaRule
from negotiation.store.record import HistoryEntry
from negotiation.store.talk import Mention, Task
from tests.builders import Table, a_table
from tests.mail_server import PostBox
from tests.mail_table import a_visa, act, choose, mail_round, mails, mentions, only
from tests.mornings import Clock, a_clock

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
