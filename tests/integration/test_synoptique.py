"""The synoptique: the page, the spreadsheet and a recount made here say the same, and nothing internal stands in it."""

import re
from html import unescape
from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlmodel import col

from negotiation.rules.vocabulary import Circle
from negotiation.store import Announcing, Store
from negotiation.store.contract import Clause, Part
from tests.builders import Person, Table, a_table
from tests.scenarios import engagement
from tests.visitors import Visitor

CANARY = "canari-interne-7f3a"
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def a_wide_table(store: Store, *, clauses: int = 3, parties: int = 3) -> Table:
    keys = [f"en{number:02}" for number in range(1, clauses + 1)]
    deciding = ["og", "ars", "cd", "ddets", "dreets"][:parties]
    written = [engagement(key, {"type": "clause", "id": "k01"}, deciding) for key in keys]
    return a_table(store, parties=parties, engagements=written)


@pytest.fixture
def table(app: Flask) -> Table:
    """en01: two texts and a refusal; en02: agreed; en03: nothing yet."""
    found = a_wide_table(app.extensions["store"])
    found.ars.dg.propose("en01", "La MAS ouvre six places.")
    found.og.dg.counter("en01", "La MAS ouvre deux places.")
    found.cd.dg.reject("en01", motive="Pas sans financement.")
    found.ars.dg.propose("en02", "Un texte convenu.")
    found.og.dg.accept("en02")
    found.cd.dg.accept("en02")
    found.og.dg.note("en01", CANARY)
    return found


def of(app: Flask, person: Person) -> Visitor:
    return Visitor(app).enter(person.email)


def address(table: Table, more: str = "") -> str:
    return f"/negociations/{table.id}/synoptique{more}"


def words_of(html: str) -> str:
    """What the eye reads: without what is said to screen readers alone, nor the letters."""
    seen = re.sub(r'<(span|b|svg)\b[^>]*(class="vh"|aria-hidden="true")[^>]*>((?!</\1>).)*</\1>', "", html, flags=re.S)
    seen = re.sub(r"</?sup>", "", seen)
    return spaced(unescape(re.sub(r"<(?!/?(ins|del)\b)[^>]+>", " ", seen)))


def spaced(text: str) -> str:
    return " ".join(re.sub(r"</?(ins|del)\b[^>]*>", "", text).replace("•", " ").split())


def rows_of(page: str) -> dict[str, list[str]]:
    """The cells of the page by clause code, as words."""
    found = {}
    for body in re.findall(r'<tbody class="synopsis-row".*?</tbody>', page, re.S):
        code = re.search(r'<a class="plain"[^>]*>(.*?)</a>', body, re.S)[1].partition(" ·")[0]  # type: ignore[index]
        found[code] = [words_of(cell) for cell in re.findall(r"<td [^>]*>(.*?)</td>", body, re.S)]
    return found


def sheet_of(data: bytes) -> list[list[str]]:
    """Every row of a spreadsheet, its cells as text."""
    with ZipFile(BytesIO(data)) as archive:
        shared = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
        page = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    strings = ["".join(text.text or "" for text in item.iter(f"{_SHEET}t")) for item in shared]
    return [
        [strings[int(value.text or 0)] if (value := cell.find(f"{_SHEET}v")) is not None else "" for cell in row]
        for row in page.iter(f"{_SHEET}row")
    ]


def test_the_cells_say_where_each_party_stands(app: Flask, table: Table) -> None:
    rows = rows_of(of(app, table.og.dg).get(address(table, "?vue=toutes")).text)
    base, og, ars, cd, common = rows["EN01"]
    assert base.startswith("Version 1 de l’ARS")
    assert base.endswith("La MAS ouvre six places.")
    assert og.startswith("Version 2")
    assert "six" in og
    assert og.endswith("places.")
    assert "deux" in og
    assert ars == "Sa dernière version est le texte de départ."
    assert "Refus de la version 2" in cd
    assert "« Pas sans financement. »" in cd
    assert common.startswith("Pas encore commun.")
    assert rows["EN02"][-1] == "Texte commun Un texte convenu."
    assert rows["EN03"] == [
        "Rien n’était écrit.",
        *["N’a pas encore pris position."] * 3,
        "Pas encore commun. Aucun texte n’est sur la table.",
    ]


def test_differences_are_said_in_words_and_signed(app: Flask, table: Table) -> None:
    page = of(app, table.og.dg).get(address(table)).text
    assert re.search(r"suppression proposée par [^<]+ : </span>six", page)
    assert re.search(r"ajout proposé par [^<]+ : </span>deux", page)
    assert page.count('scope="col"') == 5
    assert 'tabindex="0" role="region"' in page


def test_the_spreadsheet_has_the_cells_of_the_page(app: Flask, table: Table) -> None:
    og = of(app, table.og.dg)
    page = rows_of(og.get(address(table, "?vue=toutes")).text)
    answer = og.get(address(table, ".xlsx?vue=toutes"))
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="synoptique-')
    heading, *rows = sheet_of(answer.data)
    assert heading[-5:] == ["Texte de départ", "Association Test", "ARS", "Département", "Texte commun"]
    written = {row[1]: [spaced(cell) for cell in row[5:]] for row in rows if row[1]}
    assert written == {code: cells for code, cells in page.items() if code.startswith("EN")}
    assert og.get(address(table, ".xlsx?vue=toutes")).data == answer.data, "the same bytes when nothing moved"


def test_nothing_internal_stands_in_it(app: Flask, table: Table) -> None:
    og, ars = of(app, table.og.dg), of(app, table.ars.dg)
    table.ars.dg.propose("en01", "La MAS ouvre neuf places.")
    assert "Notre texte est à reprendre" in og.get(address(table)).text
    assert "Notre texte est à reprendre" not in ars.get(address(table)).text
    for visitor in (og, ars):
        assert CANARY not in visitor.get(address(table, "?vue=toutes")).text
        with ZipFile(BytesIO(visitor.get(address(table, ".xlsx?vue=toutes")).data)) as archive:
            parts = [archive.read(name).decode() for name in archive.namelist()]
        assert not [part for part in parts if CANARY in part or "à reprendre" in part]
    assert ars.get(address(table, ".xlsx")).data == og.get(address(table, ".xlsx")).data, "one table for all"


def test_a_part_that_is_still_inside_is_in_nobodys_synoptique(app: Flask, table: Table) -> None:
    part_id = table.part_id("k01")
    with table.store.unit_of_work(Announcing.SILENT) as uow:
        inside = str(Circle.inside(table.og.id))
        uow.session.get_one(Part, part_id).circle = inside
        query = select(Clause).where(col(Clause.part_id) == part_id)
        for clause in uow.session.execute(query).scalars():
            clause.circle = inside
    og = of(app, table.og.dg)
    assert "EN01" not in og.get(address(table, "?vue=toutes")).text
    assert og.get(address(table, f"?part={part_id}")).status_code == 404
    assert og.get(address(table, "?part=inconnue")).status_code == 404


def test_filters_keep_what_diverges_and_the_latest_agreement(app: Flask, table: Table) -> None:
    og = of(app, table.og.dg)
    assert set(rows_of(og.get(address(table)).text)) == {"EN01", "EN02"}
    fiche = rows_of(og.get(address(table, f"?vue=toutes&part={table.part_id('fa01')}")).text)
    assert "EN01" not in fiche
    assert fiche


def test_on_a_phone_one_party_stands_between_base_and_common_text(app: Flask, table: Table) -> None:
    page = of(app, table.og.dg).get(address(table, f"?avec={table.cd.id}")).text
    beside = re.findall(r'<th scope="col" class="col-party col-beside" data-party="(\w)"', page)
    assert beside == ["d"]


def test_fifty_clauses_make_a_page(app: Flask) -> None:
    table = a_wide_table(app.extensions["store"], clauses=60)
    og = of(app, table.og.dg)
    part = f"part={table.part_id('k01')}&vue=toutes"
    first, second = (rows_of(og.get(address(table, f"?{part}&page={page}")).text) for page in (0, 1))
    assert len(first) == 50
    assert len(first) + len(second) == len(sheet_of(og.get(address(table, f".xlsx?{part}")).data)) - 1
    assert og.get(address(table, f"?{part}&page=99")).status_code == 200


@pytest.mark.parametrize("parties", [2, 5])
def test_there_are_as_many_columns_as_parties(app: Flask, parties: int) -> None:
    table = a_wide_table(app.extensions["store"], parties=parties)
    table.og.dg.propose("en01", "Un texte.")
    rows = rows_of(of(app, table.og.dg).get(address(table)).text)
    assert [len(cells) for cells in rows.values()] == [parties + 2]


def test_a_page_costs_the_same_however_many_clauses(app: Flask) -> None:
    store: Store = app.extensions["store"]

    def orders(clauses: int) -> int:
        table = a_wide_table(store, clauses=clauses)
        for number in range(1, clauses + 1):
            table.ars.dg.propose(f"en{number:02}", "Un départ.")
            table.og.dg.counter(f"en{number:02}", "Une réponse.")
        visitor = of(app, table.og.dg)
        with counted(store) as sent:
            assert visitor.get(address(table)).status_code == 200
        return len(sent)

    assert orders(2) == orders(15) <= 40


class counted:
    """The orders to the database, as they go."""

    def __init__(self, store: Store) -> None:
        self._store, self.sent = store, list[str]()

    def __enter__(self) -> list[str]:
        event.listen(self._store.engine, "before_cursor_execute", self._note)
        return self.sent

    def __exit__(self, *failed: object) -> None:
        event.remove(self._store.engine, "before_cursor_execute", self._note)

    def _note(self, connection: object, cursor: object, statement: str, *rest: object) -> None:
        self.sent.append(statement)
