"""A real conversation with a mail server: what it refuses, what it drops, what dies in between; and the doors."""

import logging
import re
import shutil
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from pydantic import ValidationError
from sqlalchemy import select
from sqlmodel import col

from app import create_app, mailing
from app.background import MAIL_TASKS, do_round
from app.config import Settings
from app.post_office import Envelope, PostOffice, Security, deliver, post_office
from negotiation.rules.notices import RETRIES, Ending, MailKind
from negotiation.rules.vocabulary import Notice, Rhythm
from negotiation.services import mail_queue
from negotiation.services.notifying import queue_mail
from negotiation.store import Store
from negotiation.store.columns import now
from negotiation.store.notifying import Mail, NoticeChoice, NoticeReader
from tests.builders import Table, a_table
from tests.mail_server import HANGS, PostBox, free_port
from tests.mornings import Clock, a_clock
from tests.visitors import Visitor

CERTIFICATE = Path(__file__).resolve().parents[1] / "mail_server.pem"
"""Self-signed, for 127.0.0.1, with its key: it protects nothing but these tests."""
FROM = "Navette <navette@exemple.example>"


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """SQLite only: what these tests ask is of the mail server."""
    shutil.copy(migrated_sqlite, tmp_path / "navette.sqlite")
    return f"sqlite:///{tmp_path / 'navette.sqlite'}"


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
        email_from=FROM,
    )


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=2)


@pytest.fixture
def clock(table: Table, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return a_clock(monkeypatch)


def a_digest_waits(app: Flask, table: Table, clock: Clock) -> None:
    """For one reader alone."""
    with table.store.unit_of_work() as uow:
        for role in ("dg", "redac", "sign", "com"):
            person_id = getattr(table.ars, role).person_id
            for notice in Notice:
                uow.session.add(
                    NoticeChoice(person_id=person_id, negotiation_id=table.id, notice=notice, rhythm=Rhythm.OFF)
                )
        for role in ("dg", "redac", "sign", "com", "lect"):
            person_id = getattr(table.og, role).person_id
            for notice in Notice:
                uow.session.add(
                    NoticeChoice(person_id=person_id, negotiation_id=table.id, notice=notice, rhythm=Rhythm.OFF)
                )
    table.og.dg.comment("en01")
    clock.next_morning()
    with app.app_context():
        mailing.make_digests()


def an_invitation_waits(table: Table, clock: Clock) -> None:
    with table.store.unit_of_work() as uow:
        queue_mail(
            uow,
            person_id=table.ars.dg.person_id,
            negotiation_id=table.id,
            kind=MailKind.INVITATION,
            dedupe="invitation:1",
            due_at=clock.moment,
        )


def send(app: Flask) -> None:
    app.extensions.pop("mail_pause_ends", None)
    do_round(app, MAIL_TASKS)


def the_mail(store: Store) -> Mail:
    with store.reading() as session:
        return session.execute(select(Mail)).scalar_one()


def kill_at(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def dies(*_: object, **__: object) -> None:
        raise Killed

    monkeypatch.setattr(mail_queue, name, dies)


# ---------------------------------------------------------------------- a mail as it should be


def test_a_mail_says_what_programs_and_people_need(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    a_digest_waits(app, table, clock)
    send(app)
    (letter,) = box.letters
    assert letter.sender == "navette@exemple.example"
    assert letter.header("From") == FROM
    assert letter.header("To") == table.ars.lect.email
    assert re.fullmatch(r"<[0-9a-f-]{36}@exemple\.example>", letter.header("Message-ID"))
    assert (letter.header("Auto-Submitted"), letter.header("Content-Language")) == ("auto-generated", "fr")
    assert letter.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    stop = letter.header("List-Unsubscribe").strip("<>")
    assert stop in letter.text and stop in letter.html
    assert f"http://127.0.0.1:8000/negociations/{table.id}/avis" in letter.text
    assert letter.raw.isascii(), "any server on the way carries it"
    assert "<style" not in letter.html and "<img" not in letter.html
    assert {part.get_content_type() for part in letter.message.iter_parts()} == {"text/plain", "text/html"}  # type: ignore[attr-defined]


def test_a_title_writes_no_header_of_its_own(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    with table.store.engine.begin() as connection:
        title = "CPOM\r\nBcc: tous@exemple.example\r\n\r\n<script>alert(1)</script> " + "très long " * 40
        connection.exec_driver_sql("UPDATE negotiation SET title = ?", (title,))
    a_digest_waits(app, table, clock)
    send(app)
    (letter,) = box.letters
    assert letter.message["Bcc"] is None
    assert "<script>" not in letter.html
    assert len(letter.header("Subject")) < 200


def test_a_line_that_begins_with_a_dot_arrives_whole() -> None:
    with PostBox() as box:
        envelope = Envelope("a@exemple.example", "b@exemple.example", b"Subject: x\r\n\r\n.\r\n..deux\r\nfin\r\n")
        said = deliver(post_office(box.url), envelope, hand_over=lambda: None)
        assert said.ending is Ending.ACCEPTED
        assert box.letters[0].raw == envelope.message


# ---------------------------------------------------------------------- servers that say no, or nothing


def test_refused_for_now_then_taken_with_the_same_id(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    box.answers.extend(["451 try again", "421 busy"])
    a_digest_waits(app, table, clock)
    first = the_mail(table.store).message_id
    for wait in (timedelta(), *RETRIES[:2]):
        clock.moment += wait
        send(app)
    assert box.ids == [f"<{first}@exemple.example>"]
    assert the_mail(table.store).attempts == 3


def test_refused_for_good_is_given_up_and_told_in_the_log(
    app: Flask, table: Table, clock: Clock, box: PostBox, caplog: pytest.LogCaptureFixture
) -> None:
    box.refused[table.ars.lect.email] = "550 nobody here"
    a_digest_waits(app, table, clock)
    with caplog.at_level(logging.ERROR):
        send(app)
    row = the_mail(table.store)
    assert (row.given_up_at is not None, row.attempts) == (True, 1)
    assert "550 nobody here" in row.last_error
    assert "mail.given_up" in caplog.text
    assert table.ars.lect.email not in caplog.text, "no address of anybody in the log"


def test_words_that_a_server_refuses_are_given_up_too(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    box.answers.append("554 looks like spam")
    a_digest_waits(app, table, clock)
    send(app)
    assert the_mail(table.store).given_up_at is not None


def test_a_server_that_is_never_there_is_given_up_in_the_end(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    an_invitation_waits(table, clock)
    app.extensions["settings"] = app.extensions["settings"].model_copy(
        update={"email_url": Settings(email_url=f"smtp://127.0.0.1:{free_port()}", email_from=FROM).email_url}
    )
    for wait in (timedelta(), *RETRIES):
        clock.moment += wait
        send(app)
    row = the_mail(table.store)
    assert (row.attempts, row.given_up_at is not None) == (len(RETRIES), True)


def test_a_server_that_never_speaks_costs_one_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        office = PostOffice("127.0.0.1", silent.getsockname()[1], Security.NONE, timeout=0.3)
        said = deliver(office, Envelope("a@x.example", "b@x.example", b"x\r\n"), hand_over=lambda: None)
    assert (said.ending, said.reached) == (Ending.LATER, False)


def test_after_a_silent_server_nobody_else_is_tried_for_a_while(
    app: Flask, table: Table, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_invitation_waits(table, clock)
    tried: list[str] = []
    monkeypatch.setattr(mailing, "_send", lambda office, mail_id: bool(tried.append(mail_id)))
    with app.app_context():
        mailing.send_due_mails()
        mailing.send_due_mails()
    assert len(tried) == 1


def test_a_server_that_takes_the_words_and_never_says_so() -> None:
    with PostBox() as box:
        box.answers.append(HANGS)
        office = PostOffice("127.0.0.1", box.port, Security.NONE, timeout=0.3)
        said = deliver(office, Envelope("a@x.example", "b@x.example", b"A: b\r\n\r\nx\r\n"), hand_over=lambda: None)
    assert said.ending is Ending.UNSURE


# ---------------------------------------------------------------------- the process dies


def test_died_before_the_words_went_the_mail_leaves_once(
    app: Flask, table: Table, clock: Clock, box: PostBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_digest_waits(app, table, clock)
    with monkeypatch.context() as dying:
        kill_at(dying, "mark_handed")
        with pytest.raises(Killed):
            send(app)
    assert box.letters == []
    send(app)
    assert box.letters == [], "another process may still have it"
    clock.moment += RETRIES[0]
    send(app)
    assert len(box.ids) == 1


def test_died_after_the_server_took_the_news_it_comes_once(
    app: Flask, table: Table, clock: Clock, box: PostBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next morning tells it again: what was told advances only with what surely left."""
    a_digest_waits(app, table, clock)
    with monkeypatch.context() as dying:
        kill_at(dying, "mark_sent")
        with pytest.raises(Killed):
            send(app)
    assert len(box.ids) == 1
    for wait in RETRIES:
        clock.moment += wait
        send(app)
    assert len(box.ids) == 1
    assert the_mail(table.store).last_error == "unsure"
    clock.next_morning()
    send(app)
    assert len(set(box.ids)) == 2


def test_died_after_the_server_took_an_invitation_it_comes_again_under_the_same_id(
    app: Flask, table: Table, clock: Clock, box: PostBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_invitation_waits(table, clock)
    with monkeypatch.context() as dying:
        kill_at(dying, "mark_sent")
        with pytest.raises(Killed):
            send(app)
    clock.moment += RETRIES[0]
    send(app)
    assert (len(box.ids), len(set(box.ids))) == (2, 1)
    send(app)
    assert len(box.ids) == 2


def test_two_processes_send_one_mail_once(
    app: Flask, table: Table, clock: Clock, box: PostBox, settings: Settings
) -> None:
    an_invitation_waits(table, clock)
    with table.store.unit_of_work() as uow:
        taken = mail_queue.claim(uow, the_mail(table.store).id, clock.moment)
    assert taken is not None
    other = create_app(settings)
    send(other)
    assert box.letters == []
    other.extensions["store"].engine.dispose()


# ---------------------------------------------------------------------- encrypted, or not at all


def test_starttls_is_spoken_and_a_false_certificate_refused() -> None:
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(CERTIFICATE)
    envelope = Envelope("a@x.example", "b@x.example", b"A: b\r\n\r\nx\r\n")
    with PostBox(tls=ours) as box:
        trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
        office = PostOffice("127.0.0.1", box.port, Security.STARTTLS, timeout=5)
        strange = deliver(office, envelope, hand_over=lambda: None)
        assert (strange.ending, strange.reached, box.letters) == (Ending.LATER, False, [])
        known = PostOffice("127.0.0.1", box.port, Security.STARTTLS, timeout=5, tls=trusting)
        assert deliver(known, envelope, hand_over=lambda: None).ending is Ending.ACCEPTED
        assert box.secured == [True]


def test_a_server_without_starttls_gets_nothing_when_it_is_wanted() -> None:
    with PostBox() as box:
        office = PostOffice("127.0.0.1", box.port, Security.STARTTLS, timeout=5)
        said = deliver(office, Envelope("a@x.example", "b@x.example", b"x\r\n"), hand_over=lambda: None)
        assert (said.ending, box.letters) == (Ending.LATER, [])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://u%40x.example:p%2Fw@mail.example:2525", ("mail.example", 2525, "starttls", "u@x.example", "p/w")),
        ("smtp://mail.example", ("mail.example", 587, "starttls", "", "")),
        ("smtp://mail.example?starttls=no", ("mail.example", 25, "none", "", "")),
        ("smtp://localhost", ("localhost", 25, "none", "", "")),
        ("smtps://mail.example", ("mail.example", 465, "tls", "", "")),
    ],
)
def test_the_address_of_the_server_says_how_to_speak_with_it(url: str, expected: tuple[object, ...]) -> None:
    office = post_office(url)
    assert (office.host, office.port, str(office.security), office.user, office.password) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://m:x",
        "smtp://m?starttls=maybe",
        "smtp://m?timeout=1",
        "smtp://user:hunter42@mail.example?starttls=no",
    ],
)
def test_an_address_that_is_none_or_would_tell_the_password_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValidationError, match="EMAIL_URL") as refused:
        Settings(email_url=url, email_from=FROM)
    assert "hunter42" not in str(refused.value)


def test_who_writes_must_be_said(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="EMAIL_FROM"):
        Settings(email_url="smtp://mail.example", email_from="Navette")
    assert Settings(email_url="smtps://a%40b.example:x@mail.example").sender == ("Navette", "a@b.example")
    given = settings.as_environment()
    assert given["EMAIL_URL"].startswith("smtp://127.0.0.1:")
    assert "EMAIL_URL" not in Settings().as_environment()


# ---------------------------------------------------------------------- without a server


def test_without_a_server_nothing_is_made_and_the_door_offers_no_mail(database_url: str, tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=tmp_path, database_url=database_url, log_level="error"))
    table = a_table(app.extensions["store"], parties=2)
    table.og.dg.propose("en01", value=94)
    do_round(app, MAIL_TASKS)
    visitor = Visitor(app)
    assert "Recevoir un lien" not in visitor.get("/connexion").text
    assert visitor.post("/connexion/demander-un-lien", {"email": table.og.dg.email}).status_code == 404
    with table.store.reading() as session:
        assert session.execute(select(Mail)).first() is None
    app.extensions["store"].engine.dispose()


# ---------------------------------------------------------------------- the doors


def test_a_link_comes_to_a_known_address_and_the_answer_is_the_same_for_all(
    app: Flask, table: Table, visitor: Visitor, box: PostBox
) -> None:
    pages = []
    for email in (f" {table.ars.dg.email.upper()} ", "personne@exemple.example"):
        sent = visitor.post("/connexion/demander-un-lien", {"email": email})
        assert (sent.status_code, sent.location) == (302, "/connexion")
        pages.append(re.sub(r'value="[^"]*"', "", visitor.get("/connexion").text))
    assert pages[0] == pages[1]
    send(app)
    (letter,) = box.letters
    assert letter.recipient == table.ars.dg.email
    link = re.search(r"http://127\.0\.0\.1:8000(/connexion/lien/\S+)", letter.text)
    assert link is not None and link[1] in letter.html
    assert visitor.post(link[1]).status_code == 302
    assert visitor.post(link[1]).status_code == 410


def test_asking_for_links_is_paced_by_address(table: Table, visitor: Visitor) -> None:
    asked = [
        visitor.post("/connexion/demander-un-lien", {"email": "personne@exemple.example"}).status_code for _ in range(6)
    ]
    assert asked == [302] * 5 + [429]


def test_an_invitation_opens_the_account_and_leaves_only_to_who_still_sits(
    app: Flask, table: Table, clock: Clock, box: PostBox, visitor: Visitor
) -> None:
    an_invitation_waits(table, clock)
    send(app)
    (letter,) = box.letters
    assert table.negotiation().title in letter.text
    assert "14 jours" in letter.text
    link = re.search(r"/connexion/lien/\S+", letter.text)
    assert link is not None and visitor.post(link[0]).status_code == 302


# ---------------------------------------------------------------------- one click


def the_stop(app: Flask, table: Table, clock: Clock, box: PostBox) -> str:
    a_digest_waits(app, table, clock)
    send(app)
    return box.letters[0].header("List-Unsubscribe").strip("<>").removeprefix("http://127.0.0.1:8000")


def rhythms(table: Table) -> set[Rhythm]:
    with table.store.reading() as session:
        query = select(col(NoticeChoice.rhythm)).where(col(NoticeChoice.person_id) == table.ars.lect.person_id)
        return set(session.execute(query).scalars())


def test_one_click_of_a_mail_program_stops_everything_about_one_negotiation(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    """RFC 8058: no cookie, no origin, no form token; opening the address stops nothing."""
    stop = the_stop(app, table, clock, box)
    program = app.test_client()
    assert "Ne plus rien recevoir" in program.get(stop).text
    assert rhythms(table) == set()
    done = program.post(stop, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert f"/negociations/{table.id}/avis" in done.text, "it says how to come back"
    assert program.post(stop).status_code == 200
    assert rhythms(table) == {Rhythm.OFF}
    table.og.dg.comment("en01")
    clock.next_morning()
    send(app)
    assert len(box.letters) == 1


def test_an_older_mail_still_stops_and_only_its_hash_is_kept(
    app: Flask, table: Table, clock: Clock, box: PostBox
) -> None:
    stop = the_stop(app, table, clock, box)
    table.og.dg.comment("en01")
    clock.next_morning()
    send(app)
    assert len(box.letters) == 2
    assert app.test_client().post(stop).status_code == 200
    with table.store.reading() as session:
        kept = session.execute(select(NoticeReader.unsubscribe_hash)).scalars().all()
    assert stop.rpartition("/")[2] not in kept


def test_another_site_cant_click_and_no_other_token_opens(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    stop = the_stop(app, table, clock, box)
    assert app.test_client().post(stop, headers={"Origin": "https://evil.example"}).status_code == 403
    for wrong in ("/avis/arret/inconnu", stop[:-1], stop + "a"):
        assert (app.test_client().get(wrong).status_code, app.test_client().post(wrong).status_code) == (404, 404)
    assert rhythms(table) == set()


# ---------------------------------------------------------------------- what one chooses


def test_one_chooses_for_oneself_and_reads_it_back(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.ars.lect.email)
    address = f"/negociations/{table.id}/avis"
    sent = reader.post(address, {"rhythm_moves": "weekly", "rhythm_talk": "off"})
    assert (sent.status_code, sent.location) == (302, address)
    page = reader.get(address).text
    assert re.search(r'name="rhythm_moves">.*?<option value="weekly" selected>', page)
    assert re.search(r'name="rhythm_mention">.*?<option value="immediate" selected>', page)
    assert not re.search(r'name="working_days_only" value="1" checked', page)
    other = Visitor(app).enter(table.ars.dg.email).get(address).text
    assert re.search(r'name="rhythm_moves">.*?<option value="daily" selected>', other)


def test_a_stranger_chooses_nothing(app: Flask, table: Table) -> None:
    stranger = Visitor(app).enter(a_table(table.store, parties=2).og.dg.email)
    address = f"/negociations/{table.id}/avis"
    assert (stranger.get(address).status_code, stranger.post(address).status_code) == (404, 404)


def test_a_rhythm_that_doesnt_exist_is_refused(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.ars.lect.email)
    assert reader.post(f"/negociations/{table.id}/avis", {"rhythm_moves": "hourly"}).status_code == 422


def test_old_mails_are_forgotten(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    an_invitation_waits(table, clock)
    send(app)
    assert the_mail(table.store).sent_at is not None
    clock.moment = now() + mail_queue.KEPT + timedelta(days=1)
    with app.app_context():
        mailing.forget_old_mails()
    with table.store.reading() as session:
        assert session.execute(select(Mail)).first() is None
