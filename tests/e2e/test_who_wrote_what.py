"""A text written by two parties becomes a proposal of the table commune that says so; a third takes some of it."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Enter

OG, ARS, CD = "og.dg@handicap.example", "ars.resp@handicap.example", "cd.chef@handicap.example"
CLAUSE = "EN11"


def test_each_party_reads_who_wrote_what_and_takes_what_suits_it(enter: Enter) -> None:
    og, ars, cd = enter(OG), enter(ARS), enter(CD)
    for somebody in (og, ars):
        somebody.open_clause(CLAUSE, "table-commune")
    og.write("La fondation transmet ses données quinze jours avant la réunion.")
    expect(ars.live_text).to_contain_text("avant la réunion.")
    ars.page.keyboard.press("Escape")
    ars.live_text.click()
    ars.page.keyboard.press("Control+End")
    ars.page.keyboard.press("Enter")
    ars.page.keyboard.type("Les autorités répondent sous un mois.")
    expect(og.live_text).to_contain_text("sous un mois.")
    for somebody in (og, ars):
        somebody.expect_saved()

    og.propose_the_draft(common="yes")
    og.expect_told("Votre proposition est partie")
    told = og.clause.locator("details.authorship")
    expect(told.locator("summary")).to_have_text(re.compile(r"Rédigé par .*Orlinde\s63\s%, par .*l’ARS\s37\s%"))
    told.locator("summary").click()
    expect(told.locator('.wrote[data-party="a"]')).to_have_text("Les autorités répondent sous un mois")
    og.picture("qui-a-ecrit", of=told)

    # The département keeps the first paragraph only: a whole text leaves, by the keyboard alone.
    cd.open_clause(CLAUSE, "proposition")
    cd.clause.get_by_role("link", name="Prendre certains passages").click()
    first = cd.page.get_by_role("checkbox").first
    first.focus()
    cd.page.keyboard.press("Space")
    cd.page.get_by_role("button", name="Voir le résultat").press("Enter")
    expect(cd.page.locator("#resultat")).to_contain_text("quinze jours")
    expect(cd.page.locator("#resultat")).not_to_contain_text("sous un mois")
    cd.picture("choisir")
    cd.page.get_by_label("Motif").fill("La seconde phrase engage nos services sans eux.")
    cd.page.get_by_role("button", name="Contre-proposer").click()
    cd.expect_told("Votre contre-proposition est partie")

    # The draft that is still open tells it, and starts from it again without losing a word.
    ars.write(" Et ceci, pas encore proposé.")
    ars.expect_saved()
    ars.page.reload()
    notice = ars.clause.locator(".newer-version")
    expect(notice).to_contain_text("version 2 du Département")
    ars.picture("nouvelle-version", of=ars.clause)
    notice.get_by_role("button", name="Repartir de la version 2").click()
    expect(ars.live_text).not_to_contain_text("sous un mois")
    ars.clause.locator("details.set-aside summary").click()
    expect(ars.clause.locator("details.set-aside")).to_contain_text("Et ceci, pas encore proposé.")
    ars.picture("mis-de-cote", of=ars.clause)
