"""« À reprendre », from the page to the table: nothing is chosen for anybody, nothing leaves unseen."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlmodel import col

from negotiation.rules.clause_text import version_fingerprint
from negotiation.rules.vocabulary import Gesture, Move, Role, VisaState
from negotiation.services.orders import Order, Seen
from negotiation.services.visas import set_visa_rule, submit
from negotiation.store import Announcing, Store
from negotiation.store.exchange import MoveRow
from negotiation.store.inside import VisaRequest
from negotiation.store.record import HistoryEntry
from tests.builders import Person, Table, a_table
from tests.drafting_table import Browser, set_table
from tests.scenarios import engagement
from tests.visitors import Visitor

THREE = "Premier.\n\nDeuxième.\n\nTroisième."
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture
def table(app: Flask) -> Table:
    store: Store = app.extensions["store"]
    written = [engagement("en01", {"type": "clause", "id": "k01"}, ["og", "ars", "cd"])]
    return a_table(store, engagements=written)


def of(app: Flask, person: Person) -> Visitor:
    return Visitor(app).enter(person.email)


def address(table: Table, query: str) -> str:
    return f"/clauses/{table.clause_id('en01')}/reprendre?{query}"


def form_of(page: str) -> dict[str, str]:
    """The hidden fields of the retaking form, and its text areas."""
    form = page[page.index("retaking-form") :]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: value for name, value in hidden if name != "csrf_token"}


def conflicts(page: str) -> list[str]:
    return re.findall(r'name="(passage-[^"]+)" value="common"', page)


def collide(table: Table) -> None:
    """Orlinde's version 2 changes the first paragraph, the département's version 3 the first and the last."""
    table.ars.dg.propose("en01", THREE)
    table.og.dg.counter("en01", THREE.replace("Premier.", "Notre premier."))
    table.cd.dg.propose("en01", THREE.replace("Premier.", "Leur premier.").replace("Troisième.", "Leur troisième."))


def test_changes_apart_are_taken_together_and_the_result_is_what_leaves(app: Flask, table: Table) -> None:
    table.ars.dg.propose("en01", THREE)
    table.og.dg.counter("en01", THREE.replace("Premier.", "Notre premier."))
    table.cd.dg.propose("en01", THREE.replace("Troisième.", "Leur troisième."))
    og = of(app, table.og.dg)
    page = og.get(address(table, "version=2")).text
    assert "se réapplique au texte actuel" in page
    assert f'action="{address(table, "version=2")}#refus"' in page
    assert not conflicts(page)
    fields = form_of(page) | {"act": "send", "motive": "Les deux tiennent."}
    clicks = [og.post(address(table, "version=2"), fields).status_code for _ in range(2)]
    assert clicks == [302, 302], "a double click is one move"
    tabled = table.current("en01")
    assert tabled is not None
    assert tabled.text == "Notre premier.\n\nDeuxième.\n\nLeur troisième."
    assert (tabled.number, tabled.motive) == (4, "Les deux tiennent.")
    assert tabled.fingerprint == version_fingerprint(tabled.text, None)


def test_nothing_is_chosen_for_anybody_where_two_differ(app: Flask, table: Table) -> None:
    collide(table)
    og = of(app, table.og.dg)
    page = og.get(address(table, "version=2")).text
    assert "personne ne tranche à votre place" in page
    [passage] = conflicts(page)
    assert " checked" not in page
    refused = og.post(address(table, "version=2"), form_of(page) | {"act": "send", "motive": "Voilà."})
    assert refused.status_code == 422
    assert "Choisissez un texte pour ce passage" in refused.text
    assert "Voilà." in refused.text
    shown = og.post(address(table, "version=2"), form_of(page) | {"act": "show", passage: "ours"})
    assert 'id="resultat"' in shown.text
    number = table.current("en01").number  # type: ignore[union-attr]
    assert number == 3, "to look is not to send"
    chosen = {passage: "autrement", passage.replace("passage", "texte"): "Un premier **commun**."}
    og.post(address(table, "version=2"), form_of(page) | chosen | {"act": "send", "motive": "Voilà."})
    assert table.current("en01").text == "Un premier **commun**.\n\nDeuxième.\n\nLeur troisième."  # type: ignore[union-attr]


def test_a_stale_page_keeps_the_choices_that_still_make_sense_and_sends_nothing(app: Flask, table: Table) -> None:
    collide(table)
    og = of(app, table.og.dg)
    page = og.get(address(table, "version=2")).text
    [passage] = conflicts(page)
    table.ars.dg.propose("en01", THREE.replace("Premier.", "Leur premier.").replace("Troisième.", "Une fin."))
    sent = {passage: "ours", "act": "send", "motive": "Nous y tenons."}
    refused = og.post(address(table, "version=2"), form_of(page) | sent)
    assert refused.status_code == 409
    assert "Le texte a changé depuis votre lecture" in refused.text
    assert f'name="{passage}" value="ours" checked' in refused.text
    assert "Nous y tenons." in refused.text
    assert "Une fin." in refused.text
    assert table.current("en01").number == 4  # type: ignore[union-attr]
    again = og.post(address(table, "version=2"), form_of(refused.text) | sent)
    assert again.status_code == 302
    assert table.current("en01").text == "Notre premier.\n\nDeuxième.\n\nUne fin."  # type: ignore[union-attr]


def test_a_choice_falls_when_its_passage_changed(app: Flask, table: Table) -> None:
    collide(table)
    og = of(app, table.og.dg)
    page = og.get(address(table, "version=2")).text
    [passage] = conflicts(page)
    table.ars.dg.propose("en01", THREE.replace("Premier.", "Encore un autre."))
    refused = og.post(address(table, "version=2"), form_of(page) | {passage: "common", "act": "send", "motive": "Oui."})
    assert refused.status_code == 409
    assert " checked" not in refused.text


def test_the_others_learn_nothing_of_a_text_being_taken_up(app: Flask, table: Table) -> None:
    collide(table)
    ars, og = of(app, table.ars.dg), of(app, table.og.dg)

    def outside() -> tuple[object, ...]:
        with table.store.reading() as session:
            counts = [
                session.execute(select(func.count()).select_from(row)).scalar() for row in (MoveRow, HistoryEntry)
            ]
        page = ars.get(f"/clauses/{table.clause_id('en01')}/proposition").text
        return tuple(counts), re.sub(
            r'(name="(csrf_token|request_key)" value=|socket-token" content=)"[^"]*"', "", page
        )

    ars.get("/")
    before = outside()
    page = og.get(address(table, "version=2")).text
    [passage] = conflicts(page)
    og.post(address(table, "version=2"), form_of(page) | {passage: "ours", "act": "show"})
    og.post(address(table, "version=2"), form_of(page) | {"act": "send"})
    assert outside() == before
    assert "reprendre?version=2" not in before[1]  # type: ignore[operator]
    assert ars.get(address(table, "version=2")).status_code == 404, "what is another's is not there"
    assert ars.get(address(table, "version=9")).status_code == 404
    assert of(app, table.og.lect).post(address(table, "version=2"), {"act": "send"}).status_code == 403


def test_the_value_is_chosen_like_a_passage(app: Flask) -> None:
    table = a_table(app.extensions["store"])
    table.ars.dg.propose("en01", "Un taux.", value=93)
    table.og.dg.counter("en01", "Un taux.", value=94)
    table.cd.dg.propose("en01", "Un taux.", value=97)
    og = of(app, table.og.dg)
    page = og.get(address(table, "version=2")).text
    assert "La valeur, en conflit" in page
    refused = og.post(address(table, "version=2"), form_of(page) | {"act": "send", "motive": "Oui."})
    assert refused.status_code == 422
    sent = {"act": "send", "motive": "Oui.", "valeur": "autrement", "value": "95,5"}
    assert og.post(address(table, "version=2"), form_of(page) | sent).status_code == 302
    assert table.current("en01").value == "95.5"  # type: ignore[union-attr]


def test_a_request_whose_text_moved_is_replaced_by_a_new_one_in_one_gesture(app: Flask, table: Table) -> None:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
    table.ars.dg.propose("en01", THREE)
    seen = table.current("en01")
    assert seen is not None
    text = THREE.replace("Premier.", "Notre premier.")
    order = Order(Move.COUNTER_PROPOSAL, text=text, motive="Avant.", seen=Seen(seen.number, seen.fingerprint))
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        old = submit(uow, table.og.redac.actor, table.clause_id("en01"), order).request_id
    table.cd.dg.propose("en01", THREE.replace("Troisième.", "Leur troisième."))
    redac = of(app, table.og.redac)
    page = redac.get(address(table, f"visa={old}")).text
    assert "Demander le visa" in page
    fields = form_of(page) | {"act": "send"}
    assert redac.post(address(table, f"visa={old}"), fields | {"motive": ""}).status_code == 422
    with table.store.reading() as session:
        assert session.get_one(VisaRequest, old).state is VisaState.WAITING, "refused whole"
    assert redac.post(address(table, f"visa={old}"), fields | {"motive": "Après."}).status_code == 302
    with table.store.reading() as session:
        assert session.get_one(VisaRequest, old).state is VisaState.CANCELLED
        query = select(VisaRequest).where(col(VisaRequest.state) == VisaState.WAITING)
        new = session.execute(query).scalar_one()
    assert new.text == "Notre premier.\n\nDeuxième.\n\nLeur troisième."
    assert new.seen_number == 2
    assert of(app, table.ars.dg).get(address(table, f"visa={old}")).status_code == 404


def test_two_texts_on_the_table_stand_side_by_side_and_either_is_taken_up(app: Flask, table: Table) -> None:
    collide(table)
    page = of(app, table.og.dg).get(f"/clauses/{table.clause_id('en01')}/proposition").text
    assert "Positions côte à côte" in page
    assert "reprendre?version=2" in page
    assert "Proposer une autre rédaction" in page
    ars = of(app, table.ars.dg)
    page = ars.get(f"/clauses/{table.clause_id('en01')}/proposition").text
    assert "Repartir de la version " in page
    current = table.current("en01")
    assert current is not None
    fields = {
        "move": "counter_proposal",
        "text": THREE.replace("Premier.", "Notre premier."),
        "motive": "Celle d’Orlinde est plus juste.",
        "seen_number": str(current.number),
        "seen_fingerprint": current.fingerprint,
    }
    assert ars.post(f"/clauses/{table.clause_id('en01')}/moves", fields).status_code == 302
    assert table.current("en01").text.startswith("Notre premier.")  # type: ignore[union-attr]


def test_a_draft_whose_base_moved_is_taken_up_too(app: Flask) -> None:
    drafting = set_table(app.extensions["store"])
    table = drafting.table
    browser = Browser(drafting, "og.redac", side="ours")
    browser.push(browser.type(" Nous y tenons."))
    table.ars.dg.propose("k01.markdown", "Le **contrat**.\n\nUne suite.")
    place = f"/clauses/{table.clause_id('k01.markdown')}/reprendre?brouillon=ours"
    og = of(app, table.og.redac)
    page = og.get(place).text
    assert "Notre brouillon, à reprendre" in page
    [passage] = conflicts(page)
    written = {passage: "autrement", passage.replace("passage", "texte"): "Nous y tenons.\n\nUne suite."}
    assert og.post(place, form_of(page) | written | {"act": "send", "motive": "Les deux."}).status_code == 302
    tabled = table.current("k01.markdown")
    assert tabled is not None
    assert tabled.text == "Le **contrat**.\n\nNous y tenons.\n\nUne suite."
    assert of(app, table.ars.dg).get(place).status_code == 404, "their own draft, which nobody opened"
