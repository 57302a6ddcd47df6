"""The places of signatures: one apart from the other in their party's block, and large enough to be read."""

import io
import re
from itertools import pairwise

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from negotiation.documents.pdf_print import fingerprint_of, print_contract
from negotiation.documents.pdf_stamps import _drawn, places_of
from negotiation.documents.signature_cells import APART, EACH, LEFT, RIGHT, TALLEST, cell_height, place_height
from tests.unit.contract_samples import contract_content

LONGEST = [
    "Marie-Bernadette de La Rochefoucauld-Montmorency Saint-Hilaire",
    "Présidente du conseil d’administration et des commissions permanentes",
    "pour Agence régionale de santé Val-d’Aure",
    "Signé le 23 novembre 2026 à 14 h 05 (heure de Paris)",
    "Signature simple, clé de la plateforme",
]


def test_what_a_signatory_among_several_signs_is_read_at_six_points():
    drawn = PdfFileReader(io.BytesIO(_drawn(LONGEST, width=RIGHT - LEFT, height=EACH - APART)))
    sizes = re.findall(rb" ([\d.]+) Tf", drawn.root["/Pages"]["/Kids"][0]["/Contents"].data)
    assert min(map(float, sizes)) >= 6


def test_a_block_grows_with_its_signatories_and_their_fields_stand_apart_in_it():
    content = {**contract_content(), "parts": contract_content()["parts"][:1], "tables": {}, "reserves": []}
    signing = {"G": 8, "A": 3, "D": 1}
    pdf = print_contract(
        content, fingerprint=fingerprint_of(content), label="v1.0", kind="frozen", around={"signing": signing}
    )
    blocks = {f"{letter}{number}": letter for letter, many in signing.items() for number in range(many)}
    places = places_of(IncrementalPdfFileWriter(io.BytesIO(pdf)), blocks)
    for letter, many in signing.items():
        own = [places[field] for field, of in blocks.items() if of == letter]
        assert len({page for page, _ in own}) == 1 and len(own) == many
        assert all(one[1] - other[3] >= APART - 2 for (_, one), (_, other) in pairwise(own)), "one above the other"
        assert all(80 < box[1] < box[3] < 760 for _, box in own), "on the sheet"
    assert places["G0"][0] < places["A0"][0], "a block that doesn't hold goes to the next page, whole"


@pytest.mark.parametrize("many", [1, 8, 30])
def test_the_cell_of_a_block_holds_the_places_and_one_page_holds_the_cell(many):
    assert many * place_height(many) < cell_height(many) <= TALLEST + 20
