"""Parts of a file from Word join an open contract: shown and corrected first, then added whole, by the rules of what is
added by hand."""

import io
import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlmodel import col
from werkzeug.test import TestResponse

from negotiation.documents.word_reading import Section
from negotiation.errors import InvalidInput
from negotiation.rules.vocabulary import SHARED, Gesture, PartKind, Role
from negotiation.rules.word_parts import FoundPart
from negotiation.services.visas import set_visa_rule
from negotiation.services.word_parts import MOST_AT_ONCE, add_parts
from negotiation.store.contract import Clause, Part
from negotiation.store.inside import VisaRequest
from negotiation.store.record import HistoryEntry
from tests import shaping_table
from tests.builders import Table, a_table
from tests.integration.test_word_trame import BODY
from tests.visitors import Visitor
from tests.word_corpus.make import FILES, docx, p, r

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
PLAN = (
    Section(1, "Article 1 : Évaluation", ""),
    Section(2, "Pilotage", ""),
    Section(3, "1.1 Comité", "Il se réunit."),
    Section(1, "Article 2 : Litiges", "On en *parle*."),
    Section(2, "Axe 1 : Parcours", ""),
    Section(3, "Objectif opérationnel 1.1 – Entrées", ""),
    Section(3, "Fiche action 1 : Répit", "Ouvrir deux places."),
    Section(4, "Contexte", "Trop d’attente."),
)


table, og, ars = shaping_table.table, shaping_table.og, shaping_table.ars


@pytest.fixture
def _read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sections of a file without the file: reading it is `test_word_corpus`'s."""
    monkeypatch.setattr("app.pages.word_parts.read_sections", lambda data: PLAN)


def bring(visitor: Visitor, table: Table, data: bytes = b"PK") -> TestResponse:
    given = {"file": (io.BytesIO(data), "annexe.docx")}
    return visitor.post(f"{base(table)}", given, content_type="multipart/form-data")


def read(answer: TestResponse) -> str:
    """With the spaces that anybody types."""
    return answer.text.replace("\u00a0", " ").replace("\u202f", " ")


def base(table: Table) -> str:
    return f"/negociations/{table.id}/ajouter-depuis-word"


def fields_of(page: str) -> dict[str, object]:
    """The form as a browser would send it back, untouched."""
    form = page.partition("/confirmer")[2].partition("</form>")[0]
    found: dict[str, object] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        told = {name: unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if told.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        if told["name"] in ("take", "parties"):
            found.setdefault(told["name"], []).append(told["value"])  # type: ignore[attr-defined]
        elif told["name"] != "csrf_token":
            found[told["name"]] = told["value"]
    for name, chosen in re.findall(r'(?s)<select[^>]*name="([^"]+)">.*?value="(\w+)" selected', form):
        found[name] = chosen
    return found


def confirm(visitor: Visitor, table: Table, fields: dict[str, object], **corrected: object) -> TestResponse:
    return visitor.post(f"{base(table)}/confirmer", fields | {key.replace("_", "-"): v for key, v in corrected.items()})


def parts(table: Table, circle: str | None = None) -> list[tuple[str, str, str]]:
    with table.store.reading() as session:
        query = select(Part).where(col(Part.negotiation_id) == table.id).order_by(col(Part.position))
        return [
            (str(part.kind), part.title, part.code)
            for part in session.execute(query).scalars()
            if part.title in ("Évaluation", "Litiges", "Parcours", "Entrées", "Répit", "Conflits")
            and circle in (None, part.circle)
        ]


def texts(table: Table, title: str) -> dict[str, str]:
    with table.store.reading() as session:
        query = select(Clause).join(Part, col(Part.id) == Clause.part_id).where(col(Part.title) == title)
        return {each.label: each.working_text for each in session.execute(query).scalars() if each.working_text}


def facts(table: Table) -> int:
    with table.store.reading() as session:
        return int(session.execute(select(func.count()).select_from(HistoryEntry)).scalar_one())


@pytest.mark.usefixtures("_read")
def test_a_file_is_shown_before_anything_is_kept_and_then_added_inside(og: Visitor, ars: Visitor, table: Table) -> None:
    before = facts(table)
    page = read(bring(og, table))
    assert (parts(table), facts(table)) == ([], before)
    assert "« Parcours »" in page and "Il se réunit." in page and "Clause « Comité »" in page
    assert "non repris : <q>Pilotage</q>" in page
    sent = confirm(og, table, fields_of(page))
    assert sent.status_code == 302
    inside = str(table.og.inside)
    assert parts(table, inside) == [
        ("article", "Évaluation", ""),
        ("article", "Litiges", ""),
        ("strategic_objective", "Parcours", ""),
        ("operational_objective", "Entrées", ""),
        ("fiche_action", "Répit", ""),
    ]
    assert texts(table, "Évaluation") == {"Comité": "Il se réunit."}
    assert texts(table, "Litiges") == {"Texte de l’article": "On en *parle*."}
    assert texts(table, "Répit") == {"Description": "Ouvrir deux places.", "Contexte": "Trop d’attente."}
    assert ars.get(sent.headers["Location"]).status_code == 404
    assert og.post(f"{sent.headers['Location']}/suppression").status_code == 302  # undone as anything inside is
    assert [title for _, title, _ in parts(table)][:1] == ["Litiges"]


@pytest.mark.usefixtures("_read")
def test_on_the_table_each_text_is_proposed_in_one_gesture_and_can_be_left_out_again(
    og: Visitor, ars: Visitor, table: Table
) -> None:
    sent = confirm(og, table, fields_of(bring(og, table).text), readers="shared")
    assert [title for _, title, code in parts(table, str(SHARED)) if code] == [
        "Évaluation", "Litiges", "Parcours", "Entrées", "Répit",
    ]  # fmt: skip
    page = ars.get(sent.headers["Location"]).text
    assert "Il se réunit." in page
    assert og.post(f"{sent.headers['Location']}/ecarter").status_code == 302
    assert "écartée du contrat" in ars.get(sent.headers["Location"]).text


@pytest.mark.usefixtures("_read")
def test_lines_are_unticked_renamed_and_put_elsewhere(og: Visitor, table: Table) -> None:
    fields = fields_of(bring(og, table).text)
    fields |= {"take": ["1", "2", "3", "4"], "titre-1": "Conflits", "nature-2": "article"}
    refused = confirm(og, table, fields)
    assert refused.status_code == 409 and "« Entrées » : rien ne la porte" in read(refused)
    assert 'value="Conflits"' in read(refused) and parts(table) == []
    wrong = confirm(og, table, fields | {"sous-3": "Nulle part"})
    assert wrong.status_code == 422 and "« Nulle part » ne désigne aucune partie" in read(wrong)
    fields |= {"nature-3": "clauses", "nature-4": "clauses"}
    assert confirm(og, table, fields).status_code == 302
    assert [(kind, title) for kind, title, _ in parts(table)] == [("article", "Conflits"), ("article", "Parcours")]
    assert texts(table, "Parcours") == {"Répit": "Ouvrir deux places.", "Contexte": "Trop d’attente."}


@pytest.mark.usefixtures("_read")
def test_what_the_contract_has_already_is_named_and_never_added_twice(og: Visitor, table: Table) -> None:
    fields = fields_of(bring(og, table).text)
    assert confirm(og, table, fields | {"take": ["0", "2"]}).status_code == 302
    again = confirm(og, table, fields)
    assert again.status_code == 409 and "« Évaluation », « Parcours »" in read(again)
    page = read(bring(og, table))
    assert page.count("Déjà au contrat") == 2
    rest = fields_of(page)
    assert rest["take"] == ["1", "3", "4"] and str(rest["sous-3"]).endswith("Parcours (interne)")
    assert confirm(og, table, rest).status_code == 302
    assert [title for _, title, _ in parts(table)] == ["Évaluation", "Parcours", "Litiges", "Entrées", "Répit"]
    refused = bring(og, table)
    assert refused.status_code == 409 and "« Évaluation », « Litiges »" in read(refused)


@pytest.mark.usefixtures("_read")
def test_where_the_party_asks_a_visa_nothing_leaves_before_it(og: Visitor, ars: Visitor, table: Table) -> None:
    with table.store.unit_of_work() as uow:
        set_visa_rule(uow, table.og.dg.actor, Gesture.PROPOSAL, Role.NEGOTIATOR)
    page = read(bring(og, table))
    sent = confirm(og, table, fields_of(page), readers="shared", words="À relire.")
    assert sent.status_code == 302 and parts(table, str(SHARED)) == []
    assert ars.get(sent.headers["Location"]).status_code == 404
    with table.store.reading() as session:
        waiting = session.execute(select(VisaRequest)).scalars().all()
    assert len(waiting) == 4 and {each.bundle for each in waiting} != {None}


@pytest.mark.usefixtures("_read")
def test_a_clause_joins_a_part_on_the_table_only_as_a_proposal(og: Visitor, table: Table) -> None:
    fields = fields_of(page := read(bring(og, table)))
    name = unescape(re.search(r'(?s)id="parties-du-contrat"><option value="([^"]+)"', page)[1])  # type: ignore[index]
    fields |= {"take": ["1"], "nature-1": "clauses", "sous-1": name}
    refused = confirm(og, table, fields)
    assert refused.status_code == 409 and "choisissez « Sur la table »" in read(refused)
    assert confirm(og, table, fields, readers="shared").status_code == 302
    with table.store.reading() as session:
        clause = session.execute(select(Clause).where(col(Clause.label) == "Litiges")).scalar_one()
    assert (clause.circle, clause.versions) == (str(SHARED), 1)


def test_no_more_is_added_at_once_than_others_can_wait_for(table: Table) -> None:
    lines = [FoundPart(PartKind.ARTICLE, f"Article {number}") for number in range(MOST_AT_ONCE + 1)]
    with pytest.raises(InvalidInput) as refused, table.store.unit_of_work() as uow:
        add_parts(uow, table.og.dg.actor, lines, frozenset(range(len(lines))), circle=table.og.inside)
    assert refused.value.detail == {"field": "many", "given": MOST_AT_ONCE + 1}


def test_a_file_is_read_apart_and_refused_with_its_reason(app: Flask, og: Visitor, table: Table) -> None:
    assert "Fiche action" in bring(og, table, docx(*BODY, export="")).text
    for data, said in (
        (docx(p(r("Rien.")), export=""), "Aucun titre"),
        ((FILES / "macros.docx").read_bytes(), "macros"),
    ):
        answer = bring(og, table, data)
        assert (answer.status_code, said in answer.text) == (422, True)
    reader = Visitor(app).enter(table.og.lect.email)
    assert [bring(reader, table).status_code, reader.get(base(table)).status_code] == [403, 403]
    assert Visitor(app).enter(a_table(table.store).og.dg.email).get(base(table)).status_code == 404
