"""Comments on words that no version holds yet: those that are being written."""

import re

from flask import Flask

from tests.drafting_table import Browser, DraftingTable, set_table
from tests.visitors import Visitor

WORDS = "Une évaluation chaque année."


def visitor(app: Flask, table: DraftingTable, name: str) -> Visitor:
    return Visitor(app).enter(table.person(name).email)


def comment(who: Visitor, table: DraftingTable, *, quote: str, side: str, readers: str = "shared") -> int:
    fields = {"move": "comment", "text": "À revoir.", "readers": readers, "quote": quote, "quote_draft": side}
    return who.post(f"/clauses/{table.clause_id}/commentaires", fields).status_code


def margin(who: Visitor, table: DraftingTable, tab: str = "table-commune") -> str:
    page = who.get(f"/clauses/{table.clause_id}/{tab}").text
    return page[page.index('id="marge"') :]


def passages(who: Visitor, table: DraftingTable, tab: str = "table-commune") -> list[str]:
    """The quotations in the margin, with what is said of those that are gone."""
    found = re.findall(r"<blockquote[^>]*>(.*?)</blockquote>", margin(who, table, tab), re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in found]


def test_a_comment_on_live_words_follows_them_to_the_table_and_outlives_them(app: Flask) -> None:
    table = set_table(app.extensions["store"])
    alice = Browser(table, "og.dg")
    alice.push(alice.type(WORDS))
    og, ars = visitor(app, table, "og.dg"), visitor(app, table, "ars.dg")
    assert comment(ars, table, quote="chaque mois", side="commune") == 422, "nobody wrote that"
    assert comment(ars, table, quote="évaluation chaque année", side="commune") == 302
    assert passages(og, table) == ["1 « évaluation chaque année »"]
    told = 'data-number="1" data-quote="évaluation chaque année" data-before="'
    assert told in margin(og, table), "for the editor to underline"

    # Tabled, then rewritten: the words are found in both versions from the text in which they were selected.
    table.table.og.dg.propose("k01.markdown", f"Le **contrat**.\n\n{WORDS}")
    page = og.get(f"/clauses/{table.clause_id}/proposition").text
    assert '<mark class="anchor">évaluation chaque année</mark>' in page
    table.table.ars.dg.counter("k01.markdown", "Le contrat.\n\nUne évaluation chaque trimestre.")
    page = og.get(f"/clauses/{table.clause_id}/proposition").text
    assert re.search(r'<mark class="anchor">évaluation</mark>|<mark class="anchor">évaluation ', page)
    assert "passage supprimé" not in page


def test_live_words_that_go_leave_their_quotation(app: Flask) -> None:
    table = set_table(app.extensions["store"])
    alice = Browser(table, "og.dg")
    alice.push(alice.type(WORDS))
    ars = visitor(app, table, "ars.dg")
    assert comment(ars, table, quote=WORDS, side="commune") == 302
    alice.push(alice.delete_last())
    assert "data-quote=" not in margin(ars, table)
    assert passages(ars, table) == [f"« {WORDS} » passage supprimé"]
    alice.push(alice.type(WORDS))
    assert passages(ars, table) == [f"1 « {WORDS} »"], "put back, it is found again"


def test_words_of_a_private_draft_are_cited_inside_alone(app: Flask) -> None:
    table = set_table(app.extensions["store"])
    alice = Browser(table, "og.dg", side="ours")
    alice.push(alice.type("Entre nous, cinq places."))
    og, ars = visitor(app, table, "og.dg"), visitor(app, table, "ars.dg")
    assert comment(og, table, quote="cinq places", side="ours") == 409
    assert comment(ars, table, quote="cinq places", side="ours", readers="ours") == 422
    assert passages(og, table, "brouillon") == passages(ars, table) == []
    assert comment(og, table, quote="cinq places", side="ours", readers="ours") == 302
    assert passages(og, table, "brouillon") == ["1 « cinq places »"]
    assert passages(ars, table) == []
    assert "cinq places" not in ars.get(f"/clauses/{table.clause_id}/table-commune").text
