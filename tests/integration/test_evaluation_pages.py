"""L’évaluation finale on its pages: opened, filled in, contested, approved by forms; who reads it, and until when."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlmodel import col

from app.background import do_round
from negotiation.documents.evaluation_print import evaluation_passages
from negotiation.errors import NotFound
from negotiation.rules.paris import paris_day
from negotiation.rules.policy import Actor
from negotiation.services.evaluating import evaluation_to_print
from negotiation.services.joining import Joining, add_party
from negotiation.services.members import Carried
from negotiation.services.notifying import member_behind
from negotiation.store import Announcing
from negotiation.store.columns import now
from negotiation.store.people import Member, Person
from negotiation.store.queries.evaluated import evaluated_of
from tests.builders import Table
from tests.evaluation_table import EvaluationOf, an_evaluation
from tests.form_fields import fields_of
from tests.imported_once import imported_once
from tests.opened_bytes import words_met
from tests.reviews_table import a_dialogue, a_signed_table
from tests.scenarios import EHPAD, sample
from tests.visitors import Visitor, asks, told
from tests.word_files import faults_of, paragraphs_of

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)

OUTCOMES = ("tenu", "tenu en partie", "non tenu")
EVALUATOR = "evaluatrice@ailleurs.example"


@pytest.fixture
def table(app: Flask) -> Table:
    return a_signed_table(app.extensions["store"])


def entered(app: Flask, email: str) -> Visitor:
    return Visitor(app).enter(email)


def plain(page: str) -> str:
    return page.replace("\u00a0", " ").replace("\u202f", " ")


def answer(visitor: Visitor, evaluation: EvaluationOf, field: str, **typed: str) -> str:
    """One form of the open line: that of the typed `move`, with every field that it holds."""
    here = f"/negociations/{evaluation.table.id}/evaluation"
    page = visitor.get(f"{here}?valeur={evaluation.cards()[field].id}").text
    forms = re.findall(r"<form\b.*?</form>", page, re.S)
    form = next(each for each in forms if f'value="{typed["move"]}"' in each)
    return visitor.post(f"{here}/gestes", fields_of(form) | typed, follow_redirects=True).text


def test_an_evaluation_is_opened_filled_in_contested_and_approved_by_forms(app: Flask, table: Table) -> None:
    here = f"/negociations/{table.id}/evaluation"
    og, ars, cd = (entered(app, each.email) for each in (table.og.dg, table.ars.dg, table.cd.dg))
    reader = entered(app, table.cd.lect.email)
    assert "Ouvrir l’évaluation" not in reader.get(here).text
    assert here in og.get(f"/negociations/{table.id}/suivi").text, "one click from the follow-up"
    opening = {"on": "2026-03-02", "people": "Évaluatrice extérieure", "reason": ""}
    early = og.post(here, opening)
    assert early.status_code == 422 and "Évaluatrice extérieure" in early.text, "what was typed is kept"
    told = og.post(here, opening | {"reason": "On prépare la suite."}, follow_redirects=True).text
    assert "L’évaluation est ouverte" in told and "à lire ensemble" in told
    evaluation = EvaluationOf(table, 2028)
    typed = {"move": "proposal", "value": "tenu", "text": "Palier tenu."}
    assert "Palier tenu." in answer(og, evaluation, "outcome.en01", **(typed | {"value": "parfait"}))
    assert "Proposé, 1 sur 3" in answer(og, evaluation, "outcome.en01", **typed)
    clause_id = evaluation.cards()["lessons"].id
    other = og.post(f"/clauses/{evaluation.cards()['outcome.en02'].id}/moves", typed | {"value": "parfait"})
    assert other.status_code == 422 and "partiellement tenu, non tenu, sans objet" in plain(other.text)
    assert "Palier tenu." in other.text, "the page of the clause is no other door"
    assert f'href="{here}">Lire l’évaluation entière' in other.text
    given_up = og.post(f"/clauses/{clause_id}/moves", {"move": "abandonment", "motive": "Assez."})
    assert given_up.status_code == 409 and "ne s’abandonne pas" in plain(given_up.text)
    told = answer(ars, evaluation, "outcome.en01", move="rejection", motive="Manqué de deux points.")
    assert "Contesté" in told and "Manqué de deux points." in told
    line = f"{evaluation.cards()['outcome.en01'].id} "
    assert line not in str(fields_of(told, action=f"{here}/approbation")), "nobody accepts in bulk what he contests"
    answer(
        ars,
        evaluation,
        "outcome.en01",
        move="counter_proposal",
        value="partiellement tenu",
        text="Presque.",
        motive="ERRD.",
    )
    answer(og, evaluation, "lessons", move="proposal", text="Écrire la définition avant la cible.")
    answer(og, evaluation, "conclusions", move="proposal", text="Contrat tenu pour l’essentiel.")
    for visitor in (og, ars, cd):
        told = visitor.post(
            f"{here}/approbation",
            fields_of(visitor.get(here).text, action=f"{here}/approbation"),
            follow_redirects=True,
        ).text
    assert "l’évaluation est figée" in told and "Empreinte de l’évaluation approuvée" in told
    assert "1 partiellement tenu" in plain(told)
    pdf = reader.get(f"{here}.pdf")
    words = {"Presque", "partiellement", "définition", "essentiel", "Approuvé"}
    assert words_met(pdf.data, words) == words and "PROJET" not in words_met(pdf.data, ["PROJET"])
    word = reader.get(f"{here}.docx")
    said = paragraphs_of(word.data)
    assert faults_of(word.data) == [] and word.mimetype.endswith("wordprocessingml.document")
    assert {"Écrire la définition avant la cible.", "Contrat tenu pour l’essentiel."} <= set(said)
    assert any("Presque." in each for each in said) and any("L’original scellé est le PDF." in each for each in said)
    assert "Renseigner" not in told and "Répondre" not in told
    assert f'href="{here}"' in og.get(f"/negociations/{table.id}/historique").text


def test_money_is_read_from_what_the_dialogues_say_and_each_line_has_its_years_and_its_csv(app: Flask) -> None:
    store = app.extensions["store"]
    table = Table(store, imported_once(store, sample(EHPAD)))
    dialogue = a_dialogue(table, table.og.dg, year=2025)
    for field, realised in (("realised.m01", "61 500"), ("realised.m09", "280 011")):
        dialogue.say(table.og.dg, field, "ERRD.", realised)
    evaluation = an_evaluation(table, table.og.dg)
    for code, words in (("en01", "=Palier"), ("en04", "Reconduite."), ("en09", "Trois versements.")):
        evaluation.say(table.og.dg, f"outcome.{code}", words, "tenu")
    here, reader = f"/negociations/{table.id}/evaluation", entered(app, table.og.dg.email)
    shown = plain(reader.get(here).text)
    assert "61 500 €" in shown and "500 € de moins que l’accordé" in shown, "a year is read against its own"
    assert "280 011 €" in shown and "559 989 €" not in shown, "a part of the years isn’t read against the whole"
    lines = reader.get(here).text.partition('<table class="data data-eval')[2].partition("</table>")[0]
    heads = lines.split('scope="rowgroup">')[1:]
    assert [re.match(r"\S+", head)[0] for head in heads[:2]] == ["1", "2"] and heads[-1].startswith("Sans objectif")
    assert ["EN01" in head for head in heads] == [True] + [False] * (len(heads) - 1), "below its objective, and once"
    opened = reader.get(f"{here}?valeur={evaluation.cards()['outcome.en01'].id}").text
    plot = opened.partition("<figure")[2].partition("</svg>")[0]
    with store.reading() as session:
        lines = {each.card.code: each for each in evaluated_of(session, table.og.dg.actor)}
    assert plot.count('class="seen-dot"') == len(lines["EN01"].seen) > 1
    assert plot.count('class="aim-dot"') == len(lines["EN01"].promised) and plot.count("data-party") >= 2
    text = reader.get(f"{here}.csv").data.decode()
    rows = {row["Code"]: row for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";")}
    assert set(rows) == set(lines)
    assert (rows["EN01"]["Résultat"], rows["EN01"]["Explication"]) == ("tenu", "'=Palier")
    assert [rows["EN04"][name] for name in ("Observé", "Années", "Unité")] == ["61500", "2025", "€"]
    with store.reading() as session:
        content, _ = evaluation_to_print(session, table.og.dg.actor)
    blank = next(each["text"] for each in evaluation_passages(content) if each["label"] == "Non renseigné")
    en02 = next(line for line in blank.split("\n") if "EN02" in line)
    assert "accordé" in en02, "what nobody evaluated yet has its figures all the same"
    figures = {each["field"]: each for each in content["figures"]}
    sealed = [(figures[f"outcome.{code}"]["observed"], figures[f"outcome.{code}"]["gap"]) for code in ("en04", "en09")]
    assert [cents for cents, _ in sealed] == [6_150_000, 28_001_100] and sealed[0][1] and not sealed[1][1]
    assert {"moins"} == words_met(reader.get(f"{here}.pdf").data, {"moins"}), "the report says the gap"


def test_an_evaluator_reads_the_history_and_the_evaluation_until_a_day_and_writes_nothing(
    app: Flask, table: Table
) -> None:
    today = paris_day(now())
    a_dialogue(table, table.og.dg)
    evaluation = an_evaluation(table, table.ars.dg)
    evaluation.say(table.ars.dg, "outcome.en01", "Palier tenu.", "tenu")
    evaluator = an_evaluator(app, table, until=today)
    project = evaluator.get(f"/negociations/{table.id}/evaluation.pdf")
    assert words_met(project.data, ["PROJET", "Palier"]) == {"PROJET", "Palier"}
    base = f"/negociations/{table.id}"
    places = ("navettes", "provenance", "apercu", "au", "comparer", "evaluation", "historique", "suivi", "suivi/2024")
    pages = [f"{base}/{each}" for each in places]
    pages += [
        f"/clauses/{table.clause_id('en01')}/navette",
        f"/clauses/{evaluation.cards()['outcome.en01'].id}/navette",
    ]
    for page in pages:
        assert evaluator.get(page, follow_redirects=True).status_code == 200, page
    shown = evaluator.get(f"{base}/evaluation?valeur={evaluation.cards()['outcome.en02'].id}").text
    assert "Palier tenu." in shown and "Renseigner" not in shown and "Valider" not in shown
    assert f'action="{base}/evaluation' not in shown
    for form in ("evaluation", "evaluation/gestes", "evaluation/approbation", "suivi"):
        assert evaluator.post(f"{base}/{form}", {"move": "proposal"}).status_code == 403, form
    files = [f"{base}/{each}" for each in ("evaluation.pdf", "evaluation.csv", "evaluation/fragment", "suivi/fragment")]
    assert {evaluator.get(file).status_code for file in files} == {200}
    socket = evaluator.open_socket()
    assert asks(socket, "watch_table", {"negotiation": table.id}) == {"ok": True}
    evaluation.say(table.ars.dg, "themes", "Poste médical partagé.")
    assert told(socket, "page_changed"), "what another does is announced"
    assert evaluator.post(f"{base}/archive").data.startswith(b"PK") and mailed(table) is not None
    told(socket, "page_changed")  # that she took the archive herself
    ends(table, on=today - timedelta(days=1))
    do_round(app)
    evaluation.say(table.ars.dg, "lessons", "Écrire la définition avant la cible.")
    assert not socket.is_connected() and not told(socket, "page_changed")
    assert asks(evaluator.open_socket(), "watch_table", {"negotiation": table.id})["error"]["code"] == "not_found"
    for page in [*pages, *files]:
        assert evaluator.get(page, follow_redirects=True).status_code == 404, page
    assert evaluator.post(f"{base}/archive").status_code == 404
    assert table.negotiation().title not in evaluator.get("/").text
    assert mailed(table) is None, "no mail is written for whom the table is closed"


def an_evaluator(app: Flask, table: Table, *, until: date) -> Visitor:
    """Brought by the gestionnaire, and in."""
    joining = Joining("EVALUATEUR", "Cabinet Lecture", "Lecture", "Évaluatrice", EVALUATOR, until.isoformat())
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        add_party(uow, table.og.dg.actor, joining, carried=Carried.BY_HAND)
    return entered(app, EVALUATOR)


def mailed(table: Table) -> Actor | None:
    """The evaluator as a mail about this table knows her."""
    with table.store.reading() as session:
        person = session.execute(select(Person).where(col(Person.email) == EVALUATOR)).scalar_one()
        try:
            return member_behind(session, person.id, table.id)
        except NotFound:
            return None


def ends(table: Table, *, on: date) -> None:
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        query = select(Member).join(Person, col(Person.id) == Member.person_id).where(col(Person.email) == EVALUATOR)
        uow.session.execute(query).scalar_one().ends_on = on


def test_the_evaluation_that_a_file_declares_is_counted_as_in_the_file_and_stands_beside(app: Flask) -> None:
    content, store = sample(EHPAD), app.extensions["store"]
    results = [declared(each["id"], number) for number, each in enumerate(content["engagements"])]
    content["follow_up"]["evaluation"] = {
        "id": "ev1",
        "calendar_id": content["calendar"][0]["id"],
        "opened_on": "2028-01-10",
        "shared_on": "2028-03-15",
        "status": "partagee",
        "period": "2024-2028",
        "team": ["og.dg"],
        "engagement_results": results,
        "lessons": ["Un palier annuel évite les surprises."],
        "next_contract": ["Poste médical partagé."],
    }
    table = Table(store, imported_once(store, content))
    visitor = entered(app, table.og.dg.email)
    here = f"/negociations/{table.id}/evaluation"
    for opened in (False, True):
        if opened:
            evaluation = an_evaluation(table, table.og.dg)
        shown = visitor.get(here).text.partition('id="declaree"')[2]
        assert "déclarée par le fichier" in shown and "Poste médical partagé." in shown
        for outcome in OUTCOMES:
            told = sum(each["outcome"] == outcome for each in results)
            assert shown.count(f'data-label="Issue">{outcome}<br>') == told
    with store.reading() as session:
        lines = {each.card.code: each for each in evaluated_of(session, table.ars.resp.actor)}
    assert set(lines) == {each["code"] for each in content["engagements"]}
    for indicator in content["indicators"]:
        for told in (each for each in content["engagements"] if each["target"]["id"] == indicator["id"]):
            line, last = lines[told["code"]], max(indicator["actuals"], default=None)
            assert float(line.baseline) == indicator["baseline"]["value"]
            seen = (str(line.observed.year), float(line.observed.value)) if line.observed else None
            assert seen == ((last, indicator["actuals"][last]) if last else None)
    assert len([field for field in evaluation.cards() if field.startswith("outcome.")]) == len(lines)


def declared(engagement: str, number: int) -> dict[str, object]:
    outcome = OUTCOMES[number % len(OUTCOMES)]
    figures = {"baseline": None, "agreed": None, "observed": None, "year": 2027}
    return {"engagement_id": engagement, "outcome": outcome, "explanation": "Dit par le fichier."} | figures
