"""The brackets of a template take what the opening knows, and nothing that it would have to guess."""

from negotiation.rules.trame_filling import filled_text, known_words
from negotiation.rules.vocabulary import PartyKind

AGENCY, COUNTY = PartyKind.REGIONAL_HEALTH_AGENCY, PartyKind.DEPARTMENT


def test_two_departments_or_a_name_that_fits_no_article_stay_to_complete() -> None:
    two = [(COUNTY, "Département de la Vyre"), (COUNTY, "Département de l’Ambre")]
    assert known_words(two) == {}
    assert known_words([(AGENCY, "Délégation de la Vyre")]) == {}
    assert known_words([(AGENCY, "ARS Vyre")]) == {"agence régionale de santé": "ARS Vyre"}


def test_a_name_is_words_and_never_markdown() -> None:
    known = known_words([(PartyKind.GESTIONNAIRE, "A*b* [les](x)")])
    assert filled_text(r"Entre **\[organisme gestionnaire\]** et \[…\].", known) == (
        r"Entre **A\*b\* \[les\](x)** et \[…\]."
    )
