"""The pages that shape the contract, without a script: what is offered is what may be done, and it is done."""

import re

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlmodel import col

from negotiation.rules.vocabulary import ClauseState
from negotiation.store import Announcing
from negotiation.store.contract import Clause, Part
from tests import shaping_table
from tests.builders import Table
from tests.crawling import answer_of, comparable, ids_of
from tests.visitors import Visitor

ONCE = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
pytestmark = ONCE
FICHE = "fa01"


table, og, ars = shaping_table.table, shaping_table.og, shaping_table.ars


def adds(visitor: Visitor, table: Table, word: str, under: str = "", **fields: object) -> str:
    """The address of the page that comes next."""
    given = {"genre": word, "sous": under, "title": "Préparé chez nous"} | fields
    sent = visitor.post(f"/negociations/{table.id}/ajouter", given)
    assert sent.status_code == 302, sent.text
    return sent.headers["Location"].partition("#")[0]


def everything(table: Table) -> list[str]:
    """The pages of a negotiation: its own, one for each part, and one clause's."""
    sections = ("", "texte", "ensemble", "cadrage", "indicateurs", "finances", "historique", "discussion", "versions")
    parts = ids_of(table.store, table.id)["part_id"]
    clause_id = table.clause_id(f"{FICHE}.description")
    return [
        *(f"/negociations/{table.id}/{section}".rstrip("/") for section in sections),
        *(f"/negociations/{table.id}/texte/{part_id}" for part_id in parts),
        *(f"/clauses/{clause_id}/{tab}" for tab in ("proposition", "table-commune", "navette")),
    ]


def read_by(visitor: Visitor, pages: list[str]) -> dict[str, tuple[int, bytes]]:
    return comparable({page: answer_of(visitor.get(page)) for page in pages})


def test_a_fiche_offers_what_may_stand_in_it_and_nothing_else(og: Visitor, table: Table) -> None:
    page = og.get(f"/negociations/{table.id}/texte/{table.part_id(FICHE)}").text
    offered = set(re.findall(r"genre=([a-z-]+)&amp;sous=", page))
    assert offered == {"indicateur", "ligne", "etape", "engagement", "clause"}
    for word in offered:
        assert og.get(f"/negociations/{table.id}/ajouter?genre={word}&sous={table.part_id(FICHE)}").status_code == 200
    assert og.get(f"/negociations/{table.id}/ajouter?genre=article&sous={table.part_id(FICHE)}").status_code == 404


def test_the_plan_of_the_table_adds_to_the_contract_too(og: Visitor, app: Flask, table: Table) -> None:
    page = f"/negociations/{table.id}"
    offered = set(re.findall(r"genre=([a-z-]+)\"", og.get(page).text))
    assert offered == {"objectif", "objectif-particulier", "indicateur", "article"}
    assert "/ajouter" not in Visitor(app).enter(table.og.lect.email).get(page).text


def test_a_part_named_by_its_code_is_named_once(og: Visitor, table: Table) -> None:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        article = uow.session.get_one(Part, table.part_id("k01"))
        article.code = article.title = "Préambule"
    plan = og.get(f"/negociations/{table.id}").text.partition('id="plan"')[2].partition("</nav>")[0]
    assert plan.count("Préambule") == 1


def test_from_our_side_to_the_table_by_plain_forms(og: Visitor, ars: Visitor, table: Table) -> None:
    part = adds(og, table, "indicateur", table.part_id(FICHE))
    assert ars.get(part).status_code == 404
    page = og.get(part).text
    assert "Personne d’autre ne sait que cette partie existe" in page
    definition = re.search(r'name="texte-([0-9a-f-]+)"', page)[1]  # type: ignore[index]
    target = re.search(r'name="valeur-([0-9a-f-]+)" type="text" inputmode="decimal"', page)[1]  # type: ignore[index]
    refused = og.post(f"{part}/textes", {f"texte-{definition}": "Une définition.", f"valeur-{target}": "beaucoup"})
    assert refused.status_code == 422 and "Une définition." in refused.text and "beaucoup" in refused.text
    assert (
        og.post(f"{part}/textes", {f"texte-{definition}": "Une définition.", f"valeur-{target}": "94,5"}).status_code
        == 302
    )
    assert "Une définition." in og.get(f"{part}/partage").text
    assert og.post(f"{part}/partage", {"motive": "Il le faut."}).status_code == 302
    seen = ars.get(part).text
    assert "Une définition." in seen and "Interne" not in re.sub(r"(?s)<nav.*?</nav>", "", seen).split("<article")[1]


def test_an_inside_part_may_be_deleted_after_a_question(og: Visitor, table: Table) -> None:
    part = adds(og, table, "article")
    assert "Supprimer pour de bon" in og.get(f"{part}/suppression").text
    assert og.post(f"{part}/suppression").status_code == 302
    assert og.get(part).status_code == 404


def test_preparing_inside_changes_no_byte_of_what_others_read(
    app: Flask, og: Visitor, ars: Visitor, table: Table
) -> None:
    pages = everything(table)
    before = read_by(ars, pages)
    objective = adds(og, table, "objectif", title="Objectif secret")
    part = adds(og, table, "indicateur", table.part_id(FICHE), title="Indicateur secret")
    name = re.search(r'name="texte-([0-9a-f-]+)"', og.get(part).text)[1]  # type: ignore[index]
    og.post(f"{part}/textes", {f"texte-{name}": "Un mot secret."})
    og.post(f"{objective}/intitule", {"title": "Un autre secret"})
    assert read_by(ars, pages) == before
    og.post(f"{part}/suppression")
    assert read_by(ars, pages) == before


def test_a_dropped_part_waits_at_the_end_of_the_plan(og: Visitor, ars: Visitor, table: Table) -> None:
    part = adds(og, table, "article", title="Article de trop", readers="shared")
    assert og.post(f"{part}/ecarter").status_code == 302
    page = ars.get(f"/negociations/{table.id}/texte/{table.part_id(FICHE)}").text
    assert "Parties écartées" in page and "Article de trop" in page
    assert ars.post(f"{part}/retablir").status_code == 302
    assert "Parties écartées" not in ars.get(part).text


def test_what_others_use_tells_how_it_is_given_up(og: Visitor, table: Table) -> None:
    table.ars.dg.propose(f"{FICHE}.description", "L’ARS propose.")
    refused = og.post(f"/negociations/{table.id}/texte/{table.part_id(FICHE)}/ecarter")
    assert refused.status_code == 409 and "abandon" in refused.text


def test_a_split_says_why_not(og: Visitor, table: Table) -> None:
    table.og.dg.propose(f"{FICHE}.description", "Un.\n\nDeux.")
    assert "retirez-le d’abord" in og.get(f"/clauses/{table.clause_id(f'{FICHE}.description')}/coupe").text


def test_a_clause_is_split_by_a_form(og: Visitor, table: Table) -> None:
    clause_id = table.clause_id(f"{FICHE}.description")
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        clause = uow.session.get_one(Clause, clause_id)
        clause.working_text, clause.state = "Un.\n\nDeux.", ClauseState.TO_WRITE
    assert og.get(f"/clauses/{clause_id}/coupe").text.count('name="after"') == 1
    assert og.post(f"/clauses/{clause_id}/coupe", {"after": "1"}).status_code == 302
    assert "(suite)" in og.get(f"/negociations/{table.id}/texte/{table.part_id(FICHE)}").text


def test_the_help_names_what_is_missing_and_leads_to_it(og: Visitor, table: Table) -> None:
    adds(og, table, "objectif", title="Objectif", readers="shared")
    objective = adds(og, table, "objectif", title="Autre", readers="shared").rpartition("/")[2]
    operational = adds(og, table, "objectif-operationnel", objective, readers="shared").rpartition("/")[2]
    fiche = adds(og, table, "fiche", operational, readers="shared")
    page = og.get(fiche).text
    assert "Il reste à dire" in page and "Le pilote" in page and "Points de vigilance" in page
    links = re.findall(r'<dd><a href="([^"]+)"', page)
    assert len(links) > 6
    for link in links:
        assert og.get(link.replace("&amp;", "&")).status_code == 200


def test_an_empty_contract_says_what_to_add_first(og: Visitor, app: Flask, table: Table) -> None:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.execute(delete(Clause))
        uow.session.execute(delete(Part).where(col(Part.parent_id).is_not(None)))
        uow.session.execute(delete(Part))
    page = og.get(f"/negociations/{table.id}/texte").text
    assert "genre=objectif" in page and "genre=article" in page
    reader = Visitor(app).enter(table.og.lect.email)
    assert "genre=" not in reader.get(f"/negociations/{table.id}/texte").text


def test_who_only_reads_is_offered_nothing(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.og.lect.email)
    page = reader.get(f"/negociations/{table.id}/texte/{table.part_id(FICHE)}").text
    assert "/ajouter" not in page and "/intitule" not in page
    assert reader.get(f"/negociations/{table.id}/ajouter?genre=article").status_code == 403


def test_parts_and_clauses_change_places_by_buttons(og: Visitor, table: Table) -> None:
    first = adds(og, table, "article", title="Premier", readers="shared")
    adds(og, table, "article", title="Second", readers="shared")
    assert og.post(f"{first}/ordre", {"step": "down"}).status_code == 302
    plan = re.search(r'(?s)<nav class="plan".*?</nav>', og.get(first).text)[0]  # type: ignore[index]
    assert plan.index("Second") < plan.index("Premier")
    with table.store.reading() as session:
        query = select(Clause.id).where(col(Clause.part_id) == table.part_id(FICHE)).order_by(col(Clause.position))
        clause_id = list(session.execute(query).scalars())[1]
    assert og.post(f"/clauses/{clause_id}/ordre", {"step": "up"}).status_code == 302
    assert og.post(f"/clauses/{clause_id}/ordre", {"step": "sideways"}).status_code == 422
