"""An authority's own Word file becomes a trame: cut at its headings, corrected line by line, opened from."""

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from negotiation.store import Store
from negotiation.store.preparation import StoredTrame
from tests.builders import a_table
from tests.visitors import Visitor
from tests.word_corpus.make import FILES, docx, p, r

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
BODY = (
    p(r("CONTRAT PLURIANNUEL")),
    p(r("TITRE I – DISPOSITIONS GÉNÉRALES"), style="Titre1"),
    p(r("Article 1 : Objet"), style="ArticleArs"),
    p(r("Le contrat fixe les objectifs.")),
    p(r("Article 2 : Gouvernance"), style="Titre2"),
    p(r("2.1 Comité de pilotage"), style="Heading3"),
    p(r("Il se réunit.")),
    p(r("2.2 Revue annuelle"), style="Heading3"),
    p(r("Chaque année.")),
    p(r("Axe 1 : Parcours"), style="Titre2"),
    p(r("Objectif opérationnel 1.1 – Entrées"), style="Heading3"),
    p(r("Fiche action 1 : Répit"), style="Heading3"),
    p(r("Ouvrir deux places.")),
)


def shape(parts: list[dict[str, Any]]) -> list[Any]:
    return [
        (part["kind"], part["title"], [each["field"] for each in part["clauses"]], shape(part["children"]))
        for part in parts
    ]


@pytest.fixture
def editor(app: Flask) -> Visitor:
    return Visitor(app).enter(a_table(app.extensions["store"]).ars.dg.email)


def kept(app: Flask) -> StoredTrame:
    store: Store = app.extensions["store"]
    with store.reading() as session:
        return session.execute(select(StoredTrame).order_by(col(StoredTrame.changed_at).desc())).scalars().one()


def bring(editor: Visitor, data: bytes, name: str = "Trame ARS.docx") -> Any:
    return editor.post("/trames", {"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def test_a_word_file_becomes_a_plan_that_is_corrected_line_by_line(app: Flask, editor: Visitor) -> None:
    assert bring(editor, docx(*BODY, export="")).status_code == 302
    trame = kept(app)
    assert trame.title == "Trame ARS"
    assert trame.content["legal_notes"][1] == (
        "Titres du fichier qui ne font que grouper, non repris au plan : TITRE I – DISPOSITIONS GÉNÉRALES."
    )
    below = [("operational_objective", "Entrées", [], [("fiche_action", "Répit", ["description"], [])])]
    assert shape(trame.content["parts"]) == [
        ("article", "Objet", ["markdown"], []),
        ("article", "Gouvernance", ["comite_de_pilotage", "revue_annuelle"], []),
        ("strategic_objective", "Parcours", [], below),
    ]
    here = f"/trames/{trame.id}"
    keys = [part["key"] for part in trame.content["parts"]]
    assert editor.post(f"{here}/plan", {"act": f"merge:{keys[1]}"}).status_code == 302
    assert shape(kept(app).content["parts"])[0][2] == ["markdown", "comite_de_pilotage", "revue_annuelle"]
    fields = {"title": "Objet", "act": "apart:revue_annuelle"}
    assert editor.post(f"{here}/parties/{keys[0]}", fields).status_code == 302
    split = kept(app).content["parts"]
    assert [part["title"] for part in split] == ["Objet", "Revue annuelle", "Parcours"]
    assert split[1]["clauses"][0]["text"] == "Chaque année."
    turn = {"act": f"turn:{split[1]['key']}", "kind": "strategic_objective"}
    assert editor.post(f"{here}/plan", turn).status_code == 302
    refused = editor.post(f"{here}/plan", {"act": f"turn:{keys[0]}", "kind": "fiche_action"})
    assert refused.status_code == 422 and "mettez d’abord au-dessus" in refused.text
    assert [part["kind"] for part in kept(app).content["parts"]] == [
        "article",
        "strategic_objective",
        "strategic_objective",
    ]


def test_a_file_without_headings_or_with_macros_makes_no_trame(app: Flask, editor: Visitor) -> None:
    for data, said in (
        (docx(p(r("Rien.")), export=""), "Aucun titre"),
        ((FILES / "macros.docx").read_bytes(), "macros"),
    ):
        answer = bring(editor, data)
        assert (answer.status_code, said in answer.text) == (422, True)
    with app.extensions["store"].reading() as session:
        assert session.execute(select(StoredTrame)).first() is None
