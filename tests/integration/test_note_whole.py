"""The note de cadrage is proposed and accepted in one gesture each, from its own page, and nothing else with it."""

import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.rules.vocabulary import ClauseState, DocumentKind
from negotiation.store.contract import Clause, Document, Part
from tests.builders import Table, a_table
from tests.scenarios import scenario
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def moved(table: Table, kind: DocumentKind) -> set[ClauseState]:
    """The states of what was written in a document."""
    with table.store.reading() as session:
        query = (
            select(col(Clause.state))
            .join(Part, col(Part.id) == Clause.part_id)
            .join(Document, col(Document.id) == Part.document_id)
            .where(col(Clause.negotiation_id) == table.id, col(Document.kind) == kind, col(Clause.working_text) != "")
        )
        return set(session.execute(query).scalars())


def offered(page: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]+)" checked', page)


def test_the_note_leaves_whole_and_is_agreed_whole(app: Flask) -> None:
    content = scenario()
    content["cadrage"]["validated_by"] = []
    table = a_table(app.extensions["store"], content)
    og, ars, cd = (Visitor(app).enter(party.dg.email) for party in (table.og, table.ars, table.cd))
    note, whole = f"/negociations/{table.id}/cadrage", f"/negociations/{table.id}/ensemble"
    before = moved(table, DocumentKind.CONTRACT)
    assert "Proposer la note entière" in og.get(note).text
    parts = offered(og.get(f"{whole}?document=cadrage").text, "part")
    sent = og.post(f"{whole}/propositions", {"part": parts, "document": "cadrage"})
    assert sent.location.endswith(note)
    assert moved(table, DocumentKind.CADRAGE) == {ClauseState.PROPOSED}
    assert moved(table, DocumentKind.CONTRACT) == before
    for visitor in (ars, cd):
        assert "Accepter la note entière" in visitor.get(note).text
        listed = offered(visitor.get(f"{whole}?document=cadrage").text, "clause")
        assert visitor.post(f"{whole}/accords", {"clause": listed, "document": "cadrage"}).status_code == 302
    assert moved(table, DocumentKind.CADRAGE) == {ClauseState.AGREED}
    assert "la note entière" not in og.get(note).text


def test_whoever_only_reads_is_offered_no_gesture_on_the_note(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    assert (
        "la note entière" not in Visitor(app).enter(table.ars.lect.email).get(f"/negociations/{table.id}/cadrage").text
    )
