"""A proposal put back on a text that moved: what people see happen, unit by unit."""

import pytest

from negotiation.errors import InvalidInput, UnreadableText
from negotiation.rules.clause_text import canonical_markdown
from negotiation.rules.rebase import (
    Choice,
    PassageKind,
    Rebased,
    RebaseState,
    rebase,
    rebase_value,
    resolve,
    state_of_both,
)

BASE = canonical_markdown(
    "## Hébergement temporaire\n\nLe gestionnaire ouvre six places.\n\nLes moyens sont précisés en annexe.\n\n"
    "- ouvrir la nuit\n- ouvrir le dimanche\n- former les équipes\n- rendre compte\n\n"
    "Un bilan est fait chaque année.\n\n"
    "| Année | Taux |\n|---|---|\n| 2027 | 90 % |\n| 2028 | 92 % |\n| 2029 | 94 % |\n\nFin du texte."
)


def changed(text: str, *edits: tuple[str, str]) -> str:
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return canonical_markdown(text)


def kinds(rebased: Rebased) -> list[PassageKind]:
    return [passage.kind for passage in rebased.passages]


CLEAN = [
    (("six places", "huit places"), ("Fin du texte", "Fin")),
    (("- ouvrir la nuit\n", ""), ("| 2029 | 94 % |", "| 2029 | 95 % |")),
    (("- rendre compte", "- rendre compte\n- évaluer"), ("six places", "huit places")),
    (("| 2027 | 90 % |", "| 2027 | 89 % |"), ("| 2029 | 94 % |", "| 2029 | 95 % |")),
    (("ouvrir la nuit", "ouvrir la nuit et le jour"), ("- former les équipes\n", "")),
    (("## Hébergement", "# Hébergement"), ("chaque année", "tous les deux ans")),
    (("Fin du texte.", "Fin du texte.\n\nUn avenant est possible."), ("six places", "**six** places")),
]


@pytest.mark.parametrize(("theirs", "mine"), CLEAN)
def test_changes_away_from_each_other_both_stand(theirs: tuple[str, str], mine: tuple[str, str]) -> None:
    for one, other in ((theirs, mine), (mine, theirs)):
        rebased = rebase(BASE, changed(BASE, one), changed(BASE, other))
        assert rebased.state is RebaseState.CLEAN
        assert rebased.text == changed(BASE, one, other)
        assert PassageKind.CONFLICT not in kinds(rebased)


CONFLICTS = [
    # one unit, two wordings
    (("six places", "huit places"), ("six places", "sept places")),
    # one took away what the other reworded
    (("- former les équipes\n", ""), ("former les équipes", "former toutes les équipes")),
    # two additions at one place: nobody can say which comes first
    (("- rendre compte", "- rendre compte\n- évaluer"), ("- rendre compte", "- rendre compte\n- prévenir")),
    # units that touch
    (("ouvrir la nuit", "fermer la nuit"), ("ouvrir le dimanche", "fermer le dimanche")),
    (("| 2027 | 90 % |", "| 2027 | 89 % |"), ("| 2028 | 92 % |", "| 2028 | 93 % |")),
    # an added column changes every row
    (("| 2028 | 92 % |", "| 2028 | 93 % |"), ("| Année | Taux |\n|---|---|\n| 2027 | 90 % |\n| 2028 | 92 % |\n"
     "| 2029 | 94 % |", "| Année | Taux | Lits |\n|---|---|---|\n| 2027 | 90 % | 1 |\n| 2028 | 92 % | 2 |\n"
     "| 2029 | 94 % | 3 |")),
]  # fmt: skip


@pytest.mark.parametrize(("theirs", "mine"), CONFLICTS)
def test_what_touches_is_for_a_person_to_settle(theirs: tuple[str, str], mine: tuple[str, str]) -> None:
    common, ours = changed(BASE, theirs), changed(BASE, mine)
    rebased = rebase(BASE, common, ours)
    assert rebased.state is RebaseState.OVERLAPPING
    assert rebased.text is None
    conflicts = [index for index, kind in enumerate(kinds(rebased)) if kind is PassageKind.CONFLICT]
    assert resolve(rebased, dict.fromkeys(conflicts, Choice.COMMON)) == common
    assert resolve(rebased, dict.fromkeys(conflicts, Choice.OURS)) == ours


def test_a_conflict_shows_the_three_wordings_and_takes_a_fourth() -> None:
    common = changed(BASE, ("ouvrir le dimanche", "ouvrir le samedi"))
    ours = changed(BASE, ("ouvrir le dimanche", "ouvrir les jours fériés"), ("Fin du texte", "Fin"))
    rebased = rebase(BASE, common, ours)
    assert kinds(rebased) == [
        PassageKind.SAME, PassageKind.CONFLICT, PassageKind.SAME, PassageKind.ONLY_OURS_CHANGED
    ]  # fmt: skip
    conflict = rebased.passages[1]
    assert (conflict.base, conflict.common, conflict.ours) == (
        "- ouvrir le dimanche", "- ouvrir le samedi", "- ouvrir les jours fériés"
    )  # fmt: skip
    by_hand = resolve(rebased, {1: "- ouvrir le samedi\n- ouvrir les jours fériés"})
    assert by_hand == changed(
        BASE, ("ouvrir le dimanche", "ouvrir le samedi\n- ouvrir les jours fériés"), ("Fin du texte", "Fin")
    )
    assert resolve(rebased, {1: ""}) == changed(BASE, ("- ouvrir le dimanche\n", ""), ("Fin du texte", "Fin"))


def test_what_two_texts_written_from_nothing_both_say_is_no_question() -> None:
    common = "Le COPIL se réunit deux fois.\n\nLe département y siège.\n\nL’ARS préside."
    ours = "Le COPIL se réunit trois fois.\n\nLe département y siège.\n\nLe gestionnaire préside."
    rebased = rebase("", common, ours)
    assert kinds(rebased) == [PassageKind.CONFLICT, PassageKind.BOTH_SAME, PassageKind.CONFLICT]
    assert rebased.passages[1].common == rebased.passages[1].ours == "Le département y siège."
    assert resolve(rebased, {0: Choice.OURS, 2: Choice.COMMON}) == (
        "Le COPIL se réunit trois fois.\n\nLe département y siège.\n\nL’ARS préside."
    )
    # The same two paragraphs in the other order: one question, or an answer could say one of them twice.
    assert kinds(rebase("", "Un.\n\nDeux.", "Deux.\n\nUn.")) == [PassageKind.CONFLICT]


def test_every_conflict_must_be_answered_and_nothing_else() -> None:
    rebased = rebase("a", "b", "c")
    for choices, field in (({}, "passage-0"), ({0: Choice.OURS, 4: Choice.OURS}, "passage-4")):
        with pytest.raises(InvalidInput) as refused:
            resolve(rebased, choices)
        assert refused.value.detail == {"field": field}
    with pytest.raises(UnreadableText):
        resolve(rebased, {0: "caché\u202e"})
    assert resolve(rebased, {0: "common"}) == "common"


def test_nothing_to_do_when_the_common_text_is_still_the_base() -> None:
    ours = changed(BASE, ("six", "huit"))
    rebased = rebase(BASE, BASE, ours)
    assert (rebased.state, rebased.text) == (RebaseState.UNTOUCHED, ours)


def test_what_the_common_text_already_says_is_not_proposed_again() -> None:
    ours = changed(BASE, ("six", "huit"))
    for common in (
        ours,
        changed(ours, ("Fin du texte", "Fin")),
        # more, right beside ours
        changed(ours, ("Les moyens sont précisés en annexe.", "Les moyens sont en annexe.")),
        changed(ours, ("huit places.", "huit places.\n\nDès janvier.")),
    ):
        rebased = rebase(BASE, common, ours)
        assert (rebased.state, rebased.text) == (RebaseState.CONTAINED, common)
        assert PassageKind.BOTH_SAME in kinds(rebased)
        assert rebase(BASE, ours, common).text == common


def test_numbers_follow_when_items_come_and_go() -> None:
    base = "1. un\n2. deux\n3. trois\n4. quatre\n5. cinq"
    rebased = rebase(base, "1. zéro\n2. un\n3. deux\n4. trois\n5. quatre\n6. cinq", "1. un\n2. deux\n3. trois\n4. cinq")
    assert rebased.text == "1. zéro\n2. un\n3. deux\n4. trois\n5. cinq"
    shown = rebase(base, "1. un\n2. deux\n3. 3\n4. quatre\n5. cinq", "1. un\n2. deux\n3. III\n4. quatre\n5. cinq")
    assert shown.passages[1].ours == "3. III"
    renumbered = rebase("3. trois\n\nfin\n\nfin", "3. trois\n\nfin\n\nFIN", "5. trois\n\nfin\n\nfin")
    assert renumbered.text == "5. trois\n\nfin\n\nFIN"


def test_an_added_item_joins_its_list_inside_its_item() -> None:
    base = "- soins\n  - jour\n  - nuit\n- repas\n- transport"
    ours = "- soins\n  - jour\n  - nuit\n  - week-end\n- repas\n- transport"
    common = "- soins\n  - jour\n  - nuit\n- repas\n- transport\n- linge"
    assert rebase(base, common, ours).text == ours + "\n- linge"
    conflict = rebase(base, base.replace("nuit", "soir"), base.replace("nuit", "matin"))
    index = kinds(conflict).index(PassageKind.CONFLICT)
    assert conflict.passages[index].ours == "- matin"
    assert resolve(conflict, {index: "- midi"}) == base.replace("nuit", "midi")


def test_a_row_written_by_hand_needs_no_line_under_it() -> None:
    theirs, mine = ("2028 | 92 %", "2028 | 93 %"), ("2028 | 92 %", "2028 | 91 %")
    conflict = rebase(BASE, changed(BASE, theirs), changed(BASE, mine))
    index = kinds(conflict).index(PassageKind.CONFLICT)
    expected = changed(BASE, ("2028 | 92 %", "2028 | 92,5 %"))
    assert conflict.passages[index].common == "| 2028 | 93 % |\n|---|---|"
    assert resolve(conflict, {index: "| 2028 | 92,5 % |"}) == expected
    assert resolve(conflict, {index: "| 2028 | 92,5 % |\n|---|---|"}) == expected


def test_a_list_is_not_cut_in_two_by_the_side_that_was_not_chosen() -> None:
    base = "- un\n- deux"
    common, ours = "- un\n\nEntre.\n\n- deux", "- un\n- un bis\n- deux"
    conflict = rebase(base, common, ours)
    index = kinds(conflict).index(PassageKind.CONFLICT)
    assert resolve(conflict, {index: Choice.OURS}) == ours
    assert resolve(conflict, {index: Choice.COMMON}) == common
    assert resolve(conflict, {index: "- ni l'un ni l'autre"}) == "- un\n- ni l'un ni l'autre\n- deux"


def test_a_paragraph_both_moved_does_not_stand_twice() -> None:
    a, b, c, d, e, f = (f"Alinéa {letter} du texte." for letter in "abcdef")

    def text(*paragraphs: str) -> str:
        return "\n\n".join(paragraphs)

    base = text(a, b, c, d, e, f)
    ours = text(a, c, d, e, f, b)
    assert rebase(base, text(a, c, d, b, e, f), ours).state is RebaseState.OVERLAPPING
    # The common text dropped, or reworded, what we moved: both ends of the move are in question.
    for common in (text(a, c, d, e, f), text(a, "Alinéa b du texte, revu.", c, d, e, f)):
        asked = [passage for passage in rebase(base, common, ours).passages if passage.kind is PassageKind.CONFLICT]
        assert b in [passage.ours for passage in asked]
    assert rebase(base, text(a, c, d, e, f, b), ours).state is RebaseState.CONTAINED


def test_two_long_texts_that_fit_alone_and_not_together_are_for_a_person() -> None:
    base = "début\n\nmilieu\n\nmilieu encore\n\nfin"
    common, ours = "\n\n".join(["a " * 70_000 + "a", base]), "\n\n".join([base, "b " * 70_000 + "b"])
    rebased = rebase(base, common, ours)
    assert (rebased.state, rebased.text) == (RebaseState.OVERLAPPING, None)
    assert resolve(rebased, {0: Choice.COMMON}) == common


def test_a_value_changed_by_both_is_a_question_and_by_one_is_not() -> None:
    assert rebase_value("93.5", "93.5", "95") == rebase_value("93.5", "93.5", "95")
    states = [
        rebase_value(*values).state for values in (("90", "90", "95"), ("90", "95", "95"), ("90", "95", "90"),
        ("90", "95", "92"), (None, 100, None), ([], ["a"], ["b"]))
    ]  # fmt: skip
    assert states == ["untouched", "contained", "contained", "overlapping", "contained", "overlapping"]
    assert rebase_value("90", "90", None).value is None
    assert rebase_value("90", "95", "90").value == "95"


def test_a_clause_is_redone_when_its_text_or_its_value_must_be() -> None:
    moved, settled = rebase("a", "b", "a"), rebase_value(1, 1, 2)
    assert state_of_both(moved, settled, common=("b", 1)) is RebaseState.CLEAN
    assert state_of_both(moved, rebase_value(1, 2, 3), common=("b", 2)) is RebaseState.OVERLAPPING
    assert state_of_both(moved, rebase_value(1, 1, 1), common=("b", 1)) is RebaseState.CONTAINED
    assert state_of_both(rebase("a", "a", "c"), settled, common=("a", 1)) is RebaseState.UNTOUCHED
