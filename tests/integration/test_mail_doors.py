"""What mails open and stop: a link to enter, an invitation, one click, and what one chooses to be told."""

import re
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select, update
from sqlmodel import col

from app import create_app, mailing
from app.background import MAIL_TASKS, do_round
from app.config import Settings
from negotiation.rules.vocabulary import Rhythm
from negotiation.services import mail_queue
from negotiation.store.columns import now
from negotiation.store.notifying import Mail, NoticeChoice, NoticeReader
from negotiation.store.people import Member
from tests import mail_table
from tests.builders import Table, a_table
from tests.mail_server import PostBox
from tests.mail_table import a_digest_waits, an_invitation_waits, send, the_mail
from tests.mornings import Clock
from tests.visitors import Visitor

database_url = mail_table.database_url
settings, table, clock = mail_table.settings, mail_table.table, mail_table.clock


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


def test_an_invitation_taken_back_meanwhile_doesnt_leave(app: Flask, table: Table, clock: Clock, box: PostBox) -> None:
    an_invitation_waits(table, clock)
    with table.store.unit_of_work() as uow:
        uow.session.execute(update(Member).where(col(Member.id) == table.ars.dg.member.id).values(left_at=now()))
    send(app)
    assert box.letters == []


def test_an_invitation_opens_the_account(
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
