"""The annexes of numbers in Word: read across on pages that lie, added up, to the right, and nothing cut inside."""

import re
from datetime import UTC, datetime

import pytest
from lxml import etree

from negotiation.documents.word_annexes import annexes_of
from negotiation.documents.word_body import Content, Words
from negotiation.documents.word_file import WordFile, docx_bytes
from tests.word_files import W, faults_of, paragraphs_of, parts_of

YEARS = [2027, 2028, 2029, 2030, 2031]
LINE = {"code": "FA-01", "funder": "A", "nature": "non pérenne", "total": 70000000}
FINANCE = {
    "years": YEARS,
    "groups": [
        {
            "title": "Crédits de la dotation",
            "rows": [
                LINE | {"label": "Équipe mobile", "values": {str(year): 14000000 for year in YEARS}},
                LINE | {"label": "Répit", "values": {"2027": 70000000}},
            ],
        }
    ],
}
CONTENT = {
    "parties": [{"letter": "A", "name": "ARS", "short_name": "ARS", "side": "autorite"}],
    "tables": {"finance": FINANCE},
}


def file(*contents: Content) -> bytes:
    return docx_bytes(WordFile("Contrat", contents, datetime(2026, 11, 23, tzinfo=UTC), notice="Projet"))


def pages(data: bytes) -> list[bool]:
    """Of each section, whether its pages lie."""
    body = etree.fromstring(parts_of(data)["word/document.xml"])
    return [each.get(f"{W}orient") == "landscape" for each in body.iter(f"{W}pgSz")]


def test_annexes_lie_between_pages_that_stand() -> None:
    annexes = tuple(annexes_of(CONTENT))
    assert pages(file(Words("", "Avant"))) == [False]
    assert pages(file(Words("", "Avant"), *annexes)) == [False, True], "no empty page after them"
    both = file(Words("", "Avant"), *annexes, Words("", "Après"))
    assert pages(both) == [False, True, False] and faults_of(both) == []
    body = parts_of(both)["word/document.xml"]
    assert body.count(b"headerReference") == 3, "what heads each page heads these too"


def test_amounts_are_added_up_to_the_right_in_columns_that_hold_them() -> None:
    data = file(*annexes_of(CONTENT))
    assert paragraphs_of(data)[:2] == ["Annexe financière, Crédits de la dotation", "Montants en euros."]
    table = next(etree.fromstring(parts_of(data)["word/document.xml"]).iter(f"{W}tbl"))
    rows = [["".join(cell.itertext()) for cell in row.iter(f"{W}tc")] for row in table.iter(f"{W}tr")]
    assert rows[-1] == ["", "Total", "", "", "840\u202f000", *["140\u202f000"] * 4, "1\u202f400\u202f000"]
    assert not re.search(r"€|\d \d", "".join(map("".join, rows)))
    sides = [[cell.find(f".//{W}jc") is not None for cell in row.iter(f"{W}tc")] for row in table.iter(f"{W}tr")]
    assert sides == [[False] * 4 + [True] * 6] * 4
    styles = [each.get(f"{W}val") for each in list(table.iter(f"{W}tr"))[-1].iter(f"{W}pStyle")]
    assert set(styles) == {"Entetecellule"}, "the total stands out"


@pytest.mark.parametrize("many", [1, 5, 7])
def test_however_many_years_the_table_fills_the_page_and_a_figure_has_room(many: int) -> None:
    tables = {"finance": FINANCE | {"years": list(range(2027, 2027 + many))}}
    body = etree.fromstring(parts_of(file(*annexes_of(CONTENT | {"tables": tables})))["word/document.xml"])
    widths = [int(each.get(f"{W}w")) for each in body.iter(f"{W}gridCol")]
    assert sum(widths) in range(14560, 14571) and min(widths[4:]) >= 1000 and widths[1] >= 2200


def test_a_contract_without_figures_has_no_annex() -> None:
    assert list(annexes_of(CONTENT | {"tables": {}}, said="Repris des fiches.")) == []
