"""The EHPAD contract, whole and in force: what a file declares is read, and told from what happened here."""

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
    expect(steps).to_contain_text("Version 1, proposition")
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


def test_nothing_moves_in_a_contract_in_force(enter: Enter) -> None:
    og = enter(OG)
    og.open_clause("EN01", "table-commune", title="CPOM 2024-2028")
    expect(og.clause).to_contain_text("Version figée")
    expect(og.page.locator("[contenteditable=true]")).to_have_count(0)
    expect(og.page.locator("main form[method=post]:not([action*='/discussion'])")).to_have_count(0)
