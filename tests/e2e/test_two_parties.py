"""Two parties, two browsers, one clause: the main job, end to end."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Enter

OG, ARS, CD = "og.dg@handicap.example", "ars.resp@handicap.example", "cd.chef@handicap.example"
CLAUSE = "EN11"


def test_a_clause_is_written_together_proposed_countered_accepted_and_locked(enter: Enter) -> None:
    og, ars, cd = enter(OG), enter(ARS), enter(CD)

    # They type together, and each sees the other's words and caret before anything is proposed.
    og.walk_to_clause(CLAUSE, "table-commune")
    ars.open_clause(CLAUSE, "table-commune")
    og.write("La fondation transmet ses données ")
    expect(ars.live_text).to_contain_text("La fondation transmet ses données")
    ars.write("quinze jours avant la réunion.")
    for somebody in (og, ars):
        expect(somebody.live_text).to_contain_text("La fondation transmet ses données quinze jours avant la réunion.")
        somebody.expect_saved()
    expect(og.clause.locator(".live-people")).to_contain_text("Responsable du département parcours handicap")
    expect(og.live_text.locator(".caret")).to_have_count(1)
    og.picture("rediger")

    # One proposes from the draft; the other's page follows by itself.
    ars.open_tab("proposition")
    og.propose_the_draft(motive="Quinze jours suffisent à préparer la réunion.")
    og.expect_told("Votre proposition est partie")
    expect(ars.clause).to_contain_text("Quinze jours suffisent à préparer la réunion.")
    expect(ars.clause.get_by_role("button", name="Accepter la version 1")).to_be_visible()
    expect(og.clause).to_contain_text("n’accepte pas son propre texte")
    ars.picture("repondre")
    ars.open_form("Contre-proposer")
    ars.picture("contre-proposer", of=ars.clause)
    ars.page.reload()

    # The other counter-proposes; the first sees the redline and the motive without touching anything.
    ars.counter(
        "La fondation transmet ses données trente jours avant la réunion.",
        "Nos services demandent un mois.",
        value="30",
    )
    ars.expect_told("Votre contre-proposition est partie")
    expect(og.clause.locator("ins", has_text="trente").first).to_be_visible()
    expect(og.clause.locator("del", has_text="quinze").first).to_be_visible()
    expect(og.clause).to_contain_text("Nos services demandent un mois.")

    # Comments fly both ways; what is said inside never crosses.
    og.comment("Trente jours ouvrés ou calendaires ?")
    expect(ars.rail).to_contain_text("Trente jours ouvrés ou calendaires ?")
    ars.comment("Calendaires.")
    expect(og.rail).to_contain_text("Calendaires.")
    og.comment("Entre nous : nous pouvons l’accepter.", readers="Écrire en interne")
    expect(og.rail).to_contain_text("Entre nous : nous pouvons l’accepter.")
    og.picture("commenter")

    # The first accepts: who looks at the board sees it without touching anything, and stays where he was.
    part = cd.page.locator("#plan a[href*='/texte/']").nth(1)
    cd.open_table("CPOM")
    part.focus()
    og.accept(2)
    og.expect_told("Votre accord est enregistré")
    expect(cd.page.locator("#decompte .half .vh", has_text=CLAUSE)).to_have_count(1)
    expect(part).to_be_focused()
    expect(ars.clause.locator("p.turn")).to_contain_text("Déjà d’accord")

    # Then the third party: the clause locks.
    cd.open_clause(CLAUSE)
    cd.accept(2)
    for somebody in (og, ars, cd):
        expect(somebody.clause.locator("p.turn")).to_contain_text("Accord")
        expect(somebody.clause.locator("summary", has_text=re.compile("^(Contre-p|P)roposer"))).to_have_count(0)
    cd.picture("accord")

    # The draft is closed with it, and the navette tells each step.
    og.open_tab("table-commune")
    expect(og.clause).to_contain_text("Cette clause est accordée")
    expect(og.clause.locator("[contenteditable=true]")).to_have_count(0)
    og.page.get_by_role("link", name="Tout voir").click()
    steps = og.page.locator("ol.steps")
    expect(steps).to_contain_text(re.compile("Version 1.*, proposition"))
    expect(steps).to_contain_text(re.compile("Version 2.*, contre-proposition"))
    expect(steps.get_by_text("Accord sur la version 2")).to_have_count(2)
    og.picture("navette")
    for page in ("", "/navette", "/fragment/marge"):
        ars.page.goto(og.page.url.removesuffix("/navette") + page)
        assert "Entre nous" not in ars.page.content()


def test_who_answers_an_old_version_is_told_and_loses_no_word(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    og.walk_to_clause("EN10")
    og.stop_following()
    ars.open_clause("EN10")
    ars.counter("L’agence apporte 25 000 euros la première année.", "Notre comité a relevé le plafond.", value="25000")
    ars.expect_told("Votre contre-proposition est partie")

    og.accept(3)
    alert = og.clause.get_by_role("alert")
    expect(alert).to_contain_text("Le texte a changé depuis votre lecture. Votre réponse n’est pas partie.")
    expect(og.clause).to_contain_text("Notre comité a relevé le plafond.")

    # The same with words: they come back in the form, against the version that is there now.
    og.counter("L’agence apporte 30 000 euros.", "Le plan s’étend à deux sites.", value="30000")
    og.expect_told("Votre contre-proposition est partie")
    ars.open_clause("EN10")
    ars.stop_following()
    og.page.reload()
    og.counter("L’agence apporte 29 000 euros.", "Un geste.", value="29000")
    og.expect_told("Votre contre-proposition est partie")
    ars.counter("L’agence apporte 26 000 euros.", "C’est notre plafond.", value="26000")
    expect(ars.clause.get_by_role("alert")).to_contain_text("Le texte a changé depuis votre lecture")
    expect(ars.clause.get_by_label("Texte proposé").first).to_have_value("L’agence apporte 26 000 euros.")
    expect(ars.clause.get_by_label("Motif").first).to_have_value("C’est notre plafond.")
    ars.clause.get_by_role("button", name="Envoyer la contre-proposition").click()
    ars.expect_told("Votre contre-proposition est partie")


def test_a_private_draft_never_reaches_the_other_side(enter: Enter) -> None:
    og, ars = enter(OG), enter(ARS)
    og.walk_to_clause("EN14", "brouillon")
    expect(og.clause.locator(".live-pane.private")).to_contain_text("Interne Orlinde")
    ars.open_clause("EN14", "brouillon")
    og.write("Préavis de six mois, trois au pire.")
    og.expect_saved()
    ars.write("Préavis de douze mois.")
    ars.expect_saved()
    expect(og.live_text).to_have_text("Préavis de six mois, trois au pire.")
    expect(ars.live_text).to_have_text("Préavis de douze mois.")
    og.picture("brouillon", of=og.clause)
    ars.page.reload()
    expect(ars.live_text).to_have_text("Préavis de douze mois.")
    assert "trois au pire" not in ars.page.content()
    assert ars.clause.locator(".live-people").inner_text() == ""

    # The authorities have one draft more, which they write together; the other side has no such tab.
    cd = enter(CD)
    cd.walk_to_clause("EN14", "entre-autorites")
    ars.open_tab("entre-autorites")
    ars.write("Neuf mois, ")
    expect(cd.live_text).to_contain_text("Neuf mois,")
    cd.write("si le gestionnaire y tient.")
    expect(ars.live_text).to_contain_text("Neuf mois, si le gestionnaire y tient.")
    expect(ars.clause.locator(".live-people")).to_contain_text("Département")
    cd.picture("entre-autorites", of=cd.clause)
    og.page.reload()
    expect(og.live_text).to_have_text("Préavis de six mois, trois au pire.")
    expect(og.clause.locator(".tabbar a")).to_have_count(4)
    assert "Neuf mois" not in og.page.content()
