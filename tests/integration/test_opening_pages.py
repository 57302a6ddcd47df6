"""Ouvrir une négociation, as somebody types it: no script, rows that grow, nothing lost."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from negotiation.store import Announcing, Store
from negotiation.store.contract import Negotiation
from negotiation.store.people import Person
from tests.form_fields import Fields, fields_of
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def form_of(page: str) -> Fields:
    return fields_of(page, id="ouvrir")


def a_person(app: Flask, email: str) -> Visitor:
    store: Store = app.extensions["store"]
    with store.unit_of_work(Announcing.SILENT) as uow:
        uow.session.add(Person(email=email))
    return Visitor(app).enter(email)


@pytest.fixture
def director(app: Flask) -> Visitor:
    """Somebody on an instance where there is nothing yet."""
    return a_person(app, "dg@orlinde.example")


def party_with(fields: Fields, kind: str) -> str:
    return next(party for party in fields["party"] if fields[f"p{party}-kind"] == [kind])


def filled(fields: Fields, **changed: str) -> Fields:
    """The form of a handicap contract between three parties, as the director types it."""
    og, ars, cd = (party_with(fields, kind) for kind in ("OG", "ARS", "DEPARTEMENT"))
    structure = fields["structure"][0]
    typed: dict[str, Any] = {
        "title": "CPOM 2027-2031, Fondation Orlinde",
        "starts_on": "2027-01-01",
        "signature_on": "2026-11-12",
        "years": "5",
        "extension_months": "12",
        "my_title": "Directeur général",
        "mine": og,
        f"p{og}-name": "Fondation Orlinde",
        f"p{ars}-name": "ARS Vyre",
        f"p{ars}-short": "ARS",
        f"p{cd}-name": "Département de la Vyre",
        f"p{cd}-short": "Département",
        f"s{structure}-name": "IME Les Grands-Frênes",
        f"s{structure}-finess": "990 000 201",
        f"s{structure}-commune": "Vyre-le-Neuf",
        f"s{structure}-places": "60",
        f"s{structure}-funder": ars,
        f"s{structure}-until": "2029-01-03",
    }
    for party, email in ((ars, "insp@ars.example"), (cd, "chef@cd.example")):
        stem = f"p{party}m{fields[f'p{party}-member'][0]}"
        typed |= {f"{stem}-email": email, f"{stem}-title": "Inspecteur référent"}
    return fields | {name: [value] for name, value in (typed | changed).items()}


def send(visitor: Visitor, fields: Fields, act: str) -> Any:
    return visitor.post("/ouvrir", fields | {"act": act})


def a_form(visitor: Visitor, trame: str = "handicap") -> Fields:
    fields = form_of(visitor.get("/ouvrir").text) | {"trame": [trame]}
    return form_of(send(visitor, fields, "calculate").text)


def tables(app: Flask) -> int:
    with app.extensions["store"].reading() as session:
        return int(session.execute(select(func.count()).select_from(Negotiation)).scalar_one())


def test_one_person_opens_a_table_on_an_instance_where_there_is_nothing(app: Flask, director: Visitor) -> None:
    assert "/ouvrir" in director.get("/").text
    opened = send(director, filled(a_form(director)), "open")
    assert opened.status_code == 200
    links = re.findall(r"/connexion/lien/[\w-]+", opened.text)
    assert len(links) == 2
    table = re.search(r"/negociations/[0-9a-f-]{36}", opened.text)[0]  # type: ignore[index]
    page = director.get(table).text
    assert "La table est vide. Pour commencer" in page
    assert "COPIL 1" in page
    listing = re.search(r'href="(/clauses/[^"]+)">Voir la liste', page)[1]  # type: ignore[index]
    assert "Documents attendus" in director.get(listing).text
    guest = Visitor(app)
    assert guest.post(links[0]).status_code == 302
    assert table in guest.get("/").text
    for path in ("/cadrage", "/texte", "/perimetre", "/calendrier", "/historique"):
        assert guest.get(f"{table}{path}", follow_redirects=True).status_code == 200, path


def test_the_note_de_cadrage_is_written_clause_by_clause(director: Visitor) -> None:
    opened = send(director, filled(a_form(director)), "open").text
    table = re.search(r"/negociations/[0-9a-f-]{36}", opened)[0]  # type: ignore[index]
    note = director.get(f"{table}/cadrage").text
    assert "Délai de réponse" in note and "À écrire, texte prêt" in note
    clause = re.search(r'href="(/clauses/[0-9a-f-]{36})', note)[1]  # type: ignore[index]
    assert "Proposer" in director.get(clause).text


def test_a_line_more_loses_nothing_typed(director: Visitor) -> None:
    fields = filled(a_form(director))
    ars = party_with(fields, "ARS")
    for act, counted in (
        (f"add-member:{ars}", f"p{ars}-member"),
        ("add-structure", "structure"),
        ("add-party", "party"),
    ):
        after = form_of(send(director, fields, act).text)
        assert len(after[counted]) == len(fields[counted]) + 1
        assert {name: after.get(name) for name in fields if name not in ("csrf_token", "request_key", counted)} == {
            name: value for name, value in fields.items() if name not in ("csrf_token", "request_key", counted)
        }


def test_another_template_brings_its_parties_until_somebody_is_typed(director: Visitor) -> None:
    fields = a_form(director)
    chrs = form_of(send(director, fields | {"trame": ["chrs"]}, "calculate").text)
    assert [chrs[f"p{party}-kind"] for party in chrs["party"]] != [
        fields[f"p{party}-kind"] for party in fields["party"]
    ]
    kept = filled(fields) | {"trame": ["chrs"]}
    after = form_of(send(director, kept, "calculate").text)
    assert after["party"] == kept["party"]


def test_what_one_will_have_follows_the_answers(director: Visitor) -> None:
    page = send(director, filled(a_form(director)), "calculate").text
    assert "12 novembre 2026" in page.replace("\u00a0", " ")
    assert "Hors autorisation" in page
    assert "31 décembre 2031" in page.replace("\u00a0", " ")
    alone = director.post("/ouvrir/apercu", filled(a_form(director)))
    assert alone.status_code == 200
    assert "COPIL 4" in alone.text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"years": "6"}, "cinq ans au plus"),
        ({"years": "cinq"}, "nombre entier"),
        ({"extension_months": "18"}, "d’un an au plus"),
        ({"starts_on": "31/02/2027"}, "n’est pas une date"),
        ({"starts_on": "9999-01-01"}, "trop lointaine"),
        ({"signature_on": ""}, "à remplir"),
        ({"title": "  "}, "à remplir"),
        ({"my_title": ""}, "à remplir"),
        ({"mine": "personne"}, "laquelle de ces parties"),
        ({"trame": "inconnue"}, "à remplir"),
        ({"title": "a\u202eb"}, "caractère"),
    ],
)
def test_a_fault_is_said_at_its_field_and_all_is_kept(
    app: Flask, director: Visitor, changed: dict[str, str], sentence: str
) -> None:
    fields = filled(a_form(director), **changed)
    refused = send(director, fields, "open")
    assert refused.status_code == 422
    assert sentence in refused.text
    assert "field-error" in refused.text
    assert "insp@ars.example" in refused.text
    assert tables(app) == 0


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("email", "dg@orlinde.example", "nul ne siège deux fois"),
        ("email", "pas une adresse", "adresse e-mail"),
        ("title", "", "à remplir"),
        ("right", "signataire", "au moins un contact"),
    ],
)
def test_a_member_who_cannot_sit_is_refused_at_his_line(
    app: Flask, director: Visitor, field: str, value: str, sentence: str
) -> None:
    fields = filled(a_form(director))
    ars = party_with(fields, "ARS")
    fields[f"p{ars}m{fields[f'p{ars}-member'][0]}-{field}"] = [value]
    refused = send(director, fields, "open")
    assert refused.status_code == 422
    assert sentence in refused.text
    assert tables(app) == 0


def test_a_finess_number_has_nine_digits(app: Flask, director: Visitor) -> None:
    fields = filled(a_form(director))
    fields[f"s{fields['structure'][0]}-finess"] = ["12345"]
    refused = send(director, fields, "open")
    assert "neuf chiffres" in refused.text
    assert 'value="12345"' in refused.text


def test_a_preparation_waits_for_its_author_and_nobody_else(app: Flask, director: Visitor) -> None:
    kept = send(director, filled(a_form(director)), "keep")
    assert kept.status_code == 302
    address = kept.headers["Location"]
    back = form_of(director.get(address).text)
    assert back["title"] == ["CPOM 2027-2031, Fondation Orlinde"]
    other = a_person(app, "autre@ars.example")
    assert other.get(address).status_code == 404
    assert other.post(f"{address}/supprimer").status_code == 404
    assert send(other, filled(a_form(other)) | {"draft": [back["draft"][0]]}, "keep").status_code == 404
    assert send(director, back, "open").status_code == 200
    assert director.get(address).status_code == 404


def test_a_table_opened_twice_by_one_click_is_one_table(app: Flask, director: Visitor) -> None:
    fields = filled(a_form(director)) | {"request_key": ["une-seule-fois"]}
    assert send(director, fields, "open").status_code == 200
    assert send(director, fields, "open").status_code == 302
    assert tables(app) == 1


def test_an_authority_opens_as_the_gestionnaire_does(app: Flask) -> None:
    agent = a_person(app, "dt@ars.example")
    fields = filled(a_form(agent))
    og, ars = party_with(fields, "OG"), party_with(fields, "ARS")
    stem = f"p{og}m{fields[f'p{og}-member'][0]}"
    fields |= {"mine": [ars], f"{stem}-email": ["dg@orlinde.example"], f"{stem}-title": ["Directeur"]}
    assert send(agent, fields, "open").status_code == 200
    assert tables(app) == 1


def test_a_date_that_the_signature_puts_in_the_past_is_said_and_stops_nobody(director: Visitor) -> None:
    typed = filled(a_form(director), signature_on="2025-11-12", starts_on="2026-01-01")
    preview = send(director, typed, "calculate").text
    assert "Les dates calculées avant aujourd’hui" in preview.replace("\xa0", " ")
    opened = send(director, typed, "open").text
    table = re.search(r"/negociations/[0-9a-f-]{36}", opened)[0]  # type: ignore[index]
    assert "(date passée)" in director.get(table).text
    assert "date passée" in director.get(f"{table}/calendrier").text
