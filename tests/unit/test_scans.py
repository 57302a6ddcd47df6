"""A scan is opened before it is kept: what doesn't open, or would act on who opens it, is refused in words."""

import pytest
import typst

from negotiation.documents.scans import ScanFailure, media_type_of, read_scan
from negotiation.documents.scans_apart import look
from tests.scanned import a_jpeg, a_pdf, a_png

PRINT = "3f786850e387550fdab836ed7e6dc881de23001b0d4f1a1c2e3d4c5b6a798081"
PRINTED = " ".join(PRINT[at : at + 8] for at in range(0, 64, 8))


def test_a_page_tells_whether_the_fingerprint_is_read_on_it() -> None:
    found = read_scan(a_pdf(f"Empreinte {PRINTED}", "Une autre page", "", PRINT.upper()), fingerprint=PRINT)
    assert (found.pages, found.text, found.found) == (4, (1, 2, 4), (1, 4))


def test_the_fingerprint_is_found_whatever_codes_a_font_gives_to_its_letters() -> None:
    page = typst.compile(f"#set page(width: 400pt, height: 200pt, footer: [{PRINTED}])\nUn.#pagebreak()Deux.".encode())
    assert look(page, "application/pdf", PRINT)["found"] == [1, 2]


def test_pictures_are_one_page_without_words() -> None:
    for picture in (a_png(), a_jpeg()):
        assert look(picture, media_type_of(picture)) == {"pages": 1, "text": [], "found": []}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.7 scan", "ne s’ouvre pas"),
        (b"%PDF-<script>alert(1)</script>", "ne s’ouvre pas"),
        (a_pdf("x", catalog="/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"), "JavaScript"),
        (a_pdf("x", catalog="/OpenAction<</S/Java#53cript/N 1>>"), "JavaScript"),
        (a_pdf("x", catalog="/OpenAction<</S/Launch/F(cmd.exe)>>"), "une commande à lancer"),
        (a_pdf("x", catalog="/Names<</EmbeddedFiles<</Names[(a)<</F(a.exe)>>]>>>>"), "un autre fichier"),
        (a_pdf(), "ne s’ouvre pas"),
        (b"\xff\xd8\xffnope", "ne s’ouvre pas"),
        (a_jpeg()[:-2], "ne s’ouvre pas"),
        (a_jpeg(65_000, 65_000), "dimensions"),
        (a_png(1, 1), "dimensions"),
        (a_png(said=(19_000, 19_000)), "dimensions"),
        (a_png(said=(240, 400)), "ne s’ouvre pas"),
        (a_png()[:-30], "ne s’ouvre pas"),
    ],
)
def test_what_does_not_open_or_would_act_is_refused_in_words(data: bytes, said: str) -> None:
    assert said in str(look(data, media_type_of(data))["refused"])


def test_what_the_process_refuses_is_refused() -> None:
    with pytest.raises(ScanFailure, match="ne s’ouvre pas"):
        read_scan(b"%PDF-1.7 scan")
