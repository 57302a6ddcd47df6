"""Search compares what people mean, and shows what they wrote."""

from negotiation.rules.search_words import asked_words, holds_all, passage


def shown(text: str, question: str) -> str:
    return "".join(f"[{piece.text}]" if piece.found else piece.text for piece in passage(text, asked_words(question)))


def test_capitals_accents_and_apostrophes_are_not_what_one_looks_for() -> None:
    assert holds_all("L’Évaluation des ŒUVRES", asked_words("evaluation l'evaluation oeuvres"))


def test_every_word_must_stand_in_the_text() -> None:
    assert not holds_all("L’évaluation annuelle", asked_words("évaluation trimestrielle"))


def test_a_passage_shows_the_text_as_it_was_written() -> None:
    assert shown("Chaque année, l’Évaluation des œuvres.", "evaluation oeuvre") == (
        "Chaque année, l’[Évaluation] des [œuvre]s."
    )


def test_a_long_text_is_cut_between_words_around_what_was_found() -> None:
    text = "mot " * 100 + "trouvaille " + "fin " * 100
    said = shown(text, "trouvaille")
    assert said.startswith("…mot") and said.endswith("fin…") and "[trouvaille]" in said and len(said) < 260


def test_words_that_meet_are_marked_once() -> None:
    assert shown("La réévaluation", "evaluation valuation") == "La ré[évaluation]"


def test_what_cannot_be_typed_is_looked_for_by_nobody() -> None:
    assert asked_words("a\x00b \ud800 %_") == ("a", "b", "%_")
    assert asked_words(" \t ") == ()
