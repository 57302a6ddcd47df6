"""A redline on the page: who, in words and in letters, and never a Markdown sign."""

from negotiation.rules.redline import PartySign, redline, to_html

ARS = PartySign("A", "a", "l’ARS")
DEPARTMENT = PartySign("D", "d", "le Département")


def test_an_addition_is_said_in_words_and_signed_outside() -> None:
    assert to_html(redline("Le taux.", "Le bon taux."), ARS) == (
        '<p>Le <ins data-party="a"><span class="vh">ajout proposé par l’ARS : </span>bon'
        '<span class="vh">, fin d’ajout </span></ins><b class="by" data-party="a" aria-hidden="true">A</b> taux.</p>'
    )


def test_a_replacement_has_one_letter_and_a_lone_deletion_its_own() -> None:
    replaced = to_html(redline("93 lits", "94 lits"), ARS)
    assert replaced.index("<del") < replaced.index("<ins")
    assert replaced.count('class="by"') == 1
    assert to_html(redline("le bon taux", "le taux"), ARS).count('class="by"') == 1


def test_two_parties_can_sign_one_redline() -> None:
    html = to_html(redline("93 lits", "94 lits"), ARS, DEPARTMENT)
    assert '<del data-party="d"><span class="vh">suppression proposée par le Département : </span>93' in html
    assert '<ins data-party="a"><span class="vh">ajout proposé par l’ARS : </span>94' in html


def test_without_party_the_words_remain() -> None:
    html = to_html(redline("93 lits", "94 lits"))
    assert '<ins><span class="vh">ajout : </span>94' in html
    assert "data-party" not in html
    assert "by" not in html


def test_the_structure_stands_and_no_markdown_sign_shows() -> None:
    html = to_html(
        redline(
            "# Objet\n\n**Taux** : 93 %\n\n- un\n- deux\n\n| S | P |\n|---|---|\n| a\\|b | 1 |\n\n> cité",
            "# Objet\n\n**Taux** : 94 %\n\n- un\n- trois\n\n| S | P |\n|---|---|\n| a\\|b | 2 |\n\n> cité",
        )
    )
    for element in ("<h3>Objet</h3>", "<p>Taux : ", "<ul><li>un</li><li>", '<th scope="col">S</th>', "<td>a|b</td>"):
        assert element in html
    assert "<blockquote><p>cité</p></blockquote>" in html
    assert not any(sign in html for sign in ("**", "# ", "- un", "|---", "\\"))


def test_form_alone_is_announced_and_the_words_are_not_repeated() -> None:
    html = to_html(redline("Il rend **compte**.", "Il rend compte."), ARS)
    assert html == '<p>Il rend compte.<span class="unit-note">mise en forme modifiée (l’ARS)</span></p>'
    entity = to_html(redline("**Objectif :**&#82;éduire", "Objectif :Réduire"), ARS)
    assert entity.count("Réduire") == 1


def test_what_the_eye_misses_is_named() -> None:
    assert '<span class="mark-space">espace insécable</span>' in to_html(redline("93 %", "93\u00a0%"), ARS)
    assert "caractère ressemblant : \u0430 (U+0430)" in to_html(redline("taux", "t\u0430ux"), ARS)


def test_whole_units_carry_the_line_of_their_party() -> None:
    html = to_html(redline("- un\n- deux", "- un\n- neuf\n- deux"), ARS)
    assert '<li class="unit-added" data-party="a"><ins' in html
    row = to_html(redline("| S |\n|---|\n| a |", "| S |\n|---|\n| a |\n| b |"), ARS)
    assert '<tr class="unit-added" data-party="a"><td><ins' in row


def test_numbers_stay_those_of_the_text() -> None:
    html = to_html(redline("3. trois\n4. quatre", "3. trois\n4. et demi\n5. quatre"))
    assert [piece.split('"')[0] for piece in html.split('value="')[1:]] == ["3", "4", "5"]


def test_a_rule_that_comes_or_goes_is_said() -> None:
    assert "ajouté sans texte" in to_html(redline("a\n\nb", "a\n\n---\n\nb"), ARS)


def test_a_value_is_marked_too() -> None:
    html = to_html(redline("Taux", "Taux", "93 %", "94 %"), ARS)
    assert html.startswith('<p class="value-change"><del data-party="a">')
    assert html.endswith("</p><p>Taux</p>")


def test_whatever_is_written_is_shown_and_not_run() -> None:
    html = to_html(redline("", '<script>alert("x")</script>'), PartySign("<", '"', "<i>"))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert 'data-party="&quot;"' in html


def test_items_nest_as_in_the_text() -> None:
    html = to_html(redline("- a\n  - b\n- c", "- a\n  - b\n  - b bis\n- c"))
    added = html[html.index("<li class") : html.index("</ins>") + len("</ins>")]
    assert "b bis" in added
    assert html.replace(added, "<li>b bis") == "<ul><li>a<ul><li>b</li><li>b bis</li></ul></li><li>c</li></ul>"
