"""What a template left to complete is found; what brackets are for otherwise is left alone."""

from collections.abc import Iterator
from typing import Any

import pytest

from negotiation.rules.checks_placeholders import placeholders, to_complete
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.lifecycle import Situation, Tabled
from negotiation.rules.trame import BUILT_IN, Trame, built_in_trame
from negotiation.rules.vocabulary import ClauseState

TABLED = Tabled(number=1, fingerprint="f", author="og")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"Entre **\[organisme gestionnaire\]** et \[…\], le \[…\].", ("[organisme gestionnaire]", "[…]")),
        ("Dans un délai de [deux mois], le [ … ] ; [à compléter]", ("[deux mois]", "[…]", "[à compléter]")),
        (r"\[...\], \[\_\_\], \[XX €\], \[jj/mm/aaaa\]", ("[...]", "[__]", "[XX €]", "[jj/mm/aaaa]")),
        (r"\[…\](art. 3)", ("[…]",)),
    ],
)
def test_what_is_to_complete_is_named_once(text: str, found: tuple[str, ...]) -> None:
    assert placeholders(text) == found
    assert placeholders(canonical_markdown(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "Voir [le décret du 22 avril](https://www.legifrance.gouv.fr/loda) et [celui-ci][decret].",
        "[decret]: https://www.legifrance.gouv.fr/loda",
        r"Le code le prévoit \[1\], \[12\], [^3], [a], [iv], [sic].",
        "Au sens de l’article 5 [art. L. 313-11], [note 4], [cf. annexe 2].",
        "- [ ] à faire\n- [x] fait",
        "![logo de la maison](logo.png)",
        "Valeur dans [0 ; 100], en CO[2], `[a faire]`.",
        "Aucun crochet, mais des parenthèses (à compléter) et trois points…",
    ],
)
def test_brackets_of_another_use_are_left_alone(text: str) -> None:
    assert placeholders(text) == ()


def texts_of(trame: Trame) -> Iterator[str]:
    """Every text of a template, those at the top."""
    return (clause.text for part in (*trame.framing, *trame.parts) for clause in part.clauses)


@pytest.mark.parametrize("key", BUILT_IN)
def test_each_template_of_ours_leaves_something_to_complete_that_is_found(key: str) -> None:
    brackets = [text for text in texts_of(built_in_trame(key)) if r"\[" in text]
    assert brackets and all(placeholders(text) for text in brackets)


@pytest.mark.parametrize(
    ("situation", "counts"),
    [
        ({"state": ClauseState.TO_WRITE}, False),
        ({"state": ClauseState.PROPOSED, "current": TABLED}, True),
        ({"state": ClauseState.AGREED, "current": TABLED}, True),
        ({"state": ClauseState.REOPENED, "was_agreed": True}, True),
        ({"state": ClauseState.WITHDRAWN, "was_agreed": True}, False),
    ],
)
def test_only_what_was_put_forth_is_to_complete(situation: dict[str, Any], counts: bool) -> None:
    at = Situation(concerned=frozenset({"og", "ars"}), **situation)
    assert bool(to_complete(at, r"Le \[…\]")) is counts
