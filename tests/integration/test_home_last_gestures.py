"""The accueil and the morning mail say which gesture of the end waits for me: to freeze, to sign, to reopen, to close
an avenant; it is gone once my party has answered."""

import pytest
from flask import Flask

from app.mail_words import sections_of
from negotiation.rules.notices import MailKind
from negotiation.rules.vocabulary import Notice
from negotiation.services.amending_end import ask_to_close, consent_to_close, refuse_to_close
from negotiation.services.awaiting import LastGesture, last_gestures_due
from negotiation.services.mail_contents import news_for
from negotiation.services.mail_queue import Letter
from negotiation.services.unfreezing import agree_to_reopen, ask_reopening
from negotiation.store import Announcing
from negotiation.store.columns import now
from tests.builders import Person, Table, a_table
from tests.closing_table import an_agreed_table, ask, closing_scenario, render
from tests.integration.test_amendments import amend, wanted
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def due(person: Person) -> list[LastGesture]:
    with person.table.store.reading() as session:
        return [each.gesture for each in last_gestures_due(session, [person.actor])]


def said_in_the_morning(person: Person) -> list[str]:
    """Of what waits, what the digest says of the end."""
    moment = now()
    letter = Letter(
        "m", MailKind.DIGEST, person.person_id, person.email, person.table.id, frozenset(Notice), "m", moment, 0
    )
    with person.table.store.reading() as session:
        news = news_for(session, letter, moment)
    assert news is not None
    lines = [plain(line) for section in sections_of(news) for line in section.lines]
    return [line.partition(" :")[0] for line in lines if "geste" in line]


def plain(page: str) -> str:
    return page.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture
def table(app: Flask) -> Table:
    return an_agreed_table(app.extensions["store"])


def test_from_the_first_request_to_freeze_to_ones_signature(app: Flask, table: Table) -> None:
    rendered = render(table.og.dg)
    ask(table.og.dg, rendered)
    assert due(table.og.dg) == []
    assert due(table.ars.lect) == [], "who may only read has nothing to answer"
    assert due(table.ars.dg) == due(table.cd.sign) == [LastGesture.FREEZE]
    page = plain(Visitor(app).enter(table.ars.dg.email).get("/").text)
    assert "Figer le contrat, ou attendre" in page
    assert "vous avez 1 demande de figer" in page
    assert "depuis aujourd’hui" in page
    assert said_in_the_morning(table.ars.dg) == ["1 geste attendu de vous pour figer, signer, rouvrir ou clore"]
    ask(table.ars.dg, rendered)
    assert due(table.ars.dg) == []
    asked = ask(table.cd.sign, rendered)
    assert due(table.cd.sign) == [LastGesture.SIGN]
    with table.store.unit_of_work() as uow:
        ask_reopening(uow, table.og.dg.actor, version_id=asked.frozen_version_id or "", motive="Une erreur.")
    assert due(table.og.dg) == []
    assert due(table.ars.dg) == [LastGesture.REOPEN]
    page = plain(Visitor(app).enter(table.ars.dg.email).get("/").text)
    assert "demande à rouvrir : « Une erreur. »" in page
    with table.store.unit_of_work() as uow:
        agree_to_reopen(uow, table.ars.dg.actor, version_id=asked.frozen_version_id or "")
    assert due(table.ars.dg) == []


def test_a_request_for_a_text_that_moved_waits_for_nobody(table: Table) -> None:
    ask(table.og.dg)
    table.og.dg.reopen("en02")
    assert due(table.ars.dg) == []


def test_a_closing_waits_for_each_other_party_that_decides(app: Flask) -> None:
    contract = a_table(app.extensions["store"], closing_scenario(status="signed"))
    avenant = amend(contract.og.dg, wanted(contract, "en02"))
    avenant.ars.dg.propose("en02")
    with avenant.store.unit_of_work(Announcing.SILENT) as uow:
        ask_to_close(uow, avenant.og.dg.actor, "Plus rien à changer.")
    assert due(avenant.og.dg) == []
    assert due(avenant.ars.dg) == due(avenant.cd.dg) == [LastGesture.CLOSE]
    page = plain(Visitor(app).enter(contract.ars.dg.email).get("/").text)
    assert "demande à clore sans suite : « Plus rien à changer. »" in page
    assert f"/negociations/{avenant.id}/avenants#clore" in page
    with avenant.store.unit_of_work(Announcing.SILENT) as uow:
        consent_to_close(uow, avenant.ars.dg.actor)
    assert (due(avenant.ars.dg), due(avenant.cd.dg)) == ([], [LastGesture.CLOSE])
    with avenant.store.unit_of_work(Announcing.SILENT) as uow:
        refuse_to_close(uow, avenant.cd.dg.actor)
    assert due(avenant.cd.dg) == []
