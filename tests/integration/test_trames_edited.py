"""Templates people edit in the product: their own, checked whole at each change, and good enough to open from."""

import io
import re
from typing import Any

import pytest
from flask import Flask

from negotiation.errors import InvalidFile, NotFound
from negotiation.rules import trame_editing as editing
from negotiation.rules.trame import (
    BUILT_IN,
    as_mapping,
    built_in_trame,
    read_trame,
    trame_as_toml,
    trame_from_mapping,
)
from negotiation.rules.trame_editing import Step, Wording
from negotiation.rules.vocabulary import PartKind
from negotiation.services.trames import change_trame, copy_trame, delete_trame, import_trame
from negotiation.store import Announcing, Store
from negotiation.store.contract import Clause, Part
from negotiation.store.people import Person
from negotiation.store.queries.opening import own_trame, trames_for
from tests.form_fields import fields_of
from tests.integration.test_opening import an_opening, opened, person, rows
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


def a_copy(store: Store, author: str, key: str = "handicap") -> str:
    with store.unit_of_work() as uow:
        return copy_trame(uow, author, built_in_trame(key), title="Ma trame")


def test_a_copy_is_its_authors_and_changes_nothing_of_the_model(store: Store) -> None:
    author, other = person(store, "a@x.example"), person(store, "b@x.example")
    mine = a_copy(store, author)
    with store.unit_of_work() as uow:
        change_trame(uow, author, mine, lambda mapping: editing.with_head(mapping, {"title": "Changée"}))
    with store.reading() as session:
        assert own_trame(session, author, mine).trame.title == "Changée"
        assert built_in_trame("handicap").title != "Changée"
        assert [card.id for card in trames_for(session, other)] == list(BUILT_IN)
        with pytest.raises(NotFound):
            own_trame(session, other, mine)
    for forbidden in (
        lambda uow: change_trame(uow, other, mine, dict),
        lambda uow: delete_trame(uow, other, mine),
    ):
        with pytest.raises(NotFound), store.unit_of_work() as uow:
            forbidden(uow)


def test_a_template_goes_out_as_a_file_and_comes_back_the_same(store: Store) -> None:
    author = person(store, "a@x.example")
    for key in BUILT_IN:
        with store.unit_of_work() as uow:
            back = import_trame(uow, author, trame_as_toml(built_in_trame(key)).encode())
        with store.reading() as session:
            assert own_trame(session, author, back).trame == built_in_trame(key)


def test_a_change_that_does_not_hold_is_refused_with_its_place(store: Store) -> None:
    author = person(store, "a@x.example")
    mine = a_copy(store, author)
    with pytest.raises(InvalidFile) as refused, store.unit_of_work() as uow:
        change_trame(uow, author, mine, lambda mapping: editing.with_head(mapping, {"duration_years": 9}))
    assert refused.value.detail["path"] == "duration_years"
    with store.reading() as session:
        assert own_trame(session, author, mine).trame.duration_years == 5


def test_parts_move_are_added_reworded_and_leave(store: Store) -> None:
    mapping = as_mapping(built_in_trame("cadre-libre"))
    first, second = (part["key"] for part in mapping["parts"][:2])
    assert [part["key"] for part in editing.moved(mapping, first, Step.DOWN)["parts"][:2]] == [second, first]
    assert editing.moved(mapping, first, Step.UP) == mapping
    added, key = editing.with_part(mapping, PartKind.ARTICLE, "Confidentialité")
    said = {"title": "Confidentialité", "code": "7", "source": "", "mandatory": False}
    worded = editing.reworded(added, key, said, {"markdown": Wording("Chacun se tait.", "Qui se tait ?")})
    trame = trame_from_mapping(worded)
    assert trame.parts[-1].title == "Confidentialité"
    assert (trame.parts[-1].clauses[0].text, trame.parts[-1].clauses[0].prompt) == ("Chacun se tait.", "Qui se tait ?")
    assert trame_from_mapping(editing.without_part(worded, key)) == built_in_trame("cadre-libre")
    more = editing.with_clause(worded, key, "Durée du silence")
    assert [clause.label for clause in trame_from_mapping(more).parts[-1].clauses] == [
        trame.parts[-1].clauses[0].label,
        "Durée du silence",
    ]
    for gone in (lambda: editing.moved(mapping, "rien", Step.UP), lambda: editing.without_part(mapping, "rien")):
        with pytest.raises(NotFound):
            gone()


def test_fields_of_the_trade_start_with_what_the_template_says(store: Store) -> None:
    mapping = as_mapping(built_in_trame("cadre-libre"))
    added, key = editing.with_part(mapping, PartKind.STRATEGIC_OBJECTIVE, "Mieux accompagner")
    under, inner = editing.with_part(added, PartKind.OPERATIONAL_OBJECTIVE, "Ouvrir le soir", under=key)
    head = {"title": "Ouvrir le soir", "code": "1.1", "source": "", "mandatory": False}
    worded = editing.reworded(under, inner, head, {"smart.specific": Wording("Deux soirs.", "")})
    (child,) = trame_from_mapping(worded).parts[-1].children
    assert [(clause.field, clause.text) for clause in child.clauses] == [("smart.specific", "Deux soirs.")]


def test_opening_from_ones_own_template_takes_its_words(store: Store) -> None:
    opening = an_opening()
    author = person(store, opening.author.email)
    mine = a_copy(store, author, "cadre-libre")

    def silent(mapping: dict[str, Any]) -> dict[str, Any]:
        changed, key = editing.with_part(mapping, PartKind.ARTICLE, "Confidentialité")
        head = {"title": "Confidentialité", "code": "7", "source": "", "mandatory": True}
        return editing.reworded(changed, key, head, {"markdown": Wording("Chacun se tait.", "Qui se tait ?")})

    with store.unit_of_work() as uow:
        trame = change_trame(uow, author, mine, silent)
    table = opened(store, an_opening(trame=trame)).negotiation_id
    part = next(part for part in rows(store, Part, table) if part.title == "Confidentialité")
    clause = next(clause for clause in rows(store, Clause, table) if clause.part_id == part.id)
    assert (clause.working_text, clause.attributes["prompt"]) == ("Chacun se tait.", "Qui se tait ?")
    with store.unit_of_work() as uow:
        delete_trame(uow, author, mine)
    assert any(part.title == "Confidentialité" for part in rows(store, Part, table))


# ---------------------------------------------------------------------- pages


@pytest.fixture
def editor(app: Flask) -> Visitor:
    with app.extensions["store"].unit_of_work(Announcing.SILENT) as uow:
        uow.session.add(Person(email="dg@orlinde.example"))
    return Visitor(app).enter("dg@orlinde.example")


def copied(editor: Visitor, key: str = "handicap") -> str:
    return str(editor.post(f"/trames/modeles/{key}").headers["Location"])


def test_the_editor_is_clicked_through_without_script(app: Flask, editor: Visitor) -> None:
    assert "Personnes handicapées" in editor.get("/trames").text
    assert editor.get("/trames/modeles/handicap").status_code == 200
    here = copied(editor)
    page = editor.get(here).text
    keys = re.findall(r"/parties/([\w-]+)", page)
    assert editor.post(f"{here}/plan", {"act": f"down:{keys[0]}"}).status_code == 302
    assert re.findall(r"/parties/([\w-]+)", editor.get(here).text)[:2] == [keys[1], keys[0]]
    added = editor.post(f"{here}/plan", {"act": "add", "kind": "article", "title": "Confidentialité"})
    part = added.headers["Location"]
    assert "Confidentialité" in editor.get(part).text
    words = {
        "title": "Confidentialité",
        "field": "markdown",
        "text:markdown": "Chacun **se tait**.",
        "prompt:markdown": "",
    }
    assert editor.post(part, words).status_code == 302
    assert "Chacun **se tait**." in editor.get(part).text
    export = editor.get(f"{here}/export")
    assert export.headers["Content-Disposition"].startswith("attachment")
    assert "Confidentialité" in [one.title for one in read_trame(export.get_data()).parts]
    assert "perdu" in editor.get(f"{here}/supprimer").text
    assert editor.post(f"{here}/supprimer").status_code == 302
    assert editor.get(here).status_code == 404


def test_the_head_of_a_template_is_saved_as_it_is_shown(editor: Visitor) -> None:
    here = copied(editor)
    before = read_trame(editor.get(f"{here}/export").get_data())
    typed = fields_of(editor.get(here).text, action=here) | {"title": ["Autre titre"]}
    assert editor.post(here, typed).status_code == 302
    after = read_trame(editor.get(f"{here}/export").get_data())
    assert after.title == "Autre titre"
    assert (after.milestones, after.parties, after.parts) == (before.milestones, before.parties, before.parts)


def test_a_refused_change_names_its_place_and_keeps_the_words(editor: Visitor) -> None:
    here = copied(editor)
    refused = editor.post(here, {"title": "T", "summary": "S", "duration_years": "douze", "extension_months_max": "12"})
    assert refused.status_code == 422
    assert "Durée" in refused.text
    assert 'value="douze"' in refused.text
    key = re.findall(r"/parties/([\w-]+)", editor.get(here).text)[0]
    part = {"title": "", "field": "markdown", "text:markdown": "Des mots à garder."}
    sent = editor.post(f"{here}/parties/{key}", part)
    assert sent.status_code == 422
    assert "Des mots à garder." in sent.text
    assert "titre" in sent.text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"key = ", "TOML"), (b'key = "x"\nfoo = 1', "clé"), (b"\xff\xfe", "UTF-8"), (b"", "clé")],
)
def test_a_file_that_is_no_template_is_refused_in_french(editor: Visitor, data: bytes, sentence: str) -> None:
    sent = editor.post("/trames", {"file": (io.BytesIO(data), "t.toml")}, content_type="multipart/form-data")
    assert sent.status_code == 422
    assert sentence in sent.text


def test_nobody_reaches_the_template_of_another(app: Flask, editor: Visitor) -> None:
    here = copied(editor)
    key = re.findall(r"/parties/([\w-]+)", editor.get(here).text)[0]
    with app.extensions["store"].unit_of_work(Announcing.SILENT) as uow:
        uow.session.add(Person(email="autre@ars.example"))
    other = Visitor(app).enter("autre@ars.example")
    unknown = "/trames/99999999-9999-4999-8999-999999999999"
    for path in ("", "/export", "/supprimer", f"/parties/{key}"):
        assert (other.get(f"{here}{path}").status_code, other.get(f"{unknown}{path}").status_code) == (404, 404), path
    for path in ("", "/plan", "/supprimer", f"/parties/{key}"):
        assert other.post(f"{here}{path}", {"act": f"remove:{key}"}).status_code == 404, path
    assert editor.get(here).status_code == 200
