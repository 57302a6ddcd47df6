"""The search for leaks finds what is wrapped: a search that finds nothing would prove nothing."""

import base64
import gzip
import io
import zipfile
import zlib

import pytest

from negotiation.documents.pdf_print import fingerprint_of, print_contract
from tests.opened_bytes import words_met
from tests.unit.contract_samples import contract_content

WORD = "canari4f9c21b07d"
SAID = f"Une note où se trouve {WORD}, et rien d’autre.".encode()


def zipped(name: str, content: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return written.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        SAID,
        SAID.upper(),
        SAID.decode().encode("utf-16"),
        SAID.hex().encode(),
        *(b"x" * before + base64.b64encode(b"y" * before + SAID) for before in range(3)),
        zipped("note.txt", SAID),
        zipped(f"{WORD}.txt", b""),
        zipped("dedans.zip", zipped("note.txt", SAID)),
        gzip.compress(SAID, mtime=0),
        zlib.compress(SAID),
    ],
)
def test_a_word_is_found_however_wrapped(body: bytes) -> None:
    assert words_met(body, [WORD, "canari0000000000"]) == {WORD}


def test_a_word_that_a_pdf_shows_is_found() -> None:
    content = contract_content()
    content["parts"] = content["parts"][:1]
    content["parts"][0]["clauses"][0]["text"] = f"Le contrat dit {WORD} ici."
    pdf = print_contract(content, fingerprint=fingerprint_of(content), label="v1", kind="draft")
    assert words_met(pdf, [WORD, "canari0000000000"]) == {WORD}
    assert WORD.encode() not in pdf
