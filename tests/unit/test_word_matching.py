"""A file without marks: its headings name clauses as people write them, and what is doubtful is left to a person."""

from negotiation.rules.vocabulary import PartKind
from negotiation.rules.word_matching import Candidate, guesses, without_signposts


def _clause(clause_id: str, code: str, label: str, *, part: tuple[str, PartKind, str, str]) -> Candidate:
    return Candidate(clause_id, code, label, *part)


ARTICLE = ("a12", PartKind.ARTICLE, "12", "Durée")
ONE = ("f1", PartKind.FICHE_ACTION, "1.2", "Répit")
TWO = ("f2", PartKind.FICHE_ACTION, "FA05", "Équipe mobile")
CLAUSES = [
    _clause("text", "", "Texte de l’article", part=ARTICLE),
    _clause("d1", "", "Description", part=ONE),
    _clause("c1", "", "Contexte", part=ONE),
    _clause("d2", "", "Description", part=TWO),
    _clause("e1", "EN01", "Ouvrir trois places", part=TWO),
]


def guessed(*titles: str) -> list[str]:
    """With some text under each."""
    return guesses([(title, "Un texte.") for title in titles], CLAUSES)


def test_codes_numbers_and_titles_say_which_clause() -> None:
    titles = ["Article 12 : de la durée", "Fiche action n° 1.2", "Description", "CONTEXTE :", "FA05", "Description"]
    assert guessed(*titles) == ["text", "", "d1", "c1", "", "d2"]
    assert guessed("Engagement EN01, relu", "Ouvrir trois places") == ["e1", ""]
    assert guessed("Durée", "Équipe mobile", "Description") == ["text", "", "d2"]
    under = [("Article 12 · Durée", ""), ("Texte de l’article", "Cinq ans."), ("Texte de l’article", "Autre.")]
    assert guesses(under, CLAUSES) == ["", "text", ""]


def test_what_could_be_two_clauses_is_none() -> None:
    assert guessed("Description", "Fiche 12", "Annexe", "Article 1.2", "") == [""] * 5


def test_what_an_export_writes_around_a_text_is_no_text() -> None:
    section = (
        "À la charge d’Orlinde, envers l’ARS\n\n**Valeur :** 10\u00a0places\n\nLe texte.\n\n| Début | 2027 |\n|---|---|"
    )
    assert without_signposts(section, ["Début"]) == "Le texte."
    assert without_signposts("Rouvert\n\nLe texte.", [], states=["rouvert"]) == "Le texte."
    assert without_signposts("| Année | 2027 |\n|---|---|", ["Début"]) == "| Année | 2027 |\n|---|---|"
