"""Whom each party heard before signing: its own to record, everybody's to read, never what keeps a contract open."""

import pytest
from flask import Flask

from negotiation.errors import Frozen, InvalidInput, NotAllowed, NotFound
from negotiation.services.consultations import Heard, correct_consultation, record_consultation, remove_consultation
from negotiation.store import Store
from negotiation.store.queries.gate import missing_consultations
from negotiation.store.queries.history import whole_chains
from negotiation.store.queries.readings import calendar_of
from tests.builders import Person, Table, a_table
from tests.closing_table import an_agreed_table, freeze, put_signature
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
CSE = Heard("CSE", "Comité social et économique", "avis", "2026-01-15", "favorable")
ASSEMBLY = Heard("Commission permanente", "", "deliberation", "2026-01-20", "favorable")


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"])


def record(person: Person, heard: Heard) -> str:
    with person.table.store.unit_of_work() as uow:
        return record_consultation(uow, person.actor, heard)


def named(table: Table) -> list[str]:
    with table.store.reading() as session:
        return [each.named for each in missing_consultations(session, table.id)]


def test_what_is_recorded_is_no_longer_missing(table: Table) -> None:
    assert named(table) == [
        "l’avis du CSE",
        "l’avis du CVS",
        "la délibération du conseil d’administration",
        "la délibération de l’assemblée",
    ]
    record(table.og.redac, CSE)
    record(table.cd.dg, ASSEMBLY)
    assert named(table) == [
        "l’avis du CVS",
        "la délibération du conseil d’administration",
        "la transmission de la délibération à l’État",
    ]
    record(table.cd.dg, Heard("CP", "", "deliberation", "2026-01-20", sent_on="2026-01-22"))
    assert "la transmission de la délibération à l’État" not in named(table)


def test_every_party_reads_it_and_its_own_alone_changes_it(table: Table) -> None:
    line = record(table.og.redac, CSE)
    with pytest.raises(NotFound), table.store.unit_of_work() as uow:
        correct_consultation(uow, table.ars.dg.actor, line, CSE)
    with pytest.raises(NotFound), table.store.unit_of_work() as uow:
        remove_consultation(uow, table.ars.dg.actor, line)
    with pytest.raises(NotAllowed):
        record(table.cd.lect, CSE)
    with table.store.reading() as session:
        (read,) = calendar_of(session, table.id).consultations
    assert read["body_name"] == "Comité social et économique"


def test_the_history_keeps_what_was_corrected_and_taken_out(table: Table) -> None:
    line = record(table.og.redac, CSE)
    with table.store.unit_of_work() as uow:
        correct_consultation(uow, table.og.dg.actor, line, Heard(**vars(CSE) | {"opinion": "défavorable"}))
        remove_consultation(uow, table.og.dg.actor, line)
    with table.store.reading() as session:
        (_, shared), *_ = whole_chains(session, table.ars.dg.actor)
        told = [entry.payload or "" for entry in shared if entry.kind == "consultation.recorded"]
    assert [change in words for change, words in zip(("added", "changed", "removed"), told, strict=True)] == [True] * 3
    assert "défavorable" in told[1]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"body": " "}, "body"),
        ({"kind": "vote"}, "kind"),
        ({"on": ""}, "on"),
        ({"on": "2199-01-01"}, "on"),
        ({"reserve": "x" * 2001}, "reserve"),
        ({"sent_on": "2026-01-16"}, "sent_on"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_makes_no_sense_is_refused_by_its_field(table: Table, wrong: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        record(table.og.dg, Heard(**vars(CSE) | wrong))
    assert refusal.value.detail["field"] == field


def test_an_assembly_may_deliberate_on_the_frozen_text_until_all_have_signed(store: Store) -> None:
    agreed = an_agreed_table(store)
    version = freeze(agreed)
    record(agreed.cd.sign, ASSEMBLY)
    for person in (agreed.og.sign, agreed.ars.sign, agreed.cd.sign):
        put_signature(person, version)
    with pytest.raises(Frozen):
        record(agreed.cd.sign, ASSEMBLY)


def test_the_page_says_what_is_missing_and_gives_typed_words_back(app: Flask, table: Table) -> None:
    visitor = Visitor(app).enter(table.og.dg.email)
    address = f"/negociations/{table.id}/consultations"
    assert "L’avis du CVS" in visitor.get(address).text
    refused = visitor.post(address, {"act": "add", "body": "CVS", "kind": "avis", "on": "2199-01-01"})
    assert refused.status_code == 422
    assert "elle ne peut pas être à venir" in refused.text
    assert 'value="CVS"' in refused.text
    assert visitor.post(address, {"act": "add", "body": "CVS", "kind": "avis", "on": "2026-01-15"}).status_code == 302
    assert "L’avis du CVS" not in visitor.get(address).text
    assert "l’avis du CVS" not in visitor.get(f"/negociations/{table.id}/versions").text
