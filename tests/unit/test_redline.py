"""Redlines as a negotiator reads them: [-deleted-] {+inserted+} <notice>, units separated by « / »."""

import pytest

from negotiation.rules import redline_words
from negotiation.rules.redline import (
    Change,
    Op,
    Redline,
    marks,
    reconstruct_after,
    reconstruct_before,
    redline,
    redline_units,
    share_changed,
    take_units,
)

_SIGNS = {Op.EQUAL: "{}", Op.DELETE: "[-{}-]", Op.INSERT: "{{+{}+}}"}


def written(compared: Redline) -> str:
    units = []
    for block in compared.blocks:
        words = "".join(
            _SIGNS[run.op].format(run.text) + (f"<{run.notice}>" if run.notice else "") for run in block.runs
        )
        units.append(block.shown.prefix + words + "".join(f"<{notice}>" for notice in block.notices))
    return " / ".join(units)


CORPUS = [
    # one word, one number
    ("Le taux est fixé.", "Le bon taux est fixé.", "Le {+bon +}taux est fixé."),
    ("un taux de 93,5 % en 2028", "un taux de 94 % en 2028", "un taux de [-93,5-]{+94+} % en 2028"),
    ("un coût de 840 000 € par an", "un coût de 1 240 000 € par an", "un coût de [-840 000-]{+1 240 000+} € par an"),
    ("93,5 et 12", "93,6 et 12", "[-93,5-]{+93,6+} et 12"),
    ("la date du 1er mai", "la date du 2 mai", "la date du [-1er-]{+2+} mai"),
    ("l'ARS valide", "l'État valide", "l'[-ARS-]{+État+} valide"),
    ("16 places de semi-internat", "16 places d'internat", "16 places [-de semi-internat-]{+d'internat+}"),
    # a negation is two small words, and they must both be seen
    (
        "L'association s'engage à ouvrir.",
        "L'association ne s'engage pas à ouvrir.",
        "L'association {+ne +}s'engage {+pas +}à ouvrir.",
    ),
    ("Le taux peut être revu.", "Le taux ne peut être revu.", "Le taux {+ne +}peut être revu."),
    ("au plus tard le 30 juin", "au plus tôt le 30 juin", "au plus [-tard-]{+tôt+} le 30 juin"),
    ("avec ou sans accord", "avec et sans accord", "avec [-ou-]{+et+} sans accord"),
    # phrases
    ("A un. B deux. C trois.", "A un. C trois.", "A un. [-B deux. -]C trois."),
    (
        "ouvert le 31 décembre 2028, chaque année",
        "ouvert le 30 juin 2028, chaque année",
        "ouvert le [-31 décembre-]{+30 juin+} 2028, chaque année",
    ),
    (
        "Un taux de 94 %, sur l'ensemble des trois EHPAD.",
        "Un taux de 94 %, les lits neutralisés étant exclus.",
        "Un taux de 94 %, [-sur l'ensemble des trois EHPAD-]{+les lits neutralisés étant exclus+}.",
    ),
    ("selon le seul taux ; puis", "selon deux indicateurs ; puis", "selon [-le seul taux-]{+deux indicateurs+} ; puis"),
    # units
    (
        "Premier.\n\nDeuxième alinéa.",
        "Premier.\n\nUn autre.\n\nDeuxième alinéa.",
        "Premier. / {+Un autre.+} / Deuxième alinéa.",
    ),
    ("Premier.\n\nDeuxième alinéa.", "Deuxième alinéa.", "[-Premier.-] / Deuxième alinéa."),
    ("Oui.\n\nTout est dit ici.", "Oui.\n\nRien ne va plus là.", "Oui. / [-Tout est dit ici-]{+Rien ne va plus là+}."),
    ("- a\n- b\n- c", "- a\n- b\n- b bis\n- c", "- a / - b / - {+b bis+} / - c"),
    ("- a\n- b un\n- c", "- b un\n- c\n- a", "- [-a-]<passage déplacé> / - b un / - c / - {+a+}<passage déplacé>"),
    ("1. un\n2. deux\n3. trois", "1. un\n2. un bis\n3. deux\n4. trois", "1. un / 2. {+un bis+} / 3. deux / 4. trois"),
    ("1. un", "3. un", "3. un<numéro modifié : 1. devient 3.>"),
    ("- un\n- deux", "- un\n  - deux", "- un /   - deux<niveau ou puce de liste modifiés>"),
    ("un\n\ndeux", "- un\n\ndeux", "- un<paragraphe devenu élément de liste> / deux"),
    ("# Titre\n\nTexte", "## Titre\n\nTexte", "## Titre<niveau de titre modifié> / Texte"),
    (
        "- former\n  - de nuit\n- rendre compte",
        "- former\n  - de nuit\n  - de jour",
        "- former /   - de nuit /   - {+de jour+} / - [-rendre compte-]",
    ),
    # tables
    (
        "| S | P |\n|---|---|\n| EHPAD | 84 |\n| SSIAD | 30 |",
        "| S | P |\n|---|---|\n| EHPAD | 86 |\n| MAS | 12 |\n| SSIAD | 30 |",
        "| S | P | / | EHPAD | [-84-]{+86+} | / {+| MAS | 12 |+} / | SSIAD | 30 |",
    ),
    ("| S |\n|---|\n| a |", "| S | P |\n|---|---|\n| a | 1 |", "[-| S |-] / [-| a |-] / {+| S | P |+} / {+| a | 1 |+}"),
    # form only
    (
        "Il transmet la revue.",
        "Il transmet **la** revue.",
        "Il transmet {+**+}<mise en forme modifiée>la{+**+}<mise en forme modifiée> revue.",
    ),
    (
        "[ARS](https://a.fr)",
        "[ARS](https://b.fr)",
        "[ARS[-](https://a.fr)-]<mise en forme modifiée, lien retiré : https://a.fr>"
        "{+](https://b.fr)+}<mise en forme modifiée, lien ajouté : https://b.fr>",
    ),
    ("a\n\nb", "a\n\n\nb", "a<présentation modifiée : lignes vides ou bordures> / b"),
    (
        "un taux de **94 %** net",
        "un taux de 95 % net",
        "un taux de [-**94-]{+95+} %[-**-]<mise en forme modifiée> net",
    ),
    # what the eye misses
    ("93 %", "93\u00a0%", "93[- -]<espace>{+\u00a0+}<espace insécable>%"),
    ("93\u00a0%", "93\u202f%", "93[-\u00a0-]<espace insécable>{+\u202f+}<espace fine insécable>%"),
    ("Le taux", "Le t\u0430ux", "Le [-taux-]{+t\u0430ux+}<caractère ressemblant : \u0430 (U+0430)>"),
    ("12 lits", "1\u0662 lits", "[-12-]{+1\u0662+}<chiffre d'une autre écriture : \u0662 (U+0662)> lits"),
    (
        "été",
        "e\u0301té",
        "[-été-]{+e\u0301té+}<accent séparé de sa lettre : U+0301>",
    ),
    ("93 %", "93%", "93[- -]<espace>%"),
    ("six places", "sixplaces", "[-six places-]<espace>{+sixplaces+}"),
    ("sans", "sa\u200bns", "[-sans-]{+sa\u200bns+}<caractère invisible : U+200B>"),
    ("un 12", "un \u202e12", "un [-12-]{+\u202e12+}<caractère invisible : U+202E>"),
    ("l'accord", "l’accord", "[-l'-]{+l’+}<caractère ressemblant : ’ (U+2019)>accord"),
    ("a  b", "a b", "a[-  -]{+ +}<nombre d'espaces modifié>b"),
    # from or to nothing
    ("", "Un texte.", "{+Un texte.+}"),
    ("Un texte.", "", "[-Un texte.-]"),
    ("Un texte.", "Un texte.", "Un texte."),
]


@pytest.mark.parametrize(("before", "after", "expected"), CORPUS)
def test_a_change_reads_as_a_negotiator_would_mark_it(before: str, after: str, expected: str) -> None:
    compared = redline(before, after)
    assert written(compared) == expected
    assert reconstruct_before(compared) == before
    assert reconstruct_after(compared) == after
    assert (marks(compared) > 0) == (before != after)


def test_a_replaced_phrase_counts_for_one_change() -> None:
    assert marks(redline("un taux de 94 %", "un taux de 95 %")) == 1
    assert marks(redline("L'association s'engage à", "L'association ne s'engage pas à")) == 2
    assert marks(redline("a", "a", "94 %", "95 %")) == 1


def test_the_share_changed_counts_words_of_both_texts() -> None:
    assert share_changed(redline("un deux trois quatre", "un deux trois cinq")) == 0.25
    assert share_changed(redline("un deux", "un deux")) == 0
    assert share_changed(redline("", "tout nouveau")) == 1
    assert share_changed(redline("93 %", "93\u00a0%")) == 0


def test_a_value_changes_beside_the_text() -> None:
    compared = redline("Taux", "Taux", "93,5 %", "94 %")
    assert compared.value is not None
    assert (compared.value.before, compared.value.after) == ("93,5 %", "94 %")
    assert redline("Taux", "Taux", "94 %", "94 %").value is None


def test_the_redline_is_the_same_on_every_screen() -> None:
    before, after = "un deux trois. " * 300, "trois deux un, quatre. " * 280
    assert redline(before, after) == redline(before, after)


BASE = "Objet.\n\n- ouvrir six places\n- former les équipes\n- rendre compte\n\nFin du texte."
COUNTER = "Objet.\n\n- ouvrir huit places\n- former les équipes\n- évaluer chaque année\n- rendre compte\n\nFin."


def test_each_change_can_be_taken_alone() -> None:
    changes = redline_units(BASE, COUNTER)
    assert [(unit.change, unit.before, unit.after) for unit in changes] == [
        (Change.CHANGED, "- ouvrir six places", "- ouvrir huit places"),
        (Change.INSERTED, "", "- évaluer chaque année"),
        (Change.CHANGED, "Fin du texte.", "Fin."),
    ]
    first, second, third = (unit.index for unit in changes)
    assert take_units(BASE, COUNTER, {first}) == BASE.replace("six", "huit")
    assert take_units(BASE, COUNTER, {second}) == BASE.replace("- rendre", "- évaluer chaque année\n- rendre")
    assert take_units(BASE, COUNTER, {third}) == BASE.replace(" du texte", "")
    assert take_units(BASE, COUNTER, set()) == BASE
    assert take_units(BASE, COUNTER, {first, second, third}) == COUNTER


def test_a_row_can_be_taken_without_its_neighbour() -> None:
    table = "| S | P |\n|---|---|\n| EHPAD | 84 |\n| SSIAD | 30 |"
    wider = "| S | P |\n|---|---|\n| EHPAD | 86 |\n| MAS | 12 |\n| SSIAD | 30 |"
    row = next(unit for unit in redline_units(table, wider) if unit.change is Change.INSERTED)
    assert take_units(table, wider, {row.index}) == table.replace("| SSIAD", "| MAS | 12 |\n| SSIAD")


def test_numbers_follow_when_one_item_of_several_is_taken() -> None:
    before, after = "1. un\n2. deux\n\nFin.", "1. un\n2. un bis\n3. deux\n\nLa fin."
    item = next(unit for unit in redline_units(before, after) if unit.change is Change.INSERTED)
    assert take_units(before, after, {item.index}) == "1. un\n2. un bis\n3. deux\n\nFin."


def test_a_table_that_loses_its_header_stays_a_table() -> None:
    before, after = "| S |\n|---|\n| a |\n| b |", "Texte.\n\nAutre texte tout à fait."
    header = redline_units(before, after)[0]
    assert header.before == "| S |"
    assert take_units(before, after, {header.index}).startswith("| a |\n|---|\n| b |")


def test_a_change_that_does_not_exist_cannot_be_taken() -> None:
    with pytest.raises(ValueError, match="no such change"):
        take_units(BASE, COUNTER, {0})


def test_the_pure_comparison_serves_where_the_compiled_one_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = "abcdef" * 40, "abXdef" * 40
    compiled = list(redline_words._timed_diff(before, after))
    monkeypatch.setattr(redline_words, "_compiled_diff", None)
    pure = list(redline_words._timed_diff(before, after))
    for found in (compiled, pure):
        assert sum(length for sign, length in found if sign != "+") == len(before)
        assert sum(length for sign, length in found if sign != "-") == len(after)
