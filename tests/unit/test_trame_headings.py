"""What the headings of an authority's own file say of its plan, numbered as offices number them."""

import pytest

from negotiation.documents.word_headings import _level_by_words
from negotiation.rules.trame_from_headings import Titled, grouping_titles, parts_from


def bold(*paragraphs: tuple[str, str]) -> list[Titled]:
    """(bold words, the words under them)"""
    return [Titled(_level_by_words(words, is_bold=True), words, text) for words, text in paragraphs]


def plan(sections: list[Titled]) -> list[tuple[str, str, list[str]]]:
    return [(part["code"], part["title"], [each["text"] for each in part["clauses"]]) for part in parts_from(sections)]


NUMBERED = (("1. Objet", "A"), ("1.1 Portée", "B"), ("2. Durée", "C"))


def test_an_annex_at_the_end_leaves_the_articles_where_they_are() -> None:
    alone = plan(bold(*NUMBERED))
    assert alone == [("1", "Objet", ["A", "B"]), ("2", "Durée", ["C"])]
    assert plan(bold(*NUMBERED, ("ANNEXE 1", "D"))) == [*alone, ("", "ANNEXE 1", ["D"])]
    assert plan([Titled(1, "ANNEXE 1", "D"), Titled(2, "Tableau", "E")]) == [("", "ANNEXE 1", ["D", "E"])]


@pytest.mark.parametrize(
    ("words", "code", "title"),
    [
        ("Article 3 bis – Modulation", "3 bis", "Modulation"),
        ("Article 3 ter : Modulation", "3 ter", "Modulation"),
        ("Article 12 quater. Modulation", "12 quater", "Modulation"),
        ("Article 1er Objet", "1", "Objet"),
        ("Article 1er. – Objet", "1", "Objet"),
        ("Article L. 1 – Objet", "L. 1", "Objet"),
        ("Article 3 : Territoires", "3", "Territoires"),
    ],
)
def test_an_article_put_between_two_others_is_one_of_its_own(words: str, code: str, title: str) -> None:
    found = plan(bold(("Article 1 : Avant", "A"), (words, "B")))
    assert found == [("1", "Avant", ["A"]), (code, title, ["B"])]


@pytest.mark.parametrize("words", ["Article 5 du contrat précédent", "L’article L. 313-12 s’applique."])
def test_a_sentence_that_names_an_article_is_no_heading(words: str) -> None:
    assert _level_by_words(words, is_bold=True) == 0


def test_a_title_that_only_groups_is_told_and_one_that_holds_words_is_not() -> None:
    sections = bold(("TITRE I : OBJET DU CONTRAT", ""), ("Article 1 : Objet", "A"), ("TITRE II : SUIVI", ""))
    assert grouping_titles([*sections, Titled(3, "Comités", "")]) == (
        "TITRE I : OBJET DU CONTRAT",
        "TITRE II : SUIVI",
        "Comités",
    )
    assert grouping_titles(bold(*NUMBERED)) == ()
