"""What a party settles at home during a decision's minute changes nothing of what the others read, nor do its visas."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.config import Settings
from negotiation.errors import VisaRequired
from negotiation.rules.paris import paris_day
from negotiation.rules.seances import DecisionState
from negotiation.rules.vocabulary import Gesture, Role
from negotiation.services.delegating import end_delegation, set_delegation
from negotiation.services.seance_agenda import Item, add_point, point_at
from negotiation.services.seance_decisions import Voice
from negotiation.services.visa_rules import set_visa_rule
from negotiation.store import Store
from negotiation.store.columns import now
from tests.builders import Person, Table, a_table
from tests.seance_table import Meeting, an_open_seance
from tests.visitors import Visitor

CLAUSE = "en01"
PAGES = (
    "/negociations/{table}/seances/{seance}",
    "/negociations/{table}/seances/{seance}/decisions",
    "/negociations/{table}/seances/{seance}/fragment/decisions",
    "/negociations/{table}/seances/{seance}/projection/fragment",
    "/negociations/{table}/historique",
    "/negociations/{table}/membres",
    "/clauses/{clause}",
    "/clauses/{clause}/navette",
    "/",
)
_DRAWN = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{8,64}\b|data-(counts|spent)=\"\d+\"|\b\d+ s\b"
)
_MOMENTS = re.compile(r"\b\d\d?[: ]?h?[: \u00a0\u202f]?\d\d(:\d\d)?Z?\b")
_TOKENS = re.compile(r'(name="csrf_token" value=|name="request_key" value=|name="socket-token" content=)"[^"]*"')
pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(store: Store) -> Table:
    made = a_table(store, parties=3)
    made.ars.dg.propose(CLAUSE, "Nous visons 94 %.", value=94)
    return made


def read_by(app: Flask, meeting: Meeting, person: Person) -> dict[str, str]:
    """The pages, without ids, hours and tokens, which are drawn anew in each world."""
    visitor = Visitor(app).enter(person.email)
    named = {"table": meeting.table.id, "seance": meeting.id, "clause": meeting.table.clause_id(CLAUSE)}
    found = {}
    for page in PAGES:
        answer = visitor.get(page.format(**named))
        assert answer.status_code == 200, page
        found[page] = _MOMENTS.sub("moment", _DRAWN.sub("drawn", _TOKENS.sub(r"\1", answer.text)))
    return found


def the_same_world(settings: Settings, folder: Path) -> Flask:
    """The application on a copy of its database, as it is now."""
    here, copy = Path(settings.database_url.removeprefix("sqlite:///")), folder / "twin.sqlite"
    with closing(sqlite3.connect(here)) as read, closing(sqlite3.connect(copy)) as written:
        read.backup(written)
    twin = create_app(settings.model_copy(update={"database_url": f"sqlite:///{copy}"}))
    twin.testing = True
    return twin


def test_what_a_party_settles_at_home_within_the_minute_changes_nothing_that_others_read(
    app: Flask, settings: Settings, table: Table, tmp_path: Path
) -> None:
    """A visa asked since, and a voice taken back: each would say « ne peut plus engager seule »."""
    with table.store.unit_of_work() as uow:
        today = paris_day(now()).isoformat()
        lent = set_delegation(
            uow, table.cd.dg.actor, to_member_id=table.cd.redac.member.id, starts_on=today, ends_on=today
        )
    meeting = an_open_seance(table, table.ars.dg)
    decisions = [meeting.agree(table.og.dg, CLAUSE), meeting.agree(table.cd.redac, CLAUSE)]
    assert {meeting.state(each) for each in decisions} == {DecisionState.WAITING}
    twin = the_same_world(settings, tmp_path)
    elsewhere = Meeting(Table(twin.extensions["store"], table.id), meeting.id)
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.ACCEPTANCE, Role.SIGNATORY)
        end_delegation(uow, table.cd.dg.actor, lent)
    assert (meeting.a_minute_passes(), elsewhere.a_minute_passes()) == (2, 2)
    assert {meeting.state(each) for each in decisions} == {DecisionState.BOUND}
    for person in (table.ars.dg, table.ars.lect):
        here, there = read_by(app, meeting, person), read_by(twin, elsewhere, person)
        assert [page for page in here if here[page] != there[page]] == []


def test_a_visa_asked_before_reads_like_any_decision_that_waits_for_its_party(
    app: Flask, settings: Settings, table: Table, tmp_path: Path
) -> None:
    """Whoever could decide alone may always leave it to a colleague: to propose tells nothing of a visa."""
    meeting = an_open_seance(table, table.ars.dg)
    with table.store.unit_of_work() as uow:
        point = add_point(uow, table.ars.dg.actor, meeting.id, Item(clause_id=table.clause_id(CLAUSE)))
        point_at(uow, table.ars.dg.actor, meeting.id, point)
    twin = the_same_world(settings, tmp_path)
    elsewhere = Meeting(Table(twin.extensions["store"], table.id), meeting.id)
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.ACCEPTANCE, Role.SIGNATORY)
    with pytest.raises(VisaRequired):
        meeting.agree(table.og.dg, CLAUSE)
    for each in (meeting, elsewhere):
        each.agree(table.og.dg, CLAUSE, voice=Voice.PROPOSE)
    for person in (table.ars.dg, table.cd.dg):
        here, there = read_by(app, meeting, person), read_by(twin, elsewhere, person)
        assert [page for page in here if here[page] != there[page]] == []
    mine = Visitor(twin).enter(table.og.dg.email).get(f"/negociations/{table.id}/seances/{meeting.id}").text
    assert 'name="voice" value="propose"' in mine, "offered to whoever decides, visa or not"
