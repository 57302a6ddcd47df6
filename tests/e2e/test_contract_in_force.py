"""The EHPAD contract, whole and in force: what a file declares is read, and told from what happened here."""

import re

from playwright.sync_api import expect

from tests.e2e.conftest import Enter

OG = "og.dg@ehpad.example"


def test_a_newcomer_reads_the_contract_its_navette_and_its_follow_up(enter: Enter) -> None:
    og = enter(OG)
    og.open_table("CPOM 2024-2028")
    board = og.page.locator("#tableau")
    first = board.locator("tr", has_text="EN01").first
    for step in ("97", "94", "95"):
        expect(first).to_contain_text(step)
    expect(first).to_contain_text("Accord")

    og.open_clause("EN01", title="CPOM 2024-2028")
    expect(og.clause).to_contain_text("95")
    expect(og.clause.get_by_role("button", name="Accepter")).to_have_count(0)
    og.page.get_by_role("link", name="Tout voir").click()
    steps = og.page.locator("ol.steps")
    expect(steps).to_contain_text(re.compile("Version 1.*, proposition"))
    expect(steps).to_contain_text("97")
    expect(steps).to_contain_text("94")
    expect(steps).to_contain_text("95")

    og.page.get_by_role("link", name="Versions et signature").click()
    expect(og.page.locator("main")).to_contain_text("Déclaré par l’import")
    expect(og.page.locator("main")).to_contain_text("Signé par toutes les parties")

    og.page.get_by_role("link", name="Fiches et articles").click()
    for page, words in (("Suivi", "Dialogue de gestion"), ("Finances", "€"), ("Indicateurs", "Observé")):
        og.page.get_by_role("navigation", name="Fiches et articles").get_by_role("link", name=page).click()
        expect(og.page.locator("main")).to_contain_text(words)


def test_the_clauses_that_an_avenant_reopens_are_found_by_their_words(enter: Enter) -> None:
    page = enter(OG).page
    page.get_by_role("link", name="CPOM 2024-2028").first.click()
    page.goto(re.sub(r"(/negociations/[^/?#]+).*", r"\1/avenants", page.url))
    clauses = page.get_by_role("group", name="Clauses à rouvrir")
    looked_for = clauses.get_by_label("Chercher une clause")
    looked_for.fill("en01")
    found = clauses.get_by_role("checkbox", name="EN01")
    expect(found).to_have_count(1)
    expect(clauses.get_by_role("status")).to_contain_text(re.compile(r"^1\sclause sur"))
    looked_for.press("Enter")
    looked_for.press("Tab")  # the part that holds it, then itself
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(found).to_be_checked()
    looked_for.fill("rien de tel")
    expect(clauses.get_by_role("status")).to_have_text("Aucune clause ne contient ces mots.")
    expect(clauses.get_by_role("checkbox")).to_have_count(1)


def test_somebody_who_was_not_there_reads_how_an_engagement_moved(enter: Enter) -> None:
    """Years later: a plot and its numbers, whose words they are, one evening of the past, two states compared."""
    reader = enter(OG)
    page = reader.page
    reader.open_clause("EN01", title="CPOM 2024-2028")
    page.get_by_role("link", name="Tout voir").click()
    expect(page.locator("figure svg[role=img]")).to_have_count(2)
    expect(page.locator("main")).to_contain_text("→")
    page.get_by_role("combobox", name="Comparer").select_option(label="Comparé à la première version")
    page.get_by_role("button", name="Afficher").press("Enter")
    expect(page.locator("ol.steps")).to_contain_text("Comparé à la version 1")
    page.locator("ol.steps a.step-link").nth(2).click()
    step = page.url
    expect(page.locator(":target")).to_be_visible()
    page.goto(step)
    expect(page.locator(":target")).to_be_visible()

    places = page.get_by_role("navigation", name="Historique")
    places.get_by_role("link", name="Qui a écrit quoi").click()
    signed = page.locator(".prov-clause .wrote")
    while not signed.count():  # worked out within seconds of the start; the test's own limit ends what never comes
        page.wait_for_timeout(1000)
        page.reload()
    reader.picture("provenance")
    page.get_by_label("Couleurs et lettres").uncheck()
    expect(page.locator(".prov-clause .by[data-party]").first).to_be_hidden()

    places.get_by_role("link", name="En un coup d’œil").click()
    expect(page.get_by_role("img", name="Étapes par période")).to_be_visible()
    reader.picture("apercu")

    places.get_by_role("link", name="À une date").click()
    page.get_by_role("textbox", name="Le", exact=True).fill("2023-06-27")
    page.get_by_role("button", name="Afficher").press("Enter")
    expect(page.locator("h1")).to_contain_text("27 juin 2023")
    reader.picture("a-une-date")

    places.get_by_role("link", name="Comparer").click()
    expect(page.locator("main ins").first).to_be_visible()
    reader.picture("comparer-deux-etats")


def test_nothing_moves_in_a_contract_in_force(enter: Enter) -> None:
    og = enter(OG)
    og.open_clause("EN01", "table-commune", title="CPOM 2024-2028")
    expect(og.clause).to_contain_text("Version figée")
    expect(og.page.locator("[contenteditable=true]")).to_have_count(0)
    expect(og.page.locator("main form[method=post]:not([action*='/discussion'])")).to_have_count(0)
