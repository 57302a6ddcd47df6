"""« Entre autorités »: a draft of a clause on the table, read and written by the authorities alone."""

import re

import pytest
from flask import Flask

from negotiation.errors import NotFound
from negotiation.services.draft_starts import newer_version, set_aside
from negotiation.services.drafting import readable_circle
from negotiation.store.exchange import Version
from tests.builders import Table, a_table
from tests.crawling import answer_of
from tests.drafting_table import Browser, DraftingTable, set_table
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)
TAB = "entre-autorites"
WORDS = "Entre nous, cinq places au plus."
TOKENS = re.compile(r'(csrf_token" value=|request_key" value=|socket-token" content=)"[^"]*"')


@pytest.fixture
def table(app: Flask) -> DraftingTable:
    return set_table(app.extensions["store"])


def of(app: Flask, table: DraftingTable, name: str) -> Visitor:
    return Visitor(app).enter(table.person(name).email)


def reading(table: DraftingTable, tab: str = TAB) -> str:
    return f"/clauses/{table.clause_id}/{tab}"


def tabled(table: DraftingTable) -> Version:
    version = table.table.current("k01.markdown")
    assert version is not None
    return version


def everything(who: Visitor, table: DraftingTable) -> dict[str, tuple[int, str, str | None]]:
    """What somebody's pages of the clause and of its table are: status, bytes, tag."""
    clause, negotiation = f"/clauses/{table.clause_id}", f"/negociations/{table.table.id}"
    readings = [reading(table, tab) for tab in ("accorde", "proposition", "table-commune", "brouillon", TAB)]
    pieces = [f"{clause}/fragment/{which}?onglet={tab}" for which in ("carte", "marge") for tab in ("brouillon", TAB)]
    places = [f"{clause}/choisir?brouillon=authorities", f"{clause}/reprendre?brouillon=authorities", negotiation]
    answers = {place: answer_of(who.get(place)) for place in (*readings, *pieces, *places, f"{clause}/navette", "/")}
    return {
        place: (answer.status, TOKENS.sub(r"\1", answer.text), answer.header("ETag"))
        for place, answer in answers.items()
    }


def test_two_authorities_write_one_draft_of_a_clause_that_is_on_the_table(app: Flask, table: DraftingTable) -> None:
    ars, cd = of(app, table, "ars.redac"), of(app, table, "cd.dg")
    page = ars.get(reading(table, "proposition")).text
    assert f'href="{reading(table)}#clause-{table.clause_id}" class="tab-private"' in page
    page = ars.get(reading(table)).text
    assert "Ce brouillon n’est lu que par les autorités\u00a0: l’ARS et le Département." in page
    assert 'data-draft-side="authorities"' in page
    assert '<div class="live-pane private">' in page
    first, second = Browser(table, "ars.redac", side="authorities"), Browser(table, "cd.dg", side="authorities")
    assert first.opened.draft_id == second.opened.draft_id
    first.push(first.type(WORDS))
    second.open()
    second.push(second.type("Six, si le Département paie."))
    for who in (ars, cd):
        page = who.get(reading(table)).text
        assert WORDS in page
        assert "Six, si le Département paie." in page


def test_to_everybody_else_the_draft_of_the_authorities_never_was(app: Flask, table: DraftingTable) -> None:
    others = [of(app, table, name) for name in ("og.dg", "asso.dg")]
    before = [everything(other, table) for other in others]
    alice = Browser(table, "ars.dg", side="authorities")
    alice.push(alice.type(WORDS))
    ars = of(app, table, "ars.dg")
    said = {"move": "comment", "text": "À chiffrer.", "readers": "authorities", "quote": WORDS}
    told = f"/clauses/{table.clause_id}/commentaires"
    assert ars.post(told, said | {"quote_draft": "authorities", "tab": TAB}).headers["Location"].partition("#")[0] == (
        reading(table)
    )
    assert WORDS in ars.get(reading(table)).text.partition('id="marge"')[2]
    assert ars.post(told, said | {"quote_draft": "authorities", "readers": "shared"}).status_code == 409
    assert [everything(other, table) for other in others] == before
    for who, found in zip(others, before, strict=True):
        status, page, tag = found[reading(table)]
        unknown = answer_of(who.get(f"/clauses/{'9' * 8}-9999-4999-8999-{'9' * 12}/{TAB}"))
        assert (status, page, tag) == (404, TOKENS.sub(r"\1", unknown.text), unknown.header("ETag"))
        assert not [place for place, (_, page, _) in found.items() if "Entre autorités" in page]
        for act in ("start", "keep"):
            fields = {"draft": "authorities", "act": act}
            assert who.post(f"/clauses/{table.clause_id}/depart", fields).status_code in (403, 404)
        sent = who.post(f"/clauses/{table.clause_id}/moves", {"move": "proposal", "draft": "authorities"})
        assert sent.status_code == 404
    for name in ("og.dg", "asso.dg"):
        with pytest.raises(NotFound):
            readable_circle(table.live, table.person(name).actor, draft_id=alice.opened.draft_id)


def test_what_is_typed_for_a_reading_that_is_not_ones_own_comes_back_elsewhere(
    app: Flask, table: DraftingTable
) -> None:
    table.table.ars.dg.propose("k01.markdown", "La version de l’ARS.")
    og, fields = of(app, table, "og.dg"), {"move": "counter_proposal", "draft": "authorities", "without_script": "1"}
    back = og.post(f"/clauses/{table.clause_id}/moves", fields | {"text": "Notre texte."})
    assert back.status_code == 422, "a motive is missing"
    assert "Entre autorités" not in back.text


def test_the_draft_leaves_as_the_text_of_one_authority_and_stays(app: Flask, table: DraftingTable) -> None:
    first, second = Browser(table, "ars.dg", side="authorities"), Browser(table, "cd.dg", side="authorities")
    first.push(first.type("Retiré avant l’envoi."))
    first.push(first.delete_last())
    second.open()
    second.push(second.type(WORDS))
    ars, og = of(app, table, "ars.dg"), of(app, table, "og.dg")
    assert "Proposer ce texte à toutes les parties, au nom de l’ARS" in ars.get(reading(table)).text
    sent = {"move": "proposal", "draft": "authorities", "origin": "party"}
    assert ars.post(f"/clauses/{table.clause_id}/moves", sent).status_code == 302
    assert tabled(table).text == f"Le **contrat**.\n\n{WORDS}"
    assert tabled(table).author_party_id == table.table.party_id("ars")
    page = og.get(reading(table, "proposition")).text
    assert WORDS in page
    assert "Rédigé par" not in page, "who wrote what stays among those who wrote"
    assert "Accepter la version 1" in of(app, table, "cd.dg").get(reading(table, "proposition")).text
    second.push(second.type("Pour la suite."))
    with table.table.store.reading() as session:
        assert newer_version(session, table.person("cd.dg").actor, table.clause_id, side="authorities") is None
    assert "Pour la suite." in of(app, table, "cd.dg").get(reading(table)).text


def test_it_starts_again_is_chosen_from_and_taken_up_as_ones_own(app: Flask, table: DraftingTable) -> None:
    alice = Browser(table, "ars.dg", side="authorities")
    alice.push(alice.type(WORDS))
    table.table.og.dg.propose("k01.markdown", "La version du gestionnaire.")
    cd, clause = of(app, table, "cd.dg"), f"/clauses/{table.clause_id}"
    page = cd.get(reading(table)).text
    assert f"{clause}/reprendre?brouillon=authorities" in page
    assert "Brouillon entre autorités, à reprendre" in cd.get(f"{clause}/reprendre?brouillon=authorities").text
    page = cd.get(f"{clause}/choisir?brouillon=authorities").text
    assert "du brouillon entre autorités" in page
    assert f'href="{reading(table)}#clause-{table.clause_id}"' in page
    start = {"draft": "authorities", "seen_fingerprint": tabled(table).fingerprint, "act": "start"}
    assert cd.post(f"{clause}/depart", start).headers["Location"] == reading(table)
    page = of(app, table, "ars.dg").get(reading(table)).text
    assert "La version du gestionnaire." in page
    assert "Mots mis de côté" in page
    with table.table.store.reading() as session:
        [aside] = set_aside(session, table.person("ars.dg").actor, table.clause_id, side="authorities")
        assert WORDS in aside.text
        assert set_aside(session, table.person("ars.dg").actor, table.clause_id, side="ours") == ()


def test_alone_at_the_table_an_authority_has_its_own_draft(app: Flask) -> None:
    table: Table = a_table(app.extensions["store"], parties=["og", "ars"])
    ars, clause = Visitor(app).enter(table.ars.dg.email), f"/clauses/{table.clause_id('k01.markdown')}"
    assert "Entre autorités" not in ars.get(f"{clause}/brouillon").text
    assert ars.get(f"{clause}/{TAB}").status_code == 404
