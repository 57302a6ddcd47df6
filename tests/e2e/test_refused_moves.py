"""A refused move brings its author to the reason, with or without script."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Enter

MINE = "og.dg@handicap.example"


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_focus_is_on_the_reason_and_one_step_from_the_field(enter: Enter, script: bool) -> None:
    director = enter(MINE, java_script_enabled=script)
    page = director.page
    director.open_clause("EN06")
    director.clause.locator("summary", has_text="Contre-proposer").click()
    director.clause.get_by_label("Motif", exact=True).fill("Pour les mêmes raisons.")
    director.clause.get_by_role("button", name="Envoyer la contre-proposition").click()
    reason = page.get_by_role("alert")
    expect(reason).to_contain_text("Ce texte est celui qui est déjà proposé")
    expect(reason).to_be_focused()
    expect(reason).to_be_in_viewport()
    expect(director.clause.get_by_role("heading").first).to_be_in_viewport()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(director.clause.locator("#texte-counter_proposal")).to_be_focused()
