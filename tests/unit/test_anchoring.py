"""Comments on a passage follow their words: « [ ] » marks the passage in the old text and in the new one."""

import pytest

from negotiation.errors import InvalidInput
from negotiation.rules.anchoring import Anchor, Found, Orphan, anchor_from_selection, anchor_of, locate, plain_text

FIRST = "Le gestionnaire s'engage sur un taux d'occupation de 93,5 % en 2028."
SECOND = "L'ARS finance 3 places d'hébergement temporaire à l'EHPAD des Tilleuls."
THIRD = "L'ARS finance 3 places d'hébergement temporaire à l'EHPAD des Acacias."


def marked(text: str) -> tuple[str, int, int]:
    start = text.index("[")
    end = text.index("]") - 1
    return text.replace("[", "").replace("]", ""), start, end


def joined(*paragraphs: str) -> str:
    return "\n".join(paragraphs)


TAUX = FIRST.replace("un taux d'occupation de 93,5 %", "[un taux d'occupation de 93,5 %]")
PLACES = SECOND.replace("3 places d'hébergement temporaire", "[3 places d'hébergement temporaire]")
PLACES_OF_THIRD = THIRD.replace("3 places d'hébergement temporaire", "[3 places d'hébergement temporaire]")
NUMBER = FIRST.replace("93,5", "[93,5]")
GONE = "(passage supprimé)"

SIXTEEN = {
    "insertion before, same paragraph": (TAUX, TAUX.replace("Le ", "À compter de janvier, le ")),
    "paragraph added before": (joined(TAUX, SECOND), joined("Préambule nouveau.", TAUX, SECOND)),
    "insertion after": (TAUX, TAUX.replace("en 2028", "en 2028, puis en 2029")),
    "deletion before": (TAUX, TAUX.replace("Le gestionnaire s'engage sur", "Il vise")),
    "a word of it replaced": (TAUX, TAUX.replace("93,5 %", "95 %")),
    "words added inside": (TAUX, TAUX.replace("d'occupation", "annuel moyen d'occupation")),
    "words removed inside": (TAUX, TAUX.replace("un taux d'occupation de", "un taux de")),
    "its start rewritten": (TAUX, TAUX.replace("[un taux", "[le taux cible")),
    "its end rewritten": (TAUX, TAUX.replace("93,5 %]", "93,5 points]")),
    "all of it replaced in a phrase that stays": (NUMBER, NUMBER.replace("93,5", "94")),
    "a twin inserted before": (joined(FIRST, PLACES), joined(FIRST, THIRD, PLACES)),
    "its twin deleted": (joined(SECOND, PLACES_OF_THIRD, FIRST), joined(PLACES_OF_THIRD, FIRST)),
    "paragraph moved": (joined(PLACES, FIRST, THIRD), joined(FIRST, THIRD, PLACES)),
    "paragraph cut in two inside it": (TAUX, TAUX.replace("d'occupation de", "d'occupation\nde")),
    "paragraph deleted": (joined(FIRST, PLACES), joined(FIRST, GONE)),
    "paragraph deleted, its twin left": (joined(FIRST, SECOND, PLACES_OF_THIRD), joined(FIRST, SECOND, GONE)),
}


@pytest.mark.parametrize("kind", SIXTEEN)
def test_a_comment_follows_its_words_through_sixteen_kinds_of_edit(kind: str) -> None:
    old, start, end = marked(SIXTEEN[kind][0])
    anchor = anchor_of(old, start, end)
    after = SIXTEEN[kind][1]
    if GONE in after:
        new = after.replace("\n" + GONE, "")
        assert locate(anchor, old, new) == Orphan(anchor.quote)
    else:
        new, start, end = marked(after)
        assert locate(anchor, old, new) == Found(start, end)


def test_what_was_deleted_and_put_back_is_found_again() -> None:
    old, start, end = marked(joined(FIRST, PLACES))
    anchor = anchor_of(old, start, end)
    assert isinstance(locate(anchor, old, FIRST), Orphan)
    assert locate(anchor, old, old) == Found(start, end)
    assert locate(anchor, old, joined(SECOND, FIRST)) == Found(start - len(FIRST) - 1, end - len(FIRST) - 1)


def test_a_short_word_is_not_found_in_a_sentence_that_has_nothing_to_do_with_it() -> None:
    old, start, end = marked(joined("Le [taux] est fixé par le contrat.", "Le taux est revu tous les ans."))
    new = "Le taux est revu tous les ans.\nUn autre taux."
    assert isinstance(locate(anchor_of(old, start, end), old, new), Orphan)


def test_a_text_emptied_orphans_its_comments() -> None:
    old, start, end = marked(PLACES)
    anchor = anchor_of(old, start, end)
    assert locate(anchor, old, "") == Orphan("3 places d'hébergement temporaire")


def test_an_anchor_keeps_the_words_and_a_little_around_them() -> None:
    text = "a" * 40 + " le taux " + "b" * 40
    assert anchor_of(text, 40, 49) == Anchor("le taux", ("a" * 31) + " ", " " + "b" * 31, 41)
    assert len(anchor_of("mot " * 200, 0, 800).quote) <= 500
    for start, end in ((3, 3), (5, 2), (900, 950), (1, 2)):
        with pytest.raises(InvalidInput):
            anchor_of("a b", start, end)


def test_a_selection_of_a_browser_is_found_whatever_its_spaces() -> None:
    text = plain_text("Un taux de 93,5 %.\n\n- six places\n- six places\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert text == "Un taux de 93,5 %.\nsix places\nsix places\na\tb\n1\t2"
    shown = anchor_from_selection(text, "93,5\u00a0%.\n\nsix", "Un taux de ", " places")
    assert shown is not None
    assert (shown.quote, shown.start) == ("93,5 %.\nsix", 11)
    second = anchor_from_selection(text, "six places", "93,5 %.six places", "ab")
    assert second is not None
    assert second.start == text.rindex("six")
    assert anchor_from_selection(text, "sept places", "", "") is None
    assert anchor_from_selection(text, " ", "", "") is None


def test_marks_and_links_are_not_part_of_what_is_seen() -> None:
    old = plain_text("## Titre\n\nUn **taux** de [90 %](https://a.fr), > 80 \\*.\n\n> cité\n\n---\n\n1. un\\\n   deux")
    assert old == "Titre\nUn taux de 90 %, > 80 *.\ncité\nun\ndeux"
