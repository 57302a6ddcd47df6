"""An avenant from its opening to its proof: what it changes on the screen, its PDF, the consolidated version, and both
archives checked together."""

import io
import re
import zipfile

import pytest
from flask import Flask

from negotiation.documents.amendment_print import consolidated_tree, consolidated_words
from negotiation.rules.amendment import AmendmentKind
from negotiation.services.exporting import collect_archive, pack_archive
from negotiation.store import Announcing, Store
from negotiation.verifier import verify_archive, verify_together
from tests.builders import Person, Table, a_table
from tests.closing_table import closing_scenario, freeze, put_signature
from tests.integration.test_amendments import amend, content, wanted
from tests.scenarios import move, scenario
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def contract(store: Store) -> Table:
    """The first engagement fixes the day of a fiche's first step, which has a text of its own."""
    content = scenario(status="signed")
    day = "2027-03-31"
    text = "La réunion se tient au printemps."
    accepted = move("en01-m02", "ars.dg", "acceptance", "", accepts="en01-m01")
    content["engagements"][0] |= {
        "status": "accepted",
        "final_text": text,
        "final_move_id": "en01-m01",
        "target": {"type": "fiche_action", "id": content["fiches_action"][0]["id"], "field": "steps.1.due"},
        "numeric": {"unit": "date", "label": "réunion", "trajectory": [day], "initial": day, "final": day},
        "moves": [move("en01-m01", "og.dg", "proposal", text, value=day), accepted],
        "party_ids": ["og", "ars"],
    }
    return a_table(store, content)


def test_what_an_avenant_changes_is_shown_against_the_signed_version(app: Flask, contract: Table) -> None:
    avenant = amend(contract.og.dg, wanted(contract, "en01"))
    visitor = Visitor(app).enter(contract.ars.dg.email)
    address = f"/negociations/{avenant.id}/avenant/changements"
    page = visitor.get(address).text.replace("\u00a0", " ")
    assert "1 clause modifiée" in page
    assert "En attente de l’accord sur EN01." in page
    avenant.agree("en01", "L’objet est revu tous les deux ans.", "2027-06-30")
    page = visitor.get(address).text.replace("\u00a0", " ")
    assert "2 clauses modifiées" in page, "the engagement, and the step whose day it fixes"
    assert "Le texte est le même." in page, "the step keeps its own words"
    assert "<del" in page
    anchor, _ = {each for each in re.findall(r'<section class="clause" id="([^"]+)"', page) if "avenant-" not in each}
    assert f'href="#{anchor}"' in page
    sides = visitor.get(f"{address}?vue=colonnes").text
    assert "Version signée" in sides
    assert "<del" not in sides
    assert visitor.get(f"{address}/fragment").status_code == 200
    assert visitor.get(f"/negociations/{contract.id}/avenant/changements").status_code == 404
    assert visitor.get(f"/negociations/{contract.id}/version-consolidee.pdf").status_code == 404
    assert visitor.get(f"/negociations/{avenant.id}/version-consolidee.pdf").data.startswith(b"%PDF-")
    marked = visitor.get(f"/negociations/{avenant.id}/projet.pdf?modifications=oui")
    assert marked.headers["Location"].endswith(f"/negociations/{avenant.id}/avenant/changements")
    word = visitor.get(f"/negociations/{avenant.id}/version-consolidee.docx")
    with zipfile.ZipFile(io.BytesIO(word.data)) as parts:
        written = parts.read("word/document.xml").decode()
    assert "tous les deux ans" in written
    assert "Projet de version consolidée" in written


def archive_of(person: Person) -> bytes:
    with person.table.store.unit_of_work(Announcing.SILENT) as uow:
        return pack_archive(collect_archive(uow, person.actor)).data


def test_from_a_signed_contract_over_its_avenant_to_the_proof_of_both(app: Flask, store: Store) -> None:
    contract = a_table(store, closing_scenario(status="signed"))
    later = contract.negotiation().contract_end.replace(year=contract.negotiation().contract_end.year + 1)
    avenant = amend(contract.og.dg, wanted(contract, "en02", kind=AmendmentKind.EXTENSION, term_after=later))
    avenant.agree("en02", "L’objet est revu tous les deux ans.")
    for name in [name for name in avenant._clauses if name.startswith("avenant-1.")]:
        avenant.agree(name)
    version = freeze(avenant)
    for person in (avenant.og.sign, avenant.ars.sign, avenant.cd.sign):
        put_signature(person, version)

    visitor = Visitor(app).enter(contract.cd.dg.email)
    own = visitor.get(f"/negociations/{avenant.id}/versions").text
    assert f"/negociations/{avenant.id}/avenant/changements" in own
    assert (
        f"/negociations/{avenant.id}/version-consolidee.docx"
        in visitor.get(f"/negociations/{contract.id}/versions").text
    )
    whole = visitor.get(f"/negociations/{avenant.id}/version-consolidee.pdf")
    assert "projet" not in whole.headers["Content-Disposition"]
    assert whole.data == visitor.get(f"/negociations/{avenant.id}/version-consolidee.pdf").data
    signed = visitor.get(f"/negociations/{avenant.id}/versions/{version.id}/contrat.pdf").data
    assert signed.startswith(b"%PDF-")
    assert len(signed) < len(whole.data), "the avenant is what changes, not the whole"

    sent = {"file": (io.BytesIO(signed), "avenant.pdf")}
    verdict = visitor.post("/verifier", sent, content_type="multipart/form-data").text.replace("\u00a0", " ")
    assert "Avenant n° 1 au contrat « CPOM de test »" in verdict
    for data, said in ((whole.data, True), (whole.data + b"\n", False)):
        verdict = visitor.post("/verifier", {"file": (io.BytesIO(data), "c.pdf")}).text.replace("\u00a0", " ")
        assert "établie depuis l’avenant n° 1" in verdict and "Ce fichier est exactement" not in verdict
        assert ("pas un octet n’en diffère" in verdict, "n’est pas prouvé" in verdict) == (said, not said)
    amended, parent = archive_of(avenant.ars.dg), archive_of(contract.ars.dg)
    report = verify_archive(amended)
    assert any(
        it.startswith("Avenant n° 1 au contrat « CPOM de test », version signée d’empreinte") for it in report.proves
    )
    report = verify_together({"avenant": amended, "contrat": parent})
    assert report.ok, report.first_problem
    assert report.checks[-1].label == "Lien de avenant"


def test_a_consolidated_version_names_the_avenants_that_a_file_only_declares(app: Flask, store: Store) -> None:
    told = scenario(status="signed")
    told["follow_up"]["avenants"] = [
        {
            "id": "av1",
            "number": 1,
            "title": "Places supplémentaires",
            "reason": "Une extension.",
            "requested_by": "og",
            "requested_on": "2027-09-01",
            "status": "signed",
            "signed_on": "2027-12-15",
            "changes": [],
            "moves": [],
        }
    ]
    contract = a_table(store, told)
    avenant = amend(contract.og.dg, wanted(contract, "en02"))
    held = content(avenant)
    assert held["amendment"]["declared"] == [
        {"number": 1, "title": "Places supplémentaires", "signed_on": "2027-12-15"}
    ]
    said = consolidated_words(held["amendment"], "draft")["version"]
    assert said.endswith("avenant n° 2, sans l’avenant déclaré n° 1")
    visitor = Visitor(app).enter(contract.og.dg.email)
    named = "l’avenant n° 1 du 15 décembre 2027, « Places supplémentaires »"
    page = visitor.get(f"/negociations/{avenant.id}/avenant/changements").text
    word = visitor.get(f"/negociations/{avenant.id}/version-consolidee.docx")
    with zipfile.ZipFile(io.BytesIO(word.data)) as parts:
        written = parts.read("word/document.xml").decode()
    drawn = str(consolidated_tree(held | {"date": "2028-01-01"}, fingerprint="0" * 64, label="A2", kind="draft"))
    for read in (page, written, drawn.replace("\\xa0", " ")):
        assert named in read.replace("\u00a0", " ").replace("\u202f", " ")
