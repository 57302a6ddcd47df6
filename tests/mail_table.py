"""What people do at a table whose mails are read: acts that are announced, mentions, choices, and the mail round.

A module of tests takes the fixtures by name: `table = mail_table.table`."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from app import mailing
from app.background import MAIL_TASKS, do_round
from app.config import Settings
from negotiation.rules.notices import MailKind
from negotiation.rules.vocabulary import SHARED, Circle, Move, Notice, Rhythm, Role
from negotiation.services.moves import Order, Seen, play
from negotiation.services.notifying import Choices, queue_mail, set_notices
from negotiation.store import Store
from negotiation.store.inside import VisaRequest
from negotiation.store.notifying import Mail
from negotiation.store.talk import Mention
from tests.builders import Person, Table, a_table
from tests.mail_server import Arrived, PostBox
from tests.mornings import Clock, a_clock


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """SQLite only: what these tests ask is of the mail server."""
    shutil.copy(migrated_sqlite, tmp_path / "navette.sqlite")
    return f"sqlite:///{tmp_path / 'navette.sqlite'}"


@pytest.fixture
def settings(mail_settings: Settings) -> Settings:
    return mail_settings


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=2)


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


def a_digest_waits(app: Flask, table: Table, clock: Clock) -> None:
    """For one reader alone, `ars.lect`."""
    seats = [(party, role) for party in (table.og, table.ars) for role in ("dg", "redac", "sign", "com", "lect")]
    for party, role in seats:
        if (party.key, role) != ("ars", "lect"):
            choose(getattr(party, role), Rhythm.OFF)
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


def the_invitation(store: Store) -> Mail:
    """Also when days went by, and with them a digest."""
    with store.reading() as session:
        return session.execute(select(Mail).where(col(Mail.kind) == MailKind.INVITATION)).scalar_one()
