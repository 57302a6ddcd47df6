"""An open page follows what others do: one request for the board with what stands around it, one for a part."""

import re
from html import unescape

import pytest
from flask import Flask

from negotiation.services.shaping import drop_part, restore_part
from tests.builders import Table, a_table
from tests.membership import enters, invites
from tests.visitors import Visitor

pytestmark = pytest.mark.parametrize("database_url", ["SQLite"], indirect=True)


@pytest.fixture
def table(app: Flask) -> Table:
    return a_table(app.extensions["store"])


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(page)).split())


def piece(page: str, name: str) -> str:
    """From the element of that id on."""
    return page.partition(f'id="{name}"')[2]


def refreshes(page: str, name: str) -> str:
    found = re.search(rf'id="{name}"[^>]*data-refresh-on="table" data-refresh-url="([^"]+)"', page)
    assert found is not None
    return unescape(found[1])


def agreed_in(page: str) -> int:
    """As « Où en est l’accord » counts them."""
    found = re.search(r"Accord (\d+) Sous réserve", plain(piece(page, "accord")))
    assert found is not None
    return int(found[1])


def test_the_board_comes_with_the_plan_the_tally_and_where_the_agreement_stands(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.cd.lect.email)
    page = reader.get(f"/negociations/{table.id}").text
    assert "hx-swap-oob" not in page
    assert "0 accord sur 3" in plain(piece(page, "decompte"))
    again = refreshes(page, "tableau")
    before = agreed_in(reader.get(again).text)
    table.agree("en01", value="94")
    answer = reader.get(again).text
    for name in ("plan", "decompte", "accord"):
        assert re.search(rf'id="{name}"[^>]* hx-swap-oob="true"', answer), name
    assert "1 accord sur 3" in plain(piece(answer, "decompte"))
    assert agreed_in(answer) == before + 1


def test_the_page_of_a_clause_follows_the_other_clauses_of_its_part(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.cd.lect.email)
    opened, closed = table.clause_id("fa01.description"), table.clause_id("fa01.context")
    again = refreshes(reader.get(f"/clauses/{opened}").text, "plan")
    assert "hx-swap-oob" in reader.get(again).text
    table.og.dg.propose("fa01.context", "Un constat.")
    answer = reader.get(again).text
    assert refreshes(answer, "plan") == again
    shown = piece(answer, f"clause-{closed}").partition("</section>")[0]
    assert "Un constat." in shown
    assert "Attend" in shown
    assert f'id="clause-{opened}"' not in answer


def test_who_enters_is_counted_at_once(app: Flask, table: Table) -> None:
    """No history tells it, and what was read a moment ago would not either."""
    reader = Visitor(app).enter(table.og.dg.email)
    invites(table.og.dg)
    pages = (f"/negociations/{table.id}", f"/negociations/{table.id}/membres")
    before = [plain(reader.get(page).text) for page in pages]
    enters(table)
    for page, said in zip(pages, before, strict=True):
        assert re.search(r"\d sur \d+ (est|sont) entrés?", said), page
        assert not re.search(r"\d sur \d+ (est|sont) entrés?", plain(reader.get(page).text)), page


def test_the_fragment_of_a_part_tells_which_clauses_it_has_in_the_order_of_its_page(app: Flask, table: Table) -> None:
    """An open page shows those that came since, and drops those that went."""
    reader = Visitor(app).enter(table.cd.lect.email)
    page = reader.get(f"/clauses/{table.clause_id('fa01.description')}").text
    order = re.findall(r'<section class="clause[^"]*" id="clause-([^"]+)"', page)
    answer = reader.get(refreshes(page, "plan")).text
    for text in (page, answer):
        found = re.search(r'id="textes" data-clauses="([^"]*)"', text)
        assert found is not None and found[1].split() == order
    assert re.findall(r'id="clause-([^"]+)"', answer) == [
        each for each in order if each != table.clause_id("fa01.description")
    ]


def test_an_open_clause_whose_part_is_left_out_says_so_and_takes_no_move(app: Flask, table: Table) -> None:
    reader = Visitor(app).enter(table.ars.dg.email)
    clause = table.clause("en02")
    card = f"/clauses/{clause.id}/fragment/carte?onglet="
    assert 'name="move"' in reader.get(card).text
    with table.store.unit_of_work() as uow:
        drop_part(uow, table.og.dg.actor, clause.part_id)
    for tab in ("", "table-commune", "brouillon"):
        left = reader.get(card + tab).text
        assert "est écartée" in plain(left) and 'name="move"' not in left and 'data-editable="true"' not in left
    with table.store.unit_of_work() as uow:
        restore_part(uow, table.og.dg.actor, clause.part_id)
    assert 'name="move"' in reader.get(card).text
