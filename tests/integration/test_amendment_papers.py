"""An avenant from its opening to its proof: what it changes on the screen, its PDF, the consolidated version, and both
archives checked together."""

import io
import re
import zipfile

import pytest
from flask import Flask

from negotiation.store import Store
from tests.builders import Table, a_table
from tests.integration.test_amendments import amend, wanted
from tests.scenarios import scenario
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def contract(store: Store) -> Table:
    content = scenario(status="signed")
    content["engagements"][0]["final_text"] = "L’objet est revu tous les cinq ans."
    return a_table(store, content)


def test_what_an_avenant_changes_is_shown_against_the_signed_version(app: Flask, contract: Table) -> None:
    avenant = amend(contract.og.dg, wanted(contract, "en01"))
    visitor = Visitor(app).enter(contract.ars.dg.email)
    address = f"/negociations/{avenant.id}/avenant/changements"
    assert "0 clause modifiée" in visitor.get(address).text.replace("\u00a0", " ")
    avenant.agree("en01", "L’objet est revu tous les deux ans.", 7)
    page = visitor.get(address).text.replace("\u00a0", " ")
    assert "1 clause modifiée" in page
    assert "<del" in page
    (anchor,) = {each for each in re.findall(r'<section class="clause" id="([^"]+)"', page) if "avenant-" not in each}
    assert f'href="#{anchor}"' in page
    sides = visitor.get(f"{address}?vue=colonnes").text
    assert "Version signée" in sides
    assert "<del" not in sides
    assert visitor.get(f"{address}/fragment").status_code == 200
    assert visitor.get(f"/negociations/{contract.id}/avenant/changements").status_code == 404
    assert visitor.get(f"/negociations/{contract.id}/version-consolidee.pdf").status_code == 404
    assert visitor.get(f"/negociations/{avenant.id}/version-consolidee.pdf").data.startswith(b"%PDF-")
    word = visitor.get(f"/negociations/{avenant.id}/version-consolidee.docx")
    with zipfile.ZipFile(io.BytesIO(word.data)) as parts:
        written = parts.read("word/document.xml").decode()
    assert "tous les deux ans" in written
    assert "Projet de version consolidée" in written
