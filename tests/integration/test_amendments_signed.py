"""An avenant to its end: frozen and signed by all, or closed without follow-up; and what its pages show."""

from datetime import date

import pytest
from flask import Flask

from negotiation.errors import AlreadyDone, Frozen, NotFound
from negotiation.rules.amendment import AmendmentKind
from negotiation.services.amending_end import ask_to_close, consent_to_close, refuse_to_close
from negotiation.store import Announcing, Store
from negotiation.store.queries.amended import amended_for
from negotiation.store.queries.amendments import AmendmentState, amendments_to, heading_of
from tests.builders import Table, a_table
from tests.closing_table import closing_scenario, freeze, put_signature
from tests.integration.test_amendments import amend, content, facts, wanted
from tests.integration.test_leaving import brought_in, carried_away
from tests.visitors import Visitor

on_sqlite = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def a_contract(store: Store) -> Table:
    return a_table(store, closing_scenario(status="signed"))


def test_an_avenant_is_frozen_signed_and_told_in_the_history_of_its_contract(app: Flask) -> None:
    store = app.extensions["store"]
    contract = a_contract(store)
    end = contract.negotiation().contract_end
    later = date(end.year + 1, 12, 31)
    asked = wanted(contract, "en02", kind=AmendmentKind.EXTENSION, term_after=later)
    avenant = amend(contract.og.dg, asked)
    avenant.agree("en02", "L’objet est revu tous les deux ans.")
    for name in [name for name in avenant._clauses if name.startswith("avenant-1.")]:
        avenant.agree(name)
    version = freeze(avenant)
    assert (version.number, content(avenant)["period"]["end"]) == ("A1", later.isoformat())
    for person in (avenant.og.sign, avenant.ars.sign, avenant.cd.sign):
        put_signature(person, version)
    (told,) = facts(contract, "avenant.signed")
    assert (told["number"], told["content_hash"]) == (1, version.content_hash)
    with store.reading() as session:
        (view,) = amendments_to(session, contract.og.dg.actor)
        heading = heading_of(session, contract.id)
    assert view.state is AmendmentState.SIGNED
    assert heading.term is not None
    assert (heading.term.ends_on, heading.term.extended_by) == (later, 1)
    assert contract.negotiation().contract_end == end
    og = Visitor(app).enter(contract.og.dg.email)
    for place in ("", "/suivi", "/versions"):
        page = plain(og.get(f"/negociations/{contract.id}{place}").text)
        assert f"Terme prorogé au 31 décembre {later.year}" in page, place
    assert "prorogé par l’avenant n° 1" in plain(og.get("/").text)
    with store.reading() as session:
        changed = amended_for(session, contract.og.dg.actor)
    assert {each: changed[each].number for each in changed} == {contract.clause_id("en02"): 1}
    second = amend(contract.ars.dg, wanted(contract))
    assert content(second)["amendment"]["amends"]["content_hash"] == version.content_hash
    assert content(second)["amendment"]["number"] == 2


@on_sqlite
def test_an_avenant_is_carried_to_an_instance_that_knows_nothing_of_its_contract(
    store: Store, elsewhere: Store
) -> None:
    contract = a_contract(store)
    avenant = amend(contract.og.dg, wanted(contract, "en02"))
    avenant.agree("en02", "L’objet est revu tous les deux ans.")
    left = carried_away(store, avenant.id, contract.og.dg.email)
    assert brought_in(elsewhere, left, contract.og.dg.email) == avenant.id
    assert content(Table(elsewhere, avenant.id)) == content(avenant)


@on_sqlite
def test_who_opened_it_closes_it_alone_while_nobody_else_moved(store: Store) -> None:
    contract = a_contract(store)
    avenant = amend(contract.og.dg, wanted(contract, "en02"))
    with store.unit_of_work(Announcing.SILENT) as uow:
        assert ask_to_close(uow, avenant.og.dg.actor, "La demande est retirée.")
    assert facts(contract, "avenant.closed")[0]["reason"] == "La demande est retirée."
    with pytest.raises(Frozen):
        avenant.og.dg.propose("en02")
    assert content(amend(contract.og.dg, wanted(contract)))["amendment"]["number"] == 2


@on_sqlite
def test_else_every_party_that_decides_consents(store: Store) -> None:
    contract = a_contract(store)
    avenant = amend(contract.og.dg, wanted(contract, "en02"))
    avenant.ars.dg.propose("en02")
    with store.unit_of_work(Announcing.SILENT) as uow:
        assert not ask_to_close(uow, avenant.og.dg.actor, "Plus rien à changer.")
    with pytest.raises(AlreadyDone), store.unit_of_work(Announcing.SILENT) as uow:
        consent_to_close(uow, avenant.og.dg.actor)
    with store.unit_of_work(Announcing.SILENT) as uow:
        refuse_to_close(uow, avenant.ars.dg.actor)
    with pytest.raises(NotFound), store.unit_of_work(Announcing.SILENT) as uow:
        consent_to_close(uow, avenant.cd.dg.actor)
    with store.unit_of_work(Announcing.SILENT) as uow:
        assert not ask_to_close(uow, avenant.cd.dg.actor, "Plus rien à changer.")
    with store.unit_of_work(Announcing.SILENT) as uow:
        assert not consent_to_close(uow, avenant.ars.dg.actor)
    with store.unit_of_work(Announcing.SILENT) as uow:
        assert consent_to_close(uow, avenant.og.dg.actor)
    with store.reading() as session:
        (view,) = amendments_to(session, contract.og.dg.actor)
    assert (view.state, view.closed_reason) == (AmendmentState.CLOSED, "Plus rien à changer.")


@on_sqlite
def test_an_avenant_is_opened_read_and_closed_by_forms(app: Flask) -> None:
    contract = a_contract(app.extensions["store"])
    here = f"/negociations/{contract.id}"
    og, reader = (Visitor(app).enter(each.email) for each in (contract.og.dg, contract.ars.lect))
    assert f"{here}/avenants" in og.get(f"{here}/suivi").text
    assert "Ouvrir l’avenant" in og.get(f"{here}/avenants").text
    assert "Ouvrir l’avenant" not in reader.get(f"{here}/avenants").text
    start, clause = contract.negotiation().contract_start, contract.clause_id("en02")
    typed = {"kind": "termination", "requested_by": "og", "reason": "Fusion des associations.", "clause": clause}
    wrong = og.post(f"{here}/avenants", typed | {"effect_on": "2001-01-01"})
    assert wrong.status_code == 422
    assert "Cette date précède" in wrong.text and "Fusion des associations." in wrong.text
    opened = og.post(f"{here}/avenants", typed | {"effect_on": start.isoformat()}, follow_redirects=True).text
    assert "Avenant n° 1" in plain(opened) and "1 clause rouverte" in plain(opened) and "31 décembre" in plain(opened)
    with app.extensions["store"].reading() as session:
        (view,) = amendments_to(session, contract.og.dg.actor)
    table = f"/negociations/{view.negotiation_id}"
    for place in (
        "",
        "/texte",
        "/cadrage",
        "/synoptique",
        "/versions",
        "/suivi",
        "/historique",
        "/membres",
        "/navettes",
        "/ensemble",
    ):
        assert og.get(f"{table}{place}", follow_redirects=True).status_code == 200, place
    assert "Fusion des associations." in og.get(f"{table}/avenants").text
    avenant = Table(app.extensions["store"], view.negotiation_id)
    assert og.get(f"/clauses/{avenant.clause_id('en02')}/navette").status_code == 200
    assert "en négociation" in plain(reader.get(f"{here}/suivi").text).lower()
    fields = {"act": "ask", "reason": "Nous y renonçons."}
    closed = og.post(f"{table}/avenants/cloture", fields, follow_redirects=True)
    assert "clos sans suite" in plain(closed.text)
    for place in ("", "/texte", "/versions", "/suivi", "/avenants"):
        assert og.get(f"{table}{place}", follow_redirects=True).status_code == 200, place


def plain(page: str) -> str:
    return page.replace("\u00a0", " ").replace("\u202f", " ")
