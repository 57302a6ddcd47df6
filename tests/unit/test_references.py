"""`#EN06` among words: what is a sign, where it ends, and what stays a word."""

from negotiation.rules.references import pieces_of, same_sign, sign_of, signs_in
from negotiation.rules.vocabulary import PartKind


def test_a_sign_ends_where_its_code_ends() -> None:
    assert signs_in("Voir #EN06, #en06 et #FA01.") == ("en06", "fa01")
    assert signs_in("(#art12) puis «\u00a0#obj1.1.\u00a0»") == ("art12", "obj1.1")


def test_what_only_looks_like_a_sign_is_none() -> None:
    assert signs_in("a#EN06 ##EN06 /#EN06 # EN06 &#39; #") == ()
    assert signs_in(f"#{'x' * 5_000}") == ()


def test_a_number_alone_says_of_what_it_is_the_number() -> None:
    assert sign_of("12", PartKind.ARTICLE) == "art12"
    assert sign_of("1.1", PartKind.OPERATIONAL_OBJECTIVE) == "obj1.1"
    assert (sign_of("Préambule", PartKind.ARTICLE), sign_of("FA01", PartKind.FICHE_ACTION)) == ("Préambule", "FA01")
    assert sign_of("", PartKind.FRAMING_SECTION) == ""


def test_the_pieces_of_a_text_are_the_text() -> None:
    text = "#EN06 puis #EN07, et #préambule."
    pieces = list(pieces_of(text, {same_sign("EN06"): 6, same_sign("Préambule"): 0}))
    assert "".join(words for words, _ in pieces) == text
    assert [(words, named) for words, named in pieces if named is not None] == [("#EN06", 6), ("#préambule", 0)]
