"""A real conversation with a mail server: what it refuses, what it drops, what dies in between; and the doors."""

import logging
import re
import socket
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from pydantic import ValidationError

from app import create_app, mailing
from app.config import Settings
from app.post_office import Envelope, PostOffice, Security, deliver, post_office
from negotiation.rules.notices import RETRIES, Ending
from negotiation.services import mail_queue
from tests import mail_table
from tests.builders import Table
from tests.mail_server import HANGS, PostBox, free_port
from tests.mail_table import a_digest_waits, an_invitation_waits, send, the_invitation, the_mail
from tests.mornings import Clock

CERTIFICATE = Path(__file__).resolve().parents[1] / "mail_server.pem"
"""Self-signed, for 127.0.0.1, with its key: it protects nothing but these tests."""
FROM = "Navette <navette@exemple.example>"

database_url = mail_table.database_url
settings, table, clock = mail_table.settings, mail_table.table, mail_table.clock


class Killed(BaseException):
    """The process dies here."""


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
    box.refused[table.ars.lect.email] = f"550 <{table.ars.lect.email}>: nobody here"
    a_digest_waits(app, table, clock)
    with caplog.at_level(logging.ERROR):
        send(app)
    row = the_mail(table.store)
    assert (row.given_up_at is not None, row.attempts) == (True, 1)
    assert "550 <…>: nobody here" in row.last_error
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
    row = the_invitation(table.store)
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
