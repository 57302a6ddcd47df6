"""A document that can't be made leaves a word in its place: why, in French, and where what it would say is."""

import pytest

from negotiation.documents.pandoc import ConversionFailed
from negotiation.documents.pdf_print import PrintFailure
from negotiation.errors import InvalidFile
from negotiation.services.carrying import made


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (
            InvalidFile(path="engagements[3].text", problem="le texte est trop long"),
            "[3].text : le texte",
        ),
        (ConversionFailed("absent"), "pandoc"),
        (ConversionFailed("too_long"), "trop de temps"),
        (PrintFailure("Le caractère manque."), "Le caractère manque."),
    ],
)
def test_what_is_missing_from_an_archive_says_why_in_french(failure: Exception, said: str) -> None:
    def fails() -> bytes:
        raise failure

    found = made({"scenario/negociation.json": fails, "documents/contrat.odt": lambda: b"ODT"})
    assert found["documents/contrat.odt"] == b"ODT"
    words = found["scenario/negociation.json.absent.txt"].decode()
    assert said in words and "_" not in words and ".." not in words
    assert "Le reste de l’archive est entier" in words
