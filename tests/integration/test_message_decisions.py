"""From a message to a decision of the séance that is open: the link is kept, and an aparté stays one unless meant."""

import re

import pytest
from flask import Flask

from negotiation.rules.seances import DecisionKind, DecisionState
from negotiation.rules.vocabulary import SHARED, Circle
from negotiation.services.discussing import send_message
from negotiation.store.queries.discussion import channel
from tests.builders import Person, Table, a_table
from tests.seance_table import an_open_seance
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"], parties=3)


def say(person: Person, text: str, circle: Circle = SHARED) -> str:
    with person.table.store.unit_of_work() as uow:
        return send_message(uow, person.actor, circle=circle, text=text)


def became(person: Person, circle: Circle = SHARED) -> tuple[str, ...]:
    with person.table.store.reading() as session:
        return channel(session, person.actor, circle).messages[-1].became.decisions


def test_what_was_said_becomes_a_decision_that_keeps_the_way_back(app: Flask, table: Table) -> None:
    message = say(table.ars.dg, "Le COPIL tranchera sur les places.")
    step = f"/negociations/{table.id}/messages/{message}"
    ars = Visitor(app).enter(table.ars.dg.email)
    assert "en=decision" not in ars.get(f"/negociations/{table.id}/discussion").text
    meeting = an_open_seance(table, table.ars.dg)
    assert f"{step}/suite?en=decision" in ars.get(f"/negociations/{table.id}/discussion").text
    clause = table.clause_id("en01")
    assert f"en=decision&amp;clause={clause}" in ars.get(f"{step}/suite?en=decision").text
    form = ars.get(f"{step}/suite?en=decision&clause={clause}").text
    assert re.search(r'<textarea[^>]*name="text"[^>]*>Le COPIL tranchera sur les places\.<', form)
    fields = {"seance": meeting.id, "clause": clause, "kind": "sent_to_copil", "text": "Le COPIL tranchera."}
    for _ in range(2):
        assert ars.post(f"{step}/decision", fields | {"request_key": "k" * 36}).status_code == 302
    (decision,) = meeting.seen_by(table.og.dg).decisions
    assert (decision.kind, decision.text) == (DecisionKind.SENT_TO_COPIL, "Le COPIL tranchera.")
    assert became(table.og.dg) == (meeting.id,)
    assert f"/seances/{meeting.id}#decisions" in ars.get(f"/negociations/{table.id}/discussion").text
    meeting.cancel(table.ars.dg, decision.id)
    assert meeting.state(decision.id) is DecisionState.CANCELLED
    assert became(table.og.dg) == ()


def test_an_aparte_becomes_no_decision_unless_somebody_means_it(app: Flask, table: Table) -> None:
    message = say(table.og.dg, "Notre plancher : 91.", table.og.inside)
    meeting = an_open_seance(table, table.ars.dg)
    og, ars = (Visitor(app).enter(person.email) for person in (table.og.dg, table.ars.dg))
    step = f"/negociations/{table.id}/messages/{message}/decision"
    fields = {"seance": meeting.id, "kind": "task", "text": "Chiffrer le plancher."}
    asked = og.post(step, fields)
    assert asked.status_code == 409
    assert 'name="confirmed" value="yes"' in asked.text
    assert ">Chiffrer le plancher.</textarea>" in asked.text
    assert ars.post(step, fields).status_code == 404
    assert meeting.seen_by(table.ars.dg).decisions == ()
    assert og.post(step, fields | {"confirmed": "yes"}).status_code == 302
    assert became(table.og.dg, table.og.inside) == (meeting.id,)
    pages = [ars.get(f"/negociations/{table.id}/{page}").text for page in ("discussion", "historique")]
    assert not [page for page in pages if message in page]


def test_a_reserve_names_the_text_that_was_seen(app: Flask, table: Table) -> None:
    table.og.dg.propose("en01", "Le texte proposé.", value=94)
    message = say(table.ars.dg, "Nous ne pouvons pas garantir le calendrier.")
    meeting = an_open_seance(table, table.ars.dg)
    ars = Visitor(app).enter(table.ars.dg.email)
    clause, step = table.clause_id("en01"), f"/negociations/{table.id}/messages/{message}"
    form = ars.get(f"{step}/suite?en=decision&clause={clause}").text
    seen = dict(re.findall(r'name="(seen_\w+)" value="([^"]+)"', form))
    fields = {"seance": meeting.id, "clause": clause, "kind": "reserve", "text": "Sous réserve du calendrier.", **seen}
    table.cd.dg.counter("en01", "Un autre texte.", value=95)
    stale = ars.post(f"{step}/decision", fields)
    assert stale.status_code == 409
    assert "Le texte a changé" in stale.text
    again = dict(re.findall(r'name="(seen_\w+)" value="([^"]+)"', stale.text))
    assert again != seen
    assert ars.post(f"{step}/decision", fields | again).status_code in (302, 403)
