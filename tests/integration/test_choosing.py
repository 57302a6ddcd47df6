"""« Prendre certains passages », from the page to the table: whole units, whole texts, nothing on a base that moved."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from negotiation.rules.vocabulary import Move
from negotiation.store import Store
from negotiation.store.exchange import MoveRow, Version
from tests.builders import Person, Table, a_table
from tests.drafting_table import Browser, set_table
from tests.scenarios import engagement
from tests.visitors import Visitor

START = "Premier.\n\n- un\n- deux\n\n| a | b |\n|---|---|\n| 1 | 2 |"
OTHER = "Premier, réécrit.\n\n- un\n- un bis\n- deux\n\n| a | b |\n|---|---|\n| 1 | 3 |"


@pytest.fixture
def table(app: Flask) -> Table:
    store: Store = app.extensions["store"]
    return a_table(store, engagements=[engagement("en01", {"type": "clause", "id": "k01"}, ["og", "ars", "cd"])])


def of(app: Flask, person: Person) -> Visitor:
    return Visitor(app).enter(person.email)


def address(table: Table, query: str, clause: str = "en01") -> str:
    return f"/clauses/{table.clause_id(clause)}/choisir?{query}"


def form_of(page: str) -> dict[str, str]:
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page[page.index("retaking-form") :])
    return {name: value for name, value in hidden if name != "csrf_token"}


def boxes(page: str) -> list[str]:
    return re.findall(r'name="unit" value="(\d+)"', page)


def result(page: str) -> str:
    found = re.search(r'id="resultat">(.*?)</div>', page, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]) if found else ""


def tabled(table: Table, clause: str = "en01") -> Version:
    version = table.current(clause)
    assert version is not None
    return version


def test_what_is_ticked_is_taken_and_the_rest_stays_as_it_was(app: Flask, table: Table) -> None:
    table.ars.dg.propose("en01", START)
    table.og.dg.counter("en01", OTHER)
    cd = of(app, table.cd.dg)
    assert "/choisir?version=2" in cd.get(f"/clauses/{table.clause_id('en01')}/proposition").text
    page = cd.get(address(table, "version=2")).text
    paragraph, item, row = boxes(page)
    assert f'action="{address(table, "version=2")}#refus"' in page
    ticked = form_of(page) | {"unit": [item, row], "motive": "Le premier alinéa convenait."}
    shown = cd.post(address(table, "version=2"), ticked | {"act": "show"}).text
    assert "un bis" in result(shown)
    assert "réécrit" not in result(shown)
    assert tabled(table).number == 2, "nothing leaves before it is sent"
    clicks = [cd.post(address(table, "version=2"), ticked | {"act": "send"}) for _ in range(2)]
    assert [click.status_code for click in clicks] == [302, 302], "a double click is one move"
    version = tabled(table)
    assert (version.number, version.text) == (3, OTHER.replace("Premier, réécrit.", "Premier."))
    assert paragraph not in (item, row)


def test_nothing_ticked_is_nothing_to_send(app: Flask, table: Table) -> None:
    table.ars.dg.propose("en01", START)
    table.og.dg.counter("en01", OTHER)
    ars = of(app, table.ars.dg)
    fields = form_of(ars.get(address(table, "version=2")).text) | {"act": "send", "motive": "Pour voir."}
    sent = ars.post(address(table, "version=2"), fields)
    assert sent.status_code == 422
    assert "Cochez au moins un passage" in sent.text
    everything = fields | {"unit": boxes(sent.text)}
    assert "acceptez-la" in ars.post(address(table, "version=2"), everything).text
    silent = fields | {"unit": boxes(sent.text)[:1], "motive": ""}
    assert 'href="#motif"' in ars.post(address(table, "version=2"), silent).text, "the refusal leads to its field"
    assert tabled(table).number == 2


def test_a_base_that_moved_refuses_what_was_ticked_on_it(app: Flask, table: Table) -> None:
    table.ars.dg.propose("en01", START)
    table.og.dg.counter("en01", OTHER)
    cd = of(app, table.cd.dg)
    page = cd.get(address(table, "version=2")).text
    table.ars.dg.counter("en01", f"{OTHER}\n\nEt ceci.")
    ticked = form_of(page) | {"unit": boxes(page)[:1], "motive": "Le premier.", "act": "send"}
    sent = cd.post(address(table, "version=2"), ticked)
    assert sent.status_code == 409
    assert "checked" not in sent.text
    assert tabled(table).number == 3


def test_some_of_a_draft_is_proposed_and_the_draft_keeps_the_rest(app: Flask) -> None:
    table = set_table(app.extensions["store"])
    alice = Browser(table, "og.dg")
    for words in ("À proposer.", "À garder pour plus tard."):
        alice.push(alice.type(words))
    og, place = of(app, table.person("og.dg")), address(table.table, "brouillon=commune", "k01.markdown")
    page = og.get(place).text
    first, _ = boxes(page)
    assert og.post(place, form_of(page) | {"unit": first, "act": "send"}).status_code == 302
    assert tabled(table.table, "k01.markdown").text == "Le **contrat**.\n\nÀ proposer."
    with table.table.store.reading() as session:
        query = select(MoveRow).where(MoveRow.type == Move.PROPOSAL)  # type: ignore[arg-type]
        written = session.execute(query).scalar_one().attributes["written"]
    assert written == [[None, 2], [table.table.party_id("og"), 2]]
    assert "garder pour plus tard" in alice.text()


def test_a_private_draft_is_chosen_from_by_its_party_alone(app: Flask) -> None:
    table = set_table(app.extensions["store"])
    alice = Browser(table, "og.dg", side="ours")
    alice.push(alice.type("Confidentiel."))
    place = address(table.table, "brouillon=ours", "k01.markdown")
    assert "Confidentiel" in of(app, table.person("og.dg")).get(place).text
    assert of(app, table.person("ars.dg")).get(place).status_code == 404
    with table.table.store.reading() as session:
        assert session.execute(select(func.count()).select_from(Version)).scalar_one() == 0


def test_the_value_of_a_draft_is_one_more_passage_to_take_or_leave(app: Flask) -> None:
    table, clause = set_table(app.extensions["store"]), "i01.targets.2027"
    clause_id = table.table.clause_id(clause)
    alice = Browser(table, "og.dg", part="i01")
    alice.push(alice.type("Nous visons plus haut.", clause_id))
    alice.push(alice.value("94,5", clause_id))
    og, place = of(app, table.person("og.dg")), address(table.table, "brouillon=commune", clause)
    page = og.get(place).text
    assert "vous prenez du texte" in page
    assert "Prendre la valeur\u00a0: <b>94,5" in page
    assert og.post(place, form_of(page) | {"unit": boxes(page), "act": "send"}).status_code == 302
    left = tabled(table.table, clause)
    assert (left.text, left.value) == ("Nous visons plus haut.", "93")
    page = og.get(place).text
    ticked = form_of(page) | {"with_value": "1", "motive": "La valeur suit."}
    assert "94,5" in og.post(place, ticked | {"act": "show"}).text
    assert og.post(place, ticked | {"act": "send"}).status_code == 302
    taken = tabled(table.table, clause)
    assert (taken.text, taken.value) == (left.text, "94.5")

    # Half typed, it is shown as it stands, and nobody can take it.
    alice.push(alice.value("94,5,", clause_id))
    page = og.get(place).text
    assert "la valeur «\u00a094,5,\u00a0» ne se lit pas encore" in page
    assert 'name="with_value"' not in page
