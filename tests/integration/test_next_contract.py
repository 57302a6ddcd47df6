"""« Ouvrir le prochain contrat »: the form says what the contract before says; nothing is made until it is sent."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlmodel import col

from negotiation.rules.paris import paris_day
from negotiation.rules.vocabulary import PartKind
from negotiation.store import Announcing
from negotiation.store.columns import now
from negotiation.store.contract import Negotiation, Part
from negotiation.store.people import Person as PersonRow
from negotiation.store.queries.opening import trames_for
from tests.builders import Table
from tests.evaluation_table import an_evaluation
from tests.form_fields import fields_of
from tests.reviews_table import a_signed_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(app: Flask) -> Table:
    return a_signed_table(app.extensions["store"])


def negotiations(table: Table) -> int:
    with table.store.reading() as session:
        return session.execute(select(func.count()).select_from(Negotiation)).scalar_one()


def test_the_next_contract_starts_from_this_one_and_says_so(app: Flask, table: Table) -> None:
    evaluation = an_evaluation(table, table.og.dg)
    evaluation.say(table.og.dg, "themes", "- Occupation après travaux\n- Poste médical partagé")
    og = Visitor(app).enter(table.og.dg.email)
    page = og.get(f"/negociations/{table.id}/evaluation").text
    assert f"/ouvrir?suite={table.id}" in page
    before = negotiations(table)
    page = og.get(f"/ouvrir?suite={table.id}").text
    fields = fields_of(page, id="ouvrir")
    assert (fields["starts_on"], fields["follows"]) == (["2029-01-01"], [table.id])
    assert fields["themes"][0].split("\n") == ["Occupation après travaux", "Poste médical partagé"]
    assert table.og.redac.email in page and table.ars.dg.email not in page, "addresses are their own party's"
    assert negotiations(table) == before, "nothing is made before it is sent"
    others = {name: value for name, value in fields.items() if name.endswith("-title") and value[0]}
    typed = {
        name.replace("-title", "-email"): f"{name}@ailleurs.example"
        for name in others
        if not fields.get(name.replace("-title", "-email"), [""])[0]
    }
    sent = fields | typed | {"signature_on": "2028-11-12", "act": "open"}
    answer = og.post("/ouvrir", sent)
    assert answer.status_code in (200, 302), answer.text[:4000]
    with table.store.reading() as session:
        query = select(Negotiation).where(col(Negotiation.follows) == table.negotiation().key)
        following = session.execute(query).scalar_one()
        objectives = select(col(Part.title)).where(
            col(Part.negotiation_id) == following.id, col(Part.kind) == PartKind.STRATEGIC_OBJECTIVE
        )
        titles = set(session.execute(objectives).scalars())
    assert following.title in og.get(f"/negociations/{table.id}/evaluation").text
    told = og.get(f"/negociations/{following.id}/historique").text.replace("\u00a0", " ")
    assert f"à la suite du contrat {table.negotiation().reference}" in told, "nobody reads a key of the machine's"
    seen = Visitor(app).enter(table.ars.lect.email).get(f"/negociations/{table.id}/evaluation").text
    assert following.id not in seen, "who doesn't sit there doesn't know of it"
    assert {"Occupation après travaux", "Poste médical partagé"} <= titles


def test_an_avenant_negotiated_here_is_named_in_the_follow_up_of_who_sits_there_and_known_to_v29(
    app: Flask, table: Table
) -> None:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        first = uow.session.get_one(Negotiation, table.id)
        first.contract_end = paris_day(now())
    og = Visitor(app).enter(table.og.dg.email)
    here = f"/negociations/{table.id}/suivi"
    assert "la prorogation se demandait avant" in og.get(here).text
    fields = fields_of(og.get(f"/ouvrir?suite={table.id}").text, id="ouvrir")
    with table.store.reading() as session:
        (trame,) = [each.id for each in trames_for(session, table.og.dg.actor.person_id) if "prorogation" in each.id]
    titles = [name for name, value in fields.items() if name.endswith("-title") and value[0]]
    emails = [name.replace("-title", "-email") for name in titles]
    typed = {name: f"{name}@ailleurs.example" for name in emails if not fields.get(name, [""])[0]}
    day = (paris_day(now()) + timedelta(days=60)).isoformat()
    told = fields | typed | {"trame": trame, "title": "Avenant de prorogation", "signature_on": day, "act": "open"}
    answer = og.post("/ouvrir", told)
    assert answer.status_code in (200, 302), answer.text[:4000]
    page = og.get(here).text
    assert "Avenants négociés ici" in page and "Avenant de prorogation" in page
    assert "moins de six mois avant le terme" in page and "se demandait avant" not in page
    assert "Avenant de prorogation" not in Visitor(app).enter(table.ars.lect.email).get(here).text


def test_whoever_does_not_sit_there_starts_from_nothing(app: Flask, table: Table) -> None:
    with table.store.unit_of_work() as uow:
        uow.session.add(PersonRow(email="curieux@ailleurs.example"))
    stranger = Visitor(app).enter("curieux@ailleurs.example")
    assert stranger.get(f"/ouvrir?suite={table.id}").status_code == 404
    assert stranger.get("/ouvrir?suite=inconnue").status_code == 404
