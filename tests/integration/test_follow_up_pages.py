"""Le suivi on its pages: opened, filled in, contested, agreed and approved by forms; and what a file declares."""

import hashlib
import re
from datetime import date

import pytest
from flask import Flask

from negotiation.documents.pdf_attachments import fingerprints_within
from negotiation.rules.vocabulary import Gesture, PartKind, Role
from negotiation.services.visas import give_visa, set_visa_rule
from negotiation.store.queries.inside import waiting_requests
from negotiation.store.queries.notices import names_of, todo_of
from negotiation.store.queries.observed import observed_values
from negotiation.store.queries.reviews import held_dialogues, planned_actions, sealed_content
from tests.builders import Table
from tests.form_fields import fields_of
from tests.imported_once import imported_once
from tests.reviews_table import Dialogue, a_dialogue, a_signed_table
from tests.scenarios import EHPAD, sample
from tests.visitors import Visitor
from tests.word_files import faults_of, paragraphs_of

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(app: Flask) -> Table:
    return a_signed_table(app.extensions["store"])


def entered(app: Flask, email: str) -> Visitor:
    return Visitor(app).enter(email)


def plain(page: str) -> str:
    return page.replace("\u00a0", " ").replace("\u202f", " ")


def sealed_of(dialogue: Dialogue) -> str:
    with dialogue.table.store.reading() as session:
        return sealed_content(session, dialogue.table.og.dg.actor, dialogue.view.id)


def answer(visitor: Visitor, dialogue: Dialogue, field: str, **typed: str) -> str:
    """One form of the open value: that of the typed `move`, with every field that it holds."""
    here = f"/negociations/{dialogue.table.id}/suivi/{dialogue.year}"
    page = visitor.get(f"{here}?valeur={dialogue.cards()[field].id}").text
    forms = re.findall(r"<form\b.*?</form>", page, re.S)
    form = next(each for each in forms if f'value="{typed["move"]}"' in each)
    return visitor.post(f"{here}/gestes", fields_of(form) | typed, follow_redirects=True).text


def test_a_dialogue_is_opened_filled_in_contested_and_approved_by_forms(app: Flask, table: Table) -> None:
    here = f"/negociations/{table.id}/suivi"
    og, ars, reader = (entered(app, each.email) for each in (table.og.dg, table.ars.dg, table.cd.lect))
    assert "Ouvrir un dialogue" not in reader.get(here).text
    page = og.get(here).text
    assert "Aucun dialogue de gestion n’est enregistré pour l’exercice 2024" in page and "V30" in page
    fields = {"year": "2024", "on": "2025-06-19", "people": "Directrice générale"}
    assert "Le dialogue est ouvert" in og.post(here, fields, follow_redirects=True).text
    dialogue = Dialogue(table, 2024)
    refused = og.post(here, fields)
    assert refused.status_code == 409 and "C’était déjà fait" in refused.text
    typed = {"move": "proposal", "value": "9x", "text": "ERRD de l’année."}
    assert "ERRD de l’année." in answer(og, dialogue, "observed.i01", **typed), "what was typed is kept"
    assert "Proposé, 1 sur 3" in answer(og, dialogue, "observed.i01", **(typed | {"value": "93,2"}))
    told = answer(ars, dialogue, "observed.i01", move="rejection", motive="La définition est à écrire.")
    assert "Contesté" in told and "La définition est à écrire." in told
    line, listed = f"{dialogue.cards()['observed.i01'].id} ", fields_of(told, action=f"{here}/2024/approbation")
    assert listed and line not in str(listed), "nobody accepts in bulk what he contests"
    piece = reader.get(f"{here}/2024/fragment", headers={"HX-Request": "true"}).text
    assert "La définition est à écrire." in piece and "<html" not in piece
    assert f'data-refresh-url="{here}/2024/fragment"' in reader.get(f"{here}/2024").text
    assert 'hx-swap-oob="true"' in piece and 'id="suivi"' in reader.get(f"{here}/fragment").text
    assert "93,2" in reader.get(f"{here}/2024").text
    indicators = reader.get(f"/negociations/{table.id}/indicateurs").text
    assert "contesté</a>" in indicators and "93,2" in indicators
    assert "en retard" in answer(og, dialogue, "progress.fa01", move="proposal", state="en retard", percent="40")
    assert "40" in reader.get(here).text and "▲" in reader.get(here).text
    line = next(field for field in dialogue.cards() if field.startswith("realised."))
    assert "de moins que l’accordé" in answer(og, dialogue, line, move="proposal", value="1 000", text="")
    told = answer(og, dialogue, "decision.en01", move="proposal", value="ajuster par avenant", text="Travaux.")
    assert "Ce qu’un avenant devrait changer" in told
    assert "Ce qu’un avenant devrait changer" in reader.get(here).text
    clause_id = dialogue.cards()["decision.en01"].id
    for address in (f"/clauses/{clause_id}", f"/clauses/{clause_id}/navette", f"/negociations/{table.id}/historique"):
        assert og.get(address, follow_redirects=True).status_code == 200, address


def test_every_party_approves_the_minutes_and_the_contract_keeps_its_bytes(app: Flask, table: Table) -> None:
    dialogue = a_dialogue(table, table.og.dg)
    here = f"/negociations/{table.id}/suivi/2024"
    answer(entered(app, table.og.dg.email), dialogue, "conclusions", move="proposal", text="Trajectoire tenue.")
    for person in (table.og.dg, table.ars.dg, table.cd.dg):
        visitor = entered(app, person.email)
        fields = fields_of(visitor.get(here).text, action=f"{here}/approbation")
        told = visitor.post(f"{here}/approbation", fields, follow_redirects=True).text
    assert "le dialogue est figé" in told and "Empreinte du dialogue approuvé" in told
    pdf = visitor.get(f"{here}/dialogue.pdf")
    assert pdf.data.startswith(b"%PDF-")
    sealed = hashlib.sha256(str(sealed_of(dialogue)).encode()).hexdigest()
    assert sealed == dialogue.view.content_hash and sealed in fingerprints_within(pdf.data)
    word = visitor.get(f"{here}/dialogue.docx")
    said = paragraphs_of(word.data)
    assert faults_of(word.data) == [] and word.mimetype.endswith("wordprocessingml.document")
    assert "Trajectoire tenue." in said and any("L’original scellé est le PDF." in each for each in said)
    assert any(sealed[:4] in each for each in said if each.startswith("Empreinte"))
    assert "Renseigner" not in told and "Répondre" not in told


def test_what_waits_for_a_visa_is_read_by_nobody_else(app: Flask, table: Table) -> None:
    dialogue = a_dialogue(table, table.og.dg)
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, role=Role.SIGNATORY)
    og, ars = entered(app, table.og.dg.email), entered(app, table.ars.dg.email)
    address = f"/negociations/{table.id}/suivi/2024"
    before = ars.get(address).text
    said = answer(og, dialogue, "observed.i01", move="proposal", value="88,125", text="Canari.")
    assert "Le visa est demandé dans votre partie" in said
    plain = re.compile(r'value="[0-9a-zA-Z_.-]{36,}"')
    assert plain.sub("", ars.get(address).text) == plain.sub("", before)
    with table.store.reading() as session:
        (request,) = waiting_requests(session, table.og.sign.actor)
    with table.store.unit_of_work() as uow:
        give_visa(uow, table.og.sign.actor, request.id)
    assert "88,125" in ars.get(address).text


def test_what_a_dialogue_awaits_is_in_ones_to_do_on_the_table_and_in_the_mail(app: Flask, table: Table) -> None:
    ars, reader = entered(app, table.ars.dg.email), entered(app, table.ars.lect.email)
    assert "Rien n’y attend votre partie." in ars.get(f"/negociations/{table.id}").text
    dialogue = a_dialogue(table, table.og.dg)
    dialogue.say(table.og.dg, "observed.i01", "ERRD.", "93,2")
    here = f'href="/negociations/{table.id}/suivi/2024"'
    for visitor, addresses in ((ars, ("/", f"/negociations/{table.id}")), (reader, (f"/negociations/{table.id}",))):
        for address in addresses:
            page = plain(visitor.get(address).text)
            assert here in page and "2 réponses attendues de votre partie" in page, address
    assert "2 réponses sont attendues" in plain(ars.get("/").text)
    with table.store.reading() as session:
        todo = [todo_of(session, each.actor, dialogue.view.on) for each in (table.ars.dg, table.ars.lect)]
        names = names_of(session, table.ars.dg.actor, [each.clause_id for each in todo[0].clauses])
    assert [len(each.clauses) for each in todo] == [2, 0]
    assert {name.kind for name in names.values()} == {PartKind.DIALOGUE}
    dialogue.approve(table.ars.dg)
    assert here not in ars.get("/").text
    assert "Rien n’y attend votre partie." in ars.get(f"/negociations/{table.id}/suivi/attendu").text


def test_declared_follow_up_is_counted_as_in_the_file(app: Flask) -> None:
    content = sample(EHPAD)
    store = app.extensions["store"]
    table = Table(store, imported_once(store, content))
    told = content["follow_up"]["dialogues"]
    with store.reading() as session:
        actor = table.og.dg.actor
        observed = observed_values(session, actor, table.id)
        actions = planned_actions(session, actor)
        held = held_dialogues(session, actor)
    assert sum(len(each) for each in observed.values()) == sum(len(each["actuals"]) for each in content["indicators"])
    assert [(each.year, each.on) for each in held] == [
        (each["year"], date.fromisoformat(each["date"])) for each in told
    ]
    noted = {action.code: len(action.notes) for action in actions}
    for fiche in content["fiches_action"]:
        said = [each for one in told for each in one["action_reviews"] if each["fiche_action_id"] == fiche["id"]]
        assert noted[fiche["code"]] == len(said)
    page = entered(app, table.og.dg.email).get(f"/negociations/{table.id}/suivi").text
    assert page.count("Déclaré par le fichier") == len(told)
    assert page.count('class="seen-dot"') == 1 + len(
        {(action.code, each.year) for action in actions for each in action.notes}
    )
