"""Without JavaScript everything that decides still works: reading, commenting, answering, accepting."""

from playwright.sync_api import expect

from tests.e2e.conftest import Enter


def test_a_clause_is_negotiated_with_plain_forms_alone(enter: Enter) -> None:
    og = enter("og.dg@handicap.example", java_script_enabled=False)
    ars = enter("ars.resp@handicap.example", java_script_enabled=False)

    og.open_table("CPOM")
    expect(og.page.locator("table.board").first).to_contain_text("EN01")
    og.open_clause("EN12")
    og.comment("Le relevé de 2025 est en pièce jointe du diagnostic.")
    og.expect_comment("Le relevé de 2025 est en pièce jointe du diagnostic.")
    og.counter("Le coût annuel par usager descend à 8 300 euros.", "Le relevé de 2025 le permet.", value="8300")
    og.expect_told("Votre contre-proposition est partie")

    ars.open_clause("EN12")
    ars.expect_comment("Le relevé de 2025 est en pièce jointe du diagnostic.")
    expect(ars.clause.locator("ins", has_text="8 300").first).to_be_visible()
    ars.accept(4)
    ars.expect_told("Votre accord est enregistré")
    expect(ars.clause.locator("p.turn")).to_contain_text("Accord")


def test_a_draft_is_written_in_a_plain_field(enter: Enter) -> None:
    og = enter("og.dg@handicap.example", java_script_enabled=False)
    og.open_clause("EN13", "table-commune")
    form = og.clause.locator("form.propose-draft")
    form.get_by_label("Texte", exact=True).fill("Les excédents restent à l’établissement.")
    form.locator("button[value=party]").click()
    og.expect_told("Votre proposition est partie")
    expect(og.clause).to_contain_text("Les excédents restent à l’établissement.")
